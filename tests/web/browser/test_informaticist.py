"""An informaticist's whole visit: find a code, follow it to its clauses, ask the graph, take the answer away."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from web.browser.conftest import Visitor, shoot

pytestmark = pytest.mark.web


def _choose(page: Page, question: str) -> None:
    page.select_option("#question", question)


def test_an_informaticist_goes_from_a_code_to_a_spreadsheet(visitor: Visitor) -> None:
    page = visitor.open("/")

    # A code inside a printed range, typed without its dot.
    page.get_by_role("searchbox").first.fill("m8008xd")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("in the range M80.08XA- M80.08XS of Policy 6.01.17")
    page.get_by_role("link", name=re.compile("^Age-related osteoporosis")).click()
    expect(page.locator("h1")).to_contain_text("M80.08XD")
    shoot(page, "visit-1-code")

    # The clauses that look at it; from there to the policy's tree and to a clause of it.
    page.get_by_role("link", name=re.compile("^PD.4")).click()
    assert urlsplit(page.url).path == "/policy/6.01.17/2025-10-15/PD.4"
    page.get_by_role("link", name="Policy 6.01.17 as of 2025-10-15").click()
    page.get_by_role("link", name=re.compile("^I.C Non-malignant")).click()
    page.get_by_role("link", name=re.compile("^I.C.1.d.i.acute")).first.click()
    expect(page.locator("main")).to_contain_text("days that it can have lasted: ≤ 42")
    shape = page.get_by_role("region", name="Shape in Turtle")
    expect(shape).to_contain_text("sh:maxInclusive 42")
    expect(shape).to_contain_text("v:I.C.1.d.i.acute a sh:NodeShape")
    shoot(page, "visit-2-clause")

    # A ready question with its parameter as a field.
    page.get_by_role("link", name="Query", exact=True).click()
    page.get_by_role("link", name="Which codes are in the same listed range as a diagnosis code?").click()
    page.get_by_label("code (needed)").fill("C90.01")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("status")).to_contain_text("3 rows")
    shoot(page, "visit-3-answer")

    # Its SPARQL, changed by hand.
    page.get_by_role("link", name="Change the SPARQL").click()
    text = page.get_by_label("SPARQL query").input_value()
    assert '"C90.01"' in text
    page.get_by_label("SPARQL query").fill(text.replace('"C90.01"', '"C79.51"'))
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("status")).to_contain_text("2 rows")

    # The answer as a file.
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert [row["member"] for row in rows] == ["C79.51", "C79.52"]
    assert waiting.value.suggested_filename == "query.csv"


def test_search_questions_charts_and_queries_work_without_javascript(visitor: Visitor) -> None:
    page = visitor.open("/", javascript=False)
    page.get_by_role("searchbox").first.fill("m8008xd")
    page.get_by_role("button", name="Search").first.click()
    expect(page.locator("main")).to_contain_text("in the range M80.08XA- M80.08XS")
    page.goto(visitor.home + "/query/devices-by-year")
    page.get_by_label("year (needed)").fill("2015")
    page.get_by_label("Answer as").select_option("chart")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("svg.chart .bar")).to_have_count(4)  # clearances of six devices
    page.get_by_role("link", name="Change the SPARQL").click()
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("status")).to_contain_text("6 rows")
    page.goto(visitor.home + "/workbench")
    expect(page.get_by_role("main").get_by_text("The editor needs JavaScript.")).to_be_visible()


def test_a_syntax_error_says_where_and_leaves_the_text_to_be_mended(visitor: Visitor) -> None:
    visitor.refused = {400}
    page = visitor.open("/query")
    page.get_by_label("SPARQL query").fill("SELECT * WHERE {\n  ?s ?p }")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("line 2, column")
    assert page.get_by_label("SPARQL query").input_value() == "SELECT * WHERE {\n  ?s ?p }"


def test_the_workbench_runs_a_ready_question_and_draws_its_answer(visitor: Visitor) -> None:
    page = visitor.open("/workbench")
    _choose(page, "devices-by-manufacturer")
    page.get_by_label("name (needed)").fill("Pan Medical")
    page.get_by_role("button", name="Open in a tab and run").click()
    expect(page.locator(".yasr table").first).to_contain_text("InterV Kyphoplasty Catheter")
    shoot(page, "visit-4-workbench")
    page.locator(".yasr_btn.select_bars").locator("visible=true").click()
    expect(page.locator("svg.chart")).to_be_visible()
    shoot(page, "visit-5-chart")
    page.get_by_role("link", name="plain form").click()
    assert "Pan Medical" in parse_qs(urlsplit(page.url).query)["query"][0]
    expect(page.locator("table.answer")).to_contain_text("InterV Kyphoplasty Catheter")


def test_the_workbench_says_what_a_parameter_lacks(visitor: Visitor) -> None:
    visitor.refused = {400}
    page = visitor.open("/workbench")
    _choose(page, "devices-by-year")
    page.get_by_label("year (needed)").fill("12.5")
    page.locator("#ready").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Open in a tab and run").click()
    expect(page.locator("#refusal")).to_contain_text("'12.5' is no integer")


def test_the_editor_does_not_trap_the_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/workbench")
    field = page.locator(".CodeMirror textarea")
    for leave in ("Tab", "Shift+Tab", "Escape"):
        field.focus()
        page.keyboard.press(leave)
        expect(field, leave).not_to_be_focused()


def test_the_editor_completes_the_words_of_the_vocabulary(visitor: Visitor) -> None:
    page = visitor.open("/workbench")
    editor = page.locator(".CodeMirror").first
    editor.evaluate(
        "e => { e.CodeMirror.setValue('PREFIX cov: <https://w3id.org/covergraph/ont#>\\nSELECT * { ?s cov:sectionL'); }"
    )
    editor.evaluate("e => { e.CodeMirror.focus(); e.CodeMirror.setCursor(1, 999); }")
    page.keyboard.press("Control+Space")
    expect(page.locator(".CodeMirror-hints")).to_contain_text("cov:sectionLabel")


def test_links_in_the_answers_of_the_workbench_lead_to_pages_here(visitor: Visitor) -> None:
    page = visitor.open("/workbench")
    text = "SELECT ?d { ?d a <https://w3id.org/covergraph/ont#ProcedureCode> } ORDER BY ?d LIMIT 1"
    page.locator(".CodeMirror").first.evaluate("(e, text) => e.CodeMirror.setValue(text)", text)
    page.locator(".yasqe_queryButton").first.click()
    with page.context.expect_page() as opened:
        page.locator("a.iri").first.click()
    assert urlsplit(opened.value.url).path.startswith("/code/")
