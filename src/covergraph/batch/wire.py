"""Messages between the run and a worker: a pickled head, then bytes that travel as they are."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Sequence
from socket import socket
from typing import Any

Data = bytes | bytearray

_SIZES = struct.Struct("!QI")
_SIZE = struct.Struct("!Q")


def send(channel: socket, head: Any, parts: Sequence[Data] = ()) -> None:
    """Send a message; OSError where the other side is gone."""
    packed = pickle.dumps(head, pickle.HIGHEST_PROTOCOL)
    sizes = b"".join(_SIZE.pack(len(part)) for part in parts)
    channel.sendall(_SIZES.pack(len(packed), len(parts)) + sizes + packed)
    for part in parts:
        channel.sendall(part)


def receive(channel: socket) -> tuple[Any, list[Data]] | None:
    """The next message, or None where the other side is gone, even in the middle of one."""
    try:
        start = _exactly(channel, _SIZES.size)
        if start is None:
            return None
        head_size, count = _SIZES.unpack(start)
        sizes = _exactly(channel, count * _SIZE.size)
        head = _exactly(channel, head_size)
        parts = [_exactly(channel, size) for (size,) in _SIZE.iter_unpack(sizes or b"")]
    except ConnectionError:
        return None
    if head is None or None in parts:
        return None
    return pickle.loads(head), [part for part in parts if part is not None]


def _exactly(channel: socket, size: int) -> bytearray | None:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = channel.recv_into(view)
        if not count:
            return None
        view = view[count:]
    return data
