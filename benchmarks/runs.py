"""What whole runs of `covergraph batch` cost: formats, processes, and a million cases, as a user starts them."""

from __future__ import annotations

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


def run(source: Path, output: Path, workers: int = 1) -> Cost:
    """The cost of one run, started by a small process, because a process counts as its own what its parent holds."""
    command = [sys.executable, __file__, *COMMAND, str(source), "-o", str(output), "--workers", str(workers)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(*map(float, told.stdout.split()))


def to_parquet(source: Path, target: Path) -> Path:
    """The cases of an NDJSON file as Parquet with one column of JSON text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with source.open() as lines:
        pq.write_table(pa.table({"case": [line.rstrip("\n") for line in lines]}), target)
    return target


if __name__ == "__main__":
    begun = time.monotonic()
    subprocess.run(sys.argv[1:], check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
