"""Plan: how much to measure, and the reference loops to measure against."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

from reference import load_reference

ADDS = 2_000_000


@dataclass(frozen=True)
class Plan:
    """What every goal is given."""

    quick: bool = False
    against: str | None = None

    @cached_property
    def reference(self) -> ModuleType:
        """The C loops, compiled for this interpreter."""
        return load_reference()

    def rounds(self, wanted: int) -> range:
        """How often both sides are measured."""
        return range(min(wanted, 2) if self.quick else wanted)

    def size(self, wanted: int) -> int:
        """How many sockets; few in a quick run, which only shows that the benches work."""
        return min(wanted, 20_000) if self.quick else wanted

    def add(self) -> float:
        """Nanoseconds of one atomic add, measured now."""
        return float(self.reference.atomic_adds(ADDS // (100 if self.quick else 1)))


def python_is_at_least(minor: int) -> bool:
    """Whether this is CPython 3.`minor` or newer."""
    return sys.version_info >= (3, minor)


def named(count: int) -> str:
    """A number of sockets as goals write it."""
    return f"{count:,} sockets".replace(",", " ")
