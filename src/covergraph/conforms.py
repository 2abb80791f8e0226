"""A quick yes for JSON values that keep a schema of ours; why one does not is for jsonschema-rs to say.

Only what ``schema.case_schema`` writes is understood; any other keyword is an error. The library takes longer to import
than a whole case takes to judge, and a part of a case need not be looked at again where its equal was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

Schema = dict[str, Any]
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,),
    "number": (int, float),
}  # fmt: skip
SILENT = {"$schema", "$id", "$defs", "title", "description", "default"}


def conforms(value: Any, schema: Schema, root: Schema) -> bool:
    """Whether a value keeps a schema, whose references lead into ``root``.

    A number such as 1.0 for a whole one is not said yes to, though it conforms.

    >>> conforms("2026-02-30", {"type": "string", "format": "date"}, {})
    False
    """
    return all(
        CHECKS[keyword](value, wanted, schema, root) for keyword, wanted in schema.items() if keyword not in SILENT
    )


def day(text: str) -> date | None:
    """The day that a text names as YYYY-MM-DD, or None."""
    try:
        # Python also reads other forms of ISO 8601, all of which lack one of the two signs.
        return date.fromisoformat(text) if len(text) == 10 and text[4] == text[7] == "-" else None
    except ValueError:
        return None


def _type(value: Any, wanted: str, schema: Schema, root: Schema) -> bool:
    return isinstance(value, TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))


def _properties(value: Any, wanted: dict[str, Schema], schema: Schema, root: Schema) -> bool:
    return all(conforms(member, wanted[key], root) for key, member in value.items() if key in wanted)


def _reference(value: Any, wanted: str, schema: Schema, root: Schema) -> bool:
    target = root
    for part in wanted.removeprefix("#/").split("/"):
        target = target[part]
    return conforms(value, target, root)


CHECKS: dict[str, Callable[[Any, Any, Schema, Schema], bool]] = {
    # In the order of the schema: the type stands first, so that the others meet what they can take.
    "type": _type,
    "$ref": _reference,
    "enum": lambda value, wanted, schema, root: isinstance(value, str) and value in wanted,
    "pattern": lambda value, wanted, schema, root: re.fullmatch(wanted[1:-1], value) is not None,  # between ^ and $
    "format": lambda value, wanted, schema, root: day(value) is not None,
    "minLength": lambda value, wanted, schema, root: len(value) >= wanted,
    "maxLength": lambda value, wanted, schema, root: len(value) <= wanted,
    "minimum": lambda value, wanted, schema, root: value >= wanted,
    "maximum": lambda value, wanted, schema, root: value <= wanted,
    "minItems": lambda value, wanted, schema, root: len(value) >= wanted,
    "maxItems": lambda value, wanted, schema, root: len(value) <= wanted,
    "uniqueItems": lambda value, wanted, schema, root: len(set(value)) == len(value),
    "items": lambda value, wanted, schema, root: all(conforms(member, wanted, root) for member in value),
    "required": lambda value, wanted, schema, root: all(key in value for key in wanted),
    "properties": _properties,
    "additionalProperties": lambda value, wanted, schema, root: value.keys() <= schema["properties"].keys(),
    "minProperties": lambda value, wanted, schema, root: len(value) >= wanted,
    "oneOf": lambda value, wanted, schema, root: sum(conforms(value, option, root) for option in wanted) == 1,
}  # fmt: skip
