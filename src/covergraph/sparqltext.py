"""What the text of a SPARQL query says before an engine reads it: whether it names graphs, calls out, goes too deep."""

from __future__ import annotations

import re

from covergraph.errors import InputError

MAX_DEPTH = 200
"""Brackets that may be open at once; some thousands would overflow the engine's stack and end the process."""

_TOKEN = re.compile(
    r'''(?P<quoted>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
          |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*>)
       |(?P<comment>\#[^\r\n]*)
       |(?P<name>[?$]\w+|:\w[\w-]*|\\[^\w\s])
       |(?P<open>[{(\[])|(?P<close>[})\]])
       |(?P<service>service)''',
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CHANGING = re.compile(r"(?:now|rand|uuid)\s*[(#]|\\u", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\b(?!:)", re.IGNORECASE)


def names_graphs(text: str) -> bool:
    """Whether a query says FROM, and so over which graphs it asks.

    >>> names_graphs("ASK FROM <urn:g> {}"), names_graphs('ASK { ?from ?p "FROM" }')
    (True, False)
    """
    return bool(_FROM.search(blanked(text)))


def answers_vary(text: str) -> bool:
    """Whether a query may have another answer each time it is asked; True for some that have not.

    >>> answers_vary("SELECT (NOW() AS ?now) {}"), answers_vary("ASK { ?s ?now ?o }")
    (True, False)
    """
    return bool(_CHANGING.search(text))


def blanked(text: str) -> str:
    """A query without its strings, IRIs, comments, variables and local names: its keywords and brackets."""
    return _TOKEN.sub(lambda m: m[0] if m.lastgroup in ("open", "close") else " ", text)


def without_service(text: str) -> str:
    r"""The same query with the letters of SERVICE in variables and local names only, or InputError where it has one.

    In strings and IRIs a letter is escaped, which changes no meaning; comments become blanks. So the engine finds no
    SERVICE even where it splits the text otherwise than we do; a filter would have to agree with it in every detail.

    >>> without_service('ASK { ?s ?service "service" } # service').rstrip()
    'ASK { ?s ?service "\\u0073ervice" }'
    """
    depth = 0

    def safe(match: re.Match[str]) -> str:
        nonlocal depth
        token, kind = match[0], match.lastgroup
        if kind == "quoted":
            return re.sub("s(?=ervice)", lambda s: f"\\u{ord(s[0]):04X}", token, flags=re.IGNORECASE)
        if kind == "comment":
            return " " * len(token)
        if kind == "service":
            cause = "SERVICE would send a request to another endpoint."
            raise InputError("no-service", _place(text, match.start()), cause, "Put that data into the store first.")
        depth += {"open": 1, "close": -1}.get(kind or "", 0)
        if depth > MAX_DEPTH:
            raise InputError("too-deep", _place(text, match.start()), f"More than {MAX_DEPTH} brackets are open here.")
        return token

    return _TOKEN.sub(safe, text)


def _place(text: str, offset: int) -> str:
    line = text.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - text.rfind(chr(10), 0, offset)}"
