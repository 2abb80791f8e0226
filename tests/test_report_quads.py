"""Reports as N-Quads say what reports as RDF say, in the same words, and answer the catalogue's questions alike."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse
from rdflib import Dataset

from casefiles import read_examples
from covergraph.batch.compression import compressor
from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.model import Report
from covergraph.queries import bind, catalog
from covergraph.render.nquads import ReportQuads
from covergraph.render.rdf import report_graph
from covergraph.sites import read_facts
from covergraph.sparql import add_reports, run
from covergraph.terms import EARL, cov
from covergraph.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "conflicting-infection", "medicare-osteoporotic", "norian-srs", "two-levels-one-fracture", "traumatic-fracture",
    "spinejack",
)  # fmt: skip
EXAMPLES = {name: read_examples()[name] for name in NAMES}
"""Each determination, lines with several sites, and a line out of scope; pySHACL's part of a report takes a second."""
QUESTIONS = sorted(name for name in catalog(ROOT) if name.startswith("report-"))
Triples = set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return open_workspace(ROOT)


@pytest.fixture(scope="module")
def checker(workspace: Workspace) -> Checker:
    return Checker(workspace)


@pytest.fixture(scope="module")
def written(checker: Checker, workspace: Workspace) -> Callable[[Report], bytes]:
    return ReportQuads(checker.policy_at, workspace).quads


@pytest.fixture(scope="module")
def full(checker: Checker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports as ``covergraph check --format turtle`` has them."""
    folder = tmp_path_factory.mktemp("full")
    for name, example in EXAMPLES.items():
        case = checker.read(example.document)
        judge = checker.judge_of(case)
        facts = read_facts(case, judge.policy.vocabulary)
        graph = report_graph(case, judge.report(case), judge.policy, facts, checker.workspace)
        graph.serialize(folder / f"{name}.ttl", format="turtle")
    return folder


def triples(data: bytes, format: RdfFormat) -> Triples:
    """The triples, an ``earl:TestResult`` by its outcome: it is a blank node in one form and shared in the other."""
    quads = list(parse(data, format))
    outcomes = {str(q.subject): str(q.object) for q in quads if q.predicate.value == EARL + "outcome"}

    def name(term: object) -> str:
        return outcomes.get(str(term), str(term))

    return {(name(q.subject), str(q.predicate), name(q.object)) for q in quads}


def named(*names: str) -> set[str]:
    return {f"<{name}>" for name in names}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_quads_say_what_the_report_as_rdf_says(
    name: str, checker: Checker, written: Callable[[Report], bytes], full: Path
) -> None:
    lean = triples(written(checker.check(EXAMPLES[name].document)), RdfFormat.N_QUADS)
    whole = triples((full / f"{name}.ttl").read_bytes(), RdfFormat.TURTLE)
    reasons = ("determination", "decidedBy", "holds", "presumedAbsent", "touches", "hasSite", "judgedUnder", "ofCase")
    judged = named(*map(cov, reasons), *(EARL + part for part in ("subject", "test", "result", "outcome")))

    assert lean <= whole
    assert {t for t in whole if t[1] in judged} <= lean


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_about_reports_have_the_same_answer_over_quads(
    question: str, checker: Checker, written: Callable[[Report], bytes], full: Path, tmp_path: Path
) -> None:
    lean = tmp_path / "reports.nq.gz"
    lean.write_bytes(gzip.compress(b"".join(written(checker.check(e.document)) for e in EXAMPLES.values())))
    asked = catalog(ROOT)[question]
    text = bind(asked, asked.example)

    def ask(reports: Path) -> object:
        return run(add_reports(checker.workspace.store, [reports]), text, checker.workspace.prefixes).rows

    assert ask(lean) == ask(full)
    assert ask(lean)


@pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated:DeprecationWarning")
def test_a_report_is_one_graph_that_another_store_reads(checker: Checker, written: Callable[[Report], bytes]) -> None:
    data = written(checker.check(EXAMPLES["two-levels-one-fracture"].document))
    dataset = Dataset(default_union=True)
    dataset.parse(data=data.decode(), format="nquads")
    graphs = {q.graph_name for q in parse(data, RdfFormat.N_QUADS)}
    [report] = {str(s) for s in dataset.subjects() if "/report/" in str(s) and "#" not in str(s)}

    assert {str(g) for g in graphs} == {f"<{report}>"}
    assert len(dataset) == data.count(b"\n")


def test_two_cases_under_one_outcome_have_their_own_sites(checker: Checker, written: Callable[[Report], bytes]) -> None:
    other = EXAMPLES["traumatic-fracture"].document | {"id": "other"}
    both = [written(checker.check(d)) for d in (EXAMPLES["traumatic-fracture"].document, other)]
    first, second = (b.replace(b"/other", b"/traumatic-fracture").replace(b'"other"', b'"traumatic-fracture"')
                     for b in both)  # fmt: skip

    assert first == second
    assert both[0] != both[1]
    assert b"\x00" not in both[0]


@pytest.mark.parametrize("ending", [".nq", ".nq.gz", ".nq.zst"])
def test_a_store_keeps_the_graph_of_each_report(
    ending: str, checker: Checker, written: Callable[[Report], bytes], tmp_path: Path
) -> None:
    file = tmp_path / f"reports{ending}"
    chunks = [written(checker.check(example.document)) for example in EXAMPLES.values()]
    file.write_bytes(b"".join(map(compressor(file.name), chunks)))
    store = add_reports(Store(), [file])

    assert len(list(store.named_graphs())) == len(EXAMPLES)
    assert len(store) == sum(chunk.count(b"\n") for chunk in chunks)


def test_damaged_quads_are_refused_with_their_place(workspace: Workspace, tmp_path: Path) -> None:
    cut = tmp_path / "cut.nq.gz"
    cut.write_bytes(gzip.compress(b"<urn:a> <urn:b> <urn:c> <urn:g> .\n" * 1000)[:-9])
    wrong = tmp_path / "wrong.nq"
    wrong.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\n<urn:a> oops .\n")

    with pytest.raises(InputError, match=r"cut\.nq\.gz: This cannot be read as RDF"):
        add_reports(Store(), [cut])
    with pytest.raises(InputError, match=r"wrong\.nq:2: This cannot be read as RDF"):
        add_reports(Store(), [wrong])
