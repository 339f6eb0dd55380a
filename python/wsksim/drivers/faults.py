"""Faults: what of a driver's calls fails on demand, by name, and how what has failed is told."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from wsksim.wording import shown

__all__ = ["KINDS", "injected_words", "read_faults"]

_PEND: Final = "pend"
KINDS: Final = ("allocation", "provider", "request", _PEND)
# So many that failed are told of.
_TOLD: Final = 3

Injected = Sequence[tuple[str, int]]
Place = Callable[[int], tuple[str, str, int]]


def read_faults(given: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """What fails, each once and in one order; and how requests complete, if that is asked for among them.

    Raises:
        TypeError, ValueError: one is none of these.
    """
    if isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise TypeError(f"faults: asked for several of {', '.join(KINDS)}; found {shown(given)}; give a list of them")
    wrong = [one for one in given if one not in KINDS]
    if wrong:
        raise ValueError(f"faults: asked for {', '.join(KINDS)}; found {shown(wrong[0])}; leave it out")
    return tuple(one for one in KINDS if one in given and one != _PEND), "later" if _PEND in given else None


def injected_words(injected: Injected, place: Place) -> str:
    """What failed on demand in a run, and where; empty if nothing did."""
    words = []
    for name, address in injected[:_TOLD]:
        function, file, line = place(address)
        words.append(f"{name} at {Path(file).name}:{line} in {function}" if file else f"{name} in {function}")
    more = len(injected) - _TOLD
    words += [f"{more:,} more"] if more > 0 else []
    return f"on demand had failed: {', '.join(words)}" if words else ""
