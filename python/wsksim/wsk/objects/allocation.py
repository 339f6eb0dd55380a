"""Allocation: whether IoAllocateIrp has an IRP to give. It has, but in storms whose plan says otherwise."""

from __future__ import annotations

import random
import threading
from types import TracebackType
from typing import Final, Self

__all__ = ["Refusals", "refuses"]

# Plans are drawn from the seed itself; this is what it is mixed with here.
_STREAM: Final = 0x49525053


class _Thread(threading.local):
    """What is refused on this thread."""

    refusals: Refusals | None = None


_HERE: Final = _Thread()


class Refusals:
    """A share of the allocations on one thread that fail, drawn from a seed; while it is entered.

    Attributes:
        asked: allocations that were asked for.
        refused: those that failed.
    """

    def __init__(self, share: float, seed: int) -> None:
        """Begins at the first draw of the seed."""
        self._share, self._random = share, random.Random(seed << 32 | _STREAM)  # noqa: S311 - repeats by the seed
        self._before: Refusals | None = None
        self.asked = self.refused = 0

    def __enter__(self) -> Self:
        """From now on allocations of this thread fail."""
        self._before, _HERE.refusals = _HERE.refusals, self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """From now on they succeed."""
        _HERE.refusals = self._before

    def draw(self) -> bool:
        """Whether the next one fails."""
        self.asked += 1
        refused = self._random.random() < self._share
        self.refused += refused
        return refused


def refuses() -> bool:
    """Whether an allocation that is asked for now fails."""
    refusals = _HERE.refusals
    return refusals is not None and refusals.draw()
