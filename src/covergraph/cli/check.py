"""`covergraph check`: one case, one report."""

from __future__ import annotations

import click

from covergraph.cli.onecase import Wanted, check_case
from covergraph.reportforms import FORMS


@click.command(epilog="Example:  covergraph check examples/acute-fracture.json --format markdown -o report.md")
@click.argument("case", metavar="FILE|-")
@click.option("--format", "-f", "format", type=click.Choice(FORMS), default="text", show_default=True,
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
    check_case(content, Wanted(case, format, output, strict, judge, policy, source, color))
