"""What judging costs, as ratios of CPU time within one run; nothing here is compared with another machine or day.

Every function takes lines of a book (``book.py``) and gives ratios by name, the ones that ``recorded.json`` keeps.
What is compared runs in turns, slice by slice, so that a machine that is busy for a while is busy for both.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import orjson

import covergraph
from covergraph.batch import check_line
from covergraph.checker import Checker, JudgeName
from covergraph.workspace import open_workspace

Ratios = dict[str, float]
SLICE = 1000


def cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of this process that some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def against_the_floor(lines: Sequence[bytes]) -> Ratios:
    """Full reports against a floor that parses the same lines and prints as many reports, and does nothing else.

    Parser and printer of the floor are orjson's. ``floor`` is over the whole run, with all that is met for the first
    time; ``floor_again`` over the same lines a second time, when nothing is new.
    """
    checker = Checker(open_workspace())
    reports = [orjson.loads(check_line(1, line, checker).text) for line in lines[:SLICE]]
    checker = Checker(open_workspace())
    check_line(1, lines[0], checker)
    sink = Path("/dev/null").open("wb")  # noqa: SIM115  # written to until the process ends

    def floor(part: Sequence[bytes]) -> None:
        for line, report in zip(part, cycle(reports), strict=False):
            orjson.loads(line)
            sink.write(orjson.dumps(report, option=orjson.OPT_APPEND_NEWLINE))

    def judged(part: Sequence[bytes]) -> None:
        for number, line in enumerate(part):
            sink.write(check_line(number, line, checker).text + b"\n")

    found = {}
    gc.collect()
    gc.disable()  # as the workers of a batch run
    for name in ("floor", "floor_again"):
        least = full = 0.0
        for start in range(0, len(lines), SLICE):
            part = lines[start : start + SLICE]
            least += cpu(lambda part=part: floor(part))  # type: ignore[misc]
            full += cpu(lambda part=part: judged(part))  # type: ignore[misc]
        found[name] = full / least
    gc.enable()
    return found


def against_pyshacl(lines: Sequence[bytes], cases: int = 40) -> Ratios:
    """How many times as many full reports the compiled judge gives as pySHACL, both loaded once, in the same code."""
    workspace = open_workspace()
    compiled, reference = Checker(workspace), Checker(workspace, judge="pyshacl")
    check_line(1, lines[0], reference)
    for line in lines:
        check_line(1, line, compiled)
    fast = slow = 0.0
    for line in lines[:cases]:
        slow += cpu(lambda line=line: check_line(1, line, reference))  # type: ignore[misc]
        fast += cpu(lambda line=line: [check_line(1, line, compiled) for _ in range(50)]) / 50  # type: ignore[misc]
    return {"pyshacl": slow / fast}


def one_at_a_time(lines: Sequence[bytes], cases: int = 40) -> dict[str, tuple[float, float]]:
    """Milliseconds of ``covergraph.check`` for one case in a warm process, p50 and p99: compiled, and by pySHACL."""

    def times(judge: JudgeName, given: Sequence[bytes]) -> tuple[float, float]:
        documents = [orjson.loads(line) for line in given]
        covergraph.check(documents[0], judge=judge)
        taken = [cpu(lambda d=d: covergraph.check(d, judge=judge)) * 1e3 for d in documents]  # type: ignore[misc]
        cuts = statistics.quantiles(taken, n=100)
        return cuts[49], cuts[98]

    return {"compiled": times("compiled", lines[:2000]), "pySHACL": times("pyshacl", lines[:cases])}
