"""What a line of a plain case comes to: its levels, the patterns of its sites, and the remarks on its code and products."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from covergraph.checks import check_line
from covergraph.conforms import Schema
from covergraph.factbits import FactBits
from covergraph.forms import Form, Json, NotPlainError, array, checked
from covergraph.memo import Memo
from covergraph.model import Line, Note
from covergraph.policy import Policy

Tokens = tuple[str, ...]


class Levels(NamedTuple):
    """The levels of a line, and for each its bit among levels and its bits of a pattern."""

    tokens: Tokens
    bits: tuple[tuple[int, int], ...]


class PlainLine(NamedTuple):
    """A plain line: its id, technique and code, its levels, its own bits of a pattern, and the remarks on it."""

    id: str
    technique: str
    code: str | None
    levels: Levels
    pattern: int
    coding: tuple[Note, ...]
    colons: int


class LineReader:
    """Reads the lines of plain cases of one policy version."""

    def __init__(self, policy: Policy, schema: Schema, default_intent: str | None, bits: FactBits) -> None:
        properties = schema["$defs"]["line"]["properties"]
        self._form = Form(schema["$defs"]["line"], schema)
        self._policy = policy
        self._default_intent = default_intent
        self._bits = bits
        self._lattice = policy.vocabulary.lattice
        self._most = {key: part["maxItems"] for key, part in properties.items() if "maxItems" in part}
        self._most_units = properties["units"]["maximum"]

        def check(key: str) -> Memo[Any, bool]:
            part = properties[key]
            return Memo(lambda v: bool(checked(list(v) if isinstance(v, tuple) else v, part, schema)))

        self._ids, self._codes, self._modifiers = check("id"), check("code"), check("modifiers")
        self._is_level_list = check("levels") if "levels" in properties else None
        self._product_lists: Memo[Tokens, bool] = check("devices")
        self._levels: Memo[Tokens, Levels] = Memo(self._levels_of)
        self._code_bits: Memo[str | None, int] = Memo(bits.code)
        self._uses: Memo[tuple[str, date], int] = Memo(lambda use: bits.use(*use))
        self._coding: Memo[tuple[Line, frozenset[str]], tuple[Note, ...]] = Memo(
            lambda given: check_line(*given, self._policy)
        )
        bit = self._form.bit
        self._with_code, self._with_units, self._with_intent = bit["code"], bit["units"], bit.get("intent", 0)
        self._with_levels, self._with_modifiers = bit.get("levels", 0), bit["modifiers"]
        self._with_devices, self._with_cements = bit["devices"], bit["cements"]

    def read(self, line: Json, on: date, billed: frozenset[str] | None) -> PlainLine:
        """A plain line on a service date; ``billed`` are the codes of the case where this line's is not the only one."""
        keys = self._form.keys[tuple(line)]
        id, technique, bits = line["id"], line["technique"], self._bits
        pattern = bits.technique[technique]
        intent = line["intent"] if keys & self._with_intent else self._default_intent
        if intent is not None:
            pattern |= bits.intent[intent]
        code = None
        if keys & self._with_code:
            code = line["code"]
            self._codes[code]
        pattern |= self._code_bits[code]
        units = line["units"] if keys & self._with_units else 1
        levels = self._levels[tuple(array(line["levels"], self._most["levels"])) if keys & self._with_levels else ()]
        if keys & self._with_modifiers:
            self._modifiers[tuple(array(line["modifiers"], self._most["modifiers"]))]
        colons = len(line)
        devices: Tokens = ()
        if keys & self._with_devices:
            devices = tuple(array(line["devices"], self._most["devices"]))
            colons += self._products(devices)
            for token in devices:
                pattern |= self._uses[token, on]
        if keys & self._with_cements:
            cements = tuple(array(line["cements"], self._most["cements"]))
            colons += self._products(cements)
            for token in cements:
                pattern |= self._uses[token, on]
        if units.__class__ is not int or not 1 <= units <= self._most_units or not self._ids[id]:
            raise NotPlainError
        coding: tuple[Note, ...] = ()
        if code is not None or devices:
            codes = (frozenset((code,)) if code else frozenset[str]()) if billed is None else billed
            coding = self._coding[Line("", technique, levels.tokens, None, code, (), units, devices), codes]
        return PlainLine(id, technique, code, levels, pattern, coding, colons)

    def _products(self, tokens: Tokens) -> int:
        """Colons in the names of products, which are checked."""
        self._product_lists[tokens]
        return sum([token.count(":") for token in tokens])

    def _levels_of(self, tokens: Tokens) -> Levels:
        if self._is_level_list is None:
            return Levels(("",), ((1, 0),))
        self._is_level_list[tokens]
        return Levels(tokens, tuple((self._lattice.levels[token], self._bits.level[token]) for token in tokens))
