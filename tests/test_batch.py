"""`covergraph batch`: what comes in, what goes out, in which order, and what is refused."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import zstandard
from batchruns import COMMAND, EXAMPLES, ROOT, batch, cases, content, ndjson, refused

import covergraph
from covergraph.batch.progress import Log
from covergraph.batch.run import Progress
from covergraph.batch.sources import Sources
from covergraph.batch.tally import Tally


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NDJSON file of thirty cases, and what checking each by itself gives beside it."""
    path = tmp_path_factory.mktemp("book") / "cases.ndjson"
    path.write_bytes(ndjson(cases(30)))
    return path


@pytest.fixture(scope="module")
def reports() -> list[Any]:
    """What checking each of the thirty cases by itself gives."""
    return [covergraph.check(case).to_json() for case in cases(30)]


def read(lines: bytes) -> list[Any]:
    return [json.loads(line) for line in lines.splitlines()]


def test_each_case_gets_the_report_that_check_gives_in_the_order_of_the_input(book: Path, reports: list[Any]) -> None:
    done = batch(book)

    assert (done.returncode, done.stderr) == (0, b"")
    assert read(done.stdout) == reports


# ---------- forms of input ----------


def table(cases: list[dict[str, Any]], path: Path) -> Path:
    pa.parquet.write_table(pa.table({"n": range(len(cases)), "case": [json.dumps(c) for c in cases]}), path)
    return path


