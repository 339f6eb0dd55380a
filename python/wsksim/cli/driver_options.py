"""Options of `wsksim run` that are a driver's alone."""

from collections.abc import Callable
from typing import Any, Final

import click

from wsksim.cli.numbers import Count
from wsksim.drivers.faults import KINDS
from wsksim.runs.arguments import MAX_SEED
from wsksim.wording import shown

__all__ = ["driver_options", "refuse_driver_options"]


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


class _Choices(click.ParamType[tuple[int, ...]]):
    """What a finding chose: 0,0,2,1."""

    name = "choices"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Reads the numbers."""
        if isinstance(value, tuple):
            return value
        words = [word for word in str(value).replace(",", " ").split() if word]
        if not words or not all(word.isascii() and word.isdigit() and int(word) < 1 << 32 for word in words):
            self.fail(f"asked for choices such as 0,0,2,1; found {shown(value)}; copy them from a finding", param, ctx)
        return tuple(map(int, words))


class _Host(click.ParamType[tuple[str, tuple[str, ...]]]):
    """A name and its addresses: example.org=127.0.0.1,::1."""

    name = "host"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """Reads both."""
        if isinstance(value, tuple):
            return value
        name, equals, addresses = str(value).partition("=")
        if not name or not equals or not addresses:
            self.fail(f"asked for a name such as example.org=127.0.0.1; found {shown(value)}", param, ctx)
        return name, tuple(addresses.split(","))


class _Faults(click.ParamType[tuple[str, ...]]):
    """What fails on demand: allocation,request."""

    name = "faults"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Reads the names."""
        if isinstance(value, tuple):
            return value
        words = [word for word in str(value).replace(",", " ").split() if word]
        wrong = [word for word in words if word not in KINDS]
        if wrong or not words:
            self.fail(f"asked for {', '.join(KINDS)}; found {shown(wrong[0] if wrong else value)}", param, ctx)
        return tuple(words)


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
    click.option(
        "--choices", type=_Choices(), metavar="N,N,…", help="Choose this instead of by the seed, and then the plainest."
    ),
    click.option(
        "--host",
        "hosts",
        multiple=True,
        type=_Host(),
        metavar="NAME=ADDRESS",
        help="A name that a driver may resolve; may be repeated.",
    ),
    click.option(
        "--faults",
        type=_Faults(),
        metavar="NAME,…",
        default=(),
        help="What fails on demand, once at each call stack: allocation, provider, request; pend: each request pends.",
    ),
    click.option("--jobs", type=Count(1, 1_024), help="Child processes at a time.  [default: one a processor]"),
)


def driver_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a verb's function."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def refuse_driver_options(target: str, options: dict[str, Any]) -> None:
    """Takes the options away; refuses those that were given.

    Raises:
        click.UsageError: one was given.
    """
    taken = {
        name: options.pop(name)
        for name in ("seeds", "schedule", "completions", "lenient", "peers", "choices", "hosts", "faults", "jobs")
    }
    given = [name for name, value in taken.items() if value and name != "peers"]
    if given:
        raise click.UsageError(
            f"{given[0]}: found {target!r}, which is no driver; a driver is ./driver.so of wsksim cc, or driver.c"
        )
