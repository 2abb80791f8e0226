"""The named questions: what each asks, its parameters, and a query text with values bound as terms.

A question is one file of ``queries/catalog/``. Its ``#+ key: value`` lines say what it is; each parameter is a line
``VALUES ?name { term }`` whose own term makes the file valid SPARQL 1.1 as it stands.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal as OneOf
from typing import get_args

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from covergraph import terms
from covergraph.errors import ContentError, InputError

ParamType = OneOf["string", "date", "integer", "iri"]
SINGLE_KEYS = ("summary", "description", "tags", "returns", "example")
CURES = {
    "string": "Use text in UTF-8.",
    "date": "Write it as 2025-12-31.",
    "integer": "Write it in digits.",
    "iri": "Write it whole, without angle brackets.",
}

_HEADER = re.compile(r"#\+\s*(\w+):\s*(.*)")
_PARAM = re.compile(r"(\w+)\s+(\w+)(!?)\s+(.+)")
_PREFIX = re.compile(r"^\s*PREFIX\s+([\w-]*):\s*<([^>]*)>", re.MULTILINE | re.IGNORECASE)
_SLOT = re.compile(r"^([ \t]*VALUES[ \t]+\?(\w+)[ \t]*\{[ \t]*)(.*?)([ \t]*\}[ \t]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. ``default`` is the value that stands in the file, None where it stands for any value.

    A ``required`` one (its type is written with ``!``) has to be given: the file's own value is but an example.
    """

    name: str
    type: ParamType
    text: str
    required: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """A named question. ``returns`` names every column; ``example`` holds values that give an answer worth seeing."""

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    params: tuple[Param, ...]
    returns: str
    example: Mapping[str, str] = field(hash=False)
    text: str

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that the text declares."""
        return dict(_PREFIX.findall(self.text))


def catalog(root: Path) -> dict[str, Query]:
    """Every named question below a content folder, by name; raises ContentError with file and line of a bad header."""
    files = sorted((root / "queries" / "catalog").glob("*.rq"))
    return {file.stem: read_query(file) for file in files}


def find_query(queries: Mapping[str, Query], name: str) -> Query:
    """The question of a name; raises InputError with near names."""
    if name in queries:
        return queries[name]
    raise InputError("unknown-query", name, f"There is no question named {name!r}.",
                     _nearest(name, queries) or "See `covergraph queries`.")  # fmt: skip


def bind(query: Query, values: Mapping[str, str]) -> str:
    """The text of a question with values in its slots, each written as a term by the RDF library.

    Raises InputError for an unknown parameter, a required one that is missing, or a value of the wrong type.
    """
    params = {p.name: p for p in query.params}
    for name in values:
        if name not in params:
            raise InputError("unknown-parameter", name, f"{query.name} has no parameter {name!r}.",
                             _nearest(name, params) or f"It has: {', '.join(params) or 'none'}.")  # fmt: skip
    for param in query.params:
        if param.required and not values.get(param.name):
            cause = f"{query.name} needs a value for {param.name!r}: {param.text}"
            example = f"For example {param.name}={shlex.quote(query.example[param.name])}."
            raise InputError("missing-parameter", param.name, cause, example)
    terms_by_name = {name: str(_term(params[name], value, query.prefixes)) for name, value in values.items()}

    def fill(slot: re.Match[str]) -> str:
        return slot[1] + terms_by_name.get(slot[2], slot[3]) + slot[4]

    return _SLOT.sub(fill, query.text)


def read_query(file: Path) -> Query:
    """The question of one file; raises ContentError with file and line of a bad header."""
    text = file.read_text(encoding="utf-8")
    keys: dict[str, str] = {}
    params: list[Param] = []
    last = 0
    for number, key, value in _header(file, text):
        last = number
        if key == "param":
            params.append(_param(file, number, value, text))
        elif key not in SINGLE_KEYS:
            raise _bad_header(file, number, f"Unknown key {key!r}.", f"Use one of: param, {', '.join(SINGLE_KEYS)}.")
        elif key in keys:
            raise _bad_header(file, number, f"The key {key!r} stands twice.", "Keep one.")
        elif not value:
            raise _bad_header(file, number, f"The key {key!r} has no text.")
        else:
            keys[key] = value
    for key in SINGLE_KEYS:
        if key not in keys and (key != "example" or params):
            raise _bad_header(file, last + 1, f"The key {key!r} is missing.")
    query = Query(
        name=file.stem,
        summary=keys["summary"],
        description=keys["description"],
        tags=tuple(tag.strip() for tag in keys["tags"].split(",")),
        params=tuple(params),
        returns=keys["returns"],
        example=dict(part.partition("=")[::2] for part in shlex.split(keys.get("example", ""))),
        text=text,
    )
    if len({p.name for p in params}) < len(params):
        raise _bad_header(file, last, "A parameter stands twice.", "Keep one.")
    try:
        bind(query, query.example)
    except (InputError, KeyError) as error:
        raise _bad_header(file, last, f"The example does not fit the parameters: {error}") from None
    return query


def _header(file: Path, text: str) -> Iterator[tuple[int, str, str]]:
    in_header = True
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#+"):
            in_header = False
            continue
        found = _HEADER.fullmatch(line.rstrip())
        if not in_header or not found:
            raise _bad_header(file, number, "A header line is '#+ key: value', at the top of the file.")
        yield number, found[1], found[2]


def _param(file: Path, number: int, line: str, text: str) -> Param:
    found = _PARAM.fullmatch(line)
    if not found or found[2] not in get_args(ParamType):
        cure = f"Types: {', '.join(get_args(ParamType))}; with ! where a value must be given."
        raise _bad_header(file, number, "A parameter is 'name type text'.", cure)
    name, type, required, explained = found.groups()
    slots = {slot[3] for slot in _SLOT.finditer(text) if slot[2] == name}
    if len(slots) != 1:
        raise _bad_header(
            file, number, f"The query needs a line 'VALUES ?{name} {{ term }}', with one term throughout."
        )
    (written,) = slots
    try:
        default = None if written == "UNDEF" else _default(written, type, text)
    except (SyntaxError, ValueError):
        raise _bad_header(file, number, f"{written} in the slot of ?{name} is no {type}.") from None
    return Param(name, type, explained, bool(required), default)  # type: ignore[arg-type]


def _default(written: str, type: str, text: str) -> str:
    """The value of a term as a file writes it; raises ValueError where it has not the type."""
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in _PREFIX.findall(text))
    (term,) = [quad.object for quad in parse(f"{prefixes}<urn:s> <urn:p> {written} .", RdfFormat.TURTLE)]
    fits = (
        isinstance(term, NamedNode)
        if type == "iri"
        else str(term) == str(Literal(term.value, datatype=_datatype(type)))
    )
    if not fits:
        raise ValueError(written)
    return str(term.value)


def _datatype(type: str) -> NamedNode:
    return NamedNode(terms.XSD + type)


def _term(param: Param, value: str, prefixes: Mapping[str, str]) -> Literal | NamedNode:
    """A value as a term of the parameter's type."""
    try:
        match param.type:
            case "string":
                return Literal(value)
            case "date" if date.fromisoformat(value).isoformat() == value:
                return Literal(value, datatype=_datatype("date"))
            case "integer" if re.fullmatch(r"-?[0-9]{1,18}", value):
                return Literal(str(int(value)), datatype=_datatype("integer"))
            case "iri":
                prefix, _, local = value.partition(":")
                return NamedNode(prefixes[prefix] + local if prefix in prefixes else value)
    except ValueError:
        pass
    raise InputError("bad-parameter", param.name, f"{value!r} is no {param.type}.", CURES[param.type])


def _nearest(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else ""


def _bad_header(file: Path, line: int, cause: str, cure: str = "") -> ContentError:
    return ContentError("bad-query-header", f"{file}:{line}", cause, cure)
