"""Pictures of a judged case: nothing of the report is missing in them, nothing depends on colour or on a font."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from casefiles import Json, read_examples
from covergraph.checker import Checker
from covergraph.picture import Picture, case_pictures, case_poster
from covergraph.picture.column import WIDTH, levels, shapes
from covergraph.picture.marks import SHAPES
from covergraph.picture.text import width, wrap
from covergraph.render.sentences import WORDS
from covergraph.vocabulary import read_vocabulary
from covergraph.workspace import Workspace, open_workspace

EXAMPLES = read_examples()
NAMES = sorted(EXAMPLES)
TOY = Path(__file__).parent / "toy" / "cases" / "plaques.json"
PREFIXES = """
@prefix cov: <https://w3id.org/covergraph/ont#> . @prefix domain: <https://w3id.org/covergraph/domain/> .
@prefix level: <https://w3id.org/covergraph/level/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script> & \x1b[31m \u202e ]]> ﷺ' + "m" * 90


def example(name: str) -> Json:
    return deepcopy(EXAMPLES[name].document)


def judged(document: Json, workspace: Workspace) -> tuple[Any, ...]:
    """Case, report, policy, facts and content, as a picture takes them."""
    checker = Checker(workspace)
    case = checker.read(document)
    judge = checker.judge_of(case)
    report, facts = judge.report_with_facts(case)
    return case, report, judge.policy, facts, workspace


def poster(document: Json, workspace: Workspace) -> Element:
    return fromstring(case_poster(*judged(document, workspace)).alone())


def boxes(picture: Element) -> list[Element]:
    return [g for g in picture.iter(f"{SVG}g") if "box" in g.get("class", "").split()]


def texts(element: Element, kind: str) -> str:
    return " ".join(t.text or "" for t in element.iter(f"{SVG}text") if kind in t.get("class", "").split())


def value_of(box: Element) -> tuple[str, str]:
    """The value of a box by its words, and by the outline of its mark."""
    outlines = {outline: value for value, (outline, _) in SHAPES.items()}
    mark = next(p for p in box.iter(f"{SVG}path") if p.get("class") == "outline")
    return texts(box, "value").split(",")[0], outlines[mark.get("d", "")]


# ---------- the criteria ----------


@pytest.mark.parametrize("name", NAMES)
def test_each_criterion_of_the_report_stands_in_its_picture_with_its_value_in_words_and_as_a_shape(
    name: str, workspace: Workspace
) -> None:
    case, report, policy, facts, content = judged(example(name), workspace)
    trees = [tree for line in case_pictures(case, report, policy, facts, content).trees for tree in line]
    seen = []
    for tree in trees:
        drawn = fromstring(tree.alone())
        seen.append({texts(box, "id"): value_of(box) for box in boxes(drawn)})
        for id, value in seen[-1].items():
            assert value[0] == value[1], id

    for outcome in (site.outcome for line in report.lines for site in line.sites):
        if any(rule.id in outcome.decided_by for rule in policy.scope_rules):
            expected = dict.fromkeys(outcome.decided_by, "met")
        else:
            expected = {id: WORDS[value] for id, value in outcome.criteria.items() if id in seen[0]}
            assert policy.of_kind("Statement") == tuple(i for i in outcome.criteria if i in policy.of_kind("Statement"))
            assert expected.keys() == outcome.criteria.keys()
        assert expected in [{id: words for id, (words, _) in one.items()} for one in seen]


def test_what_decides_stands_out_by_more_than_colour(workspace: Workspace) -> None:
    deciding = [
        b for b in boxes(poster(example("acute-osteoporotic-l1"), workspace)) if "decides" in b.get("class", "")
    ]

    assert [(texts(b, "id"), texts(b, "value")) for b in deciding] == [("I.C", "met, decides")]


def test_an_exclusion_that_is_met_speaks_against_the_request_and_a_criterion_for_it(workspace: Workspace) -> None:
    picture = poster(example("urinary-tract-infection"), workspace)
    kinds = {texts(b, "id"): b.get("class", "").split()[1] for b in boxes(picture) if value_of(b)[0] == "met"}

    assert kinds["II.K"] == "against" and kinds["I.C.1.c"] == "for"


