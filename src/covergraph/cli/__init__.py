"""The command line: each command parses, calls one function, prints."""

from __future__ import annotations

import gc
import os
import sys

from covergraph.cli.lane import plain_check
from covergraph.errors import InputError


def main() -> None:
    """Run the command line; a user's error is one line on stderr and exit code 2."""
    try:
        wanted = plain_check(sys.argv[1:])
        if wanted is None:
            from covergraph.cli.commands import cli

            cli(prog_name="covergraph")
        else:
            gc.disable()  # a process of some milliseconds makes no garbage worth a look
            from covergraph.cli.onecase import check_case

            check_case(None, wanted)
            gc.freeze()
    except InputError as error:
        import click

        click.echo(f"covergraph: {error}", err=True)
        sys.exit(2)
    # As click ends a command:
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that nothing is flushed into the pipe
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nAborted!", file=sys.stderr)
        sys.exit(1)
