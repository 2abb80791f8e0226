"""The levels of a domain as a spinal column seen from the side, read from their order and their regions.

The longest chain of levels is the column; regions bow forward and back by turns, and bodies grow downwards until the
last region, which tapers. A level that stands in no chain is drawn as a plain plate below.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from covergraph import terms
from covergraph.picture.text import width
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.vocabulary import Vocabulary
from covergraph.wording import label

STEP = 24.0
"""Height of one level, in CSS pixels: the least that a finger hits."""
WIDTH = 168.0
"""Width of a drawing with its bows and processes."""
NARROW, BROAD = 34.0, 58.0
BOW = 2.6


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its token, how it is named where that differs, and the label of its region (may be empty)."""

    token: str
    name: str
    region: str
    chained: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """How a level is drawn around its center; ``tilt`` in degrees. A plate has no ``process``."""

    level: Level
    x: float
    y: float
    tilt: float
    body: str
    process: str
    half: float


def levels(vocabulary: Vocabulary, graph: Graph) -> tuple[Level, ...]:
    """The levels of a domain from the first of the longest chain down, then the others; none for a domain without."""
    tokens = {iri: token for token, iri in vocabulary.values["level"].items()}
    following = {iri: after for iri in tokens if (after := graph.value(iri, cov("next"))) in tokens}
    heads = tokens.keys() - set(following.values())
    chain = max((_chain(head, following) for head in sorted(heads)), key=len, default=[])
    if len(chain) < 2:
        chain = []
    order = [*chain, *(iri for iri in tokens if iri not in set(chain))]
    labels = {iri: label(vocabulary, "level", tokens[iri]) for iri in order}
    regions = {region: graph.value(region, terms.LABEL) or region for region in set(vocabulary.region_of.values())}
    return tuple(
        Level(tokens[iri], labels[iri], regions.get(vocabulary.region_of.get(iri, ""), ""), iri in set(chain))
        for iri in order
    )


def _chain(head: str, following: dict[str, str]) -> list[str]:
    chain = [head]
    while (after := following.get(chain[-1])) and after not in chain:
        chain.append(after)
    return chain


def shapes(column: tuple[Level, ...]) -> tuple[Shape, ...]:
    """The drawing of each level, from the top; all stand in a box WIDTH wide and STEP high per level."""
    chained = [level for level in column if level.chained]
    offsets = list(_offsets(chained))
    widths = list(_widths(chained))
    middle = WIDTH / 2 - 8
    drawn = []
    for n, (level, offset, broad) in enumerate(zip(chained, offsets, widths, strict=True)):
        before, after = offsets[max(n - 1, 0)], offsets[min(n + 1, len(offsets) - 1)]
        tilt = -math.degrees(math.atan2(after - before, 2 * STEP))
        drawn.append(_bone(level, middle + offset, (n + 0.5) * STEP, tilt, broad / 2))
    end = middle + (offsets[-1] if offsets else 0)
    for n, level in enumerate((level for level in column if not level.chained), len(chained)):
        drawn.append(_plate(level, end, (n + 0.5) * STEP))
    return tuple(drawn)


def _regions(chained: list[Level]) -> list[list[Level]]:
    return [list(members) for _, members in groupby(chained, key=lambda level: level.region)]


def _offsets(chained: list[Level]) -> Iterator[float]:
    for place, members in enumerate(_regions(chained)):
        side = -1 if place % 2 == 0 else 1
        for n in range(len(members)):
            yield side * BOW * len(members) * math.sin(math.pi * (n + 0.5) / len(members))


def _widths(chained: list[Level]) -> Iterator[float]:
    regions = _regions(chained)
    last = len(regions[-1]) if len(regions) > 1 else 0
    growing = len(chained) - last
    for n in range(growing):
        yield NARROW + (BROAD - NARROW) * n / max(growing - 1, 1)
    for n in range(last):
        yield BROAD - (BROAD - NARROW) * (n + 0.5) / last


def _bone(level: Level, x: float, y: float, tilt: float, half: float) -> Shape:
    """A body with hollow front and back, and behind it a process that points down."""
    h = STEP / 2 - 2.5
    body = f"M{-half:g} {-h:g}Q{3 - half:g} 0 {-half:g} {h:g}L{half:g} {h:g}Q{half - 3:g} 0 {half:g} {-h:g}Z"
    process = f"M{half - 1:g} -5L{half + 13:g} 1Q{half + 19:g} 5 {half + 16:g} 9Q{half + 10:g} 9 {half - 1:g} 5Z"
    return Shape(level, x, y, tilt, body, process, half)


def _plate(level: Level, x: float, y: float) -> Shape:
    h, half = STEP / 2 - 3, max(BROAD, width(level.name, 11.5, bold=True) + 16) / 2
    body = (
        f"M{6 - half:g} {-h:g}H{half - 6:g}Q{half:g} 0 {half - 6:g} {h:g}H{6 - half:g}Q{-half:g} 0 {6 - half:g} {-h:g}Z"
    )
    return Shape(level, x, y, 0, body, "", half)
