"""What goes into a batch and what comes out: every form says the same as the plain one."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow
import pytest
from backports import zstd
from pyarrow import parquet

from batchruns import batch, case_lines, message
from covergraph.batch.encoders import ParquetEncoder
from covergraph.batch.inputs import find_inputs
from covergraph.batch.judging import Job
from covergraph.batch.outputs import Output
from covergraph.batch.run import Plan, Run
from covergraph.batch.sinks import open_sink
from covergraph.cli.progress import log

LINES = case_lines(30)
PLAIN = b"".join(LINES)


def records(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def without_places(data: bytes) -> list[Any]:
    """Records without where in which file an error stood."""
    return [{k: v for k, v in record.items() if k not in ("line", "file")} for record in records(data)]


@pytest.fixture(scope="module")
def expected() -> bytes:
    """What comes of the plain lines."""
    return batch("-", given=PLAIN).stdout


# ---------- in ----------


def as_text_column(path: Path) -> None:
    parquet.write_table(pyarrow.table({"n": range(30), "case": [line.decode() for line in LINES]}), path)


def as_struct_column(path: Path) -> None:
    rows = [json.loads(line) for line in LINES]
    parquet.write_table(pyarrow.table({"case": pyarrow.array(rows)}), path)


INPUTS: dict[str, Callable[[Path], Any]] = {
    "plain": lambda path: path.write_bytes(PLAIN),
    "gzip": lambda path: path.write_bytes(gzip.compress(PLAIN)),
    "gzip of several members": lambda path: path.write_bytes(gzip.compress(PLAIN[:99]) + gzip.compress(PLAIN[99:])),
    "zstd": lambda path: path.write_bytes(zstd.compress(PLAIN)),
    "zstd of several frames": lambda path: path.write_bytes(zstd.compress(PLAIN[:99]) + zstd.compress(PLAIN[99:])),
    "parquet with text": as_text_column,
    "parquet with structs": as_struct_column,
}


@pytest.mark.parametrize("write", INPUTS.values(), ids=INPUTS)
def test_a_file_is_read_by_its_content_whatever_its_name(
    write: Callable[[Path], Any], tmp_path: Path, expected: bytes
) -> None:
    write(tmp_path / "cases.data")
    done = batch(tmp_path / "cases.data")

    assert done.returncode == 1
    assert records(done.stdout) == records(expected)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_standard_input_is_read_by_its_content(pack: Callable[[bytes], bytes], expected: bytes) -> None:
    assert batch("-", given=pack(PLAIN)).stdout == expected


def test_files_and_patterns_come_in_order_and_errors_name_their_file(tmp_path: Path, expected: bytes) -> None:
    for n in range(3):
        (tmp_path / f"part-{n}.ndjson").write_bytes(b"".join(LINES[n * 10 : n * 10 + 10]))
    by_pattern = batch(tmp_path / "part-*.ndjson")
    by_name = batch(*(tmp_path / f"part-{n}.ndjson" for n in range(3)))
    errors = [(Path(r["file"]).name, r["line"]) for r in records(by_pattern.stdout) if "error" in r]

    assert without_places(by_pattern.stdout) == without_places(expected)
    assert by_name.stdout == by_pattern.stdout
    assert errors == [("part-0.ndjson", 10), ("part-1.ndjson", 10), ("part-2.ndjson", 10)]


def test_a_folder_stands_for_its_json_files_by_name(tmp_path: Path, expected: bytes) -> None:
    for n, line in enumerate(LINES):
        (tmp_path / f"{n:02}.json").write_text(json.dumps(json.loads(line), indent=2))
    (tmp_path / "30.json").write_text("")
    done = records(batch(tmp_path).stdout)

    assert [r["case"] for r in done[:30]] == [r["case"] for r in records(expected)]
    assert (done[30]["file"], done[30]["error"]["code"]) == (str(tmp_path / "30.json"), "not-json")


def test_one_case_over_several_lines_is_one_case() -> None:
    [report] = records(batch("examples/two-levels.json").stdout)

    assert report["case"] == "two-levels"


def test_a_row_without_a_case_is_an_error_record_in_its_place(tmp_path: Path) -> None:
    column = [LINES[0].decode(), None, LINES[1].decode()]
    parquet.write_table(pyarrow.table({"claim": column}), tmp_path / "cases.parquet")
    done = batch(tmp_path / "cases.parquet", "--column", "claim")
    found = records(done.stdout)

    assert [r["case"] for r in found] == ["case-0000", None, "case-0001"]
    assert found[1]["line"] == 2


def test_a_line_that_is_too_long_becomes_an_error_record(tmp_path: Path) -> None:
    with (tmp_path / "cases").open("wb") as stream:
        stream.write(LINES[0])
        stream.write(b'{"id": "' + b"x" * (40 * 1024 * 1024) + b'"}\n')
        stream.write(LINES[1])
    found = records(batch(tmp_path / "cases").stdout)

    assert [r.get("line") for r in found] == [None, 2, None]
    assert found[1]["error"]["code"] == "too-long"
    assert "33,554,432 bytes" in found[1]["error"]["message"]


def _text(path: Path, content: bytes) -> list[str]:
    path.write_bytes(content)
    return [str(path)]


def _table(path: Path, **columns: list[Any]) -> list[str]:
    parquet.write_table(pyarrow.table(columns), path)
    return [str(path)]


BAD_INPUTS: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "no such file": (lambda p: [str(p)], "It cannot be read: No such file or directory."),
    "an empty file": (lambda p: _text(p, b""), "It is empty."),
    "an empty gzip": (lambda p: _text(p, gzip.compress(b"")), "There is no case in it."),
    "a pattern without a file": (lambda p: [f"{p}-*.ndjson"], "No file matches the pattern."),
    "a folder without cases": (lambda p: [str(p.parent)], "The folder has no .json file."),
    "a file twice": (lambda p: _text(p, PLAIN) * 2, "It is named twice"),
    "a ZIP archive": (lambda p: _text(p, b"PK\x03\x04..."), "It is a ZIP archive. Unpack it first."),
    "a JSON array": (lambda p: _text(p, b"[" + LINES[0] + b"]"), "It is one JSON array, not one case a line."),
    "UTF-16": (lambda p: _text(p, PLAIN.decode().encode("utf-16")), "It is UTF-16 text."),
    "a broken Parquet file": (lambda p: _text(p, b"PAR1 and no more"), "This is no whole Parquet file"),
    "a Parquet file without the column": (
        lambda p: _table(p, id=["a"], claim=["{}"]), "It has no column 'case'. Name one of id, claim with --column."),
    "a Parquet column of numbers": (lambda p: _table(p, case=[1]), "The column 'case' is int64, neither text nor a"),
    "a Parquet file without rows": (
        lambda p: _table(p, case=pyarrow.array([], pyarrow.string())), "It has no rows."),
}  # fmt: skip


@pytest.mark.parametrize("make, told", BAD_INPUTS.values(), ids=BAD_INPUTS)
def test_an_input_that_cannot_hold_cases_is_refused(
    make: Callable[[Path], list[str]], told: str, tmp_path: Path
) -> None:
    names = make(tmp_path / "cases")
    done = batch(*names, "-o", tmp_path / "reports.ndjson")

    assert (done.returncode, done.stdout) == (2, b"")
    assert message(done).startswith(f"covergraph: {names[0]}: ") and told in message(done)
    assert {path.name for path in tmp_path.iterdir()} <= {"cases"}


def test_parquet_from_a_pipe_is_refused(tmp_path: Path) -> None:
    as_text_column(tmp_path / "cases")
    done = batch("-", given=(tmp_path / "cases").read_bytes())

    assert done.returncode == 2 and "standard input: Parquet cannot come by a pipe." in message(done)


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "cases").write_bytes(PLAIN)
    done = batch(tmp_path / "cases", "-o", tmp_path / "cases", "--force")

    assert done.returncode == 2 and "It is read or written already." in message(done)
    assert (tmp_path / "cases").read_bytes() == PLAIN


# ---------- out ----------


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports in every form, chunk by chunk."""
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "cases").write_bytes(PLAIN)
    for suffix in ("ndjson", "ndjson.gz", "ndjson.zst", "parquet"):
        assert batch(folder / "cases", "-o", folder / f"reports.{suffix}", "--chunk", "4").returncode == 1
    return folder


