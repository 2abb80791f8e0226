"""A stream of cases gets the records of `covergraph batch`, in bounded memory, whatever the lines and the client do."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covergraph.batch import check_lines
from covergraph.checker import Checker
from covergraph.web.api.stream import Outbox, read_lines
from covergraph.web.problems import Problem
from covergraph.workspace import Workspace
from web.server import ROOT, Serve, Server, eventually

CASES = (ROOT / "examples" / "cases.ndjson").read_bytes()
ONE = CASES.splitlines(keepends=True)[0]
BAD = b'{}\n\n{"id": "x"}\nno json\n[]\n\xff\n{"id": "a", "id": "b"}\n' + b"[" * 5000 + b"\n   \r\n"
NDJSON = {"content-type": "application/x-ndjson"}


def stream(server: Server, body: bytes, **parameters: str) -> httpx.Response:
    return httpx.post(f"{server.url}/api/v1/check", content=body, headers=NDJSON, params=parameters, timeout=300)


def records(answer: httpx.Response | bytes) -> list[dict[str, Any]]:
    text = answer if isinstance(answer, bytes) else answer.content
    return [json.loads(line) for line in text.splitlines()]


@contextmanager
def open_stream(server: Server) -> Iterator[socket.socket]:
    """A request of which only the header has been sent."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(
            b"POST /api/v1/check HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        yield connection


def send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def receive_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while end not in received:
        part = connection.recv(65536)
        if not part:
            break
        received += part
    return received


# ---------- the records ----------


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("body", [CASES, BAD, CASES + BAD + CASES.rstrip(), b"", b"\n\n"], ids=list("cbmnw"))
def test_lines_get_the_records_of_batch(body: bytes, strict: bool, server: Server, workspace: Workspace) -> None:
    answer = stream(server, body, strict=str(strict).lower())
    expected = check_lines(body.splitlines(keepends=True) if b"\r" not in body else body.split(b"\n"),
                           Checker(workspace, strict=strict))  # fmt: skip
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-ndjson"
    assert answer.content.splitlines() == [record.text for record in expected]


def test_an_unknown_policy_is_refused_before_any_record(server: Server) -> None:
    answer = stream(server, CASES, policy="9.99")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-policy")


def test_a_line_that_is_too_long_is_one_record_and_the_rest_goes_on(server: Server) -> None:
    found = records(stream(server, ONE + b'{"id": "' + b"x" * 3_000_000 + b'"}\n' + ONE + b"y" * 2_000_000))
    assert [r.get("error", {}).get("code", r["case"]) for r in found] == [
        "acute-fracture", "line-too-long", "acute-fracture", "line-too-long",
    ]  # fmt: skip
    assert [r["line"] for r in found if "line" in r] == [2, 4]


def test_lines_that_take_too_long_are_records_and_no_line_is_lost(serve: Serve) -> None:
    server = serve("--check-seconds", "0.01", "--waiting-seconds", "60")
    case = json.loads(ONE)
    levels = [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)]
    many = json.dumps(case | {"lines": [{**case["lines"][0], "id": str(n), "levels": levels} for n in range(50)]})
    found = records(stream(server, (many.encode() + b"\n") * 3))
    assert [(r["line"], r["error"]["code"]) for r in found] == [(n, "check-timeout") for n in range(1, 4)]


@settings(deadline=None)
@given(st.lists(st.text("ab\n", max_size=12).map(str.encode), max_size=8), st.integers(1, 8))
def test_lines_are_the_same_however_they_arrive(parts: list[bytes], longest: int) -> None:
    async def lines_of(pieces: list[bytes]) -> list[bytes | str]:
        async def arriving() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        found: list[bytes | str] = []
        async for lines in read_lines(arriving(), longest):
            found += [line.code if isinstance(line, Problem) else line for line in lines]
        return found

    whole = b"".join(parts)
    expected = whole.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert asyncio.run(lines_of(parts)) == [line if len(line) <= longest else "line-too-long" for line in expected]


# ---------- bounded memory ----------


def peak(server: Server) -> int:
    """The most memory that the service's own process ever had, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def test_a_client_that_reads_nothing_before_it_has_sent_all_gets_everything_in_order(serve: Serve) -> None:
    server = serve()
    sent = b"".join(ONE.replace(b'"acute-fracture"', b'"case-%d"' % n) for n in range(4000))
    answer = stream(server, sent)
    assert [r["case"] for r in records(answer)] == [f"case-{n}" for n in range(4000)]
    assert len(answer.content) > 8_000_000, "more than socket buffers hold"


def test_a_long_stream_takes_no_more_memory_than_a_short_one(serve: Serve) -> None:
    server = serve()
    line = json.dumps({"id": "x", "source": "y" * 10_000}).encode() + b"\n"
    stream(server, line * 100)
    before = peak(server)
    assert len(records(stream(server, line * 8_000))) == 8_000, "80 MB"
    assert peak(server) - before < 40


def test_the_outbox_holds_no_more_than_its_limit() -> None:
    async def fill() -> tuple[int, list[bytes]]:
        outbox, sent = Outbox(limit=10), 0

        async def put_all() -> None:
            nonlocal sent
            for number in range(10):
                await outbox.put(b"%d" % number * 5)
                sent += 1
            await outbox.close()

        putting = asyncio.create_task(put_all())
        await asyncio.sleep(0.05)
        held = sent
        taken = []
        while block := await outbox.take():
            taken.append(block)
        await putting
        return held, taken

    held, taken = asyncio.run(fill())
    assert held == 1 and taken == [b"%d" % number * 5 for number in range(10)]


# ---------- clients that behave oddly ----------


def test_each_record_comes_as_soon_as_its_line_has_arrived(server: Server) -> None:
    with open_stream(server) as connection:
        for number in range(3):
            send(connection, ONE.replace(b'"acute-fracture"', b'"case-%d"' % number))
            assert b'{"case":"case-%d"' % number in receive_until(connection, b'"advisories"')
        send(connection, b"")
        assert receive_until(connection, b"0\r\n\r\n").endswith(b"0\r\n\r\n")


def test_a_client_that_stops_sending_is_told_where_it_stopped(serve: Serve) -> None:
    server = serve("--body-seconds", "1")
    with open_stream(server) as connection:
        send(connection, ONE + ONE)
        answer = receive_until(connection, b"slow-body")
        last = json.loads(answer[answer.rindex(b'{"line"') :].split(b"\n")[0])
    assert last["line"] == 3 and last["error"]["code"] == "slow-body"


def test_a_client_that_never_sends_gets_a_problem(serve: Serve) -> None:
    server = serve("--body-seconds", "1")
    with open_stream(server) as connection:
        answer = receive_until(connection, b'"slow-body"')
    assert answer.startswith(b"HTTP/1.1 408") and b"application/problem+json" in answer


def test_streams_of_one_client_are_few_and_an_abandoned_one_gives_its_place_back(serve: Serve) -> None:
    server = serve()
    with open_stream(server) as one, open_stream(server) as other:
        for connection in (one, other):
            send(connection, ONE)
            receive_until(connection, b'"advisories"')
        refused = stream(server, CASES)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy") and refused.headers["retry-after"]
    assert eventually(lambda: stream(server, CASES).status_code == 200)
    assert not any("traceback" in line for line in server.log_lines())
