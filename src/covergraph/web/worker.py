"""A locked worker process: loads, gives up every right it does not need, then answers one job after another.

Started by the pool as ``python -I -m covergraph.web.worker CONFIG`` with an empty environment. Jobs come in on standard
input and answers leave on standard output, as frames; standard error tells what went wrong.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from typing import IO

from covergraph.web.frames import LENGTHS, Frame, Header, pack
from covergraph.web.lock import die_with, limit_cpu, lock
from covergraph.web.logs import traceback_of

FILES = {"query": 0, "judge": 16}
"""Files and sockets that a locked worker may have open. A query is a program from outside: none. A case is data, and
judging it loads some modules and templates only when a case first needs them."""

Job = Callable[[Header, bytes], Frame]


def main() -> None:
    """Load what the configuration names, lock, say so with an empty frame, and work until standard input ends."""
    config: Header = json.loads(sys.argv[1])
    die_with(config["parent"])
    job = _load(config)
    requests, answers = open(0, "rb", closefd=False), open(1, "wb", closefd=False)  # noqa: SIM115
    gc.freeze()
    lock(config["memory"], FILES[config["kind"]])
    _send(answers, ({}, b""))
    while frame := _receive(requests):
        limit_cpu(config["seconds"])
        try:
            reply = job(*frame)
        except MemoryError:
            reply = {"memory": True}, b""
        except Exception as error:
            reply = {"bug": traceback_of(error)}, b""
        _send(answers, reply)


def _load(config: Header) -> Job:
    """The job of this worker; only its own modules are imported."""
    if config["kind"] == "query":
        from covergraph.web.queryjob import query_job

        return query_job(config, _snapshot(config["snapshot"]))
    from covergraph.web.judgejob import judge_job

    return judge_job(config, b"")


def _snapshot(descriptor: int) -> bytes:
    """All bytes of an open file that several processes share, so without moving its position."""
    size = os.fstat(descriptor).st_size
    parts, read = [], 0
    while read < size:
        parts.append(os.pread(descriptor, size - read, read))
        read += len(parts[-1])
    os.close(descriptor)
    return b"".join(parts)


def _receive(stream: IO[bytes]) -> Frame | None:
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    header, body = (stream.read(length) for length in LENGTHS.unpack(lengths))
    return json.loads(header), body


def _send(stream: IO[bytes], frame: Frame) -> None:
    stream.write(pack(*frame))
    stream.flush()


if __name__ == "__main__":
    main()