def test_alternatives_that_decided_nothing_stand_back(workspace: Workspace) -> None:
    aside = {
        texts(b, "id")
        for b in boxes(poster(example("acute-osteoporotic-l1"), workspace))
        if "aside" in b.get("class", "")
    }

    assert {"I.A", "I.A.1.a", "I.B.1.b", "I.C.1.d.ii.a", "II", "II.A"} <= aside
    assert aside.isdisjoint({"I", "I.C", "I.C.1.a.i", "I.C.1.d.i.acute"})


def test_how_many_members_are_needed_stands_between_them_even_where_the_policy_gives_no_name(
    workspace: Workspace,
) -> None:
    picture = poster(example("short-trial"), workspace)
    gates = Counter(texts(g, "note") for g in picture.iter(f"{SVG}g") if "gate" in g.get("class", "").split())

    assert gates["any of"] >= 5 and gates["all of"] >= 5


def test_a_picture_says_the_same_in_words_for_those_who_do_not_see_it(workspace: Workspace) -> None:
    picture = case_poster(*judged(example("acute-osteoporotic-l1"), workspace))

    root = fromstring(picture.alone())
    assert root.get("role") == "img"
    assert (
        root.findtext(f"{SVG}title")
        == "acute-osteoporotic-l1: Medically necessary. I.C (Non-malignant conditions) is met."
    )
    description = root.findtext(f"{SVG}desc") or ""
    assert "I.C.1.d.i.acute Axial pain of up to six weeks: met." in description
    assert "II.K Septicemia or any active infection: not documented, presumed absent." in description
    assert "L1: medically necessary; osteoporotic compression fracture: present." in description


# ---------- the other pictures ----------


def test_levels_show_what_came_of_them_and_what_was_found_there(workspace: Workspace) -> None:
    case, report, policy, facts, content = judged(example("two-levels-one-fracture"), workspace)
    picture = case_pictures(case, report, policy, facts, content).levels
    assert picture is not None
    drawn = fromstring(picture.alone())
    names = [g.findtext(f"{SVG}text") for g in drawn.iter(f"{SVG}g") if g.get("class") == "level"]
    told = {
        (g.findtext(f"{SVG}title") or "").split(": ", 1)[0]: g.findtext(f"{SVG}title") for g in drawn.iter(f"{SVG}g")
    }

    assert names[:8] == ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "T1"] and names[-2:] == ["sacrum", "coccyx"]
    assert told["L1"] == "L1: medically necessary; osteoporotic compression fracture: present"
    assert told["L2"] == "L2: more information needed"
    assert told["L3"] == "L3: not asked for"


def test_a_domain_without_levels_and_products_has_its_criteria_drawn_alone(toy_root: Path) -> None:
    toy = open_workspace(toy_root)
    document = json.loads(TOY.read_text())["case"]
    case, report, policy, facts, content = judged(document, toy)
    pictures = case_pictures(case, report, policy, facts, content)

    assert pictures.levels is None and pictures.clearances is None
    seen = {texts(b, "id"): value_of(b)[0] for b in boxes(poster(document, toy))}
    assert seen["I.A"] == "met" and seen["II.A"] == "not documented"
    assert seen.keys() == report.lines[0].sites[0].outcome.criteria.keys()


