"""From leaf values to a report: what each site comes to, and what lines and the case make of their sites."""

from collections.abc import Iterable
from typing import NamedTuple

from covergraph.checks import billed_codes, check_diagnoses, check_line
from covergraph.decide import Decider
from covergraph.facts import Facts
from covergraph.folding import Fold
from covergraph.icd10cm import Index
from covergraph.judged import Judge, LeafValues
from covergraph.logic import Value
from covergraph.memo import Memo
from covergraph.model import Case, LineReport, Note, Outcome, Report, SiteReport
from covergraph.policy import Policy
from covergraph.sites import read_facts
from covergraph.terms import local_name

MET, UNDOCUMENTED = int(Value.MET), int(Value.UNDOCUMENTED)
Concepts = frozenset[str]


_Held = tuple[str, frozenset[str], Concepts, bool]
"""A line's id, what is met and in conflict at one of its sites, and whether the line is out of scope."""


class SiteVerdict(NamedTuple):
    """What leaf values and doubts come to at a site; equal ones are one object.

    ``scope`` is the first scope rule that is met, ``outcome`` what follows if that decides for the line.
    ``reimbursement`` and ``advisories`` are the rules that are met, ``in_conflict`` concepts (IRIs) that some rule asks
    about.
    """

    leaves: bytes
    doubts: frozenset[str]
    scope: str | None
    outcome: Outcome
    reimbursement: tuple[str, ...]
    advisories: frozenset[str]
    in_conflict: Concepts


class LineVerdict(NamedTuple):
    """A line with the verdicts on its sites, level by level, and the notes on its code and products."""

    id: str
    levels: tuple[str, ...]
    sites: tuple[SiteVerdict, ...]
    coding: tuple[Note, ...]


