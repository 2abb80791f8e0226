"""The rules that read the values of a site: precedence, what silence means, which documents an approval needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from covergraph.folding import Fold
from covergraph.logic import Value
from covergraph.policy import Policy

MET, UNDOCUMENTED, NOT_APPLICABLE = int(Value.MET), int(Value.UNDOCUMENTED), int(Value.NOT_APPLICABLE)

Ids = tuple[str, ...]


class Exclusion(NamedTuple):
    """A lettered exclusion: its place among the values, and what stops an approval while it is undocumented."""

    id: str
    place: int
    stops_on_silence: bool
    stops_on_doubt: bool


class RankedStatement(NamedTuple):
    """A statement with its place among the values and those of its items."""

    place: int
    when_met: str
    when_undocumented: str | None
    when_not_met: str | None
    id: str
    items: tuple[tuple[str, int], ...]


class Rules:
    """The rules of one policy over the values of ``fold``; ``strict`` lets every undocumented exclusion stop."""

    def __init__(self, policy: Policy, fold: Fold, strict: bool = False) -> None:
        self.policy = policy
        self.fold = fold
        self.strict = strict
        places = fold.places
        self.statements = tuple(
            RankedStatement(
                places[s.id], s.when_met, s.when_undocumented, s.when_not_met, s.id,
                tuple((i, places[i]) for i in s.items),
            )
            for s in policy.statements
        )  # fmt: skip
        exclusions = [
            Exclusion(i, places[i], i in s.stops_on_silence, i in s.stops_on_doubt)
            for s in policy.statements if s.is_exclusion for i in s.items
        ]  # fmt: skip
        self.exclusions = tuple(sorted(exclusions, key=lambda exclusion: self._ordinal(exclusion.id)))
        self.documents = tuple((d, places[d]) for d in policy.of_kind("DocumentationRequirement"))

    def stopping(self, values: bytes, doubts: frozenset[str]) -> Ids:
        """The undocumented exclusions that stop an approval, in policy order."""
        return tuple([
            e.id for e in self.exclusions
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

    def determination(self, values: bytes, stopping: Ids) -> tuple[str, Ids]:
        """The first statement that decides, then what stops an approval: open exclusions, else missing documents."""
        policy = self.policy
        for statement in self.statements:
            value = values[statement.place]
            if value == MET:
                if statement.when_met == policy.approval:
                    if stopping:
                        return policy.pending, stopping
                    if missing := self.missing_documents(values):
                        return policy.pending, self.in_order({policy.provisions[d].parent or d for d in missing})
                return statement.when_met, self.in_order(i for i, place in statement.items if values[place] == MET)
            if value == UNDOCUMENTED and statement.when_undocumented:
                return statement.when_undocumented, (statement.id,)
            if value != UNDOCUMENTED and statement.when_not_met:
                return statement.when_not_met, (statement.id,)
        return policy.pending, ()

    def missing_documents(self, values: bytes) -> list[str]:
        """The documents that an approval still needs."""
        return [id for id, place in self.documents if values[place] not in (MET, NOT_APPLICABLE)]

    def _ordinal(self, id: str) -> tuple[int, str]:
        return (self.policy.provisions[id].ordinal if id in self.policy.provisions else 0, id)

    def in_order(self, ids: Iterable[str]) -> Ids:
        """Ids in policy order, each once."""
        return tuple(sorted(set(ids), key=self._ordinal))
