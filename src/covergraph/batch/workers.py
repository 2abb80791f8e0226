"""Worker processes: chunks in, finished bytes out in the same order, and what happens when one of them dies."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from covergraph.batch.chunks import Chunk
from covergraph.batch.judging import Counts, Job, judge_chunk
from covergraph.batch.wire import Data, receive, send
from covergraph.errors import InputError

TRIES_ALONE = 3
"""A case is given up when it has killed the process that judged nothing else so many times."""

STRAY_DEATHS = 10
"""So many deaths on one chunk with no case to blame stop the run: the machine kills its processes."""

HELD = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Result:
    """A finished chunk: what it came to, and its parts for each output."""

    counts: Counts
    outputs: list[list[Data]]


@dataclass
class _Worker:
    process: Any
    channel: socket.socket
    chunk: Chunk | None = None

    def give(self, chunk: Chunk, deadly: frozenset[int] = frozenset()) -> None:
        self.chunk = chunk
        with suppress(OSError):  # it is dead, which receiving will tell
            send(self.channel, (chunk, deadly))

    def take(self) -> Result | None:
        """The result of its chunk, or None where it died; what the worker raised is raised."""
        self.chunk = None
        message = receive(self.channel)
        if message is None:
            return None
        head, parts = message
        if isinstance(head, Exception):
            raise head
        counts, sizes = head
        rest = iter(parts)
        return Result(counts, [[next(rest) for _ in range(size)] for size in sizes])


class Workers:
    """Up to ``count`` processes that judge chunks. They are forked where that is safe, so they share what is loaded."""

    def __init__(self, job: Job, count: int, method: str | None = None) -> None:
        self._job = job
        self._count = count
        self._context: Any = multiprocessing.get_context(method or ("fork" if sys.platform == "linux" else None))
        self._forks = self._context.get_start_method() == "fork"
        self._workers: list[_Worker] = []
        if self._forks:
            judge_chunk(Chunk(0, 1, ()), frozenset(), job)  # loads once what every process would load for itself
            gc.collect()
            gc.freeze()  # what is loaded is never looked at again by the collectors, so its pages stay shared

    def results(self, chunks: Iterator[Chunk]) -> Iterator[Result]:
        """The results in the order of the chunks. An error in the input is raised after all before it was given."""
        source = _Ahead(chunks)
        done: dict[int, Result] = {}
        due = source.chunk.number if source.chunk is not None else 0
        while True:
            # Bounded, so that results do not pile up behind a slow chunk.
            while source.chunk is not None and source.chunk.number < due + 2 * self._count + 2:
                worker = self._idle()
                if worker is None:
                    break
                worker.give(source.take())
                while due in done:  # before reading on, which may have to wait for more input
                    yield done.pop(due)
                    due += 1
                source.advance()
            while due in done:
                yield done.pop(due)
                due += 1
            busy = {worker.channel: worker for worker in self._workers if worker.chunk is not None}
            if not busy:
                if source.chunk is None:
                    break
                continue  # the window was full, and has room now
            for channel in wait(list(busy)):
                worker = busy[channel]  # type: ignore[index]
                chunk = worker.chunk
                assert chunk is not None
                result = worker.take()
                if result is None:
                    self._bury(worker)
                    result = self._rescue(chunk)
                done[chunk.number] = result
        if source.error is not None:
            raise source.error

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.channel.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
        self._workers = []

    def _idle(self) -> _Worker | None:
        """A worker without a chunk, started where there may be one more."""
        free = next((worker for worker in self._workers if worker.chunk is None), None)
        return self._start() if free is None and len(self._workers) < self._count else free

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        # A forked process also has our ends of all channels; it must let go of them to see when we are gone.
        not_its_own = [ours, *(worker.channel for worker in self._workers)] if self._forks else []
        process = self._context.Process(target=_serve, args=(theirs, self._job, not_its_own), daemon=True)
        with _signals_held():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _bury(self, worker: _Worker) -> None:
        worker.channel.close()
        worker.process.join()
        self._workers.remove(worker)

    # ---------- after a death ----------

    def _rescue(self, chunk: Chunk) -> Result:
        """The result of a chunk on which a worker died: tried again, then without the cases that kill."""
        deadly: frozenset[int] = frozenset()
        strays = 0
        while True:
            result = self._try(chunk, deadly)
            if result is not None:
                return result
            killer = self._killer(chunk, deadly)
            if killer is not None:
                deadly |= {killer}
                continue
            strays += 1
            if strays == STRAY_DEATHS:
                raise InputError("workers-die", "", "The worker processes keep dying, whatever they judge.",
                                 "See whether the machine runs out of memory; try fewer --workers.")  # fmt: skip

    def _killer(self, chunk: Chunk, deadly: frozenset[int]) -> int | None:
        """The place of a case that kills the process that judges it, by halving; None where none does for sure."""
        everything = frozenset(range(len(chunk.texts)))

        def survives(places: range) -> bool:
            return self._try(chunk, (everything - frozenset(places)) | deadly) is not None

        if not survives(range(0)):
            return None
        low, high = 0, len(chunk.texts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if survives(range(low, middle)) else (low, middle)
        return None if any(survives(range(low, high)) for _ in range(TRIES_ALONE)) else low

    def _try(self, chunk: Chunk, deadly: frozenset[int]) -> Result | None:
        """The result of a chunk by a process that has judged nothing else, or None where that died."""
        worker = self._start()
        worker.give(chunk, deadly)
        result = worker.take()
        self._bury(worker)
        return result


class _Ahead:
    """The next chunk, read before it is asked for; an error in reading is kept until its turn."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self.chunk: Chunk | None = None
        self.error: InputError | None = None
        self.advance()

    def take(self) -> Chunk:
        """The chunk, which is then gone."""
        chunk, self.chunk = self.chunk, None
        assert chunk is not None
        return chunk

    def advance(self) -> None:
        """Read the next one."""
        try:
            self.chunk = next(self._chunks, None)
        except InputError as error:
            self.chunk, self.error = None, error


def _serve(channel: socket.socket, job: Job, not_its_own: list[socket.socket]) -> None:
    """A worker's life: judge what comes until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the run decides what ends
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
    for other in not_its_own:
        other.close()
    gc.disable()  # judging makes no cycles, and to look through all that it remembers again and again costs much
    while (message := receive(channel)) is not None:
        (chunk, deadly), _ = message
        head: Any
        parts: list[bytes] = []
        try:
            counts, outputs = judge_chunk(chunk, deadly, job)
            head, parts = (counts, [len(output) for output in outputs]), [part for output in outputs for part in output]
        except InputError as error:
            head = error
        except Exception:
            head = RuntimeError(f"In a worker process:\n{traceback.format_exc()}")
        try:
            send(channel, head, parts)
        except OSError:
            return


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep signals waiting while a process is made: a forked one has our handlers until it sets its own."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def available_cores() -> int:
    """Cores that this process may use: what its affinity allows, less where a container's quota is below that."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # no cgroup, or no quota ("max")
        return cores
