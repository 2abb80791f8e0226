"""A separate SPARQL store holds the same content and gives the same answers, or is not asked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, NamedNode, Triple

from covergraph.cli.commands import cli
from covergraph.errors import InputError
from covergraph.queries import bind, catalog
from covergraph.remote import loading
from covergraph.remote.asking import ask, compare
from covergraph.remote.dataset import find_dataset, read_dataset
from covergraph.remote.endpoint import (
    PASSWORD,
    TOKEN,
    USER,
    Connection,
    Endpoint,
    PasswordAuth,
    check_address,
    credentials,
)
from covergraph.remote.loading import Update, chunks, finish, load, writer
from covergraph.sparql import add_reports, run
from covergraph.triples import named_graphs
from covergraph.workspace import Workspace
from web.server import ROOT
from web.stores import Gate, SparqlStore, gate, oxigraph, reply, virtuoso

REPORTS = ROOT / "tests" / "data" / "reports"
FOREIGN = """
    PREFIX cov: <https://w3id.org/covergraph/ont#>
    INSERT DATA { <urn:c> a cov:Criterion . GRAPH <urn:foreign> { <urn:c> a cov:Criterion ; cov:sectionLabel "II.Z" } }
"""
COUNT = "SELECT (COUNT(*) AS ?n) { ?c a cov:Criterion }"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparqlStore]:
    with oxigraph(tmp_path_factory.mktemp("oxigraph")) as running:
        yield running


@pytest.fixture
def store(empty: SparqlStore) -> SparqlStore:
    """An empty store of another engine process."""
    httpx.post(empty.update, data={"update": "DROP ALL"}).raise_for_status()
    return empty


@pytest.fixture
def full(store: SparqlStore) -> SparqlStore:
    """A store with content and reports."""
    assert covergraph("load", *to(store), "--reports", str(REPORTS), "--no-compare").exit_code == 0
    return store


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparqlStore]:
    """A store with content and reports that no test changes."""
    with oxigraph(tmp_path_factory.mktemp("loaded")) as running:
        assert covergraph("load", *to(running), "--reports", str(REPORTS), "--no-compare").exit_code == 0
        yield running


def covergraph(*words: str, input: str | None = None, **variables: str) -> Result:
    return CliRunner().invoke(cli, ["--content", str(ROOT), *words], input=input, env=variables)


def to(store: SparqlStore) -> tuple[str, ...]:
    return "--endpoint", store.query, "--update", store.update


def error_of(result: Result) -> InputError:
    assert isinstance(result.exception, InputError), (result.output, result.exception)
    return result.exception


def graphs_of(workspace: Workspace) -> dict[str, list[Triple]]:
    return named_graphs(workspace.store)


# ---------- the same answers ----------


@pytest.mark.web
@pytest.mark.parametrize("way", ["--update", "--graph-store"])
def test_a_loaded_store_answers_every_question_as_the_embedded_one(
    way: str, store: SparqlStore, workspace: Workspace
) -> None:
    address = store.update if way == "--update" else store.graph_store
    loaded = covergraph("load", "--endpoint", store.query, way, address, "--reports", str(REPORTS))
    assert loaded.exit_code == 0, loaded.output
    known = catalog(ROOT)
    assert f"{len(known)} of {len(known)} named questions are answered as here" in loaded.output

    here = add_reports(workspace.store, [REPORTS])
    with Connection(Endpoint(store.query)) as connection:
        graphs = read_dataset(connection).sizes
        for query in known.values():
            text = bind(query, query.example)
            assert ask(connection, text, workspace.prefixes, graphs) == run(here, text, workspace.prefixes), query.name


@pytest.mark.web
def test_virtuoso_is_loaded_with_digest_and_the_questions_it_answers_wrong_are_refused(
    tmp_path: Path, workspace: Workspace
) -> None:
    """Virtuoso 7.2 loses rows where a property path has a choice inside a repetition, without saying so."""
    login = {USER: "dba", PASSWORD: "dba"}
    with virtuoso(tmp_path) as store:
        wrong = error_of(covergraph("load", "--endpoint", store.query, "--graph-store", store.graph_store))
        assert wrong.code == "store-refuses" and "401" in wrong.cause

        loaded = covergraph("load", "--endpoint", store.query, "--graph-store", store.graph_store, **login)
        with Connection(Endpoint(store.query)) as connection:
            dataset = read_dataset(connection)
        assert sum(dataset.sizes.values()) == len(workspace.store)
        assert loaded.exit_code == 1 and "criteria-for-finding" in dataset.wrong
        assert all(name in loaded.output for name in dataset.wrong)
        for name, query in catalog(ROOT).items():
            values = [word for pair in query.example.items() for word in ("--param", "=".join(pair))]
            words = ("query", name, *values, "--format", "json" if name != "describe-thing" else "ntriples")
            asked = covergraph(*words, "--endpoint", store.query)
            if name in dataset.wrong:
                assert error_of(asked).code == "answered-otherwise"
            else:
                assert asked.exit_code == 0, asked.output


@pytest.mark.web
def test_a_store_that_ignores_the_graphs_of_a_query_is_not_used(guarded: Gate, full: SparqlStore) -> None:
    answer = b'{"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "uri", "value": "urn:x"}}]}}'
    guarded.instead = lambda handler: reply(handler, 200, answer, RESULTS)
    assert error_of(covergraph("load", *to(guarded.store))).code == "no-datasets"


@pytest.mark.web
@pytest.mark.parametrize("form", ["csv", "tsv", "json", "xml", "table"])
def test_an_answer_is_written_as_that_of_the_embedded_store(form: str, loaded: SparqlStore) -> None:
    for name, *values in (["contraindications"], ["device-clearance", "-p", "device=K181262"]):
        words = ("query", name, *values, "--format", form)
        assert covergraph(*words, "--endpoint", loaded.query).output == covergraph(*words).output


@pytest.mark.web
def test_a_graph_is_written_as_that_of_the_embedded_store(loaded: SparqlStore) -> None:
    words = ("query", "describe-thing", "-p", "thing=concept:burst-fracture")
    assert covergraph(*words, "--endpoint", loaded.query).output == covergraph(*words).output != ""


@pytest.mark.web
@pytest.mark.parametrize(
    "text",
    [
        COUNT,
        "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?c a cov:Criterion } }",
        "PREFIX c: <https://w3id.org/covergraph/ont#>\nASK { ?c a c:Policy . FILTER(STR(?c) != 'service') }",
        "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/covergraph/graph/ontology/core> { ?s rdfs:label ?o }",
    ],
)
def test_an_own_query_has_the_same_prefixes_and_graphs(text: str, loaded: SparqlStore) -> None:
    words = ("query", "-", "--format", "csv")
    assert covergraph(*words, "--endpoint", loaded.query, input=text).output == covergraph(*words, input=text).output


@pytest.mark.web
def test_what_else_a_store_holds_changes_no_answer(full: SparqlStore) -> None:
    httpx.post(full.update, data={"update": FOREIGN}).raise_for_status()
    words = ("query", "-", "--format", "csv")
    assert covergraph(*words, "--endpoint", full.query, input=COUNT).output == covergraph(*words, input=COUNT).output


# ---------- loading ----------


@pytest.mark.web
def test_loading_again_gives_the_same_store_and_keeps_other_graphs(full: SparqlStore) -> None:
    httpx.post(full.update, data={"update": FOREIGN}).raise_for_status()

    def sizes() -> Any:
        query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
        return httpx.post(full.query, data={"query": query}, headers={"accept": "text/csv"}).text

    before = sizes()
    assert covergraph("load", *to(full), "--no-compare").exit_code == 0
    assert sizes() == before and "urn:foreign" in before and "graph/reports/reports" in before


@pytest.mark.web
def test_a_graph_that_left_the_content_leaves_the_store(full: SparqlStore, workspace: Workspace) -> None:
    graphs = graphs_of(workspace)
    gone = next(iter(graphs))
    with Connection(Endpoint(full.query)) as connection:
        target = writer(connection, None, full.update)
        load(connection, target, {g: t for g, t in graphs.items() if g != gone}, "state")
        left = ask(connection, f"ASK {{ GRAPH <{gone}> {{ ?s ?p ?o }} }}", {}, [gone])
    assert left.rows == ((False,),)


@pytest.mark.web
def test_blank_nodes_stay_whole_where_a_graph_takes_many_requests(
    store: SparqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CHUNK", 25)
    loaded = covergraph("load", *to(store))
    assert loaded.exit_code == 0, loaded.output


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30, unique=True), st.integers(1, 8))
def test_no_blank_node_stands_in_two_parts(pairs: list[tuple[int, int]], size: int) -> None:
    def node(number: int) -> BlankNode | NamedNode:
        return BlankNode(f"b{number}") if number % 3 else NamedNode(f"urn:n{number}")

    triples = [Triple(node(a), NamedNode("urn:p"), node(b)) for a, b in pairs]
    parts = list(chunks(triples, size))
    assert sorted(str(t) for part in parts for t in part) == sorted(map(str, triples))
    blanks = [{str(n) for t in part for n in (t.subject, t.object) if isinstance(n, BlankNode)} for part in parts]
    assert all(one.isdisjoint(other) for i, one in enumerate(blanks) for other in blanks[:i])


@pytest.mark.web
def test_a_store_is_not_asked_before_a_load_is_finished(full: SparqlStore, workspace: Workspace) -> None:
    class StoppedError(Exception):
        pass

    def stop(graph: str, size: int) -> None:
        raise StoppedError

    with Connection(Endpoint(full.query)) as connection:
        with pytest.raises(StoppedError):
            load(connection, writer(connection, None, full.update), graphs_of(workspace), "state", stop)
        refused = error_of(covergraph("query", "criteria", "--endpoint", full.query))
        assert refused.code == "not-loaded" and "covergraph load" in refused.cure
        assert any(graph.endswith("reports/reports") for graph in find_dataset(connection).sizes)
    assert covergraph("load", *to(full)).exit_code == 0
    reports = covergraph("query", "report-cases", "--endpoint", full.query).output.splitlines()
    assert len(reports) == 6, "the reports of an earlier load are still there"


@pytest.mark.web
def test_a_triple_that_does_not_arrive_is_noticed(store: SparqlStore, workspace: Workspace) -> None:
    last = list(graphs_of(workspace))[-1]

    def lose(graph: str, size: int) -> None:
        if graph == last:
            found = f"GRAPH <{graph}> {{ ?s ?p ?o }}"
            update = f"DELETE {{ {found} }} WHERE {{ SELECT * {{ {found} }} LIMIT 1 }}"
            httpx.post(store.update, data={"update": update}).raise_for_status()

    with Connection(Endpoint(store.query)) as connection:
        with pytest.raises(InputError, match=r"holds \d+ of its \d+ triples") as found:
            load(connection, writer(connection, None, store.update), graphs_of(workspace), "state", lose)
        assert found.value.code == "load-incomplete" and found.value.place == last
        assert find_dataset(connection).fingerprint is None


@pytest.mark.web
def test_one_report_cannot_be_loaded_under_two_names(full: SparqlStore, tmp_path: Path) -> None:
    other = tmp_path / "again.ttl"
    other.write_bytes((REPORTS / "refused.ttl").read_bytes())
    refused = error_of(covergraph("load", *to(full), "--reports", str(other)))
    assert refused.code == "report-twice" and "reports/again.ttl" in refused.cause
    assert covergraph("query", "report-cases", "--endpoint", full.query).exit_code == 0, "nothing was changed"
    together = error_of(covergraph("load", *to(full), "--reports", str(REPORTS), "--reports", str(other)))
    assert together.code == "report-twice"


@pytest.mark.web
def test_a_question_that_a_store_answers_otherwise_is_told_and_refused(full: SparqlStore, workspace: Workspace) -> None:
    update = """DELETE { GRAPH ?g { ?c <https://w3id.org/covergraph/ont#page> ?n } }
                WHERE { GRAPH ?g { ?c <https://w3id.org/covergraph/ont#page> ?n } }"""
    httpx.post(full.update, data={"update": update}).raise_for_status()
    with Connection(Endpoint(full.query)) as connection:
        dataset = read_dataset(connection)
        known = [catalog(ROOT)[name] for name in ("contraindications", "policies-in-force")]
        wrong = list(compare(connection, workspace.store, known, workspace.prefixes, dataset.sizes))
        assert [d.query for d in wrong] == ["contraindications"] and "rows missing" in wrong[0].found
        finish(Update(connection, full.update), dataset, [d.query for d in wrong])
    refused = error_of(covergraph("query", "contraindications", "--endpoint", full.query))
    assert refused.code == "answered-otherwise"


@pytest.mark.web
def test_content_of_another_state_is_told(full: SparqlStore, workspace: Workspace) -> None:
    with Connection(Endpoint(full.query)) as connection:
        target = writer(connection, None, full.update)
        finish(target, load(connection, target, graphs_of(workspace), "another state"), [])
    assert "another state of the content" in covergraph("query", "criteria", "--endpoint", full.query).output


# ---------- who asks, and where it goes ----------


@pytest.fixture
def guarded(store: SparqlStore) -> Iterator[Gate]:
    with gate(store) as guard:
        yield guard


def asking_for(guard: Gate, expected: str) -> None:
    def refuse(handler: BaseHTTPRequestHandler) -> bool:
        return handler.headers.get("authorization") != expected and reply(handler, 401)

    guard.instead = refuse


@pytest.mark.web
@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({USER: "nurse", PASSWORD: "päss"}, "Basic bnVyc2U6cMOkc3M="),
        ({TOKEN: "abc.def"}, "Bearer abc.def"),
    ],
)
def test_credentials_come_from_the_environment(variables: dict[str, str], header: str, guarded: Gate) -> None:
    asking_for(guarded, header)
    assert error_of(covergraph("load", *to(guarded.store))).code == "store-refuses"
    loaded = covergraph("load", *to(guarded.store), **variables)
    assert loaded.exit_code == 0 and "loaded and counted" in loaded.output
    assert covergraph("query", "criteria", "--endpoint", guarded.store.query, **variables).exit_code == 0


@pytest.mark.parametrize(
    "environment", [{USER: "u"}, {PASSWORD: "p"}, {TOKEN: "t", USER: "u", PASSWORD: "p"}, {TOKEN: "t\u00e9"}]
)
def test_half_or_double_credentials_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(InputError) as refused:
        credentials(environment)
    assert refused.value.code == "bad-credentials"


@pytest.mark.parametrize("url", ["localhost:7878", "ftp://host/", "http://", "file:///etc/passwd", "http://[::1", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError) as refused:
        check_address(url)
    assert refused.value.code == "bad-address"


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    result = covergraph("load", "--endpoint", "http://nurse:secret@127.0.0.1:1/query")
    assert "secret" not in str(error_of(result)) and PASSWORD in error_of(result).cure


def test_credentials_over_a_network_without_encryption_are_told() -> None:
    auth = PasswordAuth("u", "p")
    assert Endpoint("http://store.example/", auth).tells_secrets
    assert not Endpoint("https://store.example/", auth).tells_secrets
    assert not Endpoint("http://127.0.0.1:7878/", auth).tells_secrets
    assert not Endpoint("http://store.example/").tells_secrets
    assert "secret" not in repr(Endpoint("https://store.example/", PasswordAuth("u", "secret")))


@pytest.mark.web
def test_a_redirect_is_not_followed(guarded: Gate, loaded: SparqlStore) -> None:
    with gate(loaded) as elsewhere:
        guarded.instead = lambda handler: reply(handler, 307, location=f"{elsewhere.url}/query")
        refused = error_of(covergraph("query", "criteria", "--endpoint", guarded.store.query, **{TOKEN: "secret"}))
        assert refused.code == "store-redirects" and elsewhere.url in refused.cause
        assert elsewhere.seen == []


@pytest.mark.web
def test_service_and_bad_queries_are_refused_before_anything_is_sent(guarded: Gate, loaded: SparqlStore) -> None:
    with Connection(Endpoint(guarded.store.query)) as connection:
        for text, code in (
            ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "no-service"),
            ("SELECT * {", "bad-query"),
            ("DROP ALL", "bad-query"),
        ):
            with pytest.raises(InputError) as refused:
                ask(connection, text, {}, ["urn:g"])
            assert refused.value.code == code
    assert guarded.seen == []


# ---------- stores that fail ----------


def asked(guard: Gate, **limits: Any) -> InputError:
    with Connection(Endpoint(guard.store.query, **limits)) as connection:
        with pytest.raises(InputError) as failed:
            ask(connection, "SELECT * { ?s ?p ?o }", {}, ["urn:g"])
        return failed.value


def drip(handler: BaseHTTPRequestHandler) -> bool:
    handler.send_response(200)
    handler.send_header("connection", "close")
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        pass
    handler.close_connection = True
    return True


def slow(handler: BaseHTTPRequestHandler) -> bool:
    time.sleep(1)
    return reply(handler, 200)


HALF = b'{"head": {"vars": ["s"]}, "results": {"bindi'
HTML, RESULTS = b"<html>Log in</html>", "application/sparql-results+json"


@pytest.mark.web
@pytest.mark.parametrize(
    ("instead", "limits", "code", "said"),
    [
        (lambda h: reply(h, 200, HTML, "text/html"), {}, "bad-answer", "cannot be read"),
        (lambda h: reply(h, 200, HALF, RESULTS), {}, "bad-answer", "cannot be read"),
        (lambda h: reply(h, 200, b'{"head": {}, "boolean": true}', RESULTS), {}, "bad-answer", "of this kind"),
        (lambda h: reply(h, 500, b"out of\nmemory"), {}, "store-failed", "500: out of memory"),
        (lambda h: reply(h, 503), {}, "store-failed", "503"),
        (lambda h: reply(h, 403), {}, "store-refuses", "403"),
        (lambda h: reply(h, 200, b" " * 2000), {"bytes": 1000}, "answer-too-large", "1,000 bytes"),
        (slow, {"seconds": 0.3}, "store-timeout", "within 0.3 seconds"),
        (drip, {"seconds": 0.3}, "store-timeout", "within 0.3 seconds"),
    ],
    ids=["page", "half", "other-kind", "failure", "busy", "forbidden", "large", "slow", "drip"],
)  # fmt: skip
def test_a_store_that_fails_gives_one_clear_error(
    instead: Any, limits: dict[str, Any], code: str, said: str, guarded: Gate
) -> None:
    guarded.instead = instead
    failed = asked(guarded, **limits)
    assert failed.code == code and said in failed.message and failed.place == guarded.store.query


def test_a_store_that_is_not_there_gives_one_clear_error() -> None:
    for words in (["load"], ["query", "criteria"]):
        assert error_of(covergraph(*words, "--endpoint", "http://127.0.0.1:1/query")).code == "store-unreachable"


def test_reports_are_not_given_with_a_question_to_a_store() -> None:
    words: Sequence[str] = ("query", "criteria", "--endpoint", "http://127.0.0.1:1/", "--reports", str(REPORTS))
    assert "covergraph load --reports" in error_of(covergraph(*words)).cure


@pytest.mark.web
def test_a_wrong_address_for_writing_is_told(store: SparqlStore) -> None:
    refused = error_of(covergraph("load", "--endpoint", store.query))
    assert refused.code == "store-failed" and "--update" in refused.cure
    both = error_of(covergraph("load", *to(store), "--graph-store", store.graph_store))
    assert both.code == "two-ways"
