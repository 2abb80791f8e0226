"""A pool of worker processes: gives each job a worker and a time limit, ends what exceeds it, replaces what has ended.

A job that runs out of time is killed, never cancelled inside the engine: an engine that gives up inside EXISTS answers
wrongly, a killed process does not answer at all.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from covergraph.web.frames import Frame, Header
from covergraph.web.problems import Problem, busy
from covergraph.web.process import Worker, WorkerEndedError
from covergraph.web.turns import Places, Turn, Turns

RESTART_SECONDS = 1.0
LEAST_LOOK = 0.05
ABANDONED = Problem(503, "abandoned", "Nobody waits for the answer any more.")
TOO_MUCH = (422, 503)
"""Status of a job that a worker itself ended at a limit."""
log = logging.getLogger("covergraph.pool")


@dataclass(frozen=True)
class Limits:
    """What one job may take: seconds of computing until it counts as slow (None: never), seconds until it is ended,
    bytes of memory and of its answer.
    """

    soft: float | None
    hard: float
    memory: int
    result: int


@dataclass(eq=False)
class _Run:
    """A job under way, and why it was ended if it was; ``abandoned`` when nobody waits for it any more."""

    worker: Worker
    turn: Turn
    abandoned: bool = False
    ended_by: Problem | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cpu_start = self.worker.cpu_seconds

    def end(self, problem: Problem) -> None:
        self.ended_by = self.ended_by or problem
        self.worker.kill()


@dataclass
class Counts:
    """What a pool has seen since it was opened: jobs, those that took long, workers that ended and began."""

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
        self._runs: list[_Run] = []
        self._slots: list[asyncio.Task[None]] = []
        self.counts = Counts()

    async def open(self) -> None:
        """Start a worker, and the others while it works already; raises WorkerEndedError where it cannot start."""
        first = await self._start()
        self._slots = [asyncio.create_task(self._keep(first if n == 0 else None)) for n in range(self._size)]

    async def close(self) -> None:
        """End the workers, and wait until they are gone."""
        for slot in self._slots:
            slot.cancel()
        workers = list(self._workers)
        for worker in workers:
            worker.kill()
        await asyncio.gather(*(worker.ended() for worker in workers))

    async def run(self, header: Header, body: bytes, client: str) -> Frame:
        """The worker's answer to a job.

        Raises Problem: ``busy``, ``query-timeout``, ``query-memory``, ``too-complex`` (or ``check-…``), or what the
        worker says. Where the caller is cancelled, the worker gets the seconds of quick work to finish, then is killed.
        """
        run = await self._begin(client)
        work = asyncio.create_task(self._work(run, header, body))
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            header, body = await asyncio.shield(work)
        except asyncio.CancelledError:
            run.abandoned = True
            if self._limits.soft is None or run.turn.lane == "slow":
                run.end(ABANDONED)
            raise
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

    async def _begin(self, client: str) -> _Run:
        turn = await self._turns.enter(client)
        try:
            return _Run(await self._free_worker(), turn)
        except BaseException:
            self._turns.leave(turn)
            raise

    async def _work(self, run: _Run, header: Header, body: bytes) -> Frame:
        answer: Frame | None = None
        try:
            answer = await self._ask(run, header, body)
        finally:
            ended = answer is None or answer[0].get("problem", {}).get("status") in TOO_MUCH
            self._turns.leave(run.turn, too_much=ended)
        return answer

    async def _free_worker(self) -> Worker:
        try:
            async with asyncio.timeout(self._waiting_seconds):
                while True:
                    worker = await self._idle.get()
                    if worker.usable:
                        return worker
        except TimeoutError:
            raise busy("The workers are being replaced.") from None

    async def _ask(self, run: _Run, header: Header, body: bytes) -> Frame:
        """What the worker says within its limits; unless it says something, it is killed."""
        self.counts.jobs += 1
        self._runs.append(run)
        loop = asyncio.get_running_loop()
        run.timers.append(loop.call_later(self._limits.hard, run.end, self._out_of_time()))
        self._look_later(run, self._limits.soft)
        answered = False
        try:
            answer = await run.worker.ask(header, body)
            if "memory" in answer[0]:
                run.ended_by = self._out_of_memory()
                raise run.ended_by
            answered = True
        except WorkerEndedError as error:
            run.ended_by = run.ended_by or self._why(error)
            raise run.ended_by from None
        finally:
            self._runs.remove(run)
            for timer in run.timers:
                timer.cancel()
            if answered and run.worker.usable:
                self._idle.put_nowait(run.worker)
            else:
                run.worker.kill()
        return answer

    def _look_later(self, run: _Run, seconds: float | None) -> None:
        if seconds is not None:
            run.timers.append(asyncio.get_running_loop().call_later(seconds, self._look, run))

    def _look(self, run: _Run) -> None:
        """Move a job that has computed for long to the slow lane; on a busy machine, time alone says little."""
        assert self._limits.soft is not None
        left = self._limits.soft - (run.worker.cpu_seconds - run.cpu_start)
        if left > 0:
            self._look_later(run, max(left, LEAST_LOOK))
        elif run.abandoned:
            run.end(ABANDONED)
        elif self._make_way(run):
            self.counts.slow += 1
            self._turns.slow_down(run.turn)
            run.worker.renice()
        else:
            run.end(busy(f"The {self._noun} takes long, and as many long ones as may run are running.", 5))

    def _make_way(self, run: _Run) -> bool:
        """Whether there is a place on the slow lane, if need be by ending work of a client that has had its share."""
        if run.turn.lane == "slow" or self._turns.free("slow"):
            return True
        if self._turns.has_had_its_share(run.turn.client):
            return False
        for other in self._runs:
            if other.turn.lane == "slow" and self._turns.has_had_its_share(other.turn.client):
                other.end(busy(f"The {self._noun} was ended in favour of a client that has asked for less.", 5))
                return True
        return False

    def _out_of_time(self) -> Problem:
        cause = f"The {self._noun} took longer than {self._limits.hard:g} seconds and was ended."
        return Problem(503, f"{self._noun}-timeout", cause, "Ask for less at once.")

    def _out_of_memory(self) -> Problem:
        cause = f"The {self._noun} ran out of memory and was ended."
        return Problem(503, f"{self._noun}-memory", cause, "Ask for less at once.")

    def _why(self, error: WorkerEndedError) -> Problem:
        """The problem that a worker's own end comes down to."""
        if error.signal in (signal.SIGSEGV, signal.SIGBUS):
            return Problem(422, "too-complex", f"The {self._noun} is nested too deeply.", "Write it flatter.")
        if error.signal == signal.SIGABRT:
            return self._out_of_memory()
        log.error("a worker ended by itself", extra={"signal": error.signal, "said": error.said})
        return Problem(503, "worker-ended", "The worker ended before it had answered.", "Try again.")

    async def _keep(self, worker: Worker | None) -> None:
        """Keep one worker: give it out, and start another whenever it has ended."""
        worker = worker or await self._start_again()
        while True:
            self._idle.put_nowait(worker)
            await worker.ended()
            self._workers.discard(worker)
            self.counts.killed += 1
            worker = await self._start_again()
            self.counts.replaced += 1

    async def _start_again(self) -> Worker:
        while True:
            try:
                return await self._start()
            except (WorkerEndedError, OSError) as error:
                log.error("a worker cannot start", extra={"reason": str(error)})
                await asyncio.sleep(RESTART_SECONDS)

    async def _start(self) -> Worker:
        descriptors = (self._snapshot.fileno(),) if self._snapshot else ()
        worker = await Worker.start(self._config, descriptors, self._limits.result)
        self._workers.add(worker)
        return worker
