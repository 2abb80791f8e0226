"""What a batch came to, laid out: as text for a terminal, as JSON, or as one HTML page with charts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from covergraph.render.html import template
from covergraph.render.summary_view import Row, SummaryView, Table

SummaryFormat = Literal["text", "json", "html"]

SHOWN = 12
"""Rows of a table that text and HTML show; JSON has all."""


def render_summary(view: SummaryView, format: SummaryFormat, *, unicode: bool = True) -> str:
    """The summary in one of the formats; ``unicode`` matters to text only."""
    match format:
        case "text":
            return "\n".join(_text(view, "█" if unicode else "#")) + "\n"
        case "json":
            return json.dumps(view.to_json(), ensure_ascii=False, indent=2) + "\n"
        case "html":
            return template("summary.html.j2").render(view=view, shown=SHOWN)


def _text(view: SummaryView, ink: str) -> Iterator[str]:
    yield f"{view.headline}."
    for policy in view.policies:
        yield f"\nPolicy {policy.number}, {policy.title}, version {policy.version}: {policy.cases:,} cases, "\
              f"{policy.mixed:,} of them mixed."  # fmt: skip
        for table in policy.tables:
            yield from _table(table, ink)
    for table in view.remarks:
        yield from _table(table, ink)


def _table(table: Table, ink: str) -> Iterator[str]:
    rows = table.rows[:SHOWN]
    width = max(len(f"{row.count:,}") for row in rows)
    more = f", {SHOWN} of {len(table.rows)}" if len(table.rows) > SHOWN else ""
    unit = "" if table.title.endswith(table.unit) else f", in {table.unit}"
    yield f"\n{table.title}{unit}{more}:"
    for row in rows:
        bar = ink * max(1, round(16 * table.share(row)))
        yield f"  {row.count:>{width},} {table.percent(row):>7} {bar:<16}  {_name(row)}"


def _name(row: Row) -> str:
    """The label, after the id where that says more."""
    return row.label if row.id.replace("-", " ") == row.label else f"{row.id} {row.label}"
