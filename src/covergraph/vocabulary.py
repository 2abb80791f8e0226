"""What a case of one domain may say, read from the ontology: value lists, concepts, levels, products, codes.

Everything that needs a walk over the graph is walked here, once per policy; judging a case only looks things up.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from covergraph import terms
from covergraph.statuses import ConceptBits, Lattice
from covergraph.terms import cov

if TYPE_CHECKING:
    from covergraph.triples import Graph

FIELDS = {
    "product": "ProductLine", "technique": "Technique", "intent": "Intent", "level": "Level",
    "status": "FindingStatus", "concept": "ClinicalConcept", "treatment": "TreatmentKind", "response": "Response",
    "document": "DocumentKind", "interpreter": "Interpreter", "discrepancy": "DiscrepancyStatus",
    "procedure": "ProcedureKind", "approach": "Approach",
}  # fmt: skip
"""Lists of values of a case, by the prefix of their IRIs, with the class of their members."""


class Concept(NamedTuple):
    """A clinical concept with its closed hierarchy; ``above`` and ``below`` are IRIs and include the concept itself."""

    iri: str
    above: frozenset[str]
    below: frozenset[str]
    contradicts: frozenset[str]
    spread: str | None


class Product(NamedTuple):
    """A device, cement or clearance that a case can name; ``cleared`` is the first clearance of a known date."""

    iri: str
    cleared: date | None
    techniques: frozenset[str]


class ProcedureCode(NamedTuple):
    """What a procedure code says of its line; IRIs. No regions or no check: the code says nothing of levels."""

    iri: str
    techniques: frozenset[str]
    regions: frozenset[str]
    excluded_levels: frozenset[str]
    first_level_only: bool
    levels_per_unit: int | None
    add_on_to: frozenset[str]


class Vocabulary(NamedTuple):
    """The values of one domain. ``values`` maps a list of FIELDS to its tokens, each with its IRI, in order."""

    domain: str
    values: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, str]
    concepts: Mapping[str, Concept]
    by_iri: Mapping[str, Concept]
    imaging: frozenset[str]
    open_imaging: tuple[str, ...]
    region_of: Mapping[str, str]
    near: Mapping[str, frozenset[str]]
    groups: Mapping[str, frozenset[str]]
    products: Mapping[str, Product]
    codes: Mapping[str, ProcedureCode]
    lattice: Lattice

    def iri(self, field: str, token: str) -> str:
        """IRI of a token of one of the FIELDS."""
        return self.values[field][token]


def closure(start: Iterable[str], step: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Everything reached from the start by any number of steps, the start included.

    >>> sorted(closure([1], lambda n: [n * 2] if n < 8 else []))
    [1, 2, 4, 8]
    """
    reached: set[str] = set()
    pending = list(start)
    while pending:
        node = pending.pop()
        if node not in reached:
            reached.add(node)
            pending.extend(step(node))
    return frozenset(reached)


def read_vocabulary(graph: "Graph", domain: str) -> Vocabulary:
    """The vocabulary of a domain: its own values and those that belong to no domain in particular."""

    def here(iri: str) -> bool:
        domains = graph.values(iri, cov("inDomain"))
        return not domains or domain in domains

    values = {
        field: {
            graph.value(iri, terms.NOTATION) or terms.local_name(iri): iri for iri in graph.instances(cls) if here(iri)
        }
        for field, cls in FIELDS.items()
    }
    concepts = values["concept"]
    broader = {iri: graph.values(iri, terms.BROADER) for iri in concepts.values()}
    above = {iri: closure([iri], lambda c: broader.get(c, [])) for iri in broader}
    contradicts: dict[str, set[str]] = {}
    for one, other in graph.pairs(cov("contradicts")):
        contradicts.setdefault(one, set()).add(other)
        contradicts.setdefault(other, set()).add(one)
    region_of = {iri: region for iri in values["level"].values() if (region := graph.value(iri, cov("region")))}
    adjacent: dict[str, set[str]] = {}
    for one, other in graph.pairs(cov("adjacentTo")):
        adjacent.setdefault(one, {one}).add(other)
        adjacent.setdefault(other, {other}).add(one)
    groups: dict[str, set[str]] = {group: set() for group in graph.instances("TechniqueGroup") if here(group)}
    for technique, group in graph.pairs(cov("inGroup")):
        if technique in values["technique"].values():
            groups.setdefault(group, set()).add(technique)
    closed = {
        token: Concept(
            iri=iri,
            above=above[iri],
            below=frozenset(other for other in above if iri in above[other]),
            contradicts=frozenset(contradicts.get(iri, ())),
            spread=graph.value(iri, cov("spreads")),
        )
        for token, iri in concepts.items()
    }
    imaging = frozenset(graph.instances("ImagingConcept")) & frozenset(concepts.values())
    open_imaging = tuple(iri for iri in graph.instances("OpenImagingConcept") if iri in broader)
    near = {
        level: frozenset(o for o, r in region_of.items() if r in adjacent.get(region, {region}))
        for level, region in region_of.items()
    }
    return Vocabulary(
        domain=domain,
        values=values,
        labels={
            iri: graph.value(iri, terms.LABEL) or token for field in values.values() for token, iri in field.items()
        },
        concepts=closed,
        by_iri={concept.iri: concept for concept in closed.values()},
        imaging=imaging,
        open_imaging=open_imaging,
        region_of=region_of,
        near=near,
        groups={group: frozenset(members) for group, members in sorted(groups.items())},
        products=_products(graph),
        codes=_codes(graph),
        lattice=_lattice(closed, graph.instances("ClinicalConcept"), imaging, open_imaging, values["level"], near),
    )


