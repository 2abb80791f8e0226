"""The page on which a case is checked, as one uses it without JavaScript, on a real server."""

from __future__ import annotations

import json
import re
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from casefiles import read_examples
from covergraph.casegraph import write_case
from covergraph.checker import Checker
from covergraph.workspace import open_workspace
from web.plain_browser import Form, Page, get, post, press
from web.server import ROOT, Serve, Server

EXAMPLES = {p.stem: json.loads(p.read_text()) for p in sorted((ROOT / "examples").glob("*.json"))}
SECRET = "zebra-crossing-0451"


def check_page(server: Server) -> Page:
    page = get(server.url + "/check")
    assert page.status == 200
    return page


def typed(page: Page, document: dict[str, Any]) -> Page:
    """The page after a case has been typed into its form, row by row."""
    form = page.form("case")
    for key, value in document.items():
        if not isinstance(value, list) or key == "diagnoses":
            form.fill(key, " ".join(value) if isinstance(value, list) else value)
    for key in ("lines", "findings", "treatments", "documents"):
        for n, row in enumerate(document.get(key, [])):
            if f"{key}.{n}" not in {name.rsplit(".", 1)[0] for name in form.names()}:
                page = press(page, form, f"add:{key}")
                form = page.form("case")
            fill_row(form, f"{key}.{n}", row)
    return page


def fill_row(form: Form, name: str, row: dict[str, Any]) -> None:
    for key, value in row.items():
        match key, value:
            case "durationDays", dict():
                for part, days in value.items():
                    form.fill(f"{name}.durationDays.{part}", str(days))
            case "durationDays", _:
                form.fill(f"{name}.durationDays.exact", str(value))
            case "contraindicated", _:
                form.fill(f"{name}.contraindicated", *["on"] * value)
            case _, list():
                form.fill(f"{name}.{key}", *value)
            case _:
                form.fill(f"{name}.{key}", str(value))


def pasted(server: Server, text: str, button: str = "paste") -> Page:
    page = check_page(server)
    form = page.form("drop")
    form.fill("text", text)
    return press(page, form, button)


# ---------- the form ----------


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_typed_into_the_form_gives_the_report_of_the_command_line(name: str, server: Server) -> None:
    page = typed(check_page(server), EXAMPLES[name])
    answer = press(page, page.form("case"), "check")
    report = Checker(open_workspace(ROOT)).check(EXAMPLES[name])

    assert answer.status == 200
    assert report.determination.replace("-", " ") in answer.text().lower()
    download = press(answer, answer.forms[1], "download-report")
    assert json.loads(download.html) == report.to_json()


def test_the_report_asks_first_for_what_is_not_documented_and_gives_the_request_as_text(server: Server) -> None:
    answer = pasted(server, json.dumps(EXAMPLES["trial-incomplete"]))
    [request] = [c for form in answer.forms for c in form.controls if c.attributes.get("id") == "request"]

    headings = [
        data
        for _, data in answer.texts
        if data in ("What to ask for", "Presumed absent, because the record does not mention them")
    ]
    assert headings[0] == "What to ask for"
    assert answer.html.index("What to ask for") < answer.html.index("Line 1: balloon kyphoplasty")
    assert "Request for information: case trial-incomplete" in request.value
    assert "[I.C.1.d.ii.b]" in request.value and "provider-directed exercise" in " ".join(request.value.split())
    assert max(map(len, request.value.splitlines())) <= 76


def test_the_report_shows_its_pictures_with_every_criterion(server: Server) -> None:
    answer = pasted(server, json.dumps(EXAMPLES["two-levels"]))
    drawings = [a for tag, a in answer.elements if tag == "svg" and a.get("role") == "img"]

    assert len(drawings) == 4  # a tree for each of two levels, the levels, the clearances
    criteria = Checker(open_workspace(ROOT)).check(EXAMPLES["two-levels"]).lines[0].sites[0].outcome.criteria
    assert all(f">{id}</text>" in answer.html for id in criteria)
    assert "<style" not in answer.html and " style=" not in answer.html and " onclick" not in answer.html


