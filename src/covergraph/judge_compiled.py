"""The fast judge: every leaf shape of a policy compiled to a Python function over the facts of a site."""

from __future__ import annotations

from covergraph.compiler import compile_leaf
from covergraph.facts import TARGETS, Facts
from covergraph.judged import LeafValues, Targeted, targeted
from covergraph.logic import leaf
from covergraph.policy import Policy, Provision
from covergraph.workspace import Workspace


class CompiledJudge:
    """Leaf values of a case by the compiled shapes of one policy version."""

    def __init__(self, policy: Policy, workspace: Workspace) -> None:
        def compiled(provision: Provision):  # type: ignore[no-untyped-def]
            assert provision.shape is not None and provision.shape.target is not None
            return compile_leaf(provision.shape, TARGETS[provision.shape.target], workspace.graph)

        self._leaves = [compiled(p) for p in policy.leaves]
        self._procedures = {p.id: compiled(p) for p in targeted(policy, Targeted.PROCEDURE)}

    def judge(self, facts: Facts) -> LeafValues:
        """Leaf values of every site, and which concurrent procedures each rule about them holds for."""
        return LeafValues(
            sites=tuple(bytes(leaf(*halves(site)) for halves in self._leaves) for site in facts.sites),
            procedures={
                id: tuple(i for i, p in enumerate(facts.case.procedures) if halves(p)[0])
                for id, halves in self._procedures.items()
            },
        )
