"""What would have to be documented: the smallest sets of leaf criteria and documents that would approve a site.

A set is found by walking from the approving statements down to undocumented leaf criteria, and proved by folding anew
with its members met.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import product
from operator import and_, or_

from covergraph.memo import Memo
from covergraph.rules import MET, NOT_APPLICABLE, UNDOCUMENTED, Ids, Rules
from covergraph.vocabulary import closure

Sets = tuple[int, ...]
"""Sets of provisions to document, each as ``Fold.forceable`` has it."""


class Missing:
    """Finds what is missing under the rules of one policy; what was found is remembered by what it depends on."""

    def __init__(self, rules: Rules) -> None:
        self.policy = policy = rules.policy
        self.fold = rules.fold
        self.rules = rules
        places = self.fold.places
        self._ids: Memo[int, Ids] = Memo(
            lambda way: rules.in_order(id for id, bit in self.fold.forceable.items() if way & bit)
        )
        self._found = Memo(self._find)
        self._places = self._what_matters()
        # Where no condition stands at or below a provision, its routes follow from the values there alone.
        self._plain = {
            id: [places[b] for b in sorted(self._members(id)) if b in places]
            for id in policy.order if id in places and not any(
                policy.provisions[b].applies_when or policy.provisions[b].unless_met for b in self._members(id)
            )
        }  # fmt: skip
        self._plain_routes: Memo[tuple[str, bytes], Sets] = Memo(self._routes_of_plain)
        watched = {c for p in policy.provisions.values() for c in (*p.applies_when, *p.unless_met)}
        self._watched = {id for id in policy.order if not watched.isdisjoint(self._members(id))}

    def sets(self, leaves: bytes, doubts: frozenset[str], stopping: Ids) -> tuple[tuple[Ids, ...], bool]:
        """The smallest sets to document at a pending site, and whether what stops it must be ruled out as well.

        ``doubts`` are as in ``Decider.outcome``, ``stopping`` the exclusions that stop the site now.
        """
        return self._found[bytes([leaves[place] for place in self._places]), doubts, stopping]

    def _what_matters(self) -> list[int]:
        """Places of the leaves on which depends what would have to be documented, beside what stops now.

        Those below the documents and whatever statement does not just exclude, and those of every exclusion that these
        can change.
        """
        policy = self.policy
        more = [
            s.id for s in policy.statements if s.when_met == policy.approval or s.when_undocumented or s.when_not_met
        ]
        wanted = self._needed([*more, *(d for d, _ in self.rules.documents)])
        linked = {
            e.id: needed for e in self.rules.exclusions if not (needed := self._needed([e.id])).isdisjoint(wanted)
        }
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

    def _find(self, given: tuple[bytes, frozenset[str], Ids]) -> tuple[tuple[Ids, ...], bool]:
        """Find these sets.

        Given are the leaf values that matter, in the order of ``_places``, doubts, and the exclusions that stop now.
        """
        values, doubts, stopping = given
        # The others belong to exclusions that stay as they are: not met, or else the site would not be pending.
        known = bytearray(len(self.policy.leaves))
        for place, value in zip(self._places, values, strict=True):
            known[place] = value
        ways = self._ways(bytes(known))
        # A set may itself settle what stops the site (an exception to an exclusion), so the stops are looked at anew.
        stays = not self._changeable.issuperset(stopping)
        direct = [] if stays else [way for way, then in ways if not self.rules.stopping(then, doubts)]
        needs_ruling_out = bool(stopping) and not direct
        smallest = _smallest([way for way, _ in ways] if needs_ruling_out else direct)
        sets = [self._ids[way] for way in smallest]
        sets.sort(key=lambda ids: (len(ids), [self.policy.provisions[i].ordinal for i in ids]))
        return tuple(sets), needs_ruling_out

    def _ways(self, leaves: bytes) -> list[tuple[int, bytes]]:
        """Sets of leaf criteria and documents that, all met, approve the site once no exclusion stops it.

        Each with the values that it leads to.
        """
        bits = self.fold.forceable
        found = []
        values = self.fold.values(leaves, 0)
        for statement in self.policy.statements:
            if statement.when_met != self.policy.approval:
                continue
            for way in self._routes(statement.id, leaves, values):
                then = self.fold.values(leaves, way)
                if documents := self.rules.missing_documents(then):
                    way |= sum(bits[d] for d in documents)
                    then = self.fold.values(leaves, way)
                if self.rules.determination(then, ())[0] == self.policy.approval:
                    found.append((way, then))
        return found

    def _routes(self, id: str, leaves: bytes, values: bytes) -> Sets:
        """Sets of undocumented leaf criteria that would make a provision met, documented as met.

        Sets that hold a smaller one are dropped, but not where a condition elsewhere looks at what lies below: the
        smaller set may need a document that the larger one does not.
        """
        if id in self._plain:
            return self._plain_routes[id, bytes([values[place] for place in self._plain[id]])]
        return self._find_routes(id, leaves, values)

    def _find_routes(self, id: str, leaves: bytes, values: bytes) -> Sets:
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

    def _routes_of_plain(self, given: tuple[str, bytes]) -> Sets:
        id, found = given
        values = bytearray(len(self.fold.places))
        for place, value in zip(self._plain[id], found, strict=True):
            values[place] = value
        return self._find_routes(id, b"", bytes(values))

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


def _smallest(sets: Iterable[int]) -> Sets:
    """The sets that hold no other one."""
    kept: list[int] = []
    for candidate in sorted(set(sets), key=lambda s: (s.bit_count(), s)):
        if not any(smaller & candidate == smaller for smaller in kept):
            kept.append(candidate)
    return tuple(kept)
