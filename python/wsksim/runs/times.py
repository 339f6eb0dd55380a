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


def rate_check(pace: Mapping[str, Any]) -> tuple[bool, str]:
    """Returns whether the rate was kept, and a sentence that says so, or by how much it was not and what helps."""
    allowed = in_words(pace["late_after_ns"])
    late = f"{pace['late']:,} {pace['things']} posted more than {allowed} late, worst {in_words(pace['worst_lag_ns'])}"
    planned = _plain(pace["planned_rate"])
    if pace["kept"]:
        return True, f"{planned} kept: {late}"
    advice = "".join(f"; {one}" for one in pace["advice"])
    text = f"the generator fell behind: planned {planned}, posted {_plain(pace['posted_rate'])}; {late}{advice}"
    return False, f"{text}; response counts from the planned instants all the same"


def _plain(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"
