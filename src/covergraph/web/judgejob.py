"""What a judging worker does: reports on cases. Runs in the worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from pyoxigraph import RdfFormat

from covergraph.batch import check_lines
from covergraph.casegraph import parse_case_rdf
from covergraph.checker import Checker
from covergraph.errors import ContentError, InputError
from covergraph.jsontext import parse_json
from covergraph.reportforms import report_in
from covergraph.versions import policy_versions
from covergraph.web import checkreport
from covergraph.web.frames import Frame, Header, split
from covergraph.workspace import open_workspace


def judge_job(config: Header, _: bytes) -> Callable[[Header, bytes], Frame]:
    """A function from cases (sizes; form, source, strict, policy) to a report or an error for each.

    The form ``records`` gives the records of lines of NDJSON, as ``covergraph batch`` writes them, numbered from
    ``first``. ``config`` holds the ``content`` folder.
    """
    workspace = open_workspace(config["content"])
    checkers = {strict: Checker(workspace, strict=strict) for strict in (False, True)}

    def checker_for(policy: str | None, strict: bool) -> Checker:
        return checkers[strict] if policy is None else checkers[strict].for_policy(policy)

    def judge(asked: Header, body: bytes) -> Frame:
        if asked["form"] == "records":
            lines = split(body, asked["sizes"])
            return {}, _records(lines, asked["first"], checker_for(asked["policy"], asked["strict"]))
        results: list[Header] = []
        reports: list[bytes] = []
        for document in split(body, asked["sizes"]):
            try:
                checker = checker_for(asked["policy"], asked["strict"])
                report = _report(checker, _read(document, asked["source"]), asked["form"])
            except ContentError:
                raise
            except InputError as error:
                results.append({"error": [error.code, error.place, error.cause, error.cure]})
            else:
                results.append({"size": len(report)})
                reports.append(report)
        return {"results": results}, b"".join(reports)

    for case in _rehearsals(checkers[False]):
        for form in ("json", "html", "svg", "page"):
            with suppress(InputError):
                _report(checkers[False], case, form)
    return judge


def _records(lines: Iterable[bytes], first: int, checker: Checker) -> bytes:
    written = bytearray()
    for record in check_lines(lines, checker, first):
        written += record.text + b"\n"
    return bytes(written)


def _rehearsals(checker: Checker) -> Iterator[dict[str, Any]]:
    """The least case of each policy version: judged once at the start, so that no user waits for what loads then."""
    for number, versions in policy_versions(checker.workspace.graph).items():
        for day in versions:
            values = checker.policy_at(number, day).vocabulary.values
            line = {"id": "1", "technique": next(iter(values["technique"]))}
            levels = {"levels": [next(iter(values["level"]))]} if values["level"] else {}
            yield {
                "id": "rehearsal", "policy": number, "product": next(iter(values["product"])),
                "serviceDate": day.isoformat(), "lines": [line | levels],
            }  # fmt: skip


def _read(document: bytes, source: str) -> Any:
    return parse_case_rdf(document, RdfFormat.TURTLE, "case") if source == "turtle" else parse_json(document)


def _report(checker: Checker, document: Any, form: str) -> bytes:
    if form != "page":
        return report_in(form, document, checker).encode()
    case = checker.read(document)
    judge = checker.judge_of(case)
    report, facts = judge.report_with_facts(case)
    return checkreport.page(case, report, judge.policy, facts, checker.workspace)
