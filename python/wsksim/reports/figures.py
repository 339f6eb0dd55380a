"""Figures: numbers and times as people read them on a page."""

import time
from typing import TYPE_CHECKING

from wsksim.reports.markup import Markup, tag
from wsksim.runs.times import in_words

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["duration", "figure", "moment", "short", "spaced", "when"]

_NARROW = "\u202f"
_UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def figure(measure: str, value: float) -> Markup:
    """A count that stands for a measure of the report's table."""
    return tag("data", f"{value:,}", value=value, data_measure=measure)


def moment(measure: str, nanoseconds: float) -> Markup:
    """A time that stands for a measure of the report's table."""
    return tag("data", duration(nanoseconds), value=nanoseconds, data_measure=measure)


def duration(nanoseconds: float) -> str:
    """A time with its unit apart: 4.1 µs."""
    return spaced(in_words(nanoseconds))


def spaced(words: str) -> str:
    """The same of a figure in words, if it has a unit of time."""
    digits = words.rstrip("nums")
    unit = words.removeprefix(digits).replace("us", "µs")
    return f"{digits}{_NARROW}{unit}" if unit else digits


def short(value: float) -> str:
    """A count that has to be short: 12.5k."""
    for size, letter in _UNITS:
        # From where three digits would round up to the next unit.
        if value >= 0.9995 * size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def when(report: "Report") -> str:
    """When the run began."""
    return time.strftime("%d %b %Y, %H:%M UTC", time.gmtime(report.began)).lstrip("0") if report.began else ""
