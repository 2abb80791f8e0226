"""A reviewer's visits: a nurse who never touches the mouse, a physician who looks at the pictures, files and phones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from covergraph.checker import Checker
from covergraph.workspace import open_workspace
from web.browser.axe import severe_violations
from web.browser.conftest import Visitor, shoot
from web.server import ROOT

pytestmark = pytest.mark.web

EXAMPLES = {p.stem: p for p in sorted((ROOT / "examples").glob("*.json"))}
OVERFLOWING = """
() => [...document.querySelectorAll('svg[role=img] g.box')].flatMap(box => {
  const frame = box.querySelector('rect').getBBox();
  return [...box.querySelectorAll('text')].filter(text => {
    const b = text.getBBox();
    return b.x < frame.x - .5 || b.x + b.width > frame.x + frame.width + .5
      || b.y < frame.y - 1 || b.y + b.height > frame.y + frame.height + 1;
  }).map(text => text.textContent);
})
"""


def tab_to(page: Page, name: str, value: str | None = None) -> None:
    """Press Tab until a control of this name (and value) has the focus."""
    script = "([n, v]) => document.activeElement.name === n && (v === null || document.activeElement.value === v)"
    for _ in range(400):
        if page.evaluate(script, [name, value]):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {name} {value or ''}")


def enter(page: Page, name: str, text: str) -> None:
    tab_to(page, name)
    page.keyboard.type(text)


def press_button(page: Page, value: str) -> None:
    tab_to(page, "do", value)
    page.keyboard.press("Enter")


def add_row(page: Page, key: str, first: str) -> None:
    """Press the button for one more row and wait until its first field has the focus."""
    press_button(page, f"add:{key}")
    page.wait_for_function("name => document.activeElement.name === name", arg=first)


def dropped(page: Page, name: str, data: bytes) -> None:
    """Drop a file on the page, as a hand would."""
    script = """([name, text]) => {
      const files = new DataTransfer();
      files.items.add(new File([text], name));
      for (const type of ['dragover', 'drop'])
        document.querySelector('h1').dispatchEvent(
          new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true}));
    }"""
    with page.expect_navigation():
        page.evaluate(script, [name, data.decode()])


def example(page: Page, name: str) -> None:
    """Check an example case from its button on."""
    page.get_by_role("button", name=name.replace("-", " ")).click()
    page.get_by_role("button", name="Check the case").click()
    expect(page.get_by_role("button", name="Change the case")).to_be_visible()


def test_a_nurse_fills_in_a_case_with_the_keyboard_alone_and_copies_what_to_ask_for(visitor: Visitor) -> None:
    page = visitor.open("/check")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page, "id", "nurse-1")
    enter(page, "product", "comm")
    enter(page, "serviceDate", "03022026")
    enter(page, "diagnoses", "m80.08xa")
    enter(page, "lines.0.code", "22514")
    enter(page, "lines.0.technique", "balloon")
    tab_to(page, "lines.0.levels", "C1")
    for _ in range(19):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "L1"
    page.keyboard.press("Space")
    enter(page, "lines.0.devices", "K192449")
    findings = [
        ("osteoporotic compression fracture", ""), ("enrolled in an osteoporosis program", ""),
        ("axial spine pain", "60"), ("imaging concordant with symptoms and examination", ""),
        ("daily pain with functional impairment", ""),
    ]  # fmt: skip
    for n, (concept, days) in enumerate(findings):
        add_row(page, "findings", f"findings.{n}.concept")
        enter(page, f"findings.{n}.concept", concept)
        enter(page, f"findings.{n}.status", "present")
        if days:
            enter(page, f"findings.{n}.durationDays.exact", days)
    add_row(page, "treatments", "treatments.0.kind")
    enter(page, "treatments.0.kind", "prescription")
    enter(page, "treatments.0.weeks", "5")
    enter(page, "treatments.0.frequency", "daily")
    enter(page, "treatments.0.response", "less than")
    add_row(page, "documents", "documents.0.kind")
    enter(page, "documents.0.kind", "MRI")
    enter(page, "documents.0.date", "02102026")
    enter(page, "documents.0.interpreter", "independent")
    shoot(page, "reviewer-form")
    assert severe_violations(page) == []
    press_button(page, "check")

    expect(page.locator("h1")).to_contain_text("More information needed.")
    assert page.locator("main h2").first.inner_text() == "What to ask for"
    shoot(page, "reviewer-report")
    assert severe_violations(page) == []
    copy = page.get_by_role("button", name="Copy the request for information")
    for _ in range(30):
        page.keyboard.press("Tab")
        if copy.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#request").input_value()
    assert "case nurse-1" in copied and "[I.C.1.d.ii.b]" in copied

    page.emulate_media(media="print")
    assert page.locator("h2", has_text="What to ask for").is_visible()
    assert not page.get_by_role("button", name="Change the case").is_visible()
    shoot(page, "reviewer-print")


def test_levels_are_picked_on_the_drawing_with_the_mouse_and_seen_on_it(visitor: Visitor) -> None:
    page = visitor.open("/check")
    column = page.locator("[id='lines.0.levels']")
    column.locator("svg", has_text="T12").locator("..").click()
    column.locator("svg", has_text="L2").locator("..").click()
    column.locator("svg", has_text="T12").locator("..").click()

    assert column.locator("input:checked").evaluate_all("boxes => boxes.map(b => b.value)") == ["L2"]
    fill = "e => getComputedStyle(e).fill"
    chosen, other = (column.locator("svg", has_text=t).locator(".body").evaluate(fill) for t in ("L2", "L3"))
    assert chosen != other
    expect(column.get_by_role("checkbox", name="L2", exact=True)).to_be_checked()
    expect(column.get_by_role("group", name="lumbar region").get_by_role("checkbox")).to_have_count(5)


def test_a_finding_says_its_levels_while_they_are_folded(visitor: Visitor) -> None:
    page = visitor.open("/check")
    page.get_by_role("button", name="Add a finding").click()
    levels = page.locator("details.levels")
    expect(levels.locator("summary")).to_have_text("Levels: whole patient")
    levels.locator("summary").click()
    levels.get_by_label("L1", exact=True).check()
    levels.get_by_label("L3", exact=True).check()

    expect(levels.locator("summary")).to_have_text("Levels: L1, L3")


def test_rows_come_and_go_in_place_and_what_was_typed_stays(visitor: Visitor) -> None:
    page = visitor.open("/check")
    page.locator("#id").fill("mine")
    page.get_by_text("All 56 concepts").click()
    page.get_by_role("button", name="active osteomyelitis").click()
    expect(page.locator("[id='findings.0.concept']")).to_have_value("active osteomyelitis")
    page.get_by_role("button", name="Add a finding").click()
    expect(page.locator("[id='findings.1.concept']")).to_be_focused()
    page.keyboard.type("active infection")
    page.get_by_role("button", name="Remove finding 1").click()
    expect(page.locator("[id='findings.0.concept']")).to_have_value("active infection")
    expect(page.locator("#id")).to_have_value("mine")
    page.get_by_role("button", name="Room for one more: Devices").click()
    expect(page.locator("[name='lines.0.devices']").last).to_be_focused()
    assert page.url.endswith("/check")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_dropped_file_becomes_the_report(visitor: Visitor, name: str) -> None:
    page = visitor.open("/check")
    dropped(page, EXAMPLES[name].name, EXAMPLES[name].read_bytes())
    report = Checker(open_workspace(ROOT)).check(json.loads(EXAMPLES[name].read_text()))

    assert report.determination.replace("-", " ") in page.locator("h1").inner_text().lower()
    page.wait_for_load_state("networkidle")
    shoot(page, f"report-{name}")
    assert severe_violations(page) == []


def test_a_dropped_file_that_is_broken_shows_the_error_at_its_place(visitor: Visitor) -> None:
    visitor.refused.add(422)
    page = visitor.open("/check")
    text = EXAMPLES["two-levels"].read_text().replace('"units": 2,', '"units": 2')
    dropped(page, "case.json", text.encode())

    summary = page.locator("#errors")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("line 10, column 7")
    assert summary.locator("pre").inner_text() == '      "technique": "balloon-kyphoplasty",\n      ^'
    expect(page.locator("#text")).to_have_value(text)
    assert severe_violations(page) == []
    shoot(page, "broken-file")
    summary.get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") in ("text", "errors", "")


def test_an_error_of_the_form_is_linked_to_its_field(visitor: Visitor) -> None:
    visitor.refused.add(422)
    page = visitor.open("/check")
    page.get_by_role("button", name="acute fracture").click()
    page.locator("[id='findings.4.concept']").fill("axial spine paim")
    page.locator("[id='lines.0.technique']").select_option("")
    page.get_by_role("button", name="Check the case").click()

    summary = page.locator("#errors")
    expect(summary.get_by_role("link")).to_have_count(2)
    summary.get_by_role("link").nth(1).click()
    field = page.locator("[id='findings.4.concept']")
    expect(field).to_have_value("axial spine paim")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_in_viewport()
    assert severe_violations(page) == []
    shoot(page, "form-with-errors")


@pytest.mark.parametrize("width", [320, 1200])
def test_the_report_fits_on_a_phone_and_its_pictures_scroll_in_their_boxes(visitor: Visitor, width: int) -> None:
    page = visitor.open("/check", width=width)
    example(page, "two-levels")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg[role=img]").count() == 4
    if width == 320:
        shoot(page, "report-phone")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_no_text_runs_out_of_its_box_in_a_real_font(visitor: Visitor, name: str) -> None:
    page = visitor.open("/check")
    example(page, name)
    for closed in page.locator("details.drawn:not([open]) > summary").all():
        closed.click()

    assert page.locator("svg[role=img] g.box").count() > 50 or name == "sacral-metastasis"
    assert page.evaluate(OVERFLOWING) == []


def test_pictures_keep_their_contrast_in_the_dark(visitor: Visitor) -> None:
    page = visitor.open("/check", scheme="dark")
    example(page, "trial-incomplete")
    script = """() => [...document.querySelectorAll('svg[role=img] g.box')].map(box => [
      getComputedStyle(box.querySelector('text')).fill, getComputedStyle(box.querySelector('rect')).fill])"""
    pairs = {tuple(pair) for pair in page.evaluate(script)}

    assert pairs and all(contrast(*pair) >= 4.5 for pair in pairs), pairs
    shoot(page, "report-dark")


def contrast(one: str, other: str) -> float:
    def luminance(color: str) -> float:
        parts = [int(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_downloads_are_the_case_and_the_report(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open("/check")
    example(page, "two-levels")
    checker = Checker(open_workspace(ROOT))
    document = json.loads(EXAMPLES["two-levels"].read_text())

    case = downloaded(page, "Download the case (JSON)", tmp_path)
    assert checker.read(case) == checker.read(document)
    assert downloaded(page, "Download the report (JSON)", tmp_path) == checker.check(document).to_json()


def downloaded(page: Page, button: str, folder: Path) -> Any:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    waiting.value.save_as(folder / waiting.value.suggested_filename)
    return json.loads((folder / waiting.value.suggested_filename).read_text())


def test_without_javascript_the_request_for_information_is_there_to_select(visitor: Visitor) -> None:
    page = visitor.open("/check", javascript=False)
    example(page, "trial-incomplete")

    assert page.get_by_role("button", name="Copy the request for information").count() == 0
    page.get_by_text("The request for information as text").click()
    expect(page.locator("#request")).to_be_visible()
    assert "provider-directed exercise" in " ".join(page.locator("#request").input_value().split())


def test_where_the_browser_lets_nobody_copy_the_text_is_selected(visitor: Visitor) -> None:
    page = visitor.open("/check")
    page.context.clear_permissions()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    example(page, "trial-incomplete")
    page.get_by_role("button", name="Copy the request for information").click()

    expect(page.get_by_role("status")).to_contain_text("copy it with Ctrl+C")
    assert page.evaluate("document.getSelection().toString()") == page.locator("#request").input_value()


def test_without_javascript_a_new_row_comes_into_view(visitor: Visitor) -> None:
    page = visitor.open("/check", javascript=False)
    for n in range(6):
        page.get_by_role("button", name="Add a finding").click()
        expect(page.locator(f"[id='findings.{n}']")).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.locator("[id='findings.5.concept']:focus, [id='findings.5'] :focus").count() == 1
