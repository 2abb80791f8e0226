"""`covergraph batch --engine spark`."""

from __future__ import annotations

import sys

import click
from click.core import ParameterSource

ONLY_LOCAL = {
    "fields": "--fields", "summary": "--summary", "rdf": "--rdf", "workers": "--workers", "chunk": "--chunk",
    "max_errors": "--max-errors", "resume": "--resume", "judge": "--judge",
}  # fmt: skip
"""Options of the local engine that Spark has no use for, or other means."""


def batch_on_spark(content: str | None, cases: tuple[str, ...], output: str, column: str, strict: bool,
                   policy: str | None, force: bool, master: str | None, progress: bool) -> None:  # fmt: skip
    """Run a batch on Spark and say what was found."""
    from covergraph.spark.job import BAD, SparkJob, run_job

    context = click.get_current_context()
    for name, option in ONLY_LOCAL.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option} does not go with --engine spark; see docs/spark.md.")
    if output == "-":
        raise click.UsageError("--engine spark writes a folder of Parquet files: name it with --output.")
    job = SparkJob(cases, output, master or "local[*]", column, strict, policy, content, force)
    found = run_job(job, progress and sys.stderr.isatty())
    for finding, rows in sorted(found.items(), key=lambda pair: -pair[1]):
        click.echo(f"{rows:>15,}  {finding}", err=True)
    if bad := found.get(BAD, 0):
        click.echo(f"covergraph: {bad:,} rows are no well-formed case; see their column error.", err=True)
        sys.exit(1)
