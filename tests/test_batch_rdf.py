"""Reports as N-Quads from a batch: every question of the catalogue gets the answer that it gets from `check`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pyoxigraph
import pytest
from batchruns import COMMAND, EXAMPLES, batch, ndjson

import covergraph
from covergraph.sparql import add_reports, run
from covergraph.terms import COV, EARL
from covergraph.workspace import open_workspace

QUESTIONS = sorted(name for name in covergraph.catalog() if name.startswith("report-"))


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pyoxigraph.Store]:
    """The content with the reports on the examples: as `check` writes them, and as `batch` does."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "each").mkdir()
    for case in EXAMPLES:
        (folder / "case.json").write_text(json.dumps(case))
        out = folder / "each" / f"{case['id']}.ttl"
        subprocess.run([COMMAND, "check", folder / "case.json", "-f", "turtle", "-o", out], check=True)
    assert batch("-", "--rdf", folder / "all.nq", "--chunk", "2", given=ndjson(EXAMPLES)).returncode == 0
    content = open_workspace().store
    return {"check": add_reports(content, [folder / "each"]), "batch": add_reports(content, [folder / "all.nq"])}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_the_same_answer_over_a_batch_as_over_reports_one_by_one(
    question: str, stores: dict[str, pyoxigraph.Store]
) -> None:
    text = covergraph.catalog()[question].text
    answers = {name: run(store, text).rows for name, store in stores.items()}

    assert answers["batch"] == answers["check"]
    assert answers["batch"]


def test_a_batch_states_nothing_that_check_does_not_state(stores: dict[str, pyoxigraph.Store]) -> None:
    """Results are nodes without a name in both; what they say is compared by the questions."""

    def named(store: pyoxigraph.Store) -> set[tuple[str, str, str]]:
        return {
            (str(q.subject), str(q.predicate), str(q.object)) for q in store
            if not isinstance(q.subject, pyoxigraph.BlankNode) and not isinstance(q.object, pyoxigraph.BlankNode)
        }  # fmt: skip

    assert named(stores["batch"]) <= named(stores["check"])


def test_each_report_is_a_graph_of_its_own_and_bad_lines_leave_none(tmp_path: Path) -> None:
    out = tmp_path / "reports.nq"
    assert batch("-", "--rdf", out, given=ndjson([EXAMPLES[0], {"id": "bad"}, EXAMPLES[1]])).returncode == 1
    store = pyoxigraph.Store()
    store.load(path=str(out), format=pyoxigraph.RdfFormat.N_QUADS)
    reports = store.quads_for_pattern(None, None, pyoxigraph.NamedNode(COV + "Report"), None)

    assert {q.subject for q in reports} == set(store.named_graphs())
    assert len(set(store.named_graphs())) == 2


def test_every_criterion_of_every_site_has_its_outcome(stores: dict[str, pyoxigraph.Store]) -> None:
    counted = run(stores["batch"], f"""
        SELECT ?outcome (COUNT(*) AS ?times) WHERE {{ GRAPH ?g {{ ?a a <{EARL}Assertion> ; <{EARL}subject> ?s ; <{EARL}test> ?c ;
          <{EARL}result> ?r . ?r <{EARL}outcome> ?outcome }} }} GROUP BY ?outcome""")  # fmt: skip
    words = {"passed": "met", "failed": "not-met", "cantTell": "undocumented", "inapplicable": "not-applicable"}
    values = [
        criterion for case in EXAMPLES for line in covergraph.check(case).lines for site in line.sites
        for criterion in site.outcome.criteria.values()
    ]  # fmt: skip

    assert {words[str(iri).removeprefix(EARL)]: n for iri, n in counted.rows} == {v: values.count(v) for v in set(values)}
