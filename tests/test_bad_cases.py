"""Every way in which a case can be wrong is refused with a code, a place, a cause and a cure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from casefiles import Json
from covergraph.case import case_json
from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.jsontext import parse_json
from covergraph.policy import Policy
from covergraph.schema import case_schema

FULL: Json = {
    "@context": "https://w3id.org/covergraph/context/case.jsonld",
    "id": "full",
    "policy": "6.01.17",
    "product": "commercial",
    "contractCovers": True,
    "serviceDate": "2026-03-02",
    "lines": [
        {
            "id": "1", "code": "22514", "modifiers": ["RT"], "units": 1, "technique": "balloon-kyphoplasty",
            "intent": "therapeutic", "levels": ["L1"], "devices": ["K192449"], "cements": ["pmma"],
        }
    ],
    "concurrentProcedures": [{"kind": "spinal-fusion", "approach": "open", "code": "22612"}],
    "diagnoses": ["M80.08XA"],
    "findings": [
        {
            "concept": "axial-spine-pain", "status": "present", "levels": ["L1"], "onset": "2026-02-20", "value": 8,
            "source": "note",
        },
        {"concept": "axial-spine-pain", "status": "present", "durationDays": {"min": 10, "max": 20}},
        {"concept": "axial-spine-pain", "status": "unknown", "durationDays": 10},
    ],
    "treatments": [
        {
            "kind": "nsaid", "weeks": 4.5, "frequency": "daily", "response": "clinically-meaningful-improvement",
            "contraindicated": True, "reason": "ulcer", "source": "note",
        }
    ],
    "documents": [
        {
            "kind": "mri-report", "date": "2026-02-10", "interpreter": "independent-radiologist",
            "discrepancy": "reconciled", "source": "note",
        }
    ],
}  # fmt: skip
"""A case that uses every key of the schema."""


def refusal(checker: Checker, text: bytes) -> InputError:
    with pytest.raises(InputError) as refused:
        checker.read(parse_json(text))
    return refused.value


def changed(pointer: str, value: Any) -> bytes:
    """The full case with one place set to another value."""
    document = deepcopy(FULL)
    *way, last = pointer.strip("/").split("/")
    place: Any = document
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if isinstance(place, list):
        place[int(last) :] = [value]
    else:
        place[last] = value
    return json.dumps(document).encode()


def test_the_full_case_is_well_formed_and_uses_every_key(checker: Checker, policy: Policy) -> None:
    case = checker.read(parse_json(json.dumps(FULL)))
    schema = case_schema(policy.vocabulary, policy.number)

    used = set(case_json(case)) | {"@context"}
    assert used | {"contractCovers"} == set(schema["properties"])
    for name, key in (
        ("line", "lines"),
        ("treatment", "treatments"),
        ("document", "documents"),
        ("finding", "findings"),
    ):
        assert set(schema["$defs"][name]["properties"]) == {k for row in FULL[key] for k in row}


# ---------- what the schema says ----------

CODES = {
    "enum": "unknown-value", "pattern": "bad-form", "format": "bad-date", "required": "missing-key",
    "additionalProperties": "unknown-key",
}  # fmt: skip
WRONG_TYPE = {"string": 5, "boolean": "yes", "integer": 1.5, "number": "x", "array": {}, "object": []}
Violation = tuple[str, str, Any, str]
"""Keyword, pointer to change, value to set, pointer that the error must name."""


def violations(schema: Json, part: Json, pointer: str, value: Any) -> Iterator[Violation]:
    """For every keyword of a part of the schema a value that breaks it, where the full case has a value for it."""
    if "$ref" in part:
        yield from violations(schema, schema["$defs"][part["$ref"].rsplit("/", 1)[1]], pointer, value)
        return
    for keyword, limit in part.items():
        if (broken := breaking(keyword, limit, value)) is not None:
            yield keyword, pointer, broken[0], pointer
    for key in part.get("required", []):
        yield "required", pointer, {k: v for k, v in value.items() if k != key}, pointer
    if part.get("additionalProperties") is False:
        yield "additionalProperties", f"{pointer}/extra", 1, f"{pointer}/extra"
    for key, inner in part.get("properties", {}).items():
        if key in value:
            yield from violations(schema, inner, f"{pointer}/{key}", value[key])
    if "items" in part:
        yield from violations(schema, part["items"], f"{pointer}/0", value[0])
    for alternative in part.get("oneOf", []):
        if (alternative["type"] == "object") == isinstance(value, dict):
            for keyword, where, wrong, _ in violations(schema, alternative, pointer, value):
                yield f"oneOf {keyword}", where, wrong, pointer


def breaking(keyword: str, limit: Any, value: Any) -> tuple[Any] | None:
    """A value that breaks a keyword, in a tuple; None where the keyword is not about values."""
    match keyword:
        case "type":
            return (WRONG_TYPE[limit],)
        case "enum":
            return ("no such value",)
        case "pattern":
            return (f"{value}\n",)
        case "format":
            return ("2026-02-30",)
        case "minimum":
            return (limit - 1,)
        case "maximum":
            return (limit + 1,)
        case "minLength":
            return ("x" * (limit - 1),)
        case "maxLength":
            return ("x" * (limit + 1),)
        case "minItems":
            return (value[: limit - 1],)
        case "maxItems":
            return (value * (limit + 1),)
        case "uniqueItems":
            return (value * 2,)
        case "minProperties":
            return ({},)
        case _:
            return None


def all_violations(policy: Policy) -> list[Violation]:
    schema = case_schema(policy.vocabulary, policy.number)
    found = []
    for keyword, pointer, wrong, named in violations(schema, schema, "", FULL):
        found.append((keyword, pointer, wrong, named))
    for place, finding in enumerate(FULL["findings"][1:], 1):
        found += violations(schema, schema["$defs"]["finding"], f"/findings/{place}", finding)
    return found


def test_every_keyword_of_the_schema_is_enforced_at_every_place(checker: Checker, policy: Policy) -> None:
    found = all_violations(policy)
    for keyword, pointer, wrong, named in found:
        text = json.dumps(wrong).encode() if not pointer else changed(pointer, wrong)
        error = refusal(checker, text)
        assert (error.code, error.place) == (CODES.get(keyword, "bad-value"), named), (keyword, pointer)
        assert_helps(error)
    assert len(found) > 130
    assert {keyword for keyword, *_ in found} >= {
        "type", "enum", "pattern", "format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
        "uniqueItems", "required", "additionalProperties", "oneOf minimum", "oneOf maximum", "oneOf minProperties",
        "oneOf type", "oneOf additionalProperties",
    }  # fmt: skip


def assert_helps(error: InputError) -> None:
    """One line that a person can act on."""
    message = str(error)
    assert "\n" not in message and len(message) < 600
    assert error.cause.rstrip().endswith(".") and error.cure


# ---------- what the schema cannot say ----------

BAD_FIELDS: list[tuple[str, str, Any, str, str]] = [
    ("unknown concept", "/findings/0/concept", "fever", "unknown-concept", "/findings/0/concept"),
    ("concept of other spelling", "/findings/0/concept", "axial-spine-pains", "unknown-concept", "/findings/0/concept"),
    ("onset after the service date", "/findings/0/onset", "2026-03-03", "onset-after-service", "/findings/0/onset"),
    ("min above max", "/findings/1/durationDays/min", 21, "bounds-crossed", "/findings/1/durationDays/min"),
    ("both onset and duration", "/findings/0/durationDays", 10, "onset-and-duration", "/findings/0/durationDays"),
    ("duplicate line id", "/lines/1", FULL["lines"][0], "duplicate-line", "/lines/1/id"),
    ("unknown policy", "/policy", "9.99.99", "unknown-policy", "/policy"),
    ("policy that is only named as related", "/policy", "7.01.112", "unknown-policy", "/policy"),
    ("empty policy", "/policy", "", "unknown-policy", "/policy"),
    ("remote context", "/@context", "https://example.org/context.jsonld", "foreign-context", "/@context"),
    ("context of another version", "/@context", f"{FULL['@context']}#", "foreign-context", "/@context"),
    ("context as an object", "/@context", {"@vocab": "https://example.org/"}, "bad-value", "/@context"),
    ("context as a list", "/@context", [FULL["@context"]], "bad-value", "/@context"),
    ("no such day", "/serviceDate", "2026-02-29", "bad-date", "/serviceDate"),
    ("no such month", "/documents/0/date", "2026-13-01", "bad-date", "/documents/0/date"),
    ("year 0 of service", "/serviceDate", "0000-03-02", "bad-date", "/serviceDate"),
    ("year 0 of onset", "/findings/0/onset", "0000-03-02", "bad-date", "/findings/0/onset"),
    ("year 0 of a document", "/documents/0/date", "0000-03-02", "bad-date", "/documents/0/date"),
    ("year 10000", "/findings/0/onset", "10000-01-01", "bad-date", "/findings/0/onset"),
    ("date with a time", "/serviceDate", "2026-03-02T00:00:00Z", "bad-date", "/serviceDate"),
    ("date without hyphens", "/serviceDate", "20260302", "bad-date", "/serviceDate"),
    ("date by week", "/serviceDate", "2026-W10-1", "bad-date", "/serviceDate"),
    ("date in other digits", "/serviceDate", "２０２６-03-02", "bad-date", "/serviceDate"),
    ("a disc as a level", "/lines/0/levels/0", "L4-L5", "unknown-value", "/lines/0/levels/0"),
    ("no such vertebra", "/lines/0/levels/0", "L6", "unknown-value", "/lines/0/levels/0"),
    ("level in lower case", "/findings/0/levels/0", "l1", "unknown-value", "/findings/0/levels/0"),
    ("true as a number", "/lines/0/units", True, "bad-value", "/lines/0/units"),
    ("1 as true", "/contractCovers", 1, "bad-value", "/contractCovers"),
    ("null", "/findings/0/onset", None, "bad-value", "/findings/0/onset"),
    ("key with a slash", "/a~1b", 1, "unknown-key", "/a~01b"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pointer", "value", "code", "place"), [row[1:] for row in BAD_FIELDS], ids=[row[0] for row in BAD_FIELDS]
)
def test_a_bad_field_is_refused_with_its_place(
    pointer: str, value: Any, code: str, place: str, checker: Checker
) -> None:
    error = refusal(checker, changed(pointer, value))

    assert (error.code, error.place) == (code, place)
    assert_helps(error)


def test_what_was_given_is_named_and_what_was_meant_is_suggested(checker: Checker) -> None:
    assert "'fever'" in refusal(checker, changed("/findings/0/concept", "fever")).cause
    assert "axial-spine-pain" in refusal(checker, changed("/findings/0/concept", "axial-spine-pains")).cure
    assert "'kyphoplasty'" in refusal(checker, changed("/lines/0/technique", "kyphoplasty")).cause
    assert "balloon-kyphoplasty" in refusal(checker, changed("/lines/0/technique", "kyphoplasty")).cure
    assert "'2026-02-30'" in refusal(checker, changed("/serviceDate", "2026-02-30")).cause
    assert "'2251'" in refusal(checker, changed("/lines/0/code", "2251")).cause
    assert "more than 500" in refusal(checker, changed("/findings", FULL["findings"][2:] * 501)).cause


# ---------- what is no JSON, or JSON that readers usually let pass ----------

GOOD = json.dumps(FULL).encode()
UNITS, SOURCE = "/lines/0/units", "/findings/0/source"
BAD_TEXTS: list[tuple[str, bytes, str, str]] = [
    ("empty", b"", "not-json", "line 1, column 1"),
    ("blank", b" \n ", "not-json", "line 2, column 2"),
    ("no JSON", b"id: full", "not-json", "line 1, column 1"),
    ("cut short", b'{"id": "full", "lines": [', "not-json", "line 1, column 26"),
    ("two values", b"{} {}", "not-json", "line 1, column 4"),
    ("trailing comma", b'{"id": "a",}', "not-json", "line 1, column 12"),
    ("comment", b'{"id": "a"} // a', "not-json", "line 1, column 13"),
    ("control character", b'{"id": "a\x01"}', "not-json", "line 1, column 10"),
    ("null", b"null", "bad-value", ""),
    ("a number", b"1", "bad-value", ""),
    ("a text", b'"case"', "bad-value", ""),
    ("a list", b"[]", "bad-value", ""),
    ("an empty object", b"{}", "missing-key", ""),
    ("duplicate key", b'{"id": "a", "id": "b"}', "duplicate-key", "/id"),
    ("duplicate key in a line", GOOD.replace(b'"units": 1', b'"units": 1, "units": 2'), "duplicate-key", UNITS),
    ("duplicate key with the same value", b'{"id": "a", "id": "a"}', "duplicate-key", "/id"),
    ("duplicate key in what is not known", b'{"x": [{"y/z": 1, "y/z": 1}]}', "duplicate-key", "/x/0/y~1z"),
    ("duplicate key by escape", b'{"id": "a", "\\u0069d": "b"}', "duplicate-key", "/id"),
    ("Latin-1", '{"id": "é"}'.encode("latin-1"), "not-utf8", "byte 8"),
    ("UTF-16", GOOD.decode().encode("utf-16"), "not-utf8", "byte 0"),
    ("overlong UTF-8", b'{"id": "\xc0\xaf"}', "not-utf8", "byte 8"),
    ("encoded surrogate", b'{"id": "\xed\xa0\x80"}', "not-utf8", "byte 8"),
    ("half a surrogate pair", b'{"id": "\\ud800"}', "not-unicode", "/id"),
    ("half a surrogate pair as a key", b'{"\\udfff": 1}', "not-unicode", "/\\udfff"),
    ("half a surrogate pair in a source", GOOD.replace(b'"note"', b'"n\\ud83d"', 1), "not-unicode", SOURCE),
    ("NaN", b'{\n "value": NaN}', "not-finite", "line 2, column 11"),
    ("Infinity", b"[Infinity]", "not-finite", "line 1, column 2"),
    ("minus Infinity", b'["NaN", -Infinity]', "not-finite", "line 1, column 9"),
    ("1e400", b'{"value": 1e400}', "not-finite", "line 1, column 11"),
    ("minus 1e400", b'{"value": -1e400}', "not-finite", "line 1, column 11"),
    ("huge integer", b'{"value": ' + b"9" * 10_000 + b"}", "not-json", "line 1, column 11"),
    ("large integer", changed("/lines/0/units", 10**400), "bad-value", "/lines/0/units"),
    ("nested 100,000 lists deep", b"[" * 100_000, "too-deep", "line 1, column 101"),
    ("nested 100,000 objects deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too-deep", "line 1, column 501"),
    ("nested 900 deep", b'{"id":' + b"[" * 900 + b"]" * 900 + b"}", "too-deep", ""),
    ("nested 300 deep", b'{"id":' + b"[" * 300 + b"]" * 300 + b"}", "too-deep", ""),
    ("nested 100 deep", changed("/id", json.loads("[" * 100 + "]" * 100)), "bad-value", "/id"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), [row[1:] for row in BAD_TEXTS], ids=[row[0] for row in BAD_TEXTS])
def test_a_bad_text_is_refused(text: bytes, code: str, place: str, checker: Checker) -> None:
    error = refusal(checker, text)

    assert (error.code, error.place) == (code, place)
    assert_helps(error)


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b'"full"', b'"f\\u0075ll"'),
        GOOD.replace(b'"note"', '"été 🦴"'.encode()),
        GOOD.replace(b'"note"', b'"\\ud83e\\uddb4"'),
        GOOD.replace(b'"units": 1', b'"units": 1.0'),
        GOOD.replace(b'"value": 8', b'"value": 1e300'),
        b"\n\n" + GOOD + b"\n",
    ],
    ids=["byte order mark", "escapes", "other letters", "a surrogate pair", "1.0", "1e300", "blank lines"],
)
def test_what_is_unusual_but_right_is_read(text: bytes, checker: Checker) -> None:
    assert checker.read(parse_json(text)).id == "full"


def test_a_case_of_another_policy_is_refused_where_one_policy_was_asked_for(checker: Checker) -> None:
    only = Checker(checker.workspace, policy=checker.default_policy)
    assert only.read(parse_json(GOOD)).policy == checker.default_policy

    error = refusal(only, changed("/policy", "7.01.112"))
    assert (error.code, error.place) == ("unknown-policy", "/policy")
    with pytest.raises(InputError, match="no policy"):
        Checker(checker.workspace, policy="9.99.99")
