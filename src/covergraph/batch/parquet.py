"""Cases from a column of a Parquet file: JSON text, or a struct with the fields of a case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from covergraph.errors import InputError

ROWS = 1000
EXACT = 2**53
"""Below this a floating-point number that is whole is exactly that whole number."""


@dataclass(frozen=True)
class CaseColumn:
    """The rows of one column; ``count`` of them."""

    file: Any
    column: str

    @property
    def count(self) -> int:
        """Number of rows."""
        return int(self.file.metadata.num_rows)

    def texts(self) -> Iterator[bytes]:
        """JSON text of each row; a row without a value is the text ``null``."""
        for batch in self.file.iter_batches(batch_size=ROWS, columns=[self.column], use_threads=False):
            for value in batch.column(0).to_pylist():
                yield case_text(value)


def case_text(value: Any) -> bytes:
    """The JSON text of a case from a column of text, bytes or structs; nothing is the text ``null``.

    >>> case_text({"id": "a", "policy": None})
    b'{"id":"a"}'
    """
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """A struct as a case has it: what is null is not there, dates are text."""
    match value:
        case dict():
            return {key: _plain(member) for key, member in value.items() if member is not None}
        case list():
            return [_plain(member) for member in value]
        case date():
            return value.isoformat()[:10]
        case float() if value.is_integer() and abs(value) < EXACT:
            return int(value)
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def import_pyarrow() -> Any:
    """The pyarrow module; InputError with what to install where it is missing."""
    try:
        import pyarrow
    except ImportError:
        raise InputError("no-pyarrow", "", "Parquet needs pyarrow, which is not installed.",
                         "pip install 'covergraph[parquet]'") from None  # fmt: skip
    return pyarrow


def case_column(name: str, column: str) -> CaseColumn:
    """The case column of a Parquet file; raises InputError for a file that is broken or has no such column."""
    arrow = import_pyarrow()
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(name)
    except (arrow.ArrowException, OSError) as error:
        cause = str(error).splitlines()[0].rstrip(".")
        raise InputError("bad-parquet", name, f"This is no whole Parquet file: {cause}.") from None
    schema = file.schema_arrow
    if column not in schema.names:
        raise InputError("no-column", name, f"It has no column {column!r}.",
                         f"Name one of {', '.join(schema.names)} with --column.")  # fmt: skip
    kind = schema.field(column).type
    kinds = arrow.types
    value = kind.value_type if kinds.is_dictionary(kind) else kind
    tests = (kinds.is_string, kinds.is_large_string, kinds.is_string_view, kinds.is_binary, kinds.is_large_binary)
    is_text = any(test(value) for test in tests)
    if not is_text and not kinds.is_struct(kind):
        raise InputError("bad-column", name, f"The column {column!r} is {kind}, neither text nor a struct.",
                         "It must hold cases as JSON text, or as a struct with the fields of a case.")  # fmt: skip
    if file.metadata.num_rows == 0:
        raise InputError("empty", name, "It has no rows.", "Leave it out.")
    return CaseColumn(file, column)
