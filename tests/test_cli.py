"""The commands as a user runs them: a real process, its output, its exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
COMMAND = str(Path(sys.executable).with_name("covergraph"))


def run(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [COMMAND, *arguments],
        input=given,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def refused(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line on stderr of a command that refuses its input."""
    message = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b""), message
    assert "Traceback" not in message
    return message


def test_check_prints_a_report_that_a_reviewer_can_read_on_any_terminal() -> None:
    done = run("check", "examples/acute-fracture.json")
    text = done.stdout.decode()

    assert done.returncode == 0
    assert "medically necessary" in text.splitlines()[0].lower()
    assert "I.C.1.d.i.acute" in text and "office note 2026-02-27" in text
    assert "clinician" in text
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text


def test_check_does_without_unicode_where_the_terminal_has_none() -> None:
    done = run("check", "examples/two-levels.json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert done.returncode == 0
    assert done.stdout.isascii()


def test_check_reads_a_case_from_standard_input() -> None:
    done = run("check", "-", "--format", "json", given=(EXAMPLES / "acute-fracture.json").read_bytes())

    assert json.loads(done.stdout)["case"] == "acute-fracture"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda p: p.stem)
def test_a_report_keeps_the_published_schema(path: Path) -> None:
    schema = json.loads(run("schema", "report").stdout)
    report = json.loads(run("check", str(path), "--format", "json").stdout)

    jsonschema.validate(report, schema)


def test_the_published_case_schema_accepts_the_examples() -> None:
    schema = json.loads(run("schema").stdout)
    for path in EXAMPLES.glob("*.json"):
        jsonschema.validate(json.loads(path.read_text()), schema)


def test_both_judges_print_the_same_report() -> None:
    reports = {
        run("check", "examples/two-levels.json", "-f", "json", "--judge", j).stdout for j in ("compiled", "pyshacl")
    }

    assert len(reports) == 1


def test_strict_presumes_nothing() -> None:
    site = json.loads(run("check", "examples/acute-fracture.json", "-f", "json", "--strict").stdout)["lines"][0][
        "sites"
    ][0]

    assert site["determination"] == "more-information-needed"
    assert site["presumedAbsent"] == []
    assert "II.K" in site["decidedBy"] and "II.K" in site["ruleOut"]["exclusions"]


@pytest.mark.parametrize("format", ["turtle", "jsonld"])
def test_a_case_may_come_as_rdf_and_gives_the_same_report(format: str, tmp_path: Path) -> None:
    import rdflib

    from covergraph.casegraph import case_quads
    from covergraph.rdflibgraph import to_rdflib

    source = EXAMPLES / "trial-incomplete.json"
    if format == "turtle":
        graph = rdflib.Graph()
        for quad in case_quads(json.loads(source.read_text()), "urn:example:case"):
            graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
        path = tmp_path / "case.ttl"
        path.write_text(graph.serialize(format="turtle"))
    else:
        path = tmp_path / "case.jsonld"
        path.write_text(
            json.dumps(
                {"@context": "https://w3id.org/covergraph/context/case.jsonld", **json.loads(source.read_text())}
            )
        )

    assert run("check", str(path), "-f", "json").stdout == run("check", str(source), "-f", "json").stdout


@pytest.mark.parametrize("format", ["turtle", "json-ld"])
def test_a_report_as_rdf_holds_the_validation_report_and_every_criterion(format: str) -> None:
    import rdflib

    done = run("check", "examples/infection-conflict.json", "-f", format.replace("-", ""))
    graph = rdflib.Graph().parse(data=done.stdout.decode(), format=format)
    counted = graph.query("""
        PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX earl: <http://www.w3.org/ns/earl#> PREFIX cov: <https://w3id.org/covergraph/ont#>
        SELECT (COUNT(DISTINCT ?report) AS ?reports) (COUNT(DISTINCT ?assertion) AS ?assertions) WHERE {
          { ?report a sh:ValidationReport ; sh:result ?result }
          UNION { ?assertion a earl:Assertion ; earl:result/earl:outcome ?outcome }
        }""")
    [(reports, assertions)] = [tuple(int(v) for v in row) for row in counted]  # type: ignore[union-attr, arg-type]
    report = json.loads(run("check", "examples/infection-conflict.json", "-f", "json").stdout)

    assert reports == 1
    assert assertions == len(report["lines"][0]["sites"][0]["criteria"])


def test_batch_keeps_the_order_and_puts_an_error_record_in_the_place_of_a_bad_line(tmp_path: Path) -> None:
    lines = (EXAMPLES / "cases.ndjson").read_bytes().splitlines()
    lines[2:2] = [b"{", b'{"id": "x", "id": "y"}', b"\xff"]
    out = tmp_path / "reports.ndjson"
    done = run("batch", "-", "-o", str(out), given=b"\n".join(lines))
    records = [json.loads(line) for line in out.read_bytes().splitlines()]

    assert done.returncode == 1
    assert "3 of 8 lines" in done.stderr.decode()
    assert [r.get("case") for r in records[:2]] == ["acute-fracture", "trial-incomplete"]
    assert [(r["line"], r["error"]["code"]) for r in records[2:5]] == [
        (3, "not-json"),
        (4, "duplicate-key"),
        (5, "not-utf8"),
    ]
    assert records[3]["error"]["pointer"] == "/id"
    assert [r["case"] for r in records[5:]] == ["two-levels", "sacral-metastasis", "infection-conflict"]


