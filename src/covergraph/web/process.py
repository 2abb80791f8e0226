"""One worker process as the web process sees it: start it, ask it, kill it."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from covergraph.web.frames import LENGTHS, Frame, Header, pack

STDERR_KEPT = 4000
HEADER_LIMIT = 1 << 20
CPUCLOCK_SCHED = 2
"""With the process id it makes the clock of that process: clock_getcpuclockid(3)."""


class WorkerEndedError(Exception):
    """The worker ended instead of answering; ``signal`` is the number of the signal that ended it, or 0."""

    def __init__(self, returncode: int, said: str) -> None:
        super().__init__(f"worker ended with {returncode}: {said}")
        self.signal = max(0, -returncode)
        self.said = said


class Worker:
    """A worker that has said that it is ready. ``body_limit`` is the longest answer taken from it, in bytes.

    It is ``usable`` for a next job until it is killed, ends, or has been reniced.
    """

    def __init__(self, process: Process, body_limit: int) -> None:
        assert process.stdin and process.stdout and process.stderr
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._said = asyncio.create_task(_tail(process.stderr))
        self._body_limit = body_limit
        self.usable = True

    @classmethod
    async def start(cls, config: Header, descriptors: Sequence[int], body_limit: int) -> Worker:
        """A new worker, once it has loaded and locked itself; raises WorkerEndedError where it cannot."""
        command = [sys.executable, "-I", "-m", "covergraph.web.worker", json.dumps(config | {"parent": os.getpid()})]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}, pass_fds=descriptors, start_new_session=True
        )
        worker = cls(process, body_limit)
        try:
            await worker._read()
        except BaseException:
            worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def ask(self, header: Header, body: bytes) -> Frame:
        """The answer to a job; raises WorkerEndedError where the worker ends before it has answered."""
        with suppress(ConnectionError):  # it has ended: reading tells how
            self._stdin.write(pack(header, body))
            await self._stdin.drain()
        return await self._read()

    async def _read(self) -> Frame:
        try:
            header_size, body_size = LENGTHS.unpack(await self._stdout.readexactly(LENGTHS.size))
            if header_size > HEADER_LIMIT or body_size > self._body_limit:
                self.kill()
                raise WorkerEndedError(0, f"It would send {header_size} and {body_size} bytes.")
            header = json.loads(await self._stdout.readexactly(header_size))
            return header, await self._stdout.readexactly(body_size)
        except asyncio.IncompleteReadError:
            returncode = await self._process.wait()
            raise WorkerEndedError(returncode, await self._said) from None

    @property
    def cpu_seconds(self) -> float:
        """How long it has computed."""
        with suppress(OSError):  # it has ended
            return time.clock_gettime((~self.pid << 3) | CPUCLOCK_SCHED)
        return math.inf

    def renice(self) -> None:
        """Let everything else go before this worker. Only root could take that back, so it is not used again."""
        self.usable = False
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self.pid, 10)

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self.usable = False
        with suppress(ProcessLookupError):
            self._process.kill()

    async def ended(self) -> None:
        """Wait until it is gone."""
        await self._process.wait()
        await self._said
        self.usable = False


async def _tail(stream: asyncio.StreamReader) -> str:
    """The last bytes that a worker says on standard error."""
    kept = b""
    while part := await stream.read(4096):
        kept = (kept + part)[-STDERR_KEPT:]
    return kept.decode(errors="replace").strip()
