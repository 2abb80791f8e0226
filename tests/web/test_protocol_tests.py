"""The query side of the W3C's SPARQL 1.1 protocol and service description tests, against a real server.

Each request is that of the test whose name it has, in the manifests below, over graphs of our own content in the place
of the tests' own. Update tests are not here: this endpoint refuses every update, which is a test elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from rdflib import RDF, BNode, Graph, Namespace, URIRef
from rdflib.term import Node

from web.server import Server

PROTOCOL = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/protocol/manifest#"
DESCRIPTION = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/service-description/manifest#"
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")

GRAPH = "https://w3id.org/covergraph/graph/ontology/"
ONE, TWO, THREE = GRAPH + "core", GRAPH + "devices", GRAPH + "clinical"
IN_ONE, IN_TWO, IN_THREE = "cov:Policy a owl:Class", "?device cov:clearedBy ?by", "?concept skos:narrowMatch ?other"
QUERY, FORM, TEXT = "application/sparql-query", "application/x-www-form-urlencoded", "text/plain"

TABLE = {"application/sparql-results+json", "application/sparql-results+xml"}
RDF_TYPES = {"text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"}


@dataclass(frozen=True)
class Asked:
    """One request of a test: what it sends, and what has to come back."""

    url: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    type: str | None = None
    method: str | None = None
    types: frozenset[str] = frozenset(TABLE)
    answer: bool | None = None
    refused: bool = False


def default(*graphs: str) -> tuple[tuple[str, str], ...]:
    return tuple(("default-graph-uri", graph) for graph in graphs)


def named(*graphs: str) -> tuple[tuple[str, str], ...]:
    return tuple(("named-graph-uri", graph) for graph in graphs)


def query(text: str) -> tuple[tuple[str, str], ...]:
    return (("query", text),)


BOTH = f"ASK {{ {IN_ONE} . {IN_TWO} }}".encode()
EACH = f"ASK {{ GRAPH ?g1 {{ {IN_ONE} }} GRAPH ?g2 {{ {IN_TWO} }} }}"
ALL = f"ASK {{ {IN_THREE} GRAPH ?g1 {{ {IN_ONE} }} GRAPH ?g2 {{ {IN_TWO} }} }}".encode()

REQUESTS = {
    "query_post_form": Asked(default(ONE), b"query=ASK%20%7B%7D", FORM, answer=True),
    "query_dataset_default_graphs_get": Asked(query(BOTH.decode()) + default(ONE, TWO), answer=True),
    "query_dataset_default_graphs_post": Asked(default(ONE, TWO), BOTH, QUERY, answer=True),
    "query_dataset_named_graphs_post": Asked(named(ONE, TWO), EACH.encode(), QUERY, answer=True),
    "query_dataset_named_graphs_get": Asked(query(EACH) + named(ONE, TWO), answer=True),
    "query_dataset_full": Asked(default(THREE) + named(ONE, TWO), ALL, QUERY, answer=True),
    "query_multiple_dataset": Asked(
        named(ONE, TWO), EACH.replace("ASK", f"ASK FROM <{THREE}>").encode(), QUERY, answer=True
    ),
    "query_get": Asked(query("ASK {}") + default(ONE), answer=True),
    "query_content_type_select": Asked(
        default(ONE), b"SELECT (1 AS ?value) {}", QUERY,
        types=frozenset(TABLE | {"text/csv", "text/tab-separated-values"}),
    ),
    "query_content_type_ask": Asked(default(ONE), b"ASK {}", QUERY),
    "query_content_type_describe": Asked(
        default(ONE), b"DESCRIBE <http://example.org/>", QUERY, types=frozenset(RDF_TYPES)
    ),
    "query_content_type_construct": Asked(
        default(ONE), b"CONSTRUCT { <s> <p> 1 } WHERE {}", QUERY, types=frozenset(RDF_TYPES)
    ),
    "query_post_direct": Asked((), b"ASK {}", QUERY, answer=True),
    "bad_query_method": Asked(query("ASK {}") + default(ONE), b"", FORM, method="PUT", refused=True),
    "bad_multiple_queries": Asked(query("ASK {}") + query("SELECT * {}"), refused=True),
    "bad_query_wrong_media_type": Asked((), b"ASK {}", TEXT, refused=True),
    "bad_query_missing_form_type": Asked((), b"query=ASK%20%7B%7D", refused=True),
    "bad_query_missing_direct_type": Asked((), b"ASK {}", refused=True),
    "bad_query_non_utf8": Asked((), "ASK {}".encode("utf-16"), f"{QUERY}; charset=UTF-16", refused=True),
    "bad_query_syntax": Asked(query("ASK {"), refused=True),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_of_the_protocol_tests_gets_what_they_say(name: str, server: Server) -> None:
    asked = REQUESTS[name]
    method = asked.method or ("GET" if asked.body is None else "POST")
    headers = {"Content-Type": asked.type} if asked.type else {}

    answer = httpx.request(method, f"{server.url}/sparql", params=asked.url, content=asked.body, headers=headers)

    if asked.refused:
        assert 400 <= answer.status_code < 500, PROTOCOL + name
        assert answer.headers["Content-Type"] == "application/problem+json"
        return
    assert answer.status_code == 200, PROTOCOL + name
    assert answer.headers["Content-Type"].partition(";")[0] in asked.types
    if asked.answer is not None:
        assert answer.json()["boolean"] is asked.answer


@pytest.mark.parametrize("graphs", [default(ONE), named(ONE), default(ONE) + named(TWO)])
def test_a_dataset_in_the_request_leaves_all_other_graphs_out(graphs: Any, server: Server) -> None:
    """So that the tests above do not pass for the reason that every graph is searched always."""
    text = f"ASK {{ {{ {IN_THREE} }} UNION {{ GRAPH ?g {{ {IN_THREE} }} }} }}"

    assert httpx.get(f"{server.url}/sparql", params=query(text)).json()["boolean"] is True
    assert httpx.get(f"{server.url}/sparql", params=query(text) + graphs).json()["boolean"] is False


@pytest.fixture(scope="module")
def description(server: Server) -> Graph:
    answer = httpx.get(f"{server.url}/sparql")
    assert answer.status_code == 200, DESCRIPTION + "returns-rdf"
    return Graph().parse(data=answer.text, format=answer.headers["Content-Type"])


def test_the_description_names_its_own_endpoint(description: Graph, server: Server) -> None:
    assert (None, SD.endpoint, URIRef(f"{server.url}/sparql")) in description, DESCRIPTION + "has-endpoint-triple"


def test_the_description_conforms_to_the_vocabulary(description: Graph) -> None:
    """What the vocabulary's domains and ranges say of everything described (test conforms-to-schema)."""
    domains: dict[Node, URIRef] = {
        SD.endpoint: SD.Service, SD.feature: SD.Service, SD.resultFormat: SD.Service, SD.defaultDataset: SD.Service,
        SD.supportedLanguage: SD.Service, SD.defaultGraph: SD.Dataset, SD.namedGraph: SD.Dataset,
        SD.name: SD.NamedGraph, SD.graph: SD.NamedGraph,
    }  # fmt: skip
    ranges: dict[Node, URIRef] = {
        SD.defaultDataset: SD.Dataset, SD.defaultGraph: SD.Graph, SD.namedGraph: SD.NamedGraph, SD.graph: SD.Graph,
    }  # fmt: skip
    known = {"SPARQL11Query", "UnionDefaultGraph", *(str(t).removeprefix(str(SD)) for t in domains)}

    for subject, predicate, obj in description:
        if predicate in domains:
            assert (subject, RDF.type, domains[predicate]) in description
        if predicate in ranges:
            assert (obj, RDF.type, ranges[predicate]) in description
        if predicate in (SD.supportedLanguage, SD.feature):
            assert str(obj).removeprefix(str(SD)) in known
    [service] = description.subjects(RDF.type, SD.Service)
    assert isinstance(service, BNode)


@pytest.mark.parametrize("type", [*sorted(RDF_TYPES), "application/trig", "application/n-quads"])
def test_the_description_comes_in_every_rdf_format(type: str, server: Server) -> None:
    answer = httpx.get(f"{server.url}/sparql", headers={"Accept": type})

    assert answer.headers["Content-Type"].partition(";")[0] == type
    assert f"{server.url}/sparql" in answer.text


def test_the_described_graphs_have_as_many_triples_as_described(description: Graph, server: Server) -> None:
    text = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    rows = httpx.get(f"{server.url}/sparql", params=query(text)).json()["results"]["bindings"]
    triples = URIRef("http://rdfs.org/ns/void#triples")

    described = {
        str(description.value(named, SD.name)): int(str(description.value(description.value(named, SD.graph), triples)))
        for named in description.subjects(RDF.type, SD.NamedGraph)
    }
    assert described == {row["g"]["value"]: int(row["n"]["value"]) for row in rows}
