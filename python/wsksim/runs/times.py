"""Times in words, and whether a storm's rate was kept."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

__all__ = ["STORM_FIELDS", "in_digits", "in_words", "rate_check"]

# What a report of `run` holds beside its counts.
STORM_FIELDS: Final = ("model", "plan", "pace", "service_ns", "response_ns", "series", "noise", "histograms")

_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"))


def in_words(nanoseconds: float) -> str:
    """Returns a time with three significant digits and its unit: 38ns, 4.1us, 1.25ms, 12s."""
    return in_digits(nanoseconds, 3)[0]


def in_digits(nanoseconds: float, digits: int) -> tuple[str, Decimal]:
    """Returns a time with so many significant digits, or all before the point, and what it says in nanoseconds."""
    # From where three digits would round up to the next unit.
    size, unit = next(((size, unit) for size, unit in _UNITS if nanoseconds >= 0.9995 * size), (1, "ns"))
    value = nanoseconds / size
    whole = value >= 10 ** (digits - 1) or (unit == "ns" and digits == 3)
    text = f"{value:.0f}" if whole else f"{value:.{digits}g}"
    return f"{Decimal(text):,f}{unit}", Decimal(text) * size


def rate_check(pace: Mapping[str, Any]) -> tuple[bool, str]:
    """Returns whether the rate was kept, and a sentence that says so, or by how much it was not and what helps."""
    allowed = in_words(pace["late_after_ns"])
    late = f"{pace['late']:,} {pace['things']} posted more than {allowed} late, worst {in_words(pace['worst_lag_ns'])}"
    planned, posted = _plain(pace["planned_rate"]), _plain(pace["posted_rate"])
    if pace["kept"]:
        return True, f"{planned} kept: {late}"
    advice = "".join(f"; {one}" for one in pace["advice"])
    # It may have caught up before the end: then the rate is as planned, and the instants were not.
    if planned == posted:
        told = f"the generator fell behind and caught up: {planned} on the whole, as planned, but not at each instant"
    else:
        told = f"the generator fell behind: planned {planned}, posted {posted}"
    return False, f"{told}; {late}{advice}; response counts from the planned instants all the same"


def _plain(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"