def test_compressed_outputs_hold_the_plain_one(outputs: Path, expected: bytes) -> None:
    assert (outputs / "reports.ndjson").read_bytes() == expected
    assert gzip.decompress((outputs / "reports.ndjson.gz").read_bytes()) == expected
    assert zstd.decompress((outputs / "reports.ndjson.zst").read_bytes()) == expected


@pytest.mark.parametrize("suffix", ["ndjson", "ndjson.gz", "ndjson.zst"])
def test_duckdb_pandas_and_polars_read_the_lines(suffix: str, outputs: Path, expected: bytes) -> None:
    path = str(outputs / f"reports.{suffix}")
    cases = [r["case"] for r in records(expected)]
    in_polars = polars.read_ndjson(path) if suffix == "ndjson" else None

    assert [
        c
        for (c,) in duckdb.connect()
        .execute(f"SELECT \"case\" FROM read_json('{path}', format='newline_delimited')")
        .fetchall()
    ] == cases
    if suffix != "ndjson.zst":  # pandas asks for a package of its own to read this
        assert list(pandas.read_json(path, lines=True)["case"]) == cases
    if in_polars is not None:
        assert list(in_polars["case"]) == cases


def _sites(data: bytes) -> list[tuple[Any, ...]]:
    """The rows that the sites table must have, from the reports as JSON."""
    return [
        (number, r["case"], line["id"], site["level"], site["determination"], site["decidedBy"], site["holds"],
         site["presumedAbsent"], site["missing"], site.get("ruleOut", {}).get("exclusions", []),
         site.get("ruleOut", {}).get("then", []), line["determination"], r["determination"], r["mixed"],
         r["policy"]["number"], r["policy"]["version"])
        for number, r in enumerate(records(data), 1) if "error" not in r
        for line in r["lines"] for site in line["sites"]
    ]  # fmt: skip


