"""Less than the whole report: the keys that a user names.

A field is a key of the report, or dotted keys where it lies deeper: ``case``, ``lines.sites.determination``. Lists
are passed through; what stays keeps its place and its order, so the result has the form of a report with keys left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from covergraph.errors import InputError

Tree = dict[str, "Tree"]
"""Keys to keep, each with the keys to keep below it; none: all of it."""


@dataclass(frozen=True)
class Fields:
    """What to keep of a report. ``names`` are the fields in the order given."""

    names: tuple[str, ...]
    tree: Tree

    def of(self, report: dict[str, Any]) -> dict[str, Any]:
        """The report with only these keys.

        >>> read_fields("case,lines.sites.level").of({"case": "a", "lines": [{"id": "1", "sites": [{"level": "L1"}]}]})
        {'case': 'a', 'lines': [{'sites': [{'level': 'L1'}]}]}
        """
        kept: dict[str, Any] = _kept(report, self.tree)
        return kept


def _kept(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_kept(member, tree) for member in value]
    return {key: _kept(member, tree[key]) for key, member in value.items() if key in tree}


def read_fields(text: str) -> Fields:
    """The fields of a comma list; raises InputError for a name that no report has.

    >>> read_fields("case,mixd")
    Traceback (most recent call last):
    covergraph.errors.InputError: --fields: A report has no field 'mixd'. Did you mean mixed?
    """
    tree: Tree = {}
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise InputError("no-fields", "--fields", "No field is named.", f"Known: {', '.join(known_fields())}.")
    for name in names:
        if name not in known_fields():
            near = get_close_matches(name, known_fields(), n=3)
            cure = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known_fields())}."
            raise InputError("unknown-field", "--fields", f"A report has no field {name!r}.", cure)
    for name in sorted(names, key=len, reverse=True):
        _put(tree, name.split("."))
    return Fields(names, tree)


def _put(tree: Tree, keys: list[str]) -> None:
    """Keep what lies at the keys; longer paths come first, so that a whole key takes the place of parts of it."""
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    tree[keys[-1]] = {}


@cache
def known_fields() -> tuple[str, ...]:
    """Every field of the report schema."""
    schema = json.loads(files("covergraph").joinpath("report.schema.json").read_text(encoding="utf-8"))
    return tuple(_below(schema, schema, ""))


def _below(part: Any, schema: Any, prefix: str) -> list[str]:
    part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
    if "items" in part:
        return _below(part["items"], schema, prefix)
    found = []
    for key, member in part.get("properties", {}).items():
        found += [prefix + key, *_below(member, schema, f"{prefix}{key}.")]
    return found
