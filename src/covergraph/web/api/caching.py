"""Answers that stay the same as long as the content does: an entity tag, and nothing sent to who has it already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from covergraph.web.service import Service


def fresh(service: Service, request: Request, value: Any, media_type: str = "application/json") -> Response:
    """A JSON value of the content as a response, or 304."""
    tag = content_tag(service, request, media_type)
    if cached := not_modified(request, tag):
        return cached
    body = json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
    return Response(body, headers=tag, media_type=media_type)


def content_tag(service: Service, request: Request, media_type: str) -> Mapping[str, str]:
    """Headers of an answer that follows from the content, the address and the media type alone."""
    parts = (service.workspace.fingerprint, service.etag, request.url.path, request.url.query, media_type)
    tag = sha256("\0".join(parts).encode()).hexdigest()[:32]
    return {"ETag": f'W/"{tag}"', "Cache-Control": "no-cache", "Vary": "Accept"}


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """The response 304, where the client has an answer with these headers."""
    given = request.headers.get("if-none-match", "")
    if headers["ETag"] in [tag.strip() for tag in given.split(",")]:
        return Response(status_code=304, headers=headers)
    return None
