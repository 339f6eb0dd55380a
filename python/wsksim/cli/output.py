"""What a verb gives: its report at the end, in the forms that were asked for, or why it could not begin."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any, NoReturn

import click

from wsksim._stderr import EXIT_PIPE, leave, say, send_nowhere
from wsksim.contract.sites import raised
from wsksim.errors import CaptureError, HandlerError, LimitError, ReportError
from wsksim.reports.saving import content_of
from wsksim.runs.exit_codes import EXIT_USAGE
from wsksim.runs.report import Report

__all__ = ["finish", "give", "keep_stdout", "refusals"]

# Columns of a terminal; narrower ones wrap by themselves, and wider ones are hard to read.
_NARROWEST, _WIDEST = 80, 120
_PIPED = 110


def keep_stdout() -> IO[bytes]:
    """Takes stdout away from everybody else, whose output goes to stderr from now on; returns it for the report.

    Raises:
        OSError: there is no stdout.
    """
    if sys.stdout is not None:
        sys.stdout.flush()
    if sys.stderr is None:  # then its number is free, and would be stdout's next
        send_nowhere(2)
    stdout = os.fdopen(os.dup(1), "wb")
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


def finish(report: Report, *, repeat: str, stdout: IO[bytes] | None, options: dict[str, Any]) -> NoReturn:
    """Gives a run's report and exits with its code, or hands it over to the parent."""
    report = report.repeated_by(repeat)
    report_file = options["report_file"]
    if report_file is not None:
        from wsksim.runs.isolation import hand_over  # start-up: 22 ms, for a child only

        hand_over(report_file, report.to_dict())
        raise SystemExit(report.exit_code)
    give(report, form=options["form"], outputs=options["outputs"], stdout=stdout, brief=options["quiet"])


def give(
    report: Report, *, form: str, outputs: Sequence[str], stdout: IO[bytes] | None = None, brief: bool = False
) -> NoReturn:
    """Writes a report to files, prints it, and exits with its code.

    A file that cannot be written is told and makes the exit code 2; the others are written, and the report is printed.

    Args:
        report: the report.
        form: what is printed.
        outputs: names of files.
        stdout: where it is printed if stdout was taken away from everybody else.
        brief: whether text is of checks and findings alone.
    """
    code = report.exit_code
    for name in outputs:
        try:
            report.save(name)
        except (ReportError, OSError) as error:
            say(f"wsksim: {error}")
            code = EXIT_USAGE
    if form == "text":
        # It is told what was given to stdout last, which is a terminal or not.
        click.echo(report.text(width=_width(), colour=_is_coloured(), brief=brief, code=code))
    else:
        with refusals():
            content = content_of(report, form)
        if stdout is None:
            click.echo(content, nl=False)
        else:
            with stdout:
                stdout.write(content)
    raise SystemExit(code)


def _width() -> int:
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    # A pipe is as wide as COLUMNS says, if it does; a terminal knows itself.
    columns = shutil.get_terminal_size().columns if is_terminal or os.environ.get("COLUMNS") else _PIPED
    return min(max(columns, _NARROWEST), _WIDEST)


def _is_coloured() -> bool:
    """Whether words are coloured too: on a terminal that can, unless the user wants none (https://no-color.org)."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout is not None and sys.stdout.isatty()


def _hand_over(report_file: str | None, code: int) -> None:
    if report_file is not None:
        from wsksim.runs.isolation import hand_over  # start-up: 22 ms, for a child only

        hand_over(report_file, code)
