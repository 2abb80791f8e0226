"""Which items of a case bear on a provision at a site, in words, with where they stand in the case.

Relevance is read off the leaf shapes: the property that a path starts with says which part of the case is asked
about (``TELLERS``), the constants of the shape say which of its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from covergraph.duration import days_and_months
from covergraph.facts import Site
from covergraph.model import Case, Document, Finding, Line, Treatment
from covergraph.policy import Policy, Provision
from covergraph.shapes import Shape
from covergraph.terms import cov, local_name
from covergraph.vocabulary import Concept

MATCHES, SPEAKS, REQUESTED = 2, 1, 0
"""How much an item says: what is asked for is there; it says something about it; it is merely the field asked about."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An item of a case that bears on a provision.

    ``pointer`` is its JSON pointer in the case; a field that the case leaves out has the pointer it would have.
    """

    pointer: str
    text: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One part of a leaf shape, asked at one site."""

    case: Case
    site: Site
    policy: Policy
    part: Shape

    @property
    def line(self) -> Line:
        return self.case.lines[self.site.line_index]

    @property
    def place(self) -> str:
        return f"/lines/{self.site.line_index}"

    def among(self, field: str) -> set[str]:
        """Values of a field of the vocabulary that the part names; all of them where it names none."""
        values = set(self.policy.vocabulary.values[field].values())
        return values & self.part.constants() or values

    def label(self, field: str, token: str) -> str:
        vocabulary = self.policy.vocabulary
        return vocabulary.labels[vocabulary.iri(field, token)]


Ranked = tuple[int, Evidence]
Teller = Callable[[_Asked], Iterator[Ranked]]


def evidence(case: Case, site: Site, provision: Provision, policy: Policy) -> tuple[Evidence, ...]:
    """What of the case bears on a provision at a site, for all its leaves; empty where the case says nothing of it."""
    found: dict[str, Evidence] = {}
    for leaf in policy.leaves_below(provision.id):
        assert leaf.shape is not None
        shown = [p for p in leaf.shape.properties if p.severity != cov("NotRuledOut")]
        for part in shown:
            for item in _tell(_Asked(case, site, policy, part)):
                known = found.setdefault(item.pointer, item)
                if len(item.text) < len(known.text):
                    found[item.pointer] = item
    return tuple(found.values())


def _tell(asked: _Asked) -> list[Evidence]:
    """The items that say most about one part of a leaf."""
    tellers = dict.fromkeys(TELLERS[key] for key in _starts(asked.part) if key in TELLERS)
    ranked = [item for teller in tellers for item in teller(asked)]
    best = max((rank for rank, _ in ranked), default=0)
    return [item for rank, item in ranked if rank == best]


def _starts(part: Shape) -> Iterator[str]:
    """The first property of each alternative of a path, once it has come to the case or the line."""
    for sequence in part.path or ():
        yield next((s.predicate for s in sequence if s.predicate not in (cov("inCase"), cov("onLine"))), "")


# ---------- what is requested ----------


def _field(name: str, text: Callable[[_Asked], tuple[str | None, str]], of_case: bool = False) -> Teller:
    """Tells one field, given a function to its IRI (to compare with what is asked for) and its text."""

    def tell(asked: _Asked) -> Iterator[Ranked]:
        iri, words = text(asked)
        rank = MATCHES if iri in asked.part.constants() else REQUESTED
        yield rank, Evidence(("" if of_case else asked.place) + f"/{name}", words)

    return tell


def _technique(asked: _Asked) -> tuple[str | None, str]:
    return asked.site.technique, f"technique: {asked.label('technique', asked.line.technique)}"


def _intent(asked: _Asked) -> tuple[str | None, str]:
    intent = asked.line.intent
    return asked.site.intent, f"intent: {asked.label('intent', intent) if intent else 'not stated'}"


def _code(asked: _Asked) -> tuple[str | None, str]:
    return asked.site.procedure_code, f"code: {asked.line.code or 'none'}"


def _product_line(asked: _Asked) -> tuple[str | None, str]:
    return asked.site.case.product, f"product: {asked.label('product', asked.case.product)}"


def _contract(asked: _Asked) -> tuple[str | None, str]:
    return None, f"the contract {'covers' if asked.case.contract_covers else 'does not cover'} the service"


def _service_date(asked: _Asked) -> tuple[str | None, str]:
    return None, f"service date: {asked.case.service_date}"


def _level(asked: _Asked) -> Iterator[Ranked]:
    if asked.site.level is not None:
        token = local_name(asked.site.level)
        rank = MATCHES if asked.site.level in asked.part.constants() else REQUESTED
        yield rank, Evidence(f"{asked.place}/levels/{asked.line.levels.index(token)}", f"level {token}")


