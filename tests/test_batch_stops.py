"""Nothing lost, nothing twice: runs that are killed, stopped, starved of disk or input, and gone on with."""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from batchruns import (
    COMMAND,
    ROOT,
    batch,
    case_lines,
    contents,
    fed,
    has_written,
    living,
    message,
    remembered,
    wait_for,
)

LINES = case_lines(300)
CHUNK = ("--chunk", "7", "--workers", "2")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """What an undisturbed run over the lines writes to an output of some name."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "cases").write_bytes(b"".join(LINES))

    def written(name: str) -> dict[str, bytes]:
        if not (folder / name).exists():
            assert batch(folder / "cases", "-o", folder / name, *CHUNK).returncode == 1
        return contents(folder / name)

    return written


def assert_finished(output: Path, expected: dict[str, bytes]) -> None:
    assert contents(output) == expected
    assert [path.name for path in output.parent.glob(f"{output.name}*")] == [output.name]


# ---------- killed ----------


@pytest.mark.parametrize("name, times", [("reports.ndjson", 14), ("reports.ndjson.gz", 8), ("reports.parquet", 4)])
def test_a_run_that_is_killed_at_any_moment_ends_in_the_same_bytes(
    name: str, times: int, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    """A worker is killed while it judges, then the run itself: while it judges, writes, or stops at a signal."""
    chance = random.Random(name)
    output, pipe = tmp_path / name, tmp_path / "pipe"
    for time_ in range(times):
        mark = 24 + (len(LINES) - 40) * time_ // times + chance.randrange(8)
        with fed(pipe, "-o", output, "--resume", *CHUNK) as run:
            run.give(LINES[:mark])
            wait_for(run.workers)
            os.kill(chance.choice(run.workers()), signal.SIGKILL)
            if time_ % 3 == 1:
                wait_for(lambda: has_written(output))
            time.sleep(chance.uniform(0, 0.03))
            if time_ % 3 == 2:
                run.process.send_signal(signal.SIGTERM)
                time.sleep(chance.choice([0, 0.01, 0.03, 0.3]))
            run.process.kill()
            run.process.wait()
        wait_for(lambda: not living(run.process.pid))  # the workers see that they are alone
        assert not output.exists()
    with fed(pipe, "-o", output, "--resume", *CHUNK) as run:
        run.give(LINES)
        done = run.end()

    assert (done.returncode, message(done)) == (1, "covergraph: 30 of 300 lines are no well-formed case; "
                                                    "see their error records.\n")  # fmt: skip
    assert_finished(output, whole(name))


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_run_with_one_line_and_it_can_go_on(
    number: signal.Signals, code: int, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    output, pipe = tmp_path / "reports.ndjson", tmp_path / "pipe"
    with fed(pipe, "-o", output, *CHUNK) as run:
        run.give(LINES[:150])
        wait_for(lambda: has_written(output))
        os.killpg(run.process.pid, number)  # as a terminal does: to the workers too
        done = run.end()
    kept = remembered(output)
    with fed(pipe, "-o", output, *CHUNK, "--resume") as run:
        run.give(LINES)
        assert run.end().returncode == 1

    assert done.returncode == code
    assert message(done) == (
        f"covergraph: Stopped by {number.name}. {kept} records are kept; --resume goes on behind them.\n"
    )
    assert_finished(output, whole(output.name))


def test_what_went_to_standard_output_before_a_signal_is_whole_lines(tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    with fed(tmp_path / "pipe", *CHUNK, stdout=printed) as run:
        run.give(LINES[:200])
        wait_for(lambda: printed.stat().st_size)
        run.process.send_signal(signal.SIGTERM)
        done = run.end()
    records = [json.loads(line) for line in printed.read_bytes().splitlines()]

    assert done.returncode == 143
    assert printed.read_bytes().endswith(b"\n")
    assert [r["case"] for r in records] == [f"case-{n:04}" for n in range(len(records))]


def test_a_reader_that_leaves_is_told_in_one_line() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{COMMAND} batch - --chunk 7 | head -1; exit ${{PIPESTATUS[0]}}"],
        input=b"".join(LINES) * 3, capture_output=True, cwd=ROOT, check=False,
    )  # fmt: skip

    assert done.stdout.count(b"\n") == 1
    assert done.returncode == 141
    assert message(done).startswith("covergraph: The reader of the output left.")


# ---------- starved ----------


@pytest.mark.parametrize("name", ["reports.ndjson", "reports.parquet"])
def test_a_full_disk_loses_nothing(name: str, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]) -> None:
    cases, output = tmp_path / "cases", tmp_path / name
    cases.write_bytes(b"".join(LINES))
    sizes = sorted(map(len, whole(name).values()))
    most = sizes[-1] // 2 if name == "reports.ndjson" else sizes[-1] - 1

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    full = batch(cases, "-o", output, *CHUNK, preexec_fn=small_disk)
    was_there = output.exists()
    done = batch(cases, "-o", output, *CHUNK, "--resume")

    assert full.returncode == 2
    assert f"{output}: It cannot be written: File too large." in message(full)
    assert "records are kept; --resume goes on behind them." in message(full)
    assert not was_there
    assert done.returncode == 1
    assert_finished(output, whole(name))


def test_a_full_device_is_named(tmp_path: Path) -> None:
    done = batch("examples/cases.ndjson", "-o", "/dev/full")

    assert done.returncode == 2
    assert message(done) == "covergraph: /dev/full: It cannot be written: No space left on device.\n"


CUT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "plain": (bytes, "The input ends in the middle of this line."),
    "gzip": (gzip.compress, "It ends or breaks in the middle"),
    "zstd": (zstd.compress, "It ends or breaks in the middle"),
}


@pytest.mark.parametrize("packed, told", CUT.values(), ids=CUT)
def test_an_input_that_was_cut_is_gone_on_with_when_it_is_whole(
    packed: Callable[[bytes], bytes], told: str, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    cases, output = tmp_path / "cases", tmp_path / "reports.ndjson.zst"
    data = packed(b"".join(LINES))
    cases.write_bytes(data[: len(data) * 2 // 3 - 5])
    cut = batch(cases, "-o", output, *CHUNK)
    cases.write_bytes(data)
    done = batch(cases, "-o", output, *CHUNK, "--resume")

    assert cut.returncode == 2
    assert str(cases) in message(cut) and told in message(cut)
    assert done.returncode == 1
    assert_finished(output, whole(output.name))


def test_a_whole_last_line_needs_no_line_end(tmp_path: Path) -> None:
    (tmp_path / "cases").write_bytes(b"".join(LINES[:3]).rstrip(b"\n"))

    assert batch(tmp_path / "cases").stdout.count(b"\n") == 3


# ---------- not twice, not over something else ----------


@pytest.fixture
def stopped(tmp_path: Path) -> tuple[Path, Path]:
    """Cases and the output of a run that was stopped by too many errors."""
    cases, output = tmp_path / "cases.ndjson", tmp_path / "reports.ndjson"
    cases.write_bytes(b"".join(LINES))
    done = batch(cases, "-o", output, *CHUNK, "--max-errors", "12")
    assert done.returncode == 2
    assert message(done).startswith(f"covergraph: {cases}: 13 of 133 records are bad, more than 12. "
                                    "See their error records. 133 records are kept;")  # fmt: skip
    return cases, output


def test_too_many_errors_stop_a_run_which_can_go_on(
    stopped: tuple[Path, Path], whole: Callable[[str], dict[str, bytes]]
) -> None:
    cases, output = stopped
    again = batch(cases, "-o", output, *CHUNK, "--resume", "--max-errors", "20")
    done = batch(cases, "-o", output, *CHUNK, "--resume")

    assert (again.returncode, done.returncode) == (2, 1)
    assert_finished(output, whole(output.name))


def test_an_output_that_exists_stays_unless_forced(tmp_path: Path) -> None:
    for name in ("reports.ndjson", "reports.parquet"):
        output = tmp_path / name
        assert batch("examples/cases.ndjson", "-o", output).returncode == 0
        before = contents(output)
        refused = batch("examples", "-o", output)
        resumed = batch("examples/cases.ndjson", "-o", output, "--resume")
        unchanged = contents(output)
        forced = batch("examples", "-o", output, "--force")

        assert refused.returncode == 2 and "It exists already. --force replaces it." in message(refused)
        assert resumed.returncode == 2 and "It is finished; there is nothing to resume." in message(resumed)
        assert unchanged == before
        assert forced.returncode == 0
        assert contents(output) != before
        assert [path.name for path in tmp_path.glob(f"{name}*")] == [name]


def test_a_folder_that_no_batch_made_is_never_removed(tmp_path: Path) -> None:
    output = tmp_path / "own.parquet"
    output.mkdir()
    (output / "thesis.doc").write_text("years of work")
    done = batch("examples/cases.ndjson", "-o", output, "--force")

    assert done.returncode == 2 and "not made by a batch" in message(done)
    assert (output / "thesis.doc").read_text() == "years of work"


def test_a_stopped_run_is_not_begun_anew_by_mistake(stopped: tuple[Path, Path]) -> None:
    cases, output = stopped
    refused = batch(cases, "-o", output, *CHUNK)
    forced = batch(cases, "-o", output, *CHUNK, "--force")

    assert refused.returncode == 2
    assert "An earlier run was stopped here. --resume goes on with it, --force begins anew." in message(refused)
    assert forced.returncode == 1 and output.exists()


OTHERS = {
    "options": (["--strict"], "--strict was false, now true"),
    "fields": (["--fields", "case,determination"], "--fields was not given, now case,determination"),
    "chunks": (["--chunk", "8"], "--chunk was 7, now 8"),
}


@pytest.mark.parametrize("more, told", OTHERS.values(), ids=OTHERS)
def test_a_resume_with_other_options_is_refused_by_name(more: list[str], told: str, stopped: tuple[Path, Path]) -> None:
    cases, output = stopped
    done = batch(cases, "-o", output, *CHUNK, "--resume", *more)

    assert done.returncode == 2
    assert f"It is of another run: {told}." in message(done)
    assert remembered(output) == 133


def test_a_resume_over_other_input_is_refused(stopped: tuple[Path, Path]) -> None:
    cases, output = stopped
    lines = [*LINES[:50], LINES[50].replace(b"case-0050", b"case-9950"), *LINES[51:]]
    cases.write_bytes(b"".join(lines))
    changed = batch(cases, "-o", output, *CHUNK, "--resume")
    cases.write_bytes(b"".join(LINES[:100]))
    shorter = batch(cases, "-o", output, *CHUNK, "--resume")
    cases.rename(cases.with_name("others.ndjson"))
    renamed = batch(cases.with_name("others.ndjson"), "-o", output, *CHUNK, "--resume")

    for done in (changed, shorter):
        assert done.returncode == 2
        assert f"{cases}: The first 133 cases are not those that were judged before." in message(done)
    assert renamed.returncode == 2 and f"input: {cases} is gone" in message(renamed)


def test_a_resume_under_another_policy_version_is_refused(stopped: tuple[Path, Path], toy_root: Path) -> None:
    cases, output = stopped
    done = subprocess.run(
        [COMMAND, "--content", str(toy_root), "batch", str(cases), "-o", str(output), *CHUNK, "--resume"],
        capture_output=True, cwd=ROOT, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "versions of policy" in message(done) and "content was" in message(done)


def test_two_runs_never_write_one_output(tmp_path: Path) -> None:
    output, pipe = tmp_path / "reports.ndjson", tmp_path / "pipe"
    with fed(pipe, "-o", output, *CHUNK) as run:
        run.give(LINES[:100])
        wait_for(lambda: has_written(output))
        forced = batch("examples/cases.ndjson", "-o", output, "--force")
        run.give(LINES[100:])
        done = run.end()

    assert forced.returncode == 2 and "Another run is writing it." in message(forced)
    assert done.returncode == 1
    assert output.read_bytes().count(b"\n") == len(LINES)


def test_a_lost_part_is_told(stopped: tuple[Path, Path]) -> None:
    cases, output = stopped
    output.with_name("reports.ndjson.part").write_bytes(b"")
    done = batch(cases, "-o", output, *CHUNK, "--resume")

    assert done.returncode == 2 and "It does not hold the" in message(done)


def test_a_damaged_journal_is_told(stopped: tuple[Path, Path]) -> None:
    cases, output = stopped
    output.with_name("reports.ndjson.journal").write_text("{")
    done = batch(cases, "-o", output, *CHUNK, "--resume")

    assert done.returncode == 2 and "no journal that this version can read" in message(done)


def test_standard_output_cannot_be_resumed() -> None:
    done = batch("examples/cases.ndjson", "--resume")

    assert done.returncode == 2 and "Name a file with --output." in message(done)


def test_standard_input_is_resumed_when_it_is_given_again(
    tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    output = tmp_path / "reports.ndjson"
    cut = batch("-", "-o", output, *CHUNK, given=b"".join(LINES)[:50_000])
    done = batch("-", "-o", output, *CHUNK, "--resume", given=b"".join(LINES))

    assert (cut.returncode, done.returncode) == (2, 1)
    assert_finished(output, whole(output.name))


def test_a_run_that_judged_nothing_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "blank.ndjson").write_bytes(b"\n \n")
    done = batch(tmp_path / "blank.ndjson", "-o", tmp_path / "reports.ndjson")

    assert done.returncode == 2 and "There is no case in it." in message(done)
    assert [path.name for path in tmp_path.iterdir()] == ["blank.ndjson"]
    shutil.rmtree(tmp_path)
