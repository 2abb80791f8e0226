"""Where a thing of the graph is shown: its IRI's local path, and a link to it with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from covergraph import terms
from covergraph.terms import cov
from covergraph.triples import Graph

SAFE = "/:@!$&'()*+,;=~-._"
"""Characters that a path may hold as they are (RFC 3986, section 3.3)."""

TOKEN = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Link:
    """A name and where it leads; ``href`` is None for what has no page here, ``id`` is a clause label or a code."""

    text: str
    href: str | None = None
    id: str = ""


def local_path(iri: str) -> str | None:
    """The path of this site that serves a thing; None for an IRI of somebody else.

    >>> local_path("https://w3id.org/covergraph/level/L1")
    '/level/L1'
    >>> local_path("javascript:alert(1)") is None
    True
    """
    below = iri.removeprefix(terms.BASE)
    if below == iri or not below or below.startswith(("/", "\\")):
        return None
    path, hash_mark, fragment = below.partition("#")
    return "/" + quote(path, safe=SAFE) + (hash_mark and "#" + quote(fragment, safe=SAFE))


def safe_href(url: str) -> str | None:
    """A link that a page may carry: http and https, with a host; None for ``javascript:`` and everything else.

    >>> safe_href("https://example.org/a"), safe_href("javascript:alert(1)"), safe_href("https:alert(1)")
    ('https://example.org/a', None, None)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def compact(iri: str, prefixes: Mapping[str, str]) -> str:
    """An IRI by the longest prefix that fits, else whole.

    >>> compact("https://w3id.org/covergraph/level/L1", {"level": "https://w3id.org/covergraph/level/"})
    'level:L1'
    """
    fitting = [(len(base), prefix) for prefix, base in prefixes.items() if iri.startswith(base) and iri != base]
    if not fitting:
        return iri
    length, prefix = max(fitting)
    return f"{prefix}:{iri[length:]}"


def link(graph: Graph, iri: str) -> Link:
    """A link to a thing by its label, with the id that people know it by: clause label, code, product id.

    A token, such as ``burst-fracture``, says in a case what the label says better here.
    """
    known = (cov("sectionLabel"), cov("policyNumber"), cov("productId"), terms.NOTATION)
    id = next((value for predicate in known if (value := graph.value(iri, predicate))), "")
    text = graph.value(iri, terms.LABEL) or id or terms.local_name(iri)
    if TOKEN.fullmatch(id) and id == graph.value(iri, terms.NOTATION):
        id = ""
    return Link(text, local_path(iri) if graph.term(iri, terms.TYPE) else None, id)


def links(graph: Graph, iris: list[str]) -> tuple[Link, ...]:
    """Links to several things, by their ordinals and then by their names."""
    ordered = sorted(iris, key=lambda iri: (graph.number(iri, cov("ordinal")) or 0, iri))
    return tuple(link(graph, iri) for iri in ordered)
