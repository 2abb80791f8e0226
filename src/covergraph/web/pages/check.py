"""Check a case: a case that is dropped, pasted or filled in comes back as a report. Nothing of it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from covergraph import picture
from covergraph.errors import InputError
from covergraph.jsontext import parse_json
from covergraph.web.form.fields import form, tables
from covergraph.web.form.posted import complaints, filled, holds, read_posted, with_row, without_row
from covergraph.web.form.sheet import Sheet, blank_sheet, policy_numbers
from covergraph.web.pages.site import page
from covergraph.web.service import Service, Source, client_of

PRIVATE = {"Cache-Control": "no-store"}
MOST_FIELDS = 20_000
TURTLE = re.compile(rb"\s*(?:[@<#]|prefix\b|base\b)", re.IGNORECASE)
PLACE = re.compile(r"line (\d+), column (\d+)")


def routes(service: Service) -> list[BaseRoute]:
    """The page, and what it posts."""
    checker = service.checker
    sheets = {number: blank_sheet(checker, number) for number in policy_numbers(checker.workspace.graph)}
    files = sorted((service.workspace.root / "examples").glob("*.json"))
    desk = Desk(service, sheets, {file.stem: parse_json(file.read_bytes()) for file in files})
    return [
        Route("/check", desk.blank),
        Route("/check", desk.answer, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class Posted:
    """What came with a request: the pairs of the form, and a case as text where one was pasted or dropped."""

    pairs: tuple[tuple[str, str], ...]
    text: bytes
    source: Source
    client: str

    def get(self, name: str) -> str:
        """The first value of a name."""
        return next((value for key, value in self.pairs if key == name), "")

    @property
    def strict(self) -> bool:
        """Whether nothing is to be presumed absent."""
        return self.get("strict") == "on"


@dataclass
class Desk:
    """Answers what the page posts, with the blank ``sheets`` of all policies by number and the ``examples`` by name.

    What a button does stands in its value, with what it does it to after a colon.
    """

    service: Service
    sheets: Mapping[str, Sheet]
    examples: Mapping[str, dict[str, Any]]

    async def blank(self, request: Request) -> Response:
        """The empty form."""
        return await self._form(request, self._sheet({}), {})

    async def answer(self, request: Request) -> Response:
        """What a button asks for."""
        most = self.service.settings.body_kb * 1024
        async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=most) as fields:
            posted = await _posted(request, fields)
        does, _, what = posted.get("do").partition(":")
        answer = self._does.get(does, self._check)
        return await answer(request, posted, what)

    @cached_property
    def _does(self) -> dict[str, Callable[[Request, Posted, str], Awaitable[Response]]]:
        return {
            "check": self._check, "add": self._add, "remove": self._remove, "update": self._update,
            "more": self._update,
            "concept": self._concept, "example": self._example, "paste": self._paste, "open": self._open,
            "download-case": self._download_case, "download-report": self._download_report,
        }  # fmt: skip

    # ---------- the form ----------

    async def _check(self, request: Request, posted: Posted, _: str) -> Response:
        sheet = self._posted_sheet(posted)
        document = filled(sheet, read_posted(sheet, posted.pairs))
        errors = complaints(sheet, document)
        if not errors:
            text = json.dumps(document, ensure_ascii=False).encode()
            judged = await self.service.judge(text, client=posted.client, form="page", strict=posted.strict)
            if not isinstance(judged, InputError):
                return _report(request, judged, posted)
            errors = [judged]
        return await self._form(request, sheet, document, posted, errors)

    async def _add(self, request: Request, posted: Posted, key: str) -> Response:
        sheet = self._posted_sheet(posted)
        document = read_posted(sheet, posted.pairs)
        if key in tables(sheet):
            document = with_row(sheet, document, key)
        return await self._form(request, sheet, document, posted, new=key)

    async def _concept(self, request: Request, posted: Posted, token: str) -> Response:
        sheet = self._posted_sheet(posted)
        document = with_row(sheet, read_posted(sheet, posted.pairs), "findings", {"concept": token})
        return await self._form(request, sheet, document, posted, new="findings")

    async def _remove(self, request: Request, posted: Posted, row: str) -> Response:
        sheet = self._posted_sheet(posted)
        return await self._form(request, sheet, read_posted(sheet, without_row(posted.pairs, row)), posted)

    async def _update(self, request: Request, posted: Posted, _: str) -> Response:
        sheet = self._posted_sheet(posted)
        return await self._form(request, sheet, read_posted(sheet, posted.pairs), posted)

    # ---------- a case as text ----------

    async def _example(self, request: Request, posted: Posted, name: str) -> Response:
        document = self.examples.get(name, {})
        return await self._form(request, self._sheet(document), document, posted)

    async def _paste(self, request: Request, posted: Posted, _: str) -> Response:
        judged = await self._judged(posted)
        if isinstance(judged, InputError):
            return await self._text(request, posted, judged)
        return _report(request, judged, posted)

    async def _open(self, request: Request, posted: Posted, _: str) -> Response:
        try:
            if posted.source == "turtle":
                judged = await self._judged(posted)
                if isinstance(judged, InputError):
                    raise judged
                document = json.loads(judged)["case"]
            else:
                document = parse_json(posted.text)
            sheet = self._sheet(document)
            if not isinstance(document, dict) or not holds(sheet, document):
                raise InputError("no-form", "", "The form has no place for all that stands here.",
                                 "Check it as it is: what is wrong with it is shown.")  # fmt: skip
        except InputError as error:
            return await self._text(request, posted, error)
        return await self._form(request, sheet, document, posted)

    async def _judged(self, posted: Posted) -> bytes | InputError:
        return await self.service.judge(
            posted.text, client=posted.client, form="page", strict=posted.strict, source=posted.source
        )

    # ---------- downloads ----------

    async def _download_case(self, _: Request, posted: Posted, __: str) -> Response:
        return _attachment(posted.text, "case.json")

    async def _download_report(self, request: Request, posted: Posted, _: str) -> Response:
        judged = await self.service.judge(posted.text, client=posted.client, strict=posted.strict)
        if isinstance(judged, InputError):
            return await self._text(request, posted, judged)
        return _attachment(judged, "report.json")

    # ---------- what is shown ----------

    async def _form(
        self, request: Request, sheet: Sheet, document: dict[str, Any], posted: Posted | None = None,
        errors: list[InputError] | None = None, *, new: str = "", **text: Any,
    ) -> Response:  # fmt: skip
        """The page with a form; ``new`` is the table of which the last row has just been added."""
        if "lines" not in document:
            document = document | {"lines": [{}]}
        values = {"text": "", "wrong": None, "excerpt": ""} | text

        def made() -> Response:
            return page(
                request, "check.html.j2", status=422 if errors or values["wrong"] else 200, headers=PRIVATE,
                sheet=sheet, form=form(sheet, document, errors or ()), examples=list(self.examples), new=new,
                strict=bool(posted and posted.strict), pieces=_pieces(sheet), **values,
            )  # fmt: skip

        return await run_in_threadpool(made)  # a form of many rows takes a tenth of a second

    async def _text(self, request: Request, posted: Posted, error: InputError) -> Response:
        """The page with a case as text that cannot be used, what is wrong with it, and the form if it can hold it."""
        text = posted.text.decode("utf-8", "replace")
        sheet, document, errors = self._sheet({}), {}, []
        if posted.source == "json":
            try:
                known = parse_json(posted.text)
            except InputError:
                known = None
            if isinstance(known, dict) and known and holds(self._sheet(known), known):
                sheet, document, errors = self._sheet(known), known, [error]
        return await self._form(
            request, sheet, document, posted, errors, text=text, wrong=error, excerpt=_excerpt(text, error.place)
        )

    def _posted_sheet(self, posted: Posted) -> Sheet:
        return self._sheet({"policy": posted.get("policy")})

    def _sheet(self, document: Any) -> Sheet:
        """The form for the policy that a document names, else for the default policy."""
        named = document.get("policy") if isinstance(document, dict) else None
        usual = self.sheets[self.service.checker.default_policy]
        return self.sheets.get(named, usual) if isinstance(named, str) else usual


async def _posted(request: Request, fields: FormData) -> Posted:
    pairs = tuple((name, value) for name, value in fields.multi_items() if isinstance(value, str))
    upload = fields.get("file")
    data = await upload.read() if isinstance(upload, UploadFile) else b""
    name = upload.filename or "" if isinstance(upload, UploadFile) and data else ""
    text = data or next((value for key, value in pairs if key == "text"), "").replace("\r\n", "\n").encode()
    is_turtle = name.endswith((".ttl", ".turtle")) or bool(TURTLE.match(text))
    return Posted(pairs, text, "turtle" if is_turtle else "json", client_of(request))


def _excerpt(text: str, place: str) -> str:
    """The line of a text that an error names, with a mark below its column; empty where it names none."""
    found = PLACE.search(place)
    lines = text.split("\n")
    if not found or int(found[1]) > len(lines):
        return ""
    start = max(int(found[2]) - 60, 1)
    return f"{lines[int(found[1]) - 1][start - 1 : start + 119]}\n{' ' * (int(found[2]) - start)}^"


def _pieces(sheet: Sheet) -> list[tuple[str, list[tuple[picture.Level, Markup]]]]:
    """The levels by region, each with its part of the drawing."""
    drawn = [(level, Markup(svg)) for level, svg in picture.level_pieces(sheet.column)]  # ElementTree's
    return [(region, list(members)) for region, members in groupby(drawn, key=lambda piece: piece[0].region)]


def _report(request: Request, judged: bytes, posted: Posted) -> Response:
    shown = json.loads(judged)
    return page(
        request, "check_answer.html.j2", headers=PRIVATE, headline=shown["headline"], asked=shown["asked"],
        body=Markup(shown["body"]),  # made by the worker from an escaping template
        case=json.dumps(shown["case"], ensure_ascii=False, indent=2) + "\n", strict=posted.strict,
    )  # fmt: skip


def _attachment(data: bytes, name: str) -> Response:
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/json", headers=headers)
