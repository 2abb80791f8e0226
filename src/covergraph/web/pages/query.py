"""The plain query form and the catalogue: a question as a form of its parameters, any answer as page or file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from covergraph.errors import InputError
from covergraph.queries import Param, Query, bind, find_query
from covergraph.web.pages.results import chart, read_table, spreadsheet
from covergraph.web.pages.site import page
from covergraph.web.problems import Problem, problem_of
from covergraph.web.queries import Result
from covergraph.web.service import Service, client_of

READ = "application/sparql-results+json, application/n-triples;q=0.9"
"""What a page asks for: the kind of the query settles which of the two it gets."""


@dataclass(frozen=True, slots=True)
class Format:
    """A form that an answer can have; ``accept`` is empty for pages, ``ending`` that of a file."""

    name: str
    accept: str = ""
    ending: str = ""


FORMATS = {
    "table": Format("Table"),
    "chart": Format("Chart"),
    "csv": Format("CSV", "text/csv", "csv"),
    "spreadsheet": Format("CSV for spreadsheets", READ, "csv"),
    "tsv": Format("TSV", "text/tab-separated-values", "tsv"),
    "json": Format("JSON", "application/sparql-results+json", "json"),
    "xml": Format("XML", "application/sparql-results+xml", "xml"),
    "turtle": Format("Turtle (graphs)", "text/turtle", "ttl"),
    "ntriples": Format("N-Triples (graphs)", "application/n-triples", "nt"),
    "jsonld": Format("JSON-LD (graphs)", "application/ld+json", "jsonld"),
}
"""The forms of an answer, by their name in a URL."""

SHOWN = 500
"""Rows of an answer that a page shows; a download has them all."""

INPUTS = {"string": "text", "date": "date", "integer": "number", "iri": "text"}
"""The type of the field of a parameter."""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter as a field of a form."""

    param: Param
    type: str
    value: str
    example: str


def routes(service: Service) -> list[BaseRoute]:
    """The form, every question of the catalogue, and its text."""

    async def form(request: Request) -> Response:
        asked = request.query_params
        text = asked.get("query", "")
        is_asked = bool(text.strip())
        if not is_asked and asked.get("from"):
            query = find_query(service.catalog, asked["from"])
            text = without_header(bind(query, _example(query, asked)))
        values: dict[str, Any] = {
            "text": text or starter(service.workspace.prefixes), "topics": topics(service.catalog),
            "prefixes": service.workspace.prefixes, "settings": service.settings,
        }  # fmt: skip
        return await _answer(service, request, "query.html.j2", text if is_asked else None, "query", values)

    async def question(request: Request) -> Response:
        query = find_query(service.catalog, request.path_params["name"])
        given = _given(query, request.query_params)
        values = {"query": query, "fields": _fields(query, given), "edit": urlencode({"from": query.name, **given})}
        text: str | None = None
        try:
            is_asked = given or "format" in request.query_params
            text = bind(query, given) if is_asked else None
        except InputError as error:
            return _refused(request, "question.html.j2", problem_of(error), values)
        return await _answer(service, request, "question.html.j2", text, query.name, values)

    async def source(request: Request) -> Response:
        query = find_query(service.catalog, request.path_params["name"])
        given = _given(query, request.query_params)
        return PlainTextResponse(without_header(bind(query, given)))

    return [
        Route("/query", form),
        Route("/query/{name}.rq", source),
        Route("/query/{name}", question),
    ]


async def _answer(
    service: Service, request: Request, template: str, text: str | None, name: str, values: Mapping[str, Any]
) -> Response:
    """A page with the answer, if a query is asked, or the answer as a file."""
    chosen = request.query_params.get("format", "table")
    values = {**values, "formats": FORMATS, "chosen": chosen}
    try:
        if chosen not in FORMATS:
            raise Problem(
                400, "bad-format", f"There is no format {chosen!r}.", f"One of: {', '.join(FORMATS)}.", "format"
            )
        if text is None:
            return page(request, template, table=None, problem=None, **values)
        format = FORMATS[chosen]
        result = await service.pool.query(text, format.accept or READ, client_of(request))
        kept = {"Cache-Control": "no-store" if service.settings.asks_over_cases else "no-cache"}
        if format.ending:
            return await _file(result, chosen, f"{name}.{format.ending}", kept)
        table = await run_in_threadpool(read_table, result.media_type, result.body, service.workspace.prefixes)
    except Problem as problem:
        return _refused(request, template, problem, values)
    is_graph = "json" not in result.media_type
    return page(
        request, template, headers=kept,
        table=table, drawing=chart(table) if chosen == "chart" else None, shown=SHOWN, problem=None,
        downloads=_downloads(request, is_graph=is_graph), views=_views(request), **values,
    )  # fmt: skip


