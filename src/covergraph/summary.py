"""What many reports came to, in counts that add up.

A worker tallies a chunk of reports, and the sums of all chunks are the summary of the run. Sites that came out alike
share one ``Outcome``, so a tally counts these, and looks into each once when the chunk is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from covergraph.model import Outcome, Report

Key = tuple[str, ...]
"""What is counted, then of which: ``("case", policy, version, determination)``. See COUNTED."""

COUNTED = {
    "case": "cases: policy, version, determination",
    "mixed": "cases whose sites differ: policy, version",
    "line": "lines: policy, version, determination",
    "site": "sites: policy, version, determination",
    "decided": "sites: policy, version, determination, then every id of decidedBy",
    "not-met": "sites: policy, version, criterion, determination of the site",
    "undocumented": "sites: policy, version, criterion, determination of the site",
    "reimbursement": "lines: policy, version, rule",
    "coding": "remarks on lines: check",
    "diagnoses": "remarks on cases: check",
    "advisories": "remarks on cases: check",
    "error": "records that are no well-formed case: code of the error",
}
"""What the first part of a key counts, and the parts that follow it."""


@dataclass(frozen=True)
class Summary:
    """Counts of a number of records.

    >>> one = Summary({("error", "not-json"): 1})
    >>> (one + one + Summary()).bad
    2
    """

    counts: Mapping[Key, int] = field(default_factory=dict)

    def __add__(self, other: Summary) -> Summary:
        # Counter's own `+` drops nothing here: no count is ever zero or below.
        return Summary(Counter(self.counts) + Counter(other.counts))

    def of(self, *start: str) -> dict[Key, int]:
        """The counts whose key starts so, by the rest of the key, largest first.

        >>> Summary({("error", "not-json"): 1, ("error", "bad-type"): 2}).of("error")
        {('bad-type',): 2, ('not-json',): 1}
        """
        size = len(start)
        found = ((key[size:], count) for key, count in self.counts.items() if key[:size] == start)
        return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))

    @property
    def cases(self) -> int:
        """Cases that were judged."""
        return sum(self.of("case").values())

    @property
    def bad(self) -> int:
        """Records that are no well-formed case."""
        return sum(self.of("error").values())

    @property
    def determinations(self) -> dict[str, int]:
        """Cases by determination, under whatever policy, most first."""
        found: Counter[str] = Counter()
        for (_, _, determination), count in self.of("case").items():
            found[determination] += count
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def to_json(self) -> list[list[Any]]:
        """The counts as plain JSON: for each the parts of its key and the number, in a fixed order."""
        return [[*key, count] for key, count in sorted(self.counts.items())]

    @classmethod
    def from_json(cls, rows: Iterable[list[Any]]) -> Self:
        """The summary that ``to_json`` wrote."""
        return cls({tuple(row[:-1]): row[-1] for row in rows})


class Tally:
    """Counts the records of one chunk."""

    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()
        # By identity, which is much cheaper than by value; each entry holds its outcome, so no id is given out anew.
        self._outcomes: dict[tuple[int, str, str], list[Any]] = {}

    def add(self, report: Report) -> None:
        """Count a report."""
        counts, under = self._counts, (report.policy_number, report.policy_version)
        counts["case", *under, report.determination] += 1
        if report.mixed:
            counts["mixed", *under] += 1
        for line in report.lines:
            counts["line", *under, line.determination] += 1
            for site in line.sites:
                entry = self._outcomes.setdefault((id(site.outcome), *under), [site.outcome, 0])
                entry[1] += 1
            for rule in line.reimbursement:
                counts["reimbursement", *under, rule] += 1
            for note in line.coding:
                counts["coding", note.check] += 1
        for note in report.diagnoses:
            counts["diagnoses", note.check] += 1
        for note in report.advisories:
            counts["advisories", note.check] += 1

    def add_error(self, code: str) -> None:
        """Count a record that is no well-formed case."""
        self._counts["error", code] += 1

    def summary(self) -> Summary:
        """What was counted."""
        counts = self._counts.copy()
        for (_, *under), (outcome, times) in self._outcomes.items():
            for key in _counted(outcome):
                counts[key[0], *under, *key[1:]] += times
        return Summary(counts)


def _counted(outcome: Outcome) -> Iterable[Key]:
    """The keys that a site with this outcome counts under, without the policy."""
    determination = outcome.determination
    yield "site", determination
    yield "decided", determination, *outcome.decided_by
    for criterion, value in outcome.criteria.items():
        if value in ("not-met", "undocumented"):
            yield value, criterion, determination
