"""How a value is drawn: a shape of its own for each, and a bar whose pattern says what it means for the request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from xml.etree.ElementTree import Element

from covergraph.picture.canvas import draw, group, write
from covergraph.picture.text import width
from covergraph.policy import Policy

Meaning = Literal["for", "against", "open", "neutral"]

SHAPES = {
    "met": ("M7 0a7 7 0 1 1 0 14a7 7 0 1 1 0 -14z", "M3.6 7.2l2.4 2.4l4.4 -4.8"),
    "not met": ("M1 1h12v12h-12z", "M4 4l6 6M10 4l-6 6"),
    "not documented": ("M7 -.6l7.6 7.6l-7.6 7.6l-7.6 -7.6z", "M5 5.6a2 2 0 1 1 2.9 1.7q-.9 .5 -.9 1.4M7 10.6v.5"),
    "not applicable": ("M3 3h8a4 4 0 0 1 0 8h-8a4 4 0 0 1 0 -8z", "M4 7h6"),
}
"""Outline and sign of a value in a box of 14 by 14: a tick in a disc, a cross in a square, a question in a diamond,
a dash in a pill."""

MEANINGS: dict[Meaning, str] = {
    "for": "for the request", "against": "against it", "open": "open", "neutral": "does not count",
}  # fmt: skip

FRAMES = {"decides": "decides", "aside": "decided nothing"}
"""What the frame of a box says."""


def meaning(value: str, is_exclusion: bool) -> Meaning:
    """What a value says for the request: an exclusion that is met speaks against it.

    >>> meaning("met", False), meaning("met", True), meaning("not documented", True)
    ('for', 'against', 'open')
    """
    if value in ("met", "not met"):
        return "for" if (value == "met") != is_exclusion else "against"
    return "open" if value == "not documented" else "neutral"


def mark(parent: Element, x: float, y: float, value: str, says: Meaning) -> None:
    """The shape of a value, 14 by 14, its upper left corner at a point."""
    shape = group(parent, kind=f"mark {says}", transform=f"translate({x:g} {y:g})")
    outline, sign = SHAPES[value]
    draw(shape, "path", kind="outline", d=outline)
    draw(shape, "path", kind="sign", d=sign)


def bar(parent: Element, x: float, top: float, bottom: float, says: Meaning) -> None:
    """The bar at the left of a box: solid, striped, dotted or thin by its meaning."""
    draw(parent, "path", kind=f"bar {says}", d=f"M{x:g} {top:g}V{bottom:g}")


DETERMINED: dict[Meaning, str] = {
    "for": "met", "against": "not met", "open": "not documented", "neutral": "not applicable",
}  # fmt: skip
"""The shape that stands for a determination."""


def determined(policy: Policy, determination: str) -> Meaning:
    """What a determination says for the request, by the policy's order of determinations."""
    if determination == policy.approval:
        return "for"
    if determination == policy.pending:
        return "open"
    return "against" if policy.determinations[determination] else "neutral"


def legend(parent: Element, x: float, y: float, values: Iterable[str], meanings: Iterable[Meaning]) -> None:
    """One line that explains shapes, bars and frames; its text stands on ``y``."""
    for value in values:
        mark(parent, x, y - 11, value, "neutral")
        write(parent, x + 19, y, value, "note")
        x += 19 + width(value, 11) + 14
    for says in meanings:
        bar(parent, x + 3, y - 11, y + 3, says)
        write(parent, x + 11, y, MEANINGS[says], "note")
        x += 11 + width(MEANINGS[says], 11) + 14
    for kind, words in FRAMES.items():
        draw(group(parent, kind=kind), "rect", x=x, y=y - 10, width=16, height=12, rx=2)
        write(parent, x + 22, y, words, "note")
        x += 22 + width(words, 11) + 14
