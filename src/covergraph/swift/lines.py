"""What a line of a plain case comes to: its levels, the patterns of its sites, the remarks on it."""

from typing import NamedTuple

from covergraph.case import line_of
from covergraph.checks import check_line
from covergraph.conforms import Schema
from covergraph.memo import Memo, Table
from covergraph.model import Note
from covergraph.policy import Policy
from covergraph.swift.factbits import FactBits
from covergraph.swift.forms import Form, Json, NotPlainError, checked

Tokens = tuple[str, ...]
LISTS = ("levels", "modifiers", "devices", "cements")


class PlainLine(NamedTuple):
    """What a plain line comes to, apart from its id and the day.

    ``levels`` are its levels, each with its bit and the bits of a pattern that line and level have; ``coding`` are the
    remarks on it, ``colons`` those in its text.
    """

    technique: str
    code: str | None
    tokens: Tokens
    levels: tuple[tuple[int, int], ...]
    products: Tokens
    coding: tuple[Note, ...]
    colons: int


class LineReader:
    """Reads the lines of plain cases of one policy version."""

    def __init__(self, policy: Policy, schema: Schema, default_intent: str | None, bits: FactBits) -> None:
        self._form = Form(schema["$defs"]["line"], schema)
        self._policy = policy
        self._default_intent = default_intent
        self._bits = bits
        self._ids: Memo[str, str] = Memo(lambda id_: checked(id_, self._form.schema["properties"]["id"], schema))
        self._lists = [(key, self._form.bit[key]) for key in LISTS if key in self._form.bit]
        self._known: Table[object, PlainLine] = Table()

    def read(self, line: Json, billed: frozenset[str] | None) -> tuple[str, PlainLine]:
        """A plain line and its id; ``billed`` are the codes of the case where this line's is not the only one."""
        keys, get = self._form.keys[tuple(line)], line.get
        units = get("units")
        if units.__class__ is bool:  # true equals 1 and must not pass for it
            raise NotPlainError
        lists = []
        for name, bit in self._lists:
            if keys & bit:
                members = line[name]
                if members.__class__ is not list:
                    raise NotPlainError
                lists.append(tuple(members))
        key = (keys, line["technique"], get("intent"), get("code"), units, billed, *lists)
        return self._ids[line["id"]], self._known.get(key) or self._learn(key, line, billed)

    def _learn(self, key: object, line: Json, billed: frozenset[str] | None) -> PlainLine:
        read = line_of(self._form.checked(line), self._default_intent)
        bits, lattice = self._bits, self._policy.vocabulary.lattice
        pattern = bits.technique[read.technique] | bits.code(read.code)
        pattern |= bits.intent[read.intent] if read.intent else 0
        codes = frozenset(filter(None, [read.code])) if billed is None else billed
        products = (*read.devices, *read.cements)
        found = PlainLine(
            technique=read.technique,
            code=read.code,
            tokens=read.levels or ("",),
            levels=tuple((lattice.levels[token], pattern | bits.level[token]) for token in read.levels)
            or ((1, pattern),),
            products=products,
            coding=check_line(read, codes, self._policy),
            colons=len(line) + sum(token.count(":") for token in products),
        )
        return self._known.keep(key, found)
