"""From leaf values to an outcome: Kleene's fold, precedence, what silence means, and what would have to be documented.

An outcome depends on nothing but the leaf values of a site, which of its leaves are in doubt, the scope rule that
holds and strictness. So equal patterns are decided once.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from types import MappingProxyType

from covergraph.logic import Value, every, some
from covergraph.model import Outcome
from covergraph.policy import Policy, Statement

Values = dict[str, Value]
Sets = list[frozenset[str]]

MET, UNDOCUMENTED, NOT_APPLICABLE = Value.MET, Value.UNDOCUMENTED, Value.NOT_APPLICABLE


def applies(policy: Policy, id: str, values: Values) -> bool:
    """Whether the conditions on a provision itself hold."""
    provision = policy.provisions[id]
    return all(values[c] is MET for c in provision.applies_when) and not any(
        values[c] is MET for c in provision.unless_met
    )


def fold(policy: Policy, leaves: bytes, forced: frozenset[str] = frozenset()) -> Values:
    """Value of every provision that a site's leaf values determine; ``forced`` ones count as met where they apply."""
    known = dict(zip((leaf.id for leaf in policy.leaves), map(Value, leaves), strict=True))
    values: Values = {}
    for id in policy.order:
        provision = policy.provisions[id]
        if provision.shape is not None and id not in known:
            continue
        if not applies(policy, id, values):
            values[id] = NOT_APPLICABLE
        elif id in forced:
            values[id] = MET
        elif provision.operator is None:
            values[id] = known[id]
        else:
            combine = every if provision.operator == "and" else some
            values[id] = combine(values[m] for m in provision.members)
    return values


def decide(policy: Policy, leaves: bytes, doubts: frozenset[str], scope: str | None, strict: bool) -> Outcome:
    """The outcome of a site.

    ``doubts`` are ids of undocumented leaves on whose concepts findings conflict or could not be answered; ``scope``
    is the scope rule that takes the line out of the policy; ``strict`` lets every undocumented exclusion stop.
    """
    if scope is not None:
        return _out_of_scope(policy, leaves, scope)
    values = fold(policy, leaves)
    open_items = _open_exclusions(policy, values)
    stopping = _stopping(policy, values, doubts, strict)
    presumed = [item for _, item in open_items if item not in stopping]
    determination, decided_by = _determination(policy, values, stopping)
    sets: Sets = []
    needs_ruling_out = False
    if determination == policy.pending:
        ways = _what_to_document(policy, leaves)
        # A set may itself settle what stops the site (an exception to an exclusion), so the stops are looked at anew.
        direct = [way for way in ways if not _stopping(policy, fold(policy, leaves, way), doubts, strict)]
        needs_ruling_out = bool(stopping) and not direct
        sets = _smallest(ways if needs_ruling_out else direct)
    ordered = [tuple(_in_order(policy, s)) for s in sets]
    ordered.sort(key=lambda s: (len(s), [policy.provisions[i].ordinal for i in s]))
    return Outcome(
        determination=determination,
        decided_by=tuple(_in_order(policy, decided_by)),
        holds=tuple(_in_order(policy, (i for s in policy.statements for i in s.items if values[i] is MET))),
        criteria=_tokens(policy, values),
        presumed_absent=tuple(_in_order(policy, presumed)),
        missing=() if needs_ruling_out else tuple(ordered),
        rule_out=tuple(_in_order(policy, stopping)) if needs_ruling_out else (),
        then=tuple(ordered) if needs_ruling_out else (),
        documents=tuple((d, values[d].token) for d in policy.of_kind("DocumentationRequirement")),
    )


def _tokens(policy: Policy, values: Values) -> dict[str, str]:
    return MappingProxyType({id: values[id].token for id in policy.criteria})  # type: ignore[return-value]


def _out_of_scope(policy: Policy, leaves: bytes, scope: str) -> Outcome:
    values = fold(policy, leaves)
    rule = next(r for r in policy.scope_rules if r.id == scope)
    documents = policy.of_kind("DocumentationRequirement")
    conditional = {d for d in documents if policy.provisions[d].applies_when or policy.provisions[d].unless_met}
    return Outcome(
        determination=rule.when_met,
        decided_by=(scope,),
        holds=(),
        criteria=_tokens(policy, dict.fromkeys(values, NOT_APPLICABLE)),
        documents=tuple((d, (NOT_APPLICABLE if d in conditional else values[d]).token) for d in documents),
    )


def _open_exclusions(policy: Policy, values: Values) -> list[tuple[Statement, str]]:
    return [(s, item) for s in policy.statements if s.is_exclusion for item in s.items if values[item] is UNDOCUMENTED]


def _stopping(policy: Policy, values: Values, doubts: frozenset[str], strict: bool) -> list[str]:
    """The undocumented exclusions that stop an approval."""
    return [
        item for s, item in _open_exclusions(policy, values) if _stops(policy, s, item, values, doubts, strict)
    ]  # fmt: skip


