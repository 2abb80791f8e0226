"""What judging costs on Spark, and where the time goes: the same cases through nothing, the judge, and to Parquet.

benchmarks/spark.py [CASES] [--cores N]      default: 50,000 cases on local[2]

Each step is run twice and the second run counts, so that Spark has started its workers and they have read the policy.
Costs are CPU time of Spark's JVM and its Python workers (Linux), so that other work on the machine matters little.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from covergraph.batch import check_lines
from covergraph.checker import Checker
from covergraph.spark import check
from covergraph.spark.session import open_spark
from covergraph.workspace import open_workspace

CASES = (Path(__file__).resolve().parents[1] / "examples" / "cases.ndjson").read_bytes().splitlines()
BILLION = 1_000_000_000
NODES, CORES = 10, 16


def lines(count: int) -> Iterator[bytes]:
    """The example cases again and again, each with an id of its own."""
    documents = [json.loads(line) for line in CASES]
    for number in range(count):
        yield json.dumps(documents[number % len(documents)] | {"id": f"case-{number}"}).encode()


def unjudged(batches: Iterable[Any]) -> Iterator[Any]:
    """Take the cases to Python and their number back: what transport costs."""
    import pyarrow as pa

    for batch in batches:
        yield pa.RecordBatch.from_pydict({"cases": [batch.num_rows]})


def below() -> Iterator[Path]:
    """Folders in /proc of all processes below this one: Spark's JVM and its Python workers."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    for pid in parents:
        above = parents[pid]
        while above in parents and above != os.getpid():
            above = parents[above]
        if above == os.getpid():
            yield Path("/proc") / str(pid)


def cpu_below() -> float:
    """CPU seconds so far of all processes below this one."""
    spent = 0
    for folder in below():
        with suppress(OSError):
            spent += sum(map(int, (folder / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return spent / os.sysconf("SC_CLK_TCK")


def largest_worker() -> float:
    """Peak memory in MB of the largest Python worker."""
    peaks = [0]
    for folder in below():
        with suppress(OSError):
            if b"pyspark" in (folder / "cmdline").read_bytes() and b"java" not in (folder / "cmdline").read_bytes():
                peaks += map(int, re.findall(r"VmHWM:\s+(\d+)", (folder / "status").read_text()))
    return max(peaks) / 1024


def second(run: Callable[[], Any]) -> tuple[float, float]:
    """Wall seconds and CPU seconds of the processes below, of the second of two runs."""
    run()
    wall, cpu = time.perf_counter(), cpu_below()
    run()
    return time.perf_counter() - wall, cpu_below() - cpu


def main() -> None:
    """Print the plan, and a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=50_000)
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    count, cores = arguments.count, arguments.cores
    with tempfile.TemporaryDirectory() as folder, open_spark(f"local[{cores}]", progress=False) as spark:
        text, table, output = (str(Path(folder) / name) for name in ("cases.ndjson", "cases.parquet", "out.parquet"))
        with Path(text).open("wb") as stream:
            stream.writelines(line + b"\n" for line in lines(count))
        spark.read.text(text).withColumnRenamed("value", "case").repartition(4 * cores).write.parquet(table)
        spark.conf.set("spark.sql.files.openCostInBytes", "0")
        cases = spark.read.parquet(table)
        judged = check(cases)
        judged.explain()

        def drop(frame: Any) -> Callable[[], None]:
            return lambda: frame.write.format("noop").mode("overwrite").save()

        def save(frame: Any) -> Callable[[], None]:
            return lambda: frame.write.mode("overwrite").parquet(output, compression="zstd")

        steps = {
            "read Parquet, hand it to Python as Arrow": drop(cases.mapInArrow(unjudged, "cases long")),
            "the same, judged": drop(judged),
            "the same, and written as Parquet": save(judged),
            "with the criteria of each site": save(check(cases, criteria=True)),
            "with criteria and the whole report": save(check(cases, criteria=True, report=True)),
        }
        print(f"\n| {count:,} cases on local[{cores}] | wall, s | CPU, µs a case |\n|---|---|---|")
        costs = {}
        for name, run in steps.items():
            wall, cpu = second(run)
            costs[name] = cpu / count
            print(f"| {name} | {wall:.1f} | {costs[name] * 1e6:.0f} |", flush=True)
        memory = largest_worker()
    checker, own = Checker(open_workspace()), list(lines(min(count, 10_000)))
    begun = time.process_time()
    assert not any(record.bad for record in check_lines(own, checker))
    print(f"| judged in one process without Spark | | {(time.process_time() - begun) / len(own) * 1e6:.0f} |")
    needed = BILLION * costs["with the criteria of each site"] / 3600
    hours = needed / (NODES * CORES)
    print(f"\nA Python worker took up to {memory:.0f} MB.")
    print(f"A billion cases, with criteria: {needed:,.0f} core hours, {hours:.1f} h on {NODES} nodes of {CORES} cores.")


if __name__ == "__main__":
    main()
