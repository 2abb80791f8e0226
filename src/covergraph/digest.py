"""Hashes of bytes, from a module that loads at once."""

from __future__ import annotations

try:
    from _blake2 import blake2b  # hashlib gives the same and loads OpenSSL first, which takes longer than one case
except ImportError:
    from hashlib import blake2b

SIZE = 32


def digest(data: bytes | memoryview) -> bytes:
    """BLAKE2b of some bytes, ``SIZE`` bytes long.

    >>> digest(b"")[:4].hex()
    '0e5751c0'
    """
    return blake2b(data, digest_size=SIZE).digest()
