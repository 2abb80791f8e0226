"""`covergraph batch --engine spark`: files of cases in, one Parquet data set out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from covergraph.batch.inputs import STDIN, Kind, find_inputs
from covergraph.errors import InputError
from covergraph.spark import check
from covergraph.spark.session import open_spark

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PARTITION = "finding"
"""The output has a folder for each value of this column: the determinations of cases, and BAD."""

BAD = "no-case"
"""The finding on a row that is no well-formed case."""

FILE = "file"
"""The column that says which file a row came from."""

_OF_WORKER = re.compile(r"covergraph\.errors\.ContentError: (.+)")


@dataclass(frozen=True)
class SparkJob:
    """What to judge, how, and where to write it; ``inputs`` and ``output`` are paths or URLs that Spark knows."""

    inputs: tuple[str, ...]
    output: str
    master: str
    column: str = "case"
    strict: bool = False
    policy: str | None = None
    content: str | None = None
    force: bool = False


def run_job(job: SparkJob, progress: bool = False) -> dict[str, int]:
    """Judge the inputs, write the output, and count its rows by finding.

    Raises InputError for inputs that cannot be read, and for an output that is there unless ``force`` is set.
    """
    sources = _sources(job.inputs)
    _require_output(job)
    with open_spark(job.master, progress) as spark:
        from pyspark.errors import AnalysisException
        from pyspark.sql import functions as F  # noqa: N812

        try:
            cases = _read(spark, sources, job.column)
            found = check(cases, job.column, strict=job.strict, policy=job.policy, content=job.content, criteria=True)
            mode = "overwrite" if job.force else "errorifexists"
            placed = found.withColumn(PARTITION, F.coalesce("caseDetermination", F.lit(BAD)))
            placed.write.mode(mode).partitionBy(PARTITION).parquet(job.output, compression="zstd")
            counted = spark.read.parquet(job.output).groupBy(PARTITION).count().collect()
        except AnalysisException as error:
            cause = str(error).splitlines()[0].rstrip(".")
            raise InputError("spark-refuses", "--engine spark", f"Spark says: {cause}.") from None
        except Exception as error:
            if told := _OF_WORKER.search(str(error)):  # what a worker refuses comes as text inside other errors
                raise InputError("spark-worker", f"--master {job.master}", told[1]) from None
            raise
    return {row[0]: row[1] for row in counted}


@dataclass(frozen=True)
class _Sources:
    """Names by how Spark reads them."""

    lines: tuple[str, ...]
    documents: tuple[str, ...]
    parquet: tuple[str, ...]


def _sources(names: Sequence[str]) -> _Sources:
    found: dict[str, list[str]] = {"lines": [], "documents": [], "parquet": []}
    files = []
    for name in names:
        path = Path(name)
        if name == STDIN:
            raise InputError("no-files", "-", "Spark reads files.", "Save the input, or leave out --engine spark.")
        if "://" in name:
            found["parquet" if name.rstrip("/").endswith(".parquet") else "lines"].append(name)
        elif path.is_dir() and any(path.rglob("*.parquet")):
            found["parquet"].append(name)
        else:
            files.append(name)
    for one in find_inputs(files):
        found[_how(one.name, one.kind)].append(one.name)
    return _Sources(*(tuple(found[key]) for key in ("lines", "documents", "parquet")))


def _how(name: str, kind: Kind | None) -> str:
    match kind:
        case Kind.LINES:
            return "lines"
        case Kind.DOCUMENT:
            return "documents"
        case Kind.PARQUET:
            return "parquet"
        case Kind.GZIP if name.endswith(".gz"):
            return "lines"
        case Kind.GZIP:
            raise InputError("bad-name", name, "Spark takes a file for gzip only by its name.", "Let it end with .gz.")
        case Kind.ZSTD:
            raise InputError("no-zstd", name, "Spark does not read Zstandard text.", "Unpack it, or make it Parquet.")
    raise InputError("no-files", name, "Spark reads files, no pipes.", "Save the input first.")


def _read(spark: SparkSession, sources: _Sources, column: str) -> DataFrame:
    """All cases in one DataFrame, each with the file that it came from."""
    from pyspark.sql import functions as F  # noqa: N812

    frames, file = [], F.col("_metadata.file_path")
    for names, whole in ((sources.lines, False), (sources.documents, True)):
        if names:
            # Only "\n" ends a line, as in the local engine; the bytes stay as they are, so that bad UTF-8 is found.
            text = spark.read.text(list(names), wholetext=whole, lineSep=None if whole else "\n")
            written = text.where(~F.col("value").rlike(r"^\s*$"))
            frames.append(
                written.select(F.col("_metadata.file_path").alias(FILE), F.col("value").cast("binary").alias(column))
            )
    if sources.parquet:
        rows = spark.read.parquet(*sources.parquet)
        if FILE in rows.columns:
            raise InputError("column-taken", FILE, "Judging adds a column of that name.", "Rename yours.")
        frames.append(rows.select(file.alias(FILE), "*"))
    return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)


def _require_output(job: SparkJob) -> None:
    """Raise where a local output is there, or holds anything but an earlier output that ``force`` may remove."""
    path = Path(job.output)
    if "://" in job.output or not path.exists():
        return
    if not path.is_dir():
        raise InputError("cannot-write", job.output, "It is a file; Spark writes a folder.", "Name another one.")
    own = (f"{PARTITION}=", "_SUCCESS", "._SUCCESS", "_temporary")
    if strange := next((p.name for p in sorted(path.iterdir()) if not p.name.startswith(own)), None):
        raise InputError("cannot-write", job.output, f"It holds other things than such an output: {strange}.",
                         "Name another folder.")  # fmt: skip
    if not job.force:
        raise InputError("exists", job.output, "It is there already.", "Replace it with --force, or name another.")
