"""The judge on Apache Spark: a DataFrame of cases in, a DataFrame of what was found out.

Spark decides where and when; nothing is shuffled, and each worker process reads the policy once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from covergraph.batch.judging import Job
from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.workspace import open_workspace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def check(df: DataFrame, column: str = "case", *, strict: bool = False, policy: str | None = None,
          content: str | Path | None = None, criteria: bool = False, report: bool = False) -> DataFrame:  # fmt: skip
    """Judge the cases in a column of a DataFrame; one row for each site, and one for each row that is no case.

    ``column`` holds cases as JSON text (string or binary), or as a struct with the fields of a case. The other columns
    stay beside what was found: ``case, line, level, determination, decidedBy, holds, presumedAbsent, missing, ruleOut,
    then, lineDetermination, caseDetermination, mixed, policy, policyVersion`` as in the Parquet that `covergraph batch`
    writes, and ``error``. Where the case is not well-formed, ``error`` has ``code``, ``message`` and ``pointer``, and
    the rest is null but the case's id, if it has one. ``criteria`` adds a map from each criterion to its value at the
    site; ``report`` adds the report on the whole case as JSON, on each of its rows.

    ``content`` is a content folder that every node has at that path (default: the content that ships). Raises
    InputError where the DataFrame has no such column, or has one of a name that judging adds. The job fails where a
    worker has another covergraph or other content than the driver.
    """
    try:
        from pyspark.sql.pandas.types import from_arrow_schema
        from pyspark.sql.types import StructType
    except ImportError:
        raise InputError("no-spark", "", "PySpark is not installed.", "pip install 'covergraph[spark]'") from None
    from covergraph.spark.worker import ArrowJudge, release_of

    where = None if content is None else str(Path(content).resolve())
    Checker(open_workspace(where), policy)  # an unknown policy is told here, not by a failed job
    _require_cases(df, column)
    judge = ArrowJudge(column, Job(where, policy, "compiled", strict), release_of(where), criteria, report)
    kept = [field for field in df.schema.fields if field.name != column]
    added = {name.lower() for name in judge.found.names}  # Spark takes no notice of case
    if taken := [field.name for field in kept if field.name.lower() in added]:
        raise InputError(
            "column-taken", ", ".join(taken), "Judging adds a column of that name.", "Rename or drop yours."
        )
    return df.mapInArrow(judge, StructType([*kept, *from_arrow_schema(judge.found).fields]))


def _require_cases(df: DataFrame, column: str) -> None:
    """Raise where a DataFrame has no column that can hold cases."""
    kinds = {field.name: field.dataType.typeName() for field in df.schema.fields}
    if column not in kinds:
        raise InputError("no-column", column, "The DataFrame has no such column.", f"It has {', '.join(kinds)}.")
    if kinds[column] not in ("string", "binary", "struct"):
        raise InputError("bad-column", column, f"The column is {kinds[column]}, neither text nor a struct.",
                         "It must hold cases as JSON text, or as a struct with the fields of a case.")  # fmt: skip
