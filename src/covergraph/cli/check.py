"""`covergraph check`: one case, one report."""

from __future__ import annotations

import os
import sys
from typing import Any, cast

import click

from covergraph.checker import Checker, JudgeName
from covergraph.cli.files import open_output, read_input
from covergraph.errors import ContentError, InputError
from covergraph.jsontext import parse_json
from covergraph.workspace import open_workspace

RDF_SUFFIXES = {"ttl": "turtle", "turtle": "turtle", "jsonld": "jsonld"}
FORMATS = ["text", "json", "html", "markdown", "svg", "turtle", "jsonld"]


@click.command(epilog="Example:  covergraph check examples/acute-fracture.json --format markdown -o report.md")
@click.argument("case", metavar="FILE|-")
@click.option("--format", "-f", "format", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Form of the report; svg draws it, turtle and jsonld give RDF with its validation.")  # fmt: skip
@click.option("--output", "-o", default="-", metavar="FILE", help="Where to write.  [default: standard output]")
@click.option("--strict", is_flag=True, help="Presume nothing absent: every undocumented exclusion stops an approval.")
@click.option("--judge", type=click.Choice(["compiled", "pyshacl"]), default="compiled", show_default=True,
              help="What judges the shapes; both give the same report, pyshacl slowly.")  # fmt: skip
@click.option("--policy", metavar="NUMBER", help="Policy for a case that names none.  [default: the content's default]")
@click.option("--from", "source", type=click.Choice(["json", "turtle", "jsonld"]),
              help="Form of the case.  [default: by the file's suffix, else json]")  # fmt: skip
@click.option("--color/--no-color", default=None, help="Colour the text report.  [default: on a terminal]")
@click.pass_obj
def check(content: str | None, case: str, format: str, output: str, strict: bool, judge: str, policy: str | None,
          source: str | None, color: bool | None) -> None:  # fmt: skip
    """Check one case and print the report that a reviewer reads.

    FILE holds the case as JSON (see `covergraph schema`), or as RDF in the case vocabulary: Turtle (.ttl) or
    JSON-LD (.jsonld) under the project's own context. `-` reads standard input.
    """
    workspace = open_workspace(content)
    checker = Checker(workspace, policy, cast("JudgeName", judge), strict)
    try:
        document = _read_case(case, source)
        typed = checker.read(document)
        if format == "json":
            text = _json(checker.report(typed).to_json())
        else:
            text = _rendered(checker, typed, format, output, color)
    except ContentError:
        raise
    except InputError as error:
        name = "standard input" if case == "-" else case
        place = error.place if error.place.startswith(name) else f"{name}: {error.place}" if error.place else name
        raise InputError(error.code, place, error.cause, error.cure) from None
    with open_output(output) as stream:
        stream.write(text)


def _read_case(name: str, source: str | None) -> Any:
    form = source or RDF_SUFFIXES.get(name.rsplit(".", 1)[-1], "json")
    data = read_input(name)
    if form == "json":
        return parse_json(data)
    from pyoxigraph import RdfFormat

    from covergraph.casegraph import parse_case_rdf

    return parse_case_rdf(data, RdfFormat.TURTLE if form == "turtle" else RdfFormat.JSON_LD, name)


def _json(report: dict[str, Any]) -> bytes:
    import json

    return json.dumps(report, ensure_ascii=False, indent=2).encode() + b"\n"


def _rendered(checker: Checker, case: Any, format: str, output: str, color: bool | None) -> bytes:
    from covergraph.sites import read_facts

    judge = checker.judge_of(case)
    facts = read_facts(case, judge.policy.vocabulary)
    report = judge.report_on(case, facts, judge.judge.judge(facts))
    if format in ("turtle", "jsonld"):
        from covergraph.render.rdf import render_rdf, report_graph

        graph = report_graph(case, report, judge.policy, facts, checker.workspace)
        return render_rdf(graph, "turtle" if format == "turtle" else "jsonld").encode()
    if format == "svg":
        from covergraph.picture import case_poster

        return case_poster(case, report, judge.policy, facts, checker.workspace.graph).alone().encode()
    from covergraph.render import Format, render

    to_terminal = output == "-" and sys.stdout.isatty()
    encoding = "utf-8" if output != "-" or format != "text" else sys.stdout.encoding or "utf-8"
    text = render(
        cast("Format", format), case, report, judge.policy, facts, checker.workspace.graph,
        color=to_terminal and "NO_COLOR" not in os.environ if color is None else color,
        unicode=encoding.lower().replace("-", "") == "utf8",
    )  # fmt: skip
    return text.encode(encoding, "replace")
