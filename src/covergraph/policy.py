"""A policy: its criteria as a tree over leaf shapes, and the rules that read their values."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import NamedTuple

from covergraph.shapes import Shape
from covergraph.terms import cov
from covergraph.vocabulary import Vocabulary


class Provision(NamedTuple):
    """One thing that a shape judges: a statement, criterion, part or rule.

    ``id`` is its label in reports. A composite has an ``operator`` ("and", "or") over ``members``; a leaf has a
    ``shape``. ``asks`` are the concepts (IRIs) that the leaf's shape speaks of.
    """

    id: str
    iri: str
    kind: str
    parent: str | None
    ordinal: int
    label: str
    page: int | None
    question: str | None
    operator: str | None
    members: tuple[str, ...]
    shape: Shape | None
    asks: frozenset[str]
    applies_when: tuple[str, ...]
    unless_met: tuple[str, ...]
    check: str | None
    under_policy_only: bool


class Statement(NamedTuple):
    """What a coverage statement or scope rule decides, in the order of precedence.

    ``items`` are the ids reported as its reasons: its lettered members, or itself. ``on_silence`` and ``on_doubt`` say
    for each item of an exclusion whether it stops an approval (True) or is presumed absent (False).
    """

    id: str
    when_met: str
    when_undocumented: str | None
    when_not_met: str | None
    items: tuple[str, ...]
    stops_on_silence: frozenset[str]
    stops_on_doubt: frozenset[str]
    is_exclusion: bool


class _Read(NamedTuple):
    number: str
    version: date
    iri: str
    title: str
    vocabulary: Vocabulary
    provisions: dict[str, Provision]
    order: tuple[str, ...]
    statements: tuple[Statement, ...]
    scope_rules: tuple[Statement, ...]
    determinations: dict[str, int]
    approval: str
    pending: str
    code_list: frozenset[str]
    diagnosis_list: frozenset[str]


class Policy(_Read):
    """One version of a policy, ready to judge cases. ``order`` lists provisions so that what one needs comes first."""

    @cached_property
    def criteria(self) -> tuple[str, ...]:
        """Ids of statements and criteria, which every report lists, in policy order."""
        return self.of_kind("Statement", "Criterion")

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """Ids of the provisions of some kinds, in policy order."""
        if kinds not in self._by_kinds:
            found = [p for p in self.provisions.values() if p.kind in kinds]
            self._by_kinds[kinds] = tuple(p.id for p in sorted(found, key=lambda p: (p.ordinal, p.id)))
        return self._by_kinds[kinds]

    @cached_property
    def _by_kinds(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {}

    @cached_property
    def leaves(self) -> tuple[Provision, ...]:
        """Everything that a leaf shape judges at a site, in a fixed order: the order of leaf values."""
        return tuple(
            p for p in map(self.provisions.__getitem__, self.order) if p.shape and p.shape.target == cov("Site")
        )

    @cached_property
    def leaf_criteria(self) -> frozenset[str]:
        """Criteria with no criterion below them: what a reviewer can ask to be documented."""

        def has_criterion_below(id: str) -> bool:
            return any(
                self.provisions[m].kind == "Criterion" or has_criterion_below(m) for m in self.provisions[id].members
            )

        return frozenset(id for id in self.criteria if not has_criterion_below(id))

    @cached_property
    def asked_concepts(self) -> frozenset[str]:
        """IRIs of the concepts that any criterion or rule asks about."""
        return frozenset[str]().union(*(p.asks for p in self.provisions.values()))

    def leaves_below(self, id: str) -> Iterable[Provision]:
        """The leaves of a provision, itself included where it is one."""
        provision = self.provisions[id]
        if provision.shape:
            yield provision
        for member in provision.members:
            yield from self.leaves_below(member)
