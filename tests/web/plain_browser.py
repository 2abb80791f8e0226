"""A browser without JavaScript: it reads a page, fills in its forms and presses their buttons."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

VOID = {"meta", "link", "input", "br", "img", "hr", "path", "rect", "circle", "option"}


@dataclass
class Control:
    """A control of a form: what it is, and what it would post."""

    tag: str
    name: str
    value: str
    kind: str
    is_on: bool
    attributes: dict[str, str]
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form with its controls and its buttons."""

    attributes: dict[str, str]
    controls: list[Control] = field(default_factory=list)
    buttons: list[dict[str, str]] = field(default_factory=list)

    def names(self) -> list[str]:
        return list(dict.fromkeys(c.name for c in self.controls))

    def fill(self, name: str, *values: str) -> None:
        """Types into a field, chooses from a list, or ticks boxes: exactly the values given."""
        own = [c for c in self.controls if c.name == name]
        assert own, f"there is no {name} among {self.names()}"
        if own[0].kind == "checkbox":
            assert set(values) <= {c.value for c in own}
            for control in own:
                control.is_on = control.value in values
            return
        assert len(values) <= len(own), f"there is room for {len(own)} values of {name}"
        for control, value in zip(own, [*values, *[""] * (len(own) - len(values))], strict=True):
            assert control.tag != "select" or value in control.options, f"{value} is not among {control.options}"
            control.value = value

    def pairs(self) -> list[tuple[str, str]]:
        return [(c.name, c.value) for c in self.controls if c.is_on and c.name]


class Page(HTMLParser):
    """A page: its text, its elements, its forms."""

    def __init__(self, url: str, status: int, headers: dict[str, str], html: str) -> None:
        super().__init__()
        self.url, self.status, self.headers, self.html = url, status, headers, html
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._ids: list[str] = []
        self._control: Control | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
            self._ids.append(attributes.get("id", ""))
        if tag == "form":
            self.forms.append(Form(attributes))
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append(attributes)
        elif tag == "option" and self._control and self._control.tag == "select":
            self._control.options.append(attributes["value"])
            if "selected" in attributes or len(self._control.options) == 1:
                self._control.value = attributes["value"]
        elif tag in ("input", "select", "textarea") and self.forms:
            kind = attributes.get("type", "text") if tag == "input" else tag
            is_on = kind not in ("checkbox", "file") or "checked" in attributes
            value = attributes.get("value", "on" if kind == "checkbox" else "")
            self._control = Control(tag, attributes.get("name", ""), value, kind, is_on and kind != "file", attributes)
            self.forms[-1].controls.append(self._control)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag, (tag, self._open)
            self._ids.pop()
        if tag in ("select", "textarea"):
            self._control = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "textarea" and self._control:
            is_first = not self._control.value
            self._control.value += data.removeprefix("\n") if is_first else data
        self.texts.append((next((i for i in reversed(self._ids) if i), ""), data))

    def text(self, id: str = "") -> str:
        """The text of the page, or that whose nearest element with an id has this one."""
        return " ".join(" ".join(data for owner, data in self.texts if not id or owner == id).split())

    def form(self, id: str) -> Form:
        return next(f for f in self.forms if f.attributes.get("id") == id)


def _load(request: urllib.request.Request) -> Page:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Page(answer.url, answer.status, _lower(answer.headers), answer.read().decode())
    except urllib.error.HTTPError as answer:
        return Page(request.full_url, answer.code, _lower(answer.headers), answer.read().decode())


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def get(url: str) -> Page:
    return _load(urllib.request.Request(url, headers={"Accept": "text/html"}))


def post(url: str, body: bytes, media_type: str) -> Page:
    return _load(urllib.request.Request(url, data=body, headers={"Accept": "text/html", "Content-Type": media_type}))


def press(page: Page, form: Form, button: str, **upload: tuple[str, bytes]) -> Page:
    """Presses a button of a form by its value; files are given as name and content."""
    pressed = next((b for b in form.buttons if b.get("value") == button), None)
    assert pressed is not None, f"there is no {button} among {[b.get('value') for b in form.buttons]}"
    url = urljoin(page.url, pressed.get("formaction", form.attributes["action"])).partition("#")[0]
    pairs = [*form.pairs(), (pressed["name"], button)]
    if form.attributes.get("enctype") != "multipart/form-data":
        assert not upload
        return post(url, urlencode(pairs).encode(), "application/x-www-form-urlencoded")
    parts = [f'Content-Disposition: form-data; name="{n}"\r\n\r\n{v}'.encode() for n, v in pairs]
    for name, (file, data) in upload.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
        parts.append(head.encode() + data)
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return post(url, body, "multipart/form-data; boundary=edge")
