"""A running `covergraph serve` process, as tests see it."""

from __future__ import annotations

import subprocess
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


Serve = Callable[..., Server]
