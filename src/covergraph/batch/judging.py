"""What a worker does with a chunk: judge its cases, encode the records for every output, count."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from covergraph.batch.chunks import Chunk, Text
from covergraph.batch.encoders import Encoder
from covergraph.batch.records import Record, check_line, error_record
from covergraph.checker import Checker, JudgeName
from covergraph.errors import ContentError, InputError
from covergraph.model import Case
from covergraph.summary import Summary, Tally
from covergraph.workspace import open_workspace


@dataclass(frozen=True)
class Job:
    """How to judge, and what to make of the records. ``summarize`` asks for the counts of a ``Summary``."""

    content: str | None = None
    policy: str | None = None
    judge: JudgeName = "compiled"
    strict: bool = False
    encoders: tuple[Encoder, ...] = ()
    summarize: bool = False

    @property
    def checker(self) -> Checker:
        """The checker of this process, with the policy that most cases need read and compiled."""
        return _checker(self.content, self.policy, self.judge, self.strict)


@dataclass(frozen=True)
class Counts:
    """What a chunk came to. ``determinations`` counts judged cases."""

    records: int
    bad: int
    determinations: dict[str, int]
    summary: Summary | None
    digest: bytes


@cache
def _checker(content: str | None, policy: str | None, judge: JudgeName, strict: bool) -> Checker:
    checker = Checker(open_workspace(content), policy, judge, strict)
    checker.judge_of(Case(id="", product="", service_date=date.max, lines=()))
    return checker


def judge_chunk(chunk: Chunk, deadly: frozenset[int], job: Job) -> tuple[Counts, list[list[bytes]]]:
    """The counts of a chunk and its parts for each encoder; the texts at ``deadly`` are not touched."""
    checker = job.checker
    records = [
        _worker_died(text) if place in deadly else judge_text(text, checker) for place, text in enumerate(chunk.texts)
    ]
    parts = [encoder.encode(chunk, records, checker) for encoder in job.encoders]
    return _counts(chunk, records, job.summarize), parts


def judge_text(text: Text, checker: Checker) -> Record:
    """The record of a text; a fault of the program becomes an error record that tells its place and no content."""
    file, line, case = text
    try:
        return check_line(line, case, checker, file)
    except ContentError:
        raise
    except Exception as error:
        # One fault of ours must not cost a run of millions. The error's own text may tell of the case: it stays out.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}, line {frame.lineno}"
        told = InputError("internal-error", "", f"{type(error).__name__} at {place}.",
                          "This is a fault of covergraph, not of the case; please report it.")  # fmt: skip
        return error_record(line, None, told, file)


def _worker_died(text: Text) -> Record:
    told = InputError("worker-died", "", "The process that judged this case died each time, alone as well.",
                      "It may need more memory than there is.")  # fmt: skip
    return error_record(text[1], None, told, text[0])


def _counts(chunk: Chunk, records: Sequence[Record], summarize: bool) -> Counts:
    found = Counter(r.report.determination for r in records if r.report is not None)
    summary = None
    if summarize:
        tally = Tally()
        for record in records:
            if record.report is not None:
                tally.add(record.report)
            elif record.error is not None:
                tally.add_error(record.error["error"]["code"])
        summary = tally.summary()
    return Counts(len(records), len(records) - found.total(), dict(found), summary, chunk.digest())
