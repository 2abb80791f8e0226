"""The swift way says what the general way says: of plain cases, of broken ones, and of what only looks plain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles import CaseFile, read_examples
from covergraph.case import case_reader
from covergraph.checker import Checker
from covergraph.conforms import conforms
from covergraph.errors import InputError
from covergraph.jsontext import parse_json
from covergraph.model import Report
from covergraph.reporttext import dumps, report_line
from strategies import Json, cases, near, the_policy, tries

DOCUMENTS = [example.document for example in read_examples().values()]
NEAR = st.deferred(lambda: near(the_policy(), DOCUMENTS))
EITHER = st.deferred(lambda: cases(the_policy())) | NEAR

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 4.0, 0.5, 31, 36526, 1e300, 10**30, "", "S", "L1", "1", "null",
    "2026-02-30", "0000-01-01", "20260301", "2026-03-01\n", "x" * 2001, "a:b", "é", "present", "nsaid", [], ["S"],
    ["L1", "L1"], [["L1"]], [None], {}, {"L1": 1}, {"min": 5}, {"min": 9, "max": 3}, {"min": True}, {"min": 1.0},
    {"min": None}, {"x": 1},
]  # fmt: skip
"""Values that a reader in a hurry could take for others."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to all members of a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


@st.composite
def broken(draw: st.DrawFn) -> Json:
    """A case in which something was replaced, removed, doubled or added."""
    case: Json = deepcopy(draw(NEAR))
    for _ in range(draw(st.integers(1, 2))):
        *path, key = draw(st.sampled_from(list(places(case))))
        holder: Any = case
        for step in path:
            holder = holder[step]
        match draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"])):
            case "replace":
                holder[key] = deepcopy(draw(st.sampled_from(ODD)))
            case "remove":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[
                    draw(st.sampled_from(["x", "@context", "source", "onset", "durationDays", "value", "units"]))
                ] = deepcopy(draw(st.sampled_from(ODD)))
            case "add":
                holder.append(deepcopy(draw(st.sampled_from(holder))))
    return case


def outcome_of(judged: Any, *given: Any) -> Report | tuple[str, str, str]:
    """The report, or what the error says."""
    try:
        report: Report = judged(*given)
    except InputError as error:
        return error.code, error.place, error.message
    return report


def in_general(checker: Checker, text: bytes) -> Report:
    return checker.check(parse_json(text))


@tries(400)
@given(EITHER)
def test_a_case_gets_the_same_report_the_swift_way(checker: Checker, case: Json) -> None:
    text = json.dumps(case).encode()

    assert checker.check_text(text) == checker.check(case)


@tries(100)
@given(EITHER)
def test_a_strict_check_gets_the_same_report_the_swift_way(strict_checker: Checker, case: Json) -> None:
    assert strict_checker.check_text(json.dumps(case).encode()) == strict_checker.check(case)


@tries(1500)
@given(broken())
def test_a_broken_case_gets_the_same_answer_the_swift_way(checker: Checker, case: Json) -> None:
    text = json.dumps(case).encode()

    assert outcome_of(checker.check_text, text) == outcome_of(in_general, checker, text)


@tries(200)
@given(NEAR, st.data())
def test_a_key_that_stands_twice_is_refused_wherever_it_stands(
    checker: Checker, case: Json, data: st.DataObject
) -> None:
    objects = [(), *(path for path in places(case) if isinstance(at(case, path), dict))]
    path = data.draw(st.sampled_from(objects))
    key = data.draw(st.sampled_from(sorted(at(case, path))))
    text = with_key_twice(case, path, key).encode()

    found = outcome_of(checker.check_text, text)

    assert isinstance(found, tuple)
    assert found[0] == "duplicate-key"


