"""A pool of worker processes: gives each job a worker and a time limit, ends what exceeds it, replaces what has ended.

A job that runs out of time is killed, never cancelled inside the engine: an engine that gives up inside EXISTS answers
wrongly, a killed process does not answer at all.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from covergraph.web.frames import Frame, Header
from covergraph.web.problems import Problem, busy
from covergraph.web.process import Worker, WorkerEndedError
from covergraph.web.turns import Places, Turn, Turns

RESTART_SECONDS = 1.0
log = logging.getLogger("covergraph.pool")


@dataclass(frozen=True)
class Limits:
    """What one job may take: seconds until it counts as slow (None: never) and until it is ended; bytes of memory, of
    its answer.
    """

    soft: float | None
    hard: float
    memory: int
    result: int


@dataclass(eq=False)
class _Run:
    """A job under way, and why it was ended if it was."""

    worker: Worker
    turn: Turn
    ended_by: Problem | None = None

    def end(self, problem: Problem) -> None:
        self.ended_by = problem
        self.worker.kill()


@dataclass
class Counts:
    """What a pool has done since it was opened."""

    jobs: int = 0
    slow: int = 0
    killed: int = 0
    replaced: int = 0


class Pool:
    """Workers of one kind. ``noun`` is what their users call a job, ``config`` what such a worker needs to know,
    ``snapshot`` an open file to load.
    """

    def __init__(
        self,
        noun: str,
        config: Header,
        limits: Limits,
        places: Places,
        spare: int,
        snapshot: BinaryIO | None = None,
    ) -> None:
        self._config = config | {
            "memory": limits.memory, "result": limits.result, "seconds": limits.hard,
            "snapshot": snapshot.fileno() if snapshot else None,
        }  # fmt: skip
        self._noun = noun
        self._limits = limits
        self._turns = Turns(places)
        self._waiting_seconds = places.waiting_seconds
        self._size = places.quick + places.slow + spare
        self._snapshot = snapshot
        self._idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        self._workers: set[Worker] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._closed = False
        self.counts = Counts()

    async def open(self) -> None:
        """Start the workers; raises WorkerEndedError where one cannot start."""
        await asyncio.gather(*(self._add() for _ in range(self._size)))

    async def close(self) -> None:
        """End the workers, and wait until they are gone."""
        self._closed = True
        for chore in list(self._chores):
            chore.cancel()
        for worker in self._workers:
            worker.kill()
        await asyncio.gather(*(worker.ended() for worker in self._workers))

    async def run(self, header: Header, body: bytes, client: str) -> Frame:
        """The worker's answer to a job.

        Raises Problem: ``busy``, ``query-timeout``, ``query-memory``, ``too-complex`` (or ``check-…``), or what the
        worker says. Where the caller is cancelled, the worker is killed.
        """
        turn = await self._turns.enter(client)
        try:
            async with asyncio.timeout(self._waiting_seconds):
                worker = await self._idle.get()
        except TimeoutError:
            self._turns.leave(turn)
            raise busy("The workers are being replaced.") from None
        except BaseException:
            self._turns.leave(turn)
            raise
        self.counts.jobs += 1
        run = _Run(worker, turn)
        loop = asyncio.get_running_loop()
        timers = [loop.call_later(self._limits.hard, run.end, self._out_of_time())]
        if self._limits.soft is not None:
            timers.append(loop.call_later(self._limits.soft, self._slow_down, run))
        reusable = False
        try:
            header, body = await worker.ask(header, body)
            reusable = not worker.reniced
        except WorkerEndedError as error:
            raise run.ended_by or self._why(error) from None
        finally:
            for timer in timers:
                timer.cancel()
            if reusable:
                self._idle.put_nowait(worker)
            else:
                self._replace(worker)
            self._turns.leave(turn)
        if "bug" in header:
            log.error("worker failed", extra={"traceback": header["bug"]})
            raise Problem(500, "internal", "The worker failed; this is a bug.")
        if "problem" in header:
            raise Problem(**header["problem"])
        return header, body

    @property
    def pids(self) -> Sequence[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._workers]

    @property
    def turns(self) -> Turns:
        """Who has a place and who waits."""
        return self._turns

    def _slow_down(self, run: _Run) -> None:
        self.counts.slow += 1
        if self._turns.slow_down(run.turn):
            run.worker.renice()
        else:
            run.end(busy(f"The {self._noun} takes long, and as many long ones as may run are running.", 5))

    def _out_of_time(self) -> Problem:
        cause = f"The {self._noun} took longer than {self._limits.hard:g} seconds and was ended."
        return Problem(503, f"{self._noun}-timeout", cause, "Ask for less at once.")

    def _why(self, error: WorkerEndedError) -> Problem:
        """The problem that a worker's own end comes down to."""
        if error.signal in (signal.SIGSEGV, signal.SIGBUS):
            return Problem(422, "too-complex", f"The {self._noun} is nested too deeply.", "Write it flatter.")
        if error.signal == signal.SIGABRT:
            cause = f"The {self._noun} ran out of memory and was ended."
            return Problem(503, f"{self._noun}-memory", cause, "Ask for less at once.")
        log.error("a worker ended by itself", extra={"signal": error.signal, "said": error.said})
        return Problem(503, "worker-ended", "The worker ended before it had answered.", "Try again.")

    def _replace(self, worker: Worker) -> None:
        worker.kill()
        self.counts.killed += 1
        self._workers.discard(worker)
        if not self._closed:
            chore = asyncio.create_task(self._replacement(worker))
            self._chores.add(chore)
            chore.add_done_callback(self._chores.discard)

    async def _replacement(self, worker: Worker) -> None:
        await worker.ended()
        while True:
            try:
                await self._add()
            except (WorkerEndedError, OSError) as error:
                log.error("a worker cannot start", extra={"reason": str(error)})
                await asyncio.sleep(RESTART_SECONDS)
            else:
                self.counts.replaced += 1
                return

    async def _add(self) -> None:
        descriptors = (self._snapshot.fileno(),) if self._snapshot else ()
        worker = await Worker.start(self._config, descriptors, self._limits.result)
        self._workers.add(worker)
        self._idle.put_nowait(worker)
