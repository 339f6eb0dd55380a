"""What a run measured, as types: times, checks, lives, and what happened when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Self

from wsksim.plans.checks import read_check
from wsksim.runs.histogram import Histogram
from wsksim.runs.times import in_digits

__all__ = ["COURSES", "SERIES", "Judged", "Lives", "Timeline", "Times"]

# The series of times that a run may measure, and that checks name.
SERIES: Final = ("service", "response", "accept", "accept_service")
# What a timeline counts, step by step; `open` is how many are open at a step's end.
COURSES: Final = ("begun", "ended", "accepted", "edges", "open")
# More tell nothing of a float.
_MOST_DIGITS: Final = 17


@dataclass(frozen=True, kw_only=True)
class Times:
    """A series of times, in nanoseconds.

    Attributes:
        count: how many.
        mean: their mean.
        p50, p90, p99, p999: the time that so many percent do not exceed, to three digits.
        max: the longest, as it was measured.
        histogram: all of them, to three digits; None in a report that does not hold it.
    """

    count: int
    mean: float
    p50: int
    p90: int
    p99: int
    p999: int
    max: int
    histogram: Histogram | None = field(default=None, repr=False)

    @classmethod
    def of(cls, summary: Mapping[str, Any], histogram: Histogram | None) -> Self:
        """Reads the summary that a report has."""
        given = {"p999" if name == "p99.9" else name: value for name, value in summary.items()}
        return cls(**given, histogram=histogram)

    @classmethod
    def summarize(cls, histogram: Histogram, longest: int) -> dict[str, Any]:
        """The summary of a histogram whose longest time is known."""
        marks = {f"p{mark:g}": min(histogram.percentile(mark), longest) for mark in (50, 90, 99, 99.9)}
        return {"count": histogram.count, "mean": histogram.mean, **marks, "max": longest}

    def percentile(self, percent: float) -> int:
        """The time that so many percent do not exceed.

        Raises:
            ValueError: the report does not hold the histogram.
        """
        if self.histogram is None:
            raise ValueError("percentile: asked for any; found a report without histograms; use p50, p90, p99 or p999")
        return min(self.histogram.percentile(percent), self.max)


@dataclass(frozen=True)
class Judged:
    """One check, and whether it held.

    Attributes:
        check: its text, such as `response.p99.9 < 50us`.
        value: what was found: a count, a share, or nanoseconds.
        good: whether it held.
    """

    check: str
    value: float
    good: bool

    @property
    def name(self) -> str:
        """What of the report it is about."""
        return self.check.split()[0]

    @property
    def found(self) -> str:
        """The value in words, with its unit: three digits, or as many as it takes to agree with the verdict."""
        check = read_check("check", self.check)
        if check.unit == "count":
            return f"{self.value:,}"
        told = (_told(self.value, check.unit, digits) for digits in range(3, _MOST_DIGITS + 1))
        texts = [(text, check.holds(said)) for text, said in told]
        return next((text for text, holds in texts if holds == self.good), texts[0][0])


def _told(value: float, unit: str, digits: int) -> tuple[str, float | Decimal]:
    """A value in words, and what these say."""
    if unit == "time":
        return in_digits(value, digits)
    percent = f"{value * 100:.{digits}g}"
    return f"{percent}%", float(percent) / 100


@dataclass(frozen=True, kw_only=True)
class Lives:
    """What became of the lives of a plan: `begun` is the sum of the others, but for the last two.

    `vanished` are some of `still_open`. `unaccepted` are those that were connected and that the application never took,
    for they were over before it did, or wait still.
    """

    begun: int
    ended_in_order: int
    aborted_by_peer: int
    aborted_by_us: int
    timed_out: int
    killed: int
    refused: int
    never_connected: int
    still_open: int
    vanished: int
    unaccepted: int = 0


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """What happened when, on the plan's clock, in steps of one length.

    Attributes:
        step_s: seconds of one step.
        begun, ended, accepted, edges: how many in each step.
        open: how many were open at the end of each.
    """

    step_s: float
    begun: Sequence[int]
    ended: Sequence[int]
    accepted: Sequence[int]
    edges: Sequence[int]
    open: Sequence[int]
