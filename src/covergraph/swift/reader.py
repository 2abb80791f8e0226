"""Reading a plain case: one whose pieces keep the schema, checked and worked out once for equal pieces."""

import re
from datetime import date
from typing import NamedTuple

from covergraph.case import document_of, procedure_of, treatment_of
from covergraph.checks import check_diagnoses
from covergraph.conforms import Schema, conforms, day
from covergraph.duration import months_passed
from covergraph.icd10cm import Index
from covergraph.memo import Memo, Table
from covergraph.model import Note
from covergraph.policy import Policy
from covergraph.schema import DAYS
from covergraph.swift.factbits import FactBits, Times
from covergraph.swift.forms import Form, Json, NotPlainError, array, checked
from covergraph.swift.levelbits import PlainFinding, Timed
from covergraph.swift.lines import LineReader, PlainLine


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
    pieces: list[PlainPiece]
    procedures: list[tuple[PlainPiece, str | None]]
    findings: tuple[PlainFinding, ...]
    places: list[tuple[str, ...]]
    timed: list[Timed]
    lines: list[tuple[str, PlainLine]]
    colons: int


class PlainReader:
    """Reads plain cases of one policy version; ``schema`` is that of its cases."""

    def __init__(
        self, policy: Policy, diagnoses: Index, schema: Schema, default_intent: str | None, site: FactBits,
        procedure: FactBits,
    ) -> None:  # fmt: skip
        parts, properties = schema["$defs"], schema["properties"]
        self._bits = (site, procedure)
        self._lines = LineReader(policy, schema, default_intent, site)
        self._form = Form(schema, schema)
        self._forms = {name: Form(part, schema) for name, part in parts.items() if "properties" in part}
        self._is_case_id = re.compile(properties["id"]["pattern"].removeprefix("^").removesuffix("$")).fullmatch
        self._most = {name: part["maxItems"] for name, part in properties.items() if "maxItems" in part}
        self._days: Memo[str, date] = Memo(self._day)
        lattice, named_levels = policy.vocabulary.lattice, parts["finding"]["properties"].get("levels", {})
        self.level_lists: Memo[tuple[str, ...], int] = Memo(
            lambda tokens: sum(lattice.levels[t] for t in checked(list(tokens), named_levels, schema))
        )
        code = properties["diagnoses"]["items"]
        self._remarks: Memo[str, tuple[Note, ...]] = Memo(
            lambda given: check_diagnoses((checked(given, code, schema),), policy, diagnoses)
        )
        self._pieces: Table[object, PlainPiece] = Table()
        bit = self._forms["finding"].bit
        self._with_levels, self._with_source = bit.get("levels", 0), bit["source"]
        self._with_onset, self._with_duration, self._with_value = bit["onset"], bit["durationDays"], bit["value"]

    def read(self, document: Json) -> PlainCase:
        """A plain case from its parsed JSON."""
        self._form.keys[tuple(document)]
        id, covered = document["id"], document.get("contractCovers", True)
        on = self._days[document["serviceDate"]]
        if not self._is_case_id(id) or (covered is not True and covered is not False):
            raise NotPlainError
        colons = len(document) + id.count(":")
        diagnoses: list[str] = []
        remarks: tuple[Note, ...] = ()
        if "diagnoses" in document:
            diagnoses = array(document["diagnoses"], self._most["diagnoses"])
            for code in diagnoses:
                remarks += self._remarks[code]
            if len(diagnoses) > 1 and len(diagnoses) != len(set(diagnoses)):
                raise NotPlainError
        pieces: list[PlainPiece] = []
        if "treatments" in document:
            for treatment in array(document["treatments"], self._most["treatments"]):
                colons += self._add_treatment(treatment, pieces)
        if "documents" in document:
            for report in array(document["documents"], self._most["documents"]):
                colons += self._add_document(report, pieces)
        procedures: list[tuple[PlainPiece, str | None]] = []
        if "concurrentProcedures" in document:
            for procedure in array(document["concurrentProcedures"], self._most["concurrentProcedures"]):
                key = (tuple(procedure), *procedure.values())
                piece = self._pieces.get(key) or self._new_piece(key, "concurrentProcedure", procedure)
                pieces.append(piece)
                procedures.append((piece, procedure.get("code")))
                colons += len(procedure)
        findings: list[PlainFinding] = []
        places: dict[tuple[str, ...], int] = {}
        timed: list[Timed] = []
        if "findings" in document:
            colons += self._read_findings(
                array(document["findings"], self._most["findings"]), on, findings, places, timed
            )
        lines = self._read_lines(array(document["lines"], self._most["lines"]), procedures)
        for _, line in lines:
            colons += line.colons
        return PlainCase(
            id,
            document["product"],
            covered,
            on,
            diagnoses,
            remarks,
            pieces,
            procedures,
            tuple(findings),
            list(places),
            timed,
            lines,
            colons,
        )

    def _read_lines(
        self, given: list[Json], procedures: list[tuple[PlainPiece, str | None]]
    ) -> list[tuple[str, PlainLine]]:
        if len(given) == 1 and not procedures:
            return [self._lines.read(given[0], None)]
        codes = (*(line.get("code") for line in given), *(code for _, code in procedures))
        billed = frozenset(code for code in codes if code)
        lines = [self._lines.read(line, billed) for line in given]
        if not lines or len({line_id for line_id, _ in lines}) != len(lines):
            raise NotPlainError
        return lines

    def _add_treatment(self, treatment: Json, pieces: list[PlainPiece]) -> int:
        form = self._forms["treatment"]
        keys = form.keys[tuple(treatment)]
        colons = len(treatment) + form.colons(treatment, keys)
        get = treatment.get
        weeks, contraindicated = get("weeks"), get("contraindicated")
        if weeks.__class__ is bool or contraindicated.__class__ is int:  # 1 equals true and must not pass for it
            raise NotPlainError
        is_frequent, has_reason = get("frequency", "").strip() != "", get("reason", "").strip() != ""
        key = (keys, treatment["kind"], weeks, get("response"), contraindicated, is_frequent, has_reason)
        pieces.append(self._pieces.get(key) or self._new_piece(key, "treatment", treatment))
        return colons

    def _add_document(self, document: Json, pieces: list[PlainPiece]) -> int:
        form, get = self._forms["document"], document.get
        keys = form.keys[tuple(document)]
        key = (keys, document["kind"], get("date"), get("interpreter"), get("discrepancy"))
        pieces.append(self._pieces.get(key) or self._new_piece(key, "document", document))
        return len(document) + form.colons(document, keys)

    def _new_piece(self, key: object, kind: str, piece: Json) -> PlainPiece:
        """Check a treatment, document or procedure and work out what it comes to."""
        self._forms[kind].checked(piece)
        site, procedure = self._bits
        if kind == "treatment":
            treatment = treatment_of(piece)
            found = PlainPiece(site.treatment(treatment), procedure.treatment(treatment), 0)
        elif kind == "document":
            document = document_of(piece)
            found = PlainPiece(site.document(document), procedure.document(document), 0)
        else:
            concurrent = procedure_of(piece)
            found = PlainPiece(site.procedure(concurrent), procedure.procedure(concurrent), procedure.focus(concurrent))
        return self._pieces.keep(key, found)

    def _read_findings(
        self, given: list[Json], on: date, findings: list[PlainFinding], places: dict[tuple[str, ...], int],
        timed: list[Timed],
    ) -> int:  # fmt: skip
        form = self._forms["finding"]
        keys_of, with_levels, with_source = form.keys, self._with_levels, self._with_source
        is_timed = self._with_onset | self._with_duration | self._with_value
        colons = 0
        for finding in given:
            keys = keys_of[tuple(finding)]
            colons += len(finding)
            place = 0
            if keys & with_levels:
                named = finding["levels"]
                if named.__class__ is not list:
                    raise NotPlainError
                place = places.setdefault(tuple(named), len(places) + 1)
            if keys & is_timed:
                timed.append((len(findings), self._times(finding, keys, on)))
                if finding.get("durationDays").__class__ is dict:
                    colons += len(finding["durationDays"])
            if keys & with_source:
                colons += form.colons(finding, keys)
            findings.append((finding["concept"], finding["status"], place))
        return colons

    def _times(self, finding: Json, keys: int, on: date) -> Times:
        value = finding.get("value")
        if keys & self._with_value and value.__class__ is not int and value.__class__ is not float:
            raise NotPlainError
        if keys & self._with_onset:
            onset = self._days[finding["onset"]]
            if onset > on or keys & self._with_duration:
                raise NotPlainError
            days = (on - onset).days
            return days, days, months_passed(onset, on), value
        if not keys & self._with_duration:
            return None, None, None, value
        duration = finding["durationDays"]
        if duration.__class__ is int and 0 <= duration <= DAYS["maximum"]:
            return duration, duration, None, value
        least, most = duration.get("min"), duration.get("max")
        if not conforms(duration, self._forms["finding"].schema["properties"]["durationDays"], {}):
            raise NotPlainError
        if least is not None and most is not None and least > most:
            raise NotPlainError
        return least, most, None, value

    def _day(self, text: str) -> date:
        found = day(text)
        if found is None:
            raise NotPlainError
        return found
