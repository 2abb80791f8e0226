"""How the web process and its workers talk: a frame is a header in JSON and a body of bytes, each with its length.

JSON and not pickle, so that a worker in the hands of an attacker still cannot make the web process run anything.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from typing import Any

LENGTHS = struct.Struct(">II")

Header = dict[str, Any]
Frame = tuple[Header, bytes]


def pack(header: Header, body: bytes = b"") -> bytes:
    """The bytes of a frame.

    >>> LENGTHS.unpack(pack({"a": 1}, b"xyz")[: LENGTHS.size])
    (7, 3)
    """
    text = json.dumps(header, separators=(",", ":")).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


def split(body: bytes, sizes: Iterable[int]) -> list[bytes]:
    """A body cut into parts of the given sizes.

    >>> split(b"abc", [1, 2])
    [b'a', b'bc']
    """
    parts, start = [], 0
    for size in sizes:
        parts.append(body[start : start + size])
        start += size
    return parts
