"""The judge inside Spark's Python workers: Arrow record batches with a case column in, one row a site out.

Nothing here imports Spark. A worker process opens the content and compiles the policy once, however much it judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

import pyarrow as pa

from covergraph.batch.judging import Job, judge_text
from covergraph.batch.parquet import case_text
from covergraph.batch.records import Record
from covergraph.batch.tables import SCHEMAS, tables
from covergraph.checker import Checker
from covergraph.errors import ContentError
from covergraph.model import Outcome
from covergraph.workspace import open_workspace

ROWS = 1000
"""Cases judged at a time: the reports of so many are held, however large Spark makes its batches."""

ERROR = pa.struct([(name, pa.string()) for name in ("code", "message", "pointer")])
CRITERIA = pa.map_(pa.string(), pa.string())


@dataclass(frozen=True)
class ArrowJudge:
    """Judges a column of cases; the other columns stay beside what was found.

    ``release`` is that of the driver, see ``release_of``. ``criteria`` and ``report`` ask for a column each.
    """

    column: str
    job: Job
    release: str
    criteria: bool = False
    report: bool = False

    @property
    def found(self) -> pa.Schema:
        """The columns that judging adds."""
        sites = [pa.field(f.name, _decoded(f.type)) for f in SCHEMAS["sites"] if f.name != "record"]
        sites += [pa.field("criteria", CRITERIA)] if self.criteria else []
        sites += [pa.field("report", pa.string())] if self.report else []
        return pa.schema([*sites, pa.field("error", ERROR)])

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Judge record batches; raises ContentError where this worker has another release or other content."""
        own = release_of(self.job.content)
        if own != self.release:
            raise ContentError("other-release", "Spark worker", f"It has {own}, and the driver {self.release}.",
                               "Install the same covergraph with the same content on every node.")  # fmt: skip
        for batch in batches:
            for start in range(0, batch.num_rows, ROWS):
                yield self._judged(batch.slice(start, ROWS), self.job.checker)

    def _judged(self, batch: pa.RecordBatch, checker: Checker) -> pa.RecordBatch:
        """A row for each site of each case, then a row for each bad case."""
        cases = batch.column(self.column).to_pylist()
        records = [judge_text((None, place, case_text(case)), checker) for place, case in enumerate(cases)]
        found = tables(0, records)
        sites, errors = found["sites"], found["errors"]
        of_site, of_error = (table.column("record").combine_chunks() for table in (sites, errors))
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        del columns[self.column]
        rows = pa.concat_arrays([of_site, of_error])
        added = {name: _joined(field, sites, errors) for name, field in zip(self.found.names, self.found, strict=True)}
        if self.criteria:
            added["criteria"] = _longer(_criteria(records), len(errors))
        if self.report:
            texts = pa.array([None if record.bad else record.text.decode() for record in records], pa.string())
            added["report"] = texts.take(rows)
        added["error"] = _errors(len(sites), errors)
        return pa.RecordBatch.from_pydict({name: column.take(rows) for name, column in columns.items()} | added)


def release_of(content: str | None) -> str:
    """The program and content that judge, in words that are equal only where these are."""
    return f"covergraph {version('covergraph')} with content {open_workspace(content).fingerprint[:16]}"


def _decoded(type: pa.DataType) -> pa.DataType:
    """The type without a dictionary, which Spark takes from nobody."""
    return type.value_type if pa.types.is_dictionary(type) else type


def _joined(field: pa.Field, sites: pa.Table, errors: pa.Table) -> pa.Array:
    """A column of the sites, and below it what the errors have of that name: the case's id, else nothing."""
    if field.name not in sites.schema.names:
        return pa.nulls(len(sites) + len(errors), field.type)
    column = sites.column(field.name).combine_chunks().cast(field.type)
    below = errors.column("case").combine_chunks() if field.name == "case" else pa.nulls(len(errors), field.type)
    return pa.concat_arrays([column, below])


def _longer(column: pa.Array, more: int) -> pa.Array:
    return pa.concat_arrays([column, pa.nulls(more, column.type)])


def _criteria(records: Iterable[Record]) -> pa.Array:
    """The values of all criteria at each site, written once for each distinct outcome."""
    outcomes: dict[int, tuple[int, Outcome]] = {}
    rows = []
    for record in records:
        for line in record.report.lines if record.report else ():
            for site in line.sites:
                rows.append(outcomes.setdefault(id(site.outcome), (len(outcomes), site.outcome))[0])
    distinct = pa.array([list(outcome.criteria.items()) for _, outcome in outcomes.values()], CRITERIA)
    return distinct.take(pa.array(rows, pa.int32()))


def _errors(sites: int, errors: pa.Table) -> pa.Array:
    """Nothing for each site, then what is wrong with each bad case."""
    told = pa.StructArray.from_arrays([errors.column(f.name).combine_chunks() for f in ERROR], fields=list(ERROR))
    return pa.concat_arrays([pa.nulls(sites, ERROR), told])
