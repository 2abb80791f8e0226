"""SHACL Core shapes as frozen values that a compiler can take apart."""

from typing import TYPE_CHECKING, NamedTuple

from covergraph import terms

if TYPE_CHECKING:
    from covergraph.triples import Constant

SH = terms.SH


class Step(NamedTuple):
    """One predicate of a path, walked forwards or, ``inverse``, backwards."""

    predicate: str
    inverse: bool = False


Path = tuple[tuple[Step, ...], ...]
"""A property path: alternatives, each a sequence of steps."""


class Shape(NamedTuple):
    """What a node must fulfil, or with a ``path`` what its values must. All demands hold together."""

    iri: str
    path: Path | None = None
    target: str | None = None
    severity: str = SH + "Violation"
    properties: tuple["Shape", ...] = ()
    nodes: tuple["Shape", ...] = ()
    all_of: tuple[tuple["Shape", ...], ...] = ()
    any_of: tuple[tuple["Shape", ...], ...] = ()
    has_value: tuple["Constant", ...] = ()
    within: tuple["Constant", ...] | None = None
    pattern: str | None = None
    bounds: tuple[tuple[str, "Constant"], ...] = ()
    min_count: int = 0
    max_count: int | None = None
    qualified: "Shape | None" = None
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

    def _inner(self) -> list["Shape"]:
        groups = (self.properties, self.nodes, *self.all_of, *self.any_of, (self.qualified,) if self.qualified else ())
        return [shape for group in groups for shape in group]
