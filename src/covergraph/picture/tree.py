"""The criteria tree of a site, coloured by value."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from covergraph.picture.boxes import BAR, GAP, LEADING, PADDING, SIZE, STRIP, Box, boxes
from covergraph.picture.branches import Branch
from covergraph.picture.canvas import Picture, draw, group, tell, write
from covergraph.picture.marks import MEANINGS, SHAPES, bar, legend, mark

WIDTH = 880


def tree_picture(title: str, statements: tuple[Branch, ...]) -> Picture:
    """The criteria of one site: what a criterion needs stands to the right of it."""
    body = group()
    bottom = draw_tree(body, statements, 0, 1)
    draw_legend(body, bottom + 20)
    return Picture(title, described(statements), WIDTH, bottom + 28, body)


def draw_tree(parent: Element, statements: tuple[Branch, ...], x: float, y: float) -> float:
    """Draws statements one below the other; gives the height at which they end."""
    for statement in statements:
        placed = boxes(statement, x + 1, y, x + WIDTH - 1)
        for box in placed:
            (_draw_box if box.texts else _draw_gate)(parent, box)
        y = max(box.y + box.height for box in placed) + 3 * GAP
    return y


def draw_legend(parent: Element, y: float) -> None:
    """What shapes and bars mean."""
    legend(parent, 2, y, SHAPES, [m for m in MEANINGS if m != "neutral"])


def _draw_box(parent: Element, box: Box) -> None:
    branch = box.branch
    kind = " ".join(["box", branch.says] + ["aside"] * branch.aside + ["decides"] * branch.decides)
    cell = group(parent, kind=kind)
    tell(cell, f"{branch.id} {branch.label}: {branch.words}")
    draw(cell, "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=2)
    bar(cell, box.x + 4, box.y + 2, box.y + box.height - 2, branch.says)
    first = box.y + PADDING + LEADING - 3.5
    mark(cell, box.x + BAR, first - 11, branch.value, branch.says)
    for text in box.texts:
        y = first + text.down * LEADING
        if text.at_end:
            write(cell, box.x + box.width - PADDING, y, text.text, text.kind, text_anchor="end")
        else:
            write(cell, box.x + text.left, y, text.text, text.kind)


def _draw_gate(parent: Element, box: Box) -> None:
    """A gate: a narrow strip with its words turned upwards, where there is room for them."""
    cell = group(parent, kind=" ".join(["gate", box.branch.says] + ["aside"] * box.branch.aside))
    tell(cell, f"{box.branch.gate}: {box.branch.value}" if box.branch.value else box.branch.gate)
    draw(cell, "rect", x=box.x, y=box.y, width=STRIP, height=box.height, rx=2)
    x, y = box.x + STRIP / 2 + 4, box.y + box.height / 2
    words = box.branch.gate if box.height > 4 * SIZE else box.branch.gate.split()[0]
    write(cell, x, y, words, "note", text_anchor="middle", transform=f"rotate(-90 {x:g} {y:g})")


def described(statements: Iterable[Branch]) -> str:
    """The whole tree in words, for those who do not see it."""
    found = dict.fromkeys(b for statement in statements for b in statement.all())
    return " ".join(f"{b.id} {b.label}: {b.words}." for b in found)
