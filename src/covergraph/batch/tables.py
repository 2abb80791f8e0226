"""Reports as typed columns: a row for each site, a row for each criterion at each site, a row for each bad case.

Sites that came out alike share one outcome, so what an outcome says is turned into columns once and then taken for
each site by its index; rows never exist as Python objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from covergraph.batch.records import Record
from covergraph.logic import TOKENS
from covergraph.model import Outcome

VALUES = [TOKENS[value] for value in sorted(TOKENS)]
"""Words of the values, by the number that each is."""
Indices = np.ndarray[tuple[int], np.dtype[np.int32]]

TEXT = pa.dictionary(pa.int32(), pa.string())
IDS = pa.list_(pa.string())
SETS = pa.list_(IDS)
PLACE = [("record", pa.int64()), ("case", TEXT), ("line", TEXT), ("level", TEXT)]

SCHEMAS = {
    "sites": pa.schema(
        [
            *PLACE, ("determination", TEXT), ("decidedBy", IDS), ("holds", IDS), ("presumedAbsent", IDS),
            ("missing", SETS), ("ruleOut", IDS), ("then", SETS), ("lineDetermination", TEXT),
            ("caseDetermination", TEXT), ("mixed", pa.bool_()), ("policy", TEXT), ("policyVersion", TEXT),
        ]
    ),
    "criteria": pa.schema([*PLACE, ("criterion", TEXT), ("value", TEXT)]),
    "errors": pa.schema(
        [
            ("record", pa.int64()), ("file", pa.string()), ("line", pa.int64()), ("case", pa.string()),
            ("code", pa.string()), ("message", pa.string()), ("pointer", pa.string()),
        ]
    ),
}  # fmt: skip
"""Columns of each table. ``record`` is the number of the case in the whole input, from 1, and joins the tables;
``line`` is the requested procedure in ``sites`` and ``criteria``, and the line of the input in ``errors``."""


def tables(first: int, records: Sequence[Record]) -> dict[str, pa.Table]:
    """The tables of some records, of which the first has the number ``first``, by the names of SCHEMAS."""
    sites = _read_sites(first, records)
    return {"sites": _sites(sites), "criteria": _criteria(sites), "errors": _errors(first, records)}


class _Words:
    """A column of text that repeats: each word once, and its index for each row."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._rows: list[int] = []

    def add(self, word: str, times: int = 1) -> None:
        index = self._index.setdefault(word, len(self._index))
        self._rows += [index] * times

    @property
    def rows(self) -> Indices:
        return np.array(self._rows, dtype=np.int32)

    def column(self, rows: Indices | None = None) -> pa.DictionaryArray:
        return _dictionary(self.rows if rows is None else rows, self._index)


def _dictionary(rows: Indices, words: Iterable[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(rows, pa.int32()), pa.array(list(words), pa.string()))


@dataclass
class _Sites:
    """What stands in the rows of the sites: the distinct outcomes, and columns."""

    outcomes: list[Outcome]
    outcome: Indices
    record: Indices
    case: _Words
    line: _Words
    level: _Words
    line_determination: _Words
    case_determination: _Words
    policy: _Words
    version: _Words
    mixed: list[bool]


def _read_sites(first: int, records: Sequence[Record]) -> _Sites:
    indices: dict[int, int] = {}
    outcomes: list[Outcome] = []
    of_site: list[int] = []
    numbers: list[int] = []
    mixed: list[bool] = []
    case, line, level, of_line, of_case, policy, version = (_Words() for _ in range(7))
    for number, record in enumerate(records, start=first):
        report = record.report
        if report is None:
            continue
        before = len(of_site)
        for line_report in report.lines:
            sites = line_report.sites
            for site in sites:
                outcome = site.outcome
                index = indices.setdefault(id(outcome), len(outcomes))
                if index == len(outcomes):
                    outcomes.append(outcome)
                of_site.append(index)
                level.add(site.level)
            line.add(line_report.id, len(sites))
            of_line.add(line_report.determination, len(sites))
        count = len(of_site) - before
        numbers += [number] * count
        mixed += [report.mixed] * count
        case.add(report.case, count)
        of_case.add(report.determination, count)
        policy.add(report.policy_number, count)
        version.add(report.policy_version, count)
    return _Sites(
        outcomes, np.array(of_site, dtype=np.int32), np.array(numbers, dtype=np.int64), case, line, level, of_line,
        of_case, policy, version, mixed,
    )  # fmt: skip


def _sites(sites: _Sites) -> pa.Table:
    outcomes = sites.outcomes
    determination = _Words()
    for outcome in outcomes:
        determination.add(outcome.determination)
    rows = pa.array(sites.outcome, pa.int32())

    def ids(values: list[tuple[str, ...]]) -> pa.Array:
        return pa.array(values, IDS).take(rows)

    def sets(values: list[tuple[tuple[str, ...], ...]]) -> pa.Array:
        return pa.array(values, SETS).take(rows)

    columns = [
        pa.array(sites.record, pa.int64()), sites.case.column(), sites.line.column(), sites.level.column(),
        determination.column(determination.rows[sites.outcome]), ids([o.decided_by for o in outcomes]),
        ids([o.holds for o in outcomes]), ids([o.presumed_absent for o in outcomes]),
        sets([o.missing for o in outcomes]), ids([o.rule_out for o in outcomes]), sets([o.then for o in outcomes]),
        sites.line_determination.column(), sites.case_determination.column(), pa.array(sites.mixed, pa.bool_()),
        sites.policy.column(), sites.version.column(),
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=SCHEMAS["sites"])


def _criteria(sites: _Sites) -> pa.Table:
    words: dict[str, int] = {}
    # All outcomes under one policy version share one tuple of ids, so this is made once or twice.
    known = {id(o.ids): np.array([words.setdefault(c, len(words)) for c in o.ids], np.int32) for o in sites.outcomes}
    of_outcomes = [known[id(o.ids)] for o in sites.outcomes]
    criterion = np.concatenate(of_outcomes) if of_outcomes else np.array([], np.int32)
    value = np.frombuffer(b"".join([o.values for o in sites.outcomes]), np.uint8).astype(np.int32)
    sizes = np.array([len(o.values) for o in sites.outcomes], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) if len(sizes) else sizes
    times = sizes[sites.outcome]
    ends = np.cumsum(times)
    total = int(ends[-1]) if len(ends) else 0
    # Place of each row among the rows of the distinct outcomes: where its outcome starts, and how far it is into it.
    rows = np.repeat(starts[sites.outcome] - (ends - times), times) + np.arange(total)

    def repeated(words: _Words) -> pa.DictionaryArray:
        return words.column(np.repeat(words.rows, times))

    columns = [
        pa.array(np.repeat(sites.record, times), pa.int64()), repeated(sites.case), repeated(sites.line),
        repeated(sites.level), _dictionary(criterion[rows], words), _dictionary(value[rows], VALUES),
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=SCHEMAS["criteria"])


def _errors(first: int, records: Sequence[Record]) -> pa.Table:
    rows = [
        {"record": number, "file": record.file, "line": record.line, "case": record.error["case"],
         **record.error["error"]}
        for number, record in enumerate(records, start=first) if record.error is not None
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMAS["errors"])
