"""Levels on a drawing of the column: which were asked for and what came of them, and what was found where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from xml.etree.ElementTree import Element, tostring

from covergraph import wording
from covergraph.model import Case, Report
from covergraph.picture.canvas import Picture, draw, group, tell, write
from covergraph.picture.column import STEP, WIDTH, Level, Shape, levels, shapes
from covergraph.picture.marks import DETERMINED, Meaning, determined, mark
from covergraph.picture.text import wrap
from covergraph.policy import Policy
from covergraph.render import sentences
from covergraph.triples import Graph

REGION, NOTES = 86.0, 300.0
"""Widths of the column of region names and of the notes."""
LEADING, MARGIN = 15.0, 4.0


@dataclass(frozen=True, slots=True)
class Note:
    """What is said beside a level: a determination (with its meaning) or a finding."""

    text: str
    says: Meaning | None = None


Notes = dict[str, list[Note]]
"""What is said of each level, by its token."""


def level_picture(case: Case, report: Report, policy: Policy, graph: Graph) -> Picture | None:
    """The levels of a case on the column of its domain; None for a domain without levels."""
    drawn = shapes(levels(policy.vocabulary, graph))
    if not drawn:
        return None
    notes = _notes(case, report, policy)
    body = group(transform=f"translate(0 {MARGIN:g})")
    _draw_regions(body, drawn)
    for shape in drawn:
        _draw_level(body, shape, notes.get(shape.level.token, []))
    bottom = max(len(drawn) * STEP, _draw_notes(body, drawn, notes)) + 2 * MARGIN
    asked = ", ".join(level for level, said in notes.items() if any(n.says for n in said))
    words = " ".join(f"{level}: {'; '.join(n.text for n in said)}." for level, said in notes.items())
    return Picture(f"Levels asked for: {asked}", words, REGION + WIDTH + NOTES, bottom, body)


def _notes(case: Case, report: Report, policy: Policy) -> Notes:
    """Determinations first, then findings, both in the order of the case."""
    found: Notes = {}
    for line in report.lines:
        where = f" (line {line.id})" if len(report.lines) > 1 else ""
        for site in line.sites:
            says = determined(policy, site.outcome.determination)
            text = sentences.wording(site.outcome.determination) + where
            found.setdefault(site.level, []).append(Note(text, says))
    for finding in case.findings:
        for level in finding.levels:
            text = f"{wording.label(policy.vocabulary, 'concept', finding.concept)}: {finding.status}"
            found.setdefault(level, []).append(Note(text))
    return found


def _draw_regions(parent: Element, drawn: tuple[Shape, ...]) -> None:
    """The name of each region beside a line along its levels."""
    for region, members in groupby(drawn, key=lambda s: s.level.region):
        ys = [shape.y for shape in members]
        top, bottom = ys[0] - STEP / 2 + 3, ys[-1] + STEP / 2 - 3
        if region:
            draw(parent, "path", kind="line", d=f"M{REGION:g} {top:g}H{REGION - 4:g}V{bottom:g}H{REGION:g}")
            for n, line in enumerate(wrap(region, REGION - 14, 11)):
                write(parent, REGION - 9, top + 10 + n * 13, line, "note", text_anchor="end")


def _draw_level(parent: Element, shape: Shape, notes: list[Note]) -> None:
    said = [n.says for n in notes if n.says]
    kind = f"body {said[0]} asked" if said else "body found" if notes else "body"
    cell = group(parent, kind="level", transform=f"translate({REGION + shape.x:g} {shape.y:g})")
    tell(cell, f"{shape.level.name}: {'; '.join(n.text for n in notes) or 'not asked for'}")
    draw_bone(cell, shape, kind)


def draw_bone(parent: Element, shape: Shape, kind: str) -> None:
    """One level around the origin, with its name upright."""
    tilted = group(parent, transform=f"rotate({shape.tilt:.1f})")
    if shape.process:
        draw(tilted, "path", kind="process", d=shape.process)
    draw(tilted, "path", kind=kind, d=shape.body)
    write(parent, 0, 4, shape.level.name, "strong", text_anchor="middle")


def level_pieces(column: tuple[Level, ...]) -> tuple[tuple[Level, str], ...]:
    """Each level as a small drawing of its own, as markup; one below the other they make the whole column."""
    pieces = []
    for shape in shapes(column):
        root = Element("svg", {"class": "picture piece", "aria-hidden": "true", "overflow": "visible"})
        root.attrib |= {"width": f"{WIDTH:g}", "height": f"{STEP:g}"}
        root.set("viewBox", f"0 {shape.y - STEP / 2:g} {WIDTH:g} {STEP:g}")
        cell = group(root, transform=f"translate({shape.x:.2f} {shape.y:g})")
        draw_bone(cell, shape, "body")
        pieces.append((shape.level, tostring(root, encoding="unicode")))
    return tuple(pieces)


def _draw_notes(parent: Element, drawn: tuple[Shape, ...], notes: Notes) -> float:
    """The notes beside their levels, moved down where they would overlap; gives where the last one ends."""
    left, free = REGION + WIDTH, 0.0
    for shape in drawn:
        lines = list(_lines(notes.get(shape.level.token, [])))
        if not lines:
            continue
        y = max(shape.y + 4, free + LEADING)
        back = REGION + shape.x + shape.half + (18 if shape.process else 2)
        draw(parent, "path", kind="line", d=f"M{back:g} {shape.y:g}L{left - 12:g} {y - 4:g}H{left - 4:g}")
        for text, says in lines:
            if says:
                mark(parent, left, y - 11, DETERMINED[says], says)
            write(parent, left + 19, y, text, "strong" if says else "label")
            y += LEADING
        free = y - LEADING + 4
    return free + 6


def _lines(notes: list[Note]) -> Iterator[tuple[str, Meaning | None]]:
    for note in notes:
        for n, line in enumerate(wrap(note.text, NOTES - 24, 11.5, bold=bool(note.says), most=3)):
            yield line, note.says if n == 0 else None
