"""Starting, stopping and losing parts: what a service does when it is told to end, or when something ends it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from web.runaways import RUNAWAYS
from web.server import ROOT, Serve, Server, eventually, workers_of

ASK = "ASK { ?policy a cov:Policy }"
A_WHILE = 'SELECT (COUNT(*) AS ?n) { ?a a ?c . ?d a ?f FILTER(CONTAINS(CONCAT(STR(?c), STR(?f)), "zzz")) }'


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be counted does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ask(server: Server, query: str = ASK) -> httpx.Response:
    return httpx.get(f"{server.url}/sparql", params={"query": query}, timeout=60)


def test_a_killed_worker_is_replaced_and_nobody_notices(server: Server) -> None:
    assert eventually(lambda: len(workers_of(server)) == 9)
    before = workers_of(server)
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    assert eventually(lambda: not any(map(alive, before)))
    assert ask(server).json()["boolean"] is True
    assert eventually(lambda: len(workers_of(server)) == len(before))


def test_no_worker_outlives_a_service_that_is_killed(serve: Serve) -> None:
    server = serve()
    assert eventually(lambda: len(workers_of(server)) == 9)
    workers = workers_of(server)

    def ask_in_vain() -> None:
        with pytest.raises(httpx.HTTPError):
            ask(server, RUNAWAYS["values"])

    busy = threading.Thread(target=ask_in_vain)
    busy.start()

    server.process.kill()

    busy.join()
    assert eventually(lambda: not any(map(alive, workers)))


def test_a_client_that_leaves_takes_its_query_with_it(serve: Serve) -> None:
    server = serve("--query-seconds", "600")
    assert eventually(lambda: at_rest(server))
    before = set(workers_of(server))
    parts = urlsplit(server.url)

    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        query = quote(RUNAWAYS["cross product, counted"])
        connection.sendall(f"GET /sparql?query={query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert eventually(lambda: any(computes(pid) for pid in before))

    assert eventually(lambda: len(set(workers_of(server)) - before) == 1)
    assert eventually(lambda: not any(computes(pid) for pid in workers_of(server)))


def at_rest(server: Server) -> bool:
    """Whether all workers are there and none of them does anything."""
    return len(workers_of(server)) == 9 and not any(map(computes, workers_of(server)))


def computes(pid: int) -> bool:
    """Whether a process computes at this moment."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    except OSError:
        return False


def test_a_service_that_is_told_to_stop_finishes_what_it_has_begun(serve: Serve) -> None:
    server = serve("--query-seconds", "30", "--shutdown-seconds", "60")
    assert eventually(lambda: at_rest(server))
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(ask(server, A_WHILE)))
    asking.start()
    workers = workers_of(server)
    assert eventually(lambda: any(computes(pid) for pid in workers))

    server.process.send_signal(signal.SIGTERM)

    asking.join()
    assert [answer.status_code for answer in answers] == [200]
    assert server.process.wait(timeout=60) == 0
    assert eventually(lambda: not any(map(alive, workers)))
    with pytest.raises(httpx.ConnectError):
        ask(server)


def test_a_service_that_is_interrupted_ends_quietly(serve: Serve) -> None:
    server = serve()
    assert ask(server).status_code == 200

    server.process.send_signal(signal.SIGINT)

    assert server.process.wait(timeout=60) == 0
    assert "Traceback" not in server.log.read_text()


def test_a_service_that_has_ended_leaves_no_files(serve: Serve, tmp_path: Path) -> None:
    server = serve(TMPDIR=str(tmp_path))
    assert ask(server).status_code == 200
    assert list(tmp_path.iterdir())

    server.process.send_signal(signal.SIGTERM)

    server.process.wait(timeout=60)
    assert list(tmp_path.iterdir()) == []


