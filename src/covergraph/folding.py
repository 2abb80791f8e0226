"""From a policy's criteria to Python: the fold of leaf values into the value of every provision, as one function.

ALL is bitwise "and" and ANY bitwise "or" over the values of ``logic.Value``; what is not applicable is left out by
taking the value that changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from covergraph.logic import Value
from covergraph.policy import Policy, Provision

MET, NOT_MET, NOT_APPLICABLE = int(Value.MET), int(Value.NOT_MET), int(Value.NOT_APPLICABLE)


class Fold(NamedTuple):
    """A compiled fold.

    ``values`` takes leaf values (one byte for each of ``Policy.leaves``) and a set of provisions that count as met
    where they apply, as ``forceable`` gives each its bit; it gives one byte for each provision, by its place in
    ``places``: statements and criteria first, in policy order.
    """

    places: dict[str, int]
    forceable: dict[str, int]
    values: Callable[[bytes, int], bytes]

    def named(self, leaves: bytes, documented: Iterable[str] = ()) -> dict[str, Value]:
        """Value of every provision by its id; ``documented`` ones count as met where they apply."""
        values = self.values(leaves, sum(self.forceable[id] for id in documented))
        return {id: Value(values[place]) for id, place in self.places.items()}


def compile_fold(policy: Policy) -> Fold:
    """The fold of a policy."""
    leaves = {leaf.id: place for place, leaf in enumerate(policy.leaves)}
    folded = [id for id in policy.order if id in leaves or policy.provisions[id].operator is not None]
    reported = policy.criteria
    places = {id: place for place, id in enumerate(dict.fromkeys((*reported, *folded)))}
    forceable = {id: 1 << place for place, id in enumerate(dict.fromkeys(_could_be_documented(policy)))}
    may_be_left_out: set[str] = set()
    lines = []
    for id in folded:
        provision = policy.provisions[id]
        value = f"b[{leaves[id]}]" if id in leaves else _composite(provision, places, may_be_left_out)
        if id in forceable:
            value = f"{MET} if f & {forceable[id]} else {value}"
        conditions = [f"v{places[c]} == {MET}" for c in provision.applies_when]
        conditions += [f"v{places[c]} != {MET}" for c in provision.unless_met]
        if conditions:
            value = f"({value}) if {' and '.join(conditions)} else {NOT_APPLICABLE}"
        if conditions or (provision.members and may_be_left_out.issuperset(provision.members)):
            may_be_left_out.add(id)
        lines.append(f"    v{places[id]} = {value}\n")
    names: dict[str, Callable[[bytes, int], bytes]] = {}
    # The code is made of numbers only: places of the policy's provisions and values.
    exec(
        f"def values(b, f):\n{''.join(lines)}    return bytes(({''.join(f'v{n}, ' for n in range(len(places)))}))",
        names,
    )
    return Fold(places, forceable, names["values"])


def _could_be_documented(policy: Policy) -> Iterator[str]:
    """Documents, and the leaf criteria (or leaves that no criterion names) of what approves."""
    yield from policy.of_kind("DocumentationRequirement")
    pending = [s.id for s in policy.statements if s.when_met == policy.approval]
    while pending:
        id = pending.pop()
        if id in policy.leaf_criteria or policy.provisions[id].operator is None:
            yield id
        else:
            pending += policy.provisions[id].members


def _composite(provision: Provision, places: dict[str, int], may_be_left_out: set[str]) -> str:
    """ALL or ANY of the members, as an expression."""
    neutral, sign = (MET, "&") if provision.operator == "and" else (NOT_MET, "|")
    members = {m: f"v{places[m]}" for m in provision.members}
    taken = [
        f"({neutral} if {name} == {NOT_APPLICABLE} else {name})" if m in may_be_left_out else name
        for m, name in members.items()
    ]
    value = f" {sign} ".join(taken) or str(NOT_APPLICABLE)
    if members and may_be_left_out.issuperset(members):
        left_out = " and ".join(f"{name} == {NOT_APPLICABLE}" for name in members.values())
        return f"{NOT_APPLICABLE} if {left_out} else {value}"
    return value
