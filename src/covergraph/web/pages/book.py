"""Policies as a book to read: which there are, and the tree of one version with what hangs on each clause."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from covergraph import terms
from covergraph.policy import Policy
from covergraph.policyreader import read_policy
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.web.pages.links import Link, link, links
from covergraph.workspace import Workspace

JOINTS = {"and": "all of", "or": "any one of"}
"""What an operator asks of its members, in words."""

CODES = ("ProcedureCode", "DiagnosisCode")
PRODUCTS = ("Device", "Cement", "Clearance", "ProductCategory")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy in the list of policies; dates as they are written in the content."""

    link: Link
    effective: str
    next_review: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A policy in the list of policies; without versions it is only named by another."""

    link: Link
    number: str
    text: str
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A clause in the tree, with what hangs on it; ``joint`` says how many of its children are needed."""

    link: Link
    text: str
    page: str
    joint: str
    outcome: Link | None
    readings: int
    codes: tuple[Link, ...]
    products: tuple[Link, ...]
    children: tuple[Entry, ...]


@lru_cache(maxsize=64)
def policy_at(workspace: Workspace, iri: str) -> Policy:
    """A policy version, read once."""
    return read_policy(workspace, iri)


def summaries(graph: Graph) -> tuple[Summary, ...]:
    """Every policy of the content, those with a version of their own first; newest versions first."""
    found = []
    for iri in graph.instances("Policy"):
        versions = [
            Version(link(graph, v), graph.value(v, cov("effectiveFrom")) or "", graph.value(v, cov("nextReview")) or "")
            for v in graph.subjects(cov("versionOf"), iri)
        ]
        versions.sort(key=lambda v: v.effective, reverse=True)
        text = graph.value(iri, terms.DEFINITION) or ""
        found.append(Summary(link(graph, iri), graph.value(iri, cov("policyNumber")) or "", text, tuple(versions)))
    return tuple(sorted(found, key=lambda s: (not s.versions, s.number)))


def tree(policy: Policy, graph: Graph) -> tuple[Entry, ...]:
    """The clauses of a version in print order: composites hold what their logic asks for, sections what is in them."""
    return tuple(_entry(iri, policy, graph) for iri in inside(policy.iri, graph))


def advisories(policy: Policy, graph: Graph) -> tuple[Entry, ...]:
    """The rules that only add a remark, which are part of no clause."""
    iris = [policy.provisions[id].iri for id in policy.of_kind("AdvisoryRule")]
    return tuple(_entry(iri, policy, graph) for iri in iris)


def inside(iri: str, graph: Graph) -> list[str]:
    """Labelled clauses right inside another, in print order."""
    found = [i for i in graph.subjects(cov("directPartOf"), iri) if graph.value(i, cov("sectionLabel")) is not None]
    return sorted(found, key=lambda i: graph.number(i, cov("ordinal")) or 0)


def _entry(iri: str, policy: Policy, graph: Graph, is_elsewhere: bool = False) -> Entry:
    """A clause with what its logic asks for; a member that is printed elsewhere is named but not opened here."""
    id = iri.removeprefix(policy.iri + "/")
    provision = policy.provisions.get(id)
    members = [policy.provisions[m].iri for m in provision.members] if provision else []
    children = [] if is_elsewhere else members or inside(iri, graph)
    page = graph.value(iri, cov("page"))
    outcome = graph.value(iri, cov("whenMet"))
    asked = constants(policy, id, own=True)
    return Entry(
        link=link(graph, iri),
        text=text(graph, iri),
        page=page or "",
        joint=JOINTS[provision.operator] if provision and provision.operator and len(provision.members) > 1 else "",
        outcome=link(graph, outcome) if outcome else None,
        readings=len(of_class(graph, graph.subjects(cov("concerns"), iri), "Reading")),
        codes=codes(policy, id, graph, own=True),
        products=links(graph, of_class(graph, asked, *PRODUCTS)),
        children=tuple(_entry(child, policy, graph, not is_below(child, iri, graph)) for child in children),
    )


def above(iri: str, graph: Graph) -> list[str]:
    """What a clause stands in, outermost first: its policy version, then clauses."""
    found: list[str] = []
    while parent := graph.value(iri, cov("directPartOf")):
        found.insert(0, parent)
        iri = parent
    return found


def is_below(iri: str, other: str, graph: Graph) -> bool:
    """Whether a clause stands inside another one; a part of a clause counts as that clause."""
    is_part = cov("CriterionPart") in graph.values(other, terms.TYPE)
    return other in above(iri, graph) or (is_part and graph.value(other, cov("directPartOf")) in above(iri, graph))


def kind(graph: Graph, iri: str) -> str:
    """The label of the core class that says what a thing is, of several the one without a subclass among them."""
    classes = [c for c in graph.values(iri, terms.TYPE) if c.startswith(terms.BASE)]
    above = {upper for c in classes for upper in graph.values(c, terms.SUBCLASS_OF)}
    narrow = [c for c in classes if c not in above]
    return graph.value(narrow[0], terms.LABEL) or terms.local_name(narrow[0]) if narrow else ""


def text(graph: Graph, iri: str) -> str:
    """What a thing says or means, in our own words."""
    return graph.value(iri, cov("paraphrase")) or graph.value(iri, terms.DEFINITION) or ""


def constants(policy: Policy, id: str, *, own: bool = False) -> list[str]:
    """IRIs and texts that the leaf shapes of a provision compare with; ``own``: of itself only, not of those below."""
    provision = policy.provisions.get(id)
    if provision is None or (own and not provision.shape):
        return []
    return sorted({c for leaf in policy.leaves_below(id) if leaf.shape for c in leaf.shape.constants()})


def codes(policy: Policy, id: str, graph: Graph, *, own: bool = False) -> tuple[Link, ...]:
    """Codes that a provision looks at itself: those it names, and those the policy lists that fit its patterns."""
    provision = policy.provisions.get(id)
    if provision is None or (own and not provision.shape):
        return ()
    patterns = [p for leaf in policy.leaves_below(id) if leaf.shape for p in leaf.shape.patterns()]
    listed = policy.code_list | policy.diagnosis_list
    fitting = {code for code in listed if any(re.search(p, code) for p in patterns)} if patterns else set()
    known = [i for i in graph.instances(*CODES) if graph.value(i, terms.NOTATION) in fitting] if fitting else []
    return links(graph, [*of_class(graph, constants(policy, id, own=own), *CODES), *known])


def of_class(graph: Graph, iris: list[str], *classes: str) -> list[str]:
    """Those things that are of one of some core classes."""
    wanted = {cov(c) for c in classes}
    return [iri for iri in iris if ":" in iri and " " not in iri and wanted & set(graph.values(iri, terms.TYPE))]
