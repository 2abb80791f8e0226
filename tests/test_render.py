"""What a reviewer reads: the report as text, Markdown and HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from casefiles import Json, read_examples
from covergraph.checker import Checker
from covergraph.explain import evidence
from covergraph.render import Format, render
from covergraph.render.tree import Node
from covergraph.render.view import ReportView, report_view
from covergraph.workspace import open_workspace

EXAMPLES = read_examples()
NAMES = sorted(EXAMPLES)
FORMATS: tuple[Format, ...] = ("text", "markdown", "html")
WORKSPACE = open_workspace()


@cache
def checker(strict: bool) -> Checker:
    return Checker(WORKSPACE, strict=strict)


def example(name: str) -> Json:
    """The document of an example case, free to be changed."""
    return deepcopy(EXAMPLES[name].document)


def judged(document: Json, strict: bool = False) -> tuple[Any, ...]:
    """Case, report, policy, facts and texts, as a renderer takes them."""
    return _judged(json.dumps(document), strict)


@cache
def _judged(document: str, strict: bool) -> tuple[Any, ...]:
    case = checker(strict).read(json.loads(document))
    judge = checker(strict).judge_of(case)
    report, facts = judge.report_with_facts(case)
    return case, report, judge.policy, facts, WORKSPACE.texts


def shown(document: Json, format: Format = "text", *, strict: bool = False, **options: Any) -> str:
    return _shown(json.dumps(document), format, strict, **options)


@cache
def _shown(document: str, format: Format, strict: bool, **options: Any) -> str:
    return render(format, *_judged(document, strict), **options)


def view_of(document: Json, strict: bool = False) -> ReportView:
    return report_view(*judged(document, strict))


def nodes(view: ReportView) -> Iterator[Node]:
    def below(node: Node) -> Iterator[Node]:
        yield node
        for child in node.children:
            yield from below(child)

    for root in [n for line in view.lines for site in line.sites for n in site.criteria] + list(view.documentation):
        yield from below(root)


def one_line(text: str) -> str:
    return " ".join(text.split())


def said_of(document: Json, id: str, place: int = 0) -> list[str]:
    """What the evidence for a provision says at one site."""
    case, _, policy, facts, _ = judged(document)
    return [e.text for e in evidence(case, facts.sites[place], policy.provisions[id], policy)]


# ---------- headline ----------


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("acute-osteoporotic-l1", "Medically necessary. I.C (Non-malignant conditions) is met."),
        ("urinary-tract-infection", "Not medically necessary. II.K (Septicemia or any active infection) is met."),
        ("short-trial", "Not medically necessary. I (Indications for vertebral augmentation) is not met."),
        ("cause-not-stated", "More information needed. I (Indications for vertebral augmentation) is still open."),
        ("conflicting-infection",
         "More information needed. II.K (Septicemia or any active infection) is neither shown nor ruled out."),
        ("no-imaging-report", "More information needed. PG.II.C (Independent report of advanced imaging) is missing."),
        ("medicare-osteoporotic",
         "Policy not applicable. PD.4 (Medicare products) takes the line out of the policy, and LCD L33569 governs."),
        ("sacral-metastasis", "Investigational. V (Sacroplasty) is met."),
        ("two-levels-one-fracture",
         "More information needed (mixed). More information needed: L2. Medically necessary: L1."),
    ],
)  # fmt: skip
def test_the_headline_says_what_was_found_and_which_statement_decided_it(name: str, headline: str) -> None:
    assert view_of(example(name)).headline == headline
    assert one_line(shown(example(name))).startswith(headline)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", FORMATS)
def test_every_report_names_its_policy_and_that_a_clinician_decides(name: str, format: Format) -> None:
    text = one_line(shown(example(name), format))

    assert "Policy 6.01.17, Vertebral augmentation and sacroplasty: version 2025-10-15, effective 2025-10-15." in text
    assert re.search("supports a clinician('|&#39;)s decision", text)


# ---------- criteria and evidence ----------


def test_a_met_criterion_shows_the_finding_its_duration_and_its_source() -> None:
    case = example("acute-osteoporotic-l1")
    case["findings"][4] |= {"source": "office note 2026-02-27"}

    rows = shown(case).splitlines()
    place = next(i for i, row in enumerate(rows) if "I.C.1.d.i.acute" in row)

    assert rows[place].split()[0] == "✓" and rows[place].endswith("met             p. 2")
    assert rows[place + 1].strip() == "· axial spine pain: present, 20 days [office note 2026-02-27]"


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_met_shows_what_met_it(name: str, strict: bool) -> None:
    for node in nodes(view_of(example(name), strict)):
        assert node.value != "met" or node.evidence or node.children, node.id


@pytest.mark.parametrize("name", NAMES)
def test_the_pointer_of_an_item_leads_to_it_and_its_source_comes_with_it(name: str) -> None:
    document = example(name)
    for key in ("findings", "treatments", "documents"):
        for place, item in enumerate(document[key]):
            item["source"] = f"/{key}/{place}"
    shown_items = [item for node in nodes(view_of(document)) for item in node.evidence]

    assert all(item.source in (None, item.pointer) for item in shown_items)
    assert {item.source for item in shown_items} >= {"/documents/0"} if document["documents"] else True


def test_a_finding_that_counts_beyond_its_level_says_why() -> None:
    assert said_of(example("osteomyelitis-elsewhere"), "II.K") == [
        "active osteomyelitis: present, at T8 (a kind of active infection; counts for the whole body)"
    ]
    assert said_of(example("osteomyelitis-elsewhere"), "II.L") == []


def test_findings_in_conflict_are_both_shown() -> None:
    assert said_of(example("conflicting-infection"), "II.K") == [
        "active infection: present",
        "active infection: absent",
    ]


def test_findings_that_exclude_each_other_are_shown_together() -> None:
    document = example("cause-not-stated")
    document["findings"] += [
        {"concept": "aggressive-hemangioma", "status": "present", "levels": ["L1"]},
        {"concept": "non-aggressive-hemangioma", "status": "present", "levels": ["L1"]},
    ]

    assert said_of(document, "I.C.1.a.iii") == [
        "aggressive hemangioma: present, at L1 (a kind of aggressive space-occupying lesion)",
        "non-aggressive hemangioma: present, at L1",
    ]
    assert said_of(document, "IV.A") == [
        "aggressive hemangioma: present, at L1", "non-aggressive hemangioma: present, at L1"
    ]  # fmt: skip


def test_an_unanswered_broader_finding_is_shown_for_the_narrower_criterion() -> None:
    assert said_of(example("unknown-infection"), "II.L") == [
        "active infection: unknown (active osteomyelitis included)"
    ]


def test_imaging_that_names_another_lesion_is_the_evidence_against_the_rest() -> None:
    assert said_of(example("traumatic-fracture"), "I.C.1.a.i") == [
        "not named, though traumatic compression fracture is"
    ]


def test_a_lesion_of_unstated_kind_is_shown_where_its_kind_is_asked_for() -> None:
    assert said_of(example("cause-not-stated"), "I.C.1.a.i") == [
        "vertebral compression fracture: present, at L1 (kind not stated)"
    ]


def test_durations_are_shown_as_they_are_known() -> None:
    case = example("acute-osteoporotic-l1")
    pain = case["findings"][4]
    del pain["durationDays"]

    def pain_is(**known: Any) -> list[str]:
        return said_of(case | {"findings": [*case["findings"][:4], pain | known]}, "I.C.1.d.i.acute")

    assert pain_is(durationDays=1) == ["axial spine pain: present, 1 day"]
    assert pain_is(durationDays={"min": 60}) == ["axial spine pain: present, at least 60 days"]
    assert pain_is(durationDays={"max": 59}) == ["axial spine pain: present, at most 59 days"]
    assert pain_is(durationDays={"min": 30, "max": 50}) == ["axial spine pain: present, 30 to 50 days"]
    assert pain_is(onset="2026-02-10") == ["axial spine pain: present, onset 2026-02-10, 20 days"]
    assert pain_is() == ["axial spine pain: present, duration not stated"]


def test_treatments_say_what_is_not_stated_of_them() -> None:
    assert said_of(example("exercise-contraindicated-no-reason"), "I.C.1.d.ii.b") == [
        "provider-directed exercise: contraindicated, reason not stated"
    ]
    assert said_of(example("exercise-contraindicated"), "I.C.1.d.ii.b") == [
        "provider-directed exercise: contraindicated, because of unstable angina"
    ]


@pytest.mark.parametrize(
    ("name", "id", "said"),
    [
        ("with-open-fusion", "I.A.1.a",
         ["technique: vertebroplasty", "intent: prophylactic, with fusion surgery",
          "concurrent spinal fusion, approach open"]),
        ("acute-osteoporotic-l1", "I.A.1.a",
         ["technique: balloon kyphoplasty", "intent: therapeutic", "no concurrent procedure"]),
        ("myeloma-four-levels", "I.C.1.b", ["4 levels in the case: T6, T7, T8, T9", "level T6"]),
        ("sacral-metastasis", "V", ["level S1"]),
        ("stabilit", "IV.G", ["device stabilit"]),
        ("unknown-device", "IV.F", ["device K999999, not known here"]),
        ("spinejack", "IV.F", ["device K181262, cleared 2018-08-30"]),
        ("medicare-osteoporotic", "PD.4",
         ["osteoporotic compression fracture: present, at L1", "diagnosis M80.08XA", "product: Medicare",
          "technique: balloon kyphoplasty"]),
        ("day-before-effective", "EFF", ["service date: 2025-10-14"]),
        ("no-imaging-report", "PG.II.A", ["line 1: code 22514", "diagnosis M80.08XA"]),
        ("acute-osteoporotic-l1", "PG.II.C", ["MRI report: 2026-02-10, independent radiologist"]),
    ],
)  # fmt: skip
def test_what_is_requested_is_evidence_too(name: str, id: str, said: list[str]) -> None:
    assert said_of(example(name), id) == said


# ---------- folding ----------


def test_exclusions_with_nothing_to_say_take_one_line() -> None:
    rows = [row for row in shown(example("acute-osteoporotic-l1")).splitlines() if re.search(r"[✓✗?] I?[IV]+\b", row)]

    assert [one_line(row) for row in rows if " II " in row or " IV " in row] == [
        "? II Contraindications: none met; 13 not documented not documented p. 2",
        "✗ IV Investigational uses of vertebral augmentation: all ruled out not met p. 3",
    ]
    assert not any(re.search(r"[✓✗?] II\.", row) for row in rows)


def test_an_exclusion_that_decides_is_shown_and_the_others_counted() -> None:
    (statement,) = [n for n in nodes(view_of(example("urinary-tract-infection"))) if n.id == "II"]

    assert [(n.id, n.value, n.decides) for n in statement.children] == [("II.K", "met", True)]
    assert statement.note == "others: 12 not documented"


def test_an_alternative_that_decided_nothing_is_one_line_with_its_reason() -> None:
    by_id = {n.id: n for n in nodes(view_of(example("acute-osteoporotic-l1")))}

    assert by_id["I.A"].children == ()
    assert by_id["I.A"].note == "because of I.A.1.a (Preventive vertebroplasty that serves a fusion)"
    assert by_id["I.C.1.d.ii"].note == "because of I.C.1.d.ii.subacute (Axial pain of more than six weeks)"
    assert (by_id["I.C.1.a.ii"].value, by_id["I.C.1.a.ii"].evidence) == ("not met", ())


def test_the_waiver_stands_below_the_trial_that_it_waives() -> None:
    (trial,) = [n for n in nodes(view_of(example("incapacitated-no-trial"))) if n.id == "I.C.1.d.ii"]

    assert [(n.id, n.value) for n in trial.children] == [
        ("I.C.1.d.ii.subacute", "met"), ("PG.I", "met"),
        ("I.C.1.d.ii.a", "not documented"), ("I.C.1.d.ii.b", "not documented"),
    ]  # fmt: skip


def test_levels_that_come_out_alike_are_shown_once() -> None:
    view = view_of(example("myeloma-four-levels"))

    assert [site.headline for site in view.lines[0].sites] == ["T6, T7, T8, T9: medically necessary."]


def test_levels_shown_once_are_all_named_as_evidence() -> None:
    document = example("with-open-fusion")
    document["lines"][0]["levels"] = ["T9", "T10"]
    (limit,) = [n for n in nodes(view_of(document)) if n.id == "I.A.1.b"]

    assert [e.text for e in limit.evidence] == ["2 levels in the case: T9, T10", "levels T9, T10"]


def test_levels_with_the_same_result_for_other_reasons_are_shown_apart() -> None:
    document = example("myeloma-four-levels")
    document["findings"][0]["levels"] = ["T6", "T7", "T8"]
    document["findings"].append({"concept": "osteolytic-metastasis", "status": "present", "levels": ["T9"]})

    headlines = [site.headline for site in view_of(document).lines[0].sites]
    assert [headline.split(":")[0] for headline in headlines] == ["T6, T7, T8", "T9"]


def test_levels_that_differ_say_why_each() -> None:
    view = view_of(example("two-levels-one-fracture"))

    assert [site.headline for site in view.lines[0].sites] == [
        "L1: medically necessary. I.C (Non-malignant conditions) is met.",
        "L2: more information needed. I (Indications for vertebral augmentation) is still open.",
    ]


def test_a_line_outside_the_policy_shows_the_rule_and_no_criteria() -> None:
    view = view_of(example("medicare-osteoporotic"))

    assert [n.id for n in view.lines[0].sites[0].criteria] == ["PD.4"]
    assert "LCD L33569 governs" in view.lines[0].sites[0].criteria[0].note
    assert view.presumed == ()


# ---------- what to ask for ----------


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", FORMATS)
def test_every_missing_item_is_asked_for_in_a_sentence(name: str, format: Format, strict: bool) -> None:
    document = example(name)
    _, report, policy, _, _ = judged(document, strict)
    text = one_line(shown(document, format, strict=strict)).replace("&#39;", "'")
    outcomes = [site.outcome for line in report.lines for site in line.sites]
    asked = {id for o in outcomes for ids in (*o.missing, *o.then, o.rule_out) for id in ids}

    assert all(policy.provisions[id].question in text and id in text for id in asked)
    assert ("What to ask for" in text) == bool(asked)


def test_sets_that_differ_in_one_item_become_one_choice() -> None:
    (ask,) = view_of(example("cause-not-stated")).asks

    assert [b.heading for b in ask.blocks] == ["Any one of these 2 ways is enough.", "Way 1, one of:", "Way 2:"]
    assert [q.id for q in ask.blocks[1].questions] == [
        "I.B.1.a.i", "I.B.1.a.ii", "I.C.1.a.ii", "I.C.1.a.iii", "I.C.1.a.iv", "I.C.1.a.v",
    ]  # fmt: skip
    assert [q.id for q in ask.blocks[2].questions] == ["I.C.1.a.i", "I.C.1.e"]


def test_an_exclusion_in_doubt_is_asked_about_first() -> None:
    (ask,) = view_of(example("unknown-device")).asks

    assert [b.heading for b in ask.blocks] == ["To be ruled out first:", "Nothing else is missing."]
    assert [q.id for q in ask.rule_out] == ["IV.F"]


def test_nothing_is_asked_twice() -> None:
    document = {"id": "empty", "product": "commercial", "serviceDate": "2026-03-02",
                "lines": [{"id": "1", "technique": "balloon-kyphoplasty", "levels": ["L1"]}]}  # fmt: skip
    (ask,) = view_of(document).asks
    questions = [q.text for block in ask.blocks for q in block.questions]

    assert len(questions) == len(set(questions)) > 10
    assert ask.blocks[0].heading == "Needed in any case:"
    assert [q.id for q in ask.blocks[0].questions] == ["PG.II.A", "PG.II.C"]


def test_ways_to_approval_written_short_are_the_missing_sets() -> None:
    document = example("two-levels-one-fracture")
    document["findings"] = document["findings"][2:4]
    _, report, _, _, _ = judged(document)
    wanted = {frozenset(s) for s in report.lines[0].sites[0].outcome.missing}
    ask = view_of(document).asks[0]
    always = {q.id for q in ask.always}
    found = set()
    for way in ask.alternatives:
        for choice in [{q.id} for q in way.one_of] or [set()]:
            found.add(frozenset(always | {q.id for q in way.all_of} | choice))

    assert found == wanted


# ---------- the other sections ----------


def test_what_was_presumed_absent_is_listed_by_name() -> None:
    text = one_line(shown(example("two-levels-one-fracture")))

    assert (
        "Presumed absent, because the record does not mention them II.A Allergy to a material of the procedure;" in text
    )
    assert "L2 also: IV.A Painless or non-aggressive hemangioma" in text


def test_remarks_on_codes_are_sentences() -> None:
    text = one_line(shown(example("add-on-alone")))

    assert (
        "Codes and devices addon-without-primary: Code 22515 is an add-on code, "
        "and no primary code that it goes with is in the case."
    ) in text


def test_remarks_name_the_code_the_levels_and_the_line_that_they_are_about() -> None:
    document = example("acute-osteoporotic-l1")
    document["lines"][0] |= {"code": "22510", "units": 3}
    document["lines"].append({"id": "2", "technique": "vertebroplasty", "levels": ["L1"], "devices": ["K192449"]})
    document["diagnoses"] = ["M80.08XA", "M80", "I10", "Q99.99"]
    document["concurrentProcedures"] = [{"kind": "other-spine-procedure", "code": "63047"}]
    sections = {s.title: [r.text for r in s.remarks] for s in view_of(document).sections}

    assert sections["Codes and devices"] == [
        "Line 1: Code 22510 does not stand for balloon kyphoplasty.",
        "Line 1: Code 22510 does not stand for level L1.",
        "Line 1: Code 22510 is requested with units 3 for level L1.",
        "Line 2: Device K192449 does not serve vertebroplasty.",
    ]
    assert sections["Diagnoses"] == [
        "Diagnosis M80 is a heading, not a billable code; a more specific one is needed.",
        "Diagnosis I10 is valid, but in none of the ranges that the policy lists.",
        "Diagnosis Q99.99 is no ICD-10-CM code.",
    ]
    assert sections["Advisories"] == [
        "The approach of a concurrent spine procedure is not stated, so the payment rules for open procedures "
        "cannot be checked. Code: 63047."
    ]


def test_a_procedure_that_is_not_paid_apart_is_noted_with_its_page() -> None:
    text = one_line(shown(example("with-open-fusion")))

    assert re.search(r"Reimbursement PG\.IV: Vertebroplasty is not paid for on its own .*? \(p\. 5\)", text)


def test_conflicting_findings_are_pointed_out() -> None:
    assert "Findings on active infection contradict each other." in shown(example("conflicting-infection"))


def test_a_check_without_a_sentence_shows_its_name() -> None:
    case, report, policy, facts, texts = judged(example("add-on-alone"))
    note = report.lines[0].coding[0]._replace(check="some-new-check")
    line = report.lines[0]._replace(coding=(note,))

    assert "some-new-check" in render("text", case, report._replace(lines=(line,)), policy, facts, texts)


@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("acute-osteoporotic-l1",
         ["Osteoporosis program for osteoporotic fractures only", "Six weeks exactly is acute"]),
        ("myeloma-four-levels",
         ["No limit on levels for malignant conditions", "Extensive destruction and destruction by myeloma"]),
        ("urinary-tract-infection", ["II and III reach every augmentation"]),
        ("unknown-device", ["Primary adds nothing", "Product outside the device table"]),
        ("no-imaging-report", ["Missing documents hold up an approval only"]),
        ("exercise-contraindicated-no-reason",
         ["One course reaches four weeks", "Missing documents hold up an approval only"]),
        ("medicare-osteoporotic", []),
    ],
)  # fmt: skip
def test_the_readings_that_a_report_rests_on_are_named(name: str, readings: list[str]) -> None:
    found = [reading.label for reading in view_of(example(name)).readings]

    assert set(readings) <= set(found) and bool(readings) == bool(found)
    assert len(found) <= 4


# ---------- page and format ----------


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_text_fits_the_page_and_is_plain_when_asked(name: str, strict: bool) -> None:
    for width in (60, 80, 100):
        assert max(map(len, shown(example(name), strict=strict, width=width).splitlines())) <= width
    assert "\x1b" not in shown(example(name), strict=strict)
    assert shown(example(name), strict=strict, unicode=False).isascii()


def test_color_adds_nothing_but_color() -> None:
    colored = shown(example("two-levels-one-fracture"), color=True)

    assert "\x1b[32m✓\x1b[0m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == shown(example("two-levels-one-fracture"))


def test_marks_have_an_ascii_form() -> None:
    text = shown(example("short-trial"), unicode=False)

    assert re.search(r"^ +- I Indications", text, re.MULTILINE)
    assert re.search(r"^ +\+ I\.C\.1\.d\.ii\.b ", text, re.MULTILINE)
    assert re.search(r"^ +\. PG\.II\.B ", text, re.MULTILINE)


HOSTILE = (
    "<script>alert(1)</script> \x1b[31mred\x1b[0m \x1b]0;title\x07 line\nbreak \u202eback # *bold* [a](b) & `code` x"
    + "y" * 200
)


def hostile() -> Json:
    """A case with hostile text wherever a case can have text."""
    document = example("exercise-contraindicated")
    for item in (*document["findings"], *document["treatments"], *document["documents"]):
        item["source"] = HOSTILE
    document["treatments"][0]["frequency"] = document["treatments"][1]["reason"] = HOSTILE[:200]
    document["lines"][0]["devices"] = [HOSTILE[:200]]
    return document


def test_text_from_a_case_cannot_reach_the_terminal() -> None:
    text = shown(hostile())

    assert "<script>alert(1)</script> red line break back # *bold*" in one_line(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert max(map(len, text.splitlines())) <= 100


def test_text_from_a_case_cannot_become_markdown() -> None:
    text = shown(hostile(), "markdown")

    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt; red line break back \\# \\*bold\\* \\[a\\](b) &amp; \\`code\\`" in text
    )
    assert "<script" not in text and "\x1b" not in text


def test_text_from_a_case_cannot_become_html() -> None:
    text = shown(hostile(), "html")

    assert "&lt;script&gt;alert(1)&lt;/script&gt; red line break back" in text
    assert "<script" not in text and "\x1b" not in text


class Page(HTMLParser):
    """An HTML page as far as the tests look at it; fails where an element is not closed."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"th", "td"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.mark.parametrize("name", NAMES)
