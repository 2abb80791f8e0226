"""Judging a case: facts in, leaf values from a judge, outcomes by the policy's own rules, a report out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

from covergraph.checks import check_diagnoses, check_line
from covergraph.decide import decide, fold
from covergraph.facts import Facts, Site
from covergraph.icd10cm import Index
from covergraph.judged import Judge, LeafValues
from covergraph.logic import Value
from covergraph.model import Case, LineReport, Note, Outcome, Report, SiteReport
from covergraph.policy import Policy
from covergraph.sites import read_facts
from covergraph.terms import local_name


@dataclass
class CaseJudge:
    """Judges cases against one policy version with one judge of leaves; remembers the outcome of each fact pattern.

    ``strict`` lets every undocumented exclusion stop an approval.
    """

    policy: Policy
    judge: Judge
    diagnoses: Index
    strict: bool = False

    def __post_init__(self) -> None:
        # Cases repeat patterns; bounded, so that a run of any length stays flat.
        self._decide = lru_cache(maxsize=8192)(partial(decide, self.policy))
        self._fold = lru_cache(maxsize=4096)(partial(fold, self.policy))

    def report(self, case: Case) -> Report:
        """The report on a well-formed case whose policy is this one."""
        facts = read_facts(case, self.policy.vocabulary)
        return self.report_on(case, facts, self.judge.judge(facts))

    def report_on(self, case: Case, facts: Facts, leaves: LeafValues) -> Report:
        """The report that follows from a case's facts and leaf values, whichever judge gave them."""
        policy = self.policy
        values = [self._fold(site) for site in leaves.sites]
        of_line = [[i for i, s in enumerate(facts.sites) if s.line_index == n] for n in range(len(case.lines))]
        scopes = [self._scope([values[i] for i in places]) for places in of_line]
        lines = []
        for number, line in enumerate(case.lines):
            outcomes = [
                self._outcome(leaves.sites[i], facts.sites[i], values[i], scopes[number]) for i in of_line[number]
            ]
            lines.append(
                LineReport(
                    id=line.id,
                    determination=self._most_restrictive([o.determination for o in outcomes]),
                    sites=tuple(
                        SiteReport(level, outcome)
                        for level, outcome in zip(line.levels or ("",), outcomes, strict=True)
                    ),
                    reimbursement=tuple(
                        id for id in policy.of_kind("ReimbursementRule")
                        if any(values[i][id] is Value.MET for i in of_line[number])
                    ),
                    coding=check_line(line, case, policy),
                )
            )  # fmt: skip
        determinations = [line.determination for line in lines]
        found = {s.outcome.determination for line in lines for s in line.sites}
        return Report(
            case=case.id,
            policy_number=policy.number,
            policy_version=policy.version.isoformat(),
            determination=self._most_restrictive(determinations),
            mixed=len(found) > 1,
            lines=tuple(lines),
            documentation=self._documentation([s.outcome for line in lines for s in line.sites]),
            diagnoses=check_diagnoses(case, policy, self.diagnoses),
            advisories=self._advisories(case, facts, leaves, values, scopes),
        )

    def _outcome(self, leaves: bytes, site: Site, values: dict[str, Value], scope: str | None) -> Outcome:
        doubtful = site.conflicting | site.unanswered
        doubts = frozenset(
            leaf.id for leaf in (self.policy.leaves if doubtful else ())
            if values[leaf.id] is Value.UNDOCUMENTED and not leaf.asks.isdisjoint(doubtful)
        )  # fmt: skip
        return self._decide(leaves, doubts, scope, self.strict)

    def _scope(self, sites: list[dict[str, Value]]) -> str | None:
        """The first scope rule that holds at any site of a line: it takes out the whole line."""
        return next((r.id for r in self.policy.scope_rules if any(v[r.id] is Value.MET for v in sites)), None)

    def _most_restrictive(self, determinations: list[str]) -> str:
        """The most restrictive determination; those of rank 0 count only where there is nothing else."""
        return max(determinations, key=lambda d: self.policy.determinations[d])

    def _documentation(self, outcomes: list[Outcome]) -> tuple[tuple[str, str], ...]:
        """Each documentation requirement for the case: not met if so at any site, not applicable if so at all."""
        values = [dict(o.documents) for o in outcomes]
        found = []
        for id in self.policy.of_kind("DocumentationRequirement"):
            at_sites = {v[id] for v in values}
            worst = next((t for t in ("not-met", "undocumented", "met") if t in at_sites), "not-applicable")
            found.append((id, "not-met" if worst == "undocumented" else worst))
        return tuple(found)

    def _advisories(
        self, case: Case, facts: Facts, leaves: LeafValues, values: list[dict[str, Value]], scopes: list[str | None]
    ) -> tuple[Note, ...]:
        """One note for each rule (with the lines it holds for) or procedure, then one for each concept in conflict."""
        policy = self.policy
        notes = []
        for id in policy.of_kind("AdvisoryRule"):
            rule = policy.provisions[id]
            check = rule.check or id
            if id in leaves.procedures:
                for place in leaves.procedures[id]:
                    code = case.concurrent_procedures[place].code
                    notes.append(Note(check, (("code", code),) if code else ()))
                continue
            held = {
                site.line_index for site, v in zip(facts.sites, values, strict=True)
                if v[id] is Value.MET and not (rule.under_policy_only and scopes[site.line_index])
            }  # fmt: skip
            if held:
                notes.append(Note(check, (("lines", tuple(case.lines[n].id for n in sorted(held))),)))
        in_conflict = frozenset[str]().union(*(s.conflicting for s in facts.sites)) & policy.asked_concepts
        notes += [Note("conflicting-findings", (("concept", local_name(c)),)) for c in sorted(in_conflict)]
        return tuple(notes)
