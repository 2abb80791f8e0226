"""Case files: what they say, the documents they stand for, and where a report differs from what they expect.

An example is one JSON file with ``why``, ``case`` and ``expect``. Boundary cases are YAML lists; each entry names a
``base`` case and says what is changed in it. An entry with ``rows`` is a table: every row is a case of its own, laid
over what the entry says for all of them. ``tests/cases/README.md`` explains the form to those who write them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases" / "6.01.17" / "2025-10-15"
Json = dict[str, Any]


@dataclass(frozen=True)
class CaseFile:
    """A case, and what the policy's reading says of it; ``strict`` asks for the strict mode of the judge."""

    name: str
    why: str
    document: Json
    expect: Json
    strict: bool = False


def read_examples(folder: Path = CASES) -> dict[str, CaseFile]:
    """The examples for one version of a policy, one JSON file each, by name."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        text = json.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = CaseFile(path.stem, text["why"], text["case"], text["expect"])
    return found


def read_boundaries(folder: Path = CASES) -> list[CaseFile]:
    """The boundary cases of all YAML files; names are ``file: entry`` or ``file: entry [row]``."""
    bases = {name: example.document for name, example in read_examples(folder).items()}
    found: list[CaseFile] = []
    for path in sorted((folder / "boundaries").glob("*.yaml")):
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            found += _cases_of(entry, path.stem, bases)
    return found


def _cases_of(entry: Json, topic: str, bases: dict[str, Json]) -> Iterator[CaseFile]:
    _only(entry, {"name", "why", "base", "change", "strict", "expect", "rows"})
    for row in entry.get("rows", [{}]):
        _only(row, {"row", "change", "expect"})
        label = f" [{row['row']}]" if "row" in row else ""
        document = deepcopy(bases[entry["base"]])
        for change in (entry.get("change"), row.get("change")):
            _apply(change or {}, document)
        yield CaseFile(
            name=f"{topic}: {entry['name']}{label}",
            why=entry["why"],
            document=document,
            expect=_merged(entry.get("expect", {}), row.get("expect", {})),
            strict=entry.get("strict", False),
        )


def _only(entry: Json, known: set[str]) -> None:
    unknown = entry.keys() - known
    assert not unknown, f"{sorted(unknown)} means nothing in a case file; use {sorted(known)}"


def _merged(common: Json, own: Json) -> Json:
    """Expectations of an entry under those of a row; criteria are merged one by one."""
    criteria = common.get("criteria", {}) | own.get("criteria", {})
    return common | own | ({"criteria": criteria} if criteria else {})


NOT_STATED = "not stated"


def _apply(change: Json, document: Json) -> None:
    """Change a document as an entry says."""
    known = {"line", "lines", "findings", "product", "contractCovers", "serviceDate", "diagnoses", "documents"}
    _only(change, known | {"treatments", "concurrentProcedures"})
    for key, value in change.items():
        if key == "line":
            _put(document["lines"][0], value)
        elif key == "lines":
            document[key] = [{"id": str(n), **line} for n, line in enumerate(value, 1)]
        elif key == "findings":
            for concept, said in value.items():
                others = [f for f in document.get(key, []) if f["concept"] != concept]
                document[key] = others + [{"concept": concept, **f} for f in _findings(said)]
        else:
            _put(document, {key: value})


def _put(target: Json, values: Json) -> None:
    for key, value in values.items():
        if value == NOT_STATED:
            target.pop(key, None)
        else:
            target[key] = value


def _findings(said: Any) -> list[Json]:
    """What is said of one concept: a status, ``not stated``, ``conflicting``, a finding, or several of these."""
    match said:
        case "not stated":
            return []
        case "conflicting":
            return [{"status": "present"}, {"status": "absent"}]
        case str():
            return [{"status": said}]
        case dict():
            return [{"status": "present", **said}]
        case _:
            return [finding for each in said for finding in _findings(each)]


# ---------- comparing a report with what is expected ----------

SITE_KEYS = {"decidedBy", "holds", "presumedAbsent", "missing", "criteria"}
LINE_KEYS = {"reimbursement", "coding"}
NOTES = {"coding", "advisories"}


def differences(expect: Json, report: Json) -> list[str]:
    """Every stated key that the report has otherwise. Keys of a line or a site hold for each of them unless named."""
    found = []
    for key, wanted in expect.items():
        if key in SITE_KEYS:
            found += [d for line in report["lines"] for site in line["sites"] for d in _compare(key, wanted, site)]
        elif key in LINE_KEYS:
            found += [d for line in report["lines"] for d in _compare(key, wanted, line)]
        elif key == "sites":
            sites = {
                f"{line['id']} {site['level']}".strip(): site for line in report["lines"] for site in line["sites"]
            }
            found += [f"{name}: {d}" for name, own in wanted.items() for d in differences_at(own, sites[name])]
        elif key == "lines" and isinstance(wanted, dict):
            lines = {line["id"]: line for line in report["lines"]}
            found += [f"{name}: {d}" for name, own in wanted.items() for d in differences_at(own, lines[name])]
        else:
            found += _compare(key, wanted, report)
    return found


def differences_at(wanted: Json, actual: Json) -> list[str]:
    """Differences of one line or one site in the keys that are stated."""
    return [d for key, value in wanted.items() for d in _compare(key, value, actual)]


def _compare(key: str, wanted: Any, actual_of: Json) -> list[str]:
    actual = actual_of[key]
    if key in NOTES:
        actual = sorted(note["check"] for note in actual)
    elif key in ("lines", "sites"):
        if len(wanted) != len(actual):
            return [f"{len(actual)} {key} instead of {len(wanted)}"]
        return [d for own, one in zip(wanted, actual, strict=True) for d in differences_at(own, one)]
    elif key == "criteria":
        values = {id: actual[id]["value"] for id in wanted}
        return [f"{id} is {values[id]} instead of {wanted[id]}" for id in wanted if values[id] != wanted[id]]
    elif key == "documentation" and isinstance(wanted, dict):
        values = {d["id"]: d["value"] for d in actual}
        actual = {id: values[id] for id in wanted}
    elif key == "diagnoses" and isinstance(wanted, dict):
        actual = {d["code"]: d["check"] for d in actual}
    if _unordered(actual) == _unordered(wanted):
        return []
    return [f"{key} is {actual} instead of {wanted}"]


def _unordered(value: Any) -> Any:
    """A value in which the order of lists does not matter."""
    if isinstance(value, list):
        return sorted((_unordered(member) for member in value), key=repr)
    return value
