"""What reports are worded with: the few properties of the content that readable reports look up.

They are read out of the store once and kept on disk, so that a report needs no store.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from covergraph import terms
from covergraph.terms import cov

if TYPE_CHECKING:
    from covergraph.triples import Graph

PROPERTIES = (
    terms.LABEL, terms.DEFINITION,
    *map(cov, ("paraphrase", "defersTo", "directPartOf", "concerns", "chosen", "alternative", "ordinal")),
)  # fmt: skip


class Texts(NamedTuple):
    """The values of the PROPERTIES, asked for as of ``triples.Graph``; any other property is a KeyError."""

    known: dict[str, dict[str, tuple[str, ...]]]
    """Values by property and subject (IRIs), in the order of the store."""
    readings: tuple[str, ...]
    """IRIs of the recorded readings, in their order."""

    def value(self, subject: str, predicate: str) -> str | None:
        """The one value, or None."""
        return next(iter(self.known[predicate].get(subject, ())), None)

    def values(self, subject: str, predicate: str) -> list[str]:
        """All values, sorted."""
        return sorted(self.known[predicate].get(subject, ()))

    def number(self, subject: str, predicate: str) -> int | None:
        """The one value as a whole number, or None."""
        text = self.value(subject, predicate)
        return None if text is None else int(text)


def read_texts(graph: "Graph") -> Texts:
    """The texts of the content."""

    def values_of(predicate: str) -> dict[str, tuple[str, ...]]:
        subjects: Iterable[str] = dict.fromkeys(subject for subject, _ in graph.pairs(predicate))
        return {s: tuple(term.value for term in graph.terms(s, predicate)) for s in subjects}

    return Texts({predicate: values_of(predicate) for predicate in PROPERTIES}, tuple(graph.instances("Reading")))
