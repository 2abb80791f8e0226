"""The commands judge, report on and query a policy of another specialty that was laid over the content as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from test_cli import run

CASE = json.loads((Path(__file__).parent / "toy" / "cases" / "plaques.json").read_text())["case"]
GIVEN = json.dumps(CASE).encode()


@pytest.mark.parametrize("judge", ["compiled", "pyshacl"])
def test_check_judges_it(toy_root: Path, judge: str) -> None:
    done = run("--content", str(toy_root), "check", "-", "-f", "json", "--judge", judge, given=GIVEN)
    report = json.loads(done.stdout)

    assert report["policy"]["number"] == "toy-1"
    assert [site["level"] for line in report["lines"] for site in line["sites"]] == [""] * len(CASE["lines"])


@pytest.mark.parametrize("format", ["text", "markdown", "html", "turtle"])
def test_check_reports_on_it_in_every_form(toy_root: Path, format: str) -> None:
    done = run("--content", str(toy_root), "check", "-", "-f", format, given=GIVEN)

    assert done.returncode == 0, done.stderr
    assert b"toy-1" in done.stdout


def test_batch_judges_it_beside_another_policy(toy_root: Path) -> None:
    lines = [GIVEN, (Path(__file__).parents[1] / "examples" / "cases.ndjson").read_bytes().splitlines()[0]]
    done = run("--content", str(toy_root), "batch", "-", given=b"\n".join(lines))

    assert [json.loads(line)["policy"]["number"] for line in done.stdout.splitlines()] == ["toy-1", "6.01.17"]


def test_named_queries_answer_about_it(toy_root: Path) -> None:
    done = run("--content", str(toy_root), "query", "criteria", "--param", "number=toy-1", "-f", "csv")

    assert len(done.stdout.splitlines()) > 6


def test_its_schema_has_no_levels(toy_root: Path) -> None:
    schema = json.loads(run("--content", str(toy_root), "schema", "--policy", "toy-1").stdout)

    assert "level" not in schema["$defs"]
    assert "levels" not in schema["$defs"]["line"]["properties"]