def _products(asked: _Asked) -> Iterator[Ranked]:
    tokens = [("devices", i) for i in range(len(asked.line.devices))]
    tokens += [("cements", i) for i in range(len(asked.line.cements))]
    if not tokens:
        yield REQUESTED, Evidence(f"{asked.place}/devices", "no device or cement named")
    for (kind, index), use in zip(tokens, asked.site.product_uses, strict=True):
        product = asked.policy.vocabulary.products.get(use.token)
        words = f"{kind[:-1]} {use.token}" + ("" if product else ", not known here")
        if product and product.cleared:
            late = ", after the service date" if product.cleared > asked.case.service_date else ""
            words += f", cleared {product.cleared}{late}"
        rank = MATCHES if use.product in asked.part.constants() else REQUESTED
        yield rank, Evidence(f"{asked.place}/{kind}/{index}", words)


def _diagnoses(asked: _Asked) -> Iterator[Ranked]:
    if not asked.case.diagnoses:
        yield REQUESTED, Evidence("/diagnoses", "no diagnosis code")
    patterns = list(_patterns(asked.part))
    for index, code in enumerate(asked.case.diagnoses):
        fits = code in asked.part.constants() or any(re.search(p, code) for p in patterns)
        yield MATCHES if fits else REQUESTED, Evidence(f"/diagnoses/{index}", f"diagnosis {code}")


def _patterns(shape: Shape) -> Iterator[str]:
    if shape.pattern is not None:
        yield shape.pattern
    groups = (shape.properties, shape.nodes, *shape.all_of, *shape.any_of, (shape.qualified,) if shape.qualified else ())
    for inner in (s for group in groups for s in group):
        yield from _patterns(inner)


def _lines(asked: _Asked) -> Iterator[Ranked]:
    for index, line in enumerate(asked.case.lines):
        yield REQUESTED, Evidence(f"/lines/{index}/code", f"line {line.id}: {f'code {line.code}' if line.code else 'no code'}")


def _extent(asked: _Asked) -> Iterator[Ranked]:
    vocabulary = asked.policy.vocabulary
    for group in sorted(asked.part.constants() & vocabulary.groups.keys()):
        techniques = {token for token, iri in vocabulary.values["technique"].items() if iri in vocabulary.groups[group]}
        levels = dict.fromkeys(x for line in asked.case.lines if line.technique in techniques for x in line.levels)
        count = f"{len(levels)} level{'' if len(levels) == 1 else 's'} in the case"
        yield REQUESTED, Evidence("/lines", f"{count}: {', '.join(levels)}" if levels else count)


def _procedures(asked: _Asked) -> Iterator[Ranked]:
    if not asked.case.concurrent_procedures:
        yield REQUESTED, Evidence("/concurrentProcedures", "no concurrent procedure")
    kinds = asked.among("procedure")
    for index, procedure in enumerate(asked.case.concurrent_procedures):
        fits = asked.policy.vocabulary.iri("procedure", procedure.kind) in kinds
        approach = asked.label("approach", procedure.approach) if procedure.approach else "not stated"
        words = f"concurrent {asked.label('procedure', procedure.kind)}, approach {approach}"
        yield MATCHES if fits else REQUESTED, Evidence(f"/concurrentProcedures/{index}", words)


# ---------- what was tried and sent ----------


def _treatments(asked: _Asked) -> Iterator[Ranked]:
    kinds = asked.among("treatment")
    for index, treatment in enumerate(asked.case.treatments):
        if asked.policy.vocabulary.iri("treatment", treatment.kind) in kinds:
            yield SPEAKS, Evidence(f"/treatments/{index}", _course(asked, treatment), treatment.source)


def _course(asked: _Asked, treatment: Treatment) -> str:
    kind = asked.label("treatment", treatment.kind)
    if treatment.contraindicated:
        reason = (treatment.reason or "").strip()
        return f"{kind}: contraindicated, {f'because of {reason}' if reason else 'reason not stated'}"
    if treatment.weeks == 0:
        return f"{kind}: not done"
    weeks = "weeks not stated" if treatment.weeks is None else _count(treatment.weeks, "week")
    frequency = (treatment.frequency or "").strip() or "frequency not stated"
    response = asked.label("response", treatment.response) if treatment.response else "response not stated"
    return f"{kind}: {weeks}, {frequency}, {response}"


def _documents(asked: _Asked) -> Iterator[Ranked]:
    kinds = asked.among("document")
    for index, document in enumerate(asked.case.documents):
        if asked.policy.vocabulary.iri("document", document.kind) in kinds:
            yield SPEAKS, Evidence(f"/documents/{index}", _sent(asked, document), document.source)


def _sent(asked: _Asked, document: Document) -> str:
    by = asked.label("interpreter", document.interpreter) if document.interpreter else "interpreter not stated"
    words = f"{asked.label('document', document.kind)}: {document.date or 'date not stated'}, {by}"
    return words if document.discrepancy == "none" else f"{words}, {asked.label('discrepancy', document.discrepancy)}"


# ---------- findings ----------

SPREADS = {
    cov("WholeBody"): "counts for the whole body",
    cov("AdjacentRegions"): "counts in this region and those next to it",
}
"""Why a finding that names another level counts at this one."""


def _findings(asked: _Asked) -> Iterator[Ranked]:
    for iri in sorted(asked.part.constants() & asked.policy.vocabulary.by_iri.keys()):
        yield from _on_concept(asked, iri)


