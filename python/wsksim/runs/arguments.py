"""Checks of what a run is asked for, once, at the edge."""

import math
import operator
from typing import Final

from wsksim.wording import shown

__all__ = [
    "CHECKS",
    "IRQLS",
    "MAX_CONTEXT_SIZE",
    "MAX_DISCONNECTS",
    "MAX_SEED",
    "MAX_SOCKETS",
    "MAX_WORKERS",
    "choice",
    "share",
    "whole",
]

MAX_SOCKETS: Final = 2**28
MAX_DISCONNECTS: Final = 2**53
MAX_WORKERS: Final = 256
MAX_SEED: Final = 2**64 - 1
MAX_CONTEXT_SIZE: Final = 2**20
IRQLS: Final = ("passive", "dispatch", "mixed")
CHECKS: Final = ("report", "raise", "off")


def whole(name: str, value: object, *, low: int, high: int) -> int:
    """Returns a whole number within its limits.

    Raises:
        TypeError: it is not an int, or it is a bool.
        ValueError: it is below `low` or above `high`.
    """
    asked = f"{name}: asked for a whole number from {low:,} to {high:,}"
    if isinstance(value, bool):
        raise TypeError(f"{asked}; found the bool {value}; pass an int")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{asked}; found {shown(value)}; pass an int") from None
    if not low <= number <= high:
        raise ValueError(f"{asked}; found {shown(number)}; pass a number in that range")
    return number


def share(name: str, value: object) -> float:
    """Returns a probability.

    Raises:
        TypeError: it is no number, or it is a bool.
        ValueError: it is not from 0 to 1.
    """
    asked = f"{name}: asked for a share from 0 to 1"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{asked}; found {shown(value)}; pass a float such as 0.15")
    if math.isnan(value) or not 0 <= value <= 1:
        raise ValueError(f"{asked}; found {shown(value)}; pass a float such as 0.15")
    return float(value)


def choice(name: str, value: object, among: tuple[str, ...]) -> str:
    """Returns one of a few words.

    Raises:
        ValueError: it is none of them.
    """
    if not isinstance(value, str) or value not in among:
        words = ", ".join(map(repr, among))
        raise ValueError(f"{name}: asked for one of {words}; found {shown(value)}; pass one of these")
    return value
