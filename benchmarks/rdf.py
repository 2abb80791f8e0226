"""Reports as N-Quads in a store: how many quads, what they cost to write and to load, and how long questions take.

Times are CPU seconds, so that other work on the machine matters little.

benchmarks/rdf.py                    10,000 reports in memory
benchmarks/rdf.py 100000 --disk      100,000 reports in a store on disk, in the folder for temporary files
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from covergraph.batch.compression import compressor
from covergraph.checker import Checker
from covergraph.model import Report
from covergraph.queries import bind, catalog
from covergraph.render.nquads import ReportQuads
from covergraph.sparql import run
from covergraph.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "tests" / "cases").rglob("*.json"))


def reports(checker: Checker, count: int) -> Iterator[Report]:
    """Reports on the example cases, each with an id of its own."""
    judged = [checker.check(json.loads(path.read_text())["case"]) for path in EXAMPLES]
    return (replace(judged[i % len(judged)], case=f"{judged[i % len(judged)].case}-{i}") for i in range(count))


def write(checker: Checker, count: int, path: Path) -> None:
    """Write the reports as the batch does, a thousand at a time, and print what that costs."""
    writer = ReportQuads(checker.policy_at, checker.workspace.graph)
    packers = {name: compressor(f"x{name}") for name in (".gz", ".zst")}
    sizes, spent = Counter[str](), Counter[str]()
    waiting = reports(checker, count)
    with path.open("wb") as stream:
        while chunk := list(islice(waiting, 1000)):
            start = time.process_time()
            plain = b"".join(map(writer.quads, chunk))
            spent["writing"] += time.process_time() - start
            sizes["quads"] += plain.count(b"\n")
            sizes["plain"] += len(plain)
            for name, pack in packers.items():
                start = time.process_time()
                packed = pack(plain)
                spent[name] += time.process_time() - start
                sizes[name] += len(packed)
                if name == path.suffix:
                    stream.write(packed)
    print(f"| quads a report | {sizes['quads'] / count:,.0f} |")
    for name in ("plain", *packers):
        print(f"| bytes a report, {name} | {sizes[name] / count:,.0f} |")
    for name, seconds in spent.items():
        print(f"| µs of CPU a report, {name} | {seconds / count * 1e6:,.0f} |")


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--disk", action="store_true")
    arguments = parser.parse_args()
    workspace = open_workspace(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        file, place = Path(folder) / "reports.nq.gz", Path(folder) / "store"
        print(f"| {arguments.count:,} reports, {'on disk' if arguments.disk else 'in memory'} | |\n|---|---|")
        write(Checker(workspace), arguments.count, file)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        store = Store(str(place)) if arguments.disk else Store()
        store.bulk_extend(workspace.store)
        start = time.process_time()
        with gzip.open(file) as stream:
            store.bulk_load(stream, RdfFormat.N_QUADS)
        loading = time.process_time() - start
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(f"| loading, s of CPU (reports a second) | {loading:,.0f} ({arguments.count / loading:,.0f}) |")
        print(f"| memory while loading, MB | {grown / 1024:,.0f} |")
        if arguments.disk:
            size = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
            print(f"| on disk, MB | {size / 1e6:,.0f} |")
        for name, question in catalog(ROOT).items():
            if name.startswith("report-"):
                start = time.process_time()
                answer = run(store, bind(question, question.example), workspace.prefixes)
                spent = time.process_time() - start
                print(f"| {name} ({len(answer.rows):,} rows), s of CPU | {spent:.2f} |", flush=True)


if __name__ == "__main__":
    main()
