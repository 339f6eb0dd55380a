"""Checks of what a run is asked for, once, at the edge."""

import operator
import os
from collections.abc import Callable
from typing import Final

from wsksim.kinds import is_a, is_path
from wsksim.signatures import misfit
from wsksim.wording import hint, shown

__all__ = [
    "ARRIVALS",
    "CHECKS",
    "COMPLETIONS",
    "IRQLS",
    "MAX_CONTEXT_SIZE",
    "MAX_DISCONNECTS",
    "MAX_SEED",
    "MAX_SOCKETS",
    "MAX_UNPACKED",
    "MAX_WORKERS",
    "ORDERS",
    "choice",
    "file_name",
    "file_names",
    "optional_progress",
    "share",
    "slots_of_storm",
    "texts",
    "truth",
    "whole",
]

MAX_SOCKETS: Final = 2**28
MAX_DISCONNECTS: Final = 2**53
MAX_WORKERS: Final = 256
MAX_SEED: Final = 2**64 - 1
MAX_CONTEXT_SIZE: Final = 2**20
MAX_UNPACKED: Final = 2**63
IRQLS: Final = ("passive", "dispatch", "mixed")
ORDERS: Final = ("made", "random", "recent")
ARRIVALS: Final = ("constant", "poisson", "burst")
CHECKS: Final = ("report", "raise", "off")
# How what an application asks for in a run completes: as mostly in Windows (I-18).
COMPLETIONS: Final = "windows"
# Slots for sockets whose close waits for the end of the call that has handled them: a batch call of each drive.
_SLACK_PER_DRIVE: Final = 1_024


def slots_of_storm(sockets: int, workers: int, *, paced: bool) -> int:
    """Returns the `max_sockets` of a storm's subsystem."""
    slack = (workers + 1) * _SLACK_PER_DRIVE if paced else 0
    return min(sockets + slack, MAX_SOCKETS)


def whole(name: str, value: object, *, low: int, high: int) -> int:
    """Returns a whole number within its limits.

    Raises:
        TypeError: it is not an int, or it is a bool.
        ValueError: it is below `low` or above `high`.
    """
    asked = f"{name}: asked for a whole number from {low:,} to {high:,}"
    if is_a(value, bool):
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
    if is_a(value, bool) or not is_a(value, int, float):
        raise TypeError(f"{asked}; found {shown(value)}; pass a float such as 0.15")
    if not 0 <= value <= 1:  # nor NaN
        raise ValueError(f"{asked}; found {shown(value)}; pass a float such as 0.15")
    return float(value)


def choice(name: str, value: object, among: tuple[str, ...]) -> str:
    """Returns one of a few words.

    Raises:
        ValueError: it is none of them.
    """
    if not is_a(value, str) or value not in among:
        words = ", ".join(map(repr, among))
        raise ValueError(
            f"{name}: asked for one of {words}; found {shown(value)}; pass one of these{hint(value, among)}"
        )
    return value


def truth(name: str, value: object) -> bool:
    """Returns True or False.

    Raises:
        TypeError: it is no bool.
    """
    if not is_a(value, bool):
        raise TypeError(f"{name}: asked for True or False; found {shown(value)}; pass a bool")
    return value


def optional_progress(value: object) -> Callable[[int, int], object] | None:
    """Returns what is told of progress, or None.

    Raises:
        TypeError: it is neither, or cannot be called with two arguments.
    """
    if value is None:
        return None
    asked = "progress: asked for a callable (done, total), or None"
    if not callable(value):
        raise TypeError(f"{asked}; found {shown(value)}; pass a function")
    wrong = misfit(value, ("done", "total"))
    if wrong is not None:
        found, do = wrong
        raise TypeError(f"{asked}; found {found}; {do}")
    return value


def file_name(name: str, value: object) -> str:
    """Returns the name of a file; bytes that are no text stay what they are, in surrogates.

    Raises:
        TypeError: it is neither text, bytes, nor a path.
    """
    if not is_path(value):
        raise TypeError(f"{name}: asked for the name of a file; found {shown(value)}; pass a str, bytes, or a path")
    return os.fsdecode(value)


def file_names(name: str, value: object) -> list[str]:
    """Returns the names of one file or of several.

    Raises:
        TypeError: one of them is neither text, bytes, nor a path.
        ValueError: there is none.
    """
    if not is_a(value, list, tuple):
        return [file_name(name, value)]
    if not value:
        raise ValueError(f"{name}: asked for the names of files; found none; name one at least")
    return [file_name(name, each) for each in value]


def texts(name: str, value: object) -> list[str]:
    """Returns several texts.

    Raises:
        TypeError: it is no list or tuple of texts.
    """
    if not is_a(value, list, tuple) or not all(is_a(each, str) for each in value):
        raise TypeError(f"{name}: asked for a list of texts; found {shown(value)}; pass a list of str")
    return list(value)
