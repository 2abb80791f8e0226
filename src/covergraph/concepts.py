"""Finding clinical concepts by the words of their names and definitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from covergraph import terms
from covergraph.triples import Graph
from covergraph.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class FoundConcept:
    """A concept with what people look for it by; ``broader`` and ``narrower`` are ids."""

    id: str
    iri: str
    label: str
    synonyms: tuple[str, ...]
    definition: str
    broader: tuple[str, ...]
    narrower: tuple[str, ...]


def find_concepts(graph: Graph, vocabulary: Vocabulary, text: str) -> Iterator[FoundConcept]:
    """The concepts of a domain that have every word of a text in id, label, synonyms or definition, by id."""
    words = _plain(text).split()
    for id, concept in sorted(vocabulary.concepts.items()):
        found = FoundConcept(
            id=id,
            iri=concept.iri,
            label=vocabulary.labels[concept.iri],
            synonyms=tuple(graph.values(concept.iri, terms.ALT_LABEL)),
            definition=graph.value(concept.iri, terms.DEFINITION) or "",
            broader=_ids(graph.values(concept.iri, terms.BROADER)),
            narrower=_ids(graph.subjects(terms.BROADER, concept.iri)),
        )
        said = _plain(" ".join((id, found.label, *found.synonyms, found.definition)))
        if all(word in said for word in words):
            yield found


def _plain(text: str) -> str:
    return text.casefold().replace("-", " ")


def _ids(iris: list[str]) -> tuple[str, ...]:
    return tuple(sorted(map(terms.local_name, iris)))
