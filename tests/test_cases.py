"""Every case file gives what it expects, in each key that it states, whichever judge looks at it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from zlib import crc32

import jsonschema_rs
import pytest

import covergraph
from casefiles import CaseFile, Json, differences, read_boundaries, read_examples
from covergraph.checker import Checker
from covergraph.policy import Policy
from covergraph.sites import read_facts
from covergraph.terms import cov

EXAMPLES = list(read_examples().values())
BOUNDARIES = read_boundaries()
SAMPLE = [case for case in BOUNDARIES if crc32(case.name.encode()) % 8 == 0]
"""A stable eighth of the boundary cases: pySHACL takes a fifth of a second each."""


def named(cases: list[CaseFile]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture(scope="module")
def reports(checker: Checker, strict_checker: Checker) -> dict[str, Json]:
    """Reports of the compiled judge on all case files, by name."""
    return {
        case.name: (strict_checker if case.strict else checker).check(case.document).to_json()
        for case in EXAMPLES + BOUNDARIES
    }


@named(EXAMPLES)
def test_an_example_gives_what_it_expects(case: CaseFile, reports: dict[str, Json]) -> None:
    assert differences(case.expect, reports[case.name]) == [], case.why


@named(BOUNDARIES)
def test_a_boundary_case_gives_what_the_reading_says(case: CaseFile, reports: dict[str, Json]) -> None:
    assert differences(case.expect, reports[case.name]) == [], case.why


@named(EXAMPLES + SAMPLE)
def test_pyshacl_gives_the_same_report(
    case: CaseFile, reports: dict[str, Json], pyshacl_checker: Checker, strict_pyshacl_checker: Checker
) -> None:
    by_pyshacl = strict_pyshacl_checker if case.strict else pyshacl_checker
    assert by_pyshacl.check(case.document).to_json() == reports[case.name]


@pytest.fixture(scope="module")
def strict_pyshacl_checker(pyshacl_checker: Checker) -> Checker:
    return Checker(pyshacl_checker.workspace, judge="pyshacl", strict=True)


def test_every_report_keeps_the_published_schema(reports: dict[str, Json]) -> None:
    schema = json.loads(Path(covergraph.__file__).with_name("report.schema.json").read_text())
    valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert [name for name, report in reports.items() if not valid.is_valid(report)] == []


def test_every_example_and_boundary_case_has_a_name_of_its_own_and_says_why() -> None:
    cases = EXAMPLES + BOUNDARIES
    assert len({case.name for case in cases}) == len(cases)
    assert [case.name for case in cases if not (case.why.endswith(".") and case.expect)] == []


def test_the_case_files_show_every_criterion_in_every_value_that_it_can_take(
    reports: dict[str, Json], policy: Policy
) -> None:
    """Met and not met for all; undocumented wherever a leaf below can be open; not applicable under a condition."""
    shown: dict[str, set[str]] = {id: set() for id in policy.criteria}
    for report in reports.values():
        for line in report["lines"]:
            for site in line["sites"]:
                if site["determination"] != "policy-not-applicable":
                    for id, criterion in site["criteria"].items():
                        shown[id].add(criterion["value"])
    possible = {
        id: {"met", "not-met"}
        | ({"undocumented"} if any(can_be_open(leaf.id, policy) for leaf in policy.leaves_below(id)) else set())
        | ({"not-applicable"} if policy.provisions[id].applies_when or policy.provisions[id].unless_met else set())
        for id in policy.criteria
    }
    assert {id: possible[id] - shown[id] for id in possible if possible[id] - shown[id]} == {}


def can_be_open(id: str, policy: Policy) -> bool:
    """Whether a leaf has a second half, so that it need not be met or not met."""
    shape = policy.provisions[id].shape
    return shape is not None and any(part.severity == cov("NotRuledOut") for part in shape.properties)


def test_the_case_files_show_every_rule_and_every_check(reports: dict[str, Json], policy: Policy) -> None:
    sites = [site for report in reports.values() for line in report["lines"] for site in line["sites"]]
    lines = [line for report in reports.values() for line in report["lines"]]

    assert {d for site in sites for d in site["decidedBy"]} >= {rule.id for rule in policy.scope_rules}
    assert {i for line in lines for i in line["reimbursement"]} == set(policy.of_kind("ReimbursementRule"))
    assert {(d["id"], d["value"]) for report in reports.values() for d in report["documentation"]} == {
        ("PG.II.A", "met"), ("PG.II.A", "not-met"), ("PG.II.B", "met"), ("PG.II.B", "not-met"),
        ("PG.II.B", "not-applicable"), ("PG.II.C", "met"), ("PG.II.C", "not-met"),
    }  # fmt: skip
    assert {note["check"] for report in reports.values() for note in report["advisories"]} == {
        "conflicting-findings", *(policy.provisions[id].check for id in policy.of_kind("AdvisoryRule"))
    }  # fmt: skip
    assert {note["check"] for line in lines for note in line["coding"]} == {
        "code-not-in-policy", "code-technique-mismatch", "code-level-mismatch", "units-level-mismatch",
        "addon-without-primary", "device-technique-mismatch",
    }  # fmt: skip
    assert {note["check"] for report in reports.values() for note in report["diagnoses"]} == {
        "diagnosis-not-listed", "diagnosis-not-billable", "diagnosis-unknown"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "value"), [(date(2024, 2, 28), "met"), (date(2024, 2, 29), "not-met"), (date(2024, 3, 1), "not-met")]
)
def test_a_device_counts_as_cleared_from_the_day_of_its_clearance_on(
    day: date, value: str, checker: Checker, examples: dict[str, CaseFile]
) -> None:
    """K232842 was cleared on 29 February 2024. That is before the policy, so the criterion is asked by itself."""
    document = examples["acute-osteoporotic-l1"].document | {"serviceDate": day.isoformat()}
    document["lines"] = [document["lines"][0] | {"devices": ["K232842"]}]
    case = checker.read(document)
    judge = checker.judge_of(case)
    leaves = judge.judge.judge(read_facts(case, judge.policy.vocabulary))

    assert judge.decider.fold.named(leaves.sites[0])["IV.F"].token == value
    assert checker.report(case).determination == "policy-not-applicable"
