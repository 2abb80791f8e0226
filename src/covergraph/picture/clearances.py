"""When the products of a domain were cleared, and which of them a case asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from xml.etree.ElementTree import Element

from covergraph import terms
from covergraph.model import Case
from covergraph.picture.canvas import Picture, draw, group, tell, write
from covergraph.picture.text import width, wrap
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.vocabulary import Vocabulary

WIDTH, ROW, HEAD = 880.0, 22.0, 26.0
LEFT, RIGHT = 16.0, 864.0
"""Where the first and the last year stand."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """A product that was cleared on a day: its token, what it is called, and the label of its category."""

    token: str
    name: str
    category: str
    cleared: date


def clearances(vocabulary: Vocabulary, graph: Graph) -> tuple[Clearance, ...]:
    """The cleared products that serve a technique of the domain, by category and then by day."""
    techniques = set(vocabulary.values["technique"].values())
    found = []
    for token, product in vocabulary.products.items():
        if product.cleared and not techniques.isdisjoint(product.techniques):
            devices = graph.subjects(cov("clearedBy"), product.iri) or [product.iri]
            name = ", ".join(graph.value(d, terms.LABEL) or token for d in devices)
            category = graph.value(product.iri, cov("category")) or ""
            order = graph.number(category, cov("ordinal")) or 0
            found.append((order, Clearance(token, name, graph.value(category, terms.LABEL) or "", product.cleared)))
    return tuple(c for _, c in sorted(found, key=lambda pair: (pair[0], pair[1].cleared, pair[1].token)))


def clearance_picture(vocabulary: Vocabulary, graph: Graph, case: Case | None = None) -> Picture | None:
    """Clearances over time, those that a case asks for marked; None for a domain without any."""
    shown = clearances(vocabulary, graph)
    if not shown:
        return None
    asked = _asked(case) if case else {}
    days = [c.cleared for c in shown] + ([case.service_date] if case else [])
    scale = _Scale(date(min(days).year, 1, 1), date(max(days).year + 1, 1, 1))
    body = group()
    bottom = HEAD * len({c.category for c in shown}) + ROW * len(shown) + 4
    if case:
        _draw_service_date(body, case.service_date, scale, bottom)
    _draw_years(body, scale, bottom)
    _draw_rows(body, shown, asked, scale)
    said = [f"{asked.get(c.token, '')}{c.name} ({c.token}), cleared {c.cleared}." for c in shown]
    title = "Clearances of products over time"
    return Picture(title, " ".join(said), WIDTH, bottom + 24, body)


def _asked(case: Case) -> Mapping[str, str]:
    """The lines that ask for each product that a case names, in words."""
    lines: dict[str, list[str]] = {}
    for line in case.lines:
        for token in (*line.devices, *line.cements):
            lines.setdefault(token, []).append(line.id)
    return {token: f"Line {', '.join(ids)}: " for token, ids in lines.items()}


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        return LEFT + (RIGHT - LEFT) * ((day - self.first) / (self.last - self.first))


def _draw_rows(parent: Element, shown: tuple[Clearance, ...], asked: Mapping[str, str], scale: _Scale) -> None:
    """A row for each clearance under the name of its category."""
    y = 0.0
    for category, members in groupby(shown, key=lambda c: c.category):
        write(parent, 0, y + 17, category, "strong")
        y += HEAD
        for clearance in members:
            _draw_row(parent, clearance, asked.get(clearance.token, ""), y + ROW / 2, scale)
            y += ROW


def _draw_row(parent: Element, clearance: Clearance, asked: str, y: float, scale: _Scale) -> None:
    """A dot on its day (a diamond where it is asked for), its words on the side that has more room."""
    x, kind = scale.x(clearance.cleared), "cleared asked" if asked else "cleared"
    row = group(parent, kind=kind)
    words = f"{asked}{clearance.name} ({clearance.token}), {clearance.cleared}"
    tell(row, words)
    draw(row, "path", kind="line", d=f"M{LEFT:g} {y:g}H{x:g}")
    if asked:
        draw(row, "path", kind="point", d=f"M{x:g} {y - 8:g}l8 8l-8 8l-8 -8z")
    else:
        draw(row, "circle", kind="point", cx=x, cy=y, r=5)
    room = max(RIGHT - x, x - LEFT) - 16
    [text] = wrap(words, room, 11.5, most=1)
    at_left = x - LEFT > RIGHT - x
    back = width(text, 11.5) + 6
    draw(row, "rect", kind="paper", x=x - 10 - back if at_left else x + 10, y=y - 8, width=back, height=16)
    anchor = "end" if at_left else "start"
    write(row, x - 13 if at_left else x + 13, y + 4, text, "label", text_anchor=anchor)


def _draw_years(parent: Element, scale: _Scale, bottom: float) -> None:
    """The axis of years below the rows, every second one named where they stand close."""
    draw(parent, "path", kind="line", d=f"M{LEFT:g} {bottom:g}H{RIGHT:g}")
    years = range(scale.first.year, scale.last.year + 1)
    every = 1 if len(years) <= 20 else len(years) // 10
    for year in years:
        x = scale.x(date(year, 1, 1))
        draw(parent, "path", kind="line", d=f"M{x:g} {bottom:g}v5")
        if (year - years[0]) % every == 0:
            write(parent, x, bottom + 18, str(year), "note", text_anchor="middle")


def _draw_service_date(parent: Element, day: date, scale: _Scale, bottom: float) -> None:
    x = scale.x(day)
    draw(parent, "path", kind="line strong", d=f"M{x:g} {HEAD:g}V{bottom:g}")
    write(parent, x, HEAD - 8, f"service date {day}", "strong", text_anchor="end" if x > WIDTH / 2 else "start")
