"""What a run remembers next to its output, so that after any stop another one can go on where it was.

The journal is one JSON file, replaced as a whole and brought to disk after the output that it speaks of. It holds
what run this is, and how far the run has come. It is removed when the output is finished.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from covergraph.batch.sinks import State, sync_folder
from covergraph.errors import InputError
from covergraph.summary import Summary

FORM = 1
"""Version of the journal itself."""


@dataclass(frozen=True)
class Progress:
    """How far a run has come: whole chunks that are written, and what was counted in them.

    ``digest`` tells the input of these chunks from a changed one; ``outputs`` are the states of the sinks;
    ``summary`` is None where none was asked for.
    """

    chunks: int = 0
    records: int = 0
    bad: int = 0
    digest: str = ""
    summary: Summary | None = None
    outputs: tuple[State, ...] = ()
    determinations: dict[str, int] = field(default_factory=dict)


def chained(digest: str, chunk: bytes) -> str:
    """The digest of all chunks up to one, from that of the chunks before it and its own."""
    return sha256(bytes.fromhex(digest) + chunk).hexdigest()


@dataclass(frozen=True)
class Journal:
    """The journal file of an output; ``run`` says what run this is, by names that a user can read."""

    path: Path
    run: dict[str, Any]

    def save(self, progress: Progress) -> None:
        """Remember how far the run has come."""
        written = self.path.with_name(f"{self.path.name}.new")
        try:
            with written.open("w", encoding="utf-8") as stream:
                json.dump({"form": FORM, "run": self.run, "progress": _to_json(progress)}, stream, ensure_ascii=False)
                stream.flush()
                os.fsync(stream.fileno())
            written.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            written.unlink(missing_ok=True)
            raise InputError("cannot-write", str(self.path), f"It cannot be written: {error.strerror}.") from None

    def load(self) -> Progress:
        """How far the run had come; raises InputError where the journal is broken or of another run."""
        try:
            saved = json.loads(self.path.read_text(encoding="utf-8"))
            if saved["form"] != FORM:
                raise ValueError
            before, progress = saved["run"], _from_json(saved["progress"])
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError("bad-journal", str(self.path), "This is no journal that this version can read.",
                             "Begin anew with --force.") from None  # fmt: skip
        if found := _differences(before, self.run):
            raise InputError("other-run", str(self.path), f"It is of another run: {'; '.join(found)}.",
                             "Run it as before, or begin anew with --force.")  # fmt: skip
        return progress

    def remove(self) -> None:
        """Forget the run."""
        self.path.unlink(missing_ok=True)


def _to_json(progress: Progress) -> dict[str, Any]:
    values = {f.name: getattr(progress, f.name) for f in fields(progress)}
    return values | {"summary": None if progress.summary is None else progress.summary.to_json()}


def _from_json(values: dict[str, Any]) -> Progress:
    rows = values["summary"]
    return Progress(**values | {"summary": None if rows is None else Summary.from_json(rows)})


def journal_of(output: str) -> Path:
    """Where the journal of an output is."""
    path = Path(output)
    return path.with_name(f"{path.name}.journal")


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [
        _difference(key, before.get(key), now.get(key))
        for key in dict.fromkeys((*before, *now)) if before.get(key) != now.get(key)
    ]  # fmt: skip


def _difference(key: str, before: Any, now: Any) -> str:
    if isinstance(before, list) and isinstance(now, list):
        gone, new = [x for x in before if x not in now], [x for x in now if x not in before]
        told = [*(f"{_told(x)} is gone" for x in gone[:2]), *(f"{_told(x)} is new" for x in new[:2])]
        return f"{key}: {', '.join(told) or 'they come in another order'}"
    return f"{key} was {_told(before)}, now {_told(now)}"


def _told(value: Any) -> str:
    text = "not given" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 300 else text[:297] + "..."