def test_batch_gives_each_case_the_report_that_check_gives(tmp_path: Path) -> None:
    lines = run("batch", "examples/cases.ndjson").stdout.splitlines()
    by_case = {report["case"]: report for report in map(json.loads, lines)}

    for path in EXAMPLES.glob("*.json"):
        assert by_case[path.stem] == json.loads(run("check", str(path), "-f", "json").stdout)


def test_an_output_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    out.write_text("kept")
    refused(run("check", "-", "-f", "json", "-o", str(out), given=b"{}"))

    assert out.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [out]


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    case = (EXAMPLES / "cases.ndjson").read_bytes() * 400
    done = subprocess.run(
        ["bash", "-c", f"{COMMAND} batch - | head -1"], input=case, capture_output=True, cwd=ROOT, check=False
    )
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in done.stderr


BAD_USES = {
    "no such file": (["check", "nowhere.json"], "nowhere.json: It cannot be read"),
    "a folder": (["check", "examples"], "examples: It cannot be read"),
    "a batch of a folder without cases": (["batch", "docs"], "docs: The folder has no .json file"),
    "an unknown policy": (["check", "examples/acute-fracture.json", "--policy", "9.99"], "There is no policy '9.99'"),
    "an unknown format": (["check", "examples/acute-fracture.json", "--format", "pdf"], "'pdf' is not one of"),
    "no arguments": (["check"], "Missing argument"),
    "an unknown command": (["chek"], "No such command"),
    "an unwritable output": (["check", "examples/acute-fracture.json", "-o", "/no/such/folder/x"], "cannot be written"),
    "an output that is a folder": (["check", "examples/acute-fracture.json", "-o", "docs"], "docs: It is a folder"),
    "an unknown query": (["query", "contraindication"], "Did you mean 'contraindications'"),
    "an unknown parameter": (["query", "contraindications", "--param", "colour=red"], "colour"),
    "a parameter without a value": (["query", "contraindications", "--param", "policy"], "NAME=VALUE"),
    "content that is none": (["--content", "docs", "policy", "list"], "ontology/core.ttl is missing"),
}


@pytest.mark.parametrize("arguments, message", BAD_USES.values(), ids=BAD_USES)
def test_a_wrong_use_is_refused_with_one_clear_message(arguments: list[str], message: str) -> None:
    assert message in refused(run(*arguments))


BAD_CASES = {
    "unknown concept": ({"findings": [{"concept": "fever", "status": "present"}]}, "/findings/0/concept"),
    "onset after service": (
        {"findings": [{"concept": "septicemia", "status": "present", "onset": "2027-01-01"}]}, "/findings/0/onset"),
    "impossible date": ({"serviceDate": "2026-02-30"}, "/serviceDate"),
    "unknown key": ({"finding": []}, "/finding"),
    "remote context": ({"@context": "https://example.com/context.jsonld"}, "/@context"),
}  # fmt: skip


@pytest.mark.parametrize("change, place", BAD_CASES.values(), ids=BAD_CASES)
def test_a_bad_case_is_refused_with_place_cause_and_cure(change: dict[str, object], place: str) -> None:
    case = json.loads((EXAMPLES / "acute-fracture.json").read_text()) | change
    message = refused(run("check", "-", given=json.dumps(case).encode()))

    assert re.fullmatch(rf"covergraph: standard input: {place}: .+\. .+\n", message)


def test_a_bad_query_names_its_line() -> None:
    message = refused(run("query", "-", given=b"SELECT * WHERE {\n  ?s ?p\n}"))

    assert re.search(r"line 3", message)


def test_a_query_never_reaches_out() -> None:
    assert "SERVICE" in refused(run("query", "-", given=b"SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"))


def test_an_own_query_may_use_the_prefixes_without_declaring_them() -> None:
    done = run(
        "query",
        "-",
        "--format",
        "csv",
        given=b"SELECT ?number { ?p a cov:Policy ; cov:policyNumber ?number ; cov:isDefault true }",
    )

    assert done.stdout.decode().split() == ["number", "6.01.17"]


def test_queries_are_asked_over_judged_cases(tmp_path: Path) -> None:
    for path in EXAMPLES.glob("*.json"):
        assert run("check", str(path), "-f", "turtle", "-o", str(tmp_path / f"{path.stem}.ttl")).returncode == 0
    done = run("query", "report-determinations", "--reports", str(tmp_path), "--format", "csv")

    counts = dict(line.rsplit(",", 1) for line in done.stdout.decode().split("\r\n")[1:] if line)
    assert sum(map(int, counts.values())) == len(list(EXAMPLES.glob("*.json")))


def test_every_command_has_help_with_an_example() -> None:
    listed = re.findall(r"^  ([a-z][a-z-]+)  ", run("--help").stdout.decode(), re.MULTILINE)
    assert len(listed) >= 9
    for command in listed:
        if command != "policy":
            assert "Example:" in run(command, "--help").stdout.decode(), command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    assert "_COVERGRAPH_COMPLETE" in run("completion", shell).stdout.decode()


def test_version_is_printed() -> None:
    assert re.fullmatch(r"covergraph \d+\.\d+\.\d+\n", run("--version").stdout.decode())


def test_checking_a_case_loads_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['covergraph', 'check', 'examples/acute-fracture.json', '-f', 'json'];"
        "from covergraph.cli.commands import cli\n"
        "try: cli()\nexcept SystemExit: pass\n"
        "heavy = {'rdflib', 'pyshacl', 'owlready2', 'jinja2', 'rich', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)

    assert done.stderr.decode().strip() == "[]"
