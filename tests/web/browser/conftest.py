"""A real Chromium at a real service. Every page is watched: nothing may leave the machine, nothing may fail unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, Response, sync_playwright

from web.server import Server
from web.tools import needed

SCREENSHOTS = Path(__file__).parent / "screenshots"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    path = needed("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Opens pages of a service and notes what must not happen on them.

    ``refused`` are the statuses that a test expects of pages it asks for wrongly, ``blocked`` is how a line of the
    console begins that says what was blocked, as it should be.
    """

    browser: Browser
    home: str
    contexts: list[BrowserContext] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    blocked: str = "never said"

    def open(
        self, path: str = "/", *, width: int = 1200, scheme: Literal["light", "dark"] = "light", javascript: bool = True
    ) -> Page:
        """A page in a context of its own, watched."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=javascript,
            accept_downloads=True,
        )  # fmt: skip
        self.contexts.append(context)
        context.on("request", self._request)
        context.on("response", self._response)
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"script error: {error}"))
        page.on("dialog", self._dialog)
        page.on("console", lambda message: self._console(message.type, message.text))
        page.goto(self.home + path)
        if javascript and page.locator("#workbench").count():
            page.locator(".CodeMirror").wait_for()
        return page

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.home:
            self.wrong.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.refused:
            self.wrong.append(f"{response.status}: {response.url}")

    def _console(self, kind: str, text: str) -> None:
        is_told_by_response = text.startswith("Failed to load resource")
        if kind in ("error", "warning") and not is_told_by_response and not text.startswith(self.blocked):
            self.wrong.append(f"console: {text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def visitor(chromium: Browser, server: Server) -> Iterator[Visitor]:
    """Someone who visits the service; in the end nothing of what is watched may have happened."""
    visitor = Visitor(chromium, server.url)
    yield visitor
    for context in visitor.contexts:
        context.close()
    assert visitor.wrong == []


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
