"""Reading SHACL Core from the graph.

What is not understood is an error with its IRI: a constraint that is silently skipped is a wrong answer.
Spec: https://www.w3.org/TR/shacl/
"""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode

from covergraph import terms
from covergraph.errors import ContentError
from covergraph.shapes import SH, Path, Shape, Step
from covergraph.triples import Graph, Node, Term, constant, plain

IGNORED = {terms.TYPE, SH + "targetClass", SH + "severity", SH + "message", SH + "name", SH + "description"}
COMPARISONS = {
    SH + "minInclusive": ">=", SH + "minExclusive": ">", SH + "maxInclusive": "<=", SH + "maxExclusive": "<",
}  # fmt: skip


def read_shape(graph: Graph, node: Node) -> Shape:
    """The shape at a node of the graph; raises ContentError for anything outside the SHACL Core that we use."""
    where = node.value
    found: dict[str, list[Term]] = {}
    for quad in graph.store.quads_for_pattern(node, None, None, None):
        members = found.setdefault(quad.predicate.value, [])
        if (term := plain(quad.object)) not in members:
            members.append(term)
    shacl = {p: found[p] for p in sorted(found) if p.startswith(SH)}
    if not shacl:
        raise ContentError("missing-shape", where, "A shape is named but not defined.", "Define it, or mend the name.")

    def inner(term: Term) -> Shape:
        if isinstance(term, Literal):
            raise ContentError("bad-shape", where, f"{term} is no shape.")
        return read_shape(graph, term)

    def one(predicate: str) -> Term | None:
        values = shacl.pop(SH + predicate, [])
        if len(values) > 1:
            raise ContentError("bad-shape", where, f"It has {len(values)} values of sh:{predicate}.", "Give one.")
        return values[0] if values else None

    def lists(predicate: str) -> tuple[tuple[Shape, ...], ...]:
        return tuple(tuple(inner(t) for t in graph.items(head)) for head in shacl.pop(SH + predicate, []))

    def count(predicate: str) -> int | None:
        term = one(predicate)
        return None if term is None else int(term.value)

    path, within, qualified, pattern = one("path"), one("in"), one("qualifiedValueShape"), one("pattern")
    target, severity = one("targetClass"), one("severity")
    shape = Shape(
        iri=where,
        path=None if path is None else read_path(graph, path, where),
        target=None if target is None else target.value,
        severity=SH + "Violation" if severity is None else severity.value,
        properties=tuple(inner(t) for t in sorted(shacl.pop(SH + "property", []), key=str)),
        nodes=tuple(inner(t) for t in sorted(shacl.pop(SH + "node", []), key=str)),
        all_of=lists("and"),
        any_of=lists("or"),
        has_value=tuple(constant(t) for t in sorted(shacl.pop(SH + "hasValue", []), key=str)),
        within=None if within is None else tuple(constant(t) for t in graph.items(within)),
        pattern=None if pattern is None else pattern.value,
        bounds=tuple((sign, constant(t)) for p, sign in COMPARISONS.items() for t in shacl.pop(p, [])),
        min_count=count("minCount") or 0,
        max_count=count("maxCount"),
        qualified=None if qualified is None else inner(qualified),
        qualified_min=count("qualifiedMinCount") or 0,
        qualified_max=count("qualifiedMaxCount"),
    )
    unknown = [p for p in shacl if p not in IGNORED]
    if unknown:
        raise ContentError("unknown-constraint", where, f"{', '.join(unknown)} is not understood.", "Mend its name.")
    return shape


def read_path(graph: Graph, node: Term, where: str) -> Path:
    """A path of predicates, inverses, sequences and one level of alternatives; anything else is a ContentError."""
    if isinstance(node, NamedNode) and node.value != terms.NIL:
        return ((Step(node.value),),)
    if isinstance(node, Literal):
        raise ContentError("bad-path", where, f"{node} is no path.")
    if graph.term(node, terms.FIRST) is not None:
        sequences: Path = ((),)
        for member in graph.items(node):
            sequences = tuple((*a, *b) for a in sequences for b in read_path(graph, member, where))
        return sequences
    if (inverse := graph.term(node, SH + "inversePath")) is not None and isinstance(inverse, NamedNode):
        return ((Step(inverse.value, inverse=True),),)
    if (alternatives := graph.term(node, SH + "alternativePath")) is not None:
        return tuple(s for member in graph.items(alternatives) for s in read_path(graph, member, where))
    raise ContentError(
        "bad-path", where, "Its path is of a kind that is not supported.", "Use sequences and alternatives."
    )
