"""`wsksim replay`: the disconnects of packet captures."""

import functools
import json
import os
import sys
from typing import Any

import click

from wsksim.cli.numbers import Count
from wsksim.cli.options import check_timed, handler_options, shared_arguments
from wsksim.cli.shard_options import shard_options, take_sharding
from wsksim.runs.arguments import MAX_SEED, MAX_UNPACKED

__all__ = ["command"]


@click.command("replay")
@click.argument("names", nargs=-1, required=True, metavar="FILE... HANDLER", type=click.Path())
@click.option(
    "--local",
    type=click.Choice(["server", "client", "both"]),
    default="server",
    show_default=True,
    help="Which side of each connection is the application; the other is the remote that disconnects.",
)
@click.option(
    "--midstream", is_flag=True, help="Count connections too whose handshake is not, or not all, in the file."
)
@click.option(
    "--tunnels",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    help="Whether connections inside tunnels (GRE, VXLAN and more) are read.",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="host=ADDRESS|port=NUMBER",
    help="Count only these connections; several of a kind are alternatives.",
)
@click.option(
    "--unpack-limit",
    type=Count(1, MAX_UNPACKED),
    metavar="BYTES",
    help="How much a compressed file may expand to; 64 GiB unless told.",
)
@click.option(
    "--explain-flow",
    type=Count(0, MAX_SEED),
    metavar="N",
    help="Instead of a replay, say of each packet of flow N how it was read; needs no HANDLER.",
)
@click.option(
    "--speed",
    metavar="max|real|FACTORx",
    default="max",
    show_default=True,
    help="max waits for nothing, real keeps the capture's pace, 10x is ten times as fast.",
)
@click.option("--trace", metavar="FILE", help="Write one JSON line per indication to this file; - is stdout.")
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="CHECK",
    help="What has to hold of the report, such as 'findings == 0'; may be repeated.",
)
@shard_options
@handler_options
def command(names: tuple[str, ...], **options: Any) -> None:
    """Drive HANDLER, or an application, with the disconnects in captures.

    They are pcap or pcapng files, also compressed; - is stdin.
    Several files, and the files of folders, are one capture. A FIN of the remote is a graceful disconnect, its RST an
    abortive one. HANDLER is module:callable, file.py:callable, or ./lib.so:Symbol for a
    C function; for an application, module:name, each connection becomes a remote end that connects to it.
    """
    from wsksim.cli.execute import execute  # start-up: 17 ms of --help
    from wsksim.runs.replay import replay  # start-up: 38 ms of --help

    reading = {
        "local": options.pop("local"),
        "midstream": options.pop("midstream"),
        "tunnels": options.pop("tunnels") == "on",
        "filters": list(options.pop("filters")),
        "unpack_limit": options.pop("unpack_limit"),
    }
    sharding = take_sharding(options)
    flow, speed, trace = (options.pop(name) for name in ("explain_flow", "speed", "trace"))
    if flow is not None:
        if trace is not None:
            raise click.UsageError(
                "explain-flow: asked for a trace as well; found that nothing is indicated then; leave out --trace"
            )
        _explain(_captures(names), flow, reading, as_json=options["as_json"])
        return
    if len(names) == 1:
        raise click.UsageError("Missing argument 'HANDLER': name it after the files.")
    *files, handler = names
    if trace == "-" and (options["as_json"] or options["form"] not in {None, "text"}):
        raise click.UsageError(
            "trace: asked to write to stdout; found that the report goes there in a form for programs; "
            "name a file, or leave out --json and --format"
        )
    check_timed(options, timed=speed != "max", do="replay at a --speed such as real")
    arguments = [*files, handler, *_repeated(reading)]
    arguments += ["--speed", speed] if speed != "max" else []
    arguments += ["--trace", trace] if trace is not None else []
    checks = options.pop("checks")
    for check in checks:
        arguments += ["--check", check]
    target = sys.stdout if trace == "-" else trace
    if sharding.shards is not None:
        from wsksim.cli.run_shards import execute_shards  # start-up: 130 ms of --help

        shared = {name: options[name] for name in ("seed", "irql", "contexts", "context_size")}
        divided = {"path": list(files), **reading, "speed": speed, "checks": list(checks), **shared}
        told = [*arguments, *shared_arguments(options)]
        execute_shards("replay", divided, handler, told, {**options, "trace": trace}, sharding)
    arguments += ["--shard", str(sharding.shard)] if sharding.shard else []
    start = functools.partial(
        replay, files, handler, **reading, speed=speed, trace=target, checks=checks, shard=sharding.shard
    )
    execute("replay", handler, arguments, options, start, sharding=sharding, stdin="capture" if "-" in files else "")


def _repeated(reading: dict[str, Any]) -> list[str]:
    """The options that repeat a reading; what is usual is left out."""
    arguments = ["--local", reading["local"]] if reading["local"] != "server" else []
    arguments += ["--midstream"] if reading["midstream"] else []
    arguments += [] if reading["tunnels"] else ["--tunnels", "off"]
    for each in reading["filters"]:
        arguments += ["--filter", each]
    limit = reading["unpack_limit"]
    return arguments + (["--unpack-limit", str(limit)] if limit is not None else [])


def _captures(names: tuple[str, ...]) -> list[str]:
    """The captures among the names: a handler at their end is not needed for an explanation."""
    *files, last = names
    is_handler = bool(files) and ":" in last and not os.path.lexists(last)
    return files if is_handler else list(names)


def _explain(files: list[str], flow: int, reading: dict[str, Any], *, as_json: bool) -> None:
    from wsksim.cli.output import refusals  # start-up: 23 ms of --help
    from wsksim.runs.exit_codes import EXIT_INCOMPLETE, EXIT_INTERRUPTED  # start-up: 6 ms of --help
    from wsksim.runs.explain import explain_flow  # start-up: 17 ms of --help

    with refusals():
        # Row by row, for a pipe may stay open.
        explanation = explain_flow(files, flow, **reading, told=None if as_json else click.echo)
        if as_json:
            click.echo(json.dumps(explanation.to_dict(), indent=2))
        else:
            rest = explanation.table_end() if explanation.lines else [str(explanation)]
            click.echo("\n".join(rest))
    if explanation.interrupted:
        sys.exit(EXIT_INTERRUPTED)
    if explanation.damage:
        sys.exit(EXIT_INCOMPLETE)
