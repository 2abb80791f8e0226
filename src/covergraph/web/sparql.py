"""The SPARQL endpoint, ``/sparql``: SPARQL 1.1 Protocol for queries over a graph that nobody can change."""

from __future__ import annotations

from hashlib import sha256

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from covergraph.sparqltext import answers_vary
from covergraph.web.description import describe
from covergraph.web.negotiation import OFFERS, choose, negotiate, prefer
from covergraph.web.problems import Problem
from covergraph.web.protocol import Operation, read_operation
from covergraph.web.service import Service, client_of

PATH = "/sparql"
QUERY_PAGE = "/query"
HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}
HTML = "text/html"


def routes(service: Service) -> list[BaseRoute]:
    """The endpoint, with and without a slash at its end."""
    origins = service.settings.cors_origin or (() if service.settings.asks_over_cases else ("*",))
    cors = Middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"], max_age=86400,
        allow_headers=["Authorization", "Content-Type", "If-None-Match"], expose_headers=["ETag", "Retry-After"],
    )  # fmt: skip

    async def sparql(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS, POST"})
        operation = await read_operation(request)
        response = _description(service, request) if operation is None else await _answer(service, request, operation)
        response.headers["Vary"] = "Accept"
        return response

    methods = ["GET", "POST", "OPTIONS"]
    return [Route(path, sparql, methods=methods, middleware=[cors]) for path in (PATH, PATH + "/")]


async def _answer(service: Service, request: Request, operation: Operation) -> Response:
    size, most = len(operation.text.encode()), service.settings.query_kb * 1024
    if size > most:
        cause = f"The query has {size:,} bytes, more than {most:,}."
        raise Problem(413, "query-too-long", cause, "Put long lists of values into several queries.", "query")
    accept = prefer(operation.format, request.headers.get("accept", ""))
    base = str(request.url.replace(query=""))
    tag = _tag(service, operation, accept) if request.method != "POST" else None
    headers = HEADERS | _caching(service, tag)
    if tag and tag in [given.strip() for given in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    result = await service.pool.query(
        operation.text, accept, client_of(request), operation.default_graphs, operation.named_graphs, base
    )
    return Response(result.body, headers=headers | {"Content-Type": result.media_type})


def _description(service: Service, request: Request) -> Response:
    accept = request.headers.get("accept", "")
    if choose(accept, [*OFFERS["dataset"], HTML]) == HTML:
        return RedirectResponse(QUERY_PAGE, 303)
    media_type = negotiate(accept, "dataset")
    endpoint = str(request.url.replace(query=""))
    headers = HEADERS | {"Content-Type": media_type, "Cache-Control": "no-cache"}
    return Response(describe(endpoint, service.graph_sizes, media_type), headers=headers)


def _tag(service: Service, operation: Operation, accept: str) -> str | None:
    """What names an answer without computing it; None where it may be another the next time."""
    if not service.etag or answers_vary(operation.text):
        return None
    parts = [
        service.etag, accept, operation.text,
        *(f"default {iri}" for iri in operation.default_graphs), *(f"named {iri}" for iri in operation.named_graphs),
    ]  # fmt: skip
    return f'W/"{sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'


def _caching(service: Service, tag: str | None) -> dict[str, str]:
    """An answer may be kept but has to be asked for again: the content may have been replaced by then."""
    if not tag:
        return {"Cache-Control": "no-store"}
    return {"Cache-Control": f"{'private' if service.settings.asks_over_cases else 'public'}, no-cache", "ETag": tag}