@pytest.mark.parametrize(
    ("after", "order", "chained"),
    [
        ({"a": "b", "b": "c"}, "abcd", "abc"), ({"b": "a"}, "bacd", "ba"), ({}, "abcd", ""),
        ({"a": "b", "b": "a"}, "abcd", ""), ({"a": "b", "d": "c", "c": "b"}, "dcba", "dcb"),
    ],
    ids=["a chain and one beside it", "a chain against the order", "no chain", "a ring", "the longer of two chains"],
)  # fmt: skip
def test_levels_of_any_domain_are_drawn_in_their_own_order(
    after: dict[str, str], order: str, chained: str, toy_root: Path, tmp_path: Path
) -> None:
    root = tmp_path / "content"
    shutil.copytree(toy_root, root)
    lines = []
    for n, token in enumerate("abcd"):
        follows = f"; cov:next level:{after[token]}" if token in after else ""
        lines.append(
            f'level:{token} a cov:Level; skos:notation "{token}"; cov:ordinal {n}; '
            f"cov:inDomain domain:phototherapy{follows} ."
        )
    root.joinpath("ontology", "levels.ttl").write_text(PREFIXES + "\n".join(lines))
    workspace = open_workspace(root)
    column = levels(
        read_vocabulary(workspace.graph, "https://w3id.org/covergraph/domain/phototherapy"), workspace.graph
    )

    assert "".join(level.token for level in column) == order
    assert "".join(level.token for level in column if level.chained) == chained
    ys = [shape.y for shape in shapes(column)]
    assert ys == sorted(set(ys)) and len(ys) == 4
    assert all(shape.x - shape.half >= 0 and shape.x + shape.half <= WIDTH for shape in shapes(column))


def test_clearances_show_what_the_case_asks_for_among_the_others_in_time(workspace: Workspace) -> None:
    case, report, policy, facts, content = judged(example("acute-osteoporotic-l1"), workspace)
    picture = case_pictures(case, report, policy, facts, content).clearances
    assert picture is not None
    drawn = fromstring(picture.alone())
    rows = [g for g in drawn.iter(f"{SVG}g") if "cleared" in g.get("class", "").split()]
    asked = [g.findtext(f"{SVG}title") for g in rows if "asked" in g.get("class", "").split()]

    assert len(rows) == 18
    assert asked == ["Line 1: Joline Kyphoplasty System Allevo (K192449), 2020-05-27"]
    assert f"service date {case.service_date}" in [t.text for t in drawn.iter(f"{SVG}text")]


# ---------- as a file ----------


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_valid_xml_and_the_same_to_the_byte_every_time(name: str, workspace: Workspace) -> None:
    one, other = (case_poster(*judged(example(name), workspace)).alone() for _ in range(2))

    assert one == other
    root = fromstring(one)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "g",
        "rect",
        "path",
        "text",
        "circle",
    }
    assert not [e for e in root.iter() if e.get("style") or any(a.startswith("on") for a in e.attrib)]


def test_hostile_text_stays_text(workspace: Workspace) -> None:
    document = example("acute-osteoporotic-l1")
    document["lines"][0]["devices"] = [HOSTILE]

    markup = case_poster(*judged(document, workspace)).alone()
    assert "<script" not in markup and "\x1b" not in markup and "\u202e" not in markup
    assert "<script>alert(1)</script>" in (fromstring(markup).findtext(f"{SVG}desc") or "")


def test_hostile_labels_of_the_content_stay_text_in_their_boxes(toy_root: Path, tmp_path: Path) -> None:
    root = tmp_path / "content"
    shutil.copytree(toy_root, root)
    file = root / "ontology" / "policies" / "toy-1" / "2026-01-01.ttl"
    label = json.dumps(HOSTILE.replace("\x1b", "\u200e"), ensure_ascii=False)
    file.write_text(re.sub(r'rdfs:label "[^"]*"', lambda _: f"rdfs:label {label}", file.read_text()))
    picture = case_poster(*judged(json.loads(TOY.read_text())["case"], open_workspace(root)))

    assert "<script" not in picture.alone()
    for box in boxes(fromstring(picture.alone())):
        [frame] = box.findall(f"{SVG}rect")
        for text in box.findall(f"{SVG}text"):
            assert width(text.text or "", 11.5) <= float(frame.get("width", ""))
        assert "<script>alert(1)</script>" in (box.findtext(f"{SVG}title") or "")


