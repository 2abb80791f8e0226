"""How fast the judges are, as ratios within one run: compiled against pySHACL, and against parsing and printing alone.

make bench
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from covergraph.batch import check_lines
from covergraph.checker import Checker
from covergraph.jsontext import parse_json
from covergraph.workspace import open_workspace

CASES = (Path(__file__).resolve().parents[1] / "examples" / "cases.ndjson").read_bytes().splitlines()


def cpu_per_case(judged: Callable[[list[bytes]], Any], rounds: int) -> float:
    """Best CPU seconds per case of five runs over the example cases, repeated."""
    lines = CASES * rounds
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        judged(lines)
        best = min(best, (time.process_time() - start) / len(lines))
    return best


def floor(lines: list[bytes]) -> None:
    """Parse each case and print a report, judging nothing."""
    for line in lines:
        parse_json(line)
        json.dumps(REPORT)


workspace = open_workspace()
compiled, reference = Checker(workspace), Checker(workspace, judge="pyshacl")
REPORT = json.loads(next(check_lines(CASES[:1], compiled)).text)
next(check_lines(CASES[:1], reference))  # load the ontology once for both

fast = cpu_per_case(lambda lines: list(check_lines(lines, compiled)), 100)
slow = cpu_per_case(lambda lines: list(check_lines(lines, reference)), 1)
least = cpu_per_case(floor, 100)
print("| measured in one run, CPU time | ratio |\n|---|---|")
print(f"| full reports by pySHACL / by the compiled judge | {slow / fast:,.0f} |")
print(f"| full reports by the compiled judge / parsing and printing alone | {fast / least:.1f} |")
