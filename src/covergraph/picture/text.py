"""How wide a text will be, and where to break it, without a font at hand.

Widths are those of DejaVu Sans, in hundredths of an em, rounded up: it is the widest of the usual fonts for screens,
so that what fits by this table fits in the others too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_REGULAR = {
    28: "'ijl", 30: "IJ", 32: " ,.", 34: "/:;\\|", 36: "f", 37: "-", 40: "()[]t", 41: "!", 42: "r", 46: '"', 50: "*_`",
    53: "sz", 54: "?", 55: "c", 56: "L", 58: "Fk", 60: "vxy", 61: "P", 62: "TYaeo", 64: "$0123456789ESbdghnpqu{}",
    66: "K", 69: "ABVXZ", 70: "CR", 74: "U", 75: "N", 76: "H", 78: "&DG", 79: "OQ", 82: "w", 84: "#+<=>^~", 87: "M",
    96: "%", 98: "m", 99: "W", 100: "@",
}  # fmt: skip
_BOLD = {
    31: "'", 35: " ijl", 37: "/\\|", 38: ",.IJ", 40: ":;", 42: "-", 44: "f", 46: "!()[]", 48: "t", 50: "_`r", 53: '"*',
    59: "?z", 60: "cs", 64: "L", 65: "x", 66: "vy", 67: "k", 68: "ae", 69: "EFTo", 70: "$0123456789", 72: "bdghnpqu{}",
    73: "SYZ", 74: "CP", 77: "B", 78: "AKRVX", 82: "U", 83: "G", 84: "#+<=>DHN^~", 86: "OQ", 88: "&", 93: "w",
    100: "@M", 101: "%", 105: "m", 111: "W",
}  # fmt: skip
OTHER, WIDE = 84, 110
"""Widths of a letter beyond ASCII, and of one that fills a square."""


def _by_letter(groups: Mapping[int, str]) -> dict[str, int]:
    return {letter: width for width, letters in groups.items() for letter in letters}


_WIDTHS = {False: _by_letter(_REGULAR), True: _by_letter(_BOLD)}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text in the unit of ``size``, rather too much than too little.

    >>> width("met", 10), width("met", 10, bold=True)
    (20.0, 22.1)
    """
    known = _WIDTHS[bold]
    return sum(known.get(letter) or _unusual(letter) for letter in text) * size / 100


def _unusual(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return WIDE if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF else OTHER


def wrap(text: str, room: float, size: float, *, bold: bool = False, most: int = 0) -> list[str]:
    """A text as lines that fit the room; with ``most``, the last of so many lines ends in an ellipsis if more follows.

    >>> wrap("Pain matches the level of the fracture", 100, 10)
    ['Pain matches the', 'level of the', 'fracture']
    >>> wrap("Pain matches the level of the fracture", 100, 10, most=2)
    ['Pain matches the', 'level of the…']
    """
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if width(joined, size, bold=bold) <= room:
            lines[-1] = joined
            continue
        lines += [word] if lines[-1] else []
        lines[-1] = word
        while width(lines[-1], size, bold=bold) > room and len(lines[-1]) > 1:
            head = _fitting(lines[-1], room, size, bold)
            lines[-1:] = [head, lines[-1][len(head) :]]
            if most and len(lines) > most:
                break
        if most and len(lines) > most:
            break
    if most and len(lines) > most:
        lines = [*lines[: most - 1], _ellipsis(lines[most - 1], room, size, bold)]
    return lines


def _fitting(word: str, room: float, size: float, bold: bool) -> str:
    """The longest beginning of a word that fits, at least one letter."""
    end = 1
    while end < len(word) and width(word[: end + 1], size, bold=bold) <= room:
        end += 1
    return word[:end]


def _ellipsis(line: str, room: float, size: float, bold: bool) -> str:
    while line and width(line + "…", size, bold=bold) > room:
        line = line[:-1]
    return line.rstrip() + "…"
