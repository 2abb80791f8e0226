"""JSON text to plain values, refusing what JSON readers usually let pass: duplicate keys, NaN, endless nesting."""

from __future__ import annotations

import json
import math
from typing import Any

from covergraph.errors import InputError

MEANS_JSON = "Send one JSON object in UTF-8."


class _Duplicate(dict[str, Any]):
    """An object in which a key stood twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.key = next(key for key in keys if keys.count(key) > 1)


def _not_a_number(token: str) -> Any:
    raise InputError("not-finite", "", f"{token} is no JSON number.", "Leave the value out if it is not known.")


def _finite(token: str) -> float:
    number = float(token)
    return number if math.isfinite(number) else _not_a_number(token)


def parse_json(text: bytes | str) -> Any:
    """The value of a JSON text; raises InputError with the line, or the JSON pointer of what is wrong.

    >>> parse_json('{"a": {"b": 1, "b": 2}}')
    Traceback (most recent call last):
    covergraph.errors.InputError: /a/b: The key 'b' stands twice in this object. Keep one.
    """
    duplicates: list[_Duplicate] = []

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            found = _Duplicate(pairs)
            duplicates.append(found)
        return found

    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = json.loads(decoded, object_pairs_hook=read_object, parse_constant=_not_a_number, parse_float=_finite)
        # The only ways in which a duplicate key or half a surrogate pair can have come in:
        if duplicates or "\\u" in decoded or not (decoded.isascii() or isinstance(text, bytes)):
            _refuse(value, "")
    except UnicodeDecodeError as error:
        raise InputError("not-utf8", f"byte {error.start}", "This is not UTF-8 text.", MEANS_JSON) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError("not-json", place, f"This is not JSON: {error.msg}.", MEANS_JSON) from None
    except RecursionError:
        raise InputError("too-deep", "", "The JSON is nested too deeply.", "A case needs at most six levels.") from None
    except InputError:
        raise
    except ValueError:  # Python refuses integers of more than 4,300 digits
        raise InputError("not-json", "", "The JSON holds a number that is too long.", MEANS_JSON) from None
    return value


def _refuse(value: Any, pointer: str) -> None:
    """Raise at the first duplicate key or text that is no Unicode."""
    match value:
        case _Duplicate():
            raise InputError("duplicate-key", f"{pointer}/{escape(value.key)}",
                             f"The key {value.key!r} stands twice in this object.", "Keep one.")  # fmt: skip
        case dict():
            for key, member in value.items():
                _refuse(key, f"{pointer}/{escape(key)}")
                _refuse(member, f"{pointer}/{escape(key)}")
        case list():
            for place, member in enumerate(value):
                _refuse(member, f"{pointer}/{place}")
        case str() if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                pointer = pointer.encode("ascii", "backslashreplace").decode()
                raise InputError("not-unicode", pointer, "The text holds half a surrogate pair.", MEANS_JSON) from None


def escape(key: str) -> str:
    """A key as a JSON pointer spells it (RFC 6901).

    >>> escape("a/b~c")
    'a~1b~0c'
    """
    return key.replace("~", "~0").replace("/", "~1")
