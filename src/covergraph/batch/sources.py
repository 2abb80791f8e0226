"""Reading the cases of a run, one after the other, whatever form they come in."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from covergraph.batch.chunks import Text
from covergraph.batch.inputs import MAGIC_BYTES, STDIN, Input, Kind, kind_of
from covergraph.batch.parquet import case_column
from covergraph.batch.records import MAX_CASE
from covergraph.errors import InputError
from covergraph.jsontext import parse_json

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

READ = 1024 * 1024
CUT_CURE = "Get it whole, then go on with --resume."


class Texts:
    """The cases of some inputs in order; ``read`` says at any time how many bytes of the files are behind.

    What cannot be read raises InputError, after everything before it was given.
    """

    def __init__(self, inputs: Sequence[Input], column: str) -> None:
        self._inputs = inputs
        self._column = column
        self._behind = 0
        self._raw: io.FileIO | None = None
        self._share = 0.0
        for one in inputs:
            if one.kind is Kind.PARQUET:
                case_column(one.name, column)  # so that a wrong file is told before anything is done
        sizes = [one.size for one in inputs]
        self.total = None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def read(self) -> int:
        """Bytes of the input files that have been read."""
        if self._raw is not None and not self._raw.closed and self._raw.seekable():
            return self._behind + self._raw.tell()
        return self._behind + int(self._share)

    def __iter__(self) -> Iterator[Text]:
        several = len(self._inputs) > 1 or any(one.kind is Kind.DOCUMENT for one in self._inputs)
        for one in self._inputs:
            file = one.name if several else None
            try:
                yield from self._texts(one, file)
            except (EOFError, zlib.error, zstd.ZstdError) as error:
                cause = f"It ends or breaks in the middle: {str(error).rstrip('.')}."
                raise InputError("input-cut", _shown(one.name), cause, CUT_CURE) from None
            except OSError as error:
                cause = error.strerror or str(error)
                raise InputError("cannot-read", _shown(one.name), f"It cannot be read: {cause}.", CUT_CURE) from None
            self._behind += one.size or 0
            self._share = 0.0

    def _texts(self, one: Input, file: str | None) -> Iterator[Text]:
        if one.kind is Kind.PARQUET:
            for row, text in enumerate(self._rows(one), start=1):
                yield file, row, text
            return
        with ExitStack() as stack:
            raw = stack.enter_context(_opened(one.name))
            self._raw = raw
            kind: Kind | None = one.kind
            stream = cast("BinaryIO", io.BufferedReader(raw, READ))
            if kind is None:
                start = stream.read(MAGIC_BYTES)
                kind = kind_of(start, _shown(one.name))
                stream = cast("BinaryIO", io.BufferedReader(_Rest(start, stream), READ))
            match kind:
                case Kind.PARQUET:
                    raise InputError("no-seek", _shown(one.name), "Parquet cannot come by a pipe.", "Name it.")
                case Kind.DOCUMENT:
                    yield file, 1, stream.read(MAX_CASE + 1)
                    return
                case Kind.GZIP:
                    stream = cast("BinaryIO", io.BufferedReader(gzip.GzipFile(fileobj=stream), READ))
                case Kind.ZSTD:
                    stream = cast("BinaryIO", io.BufferedReader(zstd.ZstdFile(stream), READ))
            yield from _lines(stream, _shown(one.name), file)

    def _rows(self, one: Input) -> Iterator[bytes]:
        rows = case_column(one.name, self._column)
        for place, text in enumerate(rows.texts()):
            self._share = (one.size or 0) * place / rows.count
            yield text


def _opened(name: str) -> io.FileIO:
    if name == STDIN:
        return io.FileIO(sys.stdin.fileno(), closefd=False)
    return io.FileIO(name)


def _shown(name: str) -> str:
    return "standard input" if name == STDIN else name


def _lines(stream: BinaryIO, name: str, file: str | None) -> Iterator[Text]:
    """Lines that are not blank. One that is too long is cut where that shows; the last one must be whole."""
    number = 0
    readline = stream.readline
    while line := readline(MAX_CASE + 1):
        number += 1
        if line[-1:] != b"\n":
            if len(line) > MAX_CASE:
                while (more := readline(READ)) and more[-1:] != b"\n":
                    pass
            else:
                _require_whole(line, f"{name}, line {number}")
        if not line.isspace():
            yield file, number, line


def _require_whole(line: bytes, place: str) -> None:
    """Raise where the last line, which has no line end, is no whole JSON text: it was cut."""
    try:
        parse_json(line)
    except InputError as error:
        if error.code in ("not-json", "not-utf8") and not line.isspace():
            raise InputError("input-cut", place, "The input ends in the middle of this line.",
                             f"{CUT_CURE} If it is whole, end it with a line feed.") from None  # fmt: skip


class _Rest(io.RawIOBase):
    """A stream from which the start was read already."""

    def __init__(self, start: bytes, stream: Any) -> None:
        self._start = start
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if not self._start:
            return cast("int", self._stream.readinto1(buffer))
        view = memoryview(buffer).cast("B")
        taken = min(len(view), len(self._start))
        view[:taken] = self._start[:taken]
        self._start = self._start[taken:]
        return taken
