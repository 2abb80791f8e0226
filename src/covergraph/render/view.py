"""Everything that a readable report says, as plain values in reading order; the renderers only lay it out."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from covergraph import terms
from covergraph.explain import evidence
from covergraph.facts import Facts, Site
from covergraph.model import Case, Line, Note, Outcome, Report
from covergraph.policy import Policy
from covergraph.render.asks import Ask, ask
from covergraph.render.groups import Group, alike
from covergraph.render.plain import each_text, plain
from covergraph.render.sentences import WORDS, Remark, reason, remark, rule_text, wording
from covergraph.render.tree import Node, supporting
from covergraph.terms import cov
from covergraph.texts import Texts
from covergraph.wording import label

CLOSING = "This report supports a clinician's decision and does not replace it: a clinician decides."


class SiteView(NamedTuple):
    """One or more levels of a line that came out alike, with the criteria as they stand there."""

    headline: str
    criteria: tuple[Node, ...]


class LineView(NamedTuple):
    """One line: what it asks for, and its sites."""

    title: str
    sites: tuple[SiteView, ...]


class Presumed(NamedTuple):
    """Exclusions that the record does not mention at some sites and that were presumed absent."""

    where: str
    exclusions: tuple[tuple[str, str], ...]


class Section(NamedTuple):
    """Remarks under one heading."""

    title: str
    remarks: tuple[Remark, ...]


class ReadingView(NamedTuple):
    """A recorded reading of a clause that the report rests on."""

    iri: str
    label: str
    clauses: tuple[str, ...]
    chosen: str
    alternative: str


class PolicyView(NamedTuple):
    """The policy version that judged the case."""

    number: str
    title: str
    version: str
    effective: str

    @property
    def sentence(self) -> str:
        """The policy line of a report."""
        return f"Policy {self.number}, {self.title}: version {self.version}, effective {self.effective}."


class ReportView(NamedTuple):
    """A report as it is read, from the headline down."""

    case: str
    headline: str
    request: str
    determination: str
    lines: tuple[LineView, ...]
    asks: tuple[Ask, ...]
    presumed: tuple[Presumed, ...]
    documentation: tuple[Node, ...]
    sections: tuple[Section, ...]
    readings: tuple[ReadingView, ...]
    policy: PolicyView
    closing: str = CLOSING


def report_view(case: Case, report: Report, policy: Policy, facts: Facts, texts: Texts) -> ReportView:
    """The readable form of a report; all text from the case is stripped of control characters."""
    groups = list(alike(case, report, policy, facts, texts))
    return each_text(
        ReportView(
            case=case.id,
            headline=_headline(report, groups, policy, texts),
            request=f"Case {case.id}, product {label(policy.vocabulary, 'product', case.product)}, "
            f"service date {case.service_date}",
            determination=wording(report.determination),
            lines=tuple(_line_views(case, report, groups, policy, texts)),
            asks=_asks(groups, policy),
            presumed=_presumed(groups, policy),
            documentation=_documentation(case, report, policy, facts.sites[0]),
            sections=tuple(s for s in _sections(case, report, policy, texts) if s.remarks),
            readings=touched_readings((s.outcome for line in report.lines for s in line.sites), policy, texts),
            policy=PolicyView(policy.number, policy.title, report.policy_version, policy.version.isoformat()),
        ),
        plain,
    )


def _headline(report: Report, groups: list[Group], policy: Policy, texts: Texts) -> str:
    """What was found and why; where levels or lines differ, where what was found."""
    overall = _capital(wording(report.determination))
    if not report.mixed:
        return " ".join([f"{overall}.", *dict.fromkeys(reason(g.outcome, policy, texts) for g in groups)])
    where: dict[str, list[str]] = {}
    for group in groups:
        where.setdefault(group.outcome.determination, []).append(group.where)
    ranked = sorted(where.items(), key=lambda found: -policy.determinations[found[0]])
    return " ".join([f"{overall} (mixed).", *(f"{_capital(wording(what))}: {'; '.join(at)}." for what, at in ranked)])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _line_views(case: Case, report: Report, groups: list[Group], policy: Policy, texts: Texts) -> Iterator[LineView]:
    """Each line with its sites; sites that are not alone say why, lines of several what they come to."""
    for number, line in enumerate(case.lines):
        own = [g for g in groups if g.line == number]
        title = _title(line, policy)
        if len(own) > 1:
            title += f": {wording(report.lines[number].determination)}"
        sites = []
        for group in own:
            what = wording(group.outcome.determination)
            headline = f"{group.level}: {what}." if group.level else f"{_capital(what)}."
            why = f" {reason(group.outcome, policy, texts)}" if len(groups) > 1 else ""
            sites.append(SiteView(headline + why, group.criteria))
        yield LineView(title, tuple(sites))


def _title(line: Line, policy: Policy) -> str:
    words = [label(policy.vocabulary, "technique", line.technique)]
    words += [label(policy.vocabulary, "intent", line.intent)] if line.intent else []
    words += [f"at {', '.join(line.levels)}"] if line.levels else []
    words += [f"code {line.code}" + (f" x {line.units}" if line.units > 1 else "") if line.code else "no code"]
    products = ", ".join((*line.devices, *line.cements))
    return f"Line {line.id}: " + ", ".join(words) + (f", with {products}" if products else "")


def _asks(groups: list[Group], policy: Policy) -> tuple[Ask, ...]:
    """One block of questions for all sites that leave the same."""
    found: dict[Ask, list[str]] = {}
    for group in groups:
        if asked := ask("", group.outcome, policy):
            found.setdefault(asked, []).append(group.where)
    return tuple(asked._replace(where="; ".join(filter(None, places))) for asked, places in found.items())


def _presumed(groups: list[Group], policy: Policy) -> tuple[Presumed, ...]:
    """What is presumed absent at all sites under the policy, then what is at some of them besides."""
    under = [g for g in groups if g.outcome.presumed_absent]
    common = tuple(
        id for id in (under[0].outcome.presumed_absent if under else ())
        if all(id in g.outcome.presumed_absent for g in under)
    )  # fmt: skip
    found: dict[tuple[str, ...], list[str]] = {common: [g.where for g in under] if len(under) < len(groups) else []}
    for group in under:
        further = tuple(id for id in group.outcome.presumed_absent if id not in common)
        found.setdefault(further, []).append(group.where)
    return tuple(
        Presumed(
            "; ".join(places) + (" also" if common and ids != common else ""),
            tuple((id, policy.provisions[id].label) for id in ids),
        )
        for ids, places in found.items()
        if ids
    )


def _documentation(case: Case, report: Report, policy: Policy, site: Site) -> tuple[Node, ...]:
    nodes = []
    for id, value in report.documentation:
        provision = policy.provisions[id]
        items = () if value == "not-applicable" else evidence(case, site, provision, policy)
        nodes.append(Node(id, provision.label, provision.page, WORDS[value], evidence=items))
    return tuple(nodes)


def _sections(case: Case, report: Report, policy: Policy, texts: Texts) -> Iterator[Section]:
    def remarks(notes: Iterable[Note], line: Line | None = None) -> list[Remark]:
        return [remark(note, case, line, policy, texts) for note in notes]

    both = zip(report.lines, case.lines, strict=True)
    yield Section("Codes and devices", tuple(r for judged, line in both for r in remarks(judged.coding, line)))
    yield Section("Diagnoses", tuple(remarks(report.diagnoses)))
    yield Section("Reimbursement", tuple(_unpaid(report, policy, texts)))
    yield Section("Advisories", tuple(remarks(report.advisories)))


def _unpaid(report: Report, policy: Policy, texts: Texts) -> Iterator[Remark]:
    for id in policy.of_kind("ReimbursementRule"):
        if lines := [line.id for line in report.lines if id in line.reimbursement]:
            which = f" Lines: {', '.join(lines)}." if len(report.lines) > 1 else ""
            yield Remark(id, rule_text(policy, id, texts) + which, policy.provisions[id].page)


def touched_readings(outcomes: Iterable[Outcome], policy: Policy, texts: Texts) -> tuple[ReadingView, ...]:
    """Recorded readings of what outcomes rest on, in the order of the clauses.

    They rest on what decided, held or is missing, on what gave that its value, and on all that it stands in.
    """
    rests_on: set[str] = set()
    for outcome in outcomes:
        sets = (*outcome.missing, *outcome.then)
        rests_on |= {*supporting(policy, outcome, outcome.decided_by), *outcome.decided_by, *outcome.holds}
        rests_on |= {*outcome.rule_out, *(id for members in sets for id in members)}
    base = policy.iri + "/"
    touched = {iri for id in rests_on for iri in _with_ancestors(base + id, texts) if iri.startswith(base)}
    found = []
    for reading in texts.readings:
        concerned = texts.values(reading, cov("concerns"))
        if touched.isdisjoint(concerned):
            continue
        concerned.sort(key=lambda iri: (texts.number(iri, cov("ordinal")) or 0, iri))
        found.append(
            ReadingView(
                iri=reading,
                label=texts.value(reading, terms.LABEL) or terms.local_name(reading),
                clauses=tuple(iri.removeprefix(base) for iri in concerned),
                chosen=texts.value(reading, cov("chosen")) or "",
                alternative=texts.value(reading, cov("alternative")) or "",
            )
        )
    return tuple(sorted(found, key=lambda r: texts.number(base + r.clauses[0], cov("ordinal")) or 0))


def _with_ancestors(iri: str, texts: Texts) -> Iterator[str]:
    parent: str | None = iri
    while parent is not None:
        yield parent
        parent = texts.value(parent, cov("directPartOf"))
