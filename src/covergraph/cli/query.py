"""`covergraph query` and `covergraph queries`: asking the graph."""

from __future__ import annotations

from pathlib import Path

import click

from covergraph.cli.endpoint import endpoint_options, open_endpoint
from covergraph.cli.given import read_input
from covergraph.cli.table import print_table
from covergraph.errors import InputError
from covergraph.queries import Query, bind, catalog, find_query
from covergraph.sparql import FORMATS, Answer, add_reports, run
from covergraph.workspace import Workspace, open_workspace

FORMS = list(dict.fromkeys(["table", *(form for forms in FORMATS.values() for form in forms)]))


@click.command(epilog="Example:  covergraph query code-lookup --param code=22514 --format csv")
@click.argument("query", metavar="NAME|FILE|-")
@click.option(
    "--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of a named query; repeatable."
)
@click.option("--format", "-f", "format", type=click.Choice(FORMS),
              help="Form of the answer.  [default: table, or turtle for a graph]")  # fmt: skip
@click.option("--reports", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="PATH",
              help="Ask over these judged cases too: reports as RDF (of `check -f turtle` or `batch --rdf`), or "
              "a folder of them; repeatable.")  # fmt: skip
@endpoint_options(required=False)
@click.pass_obj
def query(
    content: str | None, query: str, params: tuple[str, ...], format: str | None, reports: tuple[Path, ...],
    endpoint: str | None, timeout: float,
) -> None:  # fmt: skip
    """Ask a named question, or one of your own in SPARQL.

    NAME is one of `covergraph queries`, FILE a file with a SPARQL query; `-` reads one from standard input. The
    default graph holds everything: ontology, shapes, policies and the reports given with --reports.

    With --endpoint, a store that `covergraph load` has filled is asked instead, over what was loaded and nothing else.
    """
    workspace = open_workspace(content)
    known = catalog(workspace.root)
    text = bind(known[query], dict(map(_pair, params))) if query in known else _own_query(query, params, known)
    if endpoint:
        if reports:
            raise InputError("bad-param", "--reports", "With --endpoint the store holds the reports.",
                             "Put them there with `covergraph load --reports`.")  # fmt: skip
        answer = _ask_store(workspace, endpoint, timeout, query if query in known else None, text)
    else:
        store = add_reports(workspace.store, reports) if reports else workspace.store
        answer = run(store, text, workspace.prefixes)
    form = format or ("turtle" if answer.kind == "graph" else "table")
    if form == "table" and answer.kind != "graph":
        _table(answer)
    else:
        click.echo(answer.serialize(form), nl=False)


def _ask_store(workspace: Workspace, url: str, seconds: float, name: str | None, text: str) -> Answer:
    from covergraph.remote.asking import ask
    from covergraph.remote.dataset import read_dataset
    from covergraph.remote.endpoint import Connection

    with Connection(open_endpoint(url, seconds)) as connection:
        dataset = read_dataset(connection)
        dataset.require(name, url)
        if dataset.fingerprint != workspace.fingerprint:
            click.echo(f"covergraph: {url} holds another state of the content than is here; load it again.", err=True)
        return ask(connection, text, workspace.prefixes, dataset.sizes)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(
            "bad-param", "--param", f"{text!r} is not of the form NAME=VALUE.", "Write for example code=22514."
        )
    return name, value


def _own_query(name: str, params: tuple[str, ...], known: dict[str, Query]) -> str:
    if params:
        raise InputError(
            "bad-param", "--param", "Only named queries take parameters.", "Write the value into the query."
        )
    if name != "-" and not Path(name).exists():
        find_query(known, name)
    try:
        return read_input(name).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not-utf8", name, "The query is not UTF-8 text.") from None


def _table(answer: Answer) -> None:
    if answer.kind == "ask":
        click.echo("yes" if answer.rows[0][0] else "no")
        return
    print_table(answer.variables, [["" if v is None else str(v) for v in row] for row in answer.rows])


@click.command(epilog="Example:  covergraph queries device")
@click.argument("name", default="")
@click.pass_obj
def queries(content: str | None, name: str) -> None:
    """List the named queries; with NAME, show one with its parameters, or those whose text has that word."""
    known = catalog(open_workspace(content).root)
    if name in known:
        found = known[name]
        click.echo(f"{found.name}: {found.summary}\n\n{found.description}\n")
        for param in found.params:
            need = "required" if param.required else f"default {param.default}" if param.default else "default any"
            click.echo(f"  --param {param.name}=...  {param.text} ({param.type}, {need})")
        click.echo(f"\nReturns: {found.returns}\nExample: covergraph query {found.name}"
                   + "".join(f" --param {n}={v}" for n, v in found.example.items()))  # fmt: skip
        click.echo(f"\n{found.text}")
        return
    rows = [
        (q.name, ", ".join(p.name for p in q.params), q.summary)
        for q in known.values() if name.lower() in f"{q.name} {q.summary} {q.description} {' '.join(q.tags)}".lower()
    ]  # fmt: skip
    print_table(("name", "parameters", "question"), sorted(rows))
