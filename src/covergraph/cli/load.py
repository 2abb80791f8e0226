"""`covergraph load`: the content into a SPARQL store elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from pyoxigraph import Store, Triple

from covergraph.cli.endpoint import endpoint_options, open_endpoint
from covergraph.cli.table import print_table
from covergraph.errors import InputError
from covergraph.queries import catalog
from covergraph.sparql import add_reports
from covergraph.triples import named_graphs
from covergraph.workspace import Workspace, open_workspace


@click.command(epilog="Example:  covergraph load --endpoint $STORE/query --update $STORE/update")
@endpoint_options(required=True)
@click.option("--graph-store", metavar="URL", help="Write by the Graph Store Protocol at this address.")
@click.option("--update", metavar="URL",
              help="Write by SPARQL Update at this address.  [default: the address for queries]")  # fmt: skip
@click.option("--reports", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="PATH",
              help="Load judged cases too: a report as RDF, or a folder of them; each PATH becomes one graph, named by "
                   "its last part; repeatable.")  # fmt: skip
@click.option("--compare/--no-compare", default=True, show_default=True,
              help="Ask every named question here and there; mark those that the store answers otherwise.")  # fmt: skip
@click.option("--progress/--no-progress", default=None, help="Show progress.  [default: on a terminal]")
@click.pass_obj
def load(content: str | None, endpoint: str, timeout: float, graph_store: str | None, update: str | None,
         reports: tuple[Path, ...], compare: bool, progress: bool | None) -> None:  # fmt: skip
    """Put all content into a SPARQL 1.1 store, where `query --endpoint` and `serve --endpoint` ask it.

    Every graph is replaced, so that a load can be repeated; reports of earlier loads stay. The triples of each graph
    are counted afterwards. Until all is in, the store is not asked anything. Exit code 1 where the store answers a
    named question otherwise than covergraph does; `query` and `serve` then refuse that question there.

    Credentials come from COVERGRAPH_ENDPOINT_USER and COVERGRAPH_ENDPOINT_PASSWORD, or from COVERGRAPH_ENDPOINT_TOKEN.
    """
    from covergraph.remote.asking import compare as differences
    from covergraph.remote.endpoint import Connection
    from covergraph.remote.loading import finish, writer
    from covergraph.remote.loading import load as put

    workspace = open_workspace(content)
    graphs, expected = _graphs(workspace, reports)
    with Connection(open_endpoint(endpoint, timeout)) as connection:
        target = writer(connection, graph_store, update)
        with _progress(sys.stderr.isatty() if progress is None else progress, graphs) as show:
            dataset = put(connection, target, graphs, workspace.fingerprint, show)
        questions = catalog(workspace.root).values() if compare else ()
        wrong = list(differences(connection, expected, questions, workspace.prefixes, graphs))
        finish(target, dataset, [difference.query for difference in wrong])
    click.echo(f"{len(graphs)} graphs with {sum(map(len, graphs.values())):,} triples loaded and counted.")
    if compare:
        click.echo(f"{len(questions) - len(wrong)} of {len(questions)} named questions are answered as here.")
    if wrong:
        print_table(("question", "the store's answer"), [(d.query, d.found) for d in wrong])
        sys.exit(1)


def _graphs(workspace: Workspace, reports: Sequence[Path]) -> tuple[dict[str, list[Triple]], Store]:
    """The graphs to load, by name, and one store with all of them."""
    from covergraph.remote.dataset import report_graph

    graphs, everything = named_graphs(workspace.store), workspace.store
    for path in reports:
        name = report_graph(path)
        if name in graphs:
            raise InputError(
                "same-name", str(path), "Two paths end in this name, and would be one graph.", "Rename one."
            )
        graphs[name] = [quad.triple for quad in add_reports(Store(), [path])]
    return graphs, add_reports(everything, reports) if reports else everything


@contextmanager
def _progress(shown: bool, graphs: dict[str, list[Triple]]) -> Iterator[Callable[[str, int], None]]:
    """A bar by triples on standard error, or nothing."""
    if not shown:
        yield lambda graph, size: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("triples"), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=sum(map(len, graphs.values())))
        yield lambda graph, size: bar.update(task, advance=size, description=graph)
