"""From the graph to a policy.

Nothing here or elsewhere in the program knows a policy: precedence, outcomes, what silence means, exceptions and
texts are all read from the graph.
"""

from __future__ import annotations

from datetime import date

from pyoxigraph import NamedNode

from covergraph import terms
from covergraph.errors import ContentError
from covergraph.facts import TARGETS
from covergraph.policy import Policy, Provision, Statement
from covergraph.shapereader import read_shape
from covergraph.shapes import SH
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.vocabulary import read_vocabulary
from covergraph.workspace import Workspace

KINDS = (
    "Statement", "Criterion", "CriterionPart", "ScopeRule", "DocumentationRequirement", "ReimbursementRule",
    "AdvisoryRule",
)  # fmt: skip
"""Classes of what is judged by a shape."""


def read_policy(workspace: Workspace, iri: str) -> Policy:
    """The policy version at an IRI; raises ContentError naming what in it cannot be judged."""
    graph = workspace.graph
    base = iri + "/"
    provisions = {}
    concepts = frozenset(graph.instances("ClinicalConcept"))
    for kind in KINDS:
        for found in graph.subjects(terms.TYPE, cov(kind)):
            id = found.removeprefix(base)
            if found.startswith(base) and "/" not in id:
                provisions[id] = _provision(graph, found, id, kind, base, concepts)
    for provision in provisions.values():
        unknown = {*provision.members, *provision.applies_when, *provision.unless_met} - provisions.keys()
        if unknown:
            raise ContentError(
                "missing-shape", provision.iri, f"It names {', '.join(sorted(unknown))}, which is not there."
            )
    policy = graph.value(iri, cov("versionOf")) or ""
    domain = graph.value(policy, cov("inDomain"))
    if domain is None:
        raise ContentError("no-domain", policy, "The policy is in no domain.", "Give it cov:inDomain.")
    determinations = {
        token: graph.number(d, cov("restrictiveness")) or 0
        for d in graph.instances("Determination") if (token := graph.value(d, terms.NOTATION))
    }  # fmt: skip
    ranked = sorted((rank, token) for token, rank in determinations.items() if rank)
    return Policy(
        number=graph.value(policy, cov("policyNumber")) or "",
        version=date.fromisoformat(graph.value(iri, cov("effectiveFrom")) or ""),
        iri=iri,
        title=graph.value(policy, terms.LABEL) or "",
        vocabulary=read_vocabulary(graph, domain),
        provisions=provisions,
        order=_dependency_order(provisions),
        statements=_decisions(graph, provisions, "Statement"),
        scope_rules=_decisions(graph, provisions, "ScopeRule"),
        determinations=determinations,
        approval=ranked[0][1],
        pending=ranked[1][1],
        code_list=frozenset(
            t for listed in graph.values(iri, cov("lists")) if (t := graph.value(listed, terms.NOTATION))
        ),
        diagnosis_list=frozenset(
            t for listed in graph.values(iri, cov("lists")) for code in graph.values(listed, cov("expandsTo"))
            if (t := graph.value(code, terms.NOTATION))
        ),
    )  # fmt: skip


def _provision(graph: Graph, iri: str, id: str, kind: str, base: str, concepts: frozenset[str]) -> Provision:
    node = NamedNode(iri)

    def ids(predicate: str) -> tuple[str, ...]:
        return tuple(value.removeprefix(base) for value in graph.values(iri, cov(predicate)))

    lists = [(op, head) for op in ("and", "or") for head in graph.terms(iri, SH + op)]
    if len(lists) > 1 or (lists and graph.terms(iri, SH + "property")):
        raise ContentError("bad-composite", iri, "A criterion is one sh:and, one sh:or, or a leaf.", "Split it.")
    shape = None if lists else read_shape(graph, node)
    if shape is not None and shape.target not in TARGETS:
        raise ContentError("bad-leaf", iri, "It has no sh:targetClass cov:Site (or cov:ConcurrentProcedure).")
    parent = graph.value(iri, cov("directPartOf"))
    return Provision(
        id=id,
        iri=iri,
        kind=kind,
        parent=parent.removeprefix(base) if parent and parent.startswith(base) else None,
        ordinal=graph.number(iri, cov("ordinal")) or 0,
        label=graph.value(iri, terms.LABEL) or id,
        page=graph.number(iri, cov("page")),
        question=graph.value(iri, cov("question")),
        operator=lists[0][0] if lists else None,
        members=tuple(t.value.removeprefix(base) for t in graph.items(lists[0][1])) if lists else (),
        shape=shape,
        asks=frozenset() if shape is None else frozenset(shape.constants() & concepts),
        applies_when=ids("appliesWhen"),
        unless_met=ids("unlessMet"),
        check=graph.value(iri, terms.NOTATION),
        under_policy_only=graph.value(iri, cov("forLinesUnderPolicy")) == "true",
    )


def _dependency_order(provisions: dict[str, Provision]) -> tuple[str, ...]:
    order: dict[str, None] = {}
    open_ids: set[str] = set()

    def visit(id: str) -> None:
        if id in order:
            return
        if id in open_ids:
            raise ContentError("cycle", provisions[id].iri, "Its value depends on itself.", "Break the cycle.")
        open_ids.add(id)
        needed = provisions[id]
        for other in (*needed.members, *needed.applies_when, *needed.unless_met):
            visit(other)
        order[id] = None

    for id in sorted(provisions):
        visit(id)
    return tuple(order)


def _decisions(graph: Graph, provisions: dict[str, Provision], kind: str) -> tuple[Statement, ...]:
    found = []
    for provision in provisions.values():
        if provision.kind != kind:
            continue
        items = provision.members if kind == "Statement" and provision.members else (provision.id,)

        def rule(item: str, predicate: str, statement: str = provision.iri) -> str | None:
            return graph.value(provisions[item].iri, cov(predicate)) or graph.value(statement, cov(predicate))

        def outcome(predicate: str, statement: str = provision.iri) -> str | None:
            determination = graph.value(statement, cov(predicate))
            return determination and graph.value(determination, terms.NOTATION)

        when_met = outcome("whenMet")
        precedence = graph.number(provision.iri, cov("precedence"))
        if when_met is None or precedence is None:
            raise ContentError("bad-statement", provision.iri, "It lacks cov:whenMet or cov:precedence.")
        statement = Statement(
            id=provision.id,
            when_met=when_met,
            when_undocumented=outcome("whenUndocumented"),
            when_not_met=outcome("whenNotMet"),
            items=items,
            stops_on_silence=frozenset(i for i in items if rule(i, "onSilence") == cov("StopsApproval")),
            stops_on_doubt=frozenset(i for i in items if rule(i, "onDoubt") == cov("StopsApproval")),
            is_exclusion=any(rule(i, "onSilence") for i in items),
        )
        found.append((precedence, statement))
    return tuple(statement for _, statement in sorted(found, key=lambda pair: pair[0]))
