"""Cases for hypothesis: over the whole schema, and near given cases.

Every value list, every optional key and every status at every level can come up, in any domain. Choices lean towards
what interacts (few levels, concepts that the policy asks about, days near a threshold), because uniformly random cases
almost never agree on a level and almost never get past the first rule.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from covergraph.checker import Checker
from covergraph.folding import Fold, compile_fold
from covergraph.policy import Policy
from covergraph.workspace import open_workspace

Json = dict[str, Any]
T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[T]], T]

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def tries(count: int) -> settings:
    """Settings for a test of so many generated cases: always the same ones, unless thorough, then twenty times as many.

    Generated cases are large and much of the time is spent on drawing them, so hypothesis must not complain of that.
    """
    return settings(
        max_examples=count * 20 if THOROUGH else count,
        derandomize=not THOROUGH,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


@cache
def the_policy() -> Policy:
    """The latest version of the content's default policy."""
    checker = Checker(open_workspace())
    return checker.policy_at(checker.default_policy, date.max)


@cache
def the_fold() -> Fold:
    """The fold of that policy."""
    return compile_fold(the_policy())


TEXTS = ["", "  ", "daily", "see note 3"]
MODIFIERS = ["RT", "59", "LT"]
DIAGNOSES = ["M80.08XA", "M80.08", "C79.51", "S32.010A", "Z99.999", "C90.00", "M80.88XS", "L40.0", "M48.56XA"]
UNKNOWN_PRODUCTS = ["K999999", "K000000", "no such thing"]
DAYS = [0, 1, 41, 42, 43, 183, 184, 400, 36525]
ONSETS = [0, 1, 41, 42, 43, 180, 181, 182, 183, 184, 185, 186, 900]
WEEKS = [0, 3, 3.9, 4, 4.5, 7.9, 8, 12, 5200]
NUMBERS = [0, 1, 4.9, 5, 9.9, 10, 10.1, 14.9, 15, 29.9, 30, 100, -1, 0.5, 1e6]
SERVICE_DAYS = [30, 138, 200, 258, 259, 320, -1, 0, 1, 1051]
"""Days from the policy's effective date: mostly in force, on both sides of it, a month end of a leap year."""


