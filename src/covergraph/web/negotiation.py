"""Content negotiation: what an Accept header asks for, out of what there is (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from covergraph.web.problems import Problem

Kind = Literal["select", "ask", "graph", "dataset"]

TABLES = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
GRAPHS = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/ld+json": "jsonld",
    "application/trig": "trig",
    "application/n-quads": "nq",
}
OFFERS: Mapping[Kind, Mapping[str, str]] = {"select": TABLES, "ask": TABLES, "graph": GRAPHS, "dataset": GRAPHS}
"""Media types of each kind of answer, best first, with the name that ``format=`` may call them by."""

NAMES = {name: media_type for offers in (TABLES, GRAPHS) for media_type, name in offers.items()} | {
    "turtle": "text/turtle", "ntriples": "application/n-triples", "json-ld": "application/ld+json",
}  # fmt: skip
"""What a parameter ``format=`` can call a media type."""

ALIASES = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
    "text/plain": "application/n-triples",
    "application/x-turtle": "text/turtle",
    "text/n3": "text/turtle",
}
"""Media types that clients ask for and what they get instead, under its own name."""


def negotiate(accept: str, kind: Kind) -> str:
    """The media type to answer with; the kind's first where nothing is asked for. Raises a 406 that lists the offers.

    >>> negotiate("text/csv;q=0.5, application/sparql-results+xml", "select")
    'application/sparql-results+xml'
    """
    offers = OFFERS[kind]
    wanted = choose(accept, [*offers, *(alias for alias, name in ALIASES.items() if name in offers)])
    if wanted is None:
        cure = f"Accept one of: {', '.join(offers)}."
        raise Problem(406, "not-acceptable", f"The answer ({kind}) cannot be written as {accept!r}.", cure)
    return ALIASES.get(wanted, wanted)


def choose(accept: str, offers: list[str]) -> str | None:
    """The offer that an Accept header likes best (the earlier of two that it likes as much), or None.

    >>> choose("text/*;q=0.2, */*;q=0.1", ["application/xml", "text/html"])
    'text/html'
    """
    if not accept.strip():
        return offers[0]
    ranges = [_range(part) for part in _parts(accept)]
    best, found = 0.0, None
    for offer in offers:
        main = offer.partition("/")[0]
        fitting = [(s, q) for s, q, name in ranges if name in (offer, f"{main}/*", "*/*")]
        quality = max(fitting, default=(0, 0.0))[1]
        if quality > best:
            best, found = quality, offer
    return found


def prefer(format: str | None, accept: str) -> str:
    """An Accept header that first asks for what a parameter ``format=csv`` names, then for what it asked for before.

    >>> prefer("csv", "text/turtle")
    'text/csv, text/turtle;q=0.9'
    """
    media_type = NAMES.get(format or "")
    if media_type is None:
        return accept
    others = [f"{name};q={quality * 0.9:g}" for _, quality, name in map(_range, _parts(accept or "*/*"))]
    return ", ".join([media_type, *others])


def _parts(accept: str) -> list[str]:
    return [part for part in accept.split(",") if part.strip()]


def _range(part: str) -> tuple[int, float, str]:
    """How specific a media range is, its q, and its name; a q that is no number counts as 0."""
    name, *params = (p.strip().lower() for p in part.split(";"))
    name = "*/*" if name == "*" else name
    quality = 1.0
    for param in params:
        key, _, value = param.partition("=")
        if key.strip() == "q":
            try:
                quality = min(1.0, max(0.0, float(value)))
            except ValueError:
                quality = 0.0
    return 2 - name.count("*"), quality, name
