"""What a verb prints: its report at the end, or why it could not begin."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import IO, NoReturn

import click

from wsksim._stderr import EXIT_PIPE, leave, say, send_nowhere
from wsksim.contract.sites import raised
from wsksim.errors import CaptureError, HandlerError, LimitError
from wsksim.runs.report import EXIT_USAGE, Report

__all__ = ["finish", "keep_stdout", "refusals"]


def keep_stdout() -> IO[str]:
    """Takes stdout away from everybody else, whose output goes to stderr from now on; returns it for the report.

    Raises:
        OSError: there is no stdout.
    """
    if sys.stdout is not None:
        sys.stdout.flush()
    if sys.stderr is None:  # then its number is free, and would be stdout's next
        send_nowhere(2)
    stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stdout


@contextlib.contextmanager
def refusals(report_file: str | None = None) -> Iterator[None]:
    """Turns a run that could not begin into one line on stderr and exit code 2, which a parent is told.

    A reader of stdout that has seen enough, such as `head`, ends the run without a word.
    """
    try:
        yield
    except BrokenPipeError:
        _hand_over(report_file, EXIT_PIPE)
        leave()
    except (HandlerError, CaptureError, LimitError, TypeError, ValueError, OSError) as error:
        say(f"wsksim: {error}")
        cause = error.__cause__
        if isinstance(error, HandlerError) and cause is not None:
            place = raised(cause.__traceback__)
            if place is not None:
                function, file, line = place
                say(f"   at {file}:{line} in {function}")
        _hand_over(report_file, EXIT_USAGE)
        raise SystemExit(EXIT_USAGE) from None
    except Exception:
        _hand_over(report_file, EXIT_USAGE)
        raise


def finish(report: Report, *, repeat: str, json_to: IO[str] | None, quiet: bool, report_file: str | None) -> NoReturn:
    """Prints a report and exits with its code."""
    report = report.repeated_by(repeat)
    if report_file is not None:
        from wsksim.runs.isolation import hand_over  # start-up: 22 ms, for a child only

        hand_over(report_file, report.to_dict())
        raise SystemExit(report.exit_code)
    if json_to is not None:
        with json_to:
            json_to.write(json.dumps(report.to_dict(), indent=2) + "\n")
    else:
        click.echo(report.text(brief=quiet))
    raise SystemExit(report.exit_code)


def _hand_over(report_file: str | None, code: int) -> None:
    if report_file is not None:
        from wsksim.runs.isolation import hand_over  # start-up: 22 ms, for a child only

        hand_over(report_file, code)
