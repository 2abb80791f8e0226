"""What whole runs of `covergraph batch` cost: formats, processes, and a million cases, as a user starts them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

COMMAND = [str(Path(sys.executable).with_name("covergraph")), "batch", "--no-progress", "--force"]


class Cost(NamedTuple):
    """Seconds of the clock and of CPU (all processes), and the most memory that any one process held, in MB."""

    wall: float
    cpu: float
    memory: float


def run(source: Path, output: Path, workers: int = 1, *more: str) -> Cost:
    """The cost of one run, in a process of its own, whose children are then counted apart from others."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        start = time.monotonic()
        subprocess.run([*COMMAND, str(source), "-o", str(output), "--workers", str(workers), *more], check=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cost = Cost(time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        os.write(writer, " ".join(map(str, cost)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as told:
        return Cost(*map(float, told.read().split()))


def to_parquet(source: Path, target: Path) -> Path:
    """The cases of an NDJSON file as Parquet with one column of JSON text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with source.open() as lines:
        pq.write_table(pa.table({"case": [line.rstrip("\n") for line in lines]}), target)
    return target
