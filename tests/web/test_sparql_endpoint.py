"""The SPARQL endpoint: formats, errors, caching, and the same answers as the command line."""

from __future__ import annotations

import csv
import io
import json
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import httpx
import pytest
from rdflib import Dataset, Graph

from covergraph.queries import bind, catalog
from covergraph.sparql import run
from covergraph.workspace import Workspace
from web.runaways import RUNAWAYS
from web.server import Serve, Server, eventually

RESULTS = "{http://www.w3.org/2005/sparql-results#}"
POLICIES = "SELECT ?number { ?policy cov:policyNumber ?number } ORDER BY ?number"
PART = "CONSTRUCT { ?c a ?type ; rdfs:label ?label } WHERE { ?c a ?type, cov:Policy ; rdfs:label ?label }"
READINGS: dict[str, Callable[[str], list[Any]]] = {
    "application/sparql-results+json": lambda t: [r["number"]["value"] for r in json.loads(t)["results"]["bindings"]],
    "application/sparql-results+xml": lambda t: [e.text for e in ElementTree.fromstring(t).iter(f"{RESULTS}literal")],
    "text/csv": lambda t: [row["number"] for row in csv.DictReader(io.StringIO(t))],
    "text/tab-separated-values": lambda t: [line.strip('"') for line in t.splitlines()[1:]],
}
GRAPHS = {
    "text/turtle": "turtle", "application/n-triples": "nt", "application/rdf+xml": "xml",
    "application/ld+json": "json-ld", "application/trig": "trig", "application/n-quads": "nquads",
}  # fmt: skip


