"""What a run writes, and whether it may write there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from covergraph.batch.encoders import Encoder
from covergraph.batch.inputs import Input
from covergraph.batch.journal import journal_of
from covergraph.batch.sinks import Sink, is_parquet_output
from covergraph.errors import InputError


@dataclass(frozen=True)
class Output:
    """Where records go, and what makes their bytes. ``options`` shape these; a resumed run must have the same."""

    encoder: Encoder
    sink: Sink
    options: dict[str, str | None] = field(default_factory=dict)


def check_room(outputs: Sequence[Output], inputs: Sequence[Input], *, force: bool, resume: bool,
               also: Iterable[str] = ()) -> None:  # fmt: skip
    """Raise InputError where an output would take the place of something without leave, or nothing can be resumed.

    ``also`` names further files that will be written when the run is done.
    """
    sinks = [output.sink for output in outputs]
    streams = [sink.name for sink in sinks if not sink.resumable]
    if resume and streams:
        raise InputError("no-resume", "--resume", "What went to a stream cannot be taken up again.",
                         "Name a file with --output.")  # fmt: skip
    taken = {os.path.realpath(one.name) for one in inputs}
    journal = journal_of(sinks[0].name)
    names = [*(sink.name for sink in sinks if sink.resumable), *also]
    for name in names:
        if os.path.realpath(name) in taken or names.count(name) > 1:
            raise InputError("same-file", name, "It is read or written already.", "Write somewhere else.")
        if Path(name).suffix == ".parquet" and Path(name).exists() and not is_parquet_output(Path(name)):
            raise InputError("foreign-output", name, "It is there and not made by a batch.", "Write somewhere else.")
        if Path(name).exists() and not force and not (resume and journal.exists()):
            if resume:
                raise InputError("finished", name, "It is finished; there is nothing to resume.",
                                 "--force makes it anew.")  # fmt: skip
            raise InputError("exists", name, "It exists already.", "--force replaces it.")
    if not streams and journal.exists() and not force and not resume:
        raise InputError("unfinished", str(journal), "An earlier run was stopped here.",
                         "--resume goes on with it, --force begins anew.")  # fmt: skip
