"""From leaf values to an outcome.

An outcome depends on nothing but the leaf values of a site, which of its leaves are in doubt, the scope rule that
holds and strictness.
"""

from covergraph.folding import Fold
from covergraph.logic import TOKENS
from covergraph.missing import Missing
from covergraph.model import Outcome
from covergraph.policy import Policy
from covergraph.reporttext import CriteriaText, outcome_text
from covergraph.rules import MET, NOT_APPLICABLE, UNDOCUMENTED, Ids, Rules


class Decider:
    """Decides sites under one policy; ``strict`` lets every undocumented exclusion stop an approval."""

    def __init__(self, policy: Policy, fold: Fold, strict: bool = False) -> None:
        self.policy = policy
        self.fold = fold
        self.rules = Rules(policy, fold, strict)
        self.missing = Missing(self.rules)
        items = dict.fromkeys(i for s in policy.statements for i in s.items)
        self._items = tuple((i, self.fold.places[i]) for i in self.rules.in_order(items))
        self._criteria_text = CriteriaText(policy.criteria)

    def values(self, leaves: bytes) -> bytes:
        """Value of every provision, by ``Fold.places``."""
        return self.fold.values(leaves, 0)

    def outcome(self, leaves: bytes, doubts: frozenset[str], scope: str | None) -> Outcome:
        """The outcome of a site.

        ``doubts`` are ids of undocumented leaves on whose concepts findings conflict or could not be answered;
        ``scope`` is the scope rule that takes the line out of the policy.
        """
        values = self.fold.values(leaves, 0)
        if scope is not None:
            return self._out_of_scope(values, scope)
        stopping = self.rules.stopping(values, doubts)
        determination, decided_by = self.rules.determination(values, stopping)
        missing: tuple[Ids, ...] = ()
        needs_ruling_out = False
        if determination == self.policy.pending:
            missing, needs_ruling_out = self.missing.sets(leaves, doubts, stopping)
        return self._outcome(
            determination, decided_by, values,
            holds=tuple([id for id, place in self._items if values[place] == MET]),
            presumed_absent=tuple(
                [e.id for e in self.rules.exclusions if values[e.place] == UNDOCUMENTED and e.id not in stopping]
            ),
            missing=() if needs_ruling_out else missing,
            rule_out=stopping if needs_ruling_out else (),
            then=missing if needs_ruling_out else (),
            documents=tuple([(id, TOKENS[values[place]]) for id, place in self.rules.documents]),
        )  # fmt: skip

    def _outcome(
        self, determination: str, decided_by: Ids, values: bytes, documents: tuple[tuple[str, str], ...],
        holds: Ids = (), presumed_absent: Ids = (), missing: tuple[Ids, ...] = (), rule_out: Ids = (),
        then: tuple[Ids, ...] = (),
    ) -> Outcome:  # fmt: skip
        ids = self.policy.criteria
        values = values[: len(ids)]
        criteria = self._criteria_text(values)
        text = outcome_text(determination, decided_by, holds, criteria, presumed_absent, missing, rule_out, then)
        return Outcome(
            determination, decided_by, holds, ids, values, text, presumed_absent, missing, rule_out, then, documents
        )

    def _out_of_scope(self, values: bytes, scope: str) -> Outcome:
        rule = next(r for r in self.policy.scope_rules if r.id == scope)
        provisions = self.policy.provisions
        conditional = {d for d, _ in self.rules.documents if provisions[d].applies_when or provisions[d].unless_met}
        documents = tuple(
            (id, TOKENS[NOT_APPLICABLE if id in conditional else values[place]]) for id, place in self.rules.documents
        )
        return self._outcome(rule.when_met, (scope,), bytes([NOT_APPLICABLE]) * len(values), documents)
