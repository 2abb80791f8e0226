"""The IRIs that the program itself needs to know; the only module that spells one out.

Everything else (clauses, concepts, codes, products) is content and is read from the graph.
The prefixes follow ``ontology/prefixes.ttl``.
"""

from typing import Final

BASE: Final = "https://w3id.org/covergraph/"
COV: Final = BASE + "ont#"
CONTEXT: Final = BASE + "context/case.jsonld"
CASE_SCHEMA: Final = BASE + "schema/case/1"
REPORT_SCHEMA: Final = BASE + "schema/report/1"
CASES: Final = BASE + "case/"
PREFIXES: Final = BASE + "prefixes"
GRAPHS: Final = BASE + "graph/"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SH: Final = "http://www.w3.org/ns/shacl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
EARL: Final = "http://www.w3.org/ns/earl#"
SD: Final = "http://www.w3.org/ns/sparql-service-description#"
FORMATS: Final = "http://www.w3.org/ns/formats/"
PROV: Final = "http://www.w3.org/ns/prov#"
SVG: Final = "http://www.w3.org/2000/svg"
VOID: Final = "http://rdfs.org/ns/void#"

TYPE: Final = RDF + "type"
FIRST: Final = RDF + "first"
REST: Final = RDF + "rest"
NIL: Final = RDF + "nil"
LABEL: Final = RDFS + "label"
SUBCLASS_OF: Final = RDFS + "subClassOf"
NOTATION: Final = SKOS + "notation"
BROADER: Final = SKOS + "broader"
DEFINITION: Final = SKOS + "definition"
EDITORIAL_NOTE: Final = SKOS + "editorialNote"
ALT_LABEL: Final = SKOS + "altLabel"
VERSION_IRI: Final = OWL + "versionIRI"
JSON_SCHEMA: Final = "https://json-schema.org/draft/2020-12/schema"


def cov(name: str) -> str:
    """IRI of a term of the core vocabulary.

    >>> cov("Site")
    'https://w3id.org/covergraph/ont#Site'
    """
    return COV + name


def local_name(iri: str) -> str:
    """What follows the last ``#`` or ``/`` of an IRI.

    >>> local_name("https://w3id.org/covergraph/level/L1")
    'L1'
    """
    return iri[max(iri.rfind("#"), iri.rfind("/")) + 1 :]


def case_iri(case_id: str) -> str:
    """IRI of a case.

    >>> case_iri("a:1")
    'https://w3id.org/covergraph/case/a%3A1'
    """
    return CASES + _quoted(case_id)


def site_iri(case: str, line_id: str, level: str | None) -> str:
    """IRI of a site of a case; ``case`` and ``level`` are IRIs.

    >>> site_iri(case_iri("a"), "1", "https://w3id.org/covergraph/level/L1")
    'https://w3id.org/covergraph/case/a/site/1/L1'
    """
    return f"{case}/site/{_quoted(line_id)}" + (f"/{local_name(level)}" if level else "")


def _quoted(text: str) -> str:
    from urllib.parse import quote  # only RDF needs it

    return quote(text, safe="")
