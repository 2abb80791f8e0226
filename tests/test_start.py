"""A process starts with what was kept on disk, says the same with it as without, and loads only what it needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from casefiles import read_examples
from conftest import ROOT
from covergraph import cache
from covergraph.checker import Checker
from covergraph.cli.lane import plain_check
from covergraph.jsontext import indented
from covergraph.workspace import Workspace

EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.json"))}
ONE = EXAMPLES["acute-fracture"]
HEAVY = {
    "click", "dataclasses", "hashlib", "jsonschema_rs", "orjson", "pathlib", "pickle", "pyoxigraph", "rdflib",
    "calendar", "difflib", "inspect", "tempfile", "urllib.parse",
}  # fmt: skip


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, still to be made."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("COVERGRAPH_CACHE", str(folder))
    return folder


def covergraph(*arguments: str | Path, give: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", "from covergraph.cli import main; main()", *map(str, arguments)],
        input=give, capture_output=True, cwd=ROOT,
    )  # fmt: skip


def clicked(*arguments: str | Path, give: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The same command the usual way, by click."""
    code = "from covergraph import cli; cli.plain_check = lambda arguments: None; cli.main()"
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], input=give, capture_output=True, cwd=ROOT)


def outcome(done: subprocess.CompletedProcess[bytes]) -> tuple[int, bytes, bytes]:
    return done.returncode, done.stdout, done.stderr


def fresh_reports(monkeypatch: pytest.MonkeyPatch, root: Path, documents: list[Any]) -> list[Any]:
    with monkeypatch.context() as without:
        without.setenv("COVERGRAPH_CACHE", "")
        checker = Checker(Workspace(root))
        return [checker.check(document).to_json() for document in documents]


@pytest.mark.parametrize("content", ["ships", "toy"])
def test_what_was_kept_gives_the_reports_of_what_is_made_anew(
    content: str, kept: Path, toy_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = ROOT if content == "ships" else toy_root
    documents: list[Any] = [case.document for case in read_examples().values()]
    documents += [json.loads(path.read_text()) for path in EXAMPLES.values()]
    if content == "toy":
        documents += [json.loads(p.read_text()) for p in sorted((ROOT / "tests" / "toy").rglob("*.json"))]
        documents = [d for d in documents if isinstance(d, dict) and "serviceDate" in d]
    expected = fresh_reports(monkeypatch, root, documents)
    made = [Checker(Workspace(root)).check(document).to_json() for document in documents[:1]]
    reader = Checker(Workspace(root))

    assert made == expected[:1]
    assert [reader.check(document).to_json() for document in documents] == expected
    assert [reader.check_swiftly(document).to_json() for document in documents] == expected
    assert [indented(report) for report in expected] == [
        json.dumps(report, ensure_ascii=False, indent=2) for report in expected
    ]
    assert "store" not in vars(Checker(Workspace(root)).workspace)
    assert len(list(kept.iterdir())) >= 5


def test_a_process_that_finds_everything_kept_opens_no_store(kept: Path) -> None:
    document = json.loads(ONE.read_text())
    Checker(Workspace(ROOT)).check(document)
    second = Checker(Workspace(ROOT))
    second.check(document)

    assert "store" not in vars(second.workspace)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "longer"])
