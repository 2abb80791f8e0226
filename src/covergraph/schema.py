"""The JSON Schema of a case, generated from the vocabulary of a domain.

The shape of a case is the contract; the value lists are the ontology's. A list that a domain leaves empty takes its
field out of the schema: a domain without levels has lines without levels.
"""

from __future__ import annotations

from typing import Any

from covergraph import terms
from covergraph.vocabulary import Vocabulary

Schema = dict[str, Any]
DATE: Schema = {"type": "string", "format": "date"}
DAYS: Schema = {"type": "integer", "minimum": 0, "maximum": 36525}
CODE: Schema = {"type": "string", "pattern": "^[0-9A-Z]{5}$"}
TOKEN: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
NOTE: Schema = {"type": "string", "maxLength": 2000}

ABOUT = {
    "devices": "510(k) number (K + 6 digits), or the id of a device that the ontology names.",
    "concept": "Id of a clinical concept of the ontology; an unknown id is an error.",
    "status": "unknown: it was asked and could not be answered; not the same as leaving the finding out.",
    "levels": "Where it was found. Without levels it holds for the whole patient, so for every level.",
    "durationDays": "Duration on the service date, exact or as bounds (several months: min 60); either onset or "
    "durationDays, not both.",
    "value": "A measured value of the concept, in the unit that the ontology gives the concept.",
    "contractCovers": "Whether the member's contract covers the service at all.",
    "case": "One prior-authorization request and the clinical facts that came with it. What is requested is a closed "
    "list; clinical facts are open: what is not stated is not documented.",
}
"""Descriptions that are too long to stand beside their field."""


def _object(required: list[str], **properties: Schema | None) -> Schema:
    kept = {name: schema for name, schema in properties.items() if schema is not None}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in required if name in kept],
        "properties": kept,
    }


def _array(
    items: Schema, most: int | None = None, least: int = 0, unique: bool = False, default: bool = True
) -> Schema:
    schema: Schema = {"type": "array", "items": items}
    schema |= {"maxItems": most} if most else {}
    schema |= {"minItems": least} if least else {}
    schema |= {"uniqueItems": True} if unique else {}
    return schema | ({"default": []} if default and not least else {})


def case_schema(vocabulary: Vocabulary, default_policy: str) -> Schema:
    """JSON Schema (draft 2020-12) of a case of the vocabulary's domain.

    The first intent of a domain is what a line means that states none.
    """

    def tokens(field: str) -> list[str]:
        return list(vocabulary.values[field])

    def one_of(field: str, default: str | None = None) -> Schema | None:
        if not tokens(field):
            return None
        return {"enum": tokens(field)} | ({"default": default} if default else {})

    def ref(name: str) -> Schema:
        return {"$ref": f"#/$defs/{name}"}

    level, intents = one_of("level"), tokens("intent")
    line = _object(
        ["id", "technique", "levels"],
        id={"type": "string", "pattern": "^[A-Za-z0-9._-]{1,32}$", "description": "Unique within the case."},
        code=CODE | {"description": "CPT or HCPCS Level II code."},
        modifiers=_array({"type": "string", "pattern": "^[0-9A-Z]{2}$"}, 4),
        units={"type": "integer", "minimum": 1, "maximum": 30, "default": 1},
        technique=one_of("technique"),
        intent=one_of("intent", intents[0] if intents else None),
        levels=_array(ref("level"), 30, least=1, unique=True) if level else None,
        devices=_array(TOKEN, 10, unique=True) | {"description": ABOUT["devices"]},
        cements=_array(TOKEN, 10, unique=True) | {"description": "Id of a cement that the ontology names."},
    )  # fmt: skip
    procedure = _object(["kind"], kind=one_of("procedure"), approach=one_of("approach"), code=CODE)
    bounds = _object([], min=DAYS, max=DAYS) | {"minProperties": 1}
    del bounds["required"]
    finding = _object(
        ["concept", "status"],
        concept={"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "description": ABOUT["concept"]},
        status=(one_of("status") or {}) | {"description": ABOUT["status"]},
        levels=_array(ref("level"), least=1, unique=True) | {"description": ABOUT["levels"]} if level else None,
        onset=DATE,
        durationDays={"oneOf": [DAYS, bounds], "description": ABOUT["durationDays"]},
        value={"type": "number", "description": ABOUT["value"]},
        source=NOTE | {"description": "Where it stands in the record; carried into the report."},
    )  # fmt: skip
    treatment = _object(
        ["kind"],
        kind=one_of("treatment"),
        weeks={"type": "number", "minimum": 0, "maximum": 5200, "description": "0: stated as not done."},
        frequency={"type": "string", "maxLength": 200},
        response=one_of("response"),
        contraindicated={"type": "boolean", "default": False},
        reason=NOTE | {"description": "Why it is contraindicated or was not tolerated."},
        source=NOTE,
    )
    document = _object(
        ["kind"], kind=one_of("document"), date=DATE, interpreter=one_of("interpreter"),
        discrepancy=one_of("discrepancy", tokens("discrepancy")[0]), source=NOTE,
    )  # fmt: skip
    parts = {"level": level, "line": line, "concurrentProcedure": procedure, "finding": finding,
             "treatment": treatment, "document": document}  # fmt: skip
    root = _object(
        ["id", "product", "serviceDate", "lines"],
        id={"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"},
        policy={"type": "string", "default": default_policy},
        product=one_of("product"),
        contractCovers={"type": "boolean", "default": True, "description": ABOUT["contractCovers"]},
        serviceDate=DATE,
        lines=_array(ref("line"), 50, least=1),
        concurrentProcedures=_array(ref("concurrentProcedure"), 50) if tokens("procedure") else None,
        diagnoses=_array({"type": "string", "pattern": r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$"}, 100, unique=True),
        findings=_array(ref("finding"), 500),
        treatments=_array(ref("treatment"), 100) if tokens("treatment") else None,
        documents=_array(ref("document"), 100) if tokens("document") else None,
    )  # fmt: skip
    context = {
        "type": "string",
        "description": "Optional. Only the project's own context IRI is accepted; it is never fetched.",
    }
    root["properties"] = {"@context": context} | root["properties"]
    return {
        "$schema": terms.JSON_SCHEMA,
        "$id": terms.CASE_SCHEMA,
        "title": "Coverage case",
        "description": ABOUT["case"],
        **root,
        "$defs": {name: part for name, part in parts.items() if part is not None},
    }
