"""What was tried against the endpoint: queries without end, queries that call out, what others notice of them."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from web.runaways import CRASHES, RUNAWAYS
from web.server import Serve, Server, eventually, workers_of

WORKERS = 9
"""Query workers and judging workers of a service with its defaults, with those that stand ready."""

ENDED = {"query-timeout": 503, "query-memory": 503, "result-too-large": 422}


@pytest.fixture(scope="module")
def attacked(serve: Serve) -> Server:
    """A service with little patience, so that the tests need not have more."""
    return serve("--query-seconds", "0.7", "--quick-seconds", "0.2", "--query-memory-mb", "256", "--result-mb", "1")


def ask(server: Server, query: str) -> httpx.Response:
    return httpx.post(f"{server.url}/sparql", data={"query": query}, timeout=60)


def still_answers(server: Server) -> bool:
    rows = ask(server, "SELECT (COUNT(?p) AS ?n) { ?p a cov:Policy }").json()["results"]["bindings"]
    return int(rows[0]["n"]["value"]) > 0


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_query_without_end_is_ended_with_its_reason(name: str, attacked: Server) -> None:
    answer = ask(attacked, RUNAWAYS[name])

    problem = answer.json()
    assert "boolean" not in problem
    assert "results" not in problem
    assert answer.status_code == ENDED[problem["code"]]
    assert problem["cause"]
    assert still_answers(attacked)


@pytest.mark.parametrize("query", [RUNAWAYS["exists"], RUNAWAYS["not exists"]])
def test_a_question_that_runs_out_of_time_has_no_answer(query: str, attacked: Server) -> None:
    """Some engines answer it, and wrongly: what is cancelled inside EXISTS counts as found."""
    answer = ask(attacked, query)

    assert (answer.status_code, answer.json()["code"]) == (503, "query-timeout")


@pytest.mark.parametrize("name", CRASHES)
def test_a_query_that_overflows_the_engine_hurts_nobody_else(name: str, attacked: Server) -> None:
    answer = ask(attacked, CRASHES[name])

    assert answer.status_code in (200, 400, 422, 503)
    if answer.status_code != 200:
        assert answer.json()["cause"]
    assert attacked.process.poll() is None
    assert still_answers(attacked)


def test_an_engine_that_overflows_is_told_from_one_out_of_time(attacked: Server) -> None:
    answer = ask(attacked, CRASHES["negations"])

    assert (answer.status_code, answer.json()["code"]) == (422, "too-complex")


@pytest.mark.parametrize("size", [64 * 1024 + 1, 900_000])
def test_a_query_that_is_too_long_is_refused_before_it_is_read(size: int, server: Server) -> None:
    answer = httpx.post(f"{server.url}/sparql", content=b"#" * size,
                        headers={"Content-Type": "application/sparql-query"})  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (413, "query-too-long")


def test_a_worker_that_was_ended_is_replaced(attacked: Server) -> None:
    assert eventually(lambda: len(workers_of(attacked)) == WORKERS)
    before = set(workers_of(attacked))

    for name in ("cross product, counted", "values"):
        ask(attacked, RUNAWAYS[name])

    assert eventually(lambda: len(workers_of(attacked)) == WORKERS)
    assert len(before - set(workers_of(attacked))) >= 2
    assert still_answers(attacked)


class Canary:
    """Listens on the loopback address and remembers who came."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.visits = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    found = Canary()
    yield found
    found.listener.close()


