"""A policy of another specialty, laid over the content as files, is judged with no change of the program."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

import covergraph
from casefiles import CaseFile, Json, differences, read_boundaries, read_examples
from covergraph.case import case_json
from covergraph.casegraph import parse_case_rdf, write_case
from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.policy import Policy
from covergraph.quality import check_content
from covergraph.schema import case_schema
from covergraph.terms import case_iri
from covergraph.workspace import Workspace, open_workspace
from strategies import cases, near, tries

TOY = Path(__file__).parent / "toy"
EXAMPLES = read_examples(TOY / "cases")
CASES = [*EXAMPLES.values(), *read_boundaries(TOY / "cases")]
NUMBER = "toy-1"


@pytest.fixture(scope="module")
def toy_workspace(toy_root: Path) -> Workspace:
    return open_workspace(toy_root)


@pytest.fixture(scope="module")
def toy_checker(toy_workspace: Workspace) -> Checker:
    return Checker(toy_workspace)


@pytest.fixture(scope="module")
def strict_toy_checker(toy_workspace: Workspace) -> Checker:
    return Checker(toy_workspace, strict=True)


@pytest.fixture(scope="module")
def toy_pyshacl(toy_workspace: Workspace) -> Checker:
    return Checker(toy_workspace, judge="pyshacl")


@pytest.fixture(scope="module")
def toy_policy(toy_checker: Checker) -> Policy:
    return toy_checker.policy_at(NUMBER, date.max)


@pytest.fixture(scope="module")
def toy_cases(toy_policy: Policy) -> st.SearchStrategy[Json]:
    """Cases over the whole schema of the toy domain, and cases near the example."""
    seeds = [example.document for example in EXAMPLES.values()]
    return cases(toy_policy) | near(toy_policy, seeds)


# ---------- check ----------


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_toy_case_gives_what_it_expects(case: CaseFile, toy_checker: Checker, strict_toy_checker: Checker) -> None:
    report = (strict_toy_checker if case.strict else toy_checker).check(case.document)

    assert differences(case.expect, report.to_json()) == [], case.why
    assert (report.policy_number, report.policy_version) == (NUMBER, "2026-01-01")


def test_every_toy_criterion_is_shown_met_and_not_met(toy_checker: Checker, toy_policy: Policy) -> None:
    shown = {
        (id, criterion["value"])
        for case in CASES
        for line in toy_checker.check(case.document).to_json()["lines"]
        for site in line["sites"]
        for id, criterion in site["criteria"].items()
    }
    assert {(id, value) for id in toy_policy.criteria for value in ("met", "not-met")} <= shown
    assert len(toy_policy.criteria) - len(toy_policy.of_kind("Statement")) >= 6


def test_both_judges_agree_on_the_toy_cases(toy_checker: Checker, toy_pyshacl: Checker) -> None:
    sample = CASES[::4]
    assert [toy_pyshacl.check(case.document) for case in sample] == [
        toy_checker.check(case.document) for case in sample
    ]


@tries(25)
@given(st.data())
def test_both_judges_agree_on_any_case_of_the_toy_domain(
    toy_cases: st.SearchStrategy[Json], toy_checker: Checker, toy_pyshacl: Checker, data: st.DataObject
) -> None:
    case = data.draw(toy_cases)

    assert toy_checker.check(case) == toy_pyshacl.check(case)


@tries(200)
@given(st.data())
def test_any_case_of_the_toy_domain_has_one_site_a_line(
    toy_cases: st.SearchStrategy[Json], toy_checker: Checker, data: st.DataObject
) -> None:
    case = data.draw(toy_cases)
    report = toy_checker.check(case)

    assert [[site.level for site in line.sites] for line in report.lines] == [[""]] * len(case["lines"])


@tries(50)
@given(st.data())
def test_any_case_of_the_toy_domain_comes_back_from_rdf(
    toy_cases: st.SearchStrategy[Json], toy_checker: Checker, toy_workspace: Workspace, data: st.DataObject
) -> None:
    case = toy_checker.read(data.draw(toy_cases))
    text = write_case(case_json(case), case_iri(case.id), toy_workspace.prefixes)

    assert toy_checker.read(parse_case_rdf(text.encode(), RdfFormat.TURTLE, "case")) == case


# ---------- schema ----------


def test_a_domain_without_levels_has_a_schema_without_levels(toy_policy: Policy) -> None:
    schema = case_schema(toy_policy.vocabulary, NUMBER)
    line, finding = schema["$defs"]["line"], schema["$defs"]["finding"]

    assert "level" not in schema["$defs"]
    assert "levels" not in {*line["properties"], *line["required"], *finding["properties"]}
    assert "intent" not in line["properties"]
    assert "concurrentProcedures" not in schema["properties"]
    assert line["properties"]["technique"]["enum"] == ["narrowband-uvb", "puva", "excimer-laser", "home-lamp"]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"lines": [{"id": "1", "technique": "puva", "levels": ["L1"]}]}, "unknown-key", "/lines/0/levels"),
        ({"lines": [{"id": "1", "technique": "sacroplasty"}]}, "unknown-value", "/lines/0/technique"),
        ({"lines": [{"id": "1", "technique": "puva", "intent": "therapeutic"}]}, "unknown-key", "/lines/0/intent"),
        ({"findings": [{"concept": "burst-fracture", "status": "absent"}]}, "unknown-concept", "/findings/0/concept"),
        ({"treatments": [{"kind": "bracing"}]}, "unknown-value", "/treatments/0/kind"),
        ({"documents": [{"kind": "mri-report"}]}, "unknown-value", "/documents/0/kind"),
        ({"concurrentProcedures": []}, "unknown-key", "/concurrentProcedures"),
        (
            {"findings": [{"concept": "pregnancy", "status": "present", "value": "yes"}]},
            "bad-value",
            "/findings/0/value",
        ),
    ],
)
def test_the_words_of_another_domain_are_refused(change: Json, code: str, place: str, toy_checker: Checker) -> None:
    with pytest.raises(InputError) as refused:
        toy_checker.check(EXAMPLES["plaques"].document | change)

    assert (refused.value.code, refused.value.place) == (code, place)


def test_the_toy_words_are_refused_in_a_case_of_the_first_policy(
    toy_checker: Checker, examples: dict[str, CaseFile]
) -> None:
    case = examples["acute-osteoporotic-l1"].document | {"findings": [{"concept": "pregnancy", "status": "absent"}]}
    with pytest.raises(InputError, match="no concept 'pregnancy'"):
        toy_checker.check(case)


# ---------- beside the first policy ----------


def test_a_case_names_its_policy_or_gets_the_default_one(toy_workspace: Workspace, toy_checker: Checker) -> None:
    unnamed = {key: value for key, value in EXAMPLES["plaques"].document.items() if key != "policy"}

    assert Checker(toy_workspace, policy=NUMBER).check(unnamed).determination == "medically-necessary"
    with pytest.raises(InputError):
        toy_checker.check(unnamed)


def test_the_first_policy_is_judged_as_before(
    checker: Checker, toy_checker: Checker, examples: dict[str, CaseFile]
) -> None:
    for example in examples.values():
        assert toy_checker.check(example.document) == checker.check(example.document)


def test_without_its_files_the_toy_policy_is_unknown(checker: Checker) -> None:
    with pytest.raises(InputError) as refused:
        checker.check(EXAMPLES["plaques"].document)

    assert (refused.value.code, refused.value.place) == ("unknown-policy", "/policy")


# ---------- the program ----------


@pytest.mark.parametrize("word", ["6.01.17", "vertebr", "kypho", "sacropl", "osteopor", "photother", "psoria"])
def test_the_program_names_no_policy_and_no_specialty(word: str) -> None:
    source = Path(covergraph.__file__).parent
    files = [p for p in source.rglob("*") if p.is_file() and p.suffix != ".pyc" and "_content" not in p.parts]

    assert len(files) > 30
    assert [p.relative_to(source).as_posix() for p in files if word in p.read_text(encoding="utf-8").lower()] == []


def test_the_toy_content_breaks_no_quality_rule(toy_workspace: Workspace, checker: Checker) -> None:
    """What the first policy breaks by itself is the business of its own tests."""
    assert [v for v in check_content(toy_workspace) if checker.default_policy not in v.entity] == []


def test_the_toy_files_stand_at_the_relative_paths_of_the_real_ones() -> None:
    files = sorted(p.relative_to(TOY).as_posix() for p in TOY.rglob("*.ttl"))

    assert files == [
        "ontology/phototherapy.ttl",
        "ontology/policies/toy-1/2026-01-01.ttl",
        "shapes/policies/toy-1/2026-01-01.ttl",
    ]
    assert json.loads((TOY / "cases" / "plaques.json").read_text())["case"]["policy"] == NUMBER
