"""Reading what a command was given whole, with `-` for standard input."""

from __future__ import annotations

import sys

from covergraph.errors import InputError


def read_input(name: str) -> bytes:
    """All bytes of a file, or of standard input for ``-``; InputError where it cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise InputError("cannot-read", name, f"It cannot be read: {error.strerror}.") from None
