"""Every IRI of the content has a local path that serves it, as a page or as RDF."""

from __future__ import annotations

import json

import httpx
import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse
from rdflib import Graph
from rdflib.compare import isomorphic

from covergraph import terms
from covergraph.rdflibgraph import rdflib_graph
from covergraph.web.resources import description
from covergraph.workspace import Workspace
from web.server import Server

CLIENT = httpx.Client(timeout=60)
L1 = terms.BASE + "level/L1"
FORMATS = ["text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"]


def path_of(iri: str) -> str:
    return "/" + iri.removeprefix(terms.BASE).partition("#")[0]


def get(server: Server, path: str, accept: str = "*/*", **headers: str) -> httpx.Response:
    return CLIENT.get(server.url + path, headers={"accept": accept, **headers})


def triples(answer: httpx.Response) -> list[Triple]:
    format = RdfFormat.from_media_type(answer.headers["content-type"].partition(";")[0])
    assert format
    return [quad.triple for quad in parse(answer.content, format)]


def test_every_iri_of_the_content_is_served_as_rdf_that_speaks_of_it(server: Server, workspace: Workspace) -> None:
    mentioned = {
        term.value
        for quad in workspace.store
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if isinstance(term, NamedNode) and term.value.startswith(terms.BASE)
    }
    assert len(mentioned) > 1000
    for number, iri in enumerate(sorted(mentioned)):
        said = description(workspace, iri.partition("#")[0])
        if iri.startswith(terms.GRAPHS):
            assert said, iri
        else:
            assert any(NamedNode(iri) in (triple.subject, triple.object) for triple in said), iri
        if number % 20 == 0:
            served = Graph().parse(data=get(server, path_of(iri), "application/n-triples").text, format="nt")
            assert len(served) == len(set(said)), iri


def test_every_thing_has_a_page(server: Server, workspace: Workspace) -> None:
    things = {quad.subject.value for quad in workspace.store if isinstance(quad.subject, NamedNode)}
    paths = {path_of(iri) for iri in things if iri.startswith(terms.BASE)}
    assert len(paths) > 700
    for path in sorted(paths)[::20]:
        answer = get(server, path, "text/html,application/xhtml+xml,*/*;q=0.8")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"), path


@pytest.mark.parametrize("type", FORMATS)
def test_a_thing_comes_in_every_rdf_format_with_the_same_triples(type: str, server: Server) -> None:
    answer = get(server, "/level/L1", type)
    assert answer.headers["content-type"].partition(";")[0] == type
    assert set(triples(answer)) == set(triples(get(server, "/level/L1", "application/n-triples")))
    assert answer.headers["vary"] == "Accept" and len(triples(answer)) > 5


def test_blank_nodes_come_with_the_thing_they_belong_to(server: Server, workspace: Workspace) -> None:
    answer = get(server, "/prefixes", "application/n-triples")
    graph = Graph().parse(data=answer.text, format="nt")
    assert isomorphic(graph, rdflib_graph(workspace, "ontology/prefixes.ttl"))


def test_a_vocabulary_is_one_document_with_all_its_terms(server: Server, workspace: Workspace) -> None:
    served = Graph().parse(data=get(server, "/ont").text, format="turtle")
    terms_of_core = {q.subject.value for q in workspace.store if str(q.subject).startswith(f"<{terms.COV}")}
    assert terms_of_core <= {str(subject) for subject in served.subjects()}


@pytest.mark.parametrize("accept", ["", "*/*", "text/turtle, text/html;q=0.9", "application/x-unknown, */*;q=0.1"])
def test_turtle_is_for_programs_that_ask_for_nothing_else(accept: str, server: Server) -> None:
    assert get(server, "/level/L1", accept).headers["content-type"].startswith("text/turtle")


def test_a_graph_is_served_with_its_triples(server: Server, workspace: Workspace) -> None:
    name = terms.GRAPHS + "ontology/core"
    here = list(workspace.store.quads_for_pattern(None, None, None, NamedNode(name)))
    assert len(triples(get(server, path_of(name)))) == len(here)
    assert get(server, path_of(name), "text/html").headers["content-type"].startswith("text/turtle")


def test_schemas_and_the_context_stand_at_their_iris(server: Server) -> None:
    for iri, path in (
        (terms.CASE_SCHEMA, "schema/case"), (terms.REPORT_SCHEMA, "schema/report"), (terms.CONTEXT, "schema/context"),
    ):  # fmt: skip
        assert get(server, path_of(iri)).json() == json.loads(get(server, f"/api/v1/{path}").text)


@pytest.mark.parametrize(
    "path",
    [
        "/level/L99", "/nothing", "/level", "/level/", "//level/L1", "/level/L1/", "/level/../level/L1x",
        "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/level/L1%00", "/level/%ff%fe", "/level/L1%0aX",
        "/level/L1%3E%20%7B", "/ontology/core.ttl", "/static/../../pyproject.toml", "/" + "x" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_thing_is_a_problem(path: str, server: Server) -> None:
    answer = get(server, path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    page = get(server, path, "text/html")
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")


def test_a_format_that_there_is_not_is_refused(server: Server) -> None:
    answer = get(server, "/level/L1", "image/png")
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")


def test_what_did_not_change_is_not_sent_again(server: Server) -> None:
    for accept in (*FORMATS, "text/html"):
        first = get(server, "/level/L1", accept)
        again = get(server, "/level/L1", accept, **{"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["vary"]) == (304, b"", "Accept")
    tags = {get(server, "/level/L1", accept).headers["etag"] for accept in (*FORMATS, "text/html")}
    assert len(tags) == 5, "each representation has its own"
