"""One object that takes a case in any accepted form and gives the report on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from covergraph.case import CaseReader, case_reader
from covergraph.errors import InputError
from covergraph.icd10cm import Index, open_index
from covergraph.judge import CaseJudge
from covergraph.judge_compiled import CompiledJudge
from covergraph.judged import Judge
from covergraph.model import Case, Report
from covergraph.policy import Policy, read_policy
from covergraph.versions import default_policy, policy_versions, version_in_force
from covergraph.workspace import Workspace

JudgeName = Literal["compiled", "pyshacl"]


def _compiled(policy: Policy, workspace: Workspace) -> Judge:
    return CompiledJudge(policy, workspace)


def _pyshacl(policy: Policy, workspace: Workspace) -> Judge:
    from covergraph.judge_pyshacl import PyshaclJudge  # rdflib and pySHACL are heavy; most runs need neither

    return PyshaclJudge(policy, workspace)


JUDGES: dict[JudgeName, Callable[[Policy, Workspace], Judge]] = {"compiled": _compiled, "pyshacl": _pyshacl}


@dataclass
class Checker:
    """Checks cases against the policy each names, in the version in force on its service date.

    ``policy`` is the number of the policy for cases that name none (default: the content's default policy). A case that
    names another than a given one is refused. Policies are read and compiled once, when first needed.
    """

    workspace: Workspace
    policy: str | None = None
    judge: JudgeName = "compiled"
    strict: bool = False
    _readers: dict[str, CaseReader] = field(default_factory=dict)
    _policies: dict[str, Policy] = field(default_factory=dict)
    _judges: dict[str, CaseJudge] = field(default_factory=dict)
    _index: Index | None = None

    def __post_init__(self) -> None:
        self.default_policy = self.policy or default_policy(self.workspace.graph)
        self._versions = policy_versions(self.workspace.graph)
        self._require(self.default_policy)

    def _require(self, number: str) -> None:
        if number not in self._versions:
            raise InputError("unknown-policy", "/policy", f"There is no policy {number!r}.",
                             f"Known: {', '.join(sorted(self._versions))}.")  # fmt: skip

    def read(self, document: Any) -> Case:
        """The typed case that parsed JSON stands for; raises InputError where it is not well-formed."""
        named = document.get("policy") if isinstance(document, dict) else None
        number = named if isinstance(named, str) else self.default_policy
        self._require(number)
        if self.policy and number != self.policy:
            raise InputError("other-policy", "/policy", f"The case names policy {number}, not {self.policy}.",
                             "Check it without naming a policy.")  # fmt: skip
        if number not in self._readers:
            latest = self.policy_at(number, date.max)
            self._readers[number] = case_reader(latest.vocabulary, self.default_policy)
        return self._readers[number].read(document)

    def policy_at(self, number: str, day: date) -> Policy:
        """The version of a policy in force on a day."""
        iri = version_in_force(self._versions[number], day)
        if iri not in self._policies:
            self._policies[iri] = read_policy(self.workspace, iri)
        return self._policies[iri]

    def policy_of(self, case: Case) -> Policy:
        """The policy version that judges a case."""
        return self.policy_at(case.policy or self.default_policy, case.service_date)

    def judge_of(self, case: Case) -> CaseJudge:
        """The judge of the policy version that judges a case."""
        policy = self.policy_of(case)
        if policy.iri not in self._judges:
            if self._index is None:
                self._index = open_index(self.workspace.root / "ontology" / "codes" / "icd-10-cm-index.txt")
            self._judges[policy.iri] = CaseJudge(
                policy, JUDGES[self.judge](policy, self.workspace), self._index, self.strict
            )
        return self._judges[policy.iri]

    def report(self, case: Case) -> Report:
        """The report on a well-formed case."""
        return self.judge_of(case).report(case)

    def check(self, document: Any) -> Report:
        """The report on a case given as parsed JSON."""
        return self.report(self.read(document))
