"""SPARQL clients that people use, against the endpoint as they come."""

from __future__ import annotations

import json
from typing import Any

import pytest
import SPARQLWrapper
from rdflib import Graph, Namespace, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from rdflib.term import Node

from covergraph.sparql import run
from covergraph.workspace import Workspace
from web.server import Server

COV = Namespace("https://w3id.org/covergraph/ont#")
NUMBERS = "SELECT ?policy ?number { ?policy cov:policyNumber ?number } ORDER BY ?number"
LABELS = "CONSTRUCT { ?p rdfs:label ?l } WHERE { ?p a cov:Policy ; rdfs:label ?l }"
ENTITY = 'SELECT ("100%25 & + ü <x>" AS ?text) {}'


@pytest.fixture(scope="module")
def numbers(workspace: Workspace) -> list[str]:
    return [str(row[1]) for row in run(workspace.store, NUMBERS, workspace.prefixes).rows]


@pytest.fixture(scope="module")
def labels(workspace: Workspace) -> int:
    return len(run(workspace.store, LABELS, workspace.prefixes).rows)


def wrapper(server: Server, query: str, method: str, request: str = "urlencoded") -> Any:
    client = SPARQLWrapper.SPARQLWrapper(f"{server.url}/sparql")
    client.setQuery(query)
    client.setMethod(method)
    client.setRequestMethod(request)
    return client


METHODS = [("GET", "urlencoded"), ("POST", "urlencoded"), ("POST", "postdirectly")]


@pytest.mark.parametrize(("method", "request_method"), METHODS)
def test_sparqlwrapper_reads_tables(method: str, request_method: str, server: Server, numbers: list[str]) -> None:
    client = wrapper(server, NUMBERS, method, request_method)

    client.setReturnFormat("json")
    assert [row["number"]["value"] for row in client.queryAndConvert()["results"]["bindings"]] == numbers
    client.setReturnFormat("xml")
    found = client.queryAndConvert().getElementsByTagName("literal")
    assert [element.firstChild.data for element in found] == numbers
    for format, comma in (("csv", b","), ("tsv", b"\t")):
        client.setReturnFormat(format)
        rows = client.queryAndConvert().splitlines()[1:]
        assert [row.partition(comma)[2].strip(b'"').decode() for row in rows] == numbers


@pytest.mark.parametrize(("method", "request_method"), METHODS)
@pytest.mark.parametrize("format", ["turtle", "xml", "json-ld", "n3"])
def test_sparqlwrapper_reads_graphs(format: str, method: str, request_method: str, server: Server, labels: int) -> None:
    client = wrapper(server, LABELS, method, request_method)
    client.setReturnFormat(format)

    converted = client.queryAndConvert()

    graph = converted if isinstance(converted, Graph) else Graph().parse(
        data=converted, format={"n3": "turtle"}.get(format, format)
    )  # fmt: skip
    assert len(graph) == labels


@pytest.mark.parametrize(("method", "request_method"), METHODS)
def test_sparqlwrapper_sends_every_character(method: str, request_method: str, server: Server) -> None:
    client = wrapper(server, ENTITY, method, request_method)
    client.setReturnFormat("json")

    [row] = client.queryAndConvert()["results"]["bindings"]
    assert row["text"]["value"] == "100%25 & + ü <x>"


def test_sparqlwrapper_shows_what_is_wrong_with_a_query(server: Server) -> None:
    with pytest.raises(SPARQLWrapper.SPARQLExceptions.QueryBadFormed) as caught:
        wrapper(server, "SELECT ?s WHERE ?s", "GET").query()

    assert "line 1, column 17" in str(caught.value)


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_works_on_the_endpoint_as_on_a_graph(method: Any, server: Server, numbers: list[str]) -> None:
    graph = Graph(SPARQLStore(f"{server.url}/sparql", method=method))

    found = {str(number) for number in graph.objects(None, COV.policyNumber)}
    assert found == set(numbers)
    policy = next(graph.subjects(COV.policyNumber, None))
    assert (policy, None, None) in graph
    rows: list[tuple[Node, ...]] = [tuple(row) for row in graph.query(NUMBERS)]  # type: ignore[arg-type]
    assert [str(number) for _, number in rows] == numbers
    assert bool(graph.query("ASK { ?p a cov:Policy }").askAnswer)
    assert len(graph) > 5000


def test_rdflib_asks_one_named_graph(server: Server, workspace: Workspace) -> None:
    name = URIRef("https://w3id.org/covergraph/graph/ontology/core")
    graph = Graph(SPARQLStore(f"{server.url}/sparql", context_aware=True), identifier=name)

    expected = run(workspace.store, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{name}> {{ ?s ?p ?o }} }}").rows[0][0]
    assert len(graph) == expected


def test_answers_for_programs_are_plain_json(server: Server) -> None:
    client = wrapper(server, "ASK {}", "GET")
    client.setReturnFormat("json")

    assert json.loads(client.query().response.read()) == {"head": {}, "boolean": True}
