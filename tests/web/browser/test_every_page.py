"""What holds of every page, whoever looks at it and with whatever."""

from __future__ import annotations

import pytest

from web.browser.axe import severe_violations
from web.browser.conftest import Visitor, shoot
from web.browser.places import PLACES

pytestmark = pytest.mark.web

every_page = pytest.mark.parametrize(("name", "path"), PLACES.items(), ids=PLACES)

SEEN = "e => e.checkVisibility({visibilityProperty: true}) && !e.closest('details:not([open]) > :not(summary)')"
REACHABLE = f"""
() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter({SEEN}).filter(e => !e.disabled && e.tabIndex >= 0 && e.type !== 'hidden')
  .filter(e => e.type !== 'radio' || e.checked || !document.querySelector(`input[name="${{e.name}}"]:checked`))
  .map((e, i) => {{ e.dataset.reach = i; return e.outerHTML.slice(0, 100); }})
"""
FOCUSED = """
() => { const e = document.activeElement, s = getComputedStyle(e);
  const visible = s.outlineStyle !== 'none' || s.boxShadow !== 'none' || e.closest('.CodeMirror-focused') !== null;
  return {reach: e.dataset.reach ?? '', visible, is: e.outerHTML.slice(0, 100)}; }
"""


@every_page
def test_axe_finds_nothing_serious(visitor: Visitor, name: str, path: str) -> None:
    page = visitor.open(path)
    shoot(page, f"{name}-light")
    assert severe_violations(page) == []


@every_page
def test_axe_finds_nothing_serious_in_the_dark(visitor: Visitor, name: str, path: str) -> None:
    page = visitor.open(path, scheme="dark")
    shoot(page, f"{name}-dark")
    assert severe_violations(page, ["color-contrast", "link-in-text-block"]) == []


@every_page
def test_a_page_fits_on_the_narrowest_phone(visitor: Visitor, name: str, path: str) -> None:
    page = visitor.open(path, width=320)
    shoot(page, f"{name}-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@every_page
def test_the_tab_key_reaches_everything_and_shows_where_it_is(visitor: Visitor, name: str, path: str) -> None:
    page = visitor.open(path)
    things = page.evaluate(REACHABLE)
    reached = set()
    for _ in range(len(things) + 30):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["reach"]:
            reached.add(int(focused["reach"]))
            assert focused["visible"], focused["is"]
        elif reached and "<body" in focused["is"]:
            break
    assert [thing for place, thing in enumerate(things) if place not in reached] == []


@every_page
def test_a_page_says_the_same_without_javascript(visitor: Visitor, name: str, path: str) -> None:
    page = visitor.open(path, javascript=False)
    assert page.locator("h1").count() == 1
    assert page.locator("main").inner_text().strip()
    assert page.locator("nav[aria-label=Site] a").all_inner_texts() == ["Policies", "Check a case", "Query"]


@every_page
def test_the_paper_has_the_page_and_none_of_the_controls(visitor: Visitor, name: str, path: str) -> None:
    page = visitor.open(path, javascript=name == "workbench")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    assert not page.locator("nav[aria-label=Site]").is_visible()
    assert not page.locator("#find").is_visible()


def test_what_is_folded_on_the_screen_is_open_on_paper(visitor: Visitor) -> None:
    page = visitor.open(PLACES["version"])
    folded = page.get_by_role("link", name="I.C.1.d.ii.a", exact=False).first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
    shoot(page, "version-print")


def test_the_first_tab_stop_skips_to_the_content(visitor: Visitor) -> None:
    page = visitor.open("/policies")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