def test_no_page_speaks_of_a_denial_and_every_report_leaves_the_decision_to_a_clinician(server: Server) -> None:
    for case in read_examples().values():
        answer = pasted(server, json.dumps(case.document))
        assert re.findall(r"\bden(?:ial|ied|y)\w*", answer.text().lower()) == []
        assert "a clinician decides" in answer.text()


def test_what_is_missing_is_said_at_each_field_and_what_was_typed_stays(server: Server) -> None:
    page = check_page(server)
    form = page.form("case")
    form.fill("id", "mine")
    form.fill("lines.0.units", "two")
    answer = press(page, form, "check")
    again = answer.form("case")

    assert answer.status == 422
    links = {a["href"] for tag, a in answer.elements if tag == "a"}
    assert {"#product", "#serviceDate", "#lines.0.technique", "#lines.0.levels"} <= links
    assert "The form asks for: technique." in answer.text("e-lines.0.technique")
    assert next(c for c in again.controls if c.name == "id").value == "mine"
    assert next(c for c in again.controls if c.name == "lines.0.units").value == "two"
    invalid = {c.name for c in again.controls if c.attributes.get("aria-invalid")}
    assert invalid == {"product", "serviceDate", "lines.0.technique", "lines.0.levels"}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("lines.0.units", "two", "'two'"), ("lines.0.code", "123", "'123' does not have the form"),
        ("findings.4.onset", "2026-02-30", "is no date"), ("findings.4.onset", "2027-01-01", "after the service date"),
        ("findings.4.concept", "axial spine paim", "Did you mean 'axial spine pain'?"),
        ("findings.4.durationDays.min", "9", "neither a number of days nor bounds"),
        ("diagnoses", "M80.08XA osteoporosis", "OSTEOPOROSIS"), ("findings.4.value", "much", "'much'"),
    ],
)  # fmt: skip
def test_an_error_of_the_case_stands_at_its_field(field: str, value: str, message: str, server: Server) -> None:
    page = typed(check_page(server), EXAMPLES["acute-fracture"])
    form = page.form("case")
    if field.endswith("onset"):
        form.fill("findings.4.durationDays.exact", "")
    form.fill(field, value)
    answer = press(page, form, "check")

    where = re.sub(r"\.(exact|min|max)$", "", field)
    assert answer.status == 422
    assert message in answer.text(f"e-{where}")
    own = [c for c in answer.form("case").controls if c.name.startswith(where)]
    assert any(c.attributes.get("aria-describedby", "").endswith(f"e-{where}") for c in own)
    assert value.casefold() in [c.value.casefold() for c in own]


def test_rows_come_and_go_with_everything_else_kept(server: Server) -> None:
    page = check_page(server)
    form = page.form("case")
    form.fill("id", "mine")
    page = press(page, form, "add:findings")
    page = press(page, page.form("case"), "add:findings")
    form = page.form("case")
    form.fill("findings.0.concept", "axial spine pain")
    form.fill("findings.1.concept", "active infection")
    page = press(page, form, "remove:findings.0")
    values = {c.name: c.value for c in page.form("case").controls}

    assert values["id"] == "mine" and values["findings.0.concept"] == "active infection"
    assert "findings.1.concept" not in values


def test_a_concept_from_the_list_becomes_a_finding(server: Server) -> None:
    page = check_page(server)
    page = press(page, page.form("case"), "concept:active-osteomyelitis")

    assert ("findings.0.concept", "active osteomyelitis") in page.form("case").pairs()


