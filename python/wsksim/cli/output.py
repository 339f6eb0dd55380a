"""What a verb prints: progress while it runs, its report at the end, or why it could not begin."""

import contextlib
import dataclasses
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import click

from wsksim.errors import CaptureError, HandlerError, LimitError
from wsksim.runs.report import EXIT_USAGE, Report

__all__ = ["finish", "progress_bar", "refusals"]


@contextlib.contextmanager
def progress_bar(title: str, *, wanted: bool) -> Iterator[Callable[[int, int], object] | None]:
    """Shows progress on stderr if that is a terminal; yields what the run has to call."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield show


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turns a run that could not begin into one line on stderr and exit code 2."""
    try:
        yield
    except (HandlerError, CaptureError, LimitError, TypeError, ValueError, OSError) as error:
        click.echo(f"wsksim: {error}", err=True)
        cause = error.__cause__
        if isinstance(error, HandlerError) and cause is not None:
            last = traceback.extract_tb(cause.__traceback__)[-1]
            ours = Path(last.filename).is_relative_to(Path(__file__).parents[1])
            if not ours and not last.filename.startswith("<"):
                click.echo(f'        at "{last.filename}", line {last.lineno}', err=True)
        raise SystemExit(EXIT_USAGE) from None


def finish(report: Report, *, repeat: str, as_json: bool, quiet: bool, report_file: str | None) -> NoReturn:
    """Prints a report and exits with its code."""
    report = dataclasses.replace(report, repeat=repeat)
    if report_file is not None:
        part = Path(report_file + ".part")
        part.write_text(json.dumps(report.to_dict()), "utf-8")
        part.replace(report_file)
    elif as_json:
        click.echo(json.dumps(report.to_dict(), indent=2))
    else:
        click.echo(report.brief() if quiet else str(report))
    raise SystemExit(report.exit_code)
