"""One case in, one report out: what `covergraph check` does once its command line is read.

Everything heavy is imported by the form that needs it, because a report as JSON takes a millisecond to make.
"""

import sys
from typing import Any, NamedTuple, cast

from covergraph.checker import Checker, JudgeName
from covergraph.cli.given import read_input
from covergraph.errors import ContentError, InputError
from covergraph.jsontext import indented, parse_json
from covergraph.workspace import open_workspace

RDF_SUFFIXES = {"ttl": "turtle", "turtle": "turtle", "jsonld": "jsonld"}
FORMATS = ["text", "json", "html", "markdown", "svg", "turtle", "jsonld"]


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
        document = _read_case(wanted.case, wanted.source)
        if wanted.format == "json":
            text = indented(checker.check_swiftly(document).to_json()).encode() + b"\n"
        else:
            text = _rendered(checker, checker.read(document), wanted)
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


def _rendered(checker: Checker, case: Any, wanted: Wanted) -> bytes:
    import os

    from covergraph.sites import read_facts

    judge, output, format, color = checker.judge_of(case), wanted.output, wanted.format, wanted.color
    facts = read_facts(case, judge.policy.vocabulary)
    report = judge.report_on(case, facts, judge.judge.judge(facts))
    if format in ("turtle", "jsonld"):
        from covergraph.render.rdf import render_rdf, report_graph

        graph = report_graph(case, report, judge.policy, facts, checker.workspace)
        return render_rdf(graph, "turtle" if format == "turtle" else "jsonld").encode()
    if format == "svg":
        from covergraph.picture import case_poster

        return case_poster(case, report, judge.policy, facts, checker.workspace).alone().encode()
    from covergraph.render import Format, render

    to_terminal = output == "-" and sys.stdout.isatty()
    encoding = "utf-8" if output != "-" or format != "text" else sys.stdout.encoding or "utf-8"
    text = render(
        cast("Format", format), case, report, judge.policy, facts, checker.workspace.texts,
        color=to_terminal and "NO_COLOR" not in os.environ if color is None else color,
        unicode=encoding.lower().replace("-", "") == "utf8",
    )  # fmt: skip
    return text.encode(encoding, "replace")
