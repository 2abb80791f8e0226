"""The blank form of one policy's domain: its fields, and everything that they offer to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from covergraph import terms
from covergraph.casegraph import KEYS, TYPES
from covergraph.checker import Checker
from covergraph.picture.column import Level, levels
from covergraph.policy import Policy
from covergraph.schema import Schema, case_schema
from covergraph.terms import cov
from covergraph.triples import Graph
from covergraph.versions import policy_versions
from covergraph.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Option:
    """A value that a field can take, as it is named, and what it means."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Options under one heading."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Sheet:
    """What the form of a domain is made from.

    ``options`` are by the fields of ``vocabulary.FIELDS``; ``concepts`` stand under the statement of the policy that
    asks for them; ``tokens`` finds a concept by its id, label or other name in small letters; ``words`` has label and
    definition of each key of a table of ``casegraph.KEYS``; ``things`` names a row of a table.
    """

    policy: str
    policies: tuple[Option, ...]
    default_policy: str
    schema: Schema
    options: Mapping[str, tuple[Option, ...]]
    concepts: tuple[Group, ...]
    tokens: Mapping[str, str]
    products: tuple[Option, ...]
    column: tuple[Level, ...]
    words: Mapping[tuple[str, str], Option]
    things: Mapping[str, str]

    def properties(self, table: str) -> dict[str, Schema]:
        """The schemas of a table's keys, references resolved."""
        properties = self._object(table)["properties"]
        return {key: self.resolved(value) for key, value in properties.items() if key in KEYS[table]}

    def required(self, table: str) -> frozenset[str]:
        """Keys that a table must have."""
        return frozenset(self._object(table)["required"])

    def _object(self, table: str) -> Schema:
        if table == "case":
            return self.schema
        key = next(key for key, known in KEYS["case"].items() if known.value == table)
        return self.resolved(self.schema["properties"][key]["items"])

    def resolved(self, schema: Schema) -> Schema:
        """A schema with the definition that it refers to in its place."""
        if "$ref" in schema:
            definition: Schema = self.schema["$defs"][schema["$ref"].rsplit("/", 1)[1]]
            return definition
        return schema

    def concept_token(self, text: str) -> str:
        """The id of the concept that a text names; the text itself where it names none."""
        return self.tokens.get(" ".join(text.casefold().split()), text)

    def concept_label(self, token: str) -> str:
        """How a concept is called in the form; the token itself where there is no such concept."""
        for group in self.concepts:
            for option in group.options:
                if option.value == token:
                    return option.label if self.tokens.get(option.label.casefold()) == token else token
        return token

    def near_concepts(self, text: str) -> list[str]:
        """Labels of concepts that are written alike."""
        labels = {option.label.casefold(): option.label for group in self.concepts for option in group.options}
        return [labels[near] for near in get_close_matches(text.casefold(), labels, n=3, cutoff=0.5)]


def policy_numbers(graph: Graph) -> tuple[str, ...]:
    """Numbers of the policies that a case can name."""
    return tuple(sorted(policy_versions(graph)))


def blank_sheet(checker: Checker, number: str) -> Sheet:
    """The form for cases under a policy, in its latest version; raises InputError for an unknown number."""
    graph, policy = checker.workspace.graph, checker.policy_at(number, date.max)
    vocabulary = policy.vocabulary
    return Sheet(
        policy=number,
        policies=tuple(
            Option(n, f"{n}, {checker.policy_at(n, date.max).title}", "") for n in policy_numbers(graph)
        ),
        default_policy=checker.default_policy,
        schema=case_schema(vocabulary, checker.default_policy),
        options={
            field: tuple(_option(graph, token, iri) for token, iri in tokens.items())
            for field, tokens in vocabulary.values.items()
        },
        concepts=tuple(_concept_groups(policy, graph)),
        tokens=_concept_names(vocabulary, graph),
        products=tuple(_products(vocabulary, graph)),
        column=levels(vocabulary, graph),
        words={(table, key): _word(graph, k.property) for table, keys in KEYS.items() for key, k in keys.items()},
        things={table: _word(graph, name).label for table, name in TYPES.items()},
    )  # fmt: skip


def _option(graph: Graph, token: str, iri: str) -> Option:
    return Option(token, graph.value(iri, terms.LABEL) or token, graph.value(iri, terms.DEFINITION) or "")


def _word(graph: Graph, name: str) -> Option:
    return _option(graph, name, cov(name))


def _concept_groups(policy: Policy, graph: Graph) -> Iterator[Group]:
    """Concepts by the first statement that asks for them or for a broader one, then the others."""
    vocabulary = policy.vocabulary
    left = dict(vocabulary.values["concept"])
    for id in policy.of_kind("Statement"):
        asked = {concept for leaf in policy.leaves_below(id) for concept in leaf.asks}
        known = {c for iri in asked if iri in vocabulary.by_iri for c in vocabulary.by_iri[iri].below}
        found = {token: iri for token, iri in left.items() if iri in known}
        left = {token: iri for token, iri in left.items() if token not in found}
        if found:
            yield Group(f"{id} {policy.provisions[id].label}", _sorted(graph, found))
    if left:
        yield Group("Others", _sorted(graph, left))


def _sorted(graph: Graph, tokens: Mapping[str, str]) -> tuple[Option, ...]:
    options = [_option(graph, token, iri) for token, iri in tokens.items()]
    return tuple(sorted(options, key=lambda option: (option.label.casefold(), option.value)))


def _concept_names(vocabulary: Vocabulary, graph: Graph) -> dict[str, str]:
    """Names of concepts in small letters; one that two concepts share is left out."""
    owners: dict[str, set[str]] = {}
    for token, iri in vocabulary.values["concept"].items():
        for name in (token, *graph.values(iri, terms.LABEL), *graph.values(iri, terms.ALT_LABEL)):
            owners.setdefault(" ".join(name.casefold().split()), set()).add(token)
    return {name: min(tokens) for name, tokens in owners.items() if len(tokens) == 1}


def _products(vocabulary: Vocabulary, graph: Graph) -> Iterator[Option]:
    """Every product that a line can name, by what it is called."""
    for token, product in vocabulary.products.items():
        devices = graph.subjects(cov("clearedBy"), product.iri) or [product.iri]
        yield Option(token, ", ".join(graph.value(d, terms.LABEL) or token for d in devices))