async def _file(result: Result, chosen: str, name: str, headers: Mapping[str, str]) -> Response:
    """An answer to be saved."""
    body, media_type = result.body, result.media_type
    if chosen == "spreadsheet":
        body, media_type = await run_in_threadpool(spreadsheet, media_type, body), "text/csv"
    headers = {**headers, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type=media_type)


def _refused(request: Request, template: str, problem: Problem, values: Mapping[str, Any]) -> Response:
    """The form again, with what was wrong above it."""
    values = {"formats": FORMATS, "chosen": "table", **values}
    return page(
        request, template, status=problem.status, headers=problem.headers, table=None, problem=problem, **values
    )


def _downloads(request: Request, *, is_graph: bool) -> list[tuple[str, str]]:
    """Names of the files that this answer can be had as, each with its link."""
    graphs = ("turtle", "ntriples", "jsonld")
    names = ("spreadsheet", *graphs) if is_graph else tuple(f for f in FORMATS if f not in graphs and FORMATS[f].ending)
    return [(FORMATS[name].name.removesuffix(" (graphs)"), _with_format(request, name)) for name in names]


def _views(request: Request) -> list[tuple[str, str, str]]:
    return [(name, FORMATS[name].name, _with_format(request, name)) for name in ("table", "chart")]


def _with_format(request: Request, name: str) -> str:
    asked = [(key, value) for key, value in request.query_params.multi_items() if key != "format"]
    return f"{request.url.path}?{urlencode([*asked, ('format', name)])}"


def without_header(text: str) -> str:
    r"""A question's SPARQL without the lines that say what it is.

    >>> without_header("#+ summary: All of it?\n\nASK {}")
    'ASK {}'
    """
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#+")).lstrip()


def _given(query: Query, asked: Mapping[str, str]) -> dict[str, str]:
    """The values that a form gives to the parameters; a field left empty gives none."""
    return {param.name: value for param in query.params if (value := asked.get(param.name, "").strip())}


def _example(query: Query, asked: Mapping[str, str]) -> dict[str, str]:
    """The values given, and the example's where a required one is missing."""
    required = {param.name: query.example[param.name] for param in query.params if param.required}
    return required | _given(query, asked)


def _fields(query: Query, given: Mapping[str, str]) -> list[Field]:
    """The parameters as fields, filled with what was given, else with what an optional one stands at."""
    return [
        Field(
            param,
            INPUTS[param.type],
            given.get(param.name) or ("" if param.required else param.default or ""),
            query.example.get(param.name, ""),
        )
        for param in query.params
    ]


def topics(catalog: Mapping[str, Query]) -> dict[str, list[Query]]:
    """The catalogue by topic: the first tag of a question that says more than "policy"."""
    found: dict[str, list[Query]] = {}
    for query in catalog.values():
        topic = next((tag for tag in query.tags if tag != "policy"), query.tags[0])
        found.setdefault(topic, []).append(query)
    return dict(sorted(found.items()))


def starter(prefixes: Mapping[str, str]) -> str:
    """A query to begin with, its prefixes written out so that it runs elsewhere too."""
    declared = "".join(f"PREFIX {name}: <{prefixes[name]}>\n" for name in ("cov", "rdfs") if name in prefixes)
    return f"""{declared}
SELECT ?clause ?title ?page WHERE {{
  ?item cov:sectionLabel ?clause ; rdfs:label ?title ; cov:page ?page ; cov:ordinal ?place .
}}
ORDER BY ?place
LIMIT 100
"""
