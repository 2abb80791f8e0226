"""The HTTP API below ``/api/v1``, and the health checks: routes made from one table of operations."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from covergraph.web.api.caching import fresh
from covergraph.web.api.openapi import describe
from covergraph.web.api.operation import Operation
from covergraph.web.api.table import operations
from covergraph.web.service import Service

DESCRIPTION = "/api/v1/openapi.json"


def routes(service: Service) -> list[BaseRoute]:
    """A route for each operation, and that of their description."""
    table = operations(service)
    description = describe(service, table)

    async def openapi(request: Request) -> Response:
        return fresh(service, request, description, "application/json")

    found = [Route(DESCRIPTION, openapi), *(_route(service, operation) for operation in table)]
    readable = {operation.path for operation in table if operation.method == "GET"}
    return [*found, *(_unreadable(operation) for operation in table if operation.path not in readable)]


def _unreadable(operation: Operation) -> BaseRoute:
    """What GET finds where only other methods are possible; else it would be looked for among the resources."""

    async def refuse(_: Request) -> Response:
        raise HTTPException(405, headers={"Allow": operation.method})

    return Route(operation.path, refuse)


def _route(service: Service, operation: Operation) -> BaseRoute:
    async def handle(request: Request) -> Response:
        return await operation.handler(service, request, operation.read(request))

    return Route(operation.path, handle, methods=[operation.method], name=operation.id)