FORMS = ["gzip", "zstd", "gzip under another name", "several members", "glob", "folder", "parquet", "blank lines and Windows line ends"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_every_form_of_input_gives_the_same_cases_in_order(form: str, chunk: int, book: Path, tmp_path: Path) -> None:
    data, names = book.read_bytes(), [str(tmp_path / "cases")]
    lines = data.splitlines(keepends=True)
    if form in ("gzip", "gzip under another name"):
        names = [f"{names[0]}.ndjson.gz"] if form == "gzip" else names
        Path(names[0]).write_bytes(gzip.compress(data))
    elif form == "zstd":
        Path(names[0]).write_bytes(zstandard.compress(data))
    elif form == "several members":
        Path(names[0]).write_bytes(b"".join(map(zstandard.compress, lines)))
    elif form == "glob":
        for n in range(3):
            (tmp_path / f"part-{n}.ndjson").write_bytes(b"".join(lines[10 * n : 10 * n + 10]))
        names = [str(tmp_path / "part-*.ndjson")]
    elif form == "folder":
        for n, case in enumerate(cases(30)):
            (tmp_path / "cases" / f"{n // 10}").mkdir(parents=True, exist_ok=True)
            (tmp_path / "cases" / f"{n // 10}" / f"{n:02}.json").write_text(json.dumps(case, indent=2))
    elif form == "parquet":
        table(cases(30), Path(names[0]))
    else:
        Path(names[0]).write_bytes(b"\r\n\n" + data.replace(b"\n", b"\r\n\r\n").rstrip())
    chunks = list(Sources(tuple(names)).chunks(chunk))

    assert [json.loads(case) for part in chunks for _, case in part.cases()] == cases(30)
    assert max(map(len, chunks)) == min(chunk, 30)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_standard_input_may_be_compressed(pack: Callable[[bytes], bytes], book: Path, reports: list[Any]) -> None:
    assert read(batch("-", given=pack(book.read_bytes())).stdout) == reports


def test_cases_may_be_structs_of_a_parquet_column_of_any_name(tmp_path: Path, reports: list[Any]) -> None:
    """What a struct leaves null was not given; the examples need no key that is of two types."""
    plain = [case for case in cases(10) if all(isinstance(f.get("durationDays", 0), int) for f in case["findings"])]
    pa.parquet.write_table(pa.table({"request": plain}), tmp_path / "in.parquet")
    done = batch(tmp_path / "in.parquet", "--case-column", "request")
    by_case = {report["case"]: report for report in reports}

    assert plain and read(done.stdout) == [by_case[case["id"]] for case in plain]


def test_a_bad_line_becomes_an_error_record_in_its_place_and_is_counted(book: Path, tmp_path: Path) -> None:
    lines = book.read_bytes().splitlines()
    lines[2:2] = [b"{", b'{"id": "x", "id": "y"}', b"\xff", b'{"id": "z"}']
    done = batch("-", given=b"\n".join(lines))
    records = read(done.stdout)

    assert done.returncode == 1
    assert b"4 of 34 lines are no well-formed case" in done.stderr
    assert [(r["line"], r["case"], r["error"]["code"], r["error"]["pointer"]) for r in records[2:6]] == [
        (3, None, "not-json", ""), (4, None, "duplicate-key", "/id"), (5, None, "not-utf8", ""), (6, "z", "missing-key", ""),
    ]  # fmt: skip
    assert [r["case"] for r in records[:2] + records[6:]] == [case["id"] for case in cases(30)]


def test_an_error_record_names_the_file_where_there_are_several(book: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.ndjson"
    bad.write_bytes(b"\n{\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "empty.json").touch()
    records = read(batch(book, bad, tmp_path / "in").stdout)

    assert [(r["file"], r["line"]) for r in records[30:]] == [(str(bad), 2), (str(tmp_path / "in" / "empty.json"), 1)]


def test_a_row_without_a_case_is_an_error_record(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"case": [json.dumps(EXAMPLES[0]), None]}), tmp_path / "in.parquet")
    records = read(batch(tmp_path / "in.parquet").stdout)

    assert [r.get("line") for r in records] == [None, 2]


def test_a_line_without_end_is_not_read_into_memory() -> None:
    """Twenty-four million bytes are more than any case needs; the line after it is judged."""
    done = batch("-", given=b'{"id": "' + b"x" * 30_000_000 + b'"}\n' + json.dumps(EXAMPLES[0]).encode())
    records = read(done.stdout)

    assert records[0]["error"]["code"] == "too-long"
    assert records[1]["case"] == EXAMPLES[0]["id"]


# ---------- forms of output ----------


@pytest.mark.parametrize("suffix", ["ndjson", "ndjson.gz", "ndjson.zst"])
def test_output_is_compressed_as_its_name_says(suffix: str, book: Path, reports: list[Any], tmp_path: Path) -> None:
    out = tmp_path / f"reports.{suffix}"
    assert batch(book, "-o", out, "--chunk", "7").returncode == 0
    data = out.read_bytes()
    if suffix.endswith("gz"):
        data = gzip.decompress(data)
    elif suffix.endswith("zst"):
        data = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()

    assert read(data) == reports


@pytest.mark.parametrize("outputs", [["-o", "r.ndjson.gz", "--rdf", "r.nq.zst"], ["-o", "r.parquet"]], ids=" ".join)
def test_the_same_bytes_come_out_whatever_the_number_of_workers(outputs: list[str], book: Path, tmp_path: Path) -> None:
    found = []
    for jobs in ("1", "3"):
        folder = tmp_path / jobs
        folder.mkdir()
        done = subprocess.run([COMMAND, "batch", book, *outputs, "--jobs", jobs, "--chunk", "4"], cwd=folder, check=True)
        assert done.returncode == 0
        found.append({name: data for name, data in content(folder).items() if not name.endswith(".journal")})

    assert found[0] == found[1]
    assert all(found[0].values())


def test_fields_pick_less_than_the_full_report(book: Path, reports: list[Any]) -> None:
    done = batch(book, "--fields", "case, lines.id,lines.sites.missing")

    assert read(done.stdout) == [
        {"case": r["case"], "lines": [{"id": n["id"], "sites": [{"missing": s["missing"]} for s in n["sites"]]} for n in r["lines"]]}
        for r in reports
    ]


def test_a_summary_counts_what_was_found(book: Path, reports: list[Any], tmp_path: Path) -> None:
    page, numbers = tmp_path / "summary.html", tmp_path / "summary.csv"
    done = batch(book, "-o", tmp_path / "out.ndjson", "--summary", "--save-summary", page, "--save-summary", numbers)
    approved = sum(report["determination"] == "medically-necessary" for report in reports)
    rows = numbers.read_text().splitlines()

    assert f"Determinations,,medically-necessary,medically necessary,{approved}," in numbers.read_text()
    assert "30 reports, 0 bad lines" in done.stderr.decode()
    assert {row.split(",")[0] for row in rows[1:]} >= {"Determinations", "Deciding statements and rules"}
    assert page.read_text().count("<svg") == len({row.split(",")[0] for row in rows[1:]})
    assert "<script" not in page.read_text() and "://" not in page.read_text()


def test_a_summary_says_what_the_catalogue_says_of_the_same_reports(book: Path, tmp_path: Path) -> None:
    quads, numbers = tmp_path / "reports.nq", tmp_path / "summary.csv"
    batch(book, "--rdf", quads, "--save-summary", numbers)
    asked = {
        "Deciding statements and rules": "report-deciding-statements",
        "Criteria of the indications that are not met": "report-failed-criteria",
        "Criteria of the indications that are undocumented": "report-undocumented-criteria",
    }
    for title, query in asked.items():
        done = subprocess.run([COMMAND, "query", query, "--reports", quads, "-f", "csv"], capture_output=True, check=True)
        answers = csv.DictReader(done.stdout.decode().splitlines())
        counted = csv.DictReader(numbers.read_text().splitlines())

        assert {(r["id"], r["sites"], r["cases"]) for r in counted if r["table"] == title} == {
            (r.get("clause") or r["decider"], r["sites"], r["cases"]) for r in answers
        }


# ---------- progress ----------


def test_a_log_gets_one_line_a_minute_with_rate_and_time_left() -> None:
    said: list[str] = []
    now = 0.0
    log = Log(said.append, lambda: now)
    for second in range(0, 180):
        now = float(second)
        log(Progress(Tally({("cases", "x"): 10 * second, ("bad", "y"): 0}), 0, 100 * second, 36_000))

    assert said == [
        "covergraph: 600 cases, 10/s, 17% of the input, 5 min left",
        "covergraph: 1,200 cases, 10/s, 33% of the input, 4 min left",
    ]


def test_a_terminal_gets_a_bar(book: Path, tmp_path: Path) -> None:
    done = batch(book, "-o", tmp_path / "out.ndjson", "--progress")

    assert "30 cases" in done.stderr.decode()


# ---------- what is refused ----------


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with things that cannot be used."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "good.ndjson").write_bytes(ndjson(cases(3)))
    (folder / "empty.ndjson").touch()
    (folder / "blank.ndjson").write_bytes(b"\n \n")
    (folder / "bad.ndjson").write_bytes(b"{\n{\n{\n")
    whole = gzip.compress(ndjson(cases(3)))
    (folder / "cut.gz").write_bytes(whole[:-20])
    (folder / "damaged.gz").write_bytes(whole[:30] + bytes(50) + whole[80:])
    (folder / "cut.zst").write_bytes(zstandard.compress(ndjson(cases(3)))[:-20])
    (folder / "without").mkdir()
    table(cases(3), folder / "good.parquet")
    (folder / "cut.parquet").write_bytes((folder / "good.parquet").read_bytes()[:-20])
    pa.parquet.write_table(pa.table({"case": [1, 2]}), folder / "numbers.parquet")
    (folder / "exists.ndjson").write_text("kept")
    (folder / "exists.html").write_text("kept")
    (folder / "exists.parquet").mkdir()
    (folder / "exists.parquet" / "mine.txt").write_text("kept")
    return folder


BAD_USES = {
    "no input": (["nowhere.ndjson"], "nowhere.ndjson: It cannot be read: No such file"),
    "no input that a pattern matches": (["*.txt.gz"], "*.txt.gz: No file matches this pattern"),
    "an empty input": (["good.ndjson", "empty.ndjson"], "empty.ndjson: It is empty"),
    "an input of blank lines": (["blank.ndjson"], "blank.ndjson: It holds no case"),
    "nothing on standard input": (["-"], "-: It holds no case"),
    "a folder without JSON files": (["without"], "without: It is a folder without .json files"),
    "gzip that was cut": (["cut.gz"], "cut.gz: The gzip file ends in the middle of its data. Give the whole file."),
    "gzip that is damaged": (["damaged.gz"], "damaged.gz: The gzip data is damaged"),
    "zstd that was cut": (["cut.zst"], "cut.zst: The zstd file ends in the middle of its data"),
    "Parquet that was cut": (["cut.parquet"], "cut.parquet: It cannot be read as Parquet"),
    "Parquet without the column": (["good.parquet", "--case-column", "document"], "It has no column 'document'; it has: n, case."),
    "Parquet with a column of numbers": (["numbers.parquet"], "The column 'case' is of type int64"),
    "output that exists": (["good.ndjson", "-o", "exists.ndjson"], "exists.ndjson: It exists. Go on with --resume, or replace"),
    "output that exists and no journal": (["good.ndjson", "-o", "exists.ndjson", "--resume"], "no journal says what it was made from"),
    "a folder that holds something else": (["good.ndjson", "-o", "exists.parquet", "--force"], "It is a folder that holds something else"),
    "a summary that exists": (["good.ndjson", "--save-summary", "exists.html"], "exists.html: It exists"),
    "a summary of another form": (["good.ndjson", "--save-summary", "summary.pdf"], "Let the name end in .html, .csv, .txt"),
    "the input as output": (["good.ndjson", "-o", "good.ndjson", "--force"], "It is an input or another output as well"),
    "one output twice": (["good.ndjson", "-o", "x.nq", "--rdf", "x.nq"], "It is an input or another output as well"),
    "an output in no folder": (["good.ndjson", "-o", "no/where.ndjson"], "its folder does not exist"),
    "an output that is a folder": (["good.ndjson", "-o", "without"], "without: It is a folder"),
    "Parquet on standard output": (["good.ndjson", "-o", "-.parquet", "--resume", "--rdf", "x.ttl"], "Let the name end in .nq"),
    "resuming standard output": (["good.ndjson", "--resume"], "standard output: What went to a stream cannot be continued"),
    "an unknown field": (["good.ndjson", "--fields", "case,lines.site"], "There is no field 'lines.site'. Did you mean lines.sites"),
    "an unknown column": (["good.ndjson", "-o", "x.parquet", "--fields", "decided"], "Did you mean decidedBy"),
    "fields of nothing": (["good.ndjson", "--rdf", "x.nq", "--fields", "case"], "of which none are written"),
    "too many bad lines": (["bad.ndjson", "--max-errors", "1"], "More than 1 lines are no well-formed case. The last: line 2: "),
    "an unknown policy": (["good.ndjson", "--policy", "9.99"], "There is no policy '9.99'"),
}  # fmt: skip


@pytest.mark.parametrize("arguments, message", BAD_USES.values(), ids=BAD_USES)
def test_a_wrong_use_is_refused_with_one_clear_message(arguments: list[str], message: str, inputs: Path) -> None:
    before = content(inputs)
    done = subprocess.run([COMMAND, "batch", *arguments], cwd=inputs, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    assert message in refused(done)
    assert done.stdout == b""
    assert content(inputs) == before


def test_resume_and_force_exclude_each_other(book: Path) -> None:
    done = batch(book, "-o", "x", "--resume", "--force")

    assert done.returncode == 2 and b"give one of them" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.ndjson"
    path.write_bytes(ndjson(cases(1)))
    path.chmod(0)

    assert "Permission denied" in refused(batch(path))


def test_force_replaces_output_that_exists(book: Path, reports: list[Any], tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    out.write_text("old")

    assert batch(book, "-o", out, "--force").returncode == 0
    assert read(out.read_bytes()) == reports


def test_parquet_without_pyarrow_says_what_to_install(book: Path) -> None:
    code = "import sys; sys.modules['pyarrow'] = None; sys.argv[1:] = sys.argv[1:]; from covergraph.cli import main; main()"
    done = subprocess.run([str(Path(COMMAND).with_name("python")), "-c", code, "batch", str(book), "-o", "x.parquet"],
                          capture_output=True, check=False, cwd=ROOT)  # fmt: skip

    assert "pip install 'covergraph[parquet]'" in refused(done)
