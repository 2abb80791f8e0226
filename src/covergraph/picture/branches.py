"""The criteria of a site as a tree with nothing left out: every criterion with its value and what that means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from covergraph.model import Outcome
from covergraph.picture.marks import Meaning, meaning
from covergraph.policy import Policy, Statement
from covergraph.render.sentences import WORDS
from covergraph.render.tree import value_of

GATES = {"and": "all of", "or": "any of"}


@dataclass(frozen=True, slots=True)
class Branch:
    """One criterion, or a gate between criteria that has no name of its own (``id`` is empty).

    ``value`` is empty for a gate whose value depends on more than criteria. ``gate`` says how many of the members are
    needed, where there are several. ``decides``: the determination rests on
    it. ``aside``: its value decided nothing.
    """

    id: str
    label: str
    value: str
    says: Meaning
    gate: str = ""
    decides: bool = False
    aside: bool = False
    note: str = ""
    members: tuple[Branch, ...] = ()

    @property
    def words(self) -> str:
        """The value in words, with what is to be said of it."""
        return ", ".join(filter(None, [self.value, self.note, "decides" if self.decides else ""]))

    def all(self) -> Iterator[Branch]:
        """The criteria from here down, gates left out."""
        if self.id:
            yield self
        for member in self.members:
            yield from member.all()


def branches(policy: Policy, outcome: Outcome) -> tuple[Branch, ...]:
    """The statements of a policy in print order; where a scope rule takes the line out of it, that rule alone."""
    scope = next((r.id for r in policy.scope_rules if r.id in outcome.decided_by), None)
    if scope is not None:
        return (Branch(scope, policy.provisions[scope].label, WORDS["met"], "neutral", decides=True),)
    by_id = {s.id: s for s in policy.statements}
    return tuple(_statement(policy, outcome, by_id[id]) for id in policy.of_kind("Statement"))


def _statement(policy: Policy, outcome: Outcome, statement: Statement) -> Branch:
    top = _branch(policy, outcome, statement.id, statement.is_exclusion, False)
    if not statement.is_exclusion:
        return top
    telling = {i for i in statement.items if outcome.criteria[i] == "met" or i in outcome.rule_out}
    if not telling:
        return replace(top, aside=True, members=tuple(replace(m, aside=True) for m in top.members))
    return replace(top, members=tuple(replace(m, aside=m.id not in telling) for m in top.members))


def _branch(policy: Policy, outcome: Outcome, id: str, is_exclusion: bool, aside: bool) -> Branch:
    provision, value = policy.provisions[id], value_of(policy, outcome, id)
    members = []
    for member in provision.members:
        if policy.provisions[member].kind == "CriterionPart" and not _has_criteria(policy, member):
            continue
        other = provision.operator == "or" and value_of(policy, outcome, member) not in (value, None)
        members.append(_branch(policy, outcome, member, is_exclusion, aside or other))
    word, is_gate = WORDS[value] if value else "", provision.kind == "CriterionPart"
    return Branch(
        id="" if is_gate else id,
        label="" if is_gate else provision.label,
        value=word,
        says=meaning(word, is_exclusion),
        gate=GATES[provision.operator] if provision.operator and len(members) > 1 else "",
        decides=id in outcome.decided_by,
        aside=aside,
        note="presumed absent" if id in outcome.presumed_absent else "",
        members=tuple(members),
    )


def _has_criteria(policy: Policy, id: str) -> bool:
    """Whether there are criteria below a provision; a part that has none is not drawn."""
    members = policy.provisions[id].members
    return any(policy.provisions[m].kind != "CriterionPart" or _has_criteria(policy, m) for m in members)