LOOKALIKES: dict[str, tuple[tuple[Any, ...], Any, Any]] = {
    "units": (("lines", 0, "units"), 1, True),
    "weeks, a number": (("treatments", 0, "weeks"), 1, True),
    "weeks, none": (("treatments", 0, "weeks"), 0, False),
    "a contraindication": (("treatments", 0, "contraindicated"), True, 1),
    "no contraindication": (("treatments", 0, "contraindicated"), False, 0),
    "a response": (("treatments", 0, "response"), "clinically-meaningful-improvement", None),
    "a reason": (("treatments", 0, "reason"), "gastric ulcer", "x" * 2001),
    "a frequency": (("treatments", 0, "frequency"), "daily", "x" * 201),
    "a source": (("findings", 0, "source"), "note", "x" * 2001),
    "levels of a finding, as text": (("findings", 0, "levels"), ["S"], "S"),
    "levels of a finding, as an object": (("findings", 0, "levels"), ["S"], {"S": 1}),
    "levels of a finding, none": (("findings", 0, "levels"), ["S"], []),
    "levels of a finding, twice": (("findings", 0, "levels"), ["S"], ["S", "S"]),
    "levels of a line, as text": (("lines", 0, "levels"), ["S"], "S"),
    "levels of a line, as an object": (("lines", 0, "levels"), ["S"], {"S": 1}),
    "levels of a line, twice": (("lines", 0, "levels"), ["L1", "L2"], ["L1", "L1"]),
    "devices, as an object": (("lines", 0, "devices"), ["stabilit"], {"stabilit": 1}),
    "modifiers, as an object": (("lines", 0, "modifiers"), ["RT"], {"RT": 1}),
    "diagnoses, as an object": (("diagnoses",), ["M80.08XA"], {"M80.08XA": 1}),
    "diagnoses, twice": (("diagnoses",), ["M80.08XA"], ["M80.08XA", "M80.08XA"]),
    "findings, as an object": (("findings",), [], {}),
    "documents, as text": (("documents",), [], ""),
    "lines, none": (("lines",), None, []),
    "a duration": (("findings", 0, "durationDays"), 1, True),
    "bounds": (("findings", 0, "durationDays"), {"min": 1}, {"min": True}),
    "a duration and an onset": (("findings", 0, "onset"), "2026-02-01", "2026-02-31"),
    "a value": (("findings", 0, "value"), 1, True),
    "a contract": (("contractCovers",), True, 1),
    "a date of a document": (("documents", 0, "date"), "2026-02-01", "2026-2-1"),
    "a code of a procedure": (("concurrentProcedures", 0, "code"), "22612", None),
    "an id with a line end": (("id",), "a", "a\n"),
    "an id of a line": (("lines", 0, "id"), "1", 1),
    "a policy": (("policy",), None, None),
    "a service date": (("serviceDate",), "2026-03-02", "2026-03-02 "),
}
"""For each a place, a value that may stand there, and one that may not but is easily taken for it."""


@pytest.mark.parametrize("name", LOOKALIKES)
def test_what_only_looks_like_a_value_seen_before_is_refused(name: str, checker: Checker) -> None:
    (*path, key), fine, odd = LOOKALIKES[name]
    case = deepcopy(read_examples()["acute-osteoporotic-l1"].document)
    case["treatments"] = [{"kind": "nsaid"}]
    case["concurrentProcedures"] = [{"kind": "other"}]
    for finding in case["findings"]:
        finding.pop("onset", None)
        finding.pop("durationDays", None)
    if fine is not None:
        at(case, tuple(path))[key] = fine
        checker.check_text(json.dumps(case).encode())
    at(case, tuple(path))[key] = odd
    text = json.dumps(case).encode()

    found = outcome_of(checker.check_text, text)

    assert isinstance(found, tuple)
    assert found == outcome_of(in_general, checker, text)


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def with_key_twice(case: Json, path: tuple[Any, ...], key: str) -> str:
    """The case as JSON text in which one key of one object stands twice."""
    marked = deepcopy(case)
    at(marked, path)["twice"] = at(case, path)[key]
    return json.dumps(marked).replace('"twice"', json.dumps(key))


TEXTS = {
    "a colon written as an escape beside a key that stands twice": (
        b'"product": "commercial"',
        b'"product": "commercial", "product": "commercial"',
        b'"source": "note: 3"',
        b'"source": "note\\u003a 3"',
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_an_escape_does_not_hide_a_key_that_stands_twice(name: str, checker: Checker) -> None:
    case = deepcopy(read_examples()["acute-osteoporotic-l1"].document)
    case["findings"][0]["source"] = "note: 3"
    text = json.dumps(case).encode()
    for old, new in zip(TEXTS[name][::2], TEXTS[name][1::2], strict=True):
        assert old in text
        text = text.replace(old, new)

    found = outcome_of(checker.check_text, text)

    assert isinstance(found, tuple)
    assert found[0] == "duplicate-key"


@pytest.mark.parametrize("name", sorted(read_examples()))
def test_the_examples_go_the_swift_way(name: str, checker: Checker, examples: dict[str, CaseFile]) -> None:
    document = examples[name].document
    judge = checker.swift_judge(document)

    assert judge is not None
    report, colons = judge.report(document)
    assert report == checker.check(document)
    assert json.dumps(document).count(":") == colons


@tries(300)
@given(EITHER)
def test_a_printed_line_says_what_the_report_says(checker: Checker, case: Json) -> None:
    report = checker.check(case)

    assert report_line(report).decode() == dumps(report.to_json())


@tries(800)
@given(broken() | EITHER)
def test_what_conforms_conforms_by_the_library_too(case: Json) -> None:
    reader = case_reader(the_policy().vocabulary, "6.01.17")

    if conforms(case, reader.schema, reader.schema):
        assert reader.validator.is_valid(case)
    else:
        assert not reader.validator.is_valid(case) or has_whole_float(case)


def has_whole_float(case: Json) -> bool:
    """Whether a number such as 1.0 stands for a whole one, to which no quick yes is said."""
    return any(isinstance(at(case, path), float) for path in places(case))
