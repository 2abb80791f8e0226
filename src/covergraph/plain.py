"""Reading a plain case: one whose pieces keep the schema, checked and worked out once for equal pieces.

Only yes is said here. Whatever is not plain raises NotPlainError (or KeyError, TypeError, AttributeError where the JSON
is of another build altogether) and is read again on the general way, which says what is wrong, if anything is.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, NamedTuple, TypeVar

from covergraph.case import document_of, line_of, procedure_of, treatment_of
from covergraph.checks import check_diagnoses, check_line
from covergraph.conforms import Schema, conforms, day
from covergraph.duration import months_passed
from covergraph.factbits import FactBits, Times
from covergraph.icd10cm import Index
from covergraph.memo import Memo
from covergraph.model import Note
from covergraph.policy import Policy
from covergraph.schema import DAYS
from covergraph.statuses import EVERYWHERE, Findings

Json = dict[str, Any]
T = TypeVar("T")
MOST_REMEMBERED = 65536


class NotPlainError(ValueError):
    """The case is no plain one."""


class PlainLine(NamedTuple):
    """What a line comes to, apart from its id: its levels, each with its bit and the pattern of line and level."""

    levels: tuple[str, ...]
    sites: tuple[tuple[int, int], ...]
    coding: tuple[Note, ...]
    colons: int


class PlainPiece(NamedTuple):
    """Bits of a treatment, document or procedure: for sites, for procedures, and as the focus node itself."""

    site: int
    procedure: int
    focus: int


class PlainCase(NamedTuple):
    """A plain case. ``colons`` says how many its text has if no key stands twice in an object of it."""

    id: str
    product: str
    covered: bool
    on: date
    diagnoses: list[str]
    remarks: tuple[Note, ...]
    extents: tuple[int, ...]
    pieces: list[PlainPiece]
    procedures: list[tuple[PlainPiece, str | None]]
    findings: Findings
    times: dict[int, Times]
    lines: list[tuple[str, PlainLine]]
    colons: int


class PlainReader:
    """Reads plain cases of one policy version; ``schema`` is that of its cases."""

    def __init__(
        self, policy: Policy, diagnoses: Index, schema: Schema, default_intent: str | None, site: FactBits,
        procedure: FactBits,
    ) -> None:  # fmt: skip
        parts, properties = schema["$defs"], schema["properties"]
        self._policy = policy
        self._index = diagnoses
        self._schema = schema
        self._default_intent = default_intent
        self._site = site
        self._procedure = procedure
        self._lattice = policy.vocabulary.lattice
        self._keys = {
            name: self._keys_of(part) for name, part in (("case", schema), *parts.items()) if "properties" in part
        }
        self._is_case_id = re.compile(properties["id"]["pattern"].removeprefix("^").removesuffix("$")).fullmatch
        self._line_ids: Memo[str, str] = Memo(lambda given: self._check(given, parts["line"]["properties"]["id"]))
        self._most = {name: part["maxItems"] for name, part in properties.items() if "maxItems" in part}
        self._free = {
            name: tuple((key, p["maxLength"]) for key, p in part["properties"].items() if {"maxLength"} < p.keys() <= _FREE)
            for name, part in parts.items() if "properties" in part
        }  # fmt: skip
        self._days: Memo[str, date] = Memo(self._day)
        self._levels: Memo[tuple[str, ...], int] = Memo(self._levels_of)
        self._remarks: Memo[str, tuple[Note, ...]] = Memo(self._remarks_on)
        self._lines: dict[object, PlainLine] = {}
        self._pieces: dict[object, PlainPiece] = {}
        self._member_groups = {
            token: [iri in members for members in policy.vocabulary.groups.values()]
            for token, iri in policy.vocabulary.values["technique"].items()
        }
        self._alone: Memo[tuple[str, int], tuple[int, ...]] = Memo(
            lambda line: tuple(line[1] if is_in else 0 for is_in in self._member_groups[line[0]])
        )

    def read(self, document: Json) -> PlainCase:
        """A plain case from its parsed JSON."""
        keys = self._keys["case"][tuple(document)]
        id = document["id"]
        on = self._days[document["serviceDate"]]
        covered = document["contractCovers"] if "contractCovers" in keys else True
        if not self._is_case_id(id) or (covered is not True and covered is not False):
            raise NotPlainError
        colons = len(document) + id.count(":")
        diagnoses = self._array(document, "diagnoses") if "diagnoses" in keys else []
        remarks: tuple[Note, ...] = ()
        for code in diagnoses:
            remarks += self._remarks[code]
        pieces: list[PlainPiece] = []
        if "treatments" in keys:
            for treatment in self._array(document, "treatments"):
                colons += self._add_treatment(treatment, pieces)
        if "documents" in keys:
            for report in self._array(document, "documents"):
                colons += self._add_document(report, pieces)
        procedures: list[tuple[PlainPiece, str | None]] = []
        if "concurrentProcedures" in keys:
            for procedure in self._array(document, "concurrentProcedures"):
                key = (tuple(procedure), *procedure.values())
                piece = self._pieces.get(key) or self._new_piece(key, "concurrentProcedure", procedure)
                pieces.append(piece)
                procedures.append((piece, procedure.get("code")))
                colons += len(procedure)
        findings = Findings(self._lattice)
        times: dict[int, Times] = {}
        if "findings" in keys:
            colons += self._add_findings(self._array(document, "findings"), on, findings, times)
        given = self._array(document, "lines")
        billed = None
        if len(given) > 1 or procedures:
            codes = (*(line.get("code") for line in given), *(code for _, code in procedures))
            billed = frozenset(code for code in codes if code)
        lines = [(self._line_ids[line["id"]], self._line(line, on, billed)) for line in given]
        if len(diagnoses) != len(set(diagnoses)) or len({line_id for line_id, _ in lines}) != len(lines) or not lines:
            raise NotPlainError
        for line, (_, found) in zip(given, lines, strict=True):
            colons += len(line) + found.colons
        return PlainCase(
            id, document["product"], covered, on, diagnoses, remarks, self._extents(given, lines), pieces, procedures,
            findings, times, lines, colons,
        )  # fmt: skip

    # ---------- pieces ----------

    def _array(self, document: Json, key: str) -> list[Any]:
        found = document[key]
        if found.__class__ is not list or len(found) > self._most[key]:
            raise NotPlainError
        return found

    def _texts(self, kind: str, piece: Json, keys: frozenset[str]) -> int:
        """Colons in the free texts of a piece, which differ from case to case and are checked each time."""
        colons = 0
        for key, longest in self._free[kind]:
            if key in keys:
                text = piece[key]
                if text.__class__ is not str or len(text) > longest:
                    raise NotPlainError
                colons += text.count(":")
        return colons

    def _add_treatment(self, treatment: Json, pieces: list[PlainPiece]) -> int:
        keys = self._keys["treatment"][tuple(treatment)]
        texts = self._texts("treatment", treatment, keys)
        weeks, contraindicated = treatment.get("weeks"), treatment.get("contraindicated")
        if weeks.__class__ is bool or contraindicated.__class__ is int:  # 1 equals true and must not pass for it
            raise NotPlainError
        stated = [bool(treatment.get(text, "").strip()) for text in ("frequency", "reason")]
        key = ("treatment", keys, treatment["kind"], weeks, treatment.get("response"), contraindicated, *stated)
        pieces.append(self._pieces.get(key) or self._new_piece(key, "treatment", treatment))
        return len(treatment) + texts

    def _add_document(self, document: Json, pieces: list[PlainPiece]) -> int:
        keys = self._keys["document"][tuple(document)]
        texts = self._texts("document", document, keys)
        kind, on, interpreter = document["kind"], document.get("date"), document.get("interpreter")
        key = ("document", keys, kind, on, interpreter, document.get("discrepancy"))
        pieces.append(self._pieces.get(key) or self._new_piece(key, "document", document))
        return len(document) + texts

    def _add_findings(self, given: list[Json], on: date, findings: Findings, times: dict[int, Times]) -> int:
        known, concepts, levels_of = self._keys["finding"], self._lattice.concepts, self._levels
        colons = 0
        for place, finding in enumerate(given):
            keys = known[tuple(finding)]
            concept, status, levels = concepts[finding["concept"]], finding["status"], EVERYWHERE
            colons += len(finding)
            if len(finding) > 2:
                if "levels" in keys:
                    named = finding["levels"]
                    if named.__class__ is not list:
                        raise NotPlainError
                    levels = levels_of[tuple(named)]
                if "onset" in keys or "durationDays" in keys or "value" in keys:
                    times[place] = self._times(finding, keys, on)
                    colons += len(finding["durationDays"]) if finding.get("durationDays").__class__ is dict else 0
                if "source" in keys:
                    colons += self._texts("finding", finding, keys)
            if status == "present":
                findings.present.append((concept, levels, place))
                findings.any_present |= concept.above
            elif status == "absent":
                findings.absent.append((concept, levels, place))
                findings.any_absent |= concept.bit
            elif status == "unknown":
                findings.unknown.append((concept, levels, place))
            else:
                raise NotPlainError
        return colons

    def _times(self, finding: Json, keys: frozenset[str], on: date) -> Times:
        value = finding.get("value")
        if "value" in keys and value.__class__ is not int and value.__class__ is not float:
            raise NotPlainError
        if "onset" in keys:
            onset = self._days[finding["onset"]]
            if onset > on or "durationDays" in keys:
                raise NotPlainError
            days = (on - onset).days
            return days, days, months_passed(onset, on), value
        if "durationDays" not in keys:
            return None, None, None, value
        duration = finding["durationDays"]
        if duration.__class__ is int and 0 <= duration <= DAYS["maximum"]:
            return duration, duration, None, value
        if not conforms(duration, self._schema["$defs"]["finding"]["properties"]["durationDays"], self._schema):
            raise NotPlainError
        least, most = duration.get("min"), duration.get("max")
        if least is not None and most is not None and least > most:
            raise NotPlainError
        return least, most, None, value

    def _line(self, line: Json, on: date, billed: frozenset[str] | None) -> PlainLine:
        """What a line comes to; ``billed`` are the codes of the case where this line's is not the only one."""
        keys = self._keys["line"][tuple(line)]
        units = line.get("units")
        if units.__class__ is bool:
            raise NotPlainError
        lists = tuple([tuple(self._members(line[key])) for key in _LISTS if key in keys])
        is_dated = "devices" in keys or "cements" in keys
        key = (
            keys,
            line["technique"],
            line.get("intent"),
            line.get("code"),
            units,
            lists,
            on if is_dated else 0,
            billed,
        )
        return self._lines.get(key) or self._new_line(key, line, on, billed)

    def _members(self, found: Any) -> list[Any]:
        if found.__class__ is not list:
            raise NotPlainError
        return found

    def _extents(self, given: list[Json], lines: list[tuple[str, PlainLine]]) -> tuple[int, ...]:
        """How many distinct levels the lines of each technique group ask for."""
        if len(lines) == 1:
            return self._alone[given[0]["technique"], len(given[0].get("levels", ()))]
        levels: list[set[str]] = [set() for _ in self._policy.vocabulary.groups]
        for line in given:
            for group, is_in in zip(levels, self._member_groups[line["technique"]], strict=True):
                group.update(line.get("levels", ()) if is_in else ())
        return tuple(map(len, levels))

    # ---------- what is worked out once ----------

    def _keys_of(self, schema: Schema) -> Memo[tuple[str, ...], frozenset[str]]:
        """The keys of an object as a set, for each order of them that comes up."""
        known, required = frozenset(schema["properties"]) - {"@context"}, frozenset(schema.get("required", ()))

        def check(keys: tuple[str, ...]) -> frozenset[str]:
            if not required <= frozenset(keys) <= known:
                raise NotPlainError
            return frozenset(keys)

        return Memo(check)

    def _check(self, value: T, schema: Schema) -> T:
        if not conforms(value, schema, self._schema):
            raise NotPlainError
        return value

    def _day(self, text: str) -> date:
        found = day(text)
        if found is None:
            raise NotPlainError
        return found

    def _levels_of(self, tokens: tuple[str, ...]) -> int:
        self._check(list(tokens), self._schema["$defs"]["finding"]["properties"]["levels"])
        return sum(self._lattice.levels[token] for token in tokens)

    def _remarks_on(self, diagnosis: str) -> tuple[Note, ...]:
        self._check(diagnosis, self._schema["properties"]["diagnoses"]["items"])
        return check_diagnoses((diagnosis,), self._policy, self._index)

    def _new_line(self, key: object, line: Json, on: date, billed: frozenset[str] | None) -> PlainLine:
        self._check(line, self._schema["$defs"]["line"])
        read, bits = line_of(line, self._default_intent), self._site
        pattern = bits.technique[read.technique] | bits.line_technique[read.technique] | bits.code(read.code)
        pattern |= bits.intent[read.intent] if read.intent else 0
        products = (*read.devices, *read.cements)
        for token in products:
            pattern |= bits.use(token, on)
        sites = tuple((self._lattice.levels[token], pattern | bits.level[token]) for token in read.levels)
        codes = frozenset(filter(None, [read.code])) if billed is None else billed
        found = PlainLine(
            levels=read.levels or ("",),
            sites=sites or ((1, pattern),),
            coding=check_line(read, codes, self._policy),
            colons=sum(token.count(":") for token in products),
        )
        return _keep(self._lines, key, found)

    def _new_piece(self, key: object, kind: str, piece: Json) -> PlainPiece:
        self._check(piece, self._schema["$defs"][kind])
        focus = 0
        if kind == "treatment":
            site, procedure = (bits.treatment(treatment_of(piece)) for bits in (self._site, self._procedure))
        elif kind == "document":
            site, procedure = (bits.document(document_of(piece)) for bits in (self._site, self._procedure))
        else:
            site, procedure = (bits.procedure(procedure_of(piece)) for bits in (self._site, self._procedure))
            focus = self._procedure.focus(procedure_of(piece))
        return _keep(self._pieces, key, PlainPiece(site, procedure, focus))


_LISTS = ("levels", "modifiers", "devices", "cements")
_FREE = {"type", "maxLength", "description"}


def _keep(table: dict[object, T], key: object, value: T) -> T:
    if len(table) >= MOST_REMEMBERED:
        table.clear()
    table[key] = value
    return value