def test_content_that_is_edited_while_it_is_served_changes_nothing(serve: Serve, tmp_path: Path) -> None:
    for part in ("ontology", "shapes", "queries", "examples"):
        shutil.copytree(ROOT / part, tmp_path / part)
    server = serve(content=tmp_path)
    before = ask(server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").text
    case = json.loads((ROOT / "examples" / "acute-fracture.json").read_text())

    shutil.rmtree(tmp_path / "ontology" / "policies")
    for pid in workers_of(server):
        os.kill(pid, signal.SIGKILL)

    assert eventually(lambda: len(workers_of(server)) == 9)
    assert ask(server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").text == before
    assert httpx.post(f"{server.url}/api/v1/check", json=case, timeout=60).status_code == 200


def from_address(address: str) -> httpx.Client:
    return httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=60)


def logged(server: Server, client: str) -> list[dict[str, object]]:
    """What the log says of the requests of one address."""
    lines = map(json.loads, server.log.read_text().splitlines())
    return [line for line in lines if line.get("client") == client]


def test_every_request_is_one_line_of_json_that_tells_no_query_and_no_case(server: Server) -> None:
    secret = "Confidential-4711"
    with from_address("127.0.5.1") as client:
        client.get(f"{server.url}/sparql", params={"query": f'ASK {{ ?s ?p "{secret}" }}'})
        client.post(f"{server.url}/sparql", data={"query": f'ASK {{ ?s ?p "{secret}" '})
        client.post(f"{server.url}/api/v1/check", json={"id": secret, "findings": [{"concept": secret}]})
        client.post(f"{server.url}/api/v1/check", content=f'{{"{secret}'.encode())

    assert eventually(lambda: len(logged(server, "127.0.5.1")) == 4)
    assert secret not in server.log.read_text()
    first = logged(server, "127.0.5.1")[0]
    assert {name: first[name] for name in ("message", "method", "path", "status")} == {
        "message": "request", "method": "GET", "path": "/sparql", "status": 200,
    }  # fmt: skip
    assert {"time", "level", "logger", "bytes", "ms"} <= set(first)


def run_serve(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("covergraph")), "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}, timeout=60)


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run_serve("--port", str(port))

    assert found.returncode == 2
    assert found.stderr == (
        f"covergraph: 127.0.0.1:{port}: It cannot be listened on: Address already in use. "
        "Give another --port or --host.\n"
    )


@pytest.mark.parametrize(("flag", "value"), [
    ("--query-seconds", "0"), ("--query-seconds", "soon"), ("--port", "70000"), ("--quick-workers", "0"),
    ("--reports", "/nowhere"), ("--result-mb", "-1"), ("--connections", "0"), ("--host", "not a host"),
])  # fmt: skip
def test_a_setting_that_makes_no_sense_is_a_clear_error(flag: str, value: str) -> None:
    found = run_serve("--port", "0", flag, value) if flag != "--port" else run_serve(flag, value)

    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert value in found.stderr


def test_settings_come_from_variables_too_and_flags_go_first(serve: Serve) -> None:
    server = serve("--query-kb", "4", COVERGRAPH_QUERY_KB="1", COVERGRAPH_ALLOWED_HOST="one.example two.example")

    assert ask(server, "ASK {} #" + "x" * 3000).status_code == 200
    assert ask(server, "ASK {} #" + "x" * 5000).status_code == 413
    assert httpx.get(f"{server.url}/sparql", headers={"Host": "two.example"}).status_code == 200
    assert httpx.get(f"{server.url}/sparql", headers={"Host": "three.example"}).status_code == 421


def test_help_names_every_setting_with_its_default_and_its_variable() -> None:
    text = " ".join(run_serve("--help").stdout.split())

    assert "--query-seconds" in text
    assert "COVERGRAPH_QUERY_SECONDS" in text
    assert "5.0" in text


TOKEN = "a-token-of-enough-length"


@pytest.mark.parametrize(("given", "status"), [
    (None, 401), ("Bearer wrong", 401), (TOKEN, 401), (f"Bearer {TOKEN}x", 401), (f"bearer {TOKEN}", 200),
    (f"Bearer {TOKEN}", 200),
])  # fmt: skip
def test_the_api_asks_for_its_token(given: str | None, status: int, guarded: Server) -> None:
    headers = {"Authorization": given} if given else {}
    answer = httpx.get(f"{guarded.url}/api/v1/queries", headers=headers)

    assert answer.status_code == status
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "no-token"


@pytest.fixture(scope="module")
def guarded(serve: Serve) -> Server:
    return serve(COVERGRAPH_API_TOKEN=TOKEN)


@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/healthz"])
def test_a_token_for_the_api_leaves_the_rest_open(path: str, guarded: Server) -> None:
    assert httpx.get(f"{guarded.url}{path}").status_code == 200


def test_reports_are_asked_over_but_not_by_foreign_pages_nor_without_the_token(serve: Serve) -> None:
    reports = ROOT / "tests" / "data" / "reports"
    server = serve("--reports", str(reports), COVERGRAPH_API_TOKEN=TOKEN)
    query = "SELECT (COUNT(DISTINCT ?r) AS ?n) { GRAPH ?r { ?s ?p ?o } FILTER(CONTAINS(STR(?r), '/report/')) }"
    url, authorized = f"{server.url}/sparql", {"Authorization": f"Bearer {TOKEN}"}

    assert httpx.get(url, params={"query": query}, timeout=60).status_code == 401
    answer = httpx.get(url, params={"query": query}, headers=authorized | {"Origin": "https://elsewhere.example"})
    assert int(answer.json()["results"]["bindings"][0]["n"]["value"]) > 0
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cache-Control"] in ("private, no-cache", "no-store")


@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK%7B%7D", "/sparql", "/nothing/here", "/api/v1/queries"])
def test_every_response_has_security_headers(path: str, server: Server) -> None:
    headers = httpx.get(f"{server.url}{path}").headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Server" not in headers


def test_an_answer_cannot_become_a_page_with_scripts(server: Server) -> None:
    query = 'SELECT ("<script>alert(1)</script>" AS ?x) {}'
    answer = httpx.get(f"{server.url}/sparql", params={"query": query}, headers={"Accept": "text/csv"})

    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"].startswith("text/csv")


def test_a_trusted_proxy_tells_who_asks_and_nobody_else_does(serve: Serve, server: Server) -> None:
    behind = serve("--trusted-proxy", "127.0.5.2")
    for service in (behind, server):
        with from_address("127.0.5.2") as client:
            client.get(f"{service.url}/sparql", headers={"X-Forwarded-For": "203.0.113.7"})

    assert eventually(lambda: len(logged(behind, "203.0.113.7")) == 1)
    assert eventually(lambda: len(logged(server, "127.0.5.2")) == 1)
    assert logged(server, "203.0.113.7") == []
