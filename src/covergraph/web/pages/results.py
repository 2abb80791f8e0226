"""Answers to queries as people read them: a table with links, and CSV that a spreadsheet cannot take for formulas."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import BlankNode, Literal, RdfFormat, parse

from covergraph import terms
from covergraph.triples import Term, plain
from covergraph.web.pages.links import compact, local_path, safe_href

NUMBERS = {
    terms.XSD + name
    for name in (
        "integer",
        "decimal",
        "double",
        "float",
        "int",
        "long",
        "short",
        "nonNegativeInteger",
        "positiveInteger",
    )
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet may take for a formula (OWASP, CSV injection)."""

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: what to show, where it leads, and what its datatype, language or whole IRI is."""

    text: str
    href: str | None = None
    note: str = ""
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """An answer; ``boolean`` is the answer to an ASK, which has no columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    boolean: bool | None = None


def read_table(media_type: str, body: bytes, prefixes: Mapping[str, str]) -> Table:
    """The table of an answer in SPARQL JSON, or of a graph in N-Triples."""
    if "json" not in media_type:
        triples = (quad.triple for quad in parse(body, RdfFormat.N_TRIPLES))
        rows = (tuple(_cell(_json(plain(t)), prefixes) for t in (s.subject, s.predicate, s.object)) for s in triples)
        return Table(("subject", "predicate", "object"), tuple(rows))
    answer = json.loads(body)
    if "boolean" in answer:
        return Table((), (), bool(answer["boolean"]))
    columns = tuple(answer["head"].get("vars", ()))
    bindings = answer["results"]["bindings"]
    return Table(columns, tuple(tuple(_cell(b[c], prefixes) if c in b else None for c in columns) for b in bindings))


def _json(term: Term) -> dict[str, Any]:
    """A term as SPARQL JSON writes it."""
    if isinstance(term, Literal):
        language = {"xml:lang": term.language} if term.language else {"datatype": term.datatype.value}
        return {"type": "literal", "value": term.value, **language}
    return {"type": "bnode" if isinstance(term, BlankNode) else "uri", "value": term.value}


def _cell(term: Mapping[str, Any], prefixes: Mapping[str, str]) -> Cell:
    kind, value = term["type"], term["value"]
    if kind == "triple":
        parts = (_cell(value[name], prefixes).text for name in ("subject", "predicate", "object"))
        return Cell(f"<<( {' '.join(parts)} )>>")
    if kind == "uri":
        return Cell(compact(value, prefixes), local_path(value) or safe_href(value), value)
    if kind == "bnode":
        return Cell(f"_:{value}")
    datatype = term.get("datatype", "")
    note = term.get("xml:lang") or (terms.local_name(datatype) if datatype not in ("", terms.XSD + "string") else "")
    is_number = datatype in NUMBERS and _NUMBER.fullmatch(value)
    return Cell(value, None, note, float(value) if is_number else None)


def spreadsheet(media_type: str, body: bytes) -> bytes:
    """An answer as CSV for spreadsheets: a cell that could run as a formula has an apostrophe before it.

    It begins with a byte order mark, without which some spreadsheets do not read UTF-8. Numbers stay numbers.
    """
    table = read_table(media_type, body, {})
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if table.boolean is not None:
        writer.writerows([["answer"], [str(table.boolean).lower()]])
    else:
        writer.writerow([_harmless(name) for name in table.columns])
        writer.writerows([_harmless(cell.text if cell else "") for cell in row] for row in table.rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> _harmless("=1+1"), _harmless("-3.5"), _harmless("22514")
    ("'=1+1", '-3.5', '22514')
    """
    return f"'{text}" if text.startswith(FORMULA) and not _NUMBER.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart; ``share`` of the greatest, from 0 to 1."""

    label: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart and what its bars say."""

    caption: str
    bars: tuple[Bar, ...]


def chart(table: Table, most: int = 40) -> Chart | None:
    """The first column of numbers by the first other column; without numbers, how many rows each first value has."""
    numeric = [i for i in range(len(table.columns)) if _is_numeric(row[i] for row in table.rows)]
    named = [i for i in range(len(table.columns)) if i not in numeric]
    if not table.rows or not table.columns:
        return None
    if numeric and named:
        label, value = named[0], numeric[0]
        caption = f"{table.columns[value]} by {table.columns[label]}"
        pairs = [(_text(row[label]), cell.number or 0.0) for row in table.rows if (cell := row[value])]
    else:
        counts: dict[str, float] = {}
        for row in table.rows:
            counts[_text(row[0])] = counts.get(_text(row[0]), 0) + 1
        caption = f"Rows for each {table.columns[0]}"
        pairs = sorted(counts.items(), key=lambda pair: -pair[1])
    if len(pairs) > most:
        caption += f" (the first {most} of {len(pairs)})"
    greatest = max((number for _, number in pairs), default=0)
    bars = [Bar(text, f"{number:g}", max(0.0, number / greatest) if greatest > 0 else 0.0) for text, number in pairs]
    return Chart(caption, tuple(bars[:most]))


def _is_numeric(cells: Iterable[Cell | None]) -> bool:
    found = [cell for cell in cells if cell is not None]
    return bool(found) and all(cell.number is not None for cell in found)


def _text(cell: Cell | None) -> str:
    return cell.text if cell else "(none)"
