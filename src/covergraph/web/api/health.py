"""Whether the service lives, and whether it is ready."""

from __future__ import annotations

import json
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from covergraph.web.api.operation import Values
from covergraph.web.problems import Problem
from covergraph.web.service import Service


async def ready(service: Service, _: Request, __: Values) -> Response:
    """200 where queries and checks would be answered now; 503 otherwise."""
    if not service.judges.pids or not await service.pool.ready():
        raise Problem(503, "not-ready", "The service is not ready.", "Try again later.", headers={"Retry-After": "1"})
    return _state(service)


async def live(service: Service, _: Request, __: Values) -> Response:
    """200 as long as the process answers."""
    return _state(service)


def _state(service: Service) -> Response:
    state = {"status": "ok", "version": version("covergraph"), "content": service.workspace.fingerprint[:12]}
    return Response(json.dumps(state), headers={"Cache-Control": "no-store"}, media_type="application/json")
