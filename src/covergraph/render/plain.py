"""Text from outside made safe to show: on one line, and nothing in it that a terminal or a reader would obey."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
ESCAPE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?", re.DOTALL)


def plain(text: str) -> str:
    r"""Text without escape sequences, control and format characters (such as those that turn its direction).

    >>> plain("a\x1b[31m red\nrose \u202etxet")
    'a red rose txet'
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kinds = ((c, unicodedata.category(c)) for c in ESCAPE.sub("", text))
    return " ".join("".join("" if kind == "Cf" else " " if kind[0] in "CZ" else c for c, kind in kinds).split())


def ascii_only(text: str) -> str:
    """Letters without their accents; what has no ASCII form becomes a question mark.

    >>> ascii_only("Kümmell ✓")
    'Kummell ?'
    """
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).encode("ascii", "replace").decode()


def each_text(value: T, change: Callable[[str], str]) -> T:
    """The same frozen values with every text in them changed."""
    if isinstance(value, str):
        return change(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        members = (each_text(member, change) for member in value)
        return type(value)(*members) if hasattr(value, "_fields") else tuple(members)  # type: ignore[return-value]
    return value
