"""`covergraph batch`: many cases, one record each, in order."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import cast

import click

from covergraph.batch.chunks import CHUNK
from covergraph.batch.compression import compressor
from covergraph.batch.encoders import NdjsonEncoder, ParquetEncoder
from covergraph.batch.fields import read_fields
from covergraph.batch.inputs import find_inputs
from covergraph.batch.journal import Progress
from covergraph.batch.judging import Job
from covergraph.batch.outputs import Output, check_room
from covergraph.batch.parquet import import_pyarrow
from covergraph.batch.rdf import RdfEncoder
from covergraph.batch.run import Plan, Run
from covergraph.batch.sinks import open_sink
from covergraph.batch.stops import Stopped
from covergraph.batch.workers import available_cores
from covergraph.checker import JudgeName
from covergraph.cli.progress import progress
from covergraph.cli.spark import batch_on_spark
from covergraph.cli.summary import summary_format, write_summary
from covergraph.errors import InputError


@click.command(
    epilog="Example:  covergraph batch 'claims-*.ndjson.gz' -o reports.parquet    More: docs/batch.md",
)
@click.argument("cases", metavar="CASES...", nargs=-1, required=True)
@click.option("--output", "-o", default="-", metavar="FILE",
              help="Where to write: .ndjson, .ndjson.gz or .ndjson.zst, or .parquet for a folder of tables.  "
                   "[default: standard output]")  # fmt: skip
@click.option("--fields", metavar="KEYS", help="Keys of the report to write, e.g. case,determination,"
              "lines.sites.determination.  [default: all]")  # fmt: skip
@click.option("--summary", metavar="FILE", help="Print what was found how often, and save it as .html or .json; - only "
              "prints.")  # fmt: skip
@click.option("--rdf", metavar="FILE", help="Write the reports as N-Quads too, for SPARQL: .nq, .nq.gz or .nq.zst.")
@click.option("--column", default="case", show_default=True, metavar="NAME",
              help="Column of Parquet files that holds the cases: JSON text, or a struct.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), metavar="N",
              help="Processes that judge.  [default: the cores that this process may use]")  # fmt: skip
@click.option("--chunk", type=click.IntRange(min=1), default=CHUNK, show_default=True, metavar="N",
              help="Cases judged and written at a time.")  # fmt: skip
@click.option("--max-errors", type=click.IntRange(min=0), metavar="N",
              help="Stop when there are more than N error records.  [default: never]")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped, from its last whole chunk.")
@click.option("--force", is_flag=True, help="Replace an output that exists, or begin a stopped run anew.")
@click.option("--strict", is_flag=True, help="Presume nothing absent: every undocumented exclusion stops an approval.")
@click.option("--judge", type=click.Choice(["compiled", "pyshacl"]), default="compiled", show_default=True,
              help="What judges the shapes.")  # fmt: skip
@click.option("--policy", metavar="NUMBER", help="Policy for cases that name none.  [default: the content's default]")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True,
              help="What runs the judge: processes here, or Apache Spark (docs/spark.md).")  # fmt: skip
@click.option("--master", metavar="URL", help="Spark to run on: local[N], spark://HOST:PORT, yarn, ...  "
              "[default: local[*]]")  # fmt: skip
@click.option("--progress/--no-progress", "shown", default=True,
              help="Show rate and time left on standard error: a bar on a terminal, else one line a minute.  "
                   "[default: progress]")  # fmt: skip
@click.pass_obj
def batch(content: str | None, cases: tuple[str, ...], output: str, fields: str | None, summary: str | None,
          rdf: str | None, column: str, workers: int | None, chunk: int, max_errors: int | None, resume: bool,
          force: bool, strict: bool, judge: str, policy: str | None, engine: str, master: str | None,
          shown: bool) -> None:  # fmt: skip
    """Check many cases and write one record for each, in the order of the input.

    CASES are files, quoted patterns ('2026-*/*.ndjson'), folders, or - for standard input:

    \b
      NDJSON   one case a line; plain, gzip or Zstandard, told by content
      Parquet  a column of JSON text or of structs (--column)
      folder   its .json files, one case each, by name

    A case that is not well-formed becomes an error record in its place, {"line", "case", "error": {"code", "message",
    "pointer"}}, with "file" where there are several, and the rest goes on.

    An output file appears when it is whole. Until then it is FILE.part, and FILE.journal says how far it is: after any
    stop the same command with --resume goes on from there and ends in the same bytes.

    Exit codes: 0 all good, 1 done but with error records, 2 bad input or stopped by an error, 130 stopped by Ctrl-C,
    143 by SIGTERM, 141 when the reader of a pipe left.
    """  # noqa: D301  # click knows the sign, not its name
    if engine == "spark":
        batch_on_spark(content, cases, output, column, strict, policy, force, master, shown)
        return
    if master:
        raise click.UsageError("--master goes with --engine spark.")
    if resume and force:
        raise click.UsageError("--resume goes on with what is there, --force throws it away: give one of them.")
    inputs = find_inputs(cases)
    outputs = [_records(output, fields), *([_quads(rdf)] if rdf else [])]
    saved = [summary] if summary and summary_format(summary) else []
    check_room(outputs, inputs, force=force, resume=resume, also=saved)
    job = Job(content, policy, cast("JudgeName", judge), strict, summarize=summary is not None)
    plan = Plan(job, inputs, outputs, column, chunk, workers or available_cores(), max_errors, resume)
    with progress(shown) as show:
        done = _finish(Run(plan, show))
    if summary and done.summary is not None:
        write_summary(done.summary, summary, job.checker)
    if done.bad:
        told = f"{done.bad:,} of {done.records:,} lines are no well-formed case; see their error records."
        click.echo(f"covergraph: {told}", err=True)
        sys.exit(1)


def _records(name: str, fields: str | None) -> Output:
    """The output of the records."""
    if Path(name).suffix != ".parquet":
        return Output(NdjsonEncoder(compressor(name), read_fields(fields) if fields else None), open_sink(name),
                      {"--fields": fields})  # fmt: skip
    import_pyarrow()
    if fields:
        raise click.UsageError("--fields is for NDJSON; a reader of Parquet picks its columns itself.")
    return Output(ParquetEncoder(), open_sink(name))


def _quads(name: str) -> Output:
    """The output of the reports as RDF."""
    if not name.endswith((".nq", ".nq.gz", ".nq.zst")):
        raise InputError("bad-rdf", name, "Reports are written as N-Quads to a file.",
                         "Let its name end with .nq, .nq.gz or .nq.zst.")  # fmt: skip
    return Output(RdfEncoder(compressor(name)), open_sink(name))


def _finish(run: Run) -> Progress:
    """Do the run; however it is stopped, say so in one line, and how to go on."""
    try:
        return run.finish()
    except InputError as error:
        raise InputError(error.code, error.place, error.cause, f"{error.cure} {_kept(run)}".strip()) from error
    except Stopped as stop:
        _leave(run, f"Stopped by {stop.signal.name}.", 128 + stop.signal)
    except BrokenPipeError:
        _leave(run, "The reader of the output left.", 128 + signal.SIGPIPE)
    raise AssertionError


def _leave(run: Run, cause: str, code: int) -> None:
    click.echo(f"covergraph: {cause} {_kept(run)}".rstrip(), err=True)
    sys.exit(code)


def _kept(run: Run) -> str:
    records = run.progress.records
    if run.kept:
        return f"{records:,} records are kept; --resume goes on behind them."
    return f"{records:,} records were written." if records else ""
