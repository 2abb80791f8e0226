"""The form of a case, filled: each field with its control's name, its value and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from covergraph.casegraph import KEYS
from covergraph.errors import InputError
from covergraph.schema import Schema
from covergraph.web.form.sheet import Option, Sheet

Kind = Literal["text", "note", "date", "number", "choice", "flag", "levels", "concept", "codes", "tokens", "days"]
DAYS = ("exact", "min", "max")
"""The three controls of a duration, which stand below its name."""
MOST_ROWS = 100
LONG = 1000
"""Length from which on a text is a note."""


@dataclass(frozen=True, slots=True)
class Field:
    """One control, or one group of them. ``values`` are texts; a flag that is set has one, days have three.

    ``name`` is that of the control, with dots where the JSON pointer has slashes, ``key`` the end of it; ``about`` is
    the id of the element that holds the hint.
    """

    kind: Kind
    key: str
    name: str
    about: str
    label: str
    hint: str
    values: tuple[str, ...]
    required: bool
    options: tuple[Option, ...]
    longest: int | None
    unset: str
    errors: tuple[str, ...]

    @property
    def value(self) -> str:
        """The first value, or an empty text."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line, finding, treatment and so on."""

    name: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the case. ``thing`` is what a row of it is called, ``blank`` are the fields of a row."""

    key: str
    title: str
    thing: str
    blank: tuple[Field, ...]
    rows: tuple[Row, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that is wrong, with the id of the element that it is about (empty: of none in the form)."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Form:
    """A filled form."""

    fields: tuple[Field, ...]
    sections: tuple[Section, ...]
    complaints: tuple[Complaint, ...]


def form(sheet: Sheet, document: dict[str, Any], errors: Iterable[InputError] = ()) -> Form:
    """The form that shows a document, well-formed or not, with errors at the fields that they name."""
    placed = _Placed(sheet, tuple(errors), document)
    fields = tuple(_fields(sheet, "case", document, "", placed))
    sections = tuple(
        Section(
            key, _title(sheet.words["case", key].label), sheet.things[table],
            tuple(_fields(sheet, table, {}, f"{key}.", placed)),
            tuple(
                Row(f"{key}.{n}", f"{_title(sheet.things[table])} {n + 1}",
                    tuple(_fields(sheet, table, _numbered(table, row, n), f"{key}.{n}.", placed)))
                for n, row in enumerate(rows_of(document, key))
            ),
            placed.at(key),
        )
        for key, table in tables(sheet).items()
    )  # fmt: skip
    return Form(fields, sections, placed.complaints)


def tables(sheet: Sheet) -> dict[str, str]:
    """The keys of a case that hold rows, in the order of the form, each with the table of its rows."""
    return {key: KEYS["case"][key].value for key in sheet.properties("case") if KEYS["case"][key].value in KEYS}


def most_rows(sheet: Sheet, key: str) -> int:
    """How many rows of a table the form takes; more come as a file."""
    return min(MOST_ROWS, int(sheet.properties("case")[key].get("maxItems", MOST_ROWS)))


def rows_of(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The rows that a document has under a key, as far as they are rows."""
    rows = document.get(key, [])
    return [row if isinstance(row, dict) else {} for row in rows] if isinstance(rows, list) else []


def _numbered(table: str, row: dict[str, Any], n: int) -> dict[str, Any]:
    """A row with an id that the user need not think of."""
    return row if row or "id" not in KEYS[table] else {"id": str(n + 1)}


def kind_of(sheet: Sheet, table: str, key: str) -> Kind | None:
    """What kind of field a key is; None where it holds rows."""
    schema, meant = sheet.properties(table)[key], KEYS[table][key].value
    if meant == "concept":
        return "concept"
    if schema.get("type") == "array":
        if meant == "level":
            return "levels"
        items = sheet.resolved(schema["items"])
        return None if items.get("type") == "object" else "codes" if "pattern" in items else "tokens"
    if "enum" in schema or (table, key) == ("case", "policy"):
        return "choice"
    if "oneOf" in schema:
        return "days"
    if schema["type"] in ("number", "integer", "boolean"):
        return "flag" if schema["type"] == "boolean" else "number"
    if schema.get("format") == "date":
        return "date"
    return "note" if schema.get("maxLength", 0) >= LONG else "text"


def _fields(sheet: Sheet, table: str, row: dict[str, Any], prefix: str, placed: _Placed) -> Iterator[Field]:
    required = sheet.required(table)
    for key, schema in sheet.properties(table).items():
        kind = kind_of(sheet, table, key)
        if kind is None:
            continue
        word = sheet.words[table, key]
        yield Field(
            kind=kind,
            key=key,
            name=prefix + key,
            about="h-" + (key if table == "case" else f"{table}-{key}"),
            label=_title(word.label),
            hint=schema.get("description") or word.hint,
            values=_values(sheet, kind, row.get(key, schema.get("default") if kind == "flag" else None)),
            required=key in required,
            options=_options(sheet, table, key),
            longest=schema.get("maxLength"),
            unset=_unset(sheet, table, key, schema, key in required),
            errors=placed.at(prefix + key),
        )


def _options(sheet: Sheet, table: str, key: str) -> tuple[Option, ...]:
    if (table, key) == ("case", "policy"):
        return sheet.policies
    return sheet.options.get(KEYS[table][key].value, ())


def _unset(sheet: Sheet, table: str, key: str, schema: Schema, is_required: bool) -> str:
    """What a choice says that nobody has made."""
    default = schema.get("default")
    named = {option.value: option.label for option in _options(sheet, table, key)}
    return f"not stated: {named.get(default, default)}" if default else "Choose one" if is_required else "not stated"


def _values(sheet: Sheet, kind: Kind, value: Any) -> tuple[str, ...]:
    """A value of the document as texts of controls, whatever it is."""
    if kind == "days":
        known = value if isinstance(value, dict) else {"exact": value}
        return tuple(_text(known.get(part)) for part in DAYS)
    if kind == "flag":
        return ("on",) if value is True else ()
    if kind in ("levels", "tokens", "codes"):
        texts = [_text(v) for v in value] if isinstance(value, list) else [_text(value)] if value is not None else []
        return (" ".join(texts),) if kind == "codes" and texts else tuple(texts)
    if value is None:
        return ()
    return (sheet.concept_label(value),) if kind == "concept" and isinstance(value, str) else (_text(value),)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]


class _Placed:
    """Errors by the field that their pointer leads to, which may stand below it or beside it."""

    def __init__(self, sheet: Sheet, errors: tuple[InputError, ...], document: dict[str, Any]) -> None:
        names = set(sheet.properties("case"))
        for key, table in tables(sheet).items():
            count = len(rows_of(document, key))
            names |= {f"{key}.{n}.{field}" for n in range(count) for field in sheet.properties(table)}
            names |= {f"{key}.{n}" for n in range(count)}
        self._found: dict[str, list[str]] = {}
        complaints = []
        for error in errors:
            name = error.place.removeprefix("/").replace("/", ".")
            while name and name not in names:
                name = name.rpartition(".")[0]
            self._found.setdefault(name, []).append(error.message)
            complaints.append(Complaint(str(error) if not name else error.message, name))
        self.complaints = tuple(complaints)

    def at(self, name: str) -> tuple[str, ...]:
        return tuple(self._found.get(name, ()))
