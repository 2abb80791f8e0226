"""The criteria of a site as a tree for reading: parts dissolved, evidence attached, what decides nothing folded."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from covergraph.explain import Evidence
from covergraph.logic import Value, every, some
from covergraph.model import Outcome
from covergraph.policy import Policy, Statement
from covergraph.render.sentences import WORDS, listed, name


class Node(NamedTuple):
    """One criterion in a report.

    ``decides``: the determination rests on it. ``against``: met speaks against the request. ``note``: what was folded.
    """

    id: str
    label: str
    page: int | None
    value: str
    decides: bool = False
    against: bool = False
    note: str = ""
    evidence: tuple[Evidence, ...] = ()
    children: tuple["Node", ...] = ()


class _Site(NamedTuple):
    policy: Policy
    outcome: Outcome
    evidence: Mapping[str, tuple[Evidence, ...]]
    """Evidence by the id of the leaf that it bears on."""

    def value(self, id: str) -> str | None:
        return value_of(self.policy, self.outcome, id)


def value_of(policy: Policy, outcome: Outcome, id: str) -> str | None:
    """Value of a provision at a site; of a part, where that follows from the criteria below it."""
    if id in outcome.criteria:
        return outcome.criteria[id]
    provision = policy.provisions[id]
    values = [value_of(policy, outcome, member) for member in provision.members]
    if not values or None in values:
        return None
    combine = every if provision.operator == "and" else some
    return combine(Value[v.upper().replace("-", "_")] for v in values if v).token


def criteria_tree(policy: Policy, outcome: Outcome, evidence: Mapping[str, tuple[Evidence, ...]]) -> tuple[Node, ...]:
    """The statements of a policy in print order, each with its criteria; ``evidence`` is by leaf id.

    Folded to one node are alternatives of an ANY that differ from it, and exclusions that are neither met nor stop
    an approval.
    """
    site = _Site(policy, outcome, evidence)
    by_id = {s.id: s for s in policy.statements}
    return tuple(
        _exclusions(site, by_id[id]) if by_id[id].is_exclusion else _node(site, (id, False, False))
        for id in policy.of_kind("Statement")
    )


Place = tuple[str, bool, bool]
"""Id of a criterion, whether it is an alternative to what gave an ANY its value, and whether that ANY is met."""


def _node(site: _Site, place: Place, against: bool = False) -> Node:
    """A criterion with all below it, or folded where it is an aside; beside what is met it needs no evidence either."""
    id, is_aside, is_settled = place
    children = list(_children(site, id))
    provision, value = site.policy.provisions[id], site.outcome.criteria[id]
    is_folded = is_aside and bool(children)
    items = () if is_folded or is_settled else _own_evidence(site, id)
    note = ""
    if is_folded:
        reasons = supporting(site.policy, site.outcome, [id])
        note = "because of " + listed([name(site.policy, r) for r in reasons if r in site.policy.leaf_criteria], 2)
    elif not (children or items or is_settled) and value == "not-met":
        note = "nothing in the case shows it"
    return Node(
        id=id,
        label=provision.label,
        page=provision.page,
        value=WORDS[value],
        decides=id in site.outcome.decided_by,
        against=against,
        note=note,
        evidence=items,
        children=() if is_folded else tuple(_node(site, child, against) for child in children),
    )


def _children(site: _Site, id: str, is_aside: bool = False, is_settled: bool = False) -> Iterator[Place]:
    """Criteria right below a provision, parts dissolved."""
    provision, value = site.policy.provisions[id], site.value(id)
    for member in provision.members:
        other = provision.operator == "or" and value is not None and site.value(member) not in (value, None)
        child = (member, is_aside or other, is_settled or (other and value == "met"))
        if site.policy.provisions[member].kind == "CriterionPart":
            yield from _children(site, *child)
        else:
            yield child


def _own_evidence(site: _Site, id: str) -> tuple[Evidence, ...]:
    """Evidence for a criterion itself and for its parts, each item once."""

    def leaves(id: str) -> Iterator[str]:
        provision = site.policy.provisions[id]
        if provision.shape:
            yield id
        for member in provision.members:
            if site.policy.provisions[member].kind == "CriterionPart":
                yield from leaves(member)

    return tuple(dict.fromkeys(e for leaf in leaves(id) for e in site.evidence.get(leaf, ())))


def _exclusions(site: _Site, statement: Statement) -> Node:
    """A statement of exclusions with those items that say something, the rest counted."""
    outcome, provision = site.outcome, site.policy.provisions[statement.id]
    telling = [i for i in statement.items if outcome.criteria[i] == "met" or i in outcome.rule_out]
    if statement.items == (statement.id,):
        return _node(site, (statement.id, not telling, not telling), against=True)
    others = [i for i in statement.items if i not in telling]
    ruled_out = [i for i in others if outcome.criteria[i] == "not-met"]
    silent = [i for i in others if outcome.criteria[i] == "undocumented"]
    counts = [f"{', '.join(ruled_out) if silent else 'all'} ruled out"] if ruled_out else []
    counts += [f"{len(silent)} not documented"] if silent else []
    lead = "others: " if telling else "none met; " if silent else ""
    return Node(
        id=statement.id,
        label=provision.label,
        page=provision.page,
        value=WORDS[outcome.criteria[statement.id]],
        decides=statement.id in outcome.decided_by,
        against=True,
        note=lead + "; ".join(counts) if others else "",
        children=tuple(_node(site, (item, False, False), against=True) for item in telling),
    )


def supporting(policy: Policy, outcome: Outcome, ids: Iterable[str]) -> list[str]:
    """Criteria that give the named ones their value: themselves, and below them whatever has the same value."""
    found: dict[str, None] = {}

    def visit(id: str, value: str | None) -> None:
        if value_of(policy, outcome, id) not in (value, None):
            return
        if policy.provisions[id].kind != "CriterionPart":
            found[id] = None
        for member in policy.provisions[id].members:
            visit(member, value)

    for id in ids:
        if id in policy.provisions:
            visit(id, outcome.criteria.get(id))
    return list(found)
