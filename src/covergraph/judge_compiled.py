"""The fast judge: the leaf shapes of a policy compiled to one Python function over the facts of a site."""

from __future__ import annotations

from collections.abc import Sequence

from covergraph.compiler import Leaves, compile_leaves
from covergraph.facts import TARGETS, Facts
from covergraph.judged import LeafValues, Targeted, targeted
from covergraph.logic import Value
from covergraph.policy import Policy, Provision
from covergraph.workspace import Workspace


class CompiledJudge:
    """Leaf values of a case by the compiled shapes of one policy version."""

    def __init__(self, policy: Policy, workspace: Workspace) -> None:
        def compiled(leaves: Sequence[Provision], target: Targeted) -> Leaves:
            return compile_leaves([p.shape for p in leaves if p.shape], TARGETS[target.value], workspace.graph)

        self.site = compiled(policy.leaves, Targeted.SITE)
        self.rules = tuple(p.id for p in targeted(policy, Targeted.PROCEDURE))
        self.procedure = compiled(targeted(policy, Targeted.PROCEDURE), Targeted.PROCEDURE)

    def judge(self, facts: Facts) -> LeafValues:
        """Leaf values of every site, and which concurrent procedures each rule about them holds for."""
        held = [self.procedure(procedure) for procedure in facts.case.procedures]
        return LeafValues(
            sites=tuple(map(self.site, facts.sites)),
            procedures={
                rule: tuple(place for place, values in enumerate(held) if values[n] == Value.MET)
                for n, rule in enumerate(self.rules)
            },
        )
