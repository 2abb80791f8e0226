"""From the records of a chunk to the bytes that are written: what a worker does after judging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from covergraph.batch.chunks import Chunk
from covergraph.batch.fields import Fields
from covergraph.batch.records import Record
from covergraph.checker import Checker
from covergraph.reporttext import dumps


class Encoder(Protocol):
    """Makes the bytes of one chunk for one output; goes to the workers, so it is picklable.

    ``records[i]`` came from ``chunk.texts[i]``. The result has a part for each file of the output.
    """

    def encode(self, chunk: Chunk, records: Sequence[Record], checker: Checker) -> list[bytes]:
        """The parts of the chunk."""


@dataclass(frozen=True)
class NdjsonEncoder:
    """One line of JSON for each record; ``fields`` picks less than the whole report."""

    compress: Callable[[bytes], bytes]
    fields: Fields | None = None

    def encode(self, chunk: Chunk, records: Sequence[Record], checker: Checker) -> list[bytes]:
        """The lines of the chunk."""
        return [self.compress(b"".join([self._text(record) + b"\n" for record in records]))]

    def _text(self, record: Record) -> bytes:
        if self.fields is None or record.report is None:
            return record.text
        return dumps(self.fields.of(record.report.to_json())).encode()


@dataclass(frozen=True)
class ParquetEncoder:
    """A Parquet file for each table."""

    def encode(self, chunk: Chunk, records: Sequence[Record], checker: Checker) -> list[bytes]:
        """The files of the chunk by the order of SCHEMAS; one without rows is left out but in the first chunk."""
        from pyarrow import parquet

        from covergraph.batch.tables import tables

        parts = []
        for table in tables(chunk.first, records).values():
            stream = BytesIO()
            if table.num_rows or chunk.number == 0:
                parquet.write_table(table, stream, compression="zstd", row_group_size=max(table.num_rows, 1))
            parts.append(stream.getvalue())
        return parts
