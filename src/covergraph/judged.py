"""What a judge gives back: the value of every leaf shape at every focus node."""

from enum import Enum
from typing import NamedTuple, Protocol

from covergraph.facts import Facts
from covergraph.policy import Policy, Provision
from covergraph.terms import cov


class Targeted(Enum):
    """What a leaf shape targets."""

    SITE = cov("Site")
    PROCEDURE = cov("ConcurrentProcedure")


class LeafValues(NamedTuple):
    """Values by place: ``sites`` has for each site one byte (a logic.Value) per leaf of ``Policy.leaves``.

    ``procedures`` has for each rule about concurrent procedures the places of those for which it holds.
    """

    sites: tuple[bytes, ...]
    procedures: dict[str, tuple[int, ...]]


class Judge(Protocol):
    """Anything that gives a case's leaf values."""

    def judge(self, facts: Facts) -> LeafValues:
        """Leaf values of every site, and which concurrent procedures each rule about them holds for."""


def targeted(policy: Policy, target: Targeted) -> list[Provision]:
    """Provisions whose leaf shape targets a class, by id."""
    found = (p for p in policy.provisions.values() if p.shape and p.shape.target == target.value)
    return sorted(found, key=lambda p: p.id)
