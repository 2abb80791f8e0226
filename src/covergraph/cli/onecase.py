"""One case in, one report out: what `covergraph check` does once its command line is read."""

import sys
from typing import Any, NamedTuple, cast

from covergraph.checker import Checker, JudgeName
from covergraph.cli.given import read_input
from covergraph.errors import ContentError, InputError
from covergraph.jsontext import parse_json
from covergraph.reportforms import report_in
from covergraph.workspace import open_workspace

RDF_SUFFIXES = {"ttl": "turtle", "turtle": "turtle", "jsonld": "jsonld"}


class Wanted(NamedTuple):
    """What a command line asks for: a case and the form of its report; ``-`` names the standard streams."""

    case: str
    format: str = "text"
    output: str = "-"
    strict: bool = False
    judge: str = "compiled"
    policy: str | None = None
    source: str | None = None
    color: bool | None = None


def check_case(content: str | None, wanted: Wanted) -> None:
    """Check a case and write the report; InputError where something given cannot be used."""
    checker = Checker(open_workspace(content), wanted.policy, cast("JudgeName", wanted.judge), wanted.strict)
    try:
        text = _written(checker, _read_case(wanted.case, wanted.source), wanted)
    except ContentError:
        raise
    except InputError as error:
        name = "standard input" if wanted.case == "-" else wanted.case
        place = error.place if error.place.startswith(name) else f"{name}: {error.place}" if error.place else name
        raise InputError(error.code, place, error.cause, error.cure) from None
    if wanted.output == "-":
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    from covergraph.cli.files import open_output

    with open_output(wanted.output) as stream:
        stream.write(text)


def _read_case(name: str, source: str | None) -> Any:
    form = source or RDF_SUFFIXES.get(name.rsplit(".", 1)[-1], "json")
    data = read_input(name)
    if form == "json":
        return parse_json(data)
    from pyoxigraph import RdfFormat

    from covergraph.casegraph import parse_case_rdf

    return parse_case_rdf(data, RdfFormat.TURTLE if form == "turtle" else RdfFormat.JSON_LD, name)


def _written(checker: Checker, document: Any, wanted: Wanted) -> bytes:
    import os

    to_terminal = wanted.output == "-" and sys.stdout.isatty()
    is_text_out = wanted.output == "-" and wanted.format == "text"
    encoding = (sys.stdout.encoding or "utf-8") if is_text_out else "utf-8"
    text = report_in(
        wanted.format, document, checker,
        color=to_terminal and "NO_COLOR" not in os.environ if wanted.color is None else wanted.color,
        unicode=encoding.lower().replace("-", "") == "utf8",
    )  # fmt: skip
    return text.encode(encoding, "replace")
