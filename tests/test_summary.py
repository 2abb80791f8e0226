"""What a batch came to: the counts are those of the reports and of the catalogue's questions, whoever adds them up."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from casefiles import read_examples
from covergraph.checker import Checker
from covergraph.logic import Value
from covergraph.model import LineReport, Note, Outcome, Report, SiteReport
from covergraph.render.summary import render_summary
from covergraph.render.summary_view import SummaryView, summary_view
from covergraph.summary import Summary, Tally
from covergraph.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(open_workspace(ROOT))


@pytest.fixture(scope="module")
def reports(checker: Checker) -> list[Report]:
    return [checker.check(example.document) for example in read_examples().values()]


def tallied(reports: list[Report], errors: tuple[str, ...] = ()) -> Summary:
    tally = Tally()
    for report in reports:
        tally.add(report)
    for code in errors:
        tally.add_error(code)
    return tally.summary()


def viewed(summary: Summary, checker: Checker) -> SummaryView:
    return summary_view(summary, checker.policy_at, checker.workspace.graph)


def test_chunks_add_up_to_the_whole_in_any_split(reports: list[Report]) -> None:
    whole = tallied(reports, ("not-json",))
    parts = [tallied(reports[i : i + 7]) for i in range(0, len(reports), 7)]

    assert sum(parts, tallied([], ("not-json",))) == whole
    assert whole.cases == len(reports)
    assert whole.bad == 1


def test_a_summary_survives_being_written_down(reports: list[Report]) -> None:
    summary = tallied(reports, ("not-json", "bad-type"))

    assert Summary.from_json(json.loads(json.dumps(summary.to_json()))) == summary


def test_counts_are_those_that_the_reports_show(reports: list[Report]) -> None:
    summary = tallied(reports)
    sites = [site.to_json() for report in reports for line in report.lines for site in line.sites]
    policy = reports[0].policy_number, reports[0].policy_version

    for criterion in sites[0]["criteria"]:
        for value in ("not-met", "undocumented"):
            counted = sum(summary.of(value, *policy, criterion).values())
            assert counted == sum(site["criteria"][criterion]["value"] == value for site in sites), (criterion, value)
    assert sum(summary.of("coding").values()) == sum(len(line.coding) for r in reports for line in r.lines)
    assert summary.of("mixed", *policy) == {(): sum(r.mixed for r in reports)}


def test_outcomes_that_look_alike_but_are_two_objects_are_both_counted() -> None:
    def report(case: str) -> Report:
        outcome = Outcome("pending", ("A",), (), ("A",), bytes([Value.UNDOCUMENTED]), "")
        line = LineReport("1", "pending", (SiteReport("", outcome), SiteReport("", outcome)), ("R",), (Note("x"),))
        return Report(case, "P", "2025-01-01", "pending", True, (line,), (), (Note("d"),), (Note("a"),))

    assert tallied([report("1"), report("2")]).counts == {
        ("case", "P", "2025-01-01", "pending"): 2,
        ("mixed", "P", "2025-01-01"): 2,
        ("line", "P", "2025-01-01", "pending"): 2,
        ("site", "P", "2025-01-01", "pending"): 4,
        ("decided", "P", "2025-01-01", "pending", "A"): 4,
        ("undocumented", "P", "2025-01-01", "A", "pending"): 4,
        ("reimbursement", "P", "2025-01-01", "R"): 2,
        ("coding", "x"): 2,
        ("diagnoses", "d"): 2,
        ("advisories", "a"): 2,
    }


def test_the_page_has_every_number_in_words_and_marks_up_its_charts(checker: Checker, reports: list[Report]) -> None:
    class Page(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: list[tuple[str, dict[str, str | None]]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.append((tag, dict(attrs)))

    view = viewed(tallied(reports, ("not-json",) * 3), checker)
    html = render_summary(view, "html")
    page = Page()
    page.feed(html)

    assert "<script" not in html
    assert not re.findall(r'(?:src|href)="', html)
    assert all(attrs.get("aria-hidden") == "true" for tag, attrs in page.tags if tag == "svg")
    assert len({attrs["id"] for _, attrs in page.tags if "id" in attrs}) == html.count(" id=")
    rows = sum(min(len(t.rows), 12) for t in (*view.remarks, *(t for p in view.policies for t in p.tables)))
    assert sum(tag == "svg" for tag, _ in page.tags) == rows
    assert "29 cases judged, and 3 bad records" in html


def test_text_from_cases_and_content_is_escaped_in_the_page(checker: Checker) -> None:
    view = viewed(tallied([], ("<b>&",)), checker)

    assert "&lt;b&gt;&amp;" in render_summary(view, "html")


def test_a_table_shows_the_largest_counts_first_and_json_has_all(checker: Checker, reports: list[Report]) -> None:
    view = viewed(tallied(reports), checker)
    written = json.loads(render_summary(view, "json"))
    rows = written["policies"][0]["undocumented"]
    counts = [row["sites"] for row in rows]

    assert counts == sorted(counts, reverse=True)
    assert len(rows) > 12
    assert all(sum(row["determinations"].values()) == row["sites"] for row in rows)
    text = render_summary(view, "text", unicode=False)
    assert text.isascii()
    assert f"{rows[0]['id']} {rows[0]['label']}" in text


def test_nothing_judged_is_said_so(checker: Checker) -> None:
    assert render_summary(viewed(Summary(), checker), "text") == "0 cases judged.\n"
