"""Text that wants to be more than text: in queries, answers, search words, links and shared addresses."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import expect

from web.browser.conftest import Visitor

pytestmark = pytest.mark.web

SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><script>alert(1)</script>",
    "{{ 7 * 7 }}<b>bold</b>",
    "javascript:alert(1)",
]
VALUES = " ".join(f'"""{text}"""' for text in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b>x</b>"))
HOSTILE_ANSWER = f"""
SELECT ?text ?iri (1 AS ?number) WHERE {{
  VALUES ?text {{ {VALUES} }}
  VALUES ?iri {{
    <javascript:alert(1)> <http://a.example/'onmouseover='alert(1)> <data:text/html,x> <https://w3id.org/covergraph/x'y>
  }}
}}"""


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_search_word_stays_a_word(visitor: Visitor, text: str) -> None:
    page = visitor.open("/search?" + urlencode({"q": text}))
    expect(page.get_by_role("status")).to_contain_text(text)
    assert page.get_by_label("Clause, code, concept or device").input_value() == text
    assert page.locator("main script, main img, main svg, main b").count() == 0


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_parameter_stays_a_text_in_the_form_and_in_the_query(visitor: Visitor, text: str) -> None:
    page = visitor.open("/query/find-concept?" + urlencode({"text": text}))
    expect(page.get_by_role("status")).to_contain_text("No rows")
    assert page.get_by_label("text (needed)").input_value() == text
    assert page.locator("main script, main img, main b").count() == 0
    page.get_by_role("link", name="Change the SPARQL").click()
    expect(page.get_by_label("SPARQL query")).to_be_visible()
    assert page.locator("main script, main img, main b").count() == 0


@pytest.mark.parametrize("form", ["table", "chart"])
def test_markup_in_an_answer_is_shown_and_not_obeyed(visitor: Visitor, form: str) -> None:
    page = visitor.open("/query?" + urlencode({"query": HOSTILE_ANSWER, "format": form}))
    expect(page.locator("table.answer")).to_contain_text("<script>alert(1)</script>")
    assert page.locator("main script, main img, main b").count() == 0
    links = page.locator("table.answer a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert all(link.startswith(("/", "http://a.example/")) for link in links), links
    for link in page.locator("table.answer a").all():
        link.hover()


def test_markup_in_an_answer_of_the_workbench_is_shown_and_not_obeyed(visitor: Visitor) -> None:
    # The editor parses each text in a document apart before it cleans it, and says there what the policy blocked.
    visitor.blocked = "Executing inline event handler violates"
    page = visitor.open("/workbench")
    page.locator(".CodeMirror").first.evaluate("(e, text) => e.CodeMirror.setValue(text)", HOSTILE_ANSWER)
    page.locator(".yasqe_queryButton").first.click()
    expect(page.locator(".yasr table").first).to_contain_text("alert(1)")
    for link in page.locator(".yasr table a").all():
        link.hover()
        assert (link.get_attribute("href") or "").startswith(("/", "http"))
    page.locator(".yasr_btn.select_bars").locator("visible=true").click()
    expect(page.locator("svg.chart")).to_contain_text("<script>")
    assert page.locator(".yasr :is(img, script, [onerror], [onload], [onmouseover])").count() == 0


def test_a_shared_address_cannot_send_the_workbench_elsewhere(visitor: Visitor) -> None:
    text = "SELECT * { ?s a <https://w3id.org/covergraph/ont#PolicyVersion> }"
    asked = urlencode({"query": text, "endpoint": "https://a.example/sparql"})
    page = visitor.open(f"/workbench#{asked}")
    with page.expect_request(f"{visitor.home}/sparql"):
        page.locator(".yasqe_queryButton").locator("visible=true").first.click()
    expect(page.locator(".yasr table").locator("visible=true")).to_contain_text("policy:6.01.17/2025-10-15")


def test_a_path_with_markup_is_not_found_and_nothing_else(visitor: Visitor) -> None:
    visitor.refused = {404}
    page = visitor.open("/" + quote("<script>alert(1)</script>"))
    expect(page.locator("h1")).to_have_text("Not Found")
    assert page.locator("main script").count() == 0