def _criteria(data: bytes) -> list[tuple[Any, ...]]:
    return [
        (number, r["case"], line["id"], site["level"], id, value["value"])
        for number, r in enumerate(records(data), 1) if "error" not in r
        for line in r["lines"] for site in line["sites"] for id, value in site["criteria"].items()
    ]  # fmt: skip


def _errors(data: bytes) -> list[tuple[Any, ...]]:
    return [
        (number, r.get("file"), r["line"], r["case"], *(r["error"][key] for key in ("code", "message", "pointer")))
        for number, r in enumerate(records(data), 1) if "error" in r
    ]  # fmt: skip


TABLES = {"sites": _sites, "criteria": _criteria, "errors": _errors}


@pytest.mark.parametrize("table", TABLES)
def test_duckdb_pandas_and_polars_read_the_tables_with_all_that_the_reports_say(
    table: str, outputs: Path, expected: bytes
) -> None:
    wanted = TABLES[table](expected)
    folder = outputs / "reports.parquet" / table
    in_duckdb = duckdb.connect().execute(f"SELECT * FROM '{folder}/*.parquet'").fetchall()
    in_polars = polars.read_parquet(f"{folder}/*.parquet").rows()
    in_pandas = pandas.read_parquet(folder)

    assert sorted(in_duckdb, key=repr) == sorted(wanted, key=repr)
    assert in_polars == wanted
    assert [tuple(map(_plain, row)) for row in in_pandas.itertuples(index=False)] == wanted


