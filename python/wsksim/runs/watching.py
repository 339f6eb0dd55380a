"""Watching: what a run can tell of itself while it goes on, for whoever shows it.

Nothing is counted for it: a look reads what the run keeps anyway. What shows progress may have a method `watch`, which
is given the look before the run begins.
"""

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Live", "watch"]


class Live(NamedTuple):
    """A run at one moment.

    Attributes:
        findings: how many there are.
        open: lives that are open; None for a run without lives.
        p99_ns: of the times that the run measures, what 99 in 100 do not exceed so far; None if there are none.
    """

    findings: int
    open: int | None = None
    p99_ns: int | None = None


def watch(progress: Callable[[int, int], object] | None, look: Callable[[], Live]) -> None:
    """Gives what shows progress the look, if it takes one."""
    take = getattr(progress, "watch", None)
    if take is not None:
        take(look)