class Words:
    """Strategies for the values of one policy's domain, made once."""

    def __init__(self, policy: Policy) -> None:
        vocabulary = policy.vocabulary
        self.tokens = {field: list(values) for field, values in vocabulary.values.items()}
        asked = sorted(iri.rsplit("/", 1)[1] for iri in policy.asked_concepts)
        ordinary = self.tokens["technique"][:3]
        levels = self.tokens["level"]
        middle = levels[len(levels) // 2 - 3 : len(levels) // 2 + 4]
        level = st.sampled_from(middle * 6 + levels) if levels else st.nothing()
        self.levels = st.lists(level, min_size=1, max_size=3, unique=True) if levels else None
        self.concept = st.sampled_from(asked * 3 + list(vocabulary.concepts))
        self.technique = st.sampled_from(ordinary * 3 + self.tokens["technique"])
        device = st.sampled_from([*vocabulary.products, *UNKNOWN_PRODUCTS])
        self.devices = st.lists(device, max_size=2, unique=True)
        self.code = st.sampled_from([*sorted(policy.code_list), "99213", "ZZZZZ"])
        self.status = st.sampled_from(["present"] * 4 + ["absent"] * 3 + ["unknown"])
        self.product = st.sampled_from(["commercial"] * 6 + self.tokens["product"])
        self.day = st.sampled_from([policy.version + timedelta(n) for n in SERVICE_DAYS]) | st.dates(
            policy.version - timedelta(400), policy.version + timedelta(2000)
        )
        self.number = st.sampled_from(NUMBERS) | st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
        self.days = st.sampled_from(DAYS) | st.integers(0, 36525)
        self.one_of = {field: st.sampled_from(tokens) for field, tokens in self.tokens.items() if tokens}


YES = st.booleans()
SELDOM = st.sampled_from([False] * 7 + [True])
TEXT = st.sampled_from(TEXTS)
UNITS = st.integers(1, 3)
ONSET = st.sampled_from(ONSETS)
SOME_WEEKS = st.sampled_from(WEEKS)
SOME_MODIFIERS = st.lists(st.sampled_from(MODIFIERS), max_size=2)
SOME_DIAGNOSES = st.lists(st.sampled_from(DIAGNOSES), max_size=3, unique=True)
UP_TO_2, UP_TO_3, UP_TO_5, UP_TO_16 = (st.integers(0, n) for n in (2, 3, 5, 16))


def cases(policy: Policy) -> st.SearchStrategy[Json]:
    """Well-formed cases of a policy's domain."""
    words = Words(policy)

    @st.composite
    def case(draw: Draw[Any]) -> Json:
        day: date = draw(words.day)
        found: Json = {"id": "generated", "policy": policy.number, "serviceDate": day.isoformat()}
        found["product"] = draw(words.product)
        if draw(SELDOM):
            found["contractCovers"] = draw(YES)
        found["lines"] = [_line(draw, words, str(n)) for n in range(1, 2 + draw(UP_TO_2))]
        found["findings"] = [_finding(draw, words, day) for _ in range(draw(UP_TO_16))]
        if draw(YES):
            found["diagnoses"] = draw(SOME_DIAGNOSES)
        for key, item, field in PARTS:
            if field in words.one_of and draw(YES):
                found[key] = [item(draw, words, day) for _ in range(draw(UP_TO_3))]
        return found

    return case()


def near(policy: Policy, seeds: Sequence[Json]) -> st.SearchStrategy[Json]:
    """Cases that a few edits lead to from given ones; the edits shrink to none."""
    words = Words(policy)
    given, edit = st.sampled_from(seeds), st.sampled_from(EDITS)

    @st.composite
    def case(draw: Draw[Any]) -> Json:
        seed: Json = draw(given)
        found = deepcopy(seed) | {"policy": policy.number}
        for _ in range(draw(UP_TO_5)):
            draw(edit)(draw, words, found)
        return found

    return case()


def _line(draw: Draw[Any], words: Words, id: str) -> Json:
    line: Json = {"id": id, "technique": draw(words.technique)}
    if words.levels is not None:
        line["levels"] = draw(words.levels)
    if "intent" in words.one_of and draw(SELDOM):
        line["intent"] = draw(words.one_of["intent"])
    if draw(YES):
        line["code"] = draw(words.code)
        line["units"] = draw(UNITS)
    if draw(SELDOM):
        line["modifiers"] = draw(SOME_MODIFIERS)
    for key in ("devices", "cements"):
        if draw(SELDOM):
            line[key] = draw(words.devices)
    return line


def _finding(draw: Draw[Any], words: Words, day: date) -> Json:
    finding: Json = {"concept": draw(words.concept), "status": draw(words.status)}
    if words.levels is not None and draw(YES):
        finding["levels"] = draw(words.levels)
    match draw(UP_TO_5):
        case 1:
            finding["onset"] = (day - timedelta(draw(ONSET))).isoformat()
        case 2:
            finding["durationDays"] = draw(words.days)
        case 3:
            least, most = sorted((draw(words.days), draw(words.days)))
            finding["durationDays"] = draw(
                st.sampled_from([{"min": least}, {"max": most}, {"min": least, "max": most}])
            )
        case 4:
            finding["value"] = draw(words.number)
    if draw(SELDOM):
        finding["source"] = draw(TEXT)
    return finding


def _treatment(draw: Draw[Any], words: Words, day: date) -> Json:
    treatment: Json = {"kind": draw(words.one_of["treatment"])}
    if draw(YES):
        treatment["weeks"] = draw(SOME_WEEKS)
    if draw(YES):
        treatment["response"] = draw(words.one_of["response"])
    if draw(YES):
        treatment["frequency"] = draw(TEXT)
    if draw(SELDOM):
        treatment["contraindicated"] = draw(YES)
    if draw(SELDOM):
        treatment["reason"] = draw(TEXT)
    return treatment


def _document(draw: Draw[Any], words: Words, day: date) -> Json:
    document: Json = {"kind": draw(words.one_of["document"])}
    if draw(YES):
        document["date"] = day.isoformat()
    if draw(YES):
        document["interpreter"] = draw(words.one_of["interpreter"])
    if draw(SELDOM):
        document["discrepancy"] = draw(words.one_of["discrepancy"])
    return document


def _procedure(draw: Draw[Any], words: Words, day: date) -> Json:
    procedure: Json = {"kind": draw(words.one_of["procedure"])}
    if draw(YES):
        procedure["approach"] = draw(words.one_of["approach"])
    if draw(SELDOM):
        procedure["code"] = draw(words.code)
    return procedure


PARTS: list[tuple[str, Callable[[Draw[Any], Words, date], Json], str]] = [
    ("treatments", _treatment, "treatment"),
    ("documents", _document, "document"),
    ("concurrentProcedures", _procedure, "procedure"),
]


# ---------- edits of a case ----------

Edit = Callable[[Draw[Any], Words, Json], None]


def _day(case: Json) -> date:
    return date.fromisoformat(case["serviceDate"])


def _add_finding(draw: Draw[Any], words: Words, case: Json) -> None:
    case["findings"] = [*case.get("findings", []), _finding(draw, words, _day(case))]


def _edit_finding(draw: Draw[Any], words: Words, case: Json) -> None:
    if case.get("findings"):
        finding = draw(st.sampled_from(case["findings"]))
        match draw(UP_TO_3):
            case 0:
                case["findings"].remove(finding)
            case 1:
                finding["status"] = draw(words.status)
            case 2 if words.levels is not None:
                finding["levels"] = draw(words.levels)
            case _:
                finding.pop("onset", None)
                finding["durationDays"] = draw(words.days)


def _edit_line(draw: Draw[Any], words: Words, case: Json) -> None:
    line = draw(st.sampled_from(case["lines"]))
    new = _line(draw, words, line["id"])
    key = draw(st.sampled_from(sorted(new)))
    line[key] = new[key]


def _add_line(draw: Draw[Any], words: Words, case: Json) -> None:
    if len(case["lines"]) < 4:
        case["lines"].append(_line(draw, words, f"added-{len(case['lines'])}"))


def _edit_part(draw: Draw[Any], words: Words, case: Json) -> None:
    parts = [(key, item) for key, item, field in PARTS if field in words.one_of]
    if parts:
        key, item = draw(st.sampled_from(parts))
        rows = case.get(key, [])
        kept = rows[1:] if draw(YES) else rows
        case[key] = [*kept, item(draw, words, _day(case))] if draw(YES) else kept


def _edit_case(draw: Draw[Any], words: Words, case: Json) -> None:
    match draw(UP_TO_3):
        case 0:
            case["product"] = draw(words.product)
        case 1:
            case["contractCovers"] = draw(YES)
        case 2:
            case["diagnoses"] = draw(SOME_DIAGNOSES)
        case _:
            onsets = [finding["onset"] for finding in case.get("findings", []) if "onset" in finding]
            case["serviceDate"] = max([draw(words.day).isoformat(), *onsets])


EDITS: list[Edit] = [_add_finding] * 4 + [_edit_finding] * 2 + [_edit_part] * 2 + [_edit_line, _add_line, _edit_case]
