"""`wsksim run`: a storm."""

import functools
from typing import Any

import click

from wsksim.cli.numbers import Count, Share
from wsksim.cli.options import handler_options
from wsksim.runs.arguments import MAX_DISCONNECTS, MAX_SOCKETS, MAX_WORKERS

__all__ = ["command"]


@click.command("run")
@click.argument("handler")
@click.option(
    "--sockets",
    type=Count(1, MAX_SOCKETS),
    default=1_000,
    show_default=True,
    help="Connections open at a time, such as 100k or 1M.",
)
@click.option(
    "--disconnects",
    type=Count(0, MAX_DISCONNECTS),
    help="Remote disconnects in all; sockets are reopened as often as needed.  [default: one per socket]",
)
@click.option("--abortive", type=Share(), default=0.0, show_default=True, help="Share of abortive ones: 0.15 or 15%.")
@click.option(
    "--workers",
    type=Count(0, MAX_WORKERS),
    default=0,
    show_default=True,
    help="Threads that call the handler; 0 calls it on the main thread.",
)
@handler_options
def command(handler: str, **options: Any) -> None:
    """Drive HANDLER with a storm of remote disconnects.

    HANDLER is module:callable, or ./lib.so:Symbol for a C function.
    """
    # Help needs neither.
    from wsksim.cli.execute import execute
    from wsksim.runs.storm import storm

    names = ("sockets", "disconnects", "abortive", "workers")
    asked = {name: options.pop(name) for name in names}
    arguments = [handler, "--sockets", str(asked["sockets"])]
    if asked["disconnects"] is not None:
        arguments += ["--disconnects", str(asked["disconnects"])]
    arguments += ["--abortive", str(asked["abortive"])] if asked["abortive"] else []
    arguments += ["--workers", str(asked["workers"])] if asked["workers"] else []
    execute("run", handler, arguments, options, functools.partial(storm, handler, **asked), workers=asked["workers"])
