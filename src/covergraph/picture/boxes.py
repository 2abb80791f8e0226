"""Where the boxes of a criteria tree stand: each criterion left of its members and as high as all of them together.

A criterion with one member stands above it in the same column. Members that have none themselves flow into as many
columns as there is room for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from covergraph.picture.branches import Branch
from covergraph.picture.text import width, wrap

SIZE, SMALL, LEADING = 11.5, 11, 14.5
"""Sizes of labels and of values, and the distance of two lines of text."""
COLUMN, LEAF, STRIP, GAP = 124, 200, 17, 3
"""Widths of a criterion with members, of one without (at least) and of a gate; space between boxes."""
BAR, MARK, PADDING = 9, 19, 5
"""Room for the bar and for the mark at the left of a box; space above and below its text."""
MOST = 4
"""Lines that a label may take; the whole of it is what a pointer is told."""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text in a box; ``down`` counts lines from the top, ``right`` is measured from the box's right edge."""

    text: str
    kind: str
    left: float
    down: int
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A box for one criterion, or for a gate (no texts), with its corner and size."""

    branch: Branch
    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...]


@dataclass(slots=True)
class _Cell:
    """A criterion (with those stacked below it in the same column) and its members, before heights are known."""

    branches: list[Branch]
    x: float
    width: float
    texts: list[tuple[Text, ...]]
    gate: Branch | None = None
    rows: list[list[_Cell]] = field(default_factory=list)

    @property
    def own(self) -> list[float]:
        return [2 * PADDING + LEADING * (1 + max((t.down for t in texts), default=0)) for texts in self.texts]

    @property
    def least(self) -> float:
        own = sum(self.own) + GAP * (len(self.texts) - 1)
        return max(own, self.needed)

    @property
    def needed(self) -> float:
        return sum(max(c.least for c in row) for row in self.rows) + GAP * (len(self.rows) - 1)


def boxes(branch: Branch, x: float, y: float, right: float) -> list[Box]:
    """The boxes of one statement, from its upper left corner to a right edge."""
    cell = _measured(branch, x, right)
    return list(_placed(cell, y, cell.least))


def _measured(branch: Branch, x: float, right: float) -> _Cell:
    stacked = [branch]
    while len(stacked[-1].members) == 1 and stacked[-1].members[0].id:
        stacked.append(stacked[-1].members[0])
    members = stacked[-1].members
    named = [b for b in stacked if b.id]
    own = (COLUMN if members else right - x) if named else 0
    cell = _Cell(named, x, own, [_texts(b, own) for b in named])
    left = x + own + (GAP if named else 0)
    if stacked[-1].gate:
        cell.gate = stacked[-1]
        left += STRIP + GAP
    columns = int((right - left + GAP) / (LEAF + GAP)) if all(not m.members for m in members) else 1
    columns = max(1, min(columns, len(members)))
    each = (right - left - GAP * (columns - 1)) / columns
    for start in range(0, len(members), columns):
        row = members[start : start + columns]
        lefts = [left + n * (each + GAP) for n in range(columns)]
        cell.rows.append([_measured(m, at, at + each) for m, at in zip(row, lefts, strict=False)])
    return cell


def _texts(branch: Branch, box: float) -> tuple[Text, ...]:
    """The texts of a box: all in one line, or the label below, or one below the other; whatever fits first."""
    left, room = BAR + MARK, box - BAR - MARK - PADDING
    id, value = width(branch.id, SIZE, bold=True), width(branch.words, SMALL, bold=branch.decides)
    whole = width(branch.label, SIZE)
    if id + 6 + whole + 10 + value <= room:
        return (
            Text(branch.id, "id", left, 0), Text(branch.label, "label", left + id + 6, 0),
            Text(branch.words, "value", 0, 0, at_end=True),
        )  # fmt: skip
    if id + 10 + value <= room:
        texts = [Text(branch.id, "id", left, 0), Text(branch.words, "value", 0, 0, at_end=True)]
    else:
        texts = [Text(t, "id", left, n) for n, t in enumerate(wrap(branch.id, room, SIZE, bold=True, most=2))]
        down = len(texts)
        words = wrap(branch.words, room + MARK, SMALL, bold=branch.decides)
        texts += [Text(t, "value", BAR, down + n) for n, t in enumerate(words)]
    down = 1 + max(t.down for t in texts)
    label = wrap(branch.label, room + MARK, SIZE, most=MOST)
    return (*texts, *(Text(t, "label", BAR, down + n) for n, t in enumerate(label)))


def _placed(cell: _Cell, y: float, height: float) -> Iterator[Box]:
    spare = height - sum(cell.own) - GAP * (len(cell.texts) - 1)
    top = y
    for branch, texts, least in zip(cell.branches, cell.texts, cell.own, strict=True):
        own = least + (spare if branch is cell.branches[-1] else 0)
        yield Box(branch, cell.x, top, cell.width, own, texts)
        top += own + GAP
    if cell.gate:
        yield Box(cell.gate, cell.x + cell.width + (GAP if cell.branches else 0), y, STRIP, height, ())
    spare = height - cell.needed
    for row in cell.rows:
        each = max(c.least for c in row) + spare / len(cell.rows)
        for member in row:
            yield from _placed(member, y, each)
        y += each + GAP
