"""Bytes compressed chunk by chunk: each becomes a gzip member or a Zstandard frame of its own.

Members and frames one after the other are a whole file for every reader, and the file can be cut back between them.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import IO, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACKING = (zlib.error, zstd.ZstdError)
"""What unpacking raises for damaged bytes, besides OSError and EOFError."""

GZIP_LEVEL = 6
ZSTD_LEVEL = 3


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, GZIP_LEVEL, mtime=0)  # no time of day, so equal input gives equal bytes


def _zstd(data: bytes) -> bytes:
    return zstd.compress(data, ZSTD_LEVEL)


def _plain(data: bytes) -> bytes:
    return data


_BY_SUFFIX: dict[str, Callable[[bytes], bytes]] = {".gz": _gzip, ".zst": _zstd, ".zstd": _zstd}


def compressor(name: str) -> Callable[[bytes], bytes]:
    """What makes a chunk of the file of this name; picklable.

    >>> compressor("reports.ndjson")(b"{}")
    b'{}'
    >>> compressor("reports.ndjson.gz")(b"{}")[:2].hex()
    '1f8b'
    """
    return _BY_SUFFIX.get(PurePath(name).suffix, _plain)


def open_unpacked(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where its name says that it is compressed.

    Reading raises OSError, EOFError or one of UNPACKING where it is cut or damaged.
    """
    match path.suffix:
        case ".gz":
            return cast("IO[bytes]", gzip.open(path))
        case ".zst" | ".zstd":
            return cast("IO[bytes]", zstd.open(path))
    return path.open("rb")
