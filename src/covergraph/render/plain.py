"""Text from outside made safe to show: on one line, and nothing in it that a terminal or a reader would obey."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

T = TypeVar("T")
ESCAPE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?", re.DOTALL)


def plain(text: str) -> str:
    r"""Text without escape sequences, control and format characters (such as those that turn its direction).

    >>> plain("a\x1b[31m red\nrose \u202etxet")
    'a red rose txet'
    """
    kinds = ((c, unicodedata.category(c)) for c in ESCAPE.sub("", text))
    return " ".join("".join("" if kind == "Cf" else " " if kind[0] in "CZ" else c for c, kind in kinds).split())


def all_plain(value: T) -> T:
    """The same values with every text in them plain."""
    if isinstance(value, str):
        return plain(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(map(all_plain, value))  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: all_plain(getattr(value, f.name)) for f in fields(value)})
    return value