def test_strict_presumes_nothing_absent(server: Server) -> None:
    page = check_page(server)
    form = page.form("drop")
    form.fill("text", json.dumps(EXAMPLES["acute-fracture"]))
    form.fill("strict", "on")
    answer = press(page, form, "paste")

    assert "More information needed" in answer.text() and "nothing presumed absent" in answer.text()
    report = json.loads(press(answer, answer.forms[1], "download-report").html)
    assert report == Checker(open_workspace(ROOT), strict=True).check(EXAMPLES["acute-fracture"]).to_json()


def test_another_policy_has_a_form_of_its_own(serve: Serve, toy_root: Path) -> None:
    toy = serve(content=toy_root)
    page = check_page(toy)
    form = page.form("case")
    assert "lines.0.levels" in form.names()
    form.fill("policy", "toy-1")
    page = press(page, form, "update")
    form = page.form("case")
    assert "lines.0.levels" not in form.names() and "lines.0.intent" not in form.names()
    case = json.loads((ROOT / "tests" / "toy" / "cases" / "plaques.json").read_text())["case"]
    page = typed(page, case)
    answer = press(page, page.form("case"), "check")

    assert "Medically necessary." in answer.text()
    assert "Levels" not in [data for _, data in answer.texts]


# ---------- a case as a file or as text ----------


def test_a_file_is_checked_as_json_or_as_turtle(server: Server) -> None:
    document = EXAMPLES["infection-conflict"]
    turtle = write_case(document, "https://w3id.org/covergraph/case/x", open_workspace(ROOT).prefixes)
    for name, data in (("case.json", json.dumps(document).encode()), ("case.ttl", turtle.encode())):
        page = check_page(server)
        answer = press(page, page.form("drop"), "paste", file=(name, data))
        assert answer.status == 200 and "neither shown nor ruled out" in answer.text()


def test_text_opens_in_the_form_and_comes_back_as_the_same_case(server: Server) -> None:
    page = pasted(server, json.dumps(EXAMPLES["acute-fracture"]), "open")
    answer = press(page, page.form("case"), "check")
    case = json.loads(press(answer, answer.forms[1], "download-case").html)

    assert Checker(open_workspace(ROOT)).read(case) == Checker(open_workspace(ROOT)).read(EXAMPLES["acute-fracture"])
    again = press(answer, answer.forms[1], "open")
    assert dict(again.form("case").pairs())["id"] == "acute-fracture"


def test_an_example_opens_in_the_form_at_a_press(server: Server) -> None:
    page = check_page(server)
    opened = press(page, page.forms[2], "example:sacral-metastasis")

    assert dict(opened.form("case").pairs())["id"] == "sacral-metastasis"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": "a",\n "id": ', "line 2, column 8"), ('{"id": "a", "id": "b"}', "/id: The key 'id' stands twice"),
        ("[" * 5000, "nested too deeply"), ('{"id": 1e999}', "is no JSON number"), ("", "This is not JSON"),
        ("@prefix cov: <nowhere", "This is no RDF"), ('{"id": "\\ud800"}', "half a surrogate pair"), ("[]", "type"),
        ('{"id": "a", "product": "commercial", "serviceDate": "2026-03-02", "lines": []}', "/lines"),
    ],
    ids=lambda v: v[:20],
)  # fmt: skip
def test_a_broken_text_is_kept_with_what_is_wrong_and_where(text: str, message: str, server: Server) -> None:
    answer = pasted(server, text)

    assert answer.status == 422
    assert message in answer.text("errors") or message in answer.text("e-text")
    assert message in answer.text("e-text")
    assert next(c for c in answer.form("drop").controls if c.name == "text").value == text


def test_a_line_that_cannot_be_read_is_shown(server: Server) -> None:
    answer = pasted(server, '{"id": "a",\n "product: 3}')

    assert '"product: 3} ^' in answer.text("errors")


