"""Workers that die: what they were judging is judged again, and only a case that kills each time is given up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from batchruns import ROOT, case_lines

LINES = case_lines(60)

PROGRAM = """
import json, os, signal, sys
from covergraph import cli
from covergraph.checker import Checker

check = Checker.check_text

def deadly(self, text):
    match json.loads(text)["id"]:
        case "case-0017" | "case-0042":
            os.kill(os.getpid(), signal.SIGKILL)
        case "case-0020":
            os.abort()
        case "case-0031" if not os.path.exists(sys.argv[-1] + ".once"):
            open(sys.argv[-1] + ".once", "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        case "case-0050":
            raise KeyError("the patient's name")
    return check(self, text)

Checker.check_text = deadly
cli.main()
"""
"""The command with a checker that dies on three cases, once on another, and has a fault on one more."""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "batch", *map(str, arguments)], capture_output=True, cwd=ROOT, check=False
    )


def test_only_the_cases_that_kill_each_time_become_error_records(tmp_path: Path) -> None:
    cases, output = tmp_path / "cases", tmp_path / "reports.ndjson"
    cases.write_bytes(b"".join(LINES))
    done = run(cases, "--chunk", "20", "-o", output)
    records = [json.loads(line) for line in output.read_bytes().splitlines()]
    codes = {n: r["error"]["code"] for n, r in enumerate(records) if "error" in r}

    assert done.returncode == 1
    assert Path(f"{output}.once").exists()
    assert codes == dict.fromkeys(range(9, 60, 10), "unknown-concept") | {
        17: "worker-died", 20: "worker-died", 42: "worker-died", 50: "internal-error",
    }  # fmt: skip
    assert [r["line"] for r in records if "error" in r] == [n + 1 for n in sorted(codes)]
    assert [r["case"] for n, r in enumerate(records) if n not in codes] == [
        f"case-{n:04}" for n in range(60) if n not in codes
    ]


def test_a_fault_of_the_program_tells_its_place_and_nothing_of_the_case(tmp_path: Path) -> None:
    cases, output = tmp_path / "cases", tmp_path / "reports.ndjson"
    cases.write_bytes(LINES[50])
    done = run(cases, "-o", output)
    error = json.loads(output.read_bytes())["error"]

    assert done.returncode == 1
    assert error["message"].startswith("KeyError at <string>, line ")
    assert b"patient" not in output.read_bytes() + done.stderr


def test_processes_that_die_whatever_they_judge_stop_the_run(tmp_path: Path) -> None:
    program = """
import os, signal
from covergraph import cli
from covergraph.batch import workers
workers.judge_chunk = lambda chunk, *_: chunk.texts and os.kill(os.getpid(), signal.SIGKILL)
cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "batch", "examples/cases.ndjson", "-o", str(tmp_path / "reports.ndjson")],
        capture_output=True, cwd=ROOT, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.decode() == (
        "covergraph: The worker processes keep dying, whatever they judge. "
        "See whether the machine runs out of memory; try fewer --workers.\n"
    )
    assert list(tmp_path.iterdir()) == []
