"""Which items of a case bear on a provision at a site, in words, with where they stand in the case.

Relevance is read off the leaf shapes: the property that a path starts with says which part of the case is asked
about (``TELLERS``), the constants of the shape say which of its values.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from covergraph import wording
from covergraph.facts import Site
from covergraph.model import Case, Finding, Line
from covergraph.policy import Policy, Provision
from covergraph.shapes import Shape
from covergraph.terms import cov, local_name
from covergraph.vocabulary import Concept, Vocabulary

MATCHES, SPEAKS, REQUESTED = 2, 1, 0
"""How much an item says: what is asked for is there; it says something about it; it is merely the field asked about."""


class Evidence(NamedTuple):
    """An item of a case that bears on a provision.

    ``pointer`` is its JSON pointer in the case; a field that the case leaves out has the pointer it would have.
    """

    pointer: str
    text: str
    source: str | None = None


class _Asked:
    """One part of a leaf shape, asked at one site."""

    def __init__(self, case: Case, site: Site, vocabulary: Vocabulary, part: Shape) -> None:
        self.case = case
        self.site = site
        self.vocabulary = vocabulary
        self.part = part

    @cached_property
    def constants(self) -> set[str]:
        return self.part.constants()

    @property
    def line(self) -> Line:
        return self.case.lines[self.site.line_index]

    @property
    def place(self) -> str:
        return f"/lines/{self.site.line_index}"

    @property
    def findings(self) -> list[tuple[int, Finding, Concept]]:
        return [(i, f, self.vocabulary.concepts[f.concept]) for i, f in enumerate(self.case.findings)]

    def rank(self, iri: str | None) -> int:
        """How much a requested value says."""
        return MATCHES if iri in self.constants else REQUESTED

    def wants(self, field: str, token: str) -> bool:
        """Whether the part names this value of a field of the vocabulary, or none of that field."""
        values = set(self.vocabulary.values[field].values())
        return self.vocabulary.iri(field, token) in (values & self.constants or values)


Ranked = tuple[int, Evidence]
Teller = Callable[[_Asked], Iterator[Ranked]]


def evidence(case: Case, site: Site, provision: Provision, policy: Policy) -> tuple[Evidence, ...]:
    """What of the case bears on a provision at a site, for all its leaves; empty where the case says nothing of it."""
    found: dict[str, Evidence] = {}
    for leaf in policy.leaves_below(provision.id):
        assert leaf.shape is not None
        for part in leaf.shape.properties:
            if part.severity != cov("NotRuledOut"):
                for item in _tell(_Asked(case, site, policy.vocabulary, part)):
                    known = found.setdefault(item.pointer, item)
                    found[item.pointer] = min(known, item, key=lambda e: len(e.text))
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


def _technique(asked: _Asked) -> Iterator[Ranked]:
    words = f"technique: {wording.label(asked.vocabulary, 'technique', asked.line.technique)}"
    yield asked.rank(asked.site.technique), Evidence(f"{asked.place}/technique", words)


def _intent(asked: _Asked) -> Iterator[Ranked]:
    intent = asked.line.intent
    words = f"intent: {wording.label(asked.vocabulary, 'intent', intent) if intent else 'not stated'}"
    yield asked.rank(asked.site.intent), Evidence(f"{asked.place}/intent", words)


def _code(asked: _Asked) -> Iterator[Ranked]:
    yield asked.rank(asked.site.procedure_code), Evidence(f"{asked.place}/code", f"code: {asked.line.code or 'none'}")


def _product_line(asked: _Asked) -> Iterator[Ranked]:
    words = f"product: {wording.label(asked.vocabulary, 'product', asked.case.product)}"
    yield asked.rank(asked.site.case.product), Evidence("/product", words)


def _contract(asked: _Asked) -> Iterator[Ranked]:
    words = f"the contract {'covers' if asked.case.contract_covers else 'does not cover'} the service"
    yield REQUESTED, Evidence("/contractCovers", words)


def _service_date(asked: _Asked) -> Iterator[Ranked]:
    yield REQUESTED, Evidence("/serviceDate", f"service date: {asked.case.service_date}")


def _level(asked: _Asked) -> Iterator[Ranked]:
    if asked.site.level is not None:
        token = local_name(asked.site.level)
        place = f"{asked.place}/levels/{asked.line.levels.index(token)}"
        yield asked.rank(asked.site.level), Evidence(place, f"level {token}")


def _products(asked: _Asked) -> Iterator[Ranked]:
    named = [("devices", i) for i in range(len(asked.line.devices))]
    named += [("cements", i) for i in range(len(asked.line.cements))]
    if not named:
        yield REQUESTED, Evidence(f"{asked.place}/devices", "no device or cement named")
    for (field, index), use in zip(named, asked.site.product_uses, strict=True):
        words = wording.product(field.removesuffix("s"), use.token, asked.case.service_date, asked.vocabulary)
        yield asked.rank(use.product), Evidence(f"{asked.place}/{field}/{index}", words)


def _diagnoses(asked: _Asked) -> Iterator[Ranked]:
    if not asked.case.diagnoses:
        yield REQUESTED, Evidence("/diagnoses", "no diagnosis code")
    patterns = asked.part.patterns()
    for index, code in enumerate(asked.case.diagnoses):
        fits = code in asked.constants or any(re.search(p, code) for p in patterns)
        yield MATCHES if fits else REQUESTED, Evidence(f"/diagnoses/{index}", f"diagnosis {code}")


def _lines(asked: _Asked) -> Iterator[Ranked]:
    for index, line in enumerate(asked.case.lines):
        words = f"line {line.id}: {f'code {line.code}' if line.code else 'no code'}"
        yield REQUESTED, Evidence(f"/lines/{index}/code", words)


def _extent(asked: _Asked) -> Iterator[Ranked]:
    groups = asked.vocabulary.groups
    counted = {technique for group in groups.keys() & asked.constants for technique in groups[group]}
    lines = [line for line in asked.case.lines if asked.vocabulary.iri("technique", line.technique) in counted]
    levels = dict.fromkeys(level for line in lines for level in line.levels)
    words = f"{wording.counted(len(levels), 'level')} in the case" + (f": {', '.join(levels)}" if levels else "")
    yield REQUESTED, Evidence("/lines", words)


def _procedures(asked: _Asked) -> Iterator[Ranked]:
    if not asked.case.concurrent_procedures:
        yield REQUESTED, Evidence("/concurrentProcedures", "no concurrent procedure")
    for index, item in enumerate(asked.case.concurrent_procedures):
        rank = MATCHES if asked.wants("procedure", item.kind) else REQUESTED
        yield rank, Evidence(f"/concurrentProcedures/{index}", wording.procedure(item, asked.vocabulary))


# ---------- what was tried, sent and found ----------


def _treatments(asked: _Asked) -> Iterator[Ranked]:
    for index, item in enumerate(asked.case.treatments):
        if asked.wants("treatment", item.kind):
            yield SPEAKS, Evidence(f"/treatments/{index}", wording.treatment(item, asked.vocabulary), item.source)


def _documents(asked: _Asked) -> Iterator[Ranked]:
    for index, item in enumerate(asked.case.documents):
        if asked.wants("document", item.kind):
            yield SPEAKS, Evidence(f"/documents/{index}", wording.document(item, asked.vocabulary), item.source)


def _findings(asked: _Asked) -> Iterator[Ranked]:
    for iri in sorted(asked.constants & asked.vocabulary.by_iri.keys()):
        yield from _on_concept(asked, iri)


def _on_concept(asked: _Asked, iri: str) -> Iterator[Ranked]:
    """The findings that give a concept its status at the site, as ``sites`` derives it."""
    site, concept = asked.site, asked.vocabulary.by_iri[iri]
    observed = [(o.index, o.concepts) for o in site.observations]
    if iri in site.present:
        yield from ((MATCHES, _finding(asked, i, iri)) for i, concepts in observed if iri in concepts)
    elif iri in site.conflicting or iri in site.unanswered:
        statuses, rivals = {"unknown"}, frozenset[str]()
        if iri in site.conflicting:
            statuses = {"present", "absent"}
            rivals = rivals.union(*(asked.vocabulary.by_iri[x].contradicts for x in concept.below))
        for i, finding, other in asked.findings:
            is_related = iri in other.above | other.below or not rivals.isdisjoint(other.above)
            if finding.status in statuses and is_related and _reaches(asked, finding, concept):
                yield SPEAKS, _finding(asked, i, iri)
    elif iri in site.absent:
        is_ruled_out = False
        for i, finding, other in asked.findings:
            if finding.status == "absent" and iri in other.below and _is_here(finding, site):
                is_ruled_out = True
                yield SPEAKS, _finding(asked, i, iri)
        if not is_ruled_out:
            yield from _closed(asked, [i for i, concepts in observed if concepts & asked.vocabulary.imaging])
    else:
        for i, _ in observed:
            if asked.vocabulary.concepts[asked.case.findings[i].concept].iri in concept.above - {iri}:
                yield SPEAKS, _finding(asked, i, iri, "kind not stated")


def _closed(asked: _Asked, named: list[int]) -> Iterator[Ranked]:
    """Imaging closure: what imaging does not name is not there, once it names something."""
    if named:
        labels = dict.fromkeys(
            wording.label(asked.vocabulary, "concept", asked.case.findings[i].concept) for i in named
        )
        words = f"not named, though {' and '.join(labels)} {'is' if len(labels) == 1 else 'are'}"
        yield SPEAKS, Evidence(f"/findings/{named[0]}", words, asked.case.findings[named[0]].source)


def _is_here(finding: Finding, site: Site) -> bool:
    return not finding.levels or (site.level is not None and local_name(site.level) in finding.levels)


def _reaches(asked: _Asked, finding: Finding, concept: Concept) -> bool:
    """Whether a finding counts at the site when this concept is asked about."""
    if _is_here(finding, asked.site) or concept.spread == cov("WholeBody"):
        return True
    near = asked.vocabulary.near.get(asked.site.level or "", frozenset()) if concept.spread else frozenset[str]()
    return any(asked.vocabulary.iri("level", named) in near for named in finding.levels)


SPREADS = {
    cov("WholeBody"): "counts for the whole body",
    cov("AdjacentRegions"): "counts in its own region and those next to it",
}
"""Why a finding that names another level counts at this one."""


def _finding(asked: _Asked, index: int, iri: str, remark: str = "") -> Evidence:
    """A finding in words, with why it bears on the concept where that is not plain."""
    finding, concept = asked.case.findings[index], asked.vocabulary.concepts[asked.case.findings[index].concept]
    words = wording.finding(
        finding, asked.case.service_date, asked.vocabulary, asks_duration=cov("observation") in _starts(asked.part)
    )
    remarks = [remark] if remark else []
    if not remark and iri in concept.above - {concept.iri}:
        remarks.append(f"a kind of {asked.vocabulary.labels[iri]}")
    elif not remark and iri in concept.below - {concept.iri}:
        remarks.append(f"{asked.vocabulary.labels[iri]} included")
    if not _is_here(finding, asked.site) and (spread := asked.vocabulary.by_iri[iri].spread):
        remarks.append(SPREADS[spread])
    return Evidence(f"/findings/{index}", words + (f" ({'; '.join(remarks)})" if remarks else ""), finding.source)


TELLERS: dict[str, Teller] = {
    **dict.fromkeys(map(cov, ("present", "absent", "conflicting", "unanswered", "observation")), _findings),
    cov("technique"): _technique, cov("intent"): _intent, cov("level"): _level,
    cov("procedureCode"): _code, cov("code"): _code, cov("productUse"): _products,
    cov("product"): _product_line, cov("contractCovers"): _contract, cov("serviceDate"): _service_date,
    cov("diagnosis"): _diagnoses, cov("line"): _lines, cov("extent"): _extent,
    cov("concurrentProcedure"): _procedures, cov("treatment"): _treatments, cov("document"): _documents,
}  # fmt: skip
"""Who tells about the facts that a path starts with."""