def test_a_damaged_entry_is_made_anew(damage: str, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    whole = cache.kept(
        "x", "content", lambda: {"made": "once", "code": eval("lambda a: a + b", {"b": 2})}, lambda: True
    )
    (entry,) = kept.iterdir()
    data = entry.read_bytes()
    assert whole["code"](1) == 3

    def make() -> dict[str, str]:
        made.append(1)
        return {"made": "anew"}

    spoiled = {
        "flip": [data[:n] + bytes([data[n] ^ 1]) + data[n + 1 :] for n in range(len(data))],
        "cut": [data[:n] for n in range(len(data))],
        "empty": [b""],
        "longer": [data + b"\0"],
    }[damage]
    for bad in spoiled:
        entry.write_bytes(bad)
        assert cache.kept("x", "content", make, lambda: False) == {"made": "anew"}

    assert len(made) == len(spoiled)
    entry.write_bytes(data)
    assert cache.kept("x", "content", make, lambda: False)["made"] == "once"


def test_generated_code_comes_back_with_its_constants(kept: Path) -> None:
    def make() -> Any:
        return eval("lambda v: any(x in table for x in v)", {"table": {"a": 1}})

    def make_again() -> Any:
        pytest.fail("It was kept.")

    cache.kept("f", "content", make, lambda: True)
    found = cache.kept("f", "content", make_again, lambda: True)

    assert [found(["a"]), found(["b"])] == [True, False]


def test_other_content_or_another_program_reads_nothing_of_it(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.kept("x", "one", lambda: 1, lambda: True)
    assert cache.kept("x", "two", lambda: 2, lambda: True) == 2
    assert len(list(kept.iterdir())) == 1  # the stale entry was overwritten

    monkeypatch.setattr(cache, "_sources", lambda: b"another program")
    assert cache.kept("x", "two", lambda: 3, lambda: True) == 3


def test_changed_content_is_read_anew(kept: Path, tmp_path: Path) -> None:
    root = tmp_path / "content"
    for part in ("ontology", "shapes"):
        shutil.copytree(ROOT / part, root / part)
    document = json.loads(ONE.read_text())
    before = Checker(Workspace(root)).check(document)
    for path in (root / "ontology").rglob("*.ttl"):
        path.write_text(path.read_text().replace(f'"{before.policy_number}"', '"9.99.99"'))

    assert Checker(Workspace(root)).default_policy == "9.99.99"


def test_content_that_changes_while_it_is_read_is_not_kept(kept: Path) -> None:
    assert cache.kept("x", "one", lambda: 1, lambda: False) == 1
    assert not kept.exists()


def test_a_cache_that_cannot_be_written_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, file / "below", Path("/proc/no")):
        monkeypatch.setenv("COVERGRAPH_CACHE", str(place))
        assert cache.kept("x", "one", lambda: 1, lambda: True) == 1
    assert sorted(tmp_path.iterdir()) == [file]


def test_an_entry_that_somebody_else_may_write_is_not_read(kept: Path) -> None:
    cache.kept("x", "one", lambda: 1, lambda: True)
    (entry,) = kept.iterdir()
    assert (kept.stat().st_mode & 0o777, entry.stat().st_mode & 0o777) == (0o700, 0o600)
    entry.chmod(0o666)

    assert cache.kept("x", "one", lambda: 2, lambda: False) == 2


def test_an_empty_setting_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COVERGRAPH_CACHE", "")
    assert cache.cache_folder() is None
    monkeypatch.delenv("COVERGRAPH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_folder() == str(tmp_path / "covergraph")


def test_processes_that_start_at_once_all_say_the_same(kept: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: outcome(covergraph("check", ONE, "-f", "json")), range(4)))

    assert len(set(done)) == 1
    assert done[0][0] == 0
    assert all(len(path.name) == 32 for path in kept.iterdir())  # nothing half-written lies about


def test_checking_a_case_as_json_imports_nothing_that_it_can_spare(kept: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); sys.argv = ['covergraph', 'check', sys.argv[1], '-f', sys.argv[2]]\n"
        "from covergraph.cli import main; main()\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )

    def loaded(format: str) -> set[str]:
        command = [sys.executable, "-c", code, str(ONE), format]
        return set(subprocess.run(command, capture_output=True, cwd=ROOT, check=True).stderr.decode().split())

    loaded("text")  # keeps what the next ones find
    assert loaded("json") & HEAVY == set()
    assert loaded("text") & (HEAVY - {"pathlib", "urllib.parse"}) == set()


COMMANDS = [
    *[("check", path, "-f", format) for path in EXAMPLES.values() for format in ("json", "text")],
    ("check", ONE), ("check", "--format", "json", "--strict", ONE), ("check", ONE, "--policy", "6.01.17"),
    ("check", ONE, "--policy", "0"), ("check", ONE, "--policy", ""), ("check", "no such file", "-f", "json"),
    ("check", "examples", "-f", "json"), ("check", "README.md", "-f", "json"), ("check", ONE, "-f", "jsno"),
    ("check", ONE, ONE), ("check", ONE, "-f"), ("check", ONE, "-f", "json", "-f", "text"), ("check",), (),
    ("check", ONE, "-fjson"), ("check", ONE, "--format=json"), ("check", ONE, "-f", "json", "-o", "/no/where"),
    ("check", "--", ONE), ("check", ONE, "--help"), ("check", ONE, "-f", "markdown"),
]  # fmt: skip


def test_the_short_lane_says_what_click_says() -> None:
    for command in COMMANDS:
        assert outcome(covergraph(*command)) == outcome(clicked(*command)), command


def test_the_short_lane_leaves_to_click_what_only_click_can_tell() -> None:
    assert plain_check(["check", "case.json", "-o", "--strict"]) is None
    assert plain_check(["check", "case.json", "--judge", "pyshacl"]) is None
    assert plain_check(["--content", "folder", "check", "case.json"]) is None


@pytest.mark.parametrize("text", [b"", b"{", b'{"id": 1}', b'{"id": "a", "id": "b"}', b"\xff", b"[]"])
def test_the_short_lane_says_what_click_says_of_bad_input(text: bytes) -> None:
    bad = covergraph("check", "-", "-f", "json", give=text)

    assert outcome(bad) == outcome(clicked("check", "-", "-f", "json", give=text))
    assert bad.returncode == 2
    assert bad.stderr.startswith(b"covergraph: standard input")


def test_the_short_lane_reads_standard_input_and_writes_files(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    done = covergraph("check", "-", "--format", "json", "--output", target, give=ONE.read_bytes())

    assert outcome(done) == (0, b"", b"")
    assert target.read_bytes() == clicked("check", ONE, "-f", "json").stdout


@pytest.mark.parametrize("run", ["covergraph", "clicked"])
def test_a_reader_that_leaves_ends_the_command_quietly(run: str) -> None:
    code = "from covergraph import cli\n" + ("cli.plain_check = lambda _: None\n" if run == "clicked" else "")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code + "cli.main()", "check", str(ONE), "-f", "json"],
            stdout=writing, stderr=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (1, b"")
