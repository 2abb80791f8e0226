"""The reference judge: pySHACL validates the same shapes on the same facts as triples.

One case at a time, its facts merged with the ontology into one graph; the value of each leaf is read off the report.
Slow (tens of milliseconds a case) and the oracle of the fast judge. pySHACL patches rdflib while it runs, so use it
from one thread only.
"""

from __future__ import annotations

from pyshacl import validate
from rdflib import Graph
from rdflib.namespace import SH

from covergraph.errors import ContentError
from covergraph.factgraph import fact_graph
from covergraph.facts import Facts
from covergraph.judged import LeafValues, Targeted, targeted
from covergraph.logic import Value, leaf
from covergraph.policy import Policy
from covergraph.rdflibgraph import rdflib_graph
from covergraph.terms import cov
from covergraph.workspace import Workspace


class PyshaclJudge:
    """Leaf values of a case by pySHACL."""

    def __init__(self, policy: Policy, workspace: Workspace) -> None:
        self._policy = policy
        self._leaf_of: dict[str, str] = {}
        for provision in policy.provisions.values():
            for part in provision.shape.properties if provision.shape else ():
                if part.iri in self._leaf_of:
                    raise ContentError("bad-leaf", part.iri, "A part of a leaf belongs to two leaves.")
                self._leaf_of[part.iri] = provision.id
        self._shapes = rdflib_graph(workspace, f"shapes/policies/{policy.number}/{policy.version.isoformat()}.ttl")
        self._ontology = rdflib_graph(workspace, "ontology/")

    def judge(self, facts: Facts) -> LeafValues:
        """Leaf values of every site, and which concurrent procedures each rule about them holds for."""
        failed = self._failed(facts)
        not_ruled_out = cov("NotRuledOut")
        has_other_half = {
            p.id: any(part.severity == not_ruled_out for part in p.shape.properties)
            for p in self._policy.provisions.values() if p.shape
        }  # fmt: skip

        def value(node: str, id: str) -> int:
            severities = failed.get((node, id), set())
            return leaf(
                shown=not severities - {not_ruled_out},
                ruled_out=not_ruled_out not in severities or not has_other_half[id],
            )

        names = fact_graph(facts).names
        return LeafValues(
            sites=tuple(bytes(value(names[id(s)], leaf.id) for leaf in self._policy.leaves) for s in facts.sites),
            procedures={
                rule.id: tuple(
                    i for i, p in enumerate(facts.case.procedures) if value(names[id(p)], rule.id) == Value.MET
                )
                for rule in targeted(self._policy, Targeted.PROCEDURE)
            },
        )

    def _failed(self, facts: Facts) -> dict[tuple[str, str], set[str]]:
        """Severities of the results for each focus node and leaf."""
        report = self.validation_report(facts)
        failed: dict[tuple[str, str], set[str]] = {}
        for result in report.subjects(SH.resultSeverity):
            focus, shape = report.value(result, SH.focusNode), report.value(result, SH.sourceShape)
            severity = str(report.value(result, SH.resultSeverity))
            failed.setdefault((str(focus), self._leaf_of[str(shape)]), set()).add(severity)
        return failed

    def validation_report(self, facts: Facts) -> Graph:
        """The ``sh:ValidationReport`` of a case's facts, as pySHACL gives it."""
        triples = fact_graph(facts).triples
        for triple in triples:
            self._ontology.add(triple)
        try:
            _, report, text = validate(self._ontology, shacl_graph=self._shapes, inplace=True, advanced=False)
        finally:
            for triple in triples:
                self._ontology.remove(triple)
        if not isinstance(report, Graph):
            raise ContentError("pyshacl", self._policy.iri, f"pySHACL could not judge: {text}")
        return report
