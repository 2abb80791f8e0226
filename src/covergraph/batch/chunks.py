"""Cases in portions: what goes to a worker, comes back finished, and is written and remembered as one.

Where a chunk ends depends on the input alone, so a run gives the same bytes whatever the number of workers, and a
resumed run finds the same chunks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

Text = tuple[str | None, int, bytes]
"""A case as it stood in the input: its file (None: the only one), its line or row from 1, and the JSON text."""

CHUNK = 1000
"""Cases of a chunk: small enough to hold a few in memory, large enough that handing them around costs little."""

CHUNK_BYTES = 32 * 1024 * 1024
"""A chunk ends with the text that reaches this size, so that large cases do not add up."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive texts. ``number`` counts chunks from 0; ``first`` is the number of the first record, from 1."""

    number: int
    first: int
    texts: tuple[Text, ...]

    def digest(self) -> bytes:
        """What tells this chunk from a changed one."""
        return sha256(b"\0".join([text for _, _, text in self.texts])).digest()


def in_chunks(texts: Iterable[Text], size: int = CHUNK) -> Iterator[Chunk]:
    """The texts in chunks of ``size`` each, fewer where they are large.

    >>> [len(chunk.texts) for chunk in in_chunks([(None, 1, b"{}"), (None, 2, b"{}"), (None, 4, b"{}")], 2)]
    [2, 1]
    """
    number, first, held, length = 0, 1, list[Text](), 0
    for text in texts:
        held.append(text)
        length += len(text[2])
        if len(held) == size or length >= CHUNK_BYTES:
            yield Chunk(number, first, tuple(held))
            number, first, held, length = number + 1, first + len(held), [], 0
    if held:
        yield Chunk(number, first, tuple(held))
