"""A running `covergraph serve` process, as tests see it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """A running service."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def log_lines(self) -> list[str]:
        return self.log.read_text().splitlines()


def workers_of(server: Server) -> list[int]:
    """Process ids of a service's workers."""
    return children_of(server.process.pid)


def children_of(pid: int) -> list[int]:
    """Process ids of the children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether something comes true, which is looked at again and again for a long while."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


Serve = Callable[..., Server]
