"""Runs of `covergraph batch` as real processes: cases to give them, and a pipe to feed them step by step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
COMMAND = str(Path(sys.executable).with_name("covergraph"))
PATIENCE = 60.0
"""Seconds after which something that must happen is taken not to."""


def case_lines(count: int) -> list[bytes]:
    """NDJSON lines of well-formed cases, each with an id of its own, and a bad one after every nine."""
    bases = [json.loads(line) for line in (EXAMPLES / "cases.ndjson").read_bytes().splitlines()]
    cases = [{**bases[n % len(bases)], "id": f"case-{n:04}"} for n in range(count)]
    bad = [{**case, "findings": [{"concept": "fever", "status": "present"}]} for case in cases]
    return [json.dumps(bad[n] if n % 10 == 9 else cases[n]).encode() + b"\n" for n in range(count)]


def batch(
    *arguments: str | Path, given: bytes = b"", stderr_to: int = subprocess.PIPE,
    preexec_fn: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
    """A run that is waited for."""
    return subprocess.run(
        [COMMAND, "batch", *map(str, arguments)], input=given, stdout=subprocess.PIPE, stderr=stderr_to, cwd=ROOT,
        preexec_fn=preexec_fn, check=False,
    )  # fmt: skip


def message(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line that a command says on standard error."""
    text = done.stderr.decode()
    assert "Traceback" not in text, text
    assert text.count("\n") == 1, text
    return text


def contents(output: Path) -> dict[str, bytes]:
    """All files of an output by their path in it."""
    files = [output] if output.is_file() else sorted(path for path in output.rglob("*") if path.is_file())
    return {str(path.relative_to(output.parent)): path.read_bytes() for path in files}


class FedRun:
    """A run that reads a named pipe, to which a test gives lines; so the test says how far the run can be."""

    def __init__(self, pipe: Path, *arguments: str | Path, stdout: Path | None = None) -> None:
        pipe.unlink(missing_ok=True)  # what a killed run did not read goes with its pipe
        os.mkfifo(pipe)
        command = [COMMAND, "batch", str(pipe), *map(str, arguments)]
        with Path(stdout or os.devnull).open("wb") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.PIPE, cwd=ROOT, start_new_session=True
            )
        self._feed = pipe.open("wb", buffering=0)

    def give(self, lines: Sequence[bytes]) -> None:
        """Write lines; a run that is gone takes none."""
        try:
            for line in lines:
                self._feed.write(line)
        except BrokenPipeError:
            pass

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        try:
            return [
                int(id) for id in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            ]
        except FileNotFoundError:
            return []

    def end(self) -> subprocess.CompletedProcess[bytes]:
        """Close the pipe and wait for the end."""
        self._feed.close()
        _, err = self.process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess([], self.process.returncode, b"", err)


def living(group: int) -> list[int]:
    """Processes of a group that are not dead."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = path.read_text().rsplit(")", 1)[1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(pgrp) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a call says yes."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < PATIENCE, "it did not happen"
        time.sleep(0.005)


def remembered(output: Path) -> int:
    """How many records the journal of an output speaks of."""
    journal = output.with_name(f"{output.name}.journal")
    try:
        return int(json.loads(journal.read_text())["progress"]["records"])
    except FileNotFoundError:
        return 0


def has_written(output: Path) -> bool:
    """Whether the part of an output holds more than its journal speaks of."""
    part = output.with_name(f"{output.name}.part")
    journal = output.with_name(f"{output.name}.journal")
    if not journal.exists():
        return False
    [state] = json.loads(journal.read_text())["progress"]["outputs"]
    if part.is_dir():
        return len(list((part / "sites").iterdir())) > int(state["chunks"])
    return part.stat().st_size > int(state["bytes"])


@contextmanager
def fed(pipe: Path, *arguments: str | Path, stdout: Path | None = None) -> Iterator[FedRun]:
    """A fed run that is gone at the end, whatever happens."""
    run = FedRun(pipe, *arguments, stdout=stdout)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.communicate()
