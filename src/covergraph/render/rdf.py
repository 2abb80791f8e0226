"""A report as RDF: the SHACL validation report, and one EARL assertion per criterion and site.

The graph holds the case in the case vocabulary, its sites and derived facts, the determinations, and what each
criterion came to: ``earl:passed`` met, ``earl:failed`` not met, ``earl:cantTell`` undocumented, ``earl:inapplicable``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal as OneOf
from urllib.parse import quote

from rdflib import BNode, Graph, Namespace, URIRef
from rdflib import Literal as RdfLiteral
from rdflib.namespace import PROV, RDF, RDFS
from rdflib.term import Node

from covergraph import terms
from covergraph.case import case_json
from covergraph.casegraph import case_quads
from covergraph.explain import evidence
from covergraph.factgraph import fact_graph
from covergraph.facts import Facts
from covergraph.judge_pyshacl import PyshaclJudge
from covergraph.model import Case, Report
from covergraph.policy import Policy
from covergraph.rdflibgraph import to_rdflib
from covergraph.render.view import touched_readings
from covergraph.terms import case_iri, cov
from covergraph.workspace import Workspace

EARL = Namespace(terms.EARL)
OUTCOMES = {
    "met": EARL.passed,
    "not-met": EARL.failed,
    "undocumented": EARL.cantTell,
    "not-applicable": EARL.inapplicable,
}


def report_graph(case: Case, report: Report, policy: Policy, facts: Facts, workspace: Workspace) -> Graph:
    """The report, the case and its facts, and pySHACL's own validation report, as one graph."""
    graph = Graph()
    for prefix, namespace in workspace.prefixes.items():
        graph.bind(prefix, namespace, override=True)
    iri = case_iri(case.id)
    for quad in case_quads(case_json(case), iri):
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    derived = fact_graph(facts)
    for triple in derived.triples:
        graph.add(triple)
    determinations = {
        workspace.graph.value(d, terms.NOTATION): URIRef(d) for d in workspace.graph.instances("Determination")
    }
    subject = URIRef(f"{iri}/report/{quote(policy.number)}/{policy.version.isoformat()}")
    readings = touched_readings((s.outcome for line in report.lines for s in line.sites), policy, workspace.texts)
    _describe(graph, subject, [
        (RDF.type, URIRef(cov("Report"))),
        (RDFS.label, RdfLiteral(f"Report on case {case.id} under policy {policy.number}", lang="en")),
        (URIRef(cov("ofCase")), URIRef(iri)),
        (URIRef(cov("judgedUnder")), URIRef(policy.iri)),
        (URIRef(cov("determination")), determinations[report.determination]),
        *((URIRef(cov("touches")), URIRef(reading.iri)) for reading in readings),
    ])  # fmt: skip
    places = iter(facts.sites)
    for line in report.lines:
        for site_report in line.sites:
            site = next(places)
            node, outcome = URIRef(derived.names[id(site)]), site_report.outcome
            line_node = URIRef(derived.names[id(site.line)])
            graph.add((subject, URIRef(cov("hasSite")), node))
            graph.add((line_node, URIRef(cov("determination")), determinations[line.determination]))
            graph.add((node, URIRef(cov("determination")), determinations[outcome.determination]))
            reasons = {
                "decidedBy": outcome.decided_by,
                "holds": outcome.holds,
                "presumedAbsent": outcome.presumed_absent,
            }
            for predicate, ids in reasons.items():
                _describe(graph, node, ((URIRef(cov(predicate)), URIRef(f"{policy.iri}/{i}")) for i in ids))
            for criterion, value in outcome.criteria.items():
                used = evidence(case, site, policy.provisions[criterion], policy)
                _assert(graph, node, policy.provisions[criterion].iri, value, [f"{iri}#{e.pointer}" for e in used])
    return graph + PyshaclJudge(policy, workspace).validation_report(facts)


def _assert(graph: Graph, site: URIRef, criterion: str, value: str, used: list[str]) -> None:
    """What a criterion came to at a site, and the items of the case that bear on it."""
    assertion, result = URIRef(f"{site}/{terms.local_name(criterion)}"), BNode()
    _describe(graph, assertion, [
        (RDF.type, EARL.Assertion), (EARL.subject, site), (EARL.test, URIRef(criterion)), (EARL.result, result),
        *((PROV.used, URIRef(iri)) for iri in used),
    ])  # fmt: skip
    _describe(graph, result, [(RDF.type, EARL.TestResult), (EARL.outcome, OUTCOMES[value])])


def _describe(graph: Graph, subject: Node, pairs: Iterable[tuple[Node, Node]]) -> None:
    for predicate, value in pairs:
        graph.add((subject, predicate, value))


def render_rdf(graph: Graph, format: OneOf["turtle", "jsonld"]) -> str:
    """A report graph as Turtle or JSON-LD."""
    return graph.serialize(format={"turtle": "turtle", "jsonld": "json-ld"}[format])
