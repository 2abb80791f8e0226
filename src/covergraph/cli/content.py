"""`policy`, `concepts`, `schema`, `validate-content`: looking at the content."""

from __future__ import annotations

import json
import sys
from datetime import date
from importlib.resources import files

import click

from covergraph.checker import Checker
from covergraph.cli.table import print_table
from covergraph.concepts import find_concepts
from covergraph.policy import Policy
from covergraph.versions import policy_versions
from covergraph.workspace import open_workspace


@click.group()
def policy() -> None:
    """List policies, or show one as a tree of criteria."""


@policy.command("list", epilog="Example:  covergraph policy list")
@click.pass_obj
def list_policies(content: str | None) -> None:
    """List the policies and their versions."""
    checker = Checker(open_workspace(content))
    rows = []
    for number, versions in sorted(policy_versions(checker.workspace.graph).items()):
        for start in sorted(versions):
            found = checker.policy_at(number, start)
            rows.append((number, start.isoformat(), str(len(found.criteria)), found.title))
    print_table(("number", "effective from", "criteria", "title"), rows)


@policy.command("show", epilog="Example:  covergraph policy show --on 2026-03-02")
@click.argument("number", required=False)
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Version in force on this day.  [default: the latest]"
)
@click.pass_obj
def show_policy(content: str | None, number: str | None, day: date | None) -> None:
    """Show the criteria of a policy as a tree, each with its label and page."""
    checker = Checker(open_workspace(content), number)
    shown = checker.policy_at(checker.default_policy, day.date() if day else date.max)  # type: ignore[attr-defined]
    click.echo(f"{shown.number}  {shown.title}, effective from {shown.version}")
    for statement in shown.of_kind("Statement"):
        click.echo()
        _show(shown, statement, 0)


def _show(policy: Policy, id: str, depth: int) -> None:
    """One line for a criterion, one for how an unlabelled group of criteria is joined, none for parts below a leaf."""
    provision = policy.provisions[id]
    joined = {"and": "ALL of", "or": "ANY of"}.get(provision.operator or "", "")
    if id in policy.leaf_criteria:
        joined = ""
    if provision.kind != "CriterionPart":
        page = f"(p. {provision.page})" if provision.page else ""
        click.echo("  " * depth + "  ".join(filter(None, (id, provision.label, page, joined))))
    elif joined:
        click.echo("  " * depth + joined)
    if joined:
        for member in provision.members:
            _show(policy, member, depth + 1)


@click.command(epilog="Example:  covergraph concepts infection")
@click.argument("text", default="")
@click.option(
    "--policy", "number", metavar="NUMBER", help="Policy whose domain to search.  [default: the content's default]"
)
@click.pass_obj
def concepts(content: str | None, text: str, number: str | None) -> None:
    """Search clinical concepts by id, label, synonym or definition; without TEXT, list all."""
    checker = Checker(open_workspace(content), number)
    vocabulary = checker.policy_at(checker.default_policy, date.max).vocabulary
    found = find_concepts(checker.workspace.graph, vocabulary, text)
    print_table(("id", "label", "broader"), [(c.id, c.label, ", ".join(c.broader)) for c in found])


@click.command(epilog="Example:  covergraph schema case > case.schema.json")
@click.argument("what", type=click.Choice(["case", "report", "context"]), default="case")
@click.option(
    "--policy", "number", metavar="NUMBER", help="Policy whose domain to use.  [default: the content's default]"
)
@click.pass_obj
def schema(content: str | None, what: str, number: str | None) -> None:
    """Print the JSON Schema of a case or of a report, or the JSON-LD context of a case."""
    if what == "report":
        click.echo(files("covergraph").joinpath("report.schema.json").read_text("utf-8"), nl=False)
        return
    if what == "context":
        from covergraph.casegraph import json_ld_context

        click.echo(json.dumps({"@context": json_ld_context()}, indent=2))
        return
    from covergraph.schema import case_schema

    checker = Checker(open_workspace(content), number)
    vocabulary = checker.policy_at(checker.default_policy, date.max).vocabulary
    click.echo(json.dumps(case_schema(vocabulary, checker.default_policy), indent=2))


@click.command(epilog="Example:  covergraph validate-content")
@click.pass_obj
def validate_content(content: str | None) -> None:
    """Run every quality check on ontology, shapes and queries; exit code 1 where one finds something."""
    from covergraph.quality import check_content

    violations = check_content(open_workspace(content))
    if violations:
        print_table(
            ("rule", "entity", "value", "problem", "cure"),
            [(v.rule, v.entity, v.value, v.problem, v.cure) for v in violations],
        )
        sys.exit(1)
    click.echo("The content keeps every rule.")
