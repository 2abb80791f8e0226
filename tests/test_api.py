"""The Python door: every form of a case, the graph in every form, and answers as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import covergraph
from covergraph.casegraph import write_case

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "trial-incomplete.json"
CASE = json.loads(EXAMPLE.read_text())


def test_every_form_of_a_case_gives_the_same_report(tmp_path: Path) -> None:
    import rdflib

    turtle = tmp_path / "case.ttl"
    turtle.write_text(write_case(CASE, "urn:example:case", {}))
    forms = [CASE, EXAMPLE, EXAMPLE.read_text(), EXAMPLE.read_bytes(), turtle, rdflib.Graph().parse(turtle)]

    assert len({covergraph.check(form) for form in forms}) == 1


def test_a_report_cannot_be_changed() -> None:
    report = covergraph.check(CASE)

    with pytest.raises(AttributeError):
        report.determination = "medically-necessary"  # type: ignore[misc]
    with pytest.raises(TypeError):
        report.lines[0].sites[0].outcome.criteria["I"] = "met"  # type: ignore[index]


def test_what_is_no_case_is_refused_by_its_type() -> None:
    with pytest.raises(covergraph.InputError, match="A int is no case"):
        covergraph.check(3)  # type: ignore[arg-type]


def test_answers_become_a_frame_in_which_codes_stay_text() -> None:
    frame = covergraph.query("codes-listed").to_pandas()

    assert "0200T" in set(frame["code"]) and "22514" in set(frame["code"])


def test_the_graph_is_the_same_in_rdflib_and_in_oxigraph() -> None:
    store = covergraph.store()

    assert len(covergraph.graph()) == len({(q.subject, q.predicate, q.object) for q in store})


def test_the_ontology_comes_as_python_objects() -> None:
    ontology = covergraph.ontology()
    site = ontology.world["https://w3id.org/covergraph/ont#Site"]

    assert [f"{label}" for label in site.label] == ["site"]


def test_a_misspelt_name_says_so() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'chek'"):
        covergraph.chek  # noqa: B018
