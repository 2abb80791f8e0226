"""The application: the routes of all modules behind the layers that every request passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from covergraph.errors import InputError
from covergraph.web import api, pages, resources, sparql
from covergraph.web.metrics import Metrics
from covergraph.web.middleware import layered, problem_response
from covergraph.web.negotiation import choose
from covergraph.web.pages.errors import html_problem
from covergraph.web.problems import MEDIA_TYPE, Problem, problem_of
from covergraph.web.service import Service

MODULES = (sparql, api, pages, resources)
"""Modules with routes, in the order in which they are tried."""


def create_app(service: Service) -> ASGIApp:
    """The ASGI application of a service; its workers start and end with it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.open()
        try:
            yield
        finally:
            await service.close()

    metrics = Metrics(service)
    app = Starlette(
        routes=[metrics.route(), *(route for module in MODULES for route in module.routes(service))],
        lifespan=lifespan,
        exception_handlers={
            Problem: _problem, InputError: _input_error, HTTPException: _http_error, Exception: _bug,
        },
    )  # fmt: skip
    return metrics.layer(layered(app, service.settings))


def _answer(request: Request, problem: Problem) -> Response:
    """A problem as JSON, or as a page for whoever asks for pages; at the endpoint always as JSON."""
    accept = request.headers.get("accept", "")
    if choose(accept, [MEDIA_TYPE, "application/json", "text/html"]) == "text/html" and request.url.path != "/sparql":
        return html_problem(request, problem)
    return problem_response(problem)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _answer(request, error)


async def _input_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return _answer(request, problem_of(error))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: ("not-found", f"There is nothing at {request.url.path}."),
             405: ("bad-method", f"{request.method} is not possible at {request.url.path}.")}  # fmt: skip
    code, cause = codes.get(error.status_code, ("bad-request", error.detail))
    return _answer(request, Problem(error.status_code, code, cause, headers=error.headers or {}))


async def _bug(request: Request, _: Exception) -> Response:
    return _answer(request, Problem(500, "internal", "The service failed; this is a bug. Its log says more."))
