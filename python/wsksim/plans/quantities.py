"""Quantities of a plan: sizes and times, fixed, from a range, or exponentially distributed.

A size is `"64B"`, `"1KiB"` or a number of bytes, a time `"22s"` or `"1.5ms"`. A range such as `"64B..1KiB"` is uniform,
both ends included; `"exp 100ms"` has that mean.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from wsksim.kinds import is_a, is_whole
from wsksim.plans.refusals import refuse
from wsksim.wording import shown

__all__ = ["LONGEST", "Draw", "read_size", "read_span", "read_time", "show_size", "show_time"]

_SIZES: Final = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
_TIMES: Final = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
    "h": 3_600 * 10**9,
}
# In the order in which a number is written with them: the first that divides it.
_SHOWN_SIZES: Final = ("GiB", "MiB", "KiB", "B")
_SHOWN_TIMES: Final = ("h", "min", "s", "ms", "us", "ns")
_LARGEST: Final = 2**30
LONGEST: Final = 366 * 24 * _TIMES["h"]
_NUMBER: Final = re.compile(r"(\d{1,20}(?:\.\d{1,20})?) ?([A-Za-z]{1,3})")
_SIZE: Final = "a size from 1B to 1GiB, such as 64B, 64B..1KiB or exp 1KiB"
_TIME: Final = "a time up to 366 days, such as 100ms, 10ms..1s or exp 100ms"


@dataclass(frozen=True)
class Draw:
    """A quantity that each life draws for itself: bytes, or nanoseconds.

    Attributes:
        kind: `fixed`, `uniform` or `exponential`.
        low: the quantity, the lowest, or the mean.
        high: the highest of a range; else as `low`.
    """

    kind: Literal["fixed", "uniform", "exponential"]
    low: int
    high: int

    @property
    def mean(self) -> float:
        """What it is on average."""
        return (self.low + self.high) / 2


def read_size(place: str, value: object) -> Draw:
    """Reads a size or what it is drawn from.

    Raises:
        PlanError: it is none.
    """
    if is_whole(value):
        value = f"{value}B" if 0 <= value <= _LARGEST else shown(value)
    return _read(place, value, _SIZES, least=1, most=_LARGEST, asked=_SIZE)


def read_time(place: str, value: object) -> Draw:
    """Reads a time or what it is drawn from.

    Raises:
        PlanError: it is none.
    """
    return _read(place, value, _TIMES, least=0, most=LONGEST, asked=_TIME)


def read_span(place: str, value: object) -> int:
    """Reads one time that is longer than nothing, in nanoseconds.

    Raises:
        PlanError: it is none.
    """
    asked = "a time longer than 0, up to 366 days, such as 22s"
    found = _read(place, value, _TIMES, least=1, most=LONGEST, asked=asked)
    if found.kind != "fixed":
        refuse(place, asked, shown(value), "write one time; it is the same for all")
    return found.low


def show_size(draw: Draw) -> str:
    """The text that `read_size` reads the same from."""
    return _show(draw, _SIZES, _SHOWN_SIZES)


def show_time(draw: Draw | int) -> str:
    """The text that `read_time` reads the same from."""
    return _show(draw if isinstance(draw, Draw) else Draw("fixed", draw, draw), _TIMES, _SHOWN_TIMES)


def _read(place: str, value: object, units: dict[str, int], *, least: int, most: int, asked: str) -> Draw:
    def one(text: str) -> int:
        found = _NUMBER.fullmatch(text.strip().replace("_", ""))
        unit = units.get(found[2]) if found else None
        number = Fraction(found[1]) * unit if found and unit else Fraction(-1)
        if number.denominator != 1 or not least <= number <= most:
            do = f"write a whole number of the smallest unit, with one of the units {', '.join(units)}"
            refuse(place, asked, shown(value), do)
        return int(number)

    if not is_a(value, str):
        refuse(place, asked, shown(value), "write it as text, with its unit")
    text = value.strip()
    if text.startswith("exp "):
        mean = one(text.removeprefix("exp "))
        if mean == 0:
            refuse(place, asked, shown(value), "give it a mean above 0")
        return Draw("exponential", mean, mean)
    first, dots, last = text.partition("..")
    low = one(first)
    if not dots:
        return Draw("fixed", low, low)
    high = one(last)
    if high < low:
        refuse(place, f"{asked}, the lower end first", shown(value), "turn it round")
    return Draw("fixed" if low == high else "uniform", low, high)


def _show(draw: Draw, units: dict[str, int], order: tuple[str, ...]) -> str:
    def one(number: int) -> str:
        unit = next(unit for unit in order if number % units[unit] == 0 and (number or unit == order[-1]))
        return f"{number // units[unit]}{unit}"

    if draw.kind == "uniform":
        return f"{one(draw.low)}..{one(draw.high)}"
    return f"exp {one(draw.low)}" if draw.kind == "exponential" else one(draw.low)
