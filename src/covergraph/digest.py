"""Hashes of bytes, from a module that loads at once."""

from __future__ import annotations

try:
    from _blake2 import blake2b  # hashlib gives the same and loads OpenSSL first, which takes longer than one case
except ImportError:
    from hashlib import blake2b

SIZE = 32


def digest(*parts: bytes | memoryview) -> bytes:
    """BLAKE2b of some bytes in their parts, ``SIZE`` bytes long.

    >>> digest(b"ab", b"c") == digest(b"a", b"bc")
    False
    """
    hashed = blake2b(digest_size=SIZE)
    for part in parts:
        hashed.update(b"%d " % len(part))
        hashed.update(part)
    return hashed.digest()