def _on_concept(asked: _Asked, iri: str) -> Iterator[Ranked]:
    """The findings that give a concept its status at the site (reading of the status: ``facts``)."""
    site, vocabulary = asked.site, asked.policy.vocabulary
    observed = [(o.index, o.concepts) for o in site.observations]
    if iri in site.present:
        yield from ((MATCHES, _finding(asked, index, iri)) for index, concepts in observed if iri in concepts)
    elif iri in site.conflicting:
        yield from _related(asked, iri, {"present", "absent"}, contradicting=vocabulary.by_iri[iri].contradicts)
    elif iri in site.unanswered:
        yield from _related(asked, iri, {"unknown"})
    elif iri in site.absent:
        ruled_out = [
            index for index, finding, concept in _all(asked)
            if finding.status == "absent" and iri in concept.below and _is_here(finding, site)
        ]  # fmt: skip
        yield from ((SPEAKS, _finding(asked, index, iri)) for index in ruled_out)
        named = [index for index, concepts in observed if concepts & vocabulary.imaging]
        if named and not ruled_out:
            labels = dict.fromkeys(asked.label("concept", asked.case.findings[index].concept) for index in named)
            words = f"not named, though {' and '.join(labels)} is"
            yield SPEAKS, Evidence(f"/findings/{named[0]}", words, asked.case.findings[named[0]].source)
    else:
        broader = vocabulary.by_iri[iri].above
        for index, concepts in observed:
            if concepts & broader:
                yield SPEAKS, _finding(asked, index, iri, "kind not stated")


def _related(
    asked: _Asked, iri: str, statuses: set[str], contradicting: Iterable[str] = frozenset()
) -> Iterator[Ranked]:
    """Findings of some statuses on a concept, a broader, a narrower or a contradicting one that reach the site."""
    spread = asked.policy.vocabulary.by_iri[iri].spread
    for index, finding, concept in _all(asked):
        is_related = iri in concept.above | concept.below or not concept.above.isdisjoint(contradicting)
        if finding.status in statuses and is_related and (spread or _is_here(finding, asked.site)):
            yield SPEAKS, _finding(asked, index, iri)


def _all(asked: _Asked) -> Iterator[tuple[int, Finding, Concept]]:
    for index, finding in enumerate(asked.case.findings):
        yield index, finding, asked.policy.vocabulary.concepts[finding.concept]


def _is_here(finding: Finding, site: Site) -> bool:
    return not finding.levels or (site.level is not None and local_name(site.level) in finding.levels)


def _finding(asked: _Asked, index: int, iri: str, remark: str = "") -> Evidence:
    """A finding in words, with why it bears on the concept where that is not plain."""
    finding, vocabulary = asked.case.findings[index], asked.policy.vocabulary
    concept, asked_for = vocabulary.concepts[finding.concept], vocabulary.labels[iri]
    words = [f"{vocabulary.labels[concept.iri]}: {finding.status}"]
    words += [f"at {', '.join(finding.levels)}"] if finding.levels else []
    words += [duration] if (duration := _duration(asked, finding)) else []
    words += [f"value {finding.value:g}"] if finding.value is not None else []
    remarks = [remark] if remark else []
    if not remark and iri in concept.above - {concept.iri}:
        remarks.append(f"a kind of {asked_for}")
    elif not remark and iri in concept.below - {concept.iri}:
        remarks.append(f"{asked_for} included")
    if not _is_here(finding, asked.site) and (spread := vocabulary.by_iri[iri].spread):
        remarks.append(SPREADS[spread])
    text = ", ".join(words) + (f" ({'; '.join(remarks)})" if remarks else "")
    return Evidence(f"/findings/{index}", text, finding.source)


def _duration(asked: _Asked, finding: Finding) -> str:
    least, most, _ = days_and_months(finding, asked.case.service_date)
    onset = f"onset {finding.onset}, " if finding.onset else ""
    if least is None and most is None:
        is_asked = finding.status == "present" and cov("observation") in _starts(asked.part)
        return "duration not stated" if is_asked else ""
    if least is None:
        return f"at most {_count(most or 0, 'day')}"
    if most is None:
        return f"at least {_count(least, 'day')}"
    return onset + _count(most, "day") if least == most else f"{least} to {_count(most, 'day')}"


def _count(number: float, unit: str) -> str:
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


TELLERS: dict[str, Teller] = {
    **dict.fromkeys(map(cov, ("present", "absent", "conflicting", "unanswered", "observation")), _findings),
    cov("technique"): _field("technique", _technique),
    cov("intent"): _field("intent", _intent),
    cov("level"): _level,
    cov("procedureCode"): _field("code", _code),
    cov("code"): _field("code", _code),
    cov("productUse"): _products,
    cov("product"): _field("product", _product_line, of_case=True),
    cov("contractCovers"): _field("contractCovers", _contract, of_case=True),
    cov("serviceDate"): _field("serviceDate", _service_date, of_case=True),
    cov("diagnosis"): _diagnoses,
    cov("line"): _lines,
    cov("extent"): _extent,
    cov("concurrentProcedure"): _procedures,
    cov("treatment"): _treatments,
    cov("document"): _documents,
}
"""Who tells about the facts that a path starts with."""
