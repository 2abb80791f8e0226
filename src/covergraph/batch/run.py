"""A whole run: inputs to outputs by workers, remembered on the way, so that nothing is lost or done twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from covergraph.batch.chunks import CHUNK, Chunk, in_chunks
from covergraph.batch.inputs import STDIN, Input
from covergraph.batch.journal import Journal, Progress, chained, journal_of
from covergraph.batch.judging import Counts, Job
from covergraph.batch.outputs import Output
from covergraph.batch.sources import Texts
from covergraph.batch.stops import Stops
from covergraph.batch.workers import Workers
from covergraph.errors import InputError
from covergraph.summary import Summary
from covergraph.versions import policy_versions
from covergraph.workspace import Workspace

START = sha256().hexdigest()

SAVING = 0.05
"""Share of the time that may go into checkpoints."""


@dataclass(frozen=True)
class Plan:
    """What to do. ``max_errors`` None: any number of bad records; ``resume`` goes on where a journal says."""

    job: Job
    inputs: Sequence[Input]
    outputs: Sequence[Output]
    column: str = "case"
    chunk: int = CHUNK
    workers: int = 1
    max_errors: int | None = None
    resume: bool = False
    method: str | None = None


@dataclass(frozen=True)
class Standing:
    """How a run stands: the records written, how many of them are bad, bytes read and, where known, in all."""

    records: int
    bad: int
    determinations: dict[str, int]
    read: int
    total: int | None


class Run:
    """One run of a plan. ``progress`` says at any time what is written for good."""

    def __init__(self, plan: Plan, told: Callable[[Standing], None] = lambda _: None) -> None:
        self._plan = plan
        self._told = told
        self._stops = Stops()
        self._journal = _journal(plan)
        self._begun = False
        self._saved = time.monotonic()
        self._cost = 0.0
        self.progress = Progress(digest=START, summary=Summary() if plan.job.summarize else None)

    @property
    def kept(self) -> bool:
        """Whether ``resume`` can go on from here."""
        return self.progress.chunks > 0 and self._journal is not None and self._journal.path.exists()

    def finish(self) -> Progress:
        """Do everything; raises InputError or Stopped with what was written kept for a later run."""
        plan = self._plan
        texts = Texts(plan.inputs, plan.column)
        if plan.resume and self._journal is not None and self._journal.path.exists():
            self.progress = self._journal.load()
        states = self.progress.outputs or [None] * len(plan.outputs)
        workers = Workers(replace(plan.job, encoders=tuple(o.encoder for o in plan.outputs)), plan.workers, plan.method)
        try:
            with self._stops.active():
                for output, state in zip(plan.outputs, states, strict=True):
                    output.sink.begin(state)
                self._begun = True
                self._save()
                chunks = in_chunks(texts, plan.chunk)
                self._skip_written(chunks)
                self._told(self._standing(texts))
                for result in workers.results(chunks):
                    with self._stops.shield():
                        self._write(result.counts, result.outputs)
                    self._told(self._standing(texts))
                    self._require_few_errors()
                if not self.progress.records:
                    raise InputError("no-cases", _named(plan.inputs), "There is no case in it.", "See what it holds.")
                self._save()
                with self._stops.shield():
                    for output in plan.outputs:
                        output.sink.finish()
                    if self._journal is not None:
                        self._journal.remove()
        finally:
            workers.close()
            self._leave()
        return self.progress

    def _skip_written(self, chunks: Iterator[Chunk]) -> None:
        """Read past the chunks that are written; raises InputError where they are not what they were."""
        before, digest = self.progress, START
        for _ in range(before.chunks):
            chunk = next(chunks, None)
            if chunk is None:
                break
            digest = chained(digest, chunk.digest())
        if digest != before.digest:
            raise InputError("other-input", _named(self._plan.inputs),
                             f"The first {before.records:,} cases are not those that were judged before.",
                             "Give the same input, or begin anew with --force.")  # fmt: skip

    def _write(self, counts: Counts, parts: list[list[bytes | bytearray]]) -> None:
        before = self.progress
        for output, own in zip(self._plan.outputs, parts, strict=True):
            output.sink.write(before.chunks, own)
        self.progress = Progress(
            chunks=before.chunks + 1,
            records=before.records + counts.records,
            bad=before.bad + counts.bad,
            digest=chained(before.digest, counts.digest),
            summary=counts.summary and (before.summary or Summary()) + counts.summary,
            outputs=before.outputs,
            determinations=dict(Counter(before.determinations) + Counter(counts.determinations)),
        )
        if time.monotonic() - self._saved > self._cost / SAVING:
            self._save()

    def _save(self) -> None:
        """Bring all to disk and remember it, where there is something that can be gone on with."""
        if self._journal is not None:
            start = time.monotonic()
            self.progress = replace(self.progress, outputs=tuple(o.sink.checkpoint() for o in self._plan.outputs))
            self._journal.save(self.progress)
            self._saved = time.monotonic()
            self._cost = self._saved - start

    def _leave(self) -> None:
        """Let go of the outputs; what is written stays if it can be gone on with."""
        kept = self.kept
        try:
            if self._begun and kept:
                self._save()
            elif self._begun and self._journal is not None:
                self._journal.remove()
        except InputError:
            pass  # a full disk: what was remembered last still holds
        finally:
            for output in self._plan.outputs:
                output.sink.close(keep=kept)

    def _require_few_errors(self) -> None:
        most = self._plan.max_errors
        if most is not None and self.progress.bad > most:
            raise InputError("too-many-errors", _named(self._plan.inputs),
                             f"{self.progress.bad:,} of {self.progress.records:,} records are bad, more than {most:,}.",
                             "See their error records.")  # fmt: skip

    def _standing(self, texts: Texts) -> Standing:
        done = self.progress
        return Standing(done.records, done.bad, done.determinations, texts.read, texts.total)


def _journal(plan: Plan) -> Journal | None:
    if not all(output.sink.resumable for output in plan.outputs):
        return None
    workspace, job = plan.job.checker.workspace, plan.job
    run: dict[str, Any] = {
        "covergraph": version("covergraph"),
        "input": [one.name for one in plan.inputs],
        "--column": plan.column,
        "output": [output.sink.name for output in plan.outputs],
        "--chunk": plan.chunk,
        "--policy": job.policy,
        "--judge": job.judge,
        "--strict": job.strict,
        "--summary": job.summarize,
    }
    for output in plan.outputs:
        run |= output.options
    for number, versions in sorted(policy_versions(workspace.graph).items()):
        run[f"versions of policy {number}"] = sorted(day.isoformat() for day in versions)
    return Journal(journal_of(plan.outputs[0].sink.name), run | {"content": _content_hash(workspace)})


def _content_hash(workspace: Workspace) -> str:
    """Hash of everything in the content that a report depends on."""
    digest = sha256(workspace.fingerprint.encode())
    for path in sorted((workspace.root / "ontology").rglob("*.txt")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _named(inputs: Sequence[Input]) -> str:
    names = ["standard input" if one.name == STDIN else one.name for one in inputs]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
