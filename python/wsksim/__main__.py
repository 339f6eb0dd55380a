"""The command `wsksim`, also `python -m wsksim`."""

import sys
from typing import NoReturn

import click

from wsksim.cli import cli

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> NoReturn:
    """Runs the command line and exits with its code."""
    try:
        code = cli.main(prog_name="wsksim", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("wsksim: interrupted before the run began", err=True)
        sys.exit(_INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
