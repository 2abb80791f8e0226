"""Reading what a command was given line by line and writing what it makes, with `-` for the standard streams."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from covergraph.errors import InputError


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """A file to read line by line, or standard input for ``-``."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(name).open("rb")  # noqa: SIM115  # opened here so that its error is told from one while reading
    except OSError as error:
        raise InputError("cannot-read", name, f"It cannot be read: {error.strerror}.") from None
    with stream:
        try:
            yield stream
        except IsADirectoryError:
            raise InputError("cannot-read", name, "It is a folder.") from None


@contextmanager
def open_output(name: str) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all, or standard output for ``-``."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(name)
    if target.is_dir():
        raise InputError("cannot-write", name, "It is a folder.", "Give the path of a file.")
    if target.exists() and not target.is_file():  # a pipe or a device: nothing to replace
        with target.open("wb") as stream:
            yield stream
        return
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise InputError("cannot-write", name, f"It cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
