"""What must hold of every case: both judges agree, and outcomes follow from values as the reading says.

The cases are generated; ``tries`` says how many. Each rule is written here a second time, on the report alone, so that
it does not lean on the code that it checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import combinations
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from casefiles import read_examples
from covergraph.checker import Checker
from covergraph.logic import Value
from covergraph.sites import read_facts
from strategies import Json, cases, near, the_fold, the_policy, tries

APPROVED, ASKED, REFUSED, INVESTIGATIONAL = (
    "medically-necessary", "more-information-needed", "not-medically-necessary", "investigational",
)  # fmt: skip
RESTRICTIVENESS = [APPROVED, ASKED, REFUSED, INVESTIGATIONAL]
OUT = "policy-not-applicable"
LETTERED = re.compile(r"I\.[A-C]|II\.[A-M]|III\.[A-C]|IV\.[A-H]|V")
EXCLUSION = re.compile(r"II\.[A-M]|III\.[A-C]|IV\.[A-H]|V")


ANY = st.deferred(lambda: cases(the_policy()))
NEAR = st.deferred(lambda: near(the_policy(), [example.document for example in read_examples().values()]))
EITHER = ANY | NEAR | NEAR


def sites_of(report: Json) -> Iterator[Json]:
    return (site for line in report["lines"] for site in line["sites"])


def values_of(site: Json) -> dict[str, str]:
    return {id: criterion["value"] for id, criterion in site["criteria"].items()}


def with_value(site: Json, value: str, pattern: re.Pattern[str]) -> list[str]:
    return [id for id, v in values_of(site).items() if v == value and pattern.fullmatch(id)]


# ---------- two judges ----------


@tries(25)
@given(ANY)
def test_the_judges_agree_on_cases_over_the_whole_schema(
    checker: Checker, pyshacl_checker: Checker, case: Json
) -> None:
    assert checker.check(case) == pyshacl_checker.check(case)


@tries(25)
@given(NEAR)
def test_the_judges_agree_on_cases_near_the_examples(checker: Checker, pyshacl_checker: Checker, case: Json) -> None:
    assert checker.check(case) == pyshacl_checker.check(case)


# ---------- outcomes ----------


@tries(700)
@given(EITHER)
def test_outcomes_follow_from_values(checker: Checker, case: Json) -> None:
    report = checker.check(case).to_json()

    for site in sites_of(report):
        if site["determination"] != OUT:
            assert site["holds"] == with_value(site, "met", LETTERED)
            assert_decided(site)
            assert_presumed(site)
    assert_combined(report)


@tries(300)
@given(EITHER)
def test_outcomes_follow_from_values_in_strict_mode(strict_checker: Checker, case: Json) -> None:
    report = strict_checker.check(case).to_json()

    for site in sites_of(report):
        assert site["presumedAbsent"] == []
        if site["determination"] != OUT:
            assert_decided(site)
        if site["determination"] == APPROVED:
            assert with_value(site, "undocumented", EXCLUSION) == []
    assert_combined(report)


def assert_decided(site: Json) -> None:
    """V, IV, II, III, I, in this order; an approval can still be stopped by exclusions in doubt or by documents."""
    decision = (site["determination"], site["decidedBy"])
    for pattern, outcome in (
        (r"V", INVESTIGATIONAL), (r"IV\..", INVESTIGATIONAL), (r"II\..", REFUSED), (r"III\..", REFUSED),
    ):  # fmt: skip
        if met := with_value(site, "met", re.compile(pattern)):
            assert decision == (outcome, met)
            return
    match values_of(site)["I"]:
        case "undocumented":
            assert decision == (ASKED, ["I"])
        case "not-met":
            assert decision == (REFUSED, ["I"])
        case _ if site["determination"] == APPROVED:
            assert site["decidedBy"] == with_value(site, "met", re.compile(r"I\.[A-C]"))
        case _:
            assert site["determination"] == ASKED
            in_doubt = set(with_value(site, "undocumented", EXCLUSION)) - set(site["presumedAbsent"])
            assert site["decidedBy"] == (sorted(in_doubt, key=list(site["criteria"]).index) or ["PG.II"])


def assert_presumed(site: Json) -> None:
    """Every undocumented exclusion is presumed absent or stops an approval; IV.D and IV.F always stop it."""
    undocumented = set(with_value(site, "undocumented", EXCLUSION))
    presumed = set(site["presumedAbsent"])

    assert presumed <= undocumented - {"IV.D", "IV.F"}
    if site["determination"] == APPROVED:
        assert presumed == undocumented


def assert_combined(report: Json) -> None:
    """A line is as restricted as its most restricted site, the case as its most restricted line."""
    lines = report["lines"]
    for line in lines:
        assert line["determination"] == most_restrictive([site["determination"] for site in line["sites"]])
    assert report["determination"] == most_restrictive([line["determination"] for line in lines])
    assert report["mixed"] == (len({site["determination"] for site in sites_of(report)}) > 1)


def most_restrictive(determinations: list[str]) -> str:
    """Lines out of scope count only where there is nothing else."""
    return max((d for d in determinations if d != OUT), key=RESTRICTIVENESS.index, default=OUT)


@tries(300)
@given(EITHER)
def test_an_approval_has_every_document(checker: Checker, case: Json) -> None:
    report = checker.check(case).to_json()
    documents = {d["id"]: d["value"] for d in report["documentation"]}

    if report["determination"] == APPROVED:
        assert "not-met" not in documents.values() or report["mixed"]
    for site in sites_of(report):
        if site["decidedBy"] == ["PG.II"]:
            assert "not-met" in documents.values()


# ---------- what is missing ----------


@tries(250)
@given(NEAR)
def test_each_missing_set_leads_to_an_approval_and_nothing_smaller_does(checker: Checker, case: Json) -> None:
    for site, leaves in sites_with_leaves(checker, case):
        if site["determination"] != ASKED:
            assert site["missing"] == []
            assert "ruleOut" not in site
            continue
        asked = site["ruleOut"]["then"] if "ruleOut" in site else site["missing"]
        for missing in asked:
            assert would_be_approved(leaves, missing)
            for one in missing:
                assert not would_be_approved(leaves, [other for other in missing if other != one])
        assert [len(missing) for missing in asked] == sorted(len(missing) for missing in asked)
        if "ruleOut" in site:
            assert site["missing"] == []
            assert set(site["ruleOut"]["exclusions"]) <= set(with_value(site, "undocumented", EXCLUSION))


@tries(150)
@given(NEAR)
def test_no_smallest_missing_set_is_left_out(checker: Checker, case: Json) -> None:
    """By trying every set of what could be documented, where that is not too much."""
    for site, leaves in sites_with_leaves(checker, case):
        policy = the_policy()
        known = dict(zip((leaf.id for leaf in policy.leaves), map(Value, leaves), strict=True))
        documents = policy.of_kind("DocumentationRequirement")
        could_be = [
            id for id in (*policy.leaf_criteria, *documents)
            if not EXCLUSION.fullmatch(id) and could_be_documented(id, known, values_of(site), documents)
        ]  # fmt: skip
        if site["determination"] == ASKED and len(could_be) <= 9:
            smallest: list[set[str]] = []
            for size in range(len(could_be) + 1):
                for some in map(set, combinations(could_be, size)):
                    if not any(less <= some for less in smallest) and would_be_approved(leaves, some):
                        smallest.append(some)
            asked = site["ruleOut"]["then"] if "ruleOut" in site else site["missing"]
            assert sorted(map(sorted, smallest)) == sorted(map(sorted, asked))


def could_be_documented(id: str, known: dict[str, Value], values: dict[str, str], documents: tuple[str, ...]) -> bool:
    """A criterion that is open, even where it does not apply now; or a document that is not there."""
    if id in documents:
        return known[id] is not Value.MET
    return known.get(id) is Value.UNDOCUMENTED if id in known else values[id] == "undocumented"


def sites_with_leaves(checker: Checker, case: Json) -> list[tuple[Json, bytes]]:
    """Sites under the policy, with the value of each leaf."""
    read = checker.read(case)
    judge = checker.judge_of(read)
    leaves = judge.judge.judge(read_facts(read, judge.policy.vocabulary)).sites
    sites = zip(sites_of(checker.report(read).to_json()), leaves, strict=True)
    return [(site, values) for site, values in sites if site["determination"] != OUT]


def would_be_approved(leaves: bytes, documented: Any) -> bool:
    """Whether a site is approved, exclusions in doubt apart, once these criteria and documents count as met."""
    policy = the_policy()
    values = the_fold().named(leaves, documented)
    return (
        values["I"] is Value.MET
        and not any(values[statement] is Value.MET for statement in ("II", "III", "IV", "V"))
        and all(values[d] in (Value.MET, Value.NOT_APPLICABLE) for d in policy.of_kind("DocumentationRequirement"))
    )


# ---------- what a change of the case may do ----------


def rank(site: Json) -> int:
    """How restricted a site is; out of scope is beside the scale."""
    return -1 if site["determination"] == OUT else RESTRICTIVENESS.index(site["determination"])


@tries(200)
@given(EITHER)
def test_strict_mode_only_turns_approvals_into_questions(checker: Checker, strict_checker: Checker, case: Json) -> None:
    plain, strict = checker.check(case).to_json(), strict_checker.check(case).to_json()

    for before, after in zip(sites_of(plain), sites_of(strict), strict=True):
        assert before["criteria"] == after["criteria"]
        assert before["holds"] == after["holds"]
        assert rank(after) == rank(before) or (before["determination"], after["determination"]) == (APPROVED, ASKED)


@tries(200)
@given(NEAR, st.data())
def test_an_unknown_finding_never_leads_to_an_approval(checker: Checker, case: Json, data: st.DataObject) -> None:
    concept = data.draw(st.sampled_from(sorted(the_policy().vocabulary.concepts)))
    unsure = deepcopy(case)
    unsure["findings"] = [*case.get("findings", []), {"concept": concept, "status": "unknown"}]
    before, after = checker.check(case).to_json(), checker.check(unsure).to_json()

    for old, new in zip(sites_of(before), sites_of(after), strict=True):
        assert new["determination"] != APPROVED or old["determination"] == APPROVED
        assert {id for id, v in values_of(new).items() if v == "met"} <= {
            id for id, v in values_of(old).items() if v == "met"
        }


@tries(150)
@given(NEAR)
def test_a_good_imaging_report_never_makes_things_worse(checker: Checker, case: Json) -> None:
    report = {"kind": "mri-report", "date": case["serviceDate"], "interpreter": "independent-radiologist"}
    better = case | {"documents": [*case.get("documents", []), report]}
    before, after = checker.check(case).to_json(), checker.check(better).to_json()

    for old, new in zip(sites_of(before), sites_of(after), strict=True):
        assert rank(new) <= rank(old)


@tries(150)
@given(EITHER)
def test_the_order_in_which_things_are_said_does_not_matter(checker: Checker, case: Json) -> None:
    turned = case | {
        key: case[key][::-1]
        for key in ("findings", "treatments", "documents", "concurrentProcedures", "diagnoses") if key in case
    }  # fmt: skip

    assert without_order(checker.check(turned).to_json()) == without_order(checker.check(case).to_json())


def without_order(report: Json) -> Json:
    return report | {key: sorted(report[key], key=repr) for key in ("diagnoses", "advisories")}


@tries(100)
@given(EITHER)
def test_saying_a_thing_twice_changes_nothing(checker: Checker, case: Json) -> None:
    twice = case | {key: case[key] * 2 for key in ("findings", "treatments", "documents") if key in case}

    assert checker.check(twice) == checker.check(case)


@tries(150)
@given(NEAR)
def test_two_levels_on_one_line_are_judged_like_two_lines(checker: Checker, case: Json) -> None:
    """But for the scope rule of Medicare, which takes out whole lines."""
    case = case | {"product": "commercial"}
    split = case | {
        "lines": [
            line | {"levels": [level], "id": f"{line['id']}-{level}"}
            for line in case["lines"]
            for level in line["levels"]
        ]
    }
    together, apart = checker.check(case).to_json(), checker.check(split).to_json()

    assert list(sites_of(together)) == list(sites_of(apart))
    assert together["determination"] == apart["determination"]


@tries(100)
@given(EITHER, st.data())
def test_a_finding_at_another_level_says_nothing_here(checker: Checker, case: Json, data: st.DataObject) -> None:
    """But for concepts that reach beyond their level."""
    vocabulary = the_policy().vocabulary
    local = sorted(
        t for t, c in vocabulary.concepts.items() if not any(vocabulary.by_iri[a].spread for a in c.above | c.below)
    )
    requested = {level for line in case["lines"] for level in line["levels"]}
    elsewhere = sorted(set(vocabulary.values["level"]) - requested)
    assume(elsewhere)
    finding = {
        "concept": data.draw(st.sampled_from(local)),
        "status": data.draw(st.sampled_from(["present", "absent", "unknown"])),
        "levels": [data.draw(st.sampled_from(elsewhere))],
    }
    more = case | {"findings": [*case.get("findings", []), finding]}

    assert checker.check(more) == checker.check(case)
