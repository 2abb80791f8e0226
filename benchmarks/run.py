"""Measure everything, write docs/performance.md, and fail where a ratio is more than a tenth worse than recorded.

    make bench                    all of it; a quarter of an hour on two cores that do nothing else
    python benchmarks/run.py --cases 100000    less
    python benchmarks/run.py --record          keep these ratios as those to hold

Every figure is a ratio of two things measured in turns in one run, so that it holds on another machine too.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cold
from book import book
from judging import against_pyshacl, against_the_floor, one_at_a_time
from plot import two_panels
from runs import Cost, run, to_parquet

ROOT = Path(__file__).resolve().parents[1]
RECORDED = Path(__file__).with_name("recorded.json")
PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "performance.svg"
BEGIN, END = "<!-- made by benchmarks/run.py -->\n", "<!-- end -->\n"
WORSE = 1.1


class Ratio(NamedTuple):
    """One ratio of the table: what it compares, which way is better, and the bar, if there is one."""

    says: str
    more_is_better: bool
    bar: float | None


RATIOS = {
    "pyshacl": Ratio("full reports a CPU second, compiled / pySHACL", True, 1000),
    "floor": Ratio("CPU of full reports / of parsing and printing alone", False, 4),
    "floor_again": Ratio("the same, of cases whose like was seen before", False, 4),
    "floor_unlike": Ratio("the same, of a book in which no two cases document alike", False, None),
    "parquet": Ratio("CPU of a run from NDJSON to NDJSON / from Parquet to Parquet tables", True, None),
    "two_processes": Ratio("clock time of one process / of two", True, 1.8),
    "memory": Ratio("most memory of a process, whole book / a tenth of it", False, 1.1),
    "cost": Ratio("CPU a case, whole book / a tenth of it", False, 1.1),
    "cold_text_vs_rdflib": Ratio("CPU of `covergraph check FILE` / of `python -c 'import rdflib'`", False, 1),
    "cold_json_vs_bare": Ratio("CPU of `covergraph check FILE -f json` / of `python -c pass`", False, 4),
}


def measure(cases: int, folder: Path) -> tuple[dict[str, float], list[str], dict[int, Cost]]:
    """All ratios, lines of the page beside them, and the cost of runs by their size."""
    some = list(islice(book(min(cases, 200_000)), 200_000))
    found = against_pyshacl(some[:2000]) | against_the_floor(some)
    found["floor_unlike"] = against_the_floor(list(book(20_000, unlike=True)))["floor"]
    single = one_at_a_time(some[:3000])
    costs = {}
    for size in (cases // 1000, cases // 100, cases // 10, cases):
        source = folder / f"{size}.ndjson"
        with source.open("wb") as file:
            file.writelines(book(size))
        costs[size] = run(source, folder / "out.ndjson", 1)
    two = run(source, folder / "out.ndjson", 2)
    tenth = folder / f"{cases // 10}.ndjson"
    parquet = run(to_parquet(tenth, folder / "cases.parquet"), folder / "out.parquet", 1)
    found |= {
        "parquet": costs[cases // 10].cpu / parquet.cpu,
        "two_processes": costs[cases].wall / two.wall,
        "memory": costs[cases].memory / costs[cases // 10].memory,
        "cost": costs[cases].cpu / cases / (costs[cases // 10].cpu / (cases // 10)),
    }
    starts = cold.measure(15, str(folder / "kept"))
    found |= cold.ratios(starts)
    lines = [
        "",
        "One case in a warm process, CPU milliseconds:",
        "",
        "| `covergraph.check(case)` | p50 | p99 |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {p50:.2f} | {p99:.2f} |" for name, (p50, p99) in single.items()]
    lines += ["", "Whole processes:", "", *cold.rows(starts)]
    lines += ["", "Runs of `covergraph batch` by one process, start-up included:", ""]
    lines += ["| cases | CPU microseconds a case | most memory of a process, MB |", "|---|---|---|"]
    lines += [f"| {size:,} | {cost.cpu / size * 1e6:.0f} | {cost.memory:.0f} |" for size, cost in costs.items()]
    return found, lines, costs


def rows(found: dict[str, float]) -> Iterable[str]:
    """The table of ratios."""
    yield "| ratio, measured in one run | is | bar |"
    yield "|---|---|---|"
    for name, value in found.items():
        says, more, bar = RATIOS[name]
        wanted = "" if bar is None else f"{'at least' if more else 'at most'} {bar:,g}"
        yield f"| {says} | {value:,.2f} | {wanted} |"


def worse(found: dict[str, float], recorded: dict[str, float]) -> list[str]:
    """What is more than a tenth worse than recorded."""
    return [
        f"{RATIOS[name].says}: {found[name]:.2f}, recorded {held:.2f}"
        for name, held in recorded.items()
        if name in found and (held / found[name] if RATIOS[name].more_is_better else found[name] / held) > WORSE
    ]


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000, help="cases of the book  [default: 1,000,000]")
    parser.add_argument("--record", action="store_true", help="keep these ratios, and write the page")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found, lines, costs = measure(given.cases, Path(folder))
    table = list(rows(found))
    print("\n".join([*table, *lines]))
    if given.record:
        RECORDED.write_text(json.dumps({k: round(v, 3) for k, v in found.items()}, indent=2) + "\n")
        before, _, rest = PAGE.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(before + BEGIN + "\n".join([*table, *lines]) + "\n" + END + after)
        PLOT.write_text(
            two_panels({n: c.cpu / n * 1e6 for n, c in costs.items()}, {n: c.memory for n, c in costs.items()})
        )
        return
    if RECORDED.exists() and (told := worse(found, json.loads(RECORDED.read_text()))):
        sys.exit("More than a tenth worse than recorded:\n" + "\n".join(told))


if __name__ == "__main__":
    main()
