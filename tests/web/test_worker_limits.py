"""What a worker does at its limits, asked without a web server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from covergraph.errors import InputError
from covergraph.web.problems import Problem
from covergraph.web.service import Service, open_service
from covergraph.web.settings import Settings
from web.server import ROOT

CASE = (ROOT / "examples" / "acute-fracture.json").read_bytes()
HUGE = b'{"id": "' + b"x" * 40_000_000 + b'"}'


def run(scene: Callable[[Service], Awaitable[Any]], **settings: Any) -> Any:
    async def play() -> Any:
        service = open_service(Settings(**settings))
        await service.open()
        try:
            return await scene(service)
        finally:
            await service.close()

    return asyncio.run(play())


def test_a_check_says_what_the_command_line_says(checker: Any) -> None:
    async def scene(service: Service) -> None:
        report = await service.judge(CASE, client="a")
        assert isinstance(report, bytes)
        assert json.loads(report) == checker.check(json.loads(CASE)).to_json()
        strict = await service.judge(CASE, client="a", strict=True)
        assert strict != report

    run(scene)


def test_a_case_that_cannot_be_read_is_the_error_of_the_command_line() -> None:
    async def scene(service: Service) -> None:
        for document, code in ((b"{", "not-json"), (b"\xff", "not-utf8"), (b"[" * 100_000, "too-deep")):
            error = await service.judge(document, client="a")
            assert isinstance(error, InputError)
            assert error.code == code

    run(scene)


def test_a_check_that_takes_too_much_memory_is_ended_and_the_next_one_is_not() -> None:
    async def scene(service: Service) -> None:
        with pytest.raises(Problem) as ended:
            await service.judge(HUGE, client="a")
        assert (ended.value.status, ended.value.code) == (503, "check-memory")
        assert isinstance(await service.judge(CASE, client="b"), bytes)

    run(scene, query_memory_mb=64)


def test_a_check_that_takes_too_long_is_ended_and_the_next_one_is_not() -> None:
    async def scene(service: Service) -> None:
        with pytest.raises(Problem) as ended:
            await service.judge_lines([CASE.replace(b"\n", b" ")] * 50_000, client="a", first=1)
        assert (ended.value.status, ended.value.code) == (503, "check-timeout")
        assert isinstance(await service.judge(CASE, client="b"), bytes)

    run(scene, check_seconds=1.0)


def test_a_report_comes_in_every_form_from_a_locked_worker() -> None:
    begins = {
        "json": b"{", "html": b"<!doctype html>", "markdown": b"# ", "text": b"", "turtle": b"@prefix", "jsonld": b"[",
        "svg": b"<?xml", "page": b"{",
    }  # fmt: skip

    async def scene(service: Service) -> None:
        for form, begin in begins.items():
            report = await service.judge(CASE, client="a", form=form)  # type: ignore[arg-type]
            assert isinstance(report, bytes)
            assert report.lower().startswith(begin), (form, report[:40])

    run(scene)
