"""`covergraph batch` with `--summary` and `--rdf`: the same whoever judges, and however often the run was stopped."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from casefiles import read_examples
from covergraph.queries import bind, catalog
from covergraph.sparql import add_reports, run
from covergraph.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[1]
CASES = [example.document for example in read_examples().values()]
COMMAND = str(Path(sys.executable).with_name("covergraph"))


def batch(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, "batch", *arguments], cwd=at, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with some cases, each with an id of its own, and one line that is no case."""
    folder = tmp_path_factory.mktemp("book")
    lines = [json.dumps(case | {"id": f"{case['id']}-{i}"}) for i in range(4) for case in CASES]
    lines.insert(70, "{")
    (folder / "cases.ndjson").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def whole(book: Path) -> Path:
    """The folder once more, with what an undisturbed run wrote."""
    done = batch("cases.ndjson", "-o", "out.ndjson", "--rdf", "out.nq.gz", "--summary", "out.json", "--chunk", "20",
                 "--workers", "1", at=book)  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "116 cases judged, and 1 bad record." in done.stderr
    return book


def test_a_summary_counts_the_records_that_were_written(whole: Path) -> None:
    records = [json.loads(line) for line in (whole / "out.ndjson").read_bytes().splitlines()]
    summary = json.loads((whole / "out.json").read_bytes())
    [policy] = summary["policies"]

    def found(key: str) -> dict[str, int]:
        return {row["id"]: row[key] for row in policy[key]}

    def counted(values: list[str]) -> dict[str, int]:
        return {value: values.count(value) for value in values}

    reports = [record for record in records if "error" not in record]
    assert summary["cases"] == len(reports) == 116
    assert summary["badRecords"] == 1
    assert found("cases") == counted([r["determination"] for r in reports])
    assert found("sites") == counted(
        [s["determination"] for r in reports for line in r["lines"] for s in line["sites"]]
    )
    assert [(row["id"], row["records"]) for row in summary["error"]] == [("not-json", 1)]


def test_quads_and_summary_agree(whole: Path) -> None:
    [policy] = json.loads((whole / "out.json").read_bytes())["policies"]

    workspace = open_workspace(ROOT)
    store = add_reports(workspace.store, [whole / "out.nq.gz"])

    def asked(name: str) -> Iterable[tuple[Any, ...]]:
        question = catalog(ROOT)[name]
        return run(store, bind(question, question.example), workspace.prefixes).rows

    def by_id(key: str, unit: str) -> dict[str, int]:
        return {row["id"]: row[unit] for row in policy[key]}

    assert dict(asked("report-determinations")) == by_id("cases", "cases")
    assert {row[0]: row[2] for row in asked("report-deciding-statements")} == by_id("decidedBy", "sites")
    assert {row[0]: row[2] for row in asked("report-failed-criteria")} == by_id("notMet", "sites")
    assert {row[0]: row[2] for row in asked("report-undocumented-criteria")} == by_id("undocumented", "sites")


def test_quads_and_summary_are_the_same_whoever_judges(whole: Path, tmp_path: Path) -> None:
    batch(str(whole / "cases.ndjson"), "-o", "out.ndjson", "--rdf", "out.nq.gz", "--summary", "out.json",
          "--chunk", "20", "--workers", "2", at=tmp_path)  # fmt: skip

    for name in ("out.nq.gz", "out.json"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()


def test_a_stopped_run_goes_on_with_its_quads_and_its_summary(whole: Path, tmp_path: Path) -> None:
    wanted: list[Any] = ["out.ndjson", "--rdf", "out.nq.gz", "--summary", "out.json", "--chunk", "20"]
    cases = str(whole / "cases.ndjson")
    stopped = batch(cases, "-o", *wanted, "--max-errors", "0", at=tmp_path)
    kept = sorted(p.name for p in tmp_path.iterdir())
    resumed = batch(cases, "-o", *wanted, "--resume", at=tmp_path)

    assert stopped.returncode == 2
    assert kept == ["out.ndjson.journal", "out.ndjson.part", "out.nq.gz.part"]
    assert resumed.returncode == 1, resumed.stderr
    for name in ("out.ndjson", "out.nq.gz", "out.json"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_run_that_began_without_a_summary_cannot_get_one_half_way(whole: Path, tmp_path: Path) -> None:
    cases = str(whole / "cases.ndjson")
    batch(cases, "-o", "out.ndjson", "--chunk", "20", "--max-errors", "0", at=tmp_path)
    resumed = batch(cases, "-o", "out.ndjson", "--chunk", "20", "--summary", "-", "--resume", at=tmp_path)

    assert resumed.returncode == 2
    assert "--summary" in resumed.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--summary", "out.txt"), "out.txt: The name does not tell the format. Let it end with .json or .html."),
        (("--rdf", "out.ttl"), "out.ttl: Reports are written as N-Quads"),
        (("--rdf", "-"), "-: Reports are written as N-Quads"),
        (("--rdf", "there.nq"), "there.nq: It exists already. --force replaces it."),
        (("--summary", "there.html"), "there.html: It exists already. --force replaces it."),
        (("--summary", "no/where.html"), "no/where.html: It cannot be written"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_anything_is_judged(
    arguments: tuple[str, ...], told: str, whole: Path, tmp_path: Path
) -> None:
    for name in ("there.nq", "there.html"):
        (tmp_path / name).write_text("mine")
    done = batch(str(whole / "cases.ndjson"), "-o", "out.ndjson", *arguments, at=tmp_path)

    assert done.returncode == 2
    assert told in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["there.html", "there.nq"]
    assert (tmp_path / "there.nq").read_text() == "mine"


def test_quads_in_many_members_are_one_file(whole: Path) -> None:
    data = (whole / "out.nq.gz").read_bytes()
    quads = gzip.decompress(data)

    assert quads.count(b"#type> <https://w3id.org/covergraph/ont#Report>") == 116
    assert data.count(b"\x1f\x8b\x08") >= 6