def _plain(value: Any) -> Any:
    """A pandas value as plain Python."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return None if value is None or value != value else value


def test_a_table_tells_its_columns_by_type(outputs: Path) -> None:
    schema = parquet.read_schema(outputs / "reports.parquet" / "criteria" / "part-000000.parquet")

    assert [str(schema.field(name).type) for name in ("record", "criterion")] == [
        "int64", "dictionary<values=string, indices=int32, ordered=0>",
    ]  # fmt: skip


def test_a_run_without_a_good_case_still_gives_every_table(tmp_path: Path) -> None:
    assert batch("-", "-o", tmp_path / "r.parquet", given=b"{}\n").returncode == 1

    assert {p.name: parquet.read_table(p).num_rows for p in (tmp_path / "r.parquet").iterdir()} == {
        "sites": 0, "criteria": 0, "errors": 1,
    }  # fmt: skip


@pytest.mark.parametrize("suffix", ["ndjson", "ndjson.gz", "ndjson.zst", "parquet"])
@pytest.mark.parametrize("more", [["--workers", "1"], ["--workers", "3"]])
def test_the_bytes_are_the_same_whatever_the_number_of_workers(
    more: list[str], suffix: str, outputs: Path, tmp_path: Path
) -> None:
    batch(outputs / "cases", "-o", tmp_path / f"reports.{suffix}", "--chunk", "4", *more)

    for path in [p for p in outputs.rglob("*") if p.is_file() and f"reports.{suffix}" in p.relative_to(outputs).parts]:
        assert (tmp_path / path.relative_to(outputs)).read_bytes() == path.read_bytes()


def test_the_bytes_are_the_same_where_processes_are_spawned(outputs: Path, tmp_path: Path) -> None:
    output = Output(ParquetEncoder(), open_sink(str(tmp_path / "reports.parquet")))
    Run(Plan(Job(), find_inputs([str(outputs / "cases")]), [output], chunk=4, workers=2, method="spawn")).finish()

    for path in (outputs / "reports.parquet").rglob("*.parquet"):
        assert (tmp_path / path.relative_to(outputs)).read_bytes() == path.read_bytes()


# ---------- fields ----------


def test_fields_keep_the_form_of_the_report_with_keys_left_out(expected: bytes) -> None:
    done = records(batch("-", "--fields", "lines.sites.determination, case,lines.id", given=PLAIN).stdout)
    whole = records(expected)

    assert done == [
        r if "error" in r else
        {"case": r["case"], "lines": [{"id": line["id"], "sites": [{"determination": s["determination"]} for s in
                                                                   line["sites"]]} for line in r["lines"]]}
        for r in whole
    ]  # fmt: skip


def test_a_whole_key_takes_the_place_of_its_parts(expected: bytes) -> None:
    done = records(batch("-", "--fields", "policy,policy.number", given=PLAIN).stdout)

    assert done[0] == {"policy": records(expected)[0]["policy"]}


def test_an_unknown_field_is_refused_with_the_nearest() -> None:
    done = batch("examples/cases.ndjson", "--fields", "case,lines.sites.determinations")

    assert done.returncode == 2
    assert "A report has no field 'lines.sites.determinations'. Did you mean lines.sites.determination" in message(done)


# ---------- progress ----------


def test_a_log_gets_one_line_a_minute_with_rate_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    from covergraph.batch.run import Standing

    now = 0.0
    show = log(60, lambda: now)
    for now in range(0, 125, 5):  # the clock of the log
        show(Standing(now * 1000, 7, {}, now * 10, 10_000))

    assert capsys.readouterr().err.splitlines() == [
        "covergraph: 60,000 cases, 1,000/s, 7 bad, 6%, 0:15:40 left",
        "covergraph: 120,000 cases, 1,000/s, 7 bad, 12%, 0:14:40 left",
    ]


def test_a_terminal_gets_a_bar_and_a_pipe_gets_nothing() -> None:
    import pty

    main, terminal = pty.openpty()
    shown = batch("examples/cases.ndjson", "-o", "/dev/null", stderr_to=terminal)
    with io.FileIO(main) as stream:
        printed = stream.read(4096)

    assert shown.returncode == 0
    assert b"5 cases" in printed and b"/s" in printed
    assert batch("examples/cases.ndjson", "-o", "/dev/null").stderr == b""
