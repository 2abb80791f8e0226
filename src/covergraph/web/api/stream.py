"""Cases as a stream of lines, judged as they arrive: bounded memory, however many there are.

A client may send all its cases before it reads the first record. So records wait, compressed, in an outbox; only when
that is full, nothing more is read.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from covergraph.batch.records import error_record
from covergraph.errors import InputError
from covergraph.web.problems import Problem
from covergraph.web.service import Service, client_of

MEDIA_TYPE = "application/x-ndjson"
OUTBOX = 16 << 20
"""Bytes of compressed records that wait for a client; some ten thousand reports."""
AT_ONCE = 50
"""Lines that one worker gets at once."""
HEADERS = [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store")]


class Outbox:
    """Records on their way to a client, in order."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._blocks: deque[bytes] = deque()
        self._changed = asyncio.Condition()
        self._closed = False

    async def put(self, records: bytes) -> None:
        """Add records; waits while too many wait."""
        block = zlib.compress(records, 1)
        async with self._changed:
            await self._changed.wait_for(lambda: self._size < self._limit)
            self._blocks.append(block)
            self._size += len(block)
            self._changed.notify_all()

    async def close(self) -> None:
        """No more records come."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def take(self) -> bytes:
        """The next records, as soon as there are some; empty when all were taken."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._blocks or self._closed)
            if not self._blocks:
                return b""
            block = self._blocks.popleft()
            self._size -= len(block)
            self._changed.notify_all()
        return zlib.decompress(block)


class RecordStream:
    """The response to a stream of cases. A problem before the first record is the response, later it is a record."""

    def __init__(self, service: Service, request: Request, strict: bool, policy: str | None) -> None:
        self._service, self._request = service, request
        self._strict, self._policy = strict, policy
        self._line = 1
        self._outbox = Outbox(OUTBOX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        turn = await self._service.streams.enter(client_of(self._request))
        reader = asyncio.create_task(self._judge_all())
        try:
            records = await self._outbox.take()
            if not records:
                await reader  # raises what there was instead of a record
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            while records:
                await send({"type": "http.response.body", "body": records, "more_body": True})
                records = await self._outbox.take()
            with suppress(Problem):  # told in the last record
                await reader
            await send({"type": "http.response.body", "body": b""})
        finally:
            reader.cancel()
            self._service.streams.leave(turn)

    async def _judge_all(self) -> None:
        try:
            async for lines in read_lines(self._request.stream(), self._service.settings.body_kb * 1024):
                for run in runs(lines):
                    if isinstance(run, Problem):
                        await self._put(_record(self._line, run), 1)
                    else:
                        await self._judge(run)
        except ClientDisconnect:
            return
        except Problem as problem:
            if self._line > 1:
                await self._put(_record(self._line, problem), 0)
            raise
        finally:
            await self._outbox.close()

    async def _judge(self, lines: Sequence[bytes]) -> None:
        """Put the records of some lines into the outbox; where they take too much together, one by one."""
        try:
            records = await self._service.judge_lines(
                lines, first=self._line, client=client_of(self._request), strict=self._strict, policy=self._policy
            )
        except Problem as problem:
            if problem.code == "busy":
                raise  # the stream ends here, and its last record says from which line to go on
            if len(lines) == 1:
                await self._put(_record(self._line, problem), 1)
                return
            for line in lines:
                await self._judge([line])
        else:
            await self._put(records, len(lines))

    async def _put(self, records: bytes, lines: int) -> None:
        self._line += lines
        if records:
            await self._outbox.put(records)


async def read_lines(stream: AsyncIterator[bytes], longest: int) -> AsyncIterator[list[bytes | Problem]]:
    """The lines of a stream as they come in, as many as are there; a problem in the place of one that is too long."""
    problem = Problem(413, "line-too-long", f"The line is longer than {longest:,} bytes.")
    rest, skipping = b"", False
    async for part in stream:
        *lines, rest = (rest + part).split(b"\n")
        found: list[bytes | Problem] = [problem if len(line) > longest else line for line in lines]
        if skipping and found:
            found[0], skipping = problem, False
        if len(rest) > longest:
            rest, skipping = b"", True
        if found:
            yield found
    if rest or skipping:
        yield [problem if skipping else rest]


def runs(lines: Sequence[bytes | Problem]) -> Iterator[list[bytes] | Problem]:
    """Lines in lists of at most AT_ONCE, and problems between them.

    >>> list(runs([b"a", b"b"]))
    [[b'a', b'b']]
    """
    run: list[bytes] = []
    for line in lines:
        if isinstance(line, Problem) or len(run) == AT_ONCE:
            if run:
                yield run
            run = []
        if isinstance(line, Problem):
            yield line
        else:
            run.append(line)
    if run:
        yield run


def _record(line: int, problem: Problem) -> bytes:
    error = InputError(problem.code, "", problem.cause, problem.cure)
    return error_record(line, None, error).text + b"\n"