def _stops(
    policy: Policy, statement: Statement, item: str, values: Values, doubts: frozenset[str], strict: bool
) -> bool:
    if strict or item in statement.stops_on_silence:
        return True
    return item in statement.stops_on_doubt and not doubts.isdisjoint(_open_leaves(policy, item, values))


def _open_leaves(policy: Policy, id: str, values: Values) -> Iterable[str]:
    """The undocumented leaves that leave a provision undocumented."""
    if values[id] is not UNDOCUMENTED:
        return
    if policy.provisions[id].operator is None:
        yield id
    for member in policy.provisions[id].members:
        yield from _open_leaves(policy, member, values)


def _determination(policy: Policy, values: Values, stopping: list[str]) -> tuple[str, list[str]]:
    """The first statement that decides, then what stops an approval: open exclusions, else missing documents."""
    for statement in policy.statements:
        value = values[statement.id]
        if value is MET:
            if statement.when_met != policy.approval:
                return statement.when_met, [i for i in statement.items if values[i] is MET]
            if stopping:
                return policy.pending, stopping
            if parents := {policy.provisions[d].parent or d for d in _missing_documents(policy, values)}:
                return policy.pending, sorted(parents)
            return statement.when_met, [i for i in statement.items if values[i] is MET]
        if value is UNDOCUMENTED and statement.when_undocumented:
            return statement.when_undocumented, [statement.id]
        if value is not UNDOCUMENTED and statement.when_not_met:
            return statement.when_not_met, [statement.id]
    return policy.pending, []


def _missing_documents(policy: Policy, values: Values) -> list[str]:
    return [d for d in policy.of_kind("DocumentationRequirement") if values[d] not in (MET, NOT_APPLICABLE)]


def _what_to_document(policy: Policy, leaves: bytes) -> Sets:
    """Sets of leaf criteria and documents that, all met, approve the site once no exclusion stops it."""
    values = fold(policy, leaves)
    approving = [s for s in policy.statements if s.when_met == policy.approval]
    sets: Sets = []
    for statement in approving:
        for needed in _routes(policy, statement.id, leaves, values):
            complete = needed | frozenset(_missing_documents(policy, fold(policy, leaves, needed)))
            if _determination(policy, fold(policy, leaves, complete), [])[0] == policy.approval:
                sets.append(complete)
    return sets


def _routes(policy: Policy, id: str, leaves: bytes, values: Values) -> Sets:
    """Sets of undocumented leaf criteria that would make a provision met, documented as met.

    Sets that hold a smaller one are dropped, but not where a condition elsewhere looks at what lies below: the
    smaller set may need a document that the larger one does not.
    """
    provision = policy.provisions[id]
    if id in policy.leaf_criteria or provision.operator is None:
        # A provision that does not apply now may come to apply with the set; its own value is then what counts.
        value = values[id] if values[id] is not NOT_APPLICABLE else _bare_value(policy, id, leaves)
        return {MET: [frozenset()], UNDOCUMENTED: [frozenset({id})]}.get(value, [])  # type: ignore[return-value]
    if provision.operator == "or":
        found = [s for m in provision.members for s in _routes(policy, m, leaves, values)]
    else:
        conditional = [
            m for m in provision.members if policy.provisions[m].applies_when or policy.provisions[m].unless_met
        ]
        fixed = [_routes(policy, m, leaves, values) for m in provision.members if m not in conditional]
        found = [frozenset[str]().union(*choice) for choice in product(*fixed)]
        for member in conditional:
            further = _routes(policy, member, leaves, values)
            found = [
                base | more
                for base in found
                for more in (further if applies(policy, member, fold(policy, leaves, base)) else [frozenset[str]()])
            ]
    return list(dict.fromkeys(found)) if _is_watched(policy, id) else _smallest(found)


def _bare_value(policy: Policy, id: str, leaves: bytes) -> Value:
    """Value of a leaf criterion apart from the conditions on it."""
    known = dict(zip((leaf.id for leaf in policy.leaves), map(Value, leaves), strict=True))
    provision = policy.provisions[id]
    if provision.operator is None:
        return known[id]
    combine = every if provision.operator == "and" else some
    return combine(_bare_value(policy, m, leaves) for m in provision.members)


def _is_watched(policy: Policy, id: str) -> bool:
    """Whether a condition of some provision looks at this one or at one below it."""
    watched = {c for p in policy.provisions.values() for c in (*p.applies_when, *p.unless_met)}

    def reaches(id: str) -> bool:
        return id in watched or any(map(reaches, policy.provisions[id].members))

    return reaches(id)


def _smallest(sets: Sets) -> Sets:
    kept: Sets = []
    for candidate in sorted(set(sets), key=lambda s: (len(s), sorted(s))):
        if not any(smaller <= candidate for smaller in kept):
            kept.append(candidate)
    return kept


def _in_order(policy: Policy, ids: Iterable[str]) -> list[str]:
    return sorted(set(ids), key=lambda i: (policy.provisions[i].ordinal if i in policy.provisions else 0, i))
