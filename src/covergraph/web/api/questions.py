"""Named questions over HTTP: their list, and the answer to one in any format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyoxigraph import QueryBoolean, QuerySolutions, Store
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from covergraph.queries import ParamType, Query, bind
from covergraph.sparql import evaluate
from covergraph.web.api.caching import content_tag, fresh, not_modified
from covergraph.web.api.operation import DATE, TEXT, Parameter, Schema, Values, names
from covergraph.web.negotiation import NAMES, OFFERS, Kind
from covergraph.web.pages.results import spreadsheet
from covergraph.web.service import Service, client_of

ROOT = "/api/v1/queries"
QUERY_TEXT = "application/sparql-query"
SPREADSHEET = "spreadsheet"
READ = "application/sparql-results+json, application/n-triples"
"""What a spreadsheet is made from."""
SCHEMAS: Mapping[ParamType, Schema] = {
    "string": TEXT, "date": DATE, "iri": {"type": "string", "description": "Whole, or with a prefix."},
    "integer": {"type": "string", "pattern": "^-?[0-9]{1,18}$"},
}  # fmt: skip


async def list_questions(service: Service, request: Request, _: Values) -> Response:
    """Every named question with its parameters."""
    return fresh(service, request, {"queries": [_question(query) for query in service.catalog.values()]})


async def answer_question(service: Service, request: Request, values: Values, query: Query) -> Response:
    """The answer to a named question, whose parameters are those of the request."""
    given = dict(values)
    format = given.pop("format", None)
    text = bind(query, given)
    if format == "query" or (format is None and QUERY_TEXT in request.headers.get("accept", "")):
        return Response(text, headers={"Vary": "Accept"}, media_type=QUERY_TEXT)
    accept = READ if format == SPREADSHEET else NAMES[format] if format else request.headers.get("accept", "")
    tag = content_tag(service, request, accept) if service.etag else {"Cache-Control": "no-store", "Vary": "Accept"}
    if service.etag and (cached := not_modified(request, tag)):
        return cached
    result = await service.pool.query(text, accept, client_of(request))
    if format == SPREADSHEET:
        body = await run_in_threadpool(spreadsheet, result.media_type, result.body)
        return Response(body, headers=tag, media_type="text/csv")
    return Response(result.body, headers={**tag, "Content-Type": result.media_type})


def kind(query: Query) -> Kind:
    """What kind of answer a question has."""
    form = evaluate(Store(), query.text)
    return "ask" if isinstance(form, QueryBoolean) else "select" if isinstance(form, QuerySolutions) else "graph"


def parameters(query: Query) -> tuple[Parameter, ...]:
    """The parameters of a question, as the API has them."""
    found = [
        Parameter(
            p.name, p.text, {**SCHEMAS[p.type], **({"minLength": 1} if p.required else {})}, p.required,
            example=query.example.get(p.name),
        )
        for p in query.params
    ]  # fmt: skip
    formats = [*OFFERS[kind(query)].values(), SPREADSHEET, "query"]
    text = "The format, instead of Accept; spreadsheet is CSV in which no cell is a formula, query the SPARQL text."
    return (*found, Parameter("format", text, names(formats)))


def _question(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "href": f"{ROOT}/{query.name}",
        "summary": query.summary,
        "description": query.description,
        "tags": list(query.tags),
        "parameters": [
            {"name": p.name, "type": p.type, "description": p.text, "required": p.required, "default": p.default}
            for p in query.params
        ],
        "returns": query.returns,
        "example": dict(query.example),
    }  # fmt: skip
