"""What Spark's Python workers run, without Spark: Arrow in, Arrow out, errors as rows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from casefiles import read_examples
from covergraph.batch.judging import Job
from covergraph.checker import Checker
from covergraph.errors import ContentError
from covergraph.spark.worker import ROWS, ArrowJudge, release_of
from covergraph.workspace import open_workspace
from variedcases import BROKEN

pa = pytest.importorskip("pyarrow")

JUDGE = ArrowJudge("case", Job(), release_of(None), criteria=True, report=True)
DOCUMENTS = [example.document for example in read_examples().values()]


def judged(rows: list[dict[str, Any]], judge: ArrowJudge = JUDGE) -> list[dict[str, Any]]:
    [found] = judge([pa.RecordBatch.from_pylist(rows)])
    result: list[dict[str, Any]] = found.to_pylist()
    return result


def test_a_site_is_a_row_beside_the_columns_that_came_with_its_case() -> None:
    checker = Checker(open_workspace())
    rows = judged([{"member": str(n), "case": json.dumps(d), "day": n} for n, d in enumerate(DOCUMENTS)])
    reports = [checker.check(document).to_json() for document in DOCUMENTS]
    sites = [(n, r, line, site) for n, r in enumerate(reports) for line in r["lines"] for site in line["sites"]]

    for row, (place, report, line, site) in zip(rows, sites, strict=True):
        assert (row["member"], row["day"]) == (str(place), place)
        assert (row["case"], row["line"], row["level"]) == (report["case"], line["id"], site["level"])
        for column in ("determination", "decidedBy", "holds", "presumedAbsent", "missing"):
            assert row[column] == site[column]
        assert dict(row["criteria"]) == {id: found["value"] for id, found in site["criteria"].items()}
        assert json.loads(row["report"]) == report
        assert (row["lineDetermination"], row["caseDetermination"]) == (line["determination"], report["determination"])
        assert row["error"] is None


@pytest.mark.parametrize("text", [*BROKEN, None], ids=str)
def test_what_is_no_case_is_a_row_with_its_error(text: bytes | None) -> None:
    good, bad = judged([{"key": 1, "case": text}, {"key": 2, "case": json.dumps(DOCUMENTS[0]).encode()}])

    assert (good["key"], good["error"]) == (2, None)
    assert bad["key"] == 1
    assert set(bad["error"]) == {"code", "message", "pointer"}
    assert bad["error"]["code"] and bad["error"]["message"]
    assert {bad[column] for column in ("determination", "criteria", "report", "mixed")} == {None}


def test_a_struct_is_a_case_too() -> None:
    text, struct = judged([{"case": json.dumps(DOCUMENTS[0])}]), judged([{"case": DOCUMENTS[0]}])

    assert struct == text


def test_a_batch_of_any_size_is_judged_in_portions() -> None:
    text = json.dumps(DOCUMENTS[0])
    batch = pa.RecordBatch.from_pydict({"n": list(range(ROWS + 1)), "case": [text] * (ROWS + 1)})

    assert [found.num_rows for found in JUDGE([batch])] == [ROWS, 1]
    assert list(JUDGE([batch.slice(0, 0)])) == []


def test_columns_are_those_that_were_promised() -> None:
    for judge in (JUDGE, replace(JUDGE, criteria=False, report=False)):
        [found] = judge([pa.RecordBatch.from_pydict({"case": ["{"]})])
        assert found.schema == judge.found


def test_a_worker_with_other_content_is_not_trusted() -> None:
    other = replace(JUDGE, release="covergraph 0.0.1 with content 0123456789abcdef")

    with pytest.raises(ContentError, match=r"and the driver covergraph 0\.0\.1 .* Install the same covergraph"):
        next(other([]))


def test_a_process_reads_the_policy_once() -> None:
    assert Job().checker is Job().checker
