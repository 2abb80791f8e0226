"""One object that takes a case in any accepted form and gives the report on it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import date
from functools import cached_property
from typing import Any, Literal

from covergraph.case import CaseReader, case_reader
from covergraph.conforms import day
from covergraph.errors import InputError
from covergraph.folding import compile_fold
from covergraph.icd10cm import Index, open_index
from covergraph.jsontext import parse_json
from covergraph.judge import CaseJudge
from covergraph.judge_compiled import CompiledJudge
from covergraph.judged import Judge
from covergraph.memo import Memo
from covergraph.model import Case, Report
from covergraph.policy import Policy
from covergraph.swift.forms import NotPlainError
from covergraph.swift.judge import SwiftJudge, swift_judge
from covergraph.versions import default_policy, policy_versions, version_in_force
from covergraph.workspace import Workspace

JudgeName = Literal["compiled", "pyshacl"]


def _read_policy(workspace: Workspace, iri: str) -> Policy:
    from covergraph.policyreader import read_policy  # most processes find the policy already read

    return read_policy(workspace, iri)


def _compiled(policy: Policy, workspace: Workspace) -> Judge:
    return CompiledJudge(policy, workspace)


def _pyshacl(policy: Policy, workspace: Workspace) -> Judge:
    from covergraph.judge_pyshacl import PyshaclJudge  # rdflib and pySHACL are heavy; most runs need neither

    return PyshaclJudge(policy, workspace)


JUDGES: dict[JudgeName, Callable[[Policy, Workspace], Judge]] = {"compiled": _compiled, "pyshacl": _pyshacl}


class Checker:
    """Checks cases against the policy each names, in the version in force on its service date.

    ``policy`` is the number of the policy for cases that name none (default: the content's default policy). A case that
    names another than a given one is refused. Policies are read and compiled once, when first needed, and kept on disk
    from one process to the next (``Workspace.kept``).
    """

    def __init__(
        self, workspace: Workspace, policy: str | None = None, judge: JudgeName = "compiled", strict: bool = False
    ) -> None:
        self.workspace = workspace
        self.policy = policy
        self.judge: JudgeName = judge
        self.strict = strict
        self._readers: dict[str, CaseReader] = {}
        self._policies: dict[str, Policy] = {}
        self._judges: dict[str, CaseJudge] = {}
        self._swift_judges: dict[str, SwiftJudge | None] = {}
        self._swift: Memo[tuple[str, str], SwiftJudge | None] = Memo(lambda named: self._swift_judge_at(*named))
        self._versions = workspace.kept("policy versions", lambda: policy_versions(workspace.graph))
        self.default_policy = policy or workspace.kept("default policy", lambda: default_policy(workspace.graph))
        self._require(self.default_policy)

    def for_policy(self, number: str) -> Checker:
        """A checker of the cases of one policy that shares what this one has read and compiled.

        Raises InputError where there is no such policy.
        """
        self._require(number)
        other = copy(self)
        other.policy = other.default_policy = number
        other._swift = Memo(lambda named: other._swift_judge_at(*named))
        return other

    @cached_property
    def _index(self) -> Index:
        return open_index(f"{self.workspace.folder}/ontology/codes/icd-10-cm-index.txt")

    @cached_property
    def _loads(self) -> Callable[[bytes], Any]:
        from orjson import loads  # not needed for a single case

        return loads

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
        return self._reader(number).read(document)

    def _reader(self, number: str) -> CaseReader:
        if number not in self._readers:
            latest = self.policy_at(number, date.max)
            self._readers[number] = case_reader(latest.vocabulary, self.default_policy)
        return self._readers[number]

    def policy_at(self, number: str, day: date) -> Policy:
        """The version of a policy in force on a day."""
        iri = version_in_force(self._versions[number], day)
        if iri not in self._policies:
            self._policies[iri] = self.workspace.kept(f"policy {iri}", lambda: _read_policy(self.workspace, iri))
        return self._policies[iri]

    def policy_of(self, case: Case) -> Policy:
        """The policy version that judges a case."""
        return self.policy_at(case.policy or self.default_policy, case.service_date)

    def judge_of(self, case: Case) -> CaseJudge:
        """The judge of the policy version that judges a case."""
        return self._judge_under(self.policy_of(case))

    def _judge_under(self, policy: Policy) -> CaseJudge:
        if policy.iri not in self._judges:
            judge = JUDGES[self.judge](policy, self.workspace)
            fold = self.workspace.kept(f"fold of {policy.iri}", lambda: compile_fold(policy))
            self._judges[policy.iri] = CaseJudge(policy, judge, fold, self._index, self.strict)
        return self._judges[policy.iri]

    def report(self, case: Case) -> Report:
        """The report on a well-formed case."""
        return self.judge_of(case).report(case)

    def check(self, document: Any) -> Report:
        """The report on a case given as parsed JSON."""
        return self.report(self.read(document))

    def check_text(self, text: bytes) -> Report:
        """The report on a case given as JSON text, as fast as that goes.

        Raises InputError where the text is no JSON or the case not well-formed.
        """
        try:
            document = self._loads(text)
        except ValueError:
            return self.check(parse_json(text))
        if not (b"\\" in text and b"\\u003" in text):  # \u003a would be a colon in disguise
            found = self._swift_report(document)
            if found is not None and text.count(b":") == found[1]:
                return found[0]
        return self.check(parse_json(text))

    def check_swiftly(self, document: Any) -> Report:
        """The report on a case given as parsed JSON, the swift way where it is plain."""
        found = self._swift_report(document)
        return self.check(document) if found is None else found[0]

    def _swift_report(self, document: Any) -> tuple[Report, int] | None:
        """The report on a plain case and the colons of its text; None where the general way must say what is wrong."""
        judge = self.swift_judge(document)
        try:
            return None if judge is None else judge.report(document)
        except (NotPlainError, KeyError, TypeError, AttributeError):
            return None

    def swift_judge(self, document: Any) -> SwiftJudge | None:
        """The swift judge for a case given as parsed JSON, where there is one for its policy and service date."""
        if isinstance(document, dict):
            number, service_date = document.get("policy", self.default_policy), document.get("serviceDate")
            if isinstance(service_date, str) and isinstance(number, str):
                return self._swift[number, service_date]
        return None

    def _swift_judge_at(self, number: str, service_date: str) -> SwiftJudge | None:
        on = day(service_date)
        if on is None or self.judge != "compiled" or number not in self._versions or number != (self.policy or number):
            return None
        judge = self._judge_under(self.policy_at(number, on))
        if judge.policy.iri not in self._swift_judges:
            compiled, reader = judge.judge, self._reader(number)
            assert isinstance(compiled, CompiledJudge)
            self._swift_judges[judge.policy.iri] = swift_judge(
                judge, compiled.site, compiled.procedure, compiled.rules, reader.schema, reader.default_intent
            )
        return self._swift_judges[judge.policy.iri]
