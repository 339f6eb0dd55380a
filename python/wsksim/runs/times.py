"""What a storm measured, as lines of a report: the table of service and response, and whether the rate was kept."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["STORM_FIELDS", "in_words", "rate_check", "rows"]

# What a report of `run` holds beside its counts.
STORM_FIELDS: Final = ("model", "plan", "pace", "service_ns", "response_ns", "series", "noise")

_COLUMNS: Final = ("p50", "p90", "p99", "p99.9", "max")
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


def rows(storm: Mapping[str, Any]) -> list[str]:
    """Returns the table of the series that were measured, and the plan's digest."""
    measured = {name: storm.get(f"{name}_ns") for name in ("service", "response", "accept")}
    lines = []
    table = {name: times for name, times in measured.items() if times and times["count"]}
    if table:
        lines.append(f"{'time':<10} {'count':>15}" + "".join(f" {column:>8}" for column in _COLUMNS))
        lines += [
            f"{name:<10} {times['count']:>15,}" + "".join(f" {in_words(times[column]):>8}" for column in _COLUMNS)
            for name, times in table.items()
        ]
    if noise := storm.get("noise"):
        heard = f"{in_words(noise['largest_gap_ns'])} in {in_words(noise['listened_s'] * 1e9)} of listening"
        lines.append(f"{'host noise':<10} {noise['level']}, largest gap {heard}")
    if storm.get("plan"):
        lines.append(f"{'plan':<10} {storm['plan']} ({storm['model']} model)")
    return lines


def _plain(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"
