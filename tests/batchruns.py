"""Runs of `covergraph batch` as a user starts them, and what they leave behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COMMAND = str(Path(sys.executable).with_name("covergraph"))
EXAMPLES = [json.loads(line) for line in (ROOT / "examples" / "cases.ndjson").read_bytes().splitlines()]
Done = subprocess.CompletedProcess[bytes]


def cases(number: int) -> list[dict[str, Any]]:
    """The examples over and over, each time under an id of its own."""
    return [EXAMPLES[n % len(EXAMPLES)] | {"id": f"case-{n}"} for n in range(number)]


def ndjson(documents: list[dict[str, Any]]) -> bytes:
    """One document a line."""
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def batch(*arguments: str | Path, given: bytes | None = None, prefix: str = "") -> Done:
    """A finished run; ``prefix`` is shell put before the command."""
    return subprocess.run(_command(arguments, prefix), input=given, capture_output=True, check=False)


def start(*arguments: str | Path, given: Any = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """A run that goes on beside the test."""
    return subprocess.Popen(_command(arguments), stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _command(arguments: tuple[str | Path, ...], prefix: str = "") -> list[str]:
    command = [COMMAND, "batch", *map(str, arguments)]
    return ["bash", "-c", f'{prefix} "$@"', "bash", *command] if prefix else command


def refused(done: Done) -> str:
    """The one line in which a run says why it did not finish."""
    message = done.stderr.decode()
    assert done.returncode == 2, message
    assert message.startswith("covergraph: ") and message.count("\n") == 1 and "Traceback" not in message
    return message


def content(path: Path) -> dict[str, bytes]:
    """The bytes of a file, or of every file below a folder."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other processes bring about."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.002)


def size(path: Path) -> int:
    """Bytes of an unfinished output, 0 before there is one."""
    partial = path.with_name(path.name + ".partial")
    try:
        return sum(p.stat().st_size for p in partial.rglob("*")) if partial.is_dir() else partial.stat().st_size
    except FileNotFoundError:
        return 0


def workers(pid: int) -> list[int]:
    """The worker processes of a run: the children of its children."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if status[0] != "Z":
                parents.setdefault(int(status[1]), []).append(int(entry.name))
    return [worker for child in parents.get(pid, []) for worker in parents.get(child, [])]


def alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int, signal: int) -> None:
    """Send a signal to a process that may have ended by itself."""
    try:
        os.kill(pid, signal)
    except ProcessLookupError:
        pass
