"""The workbench: YASGUI over the endpoint, with the catalogue and the project's own words for completion.

It comes from npm when the package is built (``make assets``); without it the page leads to the plain form.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from covergraph import terms
from covergraph.queries import Query
from covergraph.triples import Graph
from covergraph.web.pages.query import INPUTS, starter, topics
from covergraph.web.pages.site import STATIC, page
from covergraph.web.service import Service

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""As everywhere, but for the style attributes that the editor sets on itself."""


def routes(service: Service) -> list[BaseRoute]:
    """The page, and what its script asks for."""
    data = _data(service)

    async def workbench(request: Request) -> Response:
        is_there = (STATIC / "vendor" / "yasgui.min.js").is_file()
        return page(
            request, "workbench.html.j2", headers={"Content-Security-Policy": CSP} if is_there else None,
            is_there=is_there, topics=topics(service.catalog),
        )  # fmt: skip

    async def words(request: Request) -> Response:
        return JSONResponse(data)

    return [Route("/workbench", workbench), Route("/workbench/words.json", words)]


def _data(service: Service) -> dict[str, Any]:
    """The catalogue's forms, the prefixes, and the classes and properties of the vocabularies."""
    graph, prefixes = service.workspace.graph, service.workspace.prefixes
    return {
        "base": terms.BASE,
        "starter": starter(prefixes),
        "prefixes": prefixes,
        "classes": _named(graph, terms.OWL + "Class"),
        "properties": sorted(
            {*_named(graph, terms.OWL + "ObjectProperty"), *_named(graph, terms.OWL + "DatatypeProperty"),
             *_named(graph, terms.OWL + "AnnotationProperty"), terms.LABEL, terms.DEFINITION, terms.NOTATION}
        ),
        "questions": {name: _question(query) for name, query in service.catalog.items()},
    }  # fmt: skip


def _named(graph: Graph, cls: str) -> list[str]:
    return graph.subjects(terms.TYPE, cls)


def _question(query: Query) -> dict[str, Any]:
    return {
        "summary": query.summary,
        "description": query.description,
        "fields": [
            {
                "name": param.name,
                "type": INPUTS[param.type],
                "text": param.text,
                "required": param.required,
                "value": query.example.get(param.name, param.default or ""),
            }
            for param in query.params
        ],
    }