class CaseJudge:
    """Judges cases against one policy version with one judge of leaves; decides each pattern of facts once.

    ``strict`` lets every undocumented exclusion stop an approval.
    """

    def __init__(self, policy: Policy, judge: Judge, fold: Fold, diagnoses: Index, strict: bool = False) -> None:
        self.policy = policy
        self.judge = judge
        self.diagnoses = diagnoses
        self.strict = strict
        self.decider = Decider(policy, fold, strict)
        self.verdicts: Memo[tuple[bytes, Concepts, Concepts], SiteVerdict] = Memo(self._verdict)
        self._outcomes: Memo[tuple[bytes, frozenset[str], str | None], Outcome] = Memo(
            lambda key: self.decider.outcome(*key)
        )
        self._notes = Memo(self._advise)
        self._documentation = Memo(self._documents_of_case)
        self._version = policy.version.isoformat()
        self._advisory_rules = policy.of_kind("AdvisoryRule")
        self._scope_order = {rule.id: place for place, rule in enumerate(policy.scope_rules)}

    def report(self, case: Case) -> Report:
        """The report on a well-formed case whose policy is this one."""
        return self.report_with_facts(case)[0]

    def report_with_facts(self, case: Case) -> tuple[Report, Facts]:
        """The report on such a case, and the facts that it follows from, which readable reports cite."""
        facts = read_facts(case, self.policy.vocabulary)
        return self.report_on(case, facts, self.judge.judge(facts)), facts

    def report_on(self, case: Case, facts: Facts, leaves: LeafValues) -> Report:
        """The report that follows from a case's facts and leaf values, whichever judge gave them."""
        verdicts = [
            self.verdicts[values, site.conflicting, site.unanswered]
            for values, site in zip(leaves.sites, facts.sites, strict=True)
        ]
        billed = billed_codes(case)
        lines = []
        for number, line in enumerate(case.lines):
            of_line = tuple(v for v, s in zip(verdicts, facts.sites, strict=True) if s.line_index == number)
            lines.append(LineVerdict(line.id, line.levels or ("",), of_line, check_line(line, billed, self.policy)))
        codes = {
            rule: [case.concurrent_procedures[place].code for place in places]
            for rule, places in leaves.procedures.items() if places
        }  # fmt: skip
        return self.combine(case.id, lines, check_diagnoses(case.diagnoses, self.policy, self.diagnoses), codes)

    def combine(
        self, case: str, lines: list[LineVerdict], diagnoses: tuple[Note, ...], procedures: dict[str, list[str | None]]
    ) -> Report:
        """The report on a case from the verdicts on its lines.

        ``procedures`` gives for each rule about concurrent procedures the codes of those for which it holds.
        """
        notes = self._advisories(lines, procedures)
        if len(lines) == 1 and len(lines[0].sites) == 1:  # most cases; there is nothing to combine
            line, verdict = lines[0], lines[0].sites[0]
            outcome = verdict.outcome
            site = SiteReport(line.levels[0], outcome)
            only = LineReport(line.id, outcome.determination, (site,), verdict.reimbursement, line.coding)
            documentation = self._documentation[(outcome.documents,)]
            return Report(
                case, self.policy.number, self._version, outcome.determination, False, (only,), documentation,
                diagnoses, notes,
            )  # fmt: skip
        reports = [self._line(line) for line in lines]
        outcomes = [site.outcome for line in reports for site in line.sites]
        return Report(
            case=case,
            policy_number=self.policy.number,
            policy_version=self._version,
            determination=self._most_restrictive([line.determination for line in reports]),
            mixed=len({outcome.determination for outcome in outcomes}) > 1,
            lines=tuple(reports),
            documentation=self._documentation[tuple(dict.fromkeys([outcome.documents for outcome in outcomes]))],
            diagnoses=diagnoses,
            advisories=notes,
        )

    def _line(self, line: LineVerdict) -> LineReport:
        sites, scope = line.sites, self._scope(line)
        outcomes = [s.outcome if s.scope == scope else self._outcomes[s.leaves, s.doubts, scope] for s in sites]
        reimbursement = self._in_order("ReimbursementRule", [id for s in sites for id in s.reimbursement])
        return LineReport(
            id=line.id,
            determination=self._most_restrictive([outcome.determination for outcome in outcomes]),
            sites=tuple([SiteReport(level, outcome) for level, outcome in zip(line.levels, outcomes, strict=True)]),
            reimbursement=reimbursement,
            coding=line.coding,
        )

    def _scope(self, line: LineVerdict) -> str | None:
        """The first scope rule that holds at any site of a line: it takes out the whole line."""
        return min((s.scope for s in line.sites if s.scope), key=self._scope_order.__getitem__, default=None)

    def _verdict(self, given: tuple[bytes, Concepts, Concepts]) -> SiteVerdict:
        """What leaf values, conflicting and unanswered concepts come to at a site."""
        leaves, conflicting, unanswered = given
        policy, places = self.policy, self.decider.fold.places
        values = self.decider.values(leaves)
        doubtful = conflicting | unanswered
        doubts = frozenset(
            leaf.id for leaf in (policy.leaves if doubtful else ())
            if values[places[leaf.id]] == UNDOCUMENTED and not leaf.asks.isdisjoint(doubtful)
        )  # fmt: skip

        def met(ids: Iterable[str]) -> list[str]:
            return [id for id in ids if id in places and values[places[id]] == MET]

        scope = next(iter(met(self._scope_order)), None)
        return SiteVerdict(
            leaves=leaves,
            doubts=doubts,
            scope=scope,
            outcome=self._outcomes[leaves, doubts, scope],
            reimbursement=tuple(met(policy.of_kind("ReimbursementRule"))),
            advisories=frozenset(met(self._advisory_rules)),
            in_conflict=conflicting & policy.asked_concepts,
        )

    def _in_order(self, kind: str, ids: list[str]) -> tuple[str, ...]:
        return tuple([id for id in self.policy.of_kind(kind) if id in ids]) if ids else ()

    def _most_restrictive(self, determinations: list[str]) -> str:
        """The most restrictive determination; those of rank 0 count only where there is nothing else."""
        if len(determinations) == 1:
            return determinations[0]
        return max(determinations, key=self.policy.determinations.__getitem__)

    def _documents_of_case(self, documents: tuple[tuple[tuple[str, str], ...], ...]) -> tuple[tuple[str, str], ...]:
        """Each documentation requirement for the case: not met if so at any site, not applicable if so at all."""
        values = [dict(at_site) for at_site in documents]
        found = []
        for id in self.policy.of_kind("DocumentationRequirement"):
            at_sites = {v[id] for v in values}
            worst = next((t for t in ("not-met", "undocumented", "met") if t in at_sites), "not-applicable")
            found.append((id, "not-met" if worst == "undocumented" else worst))
        return tuple(found)

    def _advisories(self, lines: list[LineVerdict], procedures: dict[str, list[str | None]]) -> tuple[Note, ...]:
        held = tuple([
            (line.id, site.advisories, site.in_conflict, self._scope(line) is not None)
            for line in lines for site in line.sites if site.advisories or site.in_conflict
        ])  # fmt: skip
        if not held and not procedures:
            return ()
        return self._notes[held, tuple([(rule, tuple(codes)) for rule, codes in procedures.items()])]

    def _advise(
        self, given: tuple[tuple[_Held, ...], tuple[tuple[str, tuple[str | None, ...]], ...]]
    ) -> tuple[Note, ...]:
        """One note for each rule (with the lines it holds for) or procedure, then one for each concept in conflict."""
        held, of_procedures = given
        procedures = dict(of_procedures)
        notes = []
        for id in self._advisory_rules:
            rule = self.policy.provisions[id]
            check = rule.check or id
            for code in procedures.get(id, ()):
                notes.append(Note(check, (("code", code),) if code else ()))
            lines = dict.fromkeys(
                line for line, advisories, _, is_out in held
                if id in advisories and not (rule.under_policy_only and is_out)
            )  # fmt: skip
            if lines:
                notes.append(Note(check, (("lines", tuple(lines)),)))
        in_conflict = frozenset[str]().union(*(concepts for _, _, concepts, _ in held))
        return (*notes, *(Note("conflicting-findings", (("concept", local_name(c)),)) for c in sorted(in_conflict)))
