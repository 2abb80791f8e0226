"""The judged reports of a run as N-Quads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from covergraph.batch.chunks import Chunk
from covergraph.batch.records import Record
from covergraph.checker import Checker
from covergraph.render.nquads import ReportQuads


@dataclass
class RdfEncoder:
    """The quads of each report; what is no well-formed case has none."""

    compress: Callable[[bytes], bytes]
    _writer: ReportQuads | None = field(default=None, init=False)

    def encode(self, chunk: Chunk, records: Sequence[Record], checker: Checker) -> list[bytes]:
        """The lines of the chunk."""
        if self._writer is None:  # made in the worker, where it remembers what it wrote
            self._writer = ReportQuads(checker.policy_at, checker.workspace)
        return [self.compress(b"".join([self._writer.quads(r.report) for r in records if r.report is not None]))]