def test_a_file_needs_nothing_else_and_a_page_brings_the_style(workspace: Workspace) -> None:
    picture = case_poster(*judged(example("acute-osteoporotic-l1"), workspace))

    assert "<style>" in picture.alone() and "url(" not in picture.alone() and "@import" not in picture.alone()
    assert "<style" not in picture.inline() and "<?xml" not in picture.inline()


def test_the_command_writes_the_picture(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("covergraph")), "check", "examples/two-levels.json", "-f", "svg"]
    root = Path(__file__).resolve().parents[1]
    subprocess.run([*command, "-o", str(tmp_path / "case.svg")], cwd=root, check=True)

    drawn = fromstring((tmp_path / "case.svg").read_bytes())
    headings = [t.text for t in drawn.iter(f"{SVG}text") if t.get("class") == "strong"]
    assert "L1: medically necessary. I.C (Non-malignant conditions) is met." in headings
    assert "L2: more information needed. I (Indications for vertebral augmentation) is still open." in headings


# ---------- text ----------


@pytest.mark.parametrize("name", NAMES)
def test_text_stays_in_its_box_and_boxes_stay_apart(name: str, workspace: Workspace) -> None:
    case, report, policy, facts, content = judged(example(name), workspace)
    for tree in [tree for line in case_pictures(case, report, policy, facts, content).trees for tree in line]:
        frames = []
        for box in boxes(fromstring(tree.alone())):
            [rect] = box.findall(f"{SVG}rect")
            kinds = box.get("class", "").split()
            x, y, w, h = (float(rect.get(key, "")) for key in ("x", "y", "width", "height"))
            frames.append((x, y, x + w, y + h))
            for text in box.findall(f"{SVG}text"):
                is_bold = text.get("class") == "id" or (text.get("class"), "decides" in kinds) == ("value", True)
                wide = width(text.text or "", 11 if text.get("class") == "value" else 11.5, bold=is_bold)
                left = float(text.get("x", "")) - (wide if text.get("text-anchor") == "end" else 0)
                base = float(text.get("y", ""))
                assert x <= left and left + wide <= x + w, text.text
                assert y + 9 <= base <= y + h - 3, text.text
        for one, other in combinations(frames, 2):
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3], (one, other)


@pytest.mark.parametrize("name", NAMES)
def test_labels_of_the_content_stand_there_in_full(name: str, workspace: Workspace) -> None:
    policy = judged(example(name), workspace)[2]
    for box in boxes(poster(example(name), workspace)):
        assert texts(box, "label") == policy.provisions[texts(box, "id")].label


@pytest.mark.parametrize("text", ["m" * 500, "word " * 200, "日本語の長い文" * 30, "a\u0301" * 300, ""])
@pytest.mark.parametrize("most", [0, 3])
def test_any_text_is_broken_so_that_it_fits(text: str, most: int) -> None:
    lines = wrap(text, 120, 11.5, most=most)

    assert all(width(line, 11.5) <= 120 for line in lines)
    assert not most or len(lines) <= most
    assert most or "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_pictures_know_their_size(workspace: Workspace) -> None:
    case, report, policy, facts, content = judged(example("two-levels-one-fracture"), workspace)
    pictures = case_pictures(case, report, policy, facts, content)
    everything: list[Picture | None] = [t for line in pictures.trees for t in line]
    for picture in [*everything, pictures.levels, pictures.clearances]:
        assert picture is not None
        for rect in picture.body.iter("rect"):
            x, y, w, h = (float(rect.get(key, "0")) for key in ("x", "y", "width", "height"))
            assert x + w <= picture.width and y + h <= picture.height
        for group in picture.body.iter("g"):
            if group.get("transform", "").startswith(("translate", "rotate")):
                continue
            for text in group.findall("text"):
                wide = width(text.text or "", 11, bold="strong" in text.get("class", ""))
                left = {"end": wide, "middle": wide / 2}.get(text.get("text-anchor", ""), 0)
                assert float(text.get("x", "")) - left >= -1, text.text
                assert float(text.get("x", "")) - left + wide <= picture.width or text.get("transform"), text.text
