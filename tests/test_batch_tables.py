"""Reports as Parquet: typed tables that DuckDB, pandas and Polars read, and that say what the reports say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pytest
from batchruns import batch, cases, ndjson

import covergraph
from covergraph.batch.columns import CRITERIA_COLUMNS, SITE_COLUMNS

WRONG = b'{"id": "wrong"}\n'
NOTES = {  # so that notes of every kind stand in some column
    "diagnoses": ["Z99.999", "M80.08"],
    "concurrentProcedures": [{"kind": "spinal-fusion", "approach": "open", "code": "22612"}],
}


def documents() -> list[dict[str, Any]]:
    found = cases(12)
    found[3] = found[3] | NOTES
    found[4] = found[4] | {"lines": [line | {"code": "99213", "devices": ["K000000"]} for line in found[4]["lines"]]}
    return found


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set of twelve cases, the sixth of which has a bad line before it; judged five at a time."""
    folder = tmp_path_factory.mktemp("tables")
    given = ndjson(documents()).splitlines(keepends=True)
    done = batch("-", "-o", folder / "r.parquet", "--chunk", "5", given=b"".join([*given[:5], WRONG, *given[5:]]))
    assert done.returncode == 1
    return folder / "r.parquet"


@pytest.fixture(scope="module")
def reports() -> list[dict[str, Any]]:
    return [covergraph.check(case).to_json() for case in documents()]


def sites(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the rows of the table of sites have to say, apart from the bad line."""
    notes = {"check": None, "code": None, "concept": None, "device": None, "lines": None}
    return [
        {
            "file": None, "row": n + 1 + (n >= 5), "case": r["case"], "policy": r["policy"]["number"],
            "version": date.fromisoformat(r["policy"]["version"]), "line": line["id"], "level": s["level"],
            "determination": s["determination"], "lineDetermination": line["determination"],
            "caseDetermination": r["determination"], "mixed": r["mixed"], "decidedBy": s["decidedBy"], "holds": s["holds"],
            "presumedAbsent": s["presumedAbsent"], "missing": s["missing"],
            "ruleOut": s.get("ruleOut", {}).get("exclusions", []), "then": s.get("ruleOut", {}).get("then", []),
            "reimbursement": line["reimbursement"], "coding": [notes | note for note in line["coding"]],
            "documentation": r["documentation"], "diagnoses": [notes | note for note in r["diagnoses"]],
            "advisories": [notes | note for note in r["advisories"]],
            "errorCode": None, "errorMessage": None, "errorPointer": None,
        }
        for n, r in enumerate(reports) for line in r["lines"] for s in line["sites"]
    ]  # fmt: skip


def test_polars_reads_every_site_with_all_that_the_report_says_of_it(tables: Path, reports: list[dict[str, Any]]) -> None:
    frame = polars.read_parquet(tables / "sites" / "*.parquet")
    rows = frame.rows(named=True)
    wanted = sites(reports)

    assert list(frame.columns) == list(SITE_COLUMNS)
    assert [row for row in rows if row["errorCode"] is None] == wanted
    assert any(row["coding"] for row in wanted) and any(row["diagnoses"] for row in wanted)
    assert any(row["advisories"] for row in wanted) and any(row["missing"] for row in wanted)


def test_polars_reads_typed_columns(tables: Path) -> None:
    schema = polars.read_parquet(tables / "sites").schema
    texts = polars.List(polars.String)

    assert schema["row"] == polars.Int64 and schema["version"] == polars.Date and schema["mixed"] == polars.Boolean
    assert schema["case"] == polars.String and schema["decidedBy"] == texts and schema["missing"] == polars.List(texts)
    assert schema["documentation"] == polars.List(polars.Struct({"id": polars.String, "value": polars.String}))


def test_a_bad_line_is_a_row_in_its_place_without_a_determination(tables: Path) -> None:
    rows = polars.read_parquet(tables / "sites").rows(named=True)
    [place] = [n for n, row in enumerate(rows) if row["errorCode"]]
    wrong = {name: value for name, value in rows[place].items() if value is not None}

    assert wrong == {"row": 6, "case": "wrong", "errorCode": "missing-key", "errorPointer": "", "errorMessage": wrong["errorMessage"]}
    assert rows[place - 1]["row"] == 5 and rows[place + 1]["row"] == 7


def test_duckdb_reads_one_row_for_each_criterion_of_each_site(tables: Path, reports: list[dict[str, Any]]) -> None:
    found = duckdb.sql(f"SELECT * FROM '{tables}/criteria/*.parquet'")
    wanted = [
        (None, n + 1 + (n >= 5), r["case"], r["policy"]["number"], date.fromisoformat(r["policy"]["version"]), line["id"],
         s["level"], criterion, found["value"])
        for n, r in enumerate(reports) for line in r["lines"] for s in line["sites"] for criterion, found in s["criteria"].items()
    ]  # fmt: skip

    assert found.columns == list(CRITERIA_COLUMNS)
    assert [str(kind) for kind in found.types] == ["VARCHAR", "BIGINT", *["VARCHAR"] * 2, "DATE", *["VARCHAR"] * 4]
    assert found.fetchall() == wanted


def test_duckdb_joins_and_unnests_the_tables(tables: Path) -> None:
    [(most, times), *_] = duckdb.sql(f"""
        SELECT criterion, count(*) AS sites FROM '{tables}/criteria/*.parquet' JOIN (
          SELECT "case", line, level, unnest(decidedBy) AS reason FROM '{tables}/sites/*.parquet')
        USING ("case", line, level) WHERE value = 'undocumented' GROUP BY ALL ORDER BY sites DESC, criterion""").fetchall()

    assert most and times > 1


def test_pandas_reads_both_tables(tables: Path, reports: list[dict[str, Any]]) -> None:
    frame = pandas.read_parquet(tables / "sites")
    criteria = pandas.read_parquet(tables / "criteria")
    judged = frame[frame.errorCode.isna()]

    assert frame.row.dtype == "int64"
    assert judged.determination.tolist() == [row["determination"] for row in sites(reports)]
    assert [list(reasons) for reasons in judged.decidedBy] == [row["decidedBy"] for row in sites(reports)]
    assert criteria.value.isin(["met", "not-met", "undocumented", "not-applicable"]).all()


def test_fields_pick_columns_and_the_table_of_criteria(tmp_path: Path) -> None:
    batch("-", "-o", tmp_path / "few.parquet", "--fields", "determination,case", given=ndjson(cases(2)))
    batch("-", "-o", tmp_path / "criteria.parquet", "--fields", "criteria", given=ndjson(cases(2)))

    assert polars.read_parquet(tmp_path / "few.parquet" / "sites").columns == ["case", "determination"]
    assert [p.name for p in (tmp_path / "few.parquet").iterdir()] == ["sites"]
    assert [p.name for p in (tmp_path / "criteria.parquet").iterdir()] == ["criteria"]
