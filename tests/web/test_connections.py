"""Slow clients, many clients, long and broken requests: none of them keeps others from being served."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from web.server import Serve, Server, eventually

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def hasty(serve: Serve) -> Server:
    """A service that waits for nobody long and keeps few connections."""
    return serve("--header-seconds", "1", "--body-seconds", "1", "--stuck-seconds", "1",
                 "--connections", "60", "--connections-per-client", "40")  # fmt: skip


def connect(server: Server, address: str = "127.0.0.1") -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30, source_address=(address, 0))


def exchange(server: Server, request: bytes) -> bytes:
    """All that a server says to some bytes until it closes."""
    with connect(server) as connection:
        connection.sendall(request)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answers(server: Server, address: str = "127.0.0.9") -> bool:
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address)) as client:
        return client.get(f"{server.url}/sparql", params={"query": "ASK {}"}, timeout=30).json()["boolean"] is True


@pytest.mark.parametrize("begun", [b"", b"GET /sparql", b"GET /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ", b"\r\n"])
def test_a_client_that_never_finishes_its_header_is_hung_up_on(begun: bytes, hasty: Server) -> None:
    assert b"200 OK" not in exchange(hasty, begun)
    assert answers(hasty)


def test_a_client_that_sends_its_second_header_slowly_is_hung_up_on(hasty: Server) -> None:
    first = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    assert exchange(hasty, first + b"GET /sp").count(b"200 OK") == 1


def test_a_body_that_never_arrives_is_not_waited_for(hasty: Server) -> None:
    request = b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FORM + b"Content-Length: 100\r\n\r\nquery=A"

    said = exchange(hasty, request)

    assert b"408 Request Timeout" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "slow-body"


def test_a_client_that_does_not_read_its_answer_is_hung_up_on(hasty: Server) -> None:
    query = quote('SELECT (REPLACE(STR(?a), ".", "0123456789012345678901234567890123456789") AS ?x) { ?a ?b ?c }')
    with connect(hasty) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(3):
            connection.sendall(f"GET /sparql?query={query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert eventually(lambda: connections_of(hasty) == 0)
    assert answers(hasty)


def test_many_idle_connections_of_one_client_leave_room_for_others(hasty: Server) -> None:
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(hasty, "127.0.0.7")) for _ in range(200)]
        assert answers(hasty, "127.0.0.8")
        assert connections_of(hasty) <= 60
        assert all(read_all(connection) == b"" for connection in opened)
    assert answers(hasty)


def test_hundreds_of_clients_that_send_nothing_are_forgotten(hasty: Server) -> None:
    with ExitStack() as stack:
        for number in range(300):
            stack.enter_context(connect(hasty, f"127.0.3.{number % 250 + 1}"))
        assert eventually(lambda: connections_of(hasty) == 0)
        assert answers(hasty)


def test_hundreds_of_connections_that_ask_are_all_answered(server: Server) -> None:
    request = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(server, f"127.0.4.{n % 50 + 1}")) for n in range(200)]
        for connection in opened:
            connection.sendall(request)
        assert all(b'"boolean":true' in read_all(connection) for connection in opened)


def connections_of(server: Server) -> int:
    """Connections that the server holds open, without those of the listening socket."""
    port = f":{urlsplit(server.url).port or 0:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(port) and line.split()[3] in ("01", "08") for line in lines)


@pytest.mark.parametrize("request_line", [
    b"GET /sparql?query=" + b"A" * 200_000,
    b"GET / HTTP/1.1\r\nX-Long: " + b"A" * 200_000,
    b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 20_000,
])  # fmt: skip
def test_a_header_without_end_is_refused(request_line: bytes, server: Server) -> None:
    assert exchange(server, request_line).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(("length", "status"), [(65_000, 200), (66_000, 400)])
def test_a_url_holds_64_kb(length: int, status: int, server: Server) -> None:
    query = "ASK%20%7B%7D%23" + "x" * length
    request = f"GET /sparql?query={query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

    assert exchange(server, request.encode()).startswith(f"HTTP/1.1 {status}".encode())


@pytest.mark.parametrize("garbage", [
    b"\x00\xff" * 100, b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"SSH-2.0-x\r\n",
])  # fmt: skip
def test_what_is_no_http_is_refused(garbage: bytes, server: Server) -> None:
    said = exchange(server, garbage + b"\r\n\r\n")

    assert said == b"" or said.startswith(b"HTTP/1.1 400")


def test_a_body_that_is_too_long_is_refused_by_what_it_announces(server: Server) -> None:
    said = exchange(server, b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 413")
    assert b'"code": "body-too-long"' in said


def test_a_body_that_is_too_long_is_refused_when_it_announces_nothing(server: Server) -> None:
    request = b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FORM + b"Transfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b"A" * 65536 + b"\r\n"
    with connect(server) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request + piece * 40)
        assert b"413" in connection.recv(65536)[:20]


@pytest.mark.parametrize("path", [
    "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/static/../../../pyproject.toml",
    "/static/..%2f..%2fapp.py", "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/sparql/../../etc/passwd",
    "/%00", "/static/%00", "/..%5c..%5cx", "//evil.example/", "/static/....//....//app.py",
])  # fmt: skip
def test_no_path_leads_out_of_what_is_served(path: str, server: Server) -> None:
    said = exchange(server, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())

    status = int(said.split()[1])
    assert 300 <= status < 500
    assert b"root:" not in said
    assert b"[project]" not in said
    assert b"Location: //" not in said
    assert b"location: //evil" not in said.lower()


@pytest.mark.parametrize("path", ["/\xff\xfe", "/%ff%fe", "/sparql?query=%ff", "/caf\xe9"])
def test_a_url_that_is_no_utf8_is_refused(path: str, server: Server) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    said = exchange(server, request.encode("latin-1"))

    assert 400 <= int(said.split()[1]) < 500


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", ""])
def test_a_request_for_another_host_is_refused(host: str, server: Server) -> None:
    answer = httpx.get(f"{server.url}/sparql", headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (421, "unknown-host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:8017"])
def test_a_request_for_this_host_is_answered(host: str, server: Server) -> None:
    assert httpx.get(f"{server.url}/sparql", headers={"Host": host}).status_code == 200