def test_html_is_one_accessible_page_that_asks_for_nothing(name: str) -> None:
    text = shown(example(name), "html")
    page = Page(text)
    tags = [tag for tag, _ in page.elements]
    ids = [a["id"] for _, a in page.elements if "id" in a]

    assert page.elements[0] == ("html", {"lang": "en"})
    assert all(tags.count(landmark) == 1 for landmark in ("header", "main", "footer", "title", "h1"))
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a} == set(ids)
    assert tags.count("caption") == tags.count("table") and "scope" in dict(page.elements)["th"]
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(tags)
    assert not re.search(r"(https?:)?//|url\(|@import", text)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_html_has_enough_contrast_by_day_and_by_night() -> None:
    text = shown(example("short-trial"), "html")
    day, night = (
        dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", text, re.DOTALL)[:2]
    )

    for colors in (day, day | night):
        for ink in ("ink", "faint", "good", "bad", "open"):
            for paper in ("paper", "band"):
                light, dark = sorted((_luminance(colors[ink]), _luminance(colors[paper])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_three_formats_carry_the_same_criteria_with_the_same_values(name: str, strict: bool) -> None:
    document = example(name)
    value = "met|not met|not documented|not applicable"
    text = re.findall(
        rf"^ +[✓✗?–] (\S+) .*?({value}) +p\. \d+$", shown(document, strict=strict), re.MULTILINE
    )  # fmt: skip
    markdown = re.findall(
        rf"^ *- [✓✗?–] \*\*(\S+)\*\* .*: \*({value})\*", shown(document, "markdown", strict=strict), re.MULTILINE
    )
    rows = [row for row in Page(shown(document, "html", strict=strict)).rows if row[0] != "Clause"]
    html = [(clause, cell.split(" ", 1)[1]) for clause, _, cell, _ in rows]
    view = [(n.id, n.value) for n in nodes(view_of(document, strict))]

    assert len(view) > 3
    assert markdown == view
    assert html == view
    assert [id for id, _ in text] == [id for id, _ in view]
    assert [v for _, v in text] == [v for _, v in view]


@pytest.mark.parametrize("name", NAMES)
def test_no_report_speaks_of_a_denial(name: str) -> None:
    for format in FORMATS:
        for strict in (False, True):
            assert re.findall(r"\bden(?:ial|ied|y)\w*", shown(example(name), format, strict=strict).lower()) == []
