"""Many cases, one a line, in order: NDJSON in, NDJSON out.

A line that is no well-formed case becomes an error record in its place; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from covergraph.checker import Checker
from covergraph.errors import ContentError, InputError
from covergraph.jsontext import parse_json
from covergraph.reporttext import dumps, report_line


@dataclass(frozen=True, slots=True)
class Record:
    """What one input line came to: its number (from 1), and the report or error record as one line of JSON."""

    line: int
    text: bytes
    determination: str | None

    @property
    def bad(self) -> bool:
        """Whether the line was no well-formed case."""
        return self.determination is None


def check_lines(lines: Iterable[bytes], checker: Checker) -> Iterator[Record]:
    r"""A record for each line that is not blank, in order; content errors are raised, case errors are recorded.

    >>> from covergraph.workspace import open_workspace
    >>> [record.bad for record in check_lines([b"{}\n", b"\n"], Checker(open_workspace()))]
    [True]
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _record(number, line, checker)


def _record(number: int, line: bytes, checker: Checker) -> Record:
    try:
        report = checker.check_text(line)
    except ContentError:
        raise
    except InputError as error:
        return Record(number, dumps(error_record(number, _readable(line), error)).encode(), None)
    return Record(number, report_line(report), report.determination)


def _readable(line: bytes) -> Any:
    """What a bad line holds, if it is JSON at all."""
    try:
        return parse_json(line)
    except InputError:
        return None


def error_record(number: int, document: Any, error: InputError) -> dict[str, Any]:
    """The record that stands in the place of a bad line."""
    id = document.get("id") if isinstance(document, dict) else None
    is_pointer = error.place.startswith("/")
    return {
        "line": number,
        "case": id if isinstance(id, str) else None,
        "error": {
            "code": error.code,
            "message": error.message if is_pointer else str(error),
            "pointer": error.place if is_pointer else "",
        },
    }
