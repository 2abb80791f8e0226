"""Which files a run reads: names, globs and folders to files in order, each with what it is by its content."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from covergraph.batch.records import MAX_CASE
from covergraph.errors import InputError
from covergraph.jsontext import parse_json

STDIN = "-"


class Kind(Enum):
    """What a file holds."""

    LINES = "one case a line"
    GZIP = "one case a line, compressed by gzip"
    ZSTD = "one case a line, compressed by Zstandard"
    DOCUMENT = "one case"
    PARQUET = "rows with a case column"


MAGIC = {b"\x1f\x8b": Kind.GZIP, b"\x28\xb5\x2f\xfd": Kind.ZSTD, b"PAR1": Kind.PARQUET}
MAGIC_BYTES = 6
REFUSED = {
    b"PK\x03\x04": ("It is a ZIP archive.", "Unpack it first."),
    b"BZh": ("It is compressed by bzip2.", "Send it through `bzcat FILE | covergraph batch -`."),
    b"\xfd7zXZ\x00": ("It is compressed by xz.", "Send it through `xzcat FILE | covergraph batch -`."),
    b"[": ("It is one JSON array, not one case a line.", "Send it through `jq -c '.[]' FILE | covergraph batch -`."),
    b"\xff\xfe": ("It is UTF-16 text.", "Write it in UTF-8."),
    b"\xfe\xff": ("It is UTF-16 text.", "Write it in UTF-8."),
}
"""What cannot be a line of a case, by its first bytes, with what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read; ``kind`` is None where only reading tells (standard input, a pipe). ``size`` is in bytes."""

    name: str
    kind: Kind | None
    size: int | None


def find_inputs(names: Iterable[str]) -> list[Input]:
    """The files that the names stand for, in the order given; what a glob or a folder holds comes by name.

    A folder stands for its ``.json`` files, one case each. Raises InputError for what is not there, cannot be read,
    is empty, is named twice or cannot hold cases.
    """
    found = [one for name in names for one in _named(name)]
    seen: dict[str, str] = {}
    for one in found:
        real = one.name if one.name == STDIN else os.path.realpath(one.name)
        if real in seen:
            raise InputError("twice", one.name, f"It is named twice (also as {seen[real]}).", "Name each file once.")
        seen[real] = one.name
    return found


def _named(name: str) -> list[Input]:
    if name == STDIN:
        return [Input(name, None, None)]
    path = Path(name)
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix == ".json" and not p.name.startswith("."))
        if not files:
            raise InputError("no-cases", name, "The folder has no .json file.",
                             f"Give the files by a pattern, e.g. '{path / '*.ndjson'}'.")  # fmt: skip
        return [Input(str(p), Kind.DOCUMENT, p.stat().st_size) for p in files]
    if not path.exists() and glob.has_magic(name):
        matches = sorted(p for p in glob.glob(name, recursive=True) if not Path(p).is_dir())  # noqa: PTH207  # may be absolute
        if not matches:
            raise InputError("no-match", name, "No file matches the pattern.")
        return [_file(match) for match in matches]
    return [_file(name)]


def _file(name: str) -> Input:
    path = Path(name)
    try:
        if not path.is_file():
            path.stat()
            return Input(name, None, None)  # a pipe or a device; reading it now would take from it
        size = path.stat().st_size
        with path.open("rb") as stream:
            kind = kind_of(stream.read(MAGIC_BYTES), name)
    except OSError as error:
        raise InputError("cannot-read", name, f"It cannot be read: {error.strerror}.") from None
    if kind is Kind.LINES and path.suffix == ".json" and _is_one_document(path, size):
        kind = Kind.DOCUMENT
    return Input(name, kind, size)


def kind_of(start: bytes, name: str) -> Kind:
    """What begins with these bytes; InputError where that cannot hold cases, or where there is nothing."""
    if not start:
        raise InputError("empty", name, "It is empty.", "Leave it out, or write it anew.")
    for magic, (cause, cure) in REFUSED.items():
        if start.startswith(magic):
            raise InputError("no-lines", name, cause, cure)
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), Kind.LINES)


def _is_one_document(path: Path, size: int) -> bool:
    """Whether a .json file is one JSON text over several lines; others of that name hold one case a line."""
    if size > MAX_CASE:
        return False
    text = path.read_bytes()
    try:
        parse_json(text)
    except InputError as error:
        return error.code not in ("not-json", "not-utf8")
    return True
