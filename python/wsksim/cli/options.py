"""Options that every verb which runs a handler has."""

from collections.abc import Callable
from typing import Any

import click

from wsksim.cli.numbers import Count
from wsksim.runs.arguments import IRQLS, MAX_CONTEXT_SIZE, MAX_SEED

__all__ = ["handler_options"]

_OPTIONS = (
    click.option(
        "--seed",
        type=Count(0, MAX_SEED),
        metavar="NUMBER",
        default=0,
        show_default=True,
        help="Where every random draw begins: the same number repeats a run.",
    ),
    click.option(
        "--irql",
        type=click.Choice(IRQLS),
        default="passive",
        show_default=True,
        help="Level at which indications run; mixed is drawn from the seed.",
    ),
    click.option(
        "--contexts",
        metavar="dict|int|none|MODULE:CALLABLE",
        default="dict",
        show_default=True,
        help="What each socket's context is; a callable is given the socket's number.",
    ),
    click.option(
        "--context-size",
        type=Count(1, MAX_CONTEXT_SIZE),
        metavar="BYTES",
        default=64,
        show_default=True,
        help="Bytes of the zeroed block that a C handler's context points at.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object."),
    click.option("--quiet", "-q", is_flag=True, help="No progress, and of the report only checks and findings."),
    click.option("--no-progress", is_flag=True, help="No progress on stderr."),
    click.option("--no-isolate", is_flag=True, help="Run the handler in this process, not in a child."),
    click.option("--parent", hidden=True),
    click.option("--black-box", hidden=True),
    click.option("--report-file", hidden=True),
)


def handler_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a verb's function."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
