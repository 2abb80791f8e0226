"""Judged reports as N-Quads, for a store that holds many: each report is one named graph, called by the report's IRI.

The words are those of ``render.rdf``; left out is what can be had again from the case: its content and facts, the items
that bear on each criterion, pySHACL's validation report. The assertions of a report share one ``earl:TestResult`` per
outcome, so that a criterion costs three quads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property, lru_cache
from urllib.parse import quote

from covergraph.model import Outcome, Report
from covergraph.policy import Policy
from covergraph.render.view import touched_readings
from covergraph.terms import EARL, NOTATION, TYPE, case_iri, cov, local_name, site_iri
from covergraph.workspace import Workspace

OUTCOMES = {"met": "passed", "not-met": "failed", "undocumented": "cantTell", "not-applicable": "inapplicable"}
"""What EARL calls the value of a criterion."""

GRAPH, SITE = "\x00graph\x00", "\x00site\x00"
"""Where the IRIs of the report and of the site go in the quads of an outcome; no IRI has such a character."""


class ReportQuads:
    """Writes reports; what one outcome says at a site is written once and then only put in its place."""

    def __init__(self, policy_at: Callable[[str, date], Policy], workspace: Workspace) -> None:
        self._policy_at = policy_at
        self._workspace = workspace
        # As many as the judge remembers; hashing an outcome is cheap beside writing it down.
        self._of_outcome = lru_cache(maxsize=8192)(self._write_outcome)

    def quads(self, report: Report) -> bytes:
        """The lines of one report.

        The IRIs follow from the case's id: two cases of one id become one in a store.
        """
        case = case_iri(report.case)
        name = f"{case}/report/{quote(report.policy_number)}/{report.policy_version}"
        policy = self._policy_at(report.policy_number, date.fromisoformat(report.policy_version))
        graph, readings, values, sites = name.encode(), set[str](), set[str](), list[str]()
        written = []
        for place, line in enumerate(report.lines):
            for site in line.sites:
                level = policy.vocabulary.iri("level", site.level) if site.level else None
                iri = site_iri(case, line.id, level)
                lines, touched, used = self._of_outcome(policy.iri, policy.number, policy.version, site.outcome)
                written.append(lines.replace(SITE.encode(), iri.encode()).replace(GRAPH.encode(), graph))
                about = [(cov("inCase"), _iri(case)), (cov("onLine"), _iri(f"{case}/lines/{place}"))]
                about += [(cov("level"), _iri(level))] if level else []
                written.append("".join(_lines(iri, about, name)).encode())
                sites.append(iri)
                readings |= touched
                values |= used
        head = [
            *_lines(name, [
                (TYPE, _iri(cov("Report"))),
                (cov("ofCase"), _iri(case)),
                (cov("judgedUnder"), _iri(policy.iri)),
                (cov("determination"), _iri(self._determinations[report.determination])),
                *((cov("touches"), _iri(reading)) for reading in sorted(readings)),
                *((cov("hasSite"), _iri(site)) for site in sites),
            ], name),
            *_lines(case, [
                (TYPE, _iri(cov("Case"))),
                (cov("caseId"), _literal(report.case)),
                *((cov("line"), _iri(f"{case}/lines/{place}")) for place in range(len(report.lines))),
            ], name),
        ]  # fmt: skip
        for place, line in enumerate(report.lines):
            about = [
                (TYPE, _iri(cov("Line"))),
                (cov("lineId"), _literal(line.id)),
                (cov("determination"), _iri(self._determinations[line.determination])),
            ]
            head += _lines(f"{case}/lines/{place}", about, name)
        for value in sorted(values):
            about = [(TYPE, _iri(EARL + "TestResult")), (EARL + "outcome", _iri(EARL + OUTCOMES[value]))]
            head += _lines(f"{name}#{value}", about, name)
        return "".join(head).encode() + b"".join(written)

    def _write_outcome(
        self, base: str, number: str, version: date, outcome: Outcome
    ) -> tuple[bytes, frozenset[str], frozenset[str]]:
        """What an outcome says of a site, the readings that it rests on, and the values that its criteria have."""
        about = [(TYPE, _iri(cov("Site"))), (cov("determination"), _iri(self._determinations[outcome.determination]))]
        reasons = {"decidedBy": outcome.decided_by, "holds": outcome.holds, "presumedAbsent": outcome.presumed_absent}
        about += [(cov(predicate), _iri(f"{base}/{id}")) for predicate, ids in reasons.items() for id in ids]
        lines = list(_lines(SITE, about, GRAPH))
        policy = self._policy_at(number, version)
        for criterion, value in outcome.criteria.items():
            test = policy.provisions[criterion].iri
            assertion = [
                (EARL + "subject", _iri(SITE)),
                (EARL + "test", _iri(test)),
                (EARL + "result", _iri(f"{GRAPH}#{value}")),
            ]
            lines += _lines(f"{SITE}/{local_name(test)}", assertion, GRAPH)
        readings = touched_readings([outcome], policy, self._workspace.texts)
        values = frozenset(outcome.criteria.values())
        return "".join(lines).encode(), frozenset(reading.iri for reading in readings), values

    @cached_property
    def _determinations(self) -> dict[str, str]:
        graph = self._workspace.graph
        return {graph.value(iri, NOTATION) or "": iri for iri in graph.instances("Determination")}


def _lines(subject: str, about: Iterable[tuple[str, str]], graph: str) -> Iterator[str]:
    return (f"<{subject}> <{predicate}> {value} <{graph}> .\n" for predicate, value in about)


def _iri(iri: str) -> str:
    return f"<{iri}>"


def _literal(id: str) -> str:
    return f'"{id}"'  # the case schema lets ids have no character that would need an escape
