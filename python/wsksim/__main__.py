"""The command `wsksim`, also `python -m wsksim`."""

import sys
import traceback
from typing import NoReturn

import click

from wsksim.cli import cli
from wsksim.runs.report import EXIT_INTERRUPTED, EXIT_USAGE

__all__ = ["main"]


def main() -> NoReturn:
    """Runs the command line and exits with its code."""
    try:
        code = cli.main(prog_name="wsksim", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("wsksim: interrupted before the run began", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except OSError as error:
        click.echo(f"wsksim: asked to write the report; found {error}; name a place that can be written", err=True)
        sys.exit(EXIT_USAGE)
    except Exception:  # noqa: BLE001 - exit code 1 means findings, so an error of ours must not end with it
        traceback.print_exc()
        sys.exit(EXIT_USAGE)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
