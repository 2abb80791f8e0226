"""The HTTP API below ``/api/v1``, and the health checks: routes made from one table of operations."""

from __future__ import annotations

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

    return [Route(DESCRIPTION, openapi), *(_route(service, operation) for operation in table)]


def _route(service: Service, operation: Operation) -> BaseRoute:
    async def handle(request: Request) -> Response:
        return await operation.handler(service, request, operation.read(request))

    return Route(operation.path, handle, methods=[operation.method], name=operation.id)
