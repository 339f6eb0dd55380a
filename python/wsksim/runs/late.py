"""What helps a storm that fell behind its plan: what is true for the target at hand."""

from collections.abc import Mapping
from typing import Any, Literal

from wsksim.runs.times import in_words

__all__ = ["advised"]


def advised(
    pace: Mapping[str, Any] | None,
    noise: Mapping[str, Any] | None,
    *,
    target: Literal["native", "python", "application"],
    workers: int = 0,
) -> dict[str, Any] | None:
    """The pace with `advice`: what helps, a clause each; nothing if it was kept.

    Args:
        pace: as the storm measured it; None for one without a rate.
        noise: of the host, likewise.
        target: a handler in C, one in Python, or an application in Python.
        workers: threads that drove beside the generator.
    """
    if pace is None:
        return None
    told = [] if pace["kept"] else _advice(pace, target, workers)
    if told and noise and noise["level"] == "high":
        longest = in_words(noise["largest_gap_ns"])
        told.append(f"the host was busy with other things, for {longest} at a time: measure on a quiet one")
    return {**pace, "advice": told}


def _advice(pace: Mapping[str, Any], target: str, workers: int) -> list[str]:
    told = []
    if pace["stalled_s"] > 0:
        waited = in_words(pace["stalled_s"] * 1e9)
        if target == "application":
            told.append(f"for {waited} as many lives were open as may be: raise open, or shorten the life")
        else:
            told.append(f"for {waited} the next socket's last edge was not handled: more sockets, or a faster handler")
    if target == "application":
        told.append(
            "an application in Python runs on the generator's own thread: do less in its callbacks, or lower the rate"
        )
    elif target == "python" and workers:
        told.append("a handler in Python needs the interpreter, as the generator does: leave the workers out")
    elif target == "python":
        told.append(
            "a handler in Python needs the interpreter, as the generator does, and workers would not help: a faster "
            "handler, or a lower rate"
        )
    elif not workers:
        told.append("the handler ran on the generator's own thread: give it workers")
    return told
