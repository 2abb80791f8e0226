"""The form of a case: every case can be typed into it, and nothing that was typed is lost."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles import Json, read_boundaries, read_examples
from covergraph.checker import Checker
from covergraph.errors import InputError
from covergraph.web.form.fields import Field, Form, form, tables
from covergraph.web.form.posted import as_posted, complaints, filled, holds, read_posted, with_row, without_row
from covergraph.web.form.sheet import Sheet, blank_sheet
from covergraph.workspace import open_workspace
from strategies import cases, tries

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [json.loads(p.read_text()) for p in sorted((ROOT / "examples").glob("*.json"))]
CASES = [*EXAMPLES, *(c.document for c in read_examples().values()), *(c.document for c in read_boundaries())]
CHECKER = Checker(open_workspace(ROOT))
SHEET = blank_sheet(CHECKER, CHECKER.default_policy)


@pytest.fixture(scope="module")
def toy(toy_root: Path) -> Sheet:
    """The form of a domain without levels, intents and concurrent procedures."""
    return blank_sheet(Checker(open_workspace(toy_root)), "toy-1")


def fields(filled_in: Form) -> dict[str, Field]:
    """Every field of a form by the name of its control."""
    rows = [row for section in filled_in.sections for row in section.rows]
    return {f.name: f for f in (*filled_in.fields, *(f for row in rows for f in row.fields))}


def said(value: Any) -> Any:
    """A document without lists and texts that say nothing."""
    if isinstance(value, list):
        return [said(member) for member in value]
    return {k: said(v) for k, v in value.items() if v not in ([], "")} if isinstance(value, dict) else value


@pytest.mark.parametrize("document", CASES, ids=lambda d: d["id"])
def test_every_example_typed_into_the_form_gives_the_same_case(document: Json) -> None:
    back = read_posted(SHEET, as_posted(SHEET, form(SHEET, document)))

    assert CHECKER.read(back) == CHECKER.read(said(document))
    assert holds(SHEET, document)
    assert complaints(SHEET, document) == []


@tries(60)
@given(st.data())
def test_any_case_that_the_form_says_it_holds_comes_back_as_the_same_case(data: st.DataObject) -> None:
    policy = CHECKER.policy_at(CHECKER.default_policy, date.max)
    document = data.draw(cases(policy))
    if holds(SHEET, document):
        back = read_posted(SHEET, as_posted(SHEET, form(SHEET, document)))
        assert CHECKER.read(back) == CHECKER.read(said(document))


def test_fields_come_from_the_domain(toy: Sheet) -> None:
    ours, theirs = (fields(form(sheet, {"lines": [{}], "findings": [{}]})) for sheet in (SHEET, toy))

    assert {"lines.0.levels", "lines.0.intent", "findings.0.levels"} <= ours.keys() - theirs.keys()
    assert "concurrentProcedures" in tables(SHEET) and "concurrentProcedures" not in tables(toy)
    assert [o.label for o in theirs["lines.0.technique"].options] == [
        "narrowband UVB",
        "PUVA",
        "excimer laser",
        "lamp at home",
    ]
    assert toy.column == ()


def test_concepts_stand_under_the_statement_that_asks_for_them() -> None:
    groups = {group.label.split()[0]: [o.value for o in group.options] for group in SHEET.concepts}

    assert "osteoporotic-compression-fracture" in groups["I"] and "active-infection" in groups["II"]
    everywhere = [token for tokens in groups.values() for token in tokens]
    assert sorted(everywhere) == sorted(SHEET.tokens[t] for t in set(everywhere))
    assert set(everywhere) == set(CHECKER.policy_at(CHECKER.default_policy, date.max).vocabulary.concepts)


@pytest.mark.parametrize("typed", ["axial spine pain", " Axial  Spine pain ", "axial-spine-pain"])
def test_a_concept_is_found_by_its_label_or_its_id(typed: str) -> None:
    document = read_posted(SHEET, [("findings.0.concept", typed), ("findings.0.status", "present")])

    assert document["findings"] == [{"concept": "axial-spine-pain", "status": "present"}]


def test_a_concept_is_found_by_another_name() -> None:
    document = read_posted(SHEET, [("findings.0.concept", "Kummell disease")])

    assert document["findings"][0]["concept"] == "osteonecrotic-compression-fracture"


def test_a_concept_that_nobody_knows_stays_as_it_was_typed_with_what_may_be_meant() -> None:
    document = read_posted(SHEET, [("findings.0.concept", "axial spine paim"), ("findings.0.status", "present")])
    [error] = [e for e in complaints(SHEET, document) if e.place.startswith("/findings")]

    shown = fields(form(SHEET, document, [error]))["findings.0.concept"]
    assert shown.value == "axial spine paim"
    assert shown.errors == ("There is no concept 'axial spine paim'. Did you mean 'axial spine pain'?",)


@pytest.mark.parametrize(
    ("name", "typed", "key", "value"),
    [
        ("units", "2", "units", 2), ("units", "two", "units", "two"), ("units", "1e400", "units", "1e400"),
        ("units", "٣", "units", "٣"), ("code", "a1234", "code", "A1234"), ("id", "a", "id", "a"),
        ("modifiers", "rt, 50", "modifiers", ["RT", "50"]),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_value_or_stays_as_it_is(name: str, typed: str, key: str, value: Any) -> None:
    document = read_posted(SHEET, [("lines.0.technique", "vertebroplasty"), (f"lines.0.{name}", typed)])

    assert document["lines"][0][key] == value
    if isinstance(value, str) and key == "units":
        assert fields(form(SHEET, document))["lines.0.units"].value == typed


def test_exact_days_and_bounds_at_once_are_kept_and_refused_at_their_place() -> None:
    document = deepcopy(EXAMPLES[0])
    pairs = [
        *as_posted(SHEET, form(SHEET, document)),
        ("findings.0.durationDays.exact", "3"),
        ("findings.0.durationDays.max", "9"),
    ]
    pairs = [(n, v) for n, v in pairs if not (n.startswith("findings.0.durationDays") and v == "")]
    typed = read_posted(SHEET, pairs)
    with pytest.raises(InputError) as refused:
        CHECKER.read(typed)

    shown = fields(form(SHEET, typed, [refused.value]))["findings.0.durationDays"]
    assert shown.values == ("3", "", "9") and len(shown.errors) == 1


def test_an_empty_form_says_everything_that_it_asks_for_at_once() -> None:
    document = filled(SHEET, {})
    places = [error.place for error in complaints(SHEET, document)]

    assert places == ["/id", "/product", "/serviceDate", "/lines/0/technique", "/lines/0/levels"]
    filled_in = form(SHEET, document, complaints(SHEET, document))
    assert [c.target for c in filled_in.complaints] == [
        "id",
        "product",
        "serviceDate",
        "lines.0.technique",
        "lines.0.levels",
    ]
    assert all(f.errors for name, f in fields(filled_in).items() if name in [c.target for c in filled_in.complaints])


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("/findings/4/durationDays/min", "findings.4.durationDays"), ("/lines/0/levels/1", "lines.0.levels"),
        ("/diagnoses/0", "diagnoses"), ("/findings/4", "findings.4"), ("/findings/99/concept", "findings"), ("", ""),
        ("/lines/0/nothing", "lines.0"),
    ],
)  # fmt: skip
def test_an_error_stands_at_the_field_that_its_pointer_leads_to(place: str, target: str) -> None:
    filled_in = form(SHEET, EXAMPLES[0], [InputError("code", place, "Wrong.", "Mend it.")])

    [complaint] = filled_in.complaints
    assert complaint.target == target
    assert complaint.text.endswith("Wrong. Mend it.")


def test_rows_come_and_go_and_blank_ones_do_not_count() -> None:
    document = EXAMPLES[0]
    longer = with_row(SHEET, with_row(SHEET, document, "findings"), "treatments")
    pairs = as_posted(SHEET, form(SHEET, longer))
    pairs += [("findings.7.source", ""), ("treatments.0.weeks", "")]

    kept = read_posted(SHEET, pairs)
    assert kept["findings"][7] == {} and kept["treatments"] == [{}]
    assert filled(SHEET, kept) == said(document)
    shorter = read_posted(SHEET, without_row(pairs, "findings.0"))
    assert shorter["findings"] == [*document["findings"][1:], {}]


def test_a_blank_line_does_not_count_though_it_comes_with_an_id() -> None:
    longer = with_row(SHEET, EXAMPLES[0], "lines")
    pairs = as_posted(SHEET, form(SHEET, longer))

    assert ("lines.1.id", "2") in pairs
    assert filled(SHEET, read_posted(SHEET, pairs)) == said(EXAMPLES[0])


def test_a_name_that_two_concepts_share_names_neither(toy_root: Path, tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(toy_root, content)
    (content / "ontology" / "names.ttl").write_text(
        "<https://w3id.org/covergraph/concept/melanoma> "
        '<http://www.w3.org/2004/02/skos/core#altLabel> "skin cancer" .\n'
    )
    sheet = blank_sheet(Checker(open_workspace(content)), "toy-1")

    document = read_posted(sheet, [("findings.0.concept", "skin cancer"), ("findings.0.status", "present")])
    assert [e.place for e in complaints(sheet, document) if e.code == "unknown-concept"] == ["/findings/0/concept"]
    shown = fields(form(sheet, {"findings": [{"concept": "skin-cancer"}]}))["findings.0.concept"]
    assert shown.value == "skin-cancer"


def test_rows_beyond_what_the_form_takes_are_refused() -> None:
    pairs = [(f"findings.{n}.status", "present") for n in range(101)]

    with pytest.raises(InputError, match="101 rows"):
        read_posted(SHEET, pairs)
    assert not holds(SHEET, {"findings": [{"concept": "axial-spine-pain", "status": "present"}] * 101})


@pytest.mark.parametrize(
    "document",
    [
        {"unknown": 1}, {"lines": [{"id": "1", "extra": True}]}, {"lines": "none"}, {"findings": [3]},
        {"lines": [{"id": "1", "levels": ["L9"]}]}, {"contractCovers": "no"}, {"findings": [{"source": ["a"]}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_document_that_would_lose_something_is_not_opened_in_the_form(document: Json) -> None:
    assert not holds(SHEET, document)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda v: (
            st.lists(v)
            | st.dictionaries(st.sampled_from(["lines", "findings", "id", "levels", "durationDays", "concept"]), v)
        ),
        max_leaves=8,
    )
)
@tries(100)
def test_no_document_breaks_the_form(value: Any) -> None:
    document = value if isinstance(value, dict) else {"lines": value, "findings": [value], "id": value}

    form(SHEET, document, [InputError("code", "/lines/0", "Wrong.")])
    complaints(SHEET, document)
    filled(SHEET, document)
    holds(SHEET, document)
