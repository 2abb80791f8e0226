"""JSON to a typed case and back, with every way in which a case can be wrong named by its JSON pointer."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from covergraph import terms
from covergraph.conforms import conforms
from covergraph.errors import InputError
from covergraph.jsontext import escape, too_deep
from covergraph.model import Bounds, Case, ConcurrentProcedure, Document, Finding, Line, Treatment
from covergraph.schema import Schema, case_schema
from covergraph.vocabulary import Vocabulary

if TYPE_CHECKING:
    from typing import Protocol

    from jsonschema_rs import Draft202012Validator

    class _SchemaError(Protocol):
        message: str
        instance: object
        instance_path: list[str | int]
        kind: Any


class CaseReader:
    """Reads cases of one domain; ``default_intent`` is what a line means that states none."""

    def __init__(self, vocabulary: Vocabulary, schema: Schema) -> None:
        self.vocabulary = vocabulary
        self.schema = schema
        self.default_intent = next(iter(vocabulary.values["intent"]), None)

    @cached_property
    def validator(self) -> Draft202012Validator:
        """What says why a case does not keep the schema; imported where there is something to say."""
        from jsonschema_rs import Draft202012Validator

        return Draft202012Validator(self.schema, validate_formats=True, mask="It")

    def read(self, document: Any) -> Case:
        """The case that parsed JSON stands for; raises InputError at the first thing that is wrong."""
        if not conforms(document, self.schema, self.schema):
            self._explain(document)
        try:
            case = _case(document, self.default_intent)
        except ValueError:
            raise _year_zero(document) from None
        self._check(case, document)
        return case

    def _explain(self, document: Any) -> None:
        """Raise what is wrong with a document; nothing is, where it only writes whole numbers such as 1.0."""
        try:
            error = next(iter(self.validator.iter_errors(document)), None)
        except ValueError:
            raise too_deep("") from None
        if error is not None:
            raise _schema_error(error)  # type: ignore[arg-type]

    def _check(self, case: Case, document: dict[str, Any]) -> None:
        """What a schema cannot say."""
        context = document.get("@context", terms.CONTEXT)
        if context != terms.CONTEXT:
            raise foreign_context("/@context", context)
        ids = [line.id for line in case.lines]
        for place, id in enumerate(ids):
            if id in ids[:place]:
                raise InputError("duplicate-line", f"/lines/{place}/id", f"There is a line {id!r} already.",
                                 "Give each line its own id.")  # fmt: skip
        for place, finding in enumerate(case.findings):
            self._check_finding(finding, f"/findings/{place}", case.service_date)

    def _check_finding(self, finding: Finding, pointer: str, service_date: date) -> None:
        if finding.concept not in self.vocabulary.concepts:
            raise InputError(
                "unknown-concept", f"{pointer}/concept", f"There is no concept {finding.concept!r}.",
                _suggest(finding.concept, list(self.vocabulary.concepts)) or "`covergraph concepts` lists them.",
            )  # fmt: skip
        if finding.onset is not None and finding.duration is not None:
            raise InputError("onset-and-duration", f"{pointer}/durationDays", "Both onset and durationDays are given.",
                             "Give one of them.")  # fmt: skip
        if finding.onset is not None and finding.onset > service_date:
            raise InputError("onset-after-service", f"{pointer}/onset",
                             f"The onset {finding.onset} is after the service date {service_date}.",
                             "Mend one of them.")  # fmt: skip
        bounds = finding.duration
        if isinstance(bounds, Bounds) and bounds.min is not None and bounds.max is not None and bounds.min > bounds.max:
            raise InputError("bounds-crossed", f"{pointer}/durationDays/min",
                             f"min {bounds.min} is above max {bounds.max}.", "Mend one of them.")  # fmt: skip


def case_reader(vocabulary: Vocabulary, default_policy: str) -> CaseReader:
    """A reader for the cases of a vocabulary's domain."""
    return CaseReader(vocabulary, case_schema(vocabulary, default_policy))


def foreign_context(pointer: str, context: object) -> InputError:
    """The error for any JSON-LD context but our own."""
    shown = context if isinstance(context, str) else "a context that is not text"
    return InputError("foreign-context", pointer, f"The context is {shown!r}.",
                      f"Only {terms.CONTEXT} is accepted; nothing is fetched.")  # fmt: skip