def _lattice(
    concepts: Mapping[str, Concept],
    order: list[str],
    imaging: Iterable[str],
    open_imaging: Iterable[str],
    levels: Mapping[str, str],
    near: Mapping[str, Iterable[str]],
) -> Lattice:
    """The hierarchy as sets of bits; ``order`` holds the concepts of all domains, so that all number them alike."""
    bits = {iri: 1 << place for place, iri in enumerate(order)}
    level_bits = {iri: 1 << place for place, iri in enumerate(levels.values())}
    here = {concept.iri for concept in concepts.values()}

    def union(iris: Iterable[str], of: Mapping[str, int] = bits) -> int:
        return sum(of[iri] for iri in iris)

    def spreading(how: str) -> int:
        return union(concept.iri for concept in concepts.values() if concept.spread == cov(how))

    known = {
        token: ConceptBits(bits[c.iri], union(c.above), union(c.below), union(c.contradicts & here))
        for token, c in concepts.items()
    }
    by_iri = {concepts[token].iri: found for token, found in known.items()}
    return Lattice(
        concepts=known,
        iris=tuple(iri if iri in here else "" for iri in order),
        whole_body=spreading("WholeBody"),
        spreads=spreading("WholeBody") | spreading("AdjacentRegions"),
        imaging=union(imaging),
        open_imaging=tuple(by_iri[iri] for iri in open_imaging),
        levels={token: level_bits[iri] for token, iri in levels.items()},
        near={level_bits[level]: union(others, level_bits) for level, others in near.items()},
    )


def _products(graph: "Graph") -> dict[str, Product]:
    products = {}
    for iri, token in graph.pairs(cov("productId")):
        dates = [d for c in (iri, *graph.values(iri, cov("clearedBy"))) if (d := graph.value(c, cov("decisionDate")))]
        category = graph.value(iri, cov("category"))
        products[token] = Product(
            iri=iri,
            cleared=min(map(date.fromisoformat, dates), default=None),
            techniques=frozenset(graph.values(category, cov("forTechnique")) if category else ()),
        )
    return products


def _codes(graph: "Graph") -> dict[str, ProcedureCode]:
    codes = {}
    for iri in graph.instances("ProcedureCode"):
        codes[graph.value(iri, terms.NOTATION) or terms.local_name(iri)] = ProcedureCode(
            iri=iri,
            techniques=frozenset(graph.values(iri, cov("fitsTechnique"))),
            regions=frozenset(graph.values(iri, cov("fitsRegion"))),
            excluded_levels=frozenset(graph.values(iri, cov("excludesLevel"))),
            first_level_only=graph.value(iri, cov("levelsChecked")) == cov("FirstLevelOnly"),
            levels_per_unit=graph.number(iri, cov("levelsPerUnit")),
            add_on_to=frozenset(graph.values(iri, cov("addOnTo"))),
        )
    return codes


def label(graph: "Graph", iri: str) -> str:
    """Label of a thing, else the end of its IRI."""
    return graph.value(iri, terms.LABEL) or terms.local_name(iri)
