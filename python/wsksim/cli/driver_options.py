"""Options of `wsksim run` that are a driver's alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from wsksim.cli.numbers import Count
from wsksim.runs.arguments import MAX_SEED
from wsksim.wording import shown

__all__ = ["driver_options", "is_driver", "refuse_driver_options"]

_FILES: Final = {".so", ".c", ".cc", ".cpp", ".cxx"}


class _Seeds(click.ParamType[tuple[int, int]]):
    """One seed, or a range of them: 7, or 1..1000."""

    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Reads both ends."""
        if isinstance(value, tuple):
            return value
        first, dots, last = str(value).partition("..")
        count = Count(0, MAX_SEED)
        low = count.convert(first, param, ctx)
        high = count.convert(last, param, ctx) if dots else low
        if high < low:
            self.fail(f"asked for seeds such as 1..1000; found {shown(value)}, which has none", param, ctx)
        return low, high


_OPTIONS: Final = (
    click.option("--seeds", type=_Seeds(), metavar="A..B", help="Run a driver under each of these seeds."),
    click.option(
        "--schedule",
        metavar="fifo|explore|pct:N",
        help="Who goes on next in a driver.  [default: explore with --seeds]",
    ),
    click.option(
        "--completions",
        type=click.Choice(["inline", "windows", "later", "drawn"]),
        help="How a driver's requests complete.  [default: drawn with --seeds, else windows]",
    ),
    click.option(
        "--lenient", is_flag=True, help="Carry out a driver's waits where none is allowed, after the finding."
    ),
    click.option("--peers", type=Count(0, 10_000), default=4, show_default=True, help="Remote ends at each listener."),
    click.option("--jobs", type=Count(1, 1_024), help="Child processes at a time.  [default: one a processor]"),
)


def driver_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a verb's function."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_driver(target: str) -> bool:
    """Whether a target is a driver: an object or a source file, without a name behind a colon."""
    return Path(target).suffix.lower() in _FILES and Path(target).is_file()


def refuse_driver_options(target: str, options: dict[str, Any]) -> None:
    """Takes the options away; refuses those that were given.

    Raises:
        click.UsageError: one was given.
    """
    taken = {name: options.pop(name) for name in ("seeds", "schedule", "completions", "lenient", "peers", "jobs")}
    given = [name for name, value in taken.items() if value and name != "peers"]
    if given:
        raise click.UsageError(
            f"{given[0]}: found {target!r}, which is no driver; a driver is ./driver.so of wsksim cc, or driver.c"
        )