def _suggest(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _schema_error(error: _SchemaError) -> InputError:
    """The schema's complaint as place, cause and cure."""
    pointer = "".join(f"/{escape(str(p))}" for p in error.instance_path)
    kind = error.kind
    name = type(kind).__name__
    if name == "AdditionalProperties":
        extra = kind.unexpected[0]
        return InputError("unknown-key", f"{pointer}/{escape(extra)}", f"The key {extra!r} is not known here.",
                          "Remove it, or see `covergraph schema`.")  # fmt: skip
    if name == "Required":
        return InputError("missing-key", pointer, f"The key {kind.property!r} is missing.", "Add it.")
    given = _short(error.instance)
    if name == "Enum":
        options = list(map(str, kind.options))
        return InputError("unknown-value", pointer, f"{given} is not one of: {', '.join(options)}.",
                          _suggest(str(error.instance), options) or "Use one of these.")  # fmt: skip
    if name == "Format":
        return _bad_date(pointer, error.instance)
    if name == "Pattern":
        return InputError("bad-form", pointer, f"{given} does not have the form {kind.pattern}.", "Mend it.")
    if name == "OneOfNotValid":
        return InputError("bad-value", pointer, f"{given} is neither a number of days nor bounds.",
                          "Give whole days from 0 to 36525, or an object with min, max or both.")  # fmt: skip
    return InputError("bad-value", pointer, f"{error.message}: {given}.", "See `covergraph schema`.")


def _bad_date(pointer: str, given: object) -> InputError:
    return InputError("bad-date", pointer, f"{_short(given)} is no date.", "Write a real day as YYYY-MM-DD.")


def _year_zero(document: dict[str, Any]) -> InputError:
    """The error for the one kind of day that the schema's dates have and the calendar has not."""
    dates = {"/serviceDate": document["serviceDate"]}
    for key, field in (("findings", "onset"), ("documents", "date")):
        dates |= {f"/{key}/{place}/{field}": row.get(field, "") for place, row in enumerate(document.get(key, ()))}
    return next(_bad_date(pointer, given) for pointer, given in dates.items() if given.startswith("0000"))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _case(document: dict[str, Any], default_intent: str | None) -> Case:
    return Case(
        id=document["id"],
        policy=document.get("policy"),
        product=document["product"],
        contract_covers=document.get("contractCovers", True),
        service_date=date.fromisoformat(document["serviceDate"]),
        lines=tuple(line_of(line, default_intent) for line in document["lines"]),
        concurrent_procedures=tuple(map(procedure_of, document.get("concurrentProcedures", ()))),
        diagnoses=tuple(document.get("diagnoses", ())),
        findings=tuple(map(_finding, document.get("findings", ()))),
        treatments=tuple(map(treatment_of, document.get("treatments", ()))),
        documents=tuple(map(document_of, document.get("documents", ()))),
    )


def procedure_of(procedure: dict[str, Any]) -> ConcurrentProcedure:
    """The concurrent procedure that well-formed JSON stands for."""
    return ConcurrentProcedure(procedure["kind"], procedure.get("approach"), procedure.get("code"))


def treatment_of(treatment: dict[str, Any]) -> Treatment:
    """The treatment that well-formed JSON stands for."""
    return Treatment(
        treatment["kind"], treatment.get("weeks"), treatment.get("frequency"), treatment.get("response"),
        treatment.get("contraindicated", False), treatment.get("reason"), treatment.get("source"),
    )  # fmt: skip


def document_of(document: dict[str, Any]) -> Document:
    """The document that well-formed JSON stands for."""
    return Document(
        document["kind"], _day(document.get("date")), document.get("interpreter"),
        document.get("discrepancy", "none"), document.get("source"),
    )  # fmt: skip


def line_of(line: dict[str, Any], default_intent: str | None) -> Line:
    """The line that well-formed JSON stands for."""
    return Line(
        id=line["id"],
        technique=line["technique"],
        levels=tuple(line.get("levels", ())),
        intent=line.get("intent", default_intent),
        code=line.get("code"),
        modifiers=tuple(line.get("modifiers", ())),
        units=int(line.get("units", 1)),
        devices=tuple(line.get("devices", ())),
        cements=tuple(line.get("cements", ())),
    )


def _finding(finding: dict[str, Any]) -> Finding:
    duration = finding.get("durationDays")
    if isinstance(duration, dict):
        duration = Bounds(_whole(duration.get("min")), _whole(duration.get("max")))
    return Finding(
        concept=finding["concept"],
        status=finding["status"],
        levels=tuple(finding.get("levels", ())),
        onset=_day(finding.get("onset")),
        duration=duration if isinstance(duration, Bounds) else _whole(duration),
        value=finding.get("value"),
        source=finding.get("source"),
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def case_json(case: Case) -> dict[str, Any]:
    """The case as JSON values; what equals the schema's default or is empty is left out."""
    return _without_defaults(
        {
            "id": case.id,
            "policy": case.policy,
            "product": case.product,
            "contractCovers": None if case.contract_covers else False,
            "serviceDate": case.service_date.isoformat(),
            "lines": [_line_json(line) for line in case.lines],
            "concurrentProcedures": [
                _without_defaults({"kind": p.kind, "approach": p.approach, "code": p.code})
                for p in case.concurrent_procedures
            ],
            "diagnoses": list(case.diagnoses),
            "findings": [_finding_json(f) for f in case.findings],
            "treatments": [
                _without_defaults(
                    {
                        "kind": t.kind, "weeks": t.weeks, "frequency": t.frequency, "response": t.response,
                        "contraindicated": t.contraindicated or None, "reason": t.reason, "source": t.source,
                    }
                )
                for t in case.treatments
            ],
            "documents": [
                _without_defaults(
                    {
                        "kind": d.kind, "date": _text(d.date), "interpreter": d.interpreter,
                        "discrepancy": None if d.discrepancy == "none" else d.discrepancy, "source": d.source,
                    }
                )
                for d in case.documents
            ],
        }
    )  # fmt: skip


def _line_json(line: Line) -> dict[str, Any]:
    return _without_defaults(
        {
            "id": line.id, "code": line.code, "modifiers": list(line.modifiers), "units": line.units,
            "technique": line.technique, "intent": line.intent, "levels": list(line.levels),
            "devices": list(line.devices), "cements": list(line.cements),
        }
    )  # fmt: skip


def _finding_json(finding: Finding) -> dict[str, Any]:
    duration: Any = finding.duration
    if isinstance(duration, Bounds):
        duration = _without_defaults({"min": duration.min, "max": duration.max})
    return _without_defaults(
        {
            "concept": finding.concept, "status": finding.status, "levels": list(finding.levels),
            "onset": _text(finding.onset), "durationDays": duration, "value": finding.value, "source": finding.source,
        }
    )  # fmt: skip


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _without_defaults(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None and value != []}
