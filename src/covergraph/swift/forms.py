"""Objects of plain JSON as their schema has them: which keys stand in one, and its free texts.

Only yes is said here. Whatever is not plain raises NotPlainError (or KeyError, TypeError, AttributeError where the JSON
is of another build altogether) and is read again on the general way, which says what is wrong, if anything is.
"""

from __future__ import annotations

from typing import Any, TypeVar

from covergraph.conforms import Schema, conforms
from covergraph.memo import Memo

Json = dict[str, Any]
T = TypeVar("T")


class NotPlainError(ValueError):
    """The case is no plain one."""


class Form:
    """The keys of one kind of object.

    ``bit`` gives each known key a bit, ``keys`` the bits of the keys in an object for each order of them that comes up.
    """

    __slots__ = ("_free", "_root", "bit", "keys", "schema")

    def __init__(self, schema: Schema, root: Schema) -> None:
        self.schema = schema
        self._root = root
        properties = schema["properties"]
        self.bit = {key: 1 << place for place, key in enumerate(properties)}
        self.keys: Memo[tuple[str, ...], int] = Memo(self._bits_of)
        self._free = [
            (key, self.bit[key], part["maxLength"]) for key, part in properties.items()
            if {"type", "maxLength"} <= part.keys() <= {"type", "maxLength", "description"}
        ]  # fmt: skip

    def _bits_of(self, keys: tuple[str, ...]) -> int:
        if not set(self.schema.get("required", ())) <= set(keys) <= self.bit.keys() - {"@context"}:
            raise NotPlainError
        return sum(self.bit[key] for key in keys)

    def colons(self, piece: Json, keys: int) -> int:
        """Colons in the free texts of an object; these differ from case to case and are checked each time."""
        colons = 0
        for key, bit, longest in self._free:
            if keys & bit:
                text = piece[key]
                if text.__class__ is not str or len(text) > longest:
                    raise NotPlainError
                colons += text.count(":")
        return colons

    def checked(self, piece: Json) -> Json:
        """The object, if it keeps the schema whole."""
        return checked(piece, self.schema, self._root)


def checked(value: T, schema: Schema, root: Schema) -> T:
    """The value, if it keeps a schema whose references lead into ``root``."""
    if not conforms(value, schema, root):
        raise NotPlainError
    return value


def array(value: Any, most: int) -> list[Any]:
    """The value, if it is an array of at most so many members."""
    if value.__class__ is not list or len(value) > most:
        raise NotPlainError
    return value
