"""The ICD-10-CM code set, searched where it lies.

The index is a text file of some 98,000 lines of nine bytes each, sorted by code: the code without its dot in
seven characters, a mark (``*`` billable, ``-`` heading) and the line end. Equal lengths make it a sorted
array, so a binary search through a memory map answers after touching a few pages of it, and opening it reads
none of its lines. ``tools/icd10cm_index.py`` writes the file.
"""

import mmap
import re
from bisect import bisect_left, bisect_right
from os import PathLike
from typing import Literal

from covergraph.errors import ContentError

Kind = Literal["billable", "heading", "unknown"]

CODE_LENGTH = 7
LINE_LENGTH = 9

_FORM = re.compile(r"[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?")


class Index:
    r"""The lines of the index, which act as a sorted array.

    Codes are written as ICD-10-CM prints them: in capitals, longer ones with a dot after the third character.

    >>> index = Index(b"M80    -\nM800   -\nM8008  -\nM8008XA*\nM8008XD*\n")
    >>> len(index)
    5
    """

    def __init__(self, lines: mmap.mmap | bytes) -> None:
        self.lines = lines

    def __len__(self) -> int:
        """Return how many codes and headings there are."""
        return len(self.lines) // LINE_LENGTH

    def kind(self, code: str) -> Kind:
        r"""Tell a billable code from a heading and from what is no ICD-10-CM code.

        >>> index = Index(b"M80    -\nM800   -\nM8008  -\nM8008XA*\nM8008XD*\n")
        >>> index.kind("M80.08XA"), index.kind("M80.08")
        ('billable', 'heading')

        A stem filled up with X is no code, and neither is a code whose dot is missing or misplaced.

        >>> index.kind("M80.08X"), index.kind("M8008XA"), index.kind("M800.8XA")
        ('unknown', 'unknown', 'unknown')
        """
        if not _FORM.fullmatch(code):
            return "unknown"
        key = _key(code)
        place = bisect_left(range(len(self)), key, key=self._key_at)
        if self._key_at(place) != key:
            return "unknown"
        return "billable" if self._is_billable(place) else "heading"

    def between(self, first: str, last: str) -> list[str]:
        r"""List the billable codes from one code to another, both included, in the order of their text.

        >>> index = Index(b"M80    -\nM800   -\nM8008  -\nM8008XA*\nM8008XD*\n")
        >>> index.between("M80", "M80.08XD")
        ['M80.08XA', 'M80.08XD']

        An end that comes before the start leaves nothing between them; what has not the form of a code raises
        ValueError.

        >>> index.between("M80.08XD", "M80.08XA")
        []
        """
        for end in (first, last):
            if not _FORM.fullmatch(end):
                raise ValueError(f"{end!r} does not have the form of an ICD-10-CM code, such as 'M80.08XA'.")
        places = range(len(self))
        start = bisect_left(places, _key(first), key=self._key_at)
        stop = bisect_right(places, _key(last), key=self._key_at)
        return [_code(self._key_at(place)) for place in places[start:stop] if self._is_billable(place)]

    def _key_at(self, place: int) -> bytes:
        start = place * LINE_LENGTH
        return self.lines[start : start + CODE_LENGTH]

    def _is_billable(self, place: int) -> bool:
        mark = place * LINE_LENGTH + CODE_LENGTH
        return self.lines[mark : mark + 1] == b"*"


def open_index(path: str | PathLike[str]) -> Index:
    r"""Open an index by mapping it into memory; none of its lines is read yet.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "index.txt"
    ...     _ = path.write_bytes(b"B20    *\nM80    -\n")
    ...     open_index(path).kind("B20")
    'billable'
    """
    with open(path, "rb") as file:
        lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if len(lines) % LINE_LENGTH:
        raise ContentError(
            "bad-index",
            str(path),
            f"This is no ICD-10-CM index: its {len(lines)} bytes are not lines of {LINE_LENGTH} bytes.",
            "Were its line ends changed on checkout? Write it anew with tools/icd10cm_index.py.",
        )
    return Index(lines)


def _key(code: str) -> bytes:
    """Write a code as the index does.

    >>> _key("C79.51")
    b'C7951  '
    """
    return code.replace(".", "").ljust(CODE_LENGTH).encode("ascii")


def _code(key: bytes) -> str:
    """Write a code of the index as ICD-10-CM prints it.

    >>> _code(b"C7951  "), _code(b"B20    ")
    ('C79.51', 'B20')
    """
    code = key.decode("ascii").rstrip()
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code
