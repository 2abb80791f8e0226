"""The fast judge: the leaf shapes of a policy compiled to one Python function over the facts of a site."""

from __future__ import annotations

from collections.abc import Sequence

from covergraph.facts import TARGETS, Facts
from covergraph.judged import LeafValues, Targeted, targeted
from covergraph.leaves import Leaves
from covergraph.logic import Value
from covergraph.policy import Policy, Provision
from covergraph.workspace import Workspace


class CompiledJudge:
    """Leaf values of a case by the compiled shapes of one policy version."""

    def __init__(self, policy: Policy, workspace: Workspace) -> None:
        def compiled(leaves: Sequence[Provision], target: Targeted) -> Leaves:
            from covergraph.compiler import compile_leaves  # most processes find the leaves compiled

            return compile_leaves([p.shape for p in leaves if p.shape], TARGETS[target.value], workspace.graph)

        rules = targeted(policy, Targeted.PROCEDURE)
        self.rules = tuple(p.id for p in rules)
        self.site, self.procedure = workspace.kept(
            f"leaves of {policy.iri}",
            lambda: (compiled(policy.leaves, Targeted.SITE), compiled(rules, Targeted.PROCEDURE)),
        )

    def judge(self, facts: Facts) -> LeafValues:
        """Leaf values of every site, and which concurrent procedures each rule about them holds for."""
        held = [self.procedure(procedure) for procedure in facts.case.procedures]
        return LeafValues(
            sites=tuple(self.site(site) for site in facts.sites),
            procedures={
                rule: tuple(place for place, values in enumerate(held) if values[n] == Value.MET)
                for n, rule in enumerate(self.rules)
            },
        )
