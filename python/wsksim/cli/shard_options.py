"""Options of verbs that a run can be divided with: one shard of it, or all shards on the processors of this machine."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from wsksim.cli.numbers import Count
from wsksim.runs.arguments import MAX_WORKERS

if TYPE_CHECKING:
    from wsksim.runs.report import Report
    from wsksim.shards.dividing import Shard

__all__ = ["Sharding", "shard_options", "take_sharding"]

_MOST: Final = 65_536


class _ShardOf(click.ParamType[tuple[int, int]]):
    """A shard: 3/32."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Shard":
        """Reads both numbers."""
        from wsksim.shards.dividing import read_shard  # start-up: 40 ms of --help

        try:
            return read_shard(value)
        except (TypeError, ValueError) as error:
            self.fail(str(error).removeprefix("shard: "), param, ctx)


_OPTIONS: Final = (
    click.option(
        "--shard",
        type=_ShardOf(),
        metavar="K/N",
        help="Carry out shard K of N alone, counted from 0; -o NAME.wsk keeps its part, wsksim merge adds all.",
    ),
    click.option(
        "--attempt",
        type=Count(1, 1_000),
        default=1,
        show_default=True,
        help="How often the shard was tried, this time included; the report says so.",
    ),
    click.option("--shards", type=Count(1, _MOST), metavar="N", help="Carry out all of N shards, each in a process."),
    click.option(
        "--processes", type=Count(1, MAX_WORKERS), help="How many shards at a time.  [default: one a processor]"
    ),
)


class Sharding(NamedTuple):
    """How a run is divided.

    Attributes:
        shard: one shard alone.
        attempt: how often it was tried.
        shards: all of so many.
        processes: so many at a time.
    """

    shard: "Shard | None"
    attempt: int
    shards: int | None
    processes: int | None

    def named(self, report: "Report") -> "Report":
        """The report of a shard with what the command line knows of it; that of a crash says nothing of shards yet."""
        if self.shard is None:
            return report
        from wsksim.shards.recording import attempted, recorded  # start-up: 40 ms of --help

        return attempted(report if report.shards else recorded(report, self.shard), self.attempt)


def shard_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a verb's function."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_sharding(options: dict[str, Any]) -> Sharding:
    """Takes these options away, and refuses what does not go together.

    Raises:
        click.UsageError: something does not.
    """
    given = Sharding(*(options.pop(name) for name in Sharding._fields))
    outputs = [name for name in options["outputs"] if name.lower().endswith(".wsk")]
    if given.shard is not None and given.shards is not None:
        raise click.UsageError("shards: asked for all of them; found --shard as well; leave out one of the two")
    if given.processes is not None and given.shards is None:
        raise click.UsageError("processes: asked for several; found nothing to divide; add --shards N")
    if given.attempt != 1 and given.shard is None:
        raise click.UsageError("attempt: asked for another one; found no shard that was tried; add --shard K/N")
    if given.shard is not None and not outputs and options["parent"] is None:
        do = f"add -o part-{given.shard.number}.wsk"
        raise click.UsageError(
            f"shard: asked for one shard; found nowhere to keep its part, which wsksim merge adds; {do}"
        )
    if outputs and given.shard is None and given.shards is None:
        do = "add --shard 0/1 for all of it, or keep the report as .json"
        raise click.UsageError(f"output: asked for {outputs[0]}, a part; found a run that is not divided; {do}")
    return given
