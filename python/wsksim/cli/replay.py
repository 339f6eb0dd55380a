"""`wsksim replay`: the disconnects of a packet capture."""

import functools
import sys
from typing import Any

import click

from wsksim.cli.options import handler_options

__all__ = ["command"]


@click.command("replay")
@click.argument("file", type=click.Path())
@click.argument("handler")
@click.option(
    "--local",
    type=click.Choice(["server", "client", "both"]),
    default="server",
    show_default=True,
    help="Which side of each connection is the application; the other is the remote that disconnects.",
)
@click.option("--midstream", is_flag=True, help="Count connections too whose handshake is not in the file.")
@click.option(
    "--speed",
    metavar="max|real|FACTORx",
    default="max",
    show_default=True,
    help="max waits for nothing, real keeps the capture's pace, 10x is ten times as fast.",
)
@click.option("--trace", metavar="FILE", help="Write one JSON line per indication to this file; - is stdout.")
@handler_options
def command(file: str, handler: str, **options: Any) -> None:
    """Drive HANDLER with the disconnects in the capture FILE (pcap or pcapng).

    A FIN of the remote is a graceful disconnect, its RST an abortive one. HANDLER is module:callable, or
    ./lib.so:Symbol for a C function.
    """
    # Help needs neither.
    from wsksim.cli.execute import execute
    from wsksim.runs.replay import replay

    if options["trace"] == "-" and options["as_json"]:
        raise click.UsageError(
            "trace: asked to write to stdout; found that the report goes there as one JSON object; "
            "name a file, or leave out --json"
        )
    asked = {name: options.pop(name) for name in ("local", "midstream", "speed", "trace")}
    arguments = [file, handler]
    arguments += ["--local", asked["local"]] if asked["local"] != "server" else []
    arguments += ["--speed", asked["speed"]] if asked["speed"] != "max" else []
    arguments += ["--midstream"] if asked["midstream"] else []
    arguments += ["--trace", asked["trace"]] if asked["trace"] is not None else []
    asked["trace"] = sys.stdout if asked["trace"] == "-" else asked["trace"]
    execute("replay", handler, arguments, options, functools.partial(replay, file, handler, **asked))
