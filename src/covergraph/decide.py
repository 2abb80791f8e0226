"""From leaf values to an outcome: the fold, precedence, what silence means, and what would have to be documented.

An outcome depends on nothing but the leaf values of a site, which of its leaves are in doubt, the scope rule that
holds and strictness.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property, reduce
from itertools import product
from operator import and_, or_
from typing import NamedTuple

from covergraph.folding import Fold
from covergraph.logic import TOKENS, Value
from covergraph.memo import Memo
from covergraph.model import Outcome
from covergraph.policy import Policy
from covergraph.reporttext import CriteriaText, outcome_text
from covergraph.vocabulary import closure

MET, UNDOCUMENTED, NOT_APPLICABLE = int(Value.MET), int(Value.UNDOCUMENTED), int(Value.NOT_APPLICABLE)

Ids = tuple[str, ...]
Sets = tuple[int, ...]
"""Sets of provisions to document, each as ``Fold.forceable`` has it."""


class _Exclusion(NamedTuple):
    """A lettered exclusion: its place among the values, and what stops an approval while it is undocumented."""

    id: str
    place: int
    stops_on_silence: bool
    stops_on_doubt: bool


class _Statement(NamedTuple):
    place: int
    when_met: str
    when_undocumented: str | None
    when_not_met: str | None
    id: str
    items: tuple[tuple[str, int], ...]


class Decider:
    """Decides sites under one policy; ``strict`` lets every undocumented exclusion stop an approval."""

    def __init__(self, policy: Policy, fold: Fold, strict: bool = False) -> None:
        self.policy = policy
        self.strict = strict
        self.fold = fold
        places = self.fold.places
        self._statements = tuple(
            _Statement(
                places[s.id], s.when_met, s.when_undocumented, s.when_not_met, s.id,
                tuple((i, places[i]) for i in s.items),
            )
            for s in policy.statements
        )  # fmt: skip
        self._exclusions = tuple(sorted(
            (_Exclusion(i, places[i], i in s.stops_on_silence, i in s.stops_on_doubt)
             for s in policy.statements if s.is_exclusion for i in s.items), key=lambda e: self._ordinal(e.id),
        ))  # fmt: skip
        items = dict.fromkeys(i for s in policy.statements for i in s.items)
        self._items = tuple((i, places[i]) for i in sorted(items, key=self._ordinal))
        self._documents = tuple((d, places[d]) for d in policy.of_kind("DocumentationRequirement"))
        self._criteria_text = CriteriaText(policy.criteria)
        self._to_document = Memo(self._what_to_document)

    def values(self, leaves: bytes, forced: int = 0) -> bytes:
        """Value of every provision, by ``Fold.places``."""
        return self.fold.values(leaves, forced)

    def outcome(self, leaves: bytes, doubts: frozenset[str], scope: str | None) -> Outcome:
        """The outcome of a site.

        ``doubts`` are ids of undocumented leaves on whose concepts findings conflict or could not be answered;
        ``scope`` is the scope rule that takes the line out of the policy.
        """
        values = self.fold.values(leaves, 0)
        if scope is not None:
            return self._out_of_scope(values, scope)
        stopping = self._stopping(values, doubts)
        determination, decided_by = self._determination(values, stopping)
        missing: tuple[Ids, ...] = ()
        needs_ruling_out = False
        if determination == self.policy.pending:
            missing, needs_ruling_out = self._to_document[
                bytes([leaves[place] for place in self._places]), doubts, stopping
            ]
        return self._outcome(
            determination, decided_by, values,
            holds=tuple([id for id, place in self._items if values[place] == MET]),
            presumed_absent=tuple(
                [e.id for e in self._exclusions if values[e.place] == UNDOCUMENTED and e.id not in stopping]
            ),
            missing=() if needs_ruling_out else missing,
            rule_out=stopping if needs_ruling_out else (),
            then=missing if needs_ruling_out else (),
            documents=tuple([(id, TOKENS[values[place]]) for id, place in self._documents]),
        )  # fmt: skip

    def _outcome(
        self, determination: str, decided_by: Ids, values: bytes, documents: tuple[tuple[str, str], ...],
        holds: Ids = (), presumed_absent: Ids = (), missing: tuple[Ids, ...] = (), rule_out: Ids = (),
        then: tuple[Ids, ...] = (),
    ) -> Outcome:  # fmt: skip
        ids = self.policy.criteria
        values = values[: len(ids)]
        criteria = self._criteria_text(values)
        text = outcome_text(determination, decided_by, holds, criteria, presumed_absent, missing, rule_out, then)
        return Outcome(
            determination, decided_by, holds, ids, values, text, presumed_absent, missing, rule_out, then, documents
        )

    def _out_of_scope(self, values: bytes, scope: str) -> Outcome:
        rule = next(r for r in self.policy.scope_rules if r.id == scope)
        provisions = self.policy.provisions
        conditional = {d for d, _ in self._documents if provisions[d].applies_when or provisions[d].unless_met}
        documents = tuple(
            (id, TOKENS[NOT_APPLICABLE if id in conditional else values[place]]) for id, place in self._documents
        )
        return self._outcome(rule.when_met, (scope,), bytes([NOT_APPLICABLE]) * len(values), documents)

    def _stopping(self, values: bytes, doubts: frozenset[str]) -> Ids:
        """The undocumented exclusions that stop an approval, in policy order."""
        return tuple([
            e.id for e in self._exclusions
            if values[e.place] == UNDOCUMENTED and (
                self.strict or e.stops_on_silence
                or (doubts and e.stops_on_doubt and not doubts.isdisjoint(self._open_leaves(e.id, values)))
            )
        ])  # fmt: skip

    def _open_leaves(self, id: str, values: bytes) -> Iterator[str]:
        """The undocumented leaves that leave a provision undocumented."""
        if values[self.fold.places[id]] == UNDOCUMENTED:
            provision = self.policy.provisions[id]
            if provision.operator is None:
                yield id
            for member in provision.members:
                yield from self._open_leaves(member, values)

    def _determination(self, values: bytes, stopping: Ids) -> tuple[str, Ids]:
        """The first statement that decides, then what stops an approval: open exclusions, else missing documents."""
        policy = self.policy
        for statement in self._statements:
            value = values[statement.place]
            if value == MET:
                if statement.when_met == policy.approval:
                    if stopping:
                        return policy.pending, stopping
                    if missing := self._missing_documents(values):
                        return policy.pending, self._in_order({policy.provisions[d].parent or d for d in missing})
                return statement.when_met, self._in_order(i for i, place in statement.items if values[place] == MET)
            if value == UNDOCUMENTED and statement.when_undocumented:
                return statement.when_undocumented, (statement.id,)
            if value != UNDOCUMENTED and statement.when_not_met:
                return statement.when_not_met, (statement.id,)
        return policy.pending, ()

    def _missing_documents(self, values: bytes) -> list[str]:
        return [id for id, place in self._documents if values[place] not in (MET, NOT_APPLICABLE)]

    # ---------- what would have to be documented ----------

    @cached_property
    def _watched(self) -> set[str]:
        """Provisions that a condition elsewhere looks at, or at something below them."""
        provisions = self.policy.provisions.values()
        watched = {c for p in provisions for c in (*p.applies_when, *p.unless_met)}
        return {id for id in self.policy.order if not watched.isdisjoint(self._members(id))}

    @cached_property
    def _places(self) -> list[int]:
        """Places of the leaves on which depends what would have to be documented, beside what stops now.

        Those below the documents and whatever statement does not just exclude, and those of every exclusion that these
        can change.
        """
        policy = self.policy
        more = [
            s.id for s in policy.statements if s.when_met == policy.approval or s.when_undocumented or s.when_not_met
        ]
        wanted = self._needed([*more, *(d for d, _ in self._documents)])
        linked = {e.id: needed for e in self._exclusions if not (needed := self._needed([e.id])).isdisjoint(wanted)}
        self._changeable = frozenset(linked)
        wanted = wanted.union(*linked.values())
        return [place for place, leaf in enumerate(policy.leaves) if leaf.id in wanted]

    def _needed(self, ids: Iterable[str]) -> set[str]:
        """Provisions on whose values some provisions depend, themselves included."""
        provisions = self.policy.provisions

        def needed(id: str) -> Ids:
            return (*provisions[id].members, *provisions[id].applies_when, *provisions[id].unless_met)

        return set(closure(ids, needed))

    def _members(self, id: str) -> frozenset[str]:
        """A provision and all below it."""
        return closure([id], lambda below: self.policy.provisions[below].members)

    def _what_to_document(self, given: tuple[bytes, frozenset[str], Ids]) -> tuple[tuple[Ids, ...], bool]:
        """The smallest sets to document, and whether exclusions that stop the site must be ruled out as well.

        Given are the leaf values that matter, in the order of ``_places``, doubts, and the exclusions that stop now.
        """
        values, doubts, stopping = given
        known = dict(zip(self._places, values, strict=True))
        # The others belong to exclusions that stay as they are: not met, or else the site would not be pending.
        leaves = bytes(known.get(place, int(Value.NOT_MET)) for place in range(len(self.policy.leaves)))
        ways = self._ways(leaves)
        # A set may itself settle what stops the site (an exception to an exclusion), so the stops are looked at anew.
        stays = not self._changeable.issuperset(stopping)
        direct = [] if stays else [w for w in ways if not self._stopping(self.fold.values(leaves, w), doubts)]
        needs_ruling_out = bool(stopping) and not direct
        sets = [self._ids(way) for way in _smallest(ways if needs_ruling_out else direct)]
        sets.sort(key=lambda ids: (len(ids), [self.policy.provisions[i].ordinal for i in ids]))
        return tuple(sets), needs_ruling_out

    def _ways(self, leaves: bytes) -> list[int]:
        """Sets of leaf criteria and documents that, all met, approve the site once no exclusion stops it."""
        bits = self.fold.forceable
        found = []
        values = self.fold.values(leaves, 0)
        for statement in self.policy.statements:
            if statement.when_met != self.policy.approval:
                continue
            for needed in self._routes(statement.id, leaves, values):
                documents = self._missing_documents(self.fold.values(leaves, needed))
                complete = needed | sum(bits[d] for d in documents)
                if self._determination(self.fold.values(leaves, complete), ())[0] == self.policy.approval:
                    found.append(complete)
        return found

    def _routes(self, id: str, leaves: bytes, values: bytes) -> Sets:
        """Sets of undocumented leaf criteria that would make a provision met, documented as met.

        Sets that hold a smaller one are dropped, but not where a condition elsewhere looks at what lies below: the
        smaller set may need a document that the larger one does not.
        """
        provisions, places = self.policy.provisions, self.fold.places
        provision = provisions[id]
        if id in self.policy.leaf_criteria or provision.operator is None:
            # A provision that does not apply now may come to apply with the set; its own value is then what counts.
            value = values[places[id]]
            if value == NOT_APPLICABLE:
                value = self._bare_value(id, leaves)
            return (0,) if value == MET else (self.fold.forceable[id],) if value == UNDOCUMENTED else ()
        if provision.operator == "or":
            found = [way for m in provision.members for way in self._routes(m, leaves, values)]
        else:
            conditional = [m for m in provision.members if provisions[m].applies_when or provisions[m].unless_met]
            fixed = [self._routes(m, leaves, values) for m in provision.members if m not in conditional]
            found = [reduce(or_, choice, 0) for choice in product(*fixed)]
            for member in conditional:
                further = self._routes(member, leaves, values)
                found = [
                    base | more
                    for base in found
                    for more in (further if self._applies(member, self.fold.values(leaves, base)) else (0,))
                ]
        return tuple(dict.fromkeys(found)) if id in self._watched else _smallest(found)

    def _applies(self, id: str, values: bytes) -> bool:
        """Whether the conditions on a provision itself hold."""
        provision, places = self.policy.provisions[id], self.fold.places
        return all(values[places[c]] == MET for c in provision.applies_when) and not any(
            values[places[c]] == MET for c in provision.unless_met
        )

    def _bare_value(self, id: str, leaves: bytes) -> int:
        """Value of a leaf criterion apart from the conditions on it."""
        provision = self.policy.provisions[id]
        if provision.operator is None:
            return leaves[next(place for place, leaf in enumerate(self.policy.leaves) if leaf.id == id)]
        combine = and_ if provision.operator == "and" else or_
        return reduce(combine, (self._bare_value(member, leaves) for member in provision.members))

    def _ids(self, way: int) -> Ids:
        return self._in_order(id for id, bit in self.fold.forceable.items() if way & bit)

    def _ordinal(self, id: str) -> tuple[int, str]:
        return (self.policy.provisions[id].ordinal if id in self.policy.provisions else 0, id)

    def _in_order(self, ids: Iterable[str]) -> Ids:
        return tuple(sorted(set(ids), key=self._ordinal))


def _smallest(sets: Iterable[int]) -> Sets:
    """The sets that hold no other one."""
    kept: list[int] = []
    for candidate in sorted(set(sets), key=lambda s: (s.bit_count(), s)):
        if not any(smaller & candidate == smaller for smaller in kept):
            kept.append(candidate)
    return tuple(kept)
