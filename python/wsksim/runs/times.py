"""Times in words, and whether a storm's rate was kept."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["STORM_FIELDS", "in_words", "rate_check"]

# What a report of `run` holds beside its counts.
STORM_FIELDS: Final = ("model", "plan", "pace", "service_ns", "response_ns", "series", "noise", "histograms")

_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"))


def in_words(nanoseconds: float) -> str:
    """Returns a time with three significant digits and its unit: 38ns, 4.1us, 1.25ms, 12s."""
    for size, unit in _UNITS:
        # From where three digits would round up to the next unit.
        if nanoseconds >= 0.9995 * size:
            value = nanoseconds / size
            return f"{value:,.0f}{unit}" if value >= 100 else f"{value:.3g}{unit}"
    return f"{nanoseconds:.0f}ns"


def rate_check(pace: Mapping[str, Any], *, workers: int) -> tuple[bool, str]:
    """Returns whether the rate was kept, and a sentence that says so, or by how much it was not and what helps."""
    late, worst = f"{pace['late']:,}", in_words(pace["worst_lag_ns"])
    allowed = in_words(pace["late_after_ns"])
    if pace["kept"]:
        return True, f"{_plain(pace['planned_rate'])} kept: {late} edges posted more than {allowed} late, worst {worst}"
    text = (
        f"the generator fell behind: planned {_plain(pace['planned_rate'])}, posted {_plain(pace['posted_rate'])}; "
        f"{late} edges posted more than {allowed} late, worst {worst}"
    )
    if pace["stalled_s"] > 0:
        waited = in_words(pace["stalled_s"] * 1e9)
        text += f"; for {waited} the next socket's last edge was not handled: more sockets, or a faster handler"
    if not workers:
        text += "; the handler ran on the generator's own thread: give it workers"
    return False, text + "; response counts from the planned instants all the same"


def _plain(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"
