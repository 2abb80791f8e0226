"""The commands of the command line, each imported when it is called, so that none pays for the others."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "batch": "covergraph.cli.batch",
    "check": "covergraph.cli.check",
    "completion": "covergraph.cli.completion",
    "concepts": "covergraph.cli.content",
    "load": "covergraph.cli.load",
    "policy": "covergraph.cli.content",
    "queries": "covergraph.cli.query",
    "query": "covergraph.cli.query",
    "schema": "covergraph.cli.content",
    "serve": "covergraph.cli.serve",
    "validate-content": "covergraph.cli.content",
}
"""Where each command is; its function has its name."""


class _Commands(click.Group):
    """The commands of the table, imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"covergraph {version('covergraph')}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.option(
    "--content", type=click.Path(file_okay=False), envvar="COVERGRAPH_HOME", metavar="FOLDER",
    help="Folder with ontology/, shapes/ and queries/.  [default: the content that ships with covergraph]",
)  # fmt: skip
@click.pass_context
def cli(ctx: click.Context, content: str | None) -> None:
    """Medical coverage policies as a knowledge graph.

    \b
    Check a case:      covergraph check case.json
    Check many:        covergraph batch cases.ndjson -o reports.ndjson
    Ask the graph:     covergraph query contraindications
    Look at a policy:  covergraph policy show

    A report supports a clinician's decision; it does not make it.
    Exit codes: 0 done, 1 done but with bad records, 2 bad input or usage.
    """  # noqa: D301  # click knows the sign, not its name
    ctx.obj = content