def ask(server: Server, query: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{server.url}/sparql", params={"query": query}, headers=headers, timeout=60)


@pytest.mark.parametrize("type", READINGS)
def test_a_table_says_the_same_in_every_format(type: str, server: Server, workspace: Workspace) -> None:
    answer = ask(server, POLICIES, Accept=type)

    assert answer.headers["Content-Type"].partition(";")[0] == type
    expected = [row[0] for row in run(workspace.store, POLICIES, workspace.prefixes).rows]
    assert READINGS[type](answer.text) == expected


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib, inside rdflib
@pytest.mark.parametrize("type", GRAPHS)
def test_a_graph_says_the_same_in_every_format(type: str, server: Server, workspace: Workspace) -> None:
    answer = ask(server, PART, Accept=type)

    assert answer.headers["Content-Type"].partition(";")[0] == type
    read = Graph() if type not in ("application/trig", "application/n-quads") else Dataset(default_union=True)
    read.parse(data=answer.text, format=GRAPHS[type])
    rows = run(workspace.store, PART, workspace.prefixes).rows
    assert {(str(s), str(p), str(o)) for s, p, o, *_ in read} == {(str(s), str(p), str(o)) for s, p, o in rows}


@pytest.mark.parametrize("type", READINGS)
def test_a_yes_or_no_comes_in_every_format(type: str, server: Server) -> None:
    assert "true" in ask(server, "ASK {}", Accept=type).text
    assert "false" in ask(server, "ASK { cov:none cov:none cov:none }", Accept=type).text


def test_turtle_uses_the_project_prefixes_that_it_needs_and_no_others(server: Server) -> None:
    turtle = ask(server, PART, Accept="text/turtle").text

    assert "a cov:Policy" in turtle.replace("owl:NamedIndividual , ", "")
    assert "@prefix earl:" not in turtle


@pytest.mark.parametrize(("accept", "type"), [
    ("", "application/sparql-results+json"),
    ("*/*", "application/sparql-results+json"),
    ("text/*", "text/csv"),
    ("text/csv;q=0.4, application/sparql-results+xml;q=0.8, */*;q=0.1", "application/sparql-results+xml"),
    ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
    ("application/json", "application/sparql-results+json"),
    ("TEXT/CSV", "text/csv"),
    ("text/html, application/xml;q=0.9", "application/sparql-results+xml"),
    ("text/csv;q=many, text/tab-separated-values", "text/tab-separated-values"),
])  # fmt: skip
def test_the_best_accepted_format_is_sent(accept: str, type: str, server: Server) -> None:
    assert ask(server, POLICIES, Accept=accept).headers["Content-Type"].partition(";")[0] == type


@pytest.mark.parametrize(("query", "accept"), [
    (POLICIES, "text/turtle"), (PART, "text/csv"), ("ASK {}", "image/png"), (POLICIES, "text/csv;q=0"),
])  # fmt: skip
def test_a_format_that_does_not_fit_is_refused_with_those_that_do(query: str, accept: str, server: Server) -> None:
    answer = ask(server, query, Accept=accept)

    assert answer.status_code == 406
    assert answer.json()["code"] == "not-acceptable"
    assert ("text/turtle" if query == PART else "text/csv") in answer.json()["cure"]


@pytest.mark.parametrize(("format", "type"), [("csv", "text/csv"), ("xml", "application/sparql-results+xml")])
def test_a_link_can_name_the_format(format: str, type: str, server: Server) -> None:
    parameters = {"query": POLICIES, "format": format}
    answer = httpx.get(f"{server.url}/sparql", params=parameters, headers={"Accept": "text/html"})

    assert answer.headers["Content-Type"].partition(";")[0] == type


def test_a_syntax_error_names_line_and_column(server: Server) -> None:
    answer = ask(server, "SELECT ?s\nWHERE ?s a cov:Policy")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "bad-query"
    assert problem["place"] == "line 2, column 7"
    assert problem["detail"].startswith("line 2, column 7: This is no SPARQL query")


@pytest.mark.parametrize(("query", "code"), [
    ("ASK { ?s nope:p ?o }", "bad-query"), ("", "bad-query"), ("DROP ALL", "bad-query"),
    ("INSERT DATA { cov:a cov:b cov:c }", "bad-query"), ("ASK { " + "{" * 300, "too-deep"),
])  # fmt: skip
def test_what_is_no_query_is_refused(query: str, code: str, server: Server) -> None:
    answer = ask(server, query)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(("type", "body", "parameters"), [
    ("application/sparql-update", "CLEAR ALL", {}),
    ("application/x-www-form-urlencoded", "update=CLEAR%20ALL", {}),
    (None, None, {"update": "CLEAR ALL"}),
])  # fmt: skip
def test_an_update_is_refused_and_changes_nothing(type: str | None, body: str | None, parameters: dict[str, str],
                                                  server: Server) -> None:  # fmt: skip
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    before = ask(server, count).text

    answer = httpx.request("POST" if body else "GET", f"{server.url}/sparql", content=body, params=parameters,
                           headers={"Content-Type": type} if type else {})  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (403, "read-only")
    assert ask(server, count).text == before


def test_percent_signs_and_plus_are_decoded_once(server: Server) -> None:
    query = 'SELECT ("100%25 + ä" AS ?text) {}'
    for answer in (
        ask(server, query, Accept="text/csv"),
        httpx.post(f"{server.url}/sparql", data={"query": query}, headers={"Accept": "text/csv"}),
    ):
        assert answer.text.split() == ["text", "100%25", "+", "ä"]


@pytest.mark.parametrize("body", [b"query=%FF", b"query=\xff", b"query=ASK%7B%7D&default-graph-uri=%C3%28"])
def test_parameters_that_are_no_utf8_are_refused(body: bytes, server: Server) -> None:
    answer = httpx.post(f"{server.url}/sparql", content=body,
                        headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (400, "not-utf8")


@pytest.mark.parametrize("graph", ["not an IRI", "core", "", "<x>"])
def test_a_graph_name_that_is_no_iri_is_refused(graph: str, server: Server) -> None:
    answer = httpx.get(f"{server.url}/sparql", params={"query": "ASK {}", "default-graph-uri": graph})

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-graph"


def test_head_says_what_get_would_without_the_body(server: Server) -> None:
    got = ask(server, POLICIES)
    head = httpx.head(f"{server.url}/sparql", params={"query": POLICIES})

    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers[name] == got.headers[name]


def test_options_lists_the_methods(server: Server) -> None:
    answer = httpx.options(f"{server.url}/sparql")

    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


def test_a_page_elsewhere_may_ask_but_never_with_credentials(server: Server) -> None:
    preflight = httpx.options(f"{server.url}/sparql", headers={
        "Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    })  # fmt: skip
    answers = [preflight, ask(server, "ASK {}", Origin="https://elsewhere.example"),
               ask(server, "ASK {", Origin="https://elsewhere.example")]  # fmt: skip

    assert preflight.status_code == 200
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_an_unchanged_answer_is_not_sent_twice(server: Server) -> None:
    first = ask(server, POLICIES)
    again = ask(server, POLICIES, **{"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, no-cache"
    assert "Accept" in first.headers["Vary"]
    assert (again.status_code, again.content) == (304, b"")
    assert ask(server, POLICIES, Accept="text/csv").headers["ETag"] != first.headers["ETag"]
    assert ask(server, f"{POLICIES} LIMIT 1", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("query", [
    "SELECT (NOW() AS ?x) {}", "SELECT (rand () AS ?x) {}", "SELECT (STRUUID\n#(\n() AS ?x) {}",
    "SELECT (UUID() AS ?x) {}",
])  # fmt: skip
def test_an_answer_that_is_another_each_time_is_not_cached(query: str, server: Server) -> None:
    answer = ask(server, query)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_a_browser_that_comes_to_the_endpoint_finds_the_query_page(server: Server) -> None:
    answer = httpx.get(f"{server.url}/sparql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/query")


def test_every_named_question_has_the_answer_that_the_command_line_gives(server: Server, workspace: Workspace) -> None:
    def rows(answer: Any) -> list[str]:
        return sorted(json.dumps(row, sort_keys=True) for row in answer["results"]["bindings"])

    asked = 0
    for question in catalog(workspace.root).values():
        text = bind(question, question.example)
        expected = run(workspace.store, text, workspace.prefixes)
        if expected.kind == "select":
            asked += 1
            assert rows(ask(server, text).json()) == rows(json.loads(expected.serialize("json"))), question.name
    assert asked > 30


def test_an_answer_that_was_given_lately_is_given_again_without_a_worker(serve: Serve) -> None:
    server = serve("--cache-mb", "1", "--quick-workers", "1", "--slow-workers", "1", "--query-seconds", "600",
                   "--quick-seconds", "600", "--waiting-seconds", "0.2")  # fmt: skip
    first = ask(server, POLICIES)
    occupied = threading.Thread(target=ask_endlessly, args=(server,), daemon=True)
    occupied.start()

    others = (f"{POLICIES} LIMIT {number}" for number in count(1))
    assert eventually(lambda: ask(server, next(others)).status_code == 503)
    assert ask(server, POLICIES).content == first.content
    assert ask(server, POLICIES, Accept="text/csv").status_code == 503
    posted = httpx.post(f"{server.url}/sparql", data={"query": POLICIES}, headers={"Accept": "*/*"})
    assert posted.content == first.content


def ask_endlessly(server: Server) -> None:
    with suppress(httpx.HTTPError):
        ask(server, RUNAWAYS["cross product, counted"])


def test_an_answer_that_is_another_each_time_is_not_given_again(serve: Serve) -> None:
    server = serve("--cache-mb", "1")

    assert ask(server, "SELECT (UUID() AS ?x) {}").text != ask(server, "SELECT (UUID() AS ?x) {}").text


def test_a_slash_at_the_end_changes_nothing(server: Server) -> None:
    answer = httpx.get(f"{server.url}/sparql/", params={"query": POLICIES})

    assert answer.content == ask(server, POLICIES).content
