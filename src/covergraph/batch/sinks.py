"""Where finished chunks go: a stream, a file that appears whole, or a folder of Parquet files that appears whole.

A file is written as ``NAME.part`` and gets its name at the end. Its part can be cut back to what a checkpoint
remembered, so a run that was stopped at any moment goes on behind its last whole chunk.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from covergraph.batch.wire import Data
from covergraph.errors import InputError

STDOUT = "-"
TABLES = ("sites", "criteria", "errors")
"""Folders of a Parquet output, in the order of the parts of a chunk."""

State = dict[str, Any]


class Sink(Protocol):
    """Takes the parts of every chunk once, in order. Errors of writing are InputErrors that name it."""

    name: str
    resumable: bool

    def begin(self, state: State | None) -> None:
        """Make ready: afresh, or from the state of a checkpoint."""

    def write(self, number: int, parts: Sequence[Data]) -> None:
        """Write the parts of the chunk of this number."""

    def checkpoint(self) -> State:
        """Bring to disk what was written, and say what to go on from."""

    def finish(self) -> None:
        """Let it appear under its name."""

    def close(self, keep: bool) -> None:
        """Let go; what was written stays for a later run only if ``keep``."""


def open_sink(name: str) -> Sink:
    """The sink for what a user named: ``-`` for standard output, a folder for ``.parquet``, else a file."""
    path = Path(name)
    if name == STDOUT or (path.exists() and not path.is_file() and not path.is_dir()):
        return StreamSink(name)
    if not path.absolute().parent.is_dir():
        raise InputError("cannot-write", name, "It cannot be written: there is no such folder.", "Make the folder.")
    if path.suffix == ".parquet":
        return FolderSink(name)
    if path.is_dir():
        raise InputError("cannot-write", name, "It is a folder.", "Give the path of a file.")
    return FileSink(name)


def part_of(name: str) -> Path:
    """Where an output is written until it is finished."""
    path = Path(name)
    return path.with_name(f"{path.name}.part")


class StreamSink:
    """Standard output, a pipe or a device: what was written cannot be taken back, so nothing can be resumed."""

    resumable = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._stream: io.FileIO | None = None

    def begin(self, state: State | None) -> None:
        """See Sink."""
        with _told(self.name):
            is_stdout = self.name == STDOUT
            self._stream = io.FileIO(sys.stdout.fileno() if is_stdout else self.name, "w", closefd=not is_stdout)

    def write(self, number: int, parts: Sequence[Data]) -> None:
        """See Sink."""
        assert self._stream is not None
        with _told("standard output" if self.name == STDOUT else self.name):
            for part in parts:
                _write_all(self._stream, part)

    def checkpoint(self) -> State:
        """See Sink."""
        return {}

    def finish(self) -> None:
        """See Sink."""

    def close(self, keep: bool) -> None:
        """See Sink."""
        if self._stream is not None:
            self._stream.close()


class FileSink:
    """One file, made of the chunks one after the other."""

    resumable = True

    def __init__(self, name: str) -> None:
        self.name = name
        self._part = part_of(name)
        self._stream: io.FileIO | None = None
        self._size = 0

    def begin(self, state: State | None) -> None:
        """See Sink."""
        size = 0 if state is None else int(state["bytes"])
        if state is not None and not self._part.exists() and _size(Path(self.name)) == size:
            return  # it was finished, but the run was stopped before it could say so
        if (_size(self._part) or 0) < size:
            raise InputError("lost-part", str(self._part), f"It does not hold the {size:,} bytes written before.",
                             "Begin anew with --force.")  # fmt: skip
        with _told(self.name):
            stream = io.FileIO(os.open(self._part, os.O_RDWR | os.O_CREAT, 0o666), "r+")
            _lock(stream, self.name)
            stream.truncate(size)
            stream.seek(size)
        self._stream, self._size = stream, size

    def write(self, number: int, parts: Sequence[Data]) -> None:
        """See Sink."""
        assert self._stream is not None
        with _told(self.name):
            for part in parts:
                _write_all(self._stream, part)
        # Only now: what a failed write left behind the last whole chunk is cut off on resume.
        self._size += sum(map(len, parts))

    def checkpoint(self) -> State:
        """See Sink."""
        if self._stream is not None:
            with _told(self.name):
                os.fsync(self._stream.fileno())
        return {"bytes": self._size}

    def finish(self) -> None:
        """See Sink."""
        if self._stream is not None:
            with _told(self.name):
                self._part.replace(self.name)
                sync_folder(self._part.parent)

    def close(self, keep: bool) -> None:
        """See Sink."""
        if self._stream is not None:
            self._stream.close()
            if not keep:
                self._part.unlink(missing_ok=True)


class FolderSink:
    """A folder with a folder for each table, in which each chunk has a file."""

    resumable = True

    def __init__(self, name: str) -> None:
        self.name = name
        self._part = part_of(name)
        self._lock: io.FileIO | None = None
        self._unsynced: list[Path] = []
        self._chunks = 0

    def begin(self, state: State | None) -> None:
        """See Sink."""
        chunks = 0 if state is None else int(state["chunks"])
        if state is not None and not self._part.exists() and Path(self.name).is_dir():
            return  # it was finished, but the run was stopped before it could say so
        with _told(self.name):
            for table in TABLES:
                (self._part / table).mkdir(parents=True, exist_ok=True)
            lock = io.FileIO(self._part / ".lock", "w")
            _lock(lock, self.name)
            for table in TABLES:
                for path in (self._part / table).iterdir():
                    if int(path.stem.split("-")[1]) >= chunks:
                        path.unlink()
        self._lock, self._chunks = lock, chunks

    def write(self, number: int, parts: Sequence[Data]) -> None:
        """See Sink."""
        with _told(self.name):
            for table, part in zip(TABLES, parts, strict=True):
                if part:
                    path = self._part / table / f"part-{number:06}.parquet"
                    with io.FileIO(path, "w") as stream:
                        _write_all(stream, part)
                    self._unsynced.append(path)
        self._chunks = number + 1

    def checkpoint(self) -> State:
        """See Sink."""
        with _told(self.name):
            for path in self._unsynced:
                with path.open("rb") as stream:
                    os.fsync(stream.fileno())
            for folder in {path.parent for path in self._unsynced}:
                sync_folder(folder)
        self._unsynced = []
        return {"chunks": self._chunks}

    def finish(self) -> None:
        """See Sink."""
        target = Path(self.name)
        old = target.with_name(f"{target.name}.old")
        with _told(self.name):
            if self._lock is not None:
                (self._part / ".lock").unlink()
                if target.is_dir():  # --force; a folder cannot be replaced in one step
                    target.rename(old)
                self._part.rename(target)
                sync_folder(target.parent)
            if is_parquet_output(old):
                shutil.rmtree(old)

    def close(self, keep: bool) -> None:
        """See Sink."""
        if self._lock is not None:
            self._lock.close()
            if not keep:
                shutil.rmtree(self._part, ignore_errors=True)


def is_parquet_output(path: Path) -> bool:
    """Whether a folder holds nothing but what a run writes, so that ``--force`` may remove it."""
    if not path.is_dir() or {p.name for p in path.iterdir()} - {*TABLES, ".lock"}:
        return False
    return all(p.suffix == ".parquet" for table in TABLES if (path / table).is_dir() for p in (path / table).iterdir())


def sync_folder(path: Path) -> None:
    """Bring a folder's entries to disk, where the system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _write_all(stream: io.FileIO, data: Data) -> None:
    view = memoryview(data)
    while view:
        view = view[stream.write(view) or 0 :]


def _lock(stream: io.FileIO, name: str) -> None:
    """Make this process the only one that writes an output. The lock ends with it, whatever its children do."""
    try:
        import fcntl
    except ImportError:  # Windows does not let two write one file
        return
    try:
        fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError("busy", name, "Another run is writing it.", "Wait for that one, or write elsewhere.") from None


@contextmanager
def _told(name: str) -> Iterator[None]:
    """A failed write as an InputError that names the output; a closed pipe stays what it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError("cannot-write", name, f"It cannot be written: {error.strerror}.") from None