def test_an_error_in_a_text_stands_at_its_field_in_the_form_too(server: Server) -> None:
    document = deepcopy(EXAMPLES["acute-fracture"])
    document["findings"][4]["durationDays"] = -3
    answer = pasted(server, json.dumps(document))

    assert "/findings/4/durationDays" in answer.text("e-text")
    assert answer.text("e-findings.4.durationDays")
    assert ("findings.4.durationDays.exact", "-3") in answer.form("case").pairs()


def test_bytes_that_are_no_text_are_refused_kindly(server: Server) -> None:
    page = check_page(server)
    answer = press(page, page.form("drop"), "paste", file=("case.json", b"\xff\xfe{\x00"))

    assert answer.status == 422 and "This is not UTF-8 text" in answer.text("e-text")


# ---------- nothing harmful, nothing kept ----------


def test_html_in_a_case_stays_text_wherever_it_is_shown(server: Server) -> None:
    hostile = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>"
    document = deepcopy(EXAMPLES["acute-fracture"])
    document["findings"][0]["source"] = hostile
    document["lines"][0]["devices"] = [hostile]
    shown = [
        pasted(server, json.dumps(document)),
        pasted(server, json.dumps(document), "open"),
        pasted(server, hostile),
    ]

    for page in shown:
        assert "<script>alert" not in page.html and "<img src=x" not in page.html
        assert page.headers["content-security-policy"].count("'unsafe-inline'") == 0
    assert hostile in shown[0].text() or "alert(1)" in shown[0].text()
    assert next(c for c in shown[1].form("case").controls if c.name == "findings.0.source").value == hostile


def test_nothing_of_a_case_is_kept_cached_or_logged(serve: Serve) -> None:
    server = serve()
    document = deepcopy(EXAMPLES["acute-fracture"])
    document["findings"][0]["source"] = SECRET
    broken = {"id": SECRET, "product": SECRET}
    pages = [
        pasted(server, json.dumps(document)), pasted(server, json.dumps(document), "open"),
        pasted(server, json.dumps(broken)), pasted(server, SECRET),
    ]  # fmt: skip
    pages.append(press(pages[0], pages[0].forms[1], "download-case"))

    assert all(page.headers["cache-control"] == "no-store" for page in pages)
    assert all(SECRET in page.html and SECRET not in page.url for page in pages)
    assert SECRET not in get(server.url + "/check").html
    deadline = time.monotonic() + 10
    while len([line for line in server.log_lines() if '"POST"' in line]) < len(pages) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len([line for line in server.log_lines() if '"POST"' in line]) == len(pages)
    assert SECRET not in server.log.read_text()


@pytest.mark.parametrize(
    "does",
    [
        "",
        "nothing:at all",
        "add:__class__",
        "add:id",
        "remove:",
        "remove:findings.99",
        "concept:<b>",
        "example:../../etc/passwd",
        "more:x",
    ],
)
def test_a_button_that_is_not_there_does_no_harm(does: str, server: Server) -> None:
    page = check_page(server)
    form = page.form("case")
    form.buttons.append({"name": "do", "value": does})
    answer = press(page, form, does)

    assert answer.status in (200, 422)
    assert answer.form("case")


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", b"--x"), ("multipart/form-data; boundary=x", b"--x\r\ngarbage\xff"),
        ("multipart/form-data; boundary=x", b""), ("text/plain", b"{}"),
        ("application/x-www-form-urlencoded", b"%%=&&;\xff"), ("application/json", b"{"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_form_is_answered_with_a_page(media_type: str, body: bytes, server: Server) -> None:
    page = post(server.url + "/check", body, media_type)

    assert page.status in (400, 422)
    assert page.text()


def test_too_many_rows_are_refused_with_what_to_do_instead(server: Server) -> None:
    page = check_page(server)
    form = page.form("case")
    form.controls += [
        type(form.controls[0])("input", f"findings.{n}.concept", "x", "text", True, {}) for n in range(200)
    ]
    answer = press(page, form, "check")

    assert answer.status == 400 and "send more as a file" in answer.text()
