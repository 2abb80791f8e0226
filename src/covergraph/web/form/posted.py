"""What a form posts, as the document of a case: nothing is judged here, and nothing that was typed is lost."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from covergraph.casegraph import KEYS
from covergraph.errors import InputError
from covergraph.schema import Schema
from covergraph.web.form.fields import DAYS, Form, Kind, form, kind_of, most_rows, rows_of, tables
from covergraph.web.form.sheet import Sheet

Pairs = Iterable[tuple[str, str]]
NUMBER = re.compile(r"-?\d{1,300}(\.\d{1,300})?([eE][-+]?\d{1,4})?", re.ASCII)


def read_posted(sheet: Sheet, pairs: Pairs) -> dict[str, Any]:
    """The document that the controls of a form stand for; a row in which nothing is filled in is an empty object.

    Raises InputError where there are more rows than the form takes.
    """
    posted: dict[str, list[str]] = {}
    for name, value in pairs:
        posted.setdefault(name, []).append(value.replace("\r\n", "\n"))
    document = _row(sheet, "case", posted, "")
    for key, table in tables(sheet).items():
        numbers = {int(m[1]) for name in posted if (m := re.match(rf"{key}\.(\d{{1,6}})\.", name))}
        if len(numbers) > most_rows(sheet, key):
            raise InputError("too-many-rows", f"/{key}", f"There are {len(numbers)} rows here.",
                             f"The form takes {most_rows(sheet, key)}; send more as a file.")  # fmt: skip
        rows = [_row(sheet, table, posted, f"{key}.{n}.") for n in sorted(numbers)]
        if rows:
            document[key] = [{} if row.keys() <= {"id"} else row for row in rows]
    return document


def as_posted(sheet: Sheet, filled_in: Form) -> list[tuple[str, str]]:
    """What a browser posts of a form in which nothing is changed."""
    rows = [row for section in filled_in.sections for row in section.rows]
    known = {level.token for level in sheet.column}
    pairs = []
    for field in (*filled_in.fields, *(field for row in rows for field in row.fields)):
        if field.kind == "days":
            pairs += [(f"{field.name}.{part}", text) for part, text in zip(DAYS, field.values, strict=True)]
        elif field.kind == "levels":
            pairs += [(field.name, value) for value in field.values if value in known]
        else:
            pairs += [(field.name, value) for value in field.values]
    return pairs


def holds(sheet: Sheet, document: dict[str, Any]) -> bool:
    """Whether a form can show a document with nothing lost."""
    if any(len(rows_of(document, key)) > most_rows(sheet, key) for key in tables(sheet)):
        return False
    return read_posted(sheet, as_posted(sheet, form(sheet, document))) == _said(sheet, "case", document)


def _said(sheet: Sheet, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row without what says nothing: empty lists and texts, and flags that are as they are anyway."""
    schemas = sheet.properties(table)
    flags = {key: schema.get("default", False) for key, schema in schemas.items() if schema.get("type") == "boolean"}
    said = {key: value for key, value in row.items() if value not in ("", []) and value is not flags.get(key)}
    for key in said.keys() & tables(sheet).keys() if table == "case" else ():
        if isinstance(said[key], list):
            below = tables(sheet)[key]
            said[key] = [_said(sheet, below, r) if isinstance(r, dict) else r for r in said[key]]
    return said


def without_row(pairs: Pairs, row: str) -> list[tuple[str, str]]:
    """What is posted without one row, such as ``findings.2``."""
    return [(name, value) for name, value in pairs if not name.startswith(row + ".")]


def with_row(sheet: Sheet, document: dict[str, Any], key: str, row: dict[str, Any] | None = None) -> dict[str, Any]:
    """A document with one more row, empty or not, if the form takes one more."""
    if len(rows_of(document, key)) >= most_rows(sheet, key):
        return document
    return document | {key: [*rows_of(document, key), row or {}]}


def filled(sheet: Sheet, document: dict[str, Any]) -> dict[str, Any]:
    """A document without rows that nobody filled in; a table that needs a row keeps its first."""
    found = dict(document)
    for key in tables(sheet):
        rows = [row for row in rows_of(document, key) if row]
        if key in sheet.required("case") and not rows:
            rows = [{"id": "1"}]
        if rows:
            found[key] = rows
        else:
            found.pop(key, None)
    return found


def _row(sheet: Sheet, table: str, posted: dict[str, list[str]], prefix: str) -> dict[str, Any]:
    found = {}
    for key, schema in sheet.properties(table).items():
        kind = kind_of(sheet, table, key)
        if kind is not None:
            value = _value(sheet, kind, schema, posted, prefix + key)
            if value not in (None, [], ""):
                found[key] = value
    return found


def _value(sheet: Sheet, kind: Kind, schema: Schema, posted: dict[str, list[str]], name: str) -> Any:
    values = posted.get(name, [])
    match kind:
        case "flag":
            return None if bool(values) == schema.get("default", False) else bool(values)
        case "levels":
            return values
        case "tokens":
            return [text for value in values if (text := value.strip())]
        case "codes":
            return [_cased(code, schema["items"]) for value in values for code in re.split(r"[\s,;]+", value) if code]
        case "days":
            return _days(posted, name)
        case "number":
            return _number(" ".join(values))
        case "concept":
            return sheet.concept_token(text) if (text := " ".join(values).strip()) else None
        case "text" if "pattern" not in schema:
            return " ".join(values)
        case "note":
            return "\n".join(values)
        case _:
            return _cased(" ".join(values).strip(), schema)


def _cased(text: str, schema: Schema) -> str:
    """A code in capitals where its form has no small letters."""
    pattern = schema.get("pattern", "a-z")
    return text if "a-z" in pattern else text.upper()


def _number(text: str) -> Any:
    """A text as a number; as it is where it is none."""
    text = text.strip()
    if not NUMBER.fullmatch(text):
        return text
    number = float(text)
    return text if math.isinf(number) else int(text) if text.lstrip("-").isdigit() else number


def _days(posted: dict[str, list[str]], name: str) -> Any:
    """Exact days, or bounds; all that was typed where both are given, which is an error."""
    parts = {part: _number(" ".join(posted.get(f"{name}.{part}", []))) for part in DAYS}
    given = {part: value for part, value in parts.items() if value != ""}
    return given["exact"] if given.keys() == {"exact"} else given or None


def complaints(sheet: Sheet, document: dict[str, Any]) -> list[InputError]:
    """Everything that the form asks for and that is not there, and concepts that nobody knows."""
    found = list(_missing(sheet, "case", document, ""))
    for key, table in tables(sheet).items():
        for n, row in enumerate(rows_of(document, key)):
            found += _missing(sheet, table, row, f"/{key}/{n}")
            concepts = [k for k in row if k in KEYS[table] and KEYS[table][k].value == "concept"]
            found += [
                _unknown(sheet, row[k], f"/{key}/{n}/{k}") for k in concepts if row[k] not in sheet.tokens.values()
            ]
    return found


def _missing(sheet: Sheet, table: str, row: dict[str, Any], pointer: str) -> Iterator[InputError]:
    for key in sheet.properties(table):
        if key in sheet.required(table) and key not in row:
            name = sheet.words[table, key].label
            yield InputError("missing-key", f"{pointer}/{key}", f"The form asks for: {name}.", "Fill it in.")


def _unknown(sheet: Sheet, text: object, pointer: str) -> InputError:
    near = " or ".join(repr(label) for label in sheet.near_concepts(str(text)))
    cure = f"Did you mean {near}?" if near else "Choose one from the list of concepts."
    return InputError("unknown-concept", pointer, f"There is no concept {text!r}.", cure)
