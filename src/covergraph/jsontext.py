"""JSON text to plain values, refusing what JSON readers usually let pass: duplicate keys, NaN, endless nesting."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from covergraph.errors import InputError

MEANS_JSON = "Send one JSON object in UTF-8."
DEEP = 100
_text = json.encoder.encode_basestring
_TOKEN = r'"(?:[^"\\]|\\.)*"|[][{}]|[-+.\w]+'


class _Duplicate(dict[str, Any]):
    """An object in which a key stood twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.key = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)


class _NotFiniteError(ValueError):
    """A number that JSON does not have, with the text that stands for it."""


def _not_a_number(token: str) -> Any:
    raise _NotFiniteError(token)


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
        raise too_deep(_place(decoded, lambda _, depth: depth > DEEP)) from None
    except _NotFiniteError as error:
        number = str(error)
        place, cause = _place(decoded, lambda token, _: token == number), f"{number[:20]} is no JSON number."
        raise InputError("not-finite", place, cause, "Leave the value out if it is not known.") from None
    except InputError:
        raise
    except ValueError:  # Python refuses integers of more than 4,300 digits
        place = _place(decoded, lambda token, _: len(token) > 4300 and token[0] != '"')
        raise InputError("not-json", place, "This number is too long.", MEANS_JSON) from None
    return value


def too_deep(place: str) -> InputError:
    """The error for JSON that is nested deeper than it can be read."""
    return InputError("too-deep", place, "The JSON is nested too deeply.", "A case needs at most six levels.")


def _place(text: str, wanted: Callable[[str, int], bool]) -> str:
    """Line and column of the first token of a JSON text that is wanted, judged with the depth at which it stands."""
    depth = 0
    for found in re.finditer(_TOKEN, text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if wanted(found[0], depth):
            before = text[: found.start()]
            return f"line {before.count(chr(10)) + 1}, column {found.start() - before.rfind(chr(10))}"
    return ""


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


def indented(value: Any, margin: str = "\n") -> str:
    r"""JSON text as ``json.dumps(value, ensure_ascii=False, indent=2)`` has it, which is slow with an indent.

    >>> indented({"a": [1, {}], "b": "é"}) == json.dumps({"a": [1, {}], "b": "é"}, ensure_ascii=False, indent=2)
    True
    """
    inner = margin + "  "
    if isinstance(value, dict) and value:
        members = [f"{_text(key)}: {indented(member, inner)}" for key, member in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{margin}}}"
    if isinstance(value, list) and value:
        return f"[{inner}{f',{inner}'.join([indented(member, inner) for member in value])}{margin}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def escape(key: str) -> str:
    """A key as a JSON pointer spells it (RFC 6901).

    >>> escape("a/b~c")
    'a~1b~0c'
    """
    return key.replace("~", "~0").replace("/", "~1")
