"""One case in, one record out: a report, or an error record in the place of what is no well-formed case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from covergraph.checker import Checker
from covergraph.errors import ContentError, InputError
from covergraph.jsontext import parse_json
from covergraph.model import Report
from covergraph.reporttext import dumps, report_line

MAX_CASE = 32 * 1024 * 1024
"""Most bytes of one case. A case at every maximum of the schema has at most 22 MB, with every character escaped."""


class Record(NamedTuple):
    """What one case came to: the report, or the error record; where it stood: its line (from 1), and the file.

    ``file`` is None where the input is one stream, and then stands in no error record.
    """

    line: int
    report: Report | None
    error: dict[str, Any] | None = None
    file: str | None = None

    @property
    def bad(self) -> bool:
        """Whether there was no well-formed case."""
        return self.report is None

    @property
    def determination(self) -> str | None:
        """The determination of the case, or None."""
        return None if self.report is None else self.report.determination

    @property
    def text(self) -> bytes:
        """The report or error record as one line of JSON, without the line end."""
        return dumps(self.error).encode() if self.report is None else report_line(self.report)


def check_line(number: int, line: bytes, checker: Checker, file: str | None = None) -> Record:
    r"""The record of one case given as JSON text; content errors are raised, case errors are recorded.

    >>> from covergraph.workspace import open_workspace
    >>> check_line(7, b"{}", Checker(open_workspace())).text
    b'{"line":7,"case":null,"error":{"code":"missing-key","message":"The key \'id\' is missing. Add it.","pointer":""}}'
    """
    try:
        if len(line) > MAX_CASE:
            raise InputError("too-long", "", f"The case has more than {MAX_CASE:,} bytes.", "No real case needs them.")
        report = checker.check_text(line)
    except ContentError:
        raise
    except InputError as error:
        return error_record(number, _readable(line), error, file)
    return Record(number, report, None, file)


def _readable(line: bytes) -> Any:
    """What a bad case holds, if it is JSON of a size that a case has."""
    try:
        return parse_json(line) if len(line) <= MAX_CASE else None
    except InputError:
        return None


def check_lines(lines: Iterable[bytes], checker: Checker, first: int = 1) -> Iterator[Record]:
    r"""A record for each line that is not blank, in order; ``first`` is the number of the first line.

    >>> from covergraph.workspace import open_workspace
    >>> [record.bad for record in check_lines([b"{}\n", b"\n"], Checker(open_workspace()))]
    [True]
    """
    for number, line in enumerate(lines, start=first):
        if line.strip():
            yield check_line(number, line, checker)


def error_record(number: int, document: Any, error: InputError, file: str | None = None) -> Record:
    """The record that stands in the place of a bad case."""
    id = document.get("id") if isinstance(document, dict) else None
    is_pointer = error.place.startswith("/")
    told: dict[str, Any] = {"line": number, "case": id if isinstance(id, str) else None}
    if file is not None:
        told = {"file": file} | told
    told["error"] = {
        "code": error.code,
        "message": error.message if is_pointer else str(error),
        "pointer": error.place if is_pointer else "",
    }
    return Record(number, None, told, file)
