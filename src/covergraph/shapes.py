"""Reading SHACL Core from the graph into frozen values that a compiler can take apart.

What is not understood is an error with its IRI: a constraint that is silently skipped is a wrong answer.
Spec: https://www.w3.org/TR/shacl/
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from covergraph import terms
from covergraph.errors import ContentError
from covergraph.workspace import Constant, Graph, Node, Term, constant, plain

SH = terms.SH
IGNORED = {terms.TYPE, SH + "targetClass", SH + "severity", SH + "message", SH + "name", SH + "description"}


@dataclass(frozen=True, slots=True)
class Step:
    """One predicate of a path, walked forwards or, ``inverse``, backwards."""

    predicate: str
    inverse: bool = False


Path = tuple[tuple[Step, ...], ...]
"""A property path: alternatives, each a sequence of steps."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a node must fulfil, or with a ``path`` what its values must. All demands hold together."""

    iri: str
    path: Path | None = None
    target: str | None = None
    severity: str = SH + "Violation"
    properties: tuple[Shape, ...] = ()
    nodes: tuple[Shape, ...] = ()
    all_of: tuple[tuple[Shape, ...], ...] = ()
    any_of: tuple[tuple[Shape, ...], ...] = ()
    has_value: tuple[Constant, ...] = ()
    within: tuple[Constant, ...] | None = None
    pattern: str | None = None
    bounds: tuple[tuple[str, Constant], ...] = ()
    min_count: int = 0
    max_count: int | None = None
    qualified: Shape | None = field(default=None)
    qualified_min: int = 0
    qualified_max: int | None = None

    @property
    def demands_of_values(self) -> bool:
        """Whether a value can fail the shape by itself, apart from how many values there are."""
        groups = (self.properties, self.nodes, self.all_of, self.any_of, self.bounds)
        return any(groups) or self.within is not None or self.pattern is not None

    def constants(self) -> set[str]:
        """Every IRI and text that the shape or a shape inside it compares with."""
        own = {c for c in (*self.has_value, *(self.within or ())) if isinstance(c, str)}
        return own.union(*(shape.constants() for shape in self._inner()))

    def patterns(self) -> set[str]:
        """Every regular expression of the shape or a shape inside it."""
        own = {self.pattern} if self.pattern is not None else set[str]()
        return own.union(*(shape.patterns() for shape in self._inner()))

    def _inner(self) -> list[Shape]:
        groups = (self.properties, self.nodes, *self.all_of, *self.any_of, (self.qualified,) if self.qualified else ())
        return [shape for group in groups for shape in group]


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
