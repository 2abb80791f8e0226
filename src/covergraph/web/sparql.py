"""The SPARQL endpoint, ``/sparql``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from covergraph.web.protocol import read_operation
from covergraph.web.service import Service, client_of

PATH = "/sparql"


def routes(service: Service) -> list[BaseRoute]:
    """The endpoint's one route."""

    async def sparql(request: Request) -> Response:
        operation = await read_operation(request)
        if operation is None:
            return Response("", media_type="text/turtle")
        result = await service.pool.query(
            operation.text, request.headers.get("accept", ""), client_of(request),
            operation.default_graphs, operation.named_graphs,
        )  # fmt: skip
        return Response(result.body, media_type=result.media_type)

    return [Route(PATH, sparql, methods=["GET", "POST"])]
