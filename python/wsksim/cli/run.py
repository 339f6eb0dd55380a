"""`wsksim run`: a storm."""

import functools
from typing import Any

import click

from wsksim.cli.driver_options import driver_options, refuse_driver_options
from wsksim.cli.numbers import Count, Rate, Share
from wsksim.cli.options import STORM, check_timed, handler_options, shared_arguments
from wsksim.cli.shard_options import shard_options, take_sharding
from wsksim.drivers.naming import is_driver, names_driver, not_there
from wsksim.runs.arguments import ARRIVALS, MAX_DISCONNECTS, MAX_SOCKETS, MAX_WORKERS, ORDERS, slots_of_storm

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
    "--rate",
    type=Rate(),
    metavar="RATE",
    help="Post edges at planned instants, so many a second, such as 2M/s, and time their calls.",
)
@click.option(
    "--arrivals", type=click.Choice(ARRIVALS), help="How a rate's edges lie in time.  [default: constant distances]"
)
@click.option("--burst", type=Count(1, MAX_DISCONNECTS), help="Edges of one burst.  [default: 1000]")
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    default="made",
    show_default=True,
    help="Which socket disconnects next: as made, in random order, or the most recently opened first.",
)
@click.option(
    "--sample",
    type=Count(1, MAX_DISCONNECTS),
    metavar="N",
    help="Time one call in N.  [default: each with a rate, none without]",
)
@click.option("--histogram", metavar="FILE", help="Write the times to this file as an HdrHistogram log.")
@click.option(
    "--workers",
    type=Count(0, MAX_WORKERS),
    default=0,
    show_default=True,
    help="Threads that call the handler; 0 calls it on the main thread.",
)
@click.option(
    "--plan",
    metavar="FILE",
    help="Let the storm of this plan loose upon HANDLER, in Python, or upon an application, module:name, or a driver "
    "in its place; - is stdin.",
)
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="CHECK",
    help="What has to hold of the report, such as 'response.p99.9 < 50us'; may be repeated.",
)
@shard_options
@driver_options
@handler_options
def command(handler: str, *, plan: str | None, checks: tuple[str, ...], **options: Any) -> None:
    """Drive HANDLER with a storm of remote disconnects, an application with the storm of a plan, or run a driver in C.

    HANDLER is module:callable, file.py:callable, or ./lib.so:Symbol for a C function; ./driver.so of `wsksim cc`, or
    driver.c, is run from its DriverEntry to its unload.
    """
    sharding = take_sharding(options)
    if is_driver(handler):
        if sharding.shard or sharding.shards:
            do = "run it under several of them, such as --seeds 1..1000 --jobs 8"
            raise click.UsageError(f"shard: asked to divide a run; found a driver, which is divided by its seeds; {do}")
        from wsksim.cli.run_driver import execute_driver  # start-up: 20 ms of --help

        execute_driver(handler, plan, checks, options)
    if names_driver(handler):
        raise click.UsageError(not_there(handler))
    refuse_driver_options(handler, options)
    if plan is not None:
        from wsksim.cli.run_plan import execute_plan  # start-up: 110 ms of --help

        execute_plan(handler, plan, checks, options, sharding)
    from wsksim.cli.execute import execute  # start-up: 17 ms of --help
    from wsksim.runs.rate import show_rate  # start-up: 2 ms of --help
    from wsksim.runs.storm import storm  # start-up: 97 ms of --help

    check_timed(
        options, timed=options["rate"] is not None or options["sample"] is not None, do="give a rate, or sample calls"
    )
    asked = {name: options.pop(name) for name in (*STORM, "histogram")}
    told = {
        **asked,
        "abortive": asked["abortive"] or None,
        "rate": asked["rate"] and show_rate(asked["rate"]),
        "order": None if asked["order"] == "made" else asked["order"],
        "workers": asked["workers"] or None,
    }
    arguments = [handler]
    for name, value in told.items():
        arguments += [] if value is None else [f"--{name}", str(value)]
    for check in checks:
        arguments += ["--check", check]
    if sharding.shards is not None:
        options["histogram"] = asked.pop("histogram")
        from wsksim.cli.run_shards import execute_shards  # start-up: 130 ms of --help

        shared = {name: options[name] for name in ("seed", "irql", "contexts", "context_size")}
        divided = {**asked, **shared, "checks": list(checks)}
        execute_shards("run", divided, handler, [*arguments, *shared_arguments(options)], options, sharding)
    arguments += ["--shard", str(sharding.shard)] if sharding.shard else []
    workers = asked["workers"]
    slots = slots_of_storm(asked["sockets"], workers, paced=asked["rate"] is not None)
    start = functools.partial(storm, handler, checks=checks, shard=sharding.shard, **asked)
    execute("run", handler, arguments, options, start, workers=workers, slots=slots, sharding=sharding)
