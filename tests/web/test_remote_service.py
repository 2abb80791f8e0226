"""`covergraph serve --endpoint`: the same service over a separate store, within the same limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from covergraph.queries import bind, catalog
from covergraph.remote.endpoint import Connection, Endpoint
from covergraph.remote.loading import Update, finish, load
from covergraph.sparql import run
from covergraph.triples import named_graphs
from covergraph.workspace import Workspace
from web.server import ROOT, Serve, Server, eventually
from web.stores import SparqlStore, gate, oxigraph, reply

pytestmark = pytest.mark.web

CLIENT = httpx.Client(timeout=60)
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FOREIGN = "INSERT DATA { GRAPH <urn:foreign> { <urn:c> a <https://w3id.org/covergraph/ont#Criterion> } }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?c a cov:Criterion }"
LEFT_OUT = "advisories"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, workspace: Workspace) -> Iterator[SparqlStore]:
    """A loaded store that also holds foreign data, and was found to answer one question wrong."""
    with oxigraph(tmp_path_factory.mktemp("oxigraph")) as running:
        with Connection(Endpoint(running.query)) as connection:
            target = Update(connection, running.update)
            dataset = load(connection, target, named_graphs(workspace.store), workspace.fingerprint)
            finish(target, dataset, [LEFT_OUT])
        httpx.post(running.update, data={"update": FOREIGN}).raise_for_status()
        yield running


@pytest.fixture(scope="module")
def remote(serve: Serve, store: SparqlStore) -> Server:
    return serve("--endpoint", store.query, "--query-seconds", "10", "--result-mb", "1")


def ask(server: Server, query: str, **more: Any) -> httpx.Response:
    return CLIENT.post(f"{server.url}/sparql", data={"query": query, **more})


def number(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


def test_every_question_is_answered_as_by_the_embedded_store(remote: Server, workspace: Workspace) -> None:
    for name, query in catalog(ROOT).items():
        here = run(workspace.store, bind(query, query.example), workspace.prefixes)
        format = "nt" if here.kind == "graph" else "csv"
        parameters = {**query.example, "format": format}
        answer = CLIENT.get(f"{remote.url}/api/v1/queries/{name}", params=parameters)
        if name == LEFT_OUT:
            assert answer.status_code == 404
            continue
        expected = here.serialize("ntriples" if format == "nt" else "csv")
        assert sorted(answer.text.splitlines()) == sorted(expected.splitlines()), name


@pytest.mark.parametrize("path", ["/", "/policies", "/query/contraindications", "/search?q=fracture", "/level/L1"])
def test_pages_work_over_a_store_elsewhere(path: str, remote: Server) -> None:
    answer = CLIENT.get(remote.url + path, headers={"accept": "text/html"})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")


def test_a_case_is_checked_here_as_ever(remote: Server, server: Server) -> None:
    case = (ROOT / "examples" / "two-levels.json").read_bytes()
    reports = [
        CLIENT.post(f"{s.url}/api/v1/check", content=case, headers={"content-type": "application/json"}).json()
        for s in (remote, server)
    ]
    assert reports[0] == reports[1]


def test_queries_go_to_the_loaded_graphs_only(remote: Server, server: Server) -> None:
    assert number(ask(remote, COUNT)) == number(ask(server, COUNT))
    for graph in ("urn:foreign", "http://127.0.0.1:1/", "file:///etc/passwd"):
        assert number(ask(remote, COUNT, **{"default-graph-uri": graph})) == 0
        named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
        assert number(ask(remote, named, **{"named-graph-uri": graph})) == 0
    core = "https://w3id.org/covergraph/graph/ontology/core"
    every = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    choice = {"default-graph-uri": core}
    assert number(ask(remote, every, **choice)) == number(ask(server, every, **choice)) > 1000


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("DROP ALL", 400, "bad-query"),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", 400, "bad-query"),
        ("PREFIX a: <urn:a> # SELECT\nDELETE WHERE { ?s ?p ?o }", 400, "bad-query"),
        ("define input:same-as 'yes' SELECT * { ?s ?p ?o }", 400, "bad-query"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403, "no-service"),
        ("SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }", 400, "no-from"),
        ("SELECT * { ?s ?p", 400, "bad-query"),
        ("SELECT * {" + "{" * 300, 400, "too-deep"),
        (ENDLESS, 503, "query-timeout"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", 422, "answer-too-large"),
    ],
)
def test_what_is_no_plain_query_or_takes_too_much_is_refused(
    query: str, status: int, code: str, remote: Server, store: SparqlStore
) -> None:
    answer = ask(remote, query)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert store.query.removesuffix("/query") not in answer.text, "the store's address is nobody's business"
    assert number(ask(remote, COUNT)) == 59


def test_nothing_of_a_store_elsewhere_is_cached(remote: Server) -> None:
    answer = CLIENT.get(f"{remote.url}/sparql", params={"query": "ASK {}"})
    assert "etag" not in answer.headers and answer.headers["cache-control"] == "no-store"


def test_a_store_that_fails_is_told_without_its_address_and_found_again(store: SparqlStore, serve: Serve) -> None:
    with gate(store) as guard:
        server = serve("--endpoint", guard.store.query)
        assert CLIENT.get(f"{server.url}/healthz").status_code == 200
        guard.instead = lambda handler: reply(handler, 500, b"secret inside")
        answer = ask(server, "ASK {}")
        assert answer.status_code in (502, 503) and guard.url not in answer.text
        guard.instead = lambda handler: reply(handler, 200, b"<html>", "text/html")
        assert ask(server, "ASK {}").json()["code"] in ("bad-answer", "not-loaded")
        assert eventually(lambda: CLIENT.get(f"{server.url}/healthz").status_code == 503)
        guard.instead = lambda handler: False
        assert eventually(lambda: CLIENT.get(f"{server.url}/healthz").status_code == 200)
        assert ask(server, "ASK { ?p a cov:Policy }").json()["boolean"] is True


def test_credentials_are_sent_and_never_shown(store: SparqlStore, serve: Serve) -> None:
    with gate(store) as guard:
        guard.instead = lambda h: h.headers.get("authorization") != "Bearer s3cret-token" and reply(h, 401)
        server = serve("--endpoint", guard.store.query, COVERGRAPH_ENDPOINT_TOKEN="s3cret-token")
        assert ask(server, "ASK { ?p a cov:Policy }").json()["boolean"] is True
        assert "s3cret-token" not in server.log.read_text()
        assert guard.store.query not in server.log.read_text()


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1/query", "nowhere"])
def test_a_service_whose_store_is_not_there_does_not_start(endpoint: str) -> None:
    program = str(Path(sys.executable).with_name("covergraph"))
    command = [program, "serve", "--port", "0", "--endpoint", endpoint]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("covergraph: ")]


def test_a_store_without_the_content_is_not_served(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("covergraph"))
    with oxigraph(tmp_path) as empty:
        command = [program, "serve", "--port", "0", "--endpoint", empty.query]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and "covergraph load" in done.stderr


def test_figures_do_not_need_a_pool_of_query_workers(remote: Server) -> None:
    text = CLIENT.get(f"{remote.url}/metrics").text
    assert 'covergraph_pool_workers{pool="check"}' in text and 'pool="query"' not in text
    assert json.loads(CLIENT.get(f"{remote.url}/healthz").text)["status"] == "ok"