CALLS = {
    "plain": "SELECT * {{ SERVICE <{url}/> {{ ?s ?p ?o }} }}",
    "silent": "SELECT * {{ SERVICE SILENT <{url}/> {{ ?s ?p ?o }} }}",
    "without space": "SELECT * {{ SERVICE<{url}/>{{?s ?p ?o}} }}",
    "prefixed": "PREFIX : <{url}/> SELECT * {{ SERVICE:x{{?s ?p ?o}} }}",
    "silent without space": "SELECT * {{ SERVICESILENT<{url}/>{{?s ?p ?o}} }}",
    "after a literal": "ASK {{ FILTER(true)BIND(trueSERVICE<{url}/>{{?s ?p ?o}} }}",
    "glued to a keyword": "SELECT * {{ FILTER(true) OPTIONAL{{?x ?y trueSERVICE<{url}/>{{?s ?p ?o}}}} }}",
    "variable": "SELECT * {{ BIND(<{url}/> AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}",
    "odd letters": "SELECT * {{ sErViCe <{url}/> {{ ?s ?p ?o }} }}",
    "escaped letters": "SELECT * {{ \\u0053ERVICE <{url}/> {{ ?s ?p ?o }} }}",
    "after a comment": "SELECT * {{ #\rSERVICE <{url}/> {{ ?s ?p ?o }} }}",
    "inside exists": "ASK {{ FILTER EXISTS {{ SERVICE SILENT <{url}/> {{ ?s ?p ?o }} }} }}",
    "from": "SELECT * FROM <{url}/> {{ ?s ?p ?o }}",
    "from named": "SELECT * FROM NAMED <{url}/> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "graph": "SELECT * {{ GRAPH <{url}/> {{ ?s ?p ?o }} }}",
    "describe": "DESCRIBE <{url}/>",
    "load": "LOAD <{url}/>",
    "load into": "LOAD SILENT <{url}/> INTO GRAPH <urn:g>",
    "function": "SELECT (<{url}/>(1) AS ?x) {{}}",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_no_query_calls_out(call: str, server: Server, canary: Canary) -> None:
    answer = ask(server, call.format(url=canary.url))

    assert canary.visits == 0
    if answer.status_code == 200:
        body = answer.json() if "json" in answer.headers["Content-Type"] else {}
        assert body.get("boolean", False) is False
        assert body.get("results", {"bindings": []})["bindings"] in ([], [{}])
    else:
        assert answer.status_code in (400, 403)


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_graph_that_is_not_in_the_store_is_empty_and_not_fetched(
    parameter: str, scheme: str, server: Server, canary: Canary
) -> None:
    graph = canary.url if scheme == "http" else "file:///etc/passwd"
    everything = "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"

    answer = httpx.get(f"{server.url}/sparql", params={"query": everything, parameter: graph})

    assert answer.json()["results"]["bindings"] == []
    assert canary.visits == 0


@pytest.mark.parametrize("graph", ["file:///etc/passwd", "file:/etc/passwd", "file://localhost/etc/passwd"])
def test_no_query_reads_a_file(graph: str, server: Server) -> None:
    for query in (f"SELECT * FROM <{graph}> {{ ?s ?p ?o }}", f"SELECT * {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}",
                  f"SELECT * FROM NAMED <{graph}> {{ GRAPH ?g {{ ?s ?p ?o }} }}"):  # fmt: skip
        assert ask(server, query).json()["results"]["bindings"] == []


def test_service_is_refused_in_words(server: Server) -> None:
    answer = ask(server, "SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }")

    assert (answer.status_code, answer.json()["code"]) == (403, "no-service")
    assert answer.json()["place"] == "line 1, column 12"


LOCKED = """
    import os, socket, sys
    from pyoxigraph import Store
    from covergraph.web.lock import lock

    store = Store()
    lock(1 << 28, files=0)
    tries = {
        "file": lambda: open("/etc/passwd"),
        "socket": lambda: socket.socket(),
        "pipe": lambda: os.pipe(),
        "program": lambda: os.popen("true").read(),
        "service": lambda: list(store.query("SELECT * { SERVICE <%s/> { ?s ?p ?o } }")),
        "silent": lambda: print(list(store.query("SELECT * { SERVICE SILENT <%s/> { ?s ?p ?o } }"))),
        "memory": lambda: bytearray(1 << 29),
    }
    for name, attempt in tries.items():
        try:
            attempt()
        except (OSError, MemoryError):
            print(name, "refused")
"""


def test_a_locked_process_can_neither_open_nor_call_nor_grow(canary: Canary) -> None:
    """The engine asked directly, past everything that reads the query's text first."""
    program = textwrap.dedent(LOCKED.replace("%s", canary.url))
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    refused = {line.split()[0] for line in said.splitlines() if "refused" in line}
    assert refused >= {"file", "socket", "pipe", "program", "service", "memory"}
    assert canary.visits == 0


def test_a_query_worker_has_nothing_but_its_three_pipes(server: Server) -> None:
    assert eventually(lambda: len(workers_of(server)) == WORKERS)
    assert still_answers(server)
    workers = [Path(f"/proc/{pid}") for pid in workers_of(server)]
    asked = [worker for worker in workers if b'"kind": "query"' in (worker / "cmdline").read_bytes()]

    assert len(asked) == 6
    for worker in asked:
        assert {path.name for path in (worker / "fd").iterdir()} == {"0", "1", "2"}
        assert (worker / "environ").read_bytes() == b""
        assert re.search(r"Max open files +0 +0 ", (worker / "limits").read_text())
