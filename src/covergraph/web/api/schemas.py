"""JSON Schemas of what the API answers, by the names that the description gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WORDS: Schema = {"type": "array", "items": TEXT}
LINK: Schema = {"type": "string", "format": "uri-reference"}
IRI: Schema = {"type": "string", "format": "iri"}
DATE: Schema = {"type": "string", "format": "date"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}


def maybe(schema: Schema) -> Schema:
    """A value or null."""
    return schema | {"type": [schema["type"], "null"]}


def an_object(**properties: Schema) -> Schema:
    """An object that has all properties and no other."""
    return {
        "type": "object", "additionalProperties": False, "required": list(properties), "properties": properties,
    }  # fmt: skip


def ref(name: str) -> Schema:
    """A reference to a schema of the description."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(name: str) -> Schema:
    """A list of things of a schema of the description."""
    return {"type": "array", "items": ref(name)}


SCHEMAS: Mapping[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457. The code is that of the command line.",
        "required": ["title", "status", "code", "detail", "cause"],
        "properties": {
            "title": TEXT, "status": NUMBER, "detail": TEXT,
            "code": {"type": "string", "description": "A stable short name for programs."},
            "place": {"type": "string", "description": "Where: a JSON pointer, a line, a parameter."},
            "cause": {"type": "string", "description": "What is wrong there."},
            "cure": {"type": "string", "description": "What to do about it."},
        },
    },
    "ErrorRecord": {
        "type": "object",
        "description": "What stands in the place of a line that is no well-formed case.",
        "required": ["line", "case", "error"],
        "properties": {
            "line": NUMBER, "case": maybe(TEXT), "error": an_object(code=TEXT, message=TEXT, pointer=TEXT),
        },
    },
    "Record": {"description": "One line of the answer.", "oneOf": [ref("Report"), ref("ErrorRecord")]},
    "Policies": an_object(policies=many("Policy")),
    "Policy": an_object(
        number=TEXT, title=TEXT, isDefault=FLAG,
        versions={"type": "array", "items": an_object(version=DATE, iri=IRI, href=LINK, criteria=NUMBER)},
    ),
    "PolicyVersion": an_object(
        number=TEXT, version=DATE, iri=IRI, title=TEXT, clauses=many("Clause"),
        statements={"type": "array", "items": an_object(
            id=TEXT, whenMet=TEXT, whenUndocumented=maybe(TEXT), whenNotMet=maybe(TEXT), items=WORDS)},
    ),
    "Clause": an_object(
        id=TEXT, iri=IRI, href=LINK, kind=TEXT, label=TEXT, text=maybe(TEXT), page=maybe(NUMBER),
        question=maybe(TEXT), partOf=maybe(TEXT), operator={"enum": ["and", "or", None]}, members=WORDS,
        appliesWhen=WORDS, unlessMet=WORDS,
    ),
    "Concepts": an_object(policy=TEXT, concepts=many("Concept")),
    "Concept": an_object(
        id=TEXT, iri=IRI, label=TEXT, synonyms=WORDS, definition=TEXT, broader=WORDS, narrower=WORDS,
    ),
    "Queries": an_object(queries=many("Query")),
    "Query": an_object(
        name=TEXT, href=LINK, summary=TEXT, description=TEXT, tags=WORDS, returns=TEXT,
        parameters={"type": "array", "items": an_object(
            name=TEXT, type={"enum": ["string", "date", "integer", "iri"]}, description=TEXT, required=FLAG,
            default=maybe(TEXT))},
        example={"type": "object", "additionalProperties": TEXT},
    ),
    "Health": an_object(status={"enum": ["ok", "not ready"]}, version=TEXT, content=TEXT),
}  # fmt: skip
"""All but those that stand elsewhere: Case and Report."""
