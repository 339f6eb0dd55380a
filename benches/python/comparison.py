"""Comparisons: two sides measured in one run, in turn, and the ratio of their medians with its spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal

Reached = Literal["yes", "no", "-"]


@dataclass(frozen=True)
class Bound:
    """What a ratio has to keep to.

    With `faster` the ratio is reference / ours and at least `limit` ("3.5 x faster"), else ours / reference
    and at most `limit`.
    """

    limit: float
    faster: bool = False

    def __str__(self) -> str:
        """As a goal is worded."""
        return f"{'at least' if self.faster else 'at most'} {self.limit:g} x"


@dataclass(frozen=True)
class Comparison:
    """One row: each round measured ours and the reference, one right after the other."""

    goal: str
    case: str
    unit: str
    rounds: list[tuple[float, float]] = field(repr=False)
    bound: Bound | None = None
    wording: str = ""

    @property
    def ours(self) -> float:
        """Median of our side."""
        return median(ours for ours, _ in self.rounds)

    @property
    def reference(self) -> float:
        """Median of the other side."""
        return median(reference for _, reference in self.rounds)

    @property
    def ratio(self) -> float:
        """Ratio of the medians, the way round that the bound is worded."""
        return self._way(self.ours, self.reference)

    @property
    def spread(self) -> tuple[float, float]:
        """Smallest and largest ratio of one round."""
        ratios = [self._way(ours, reference) for ours, reference in self.rounds]
        return min(ratios), max(ratios)

    @property
    def reached(self) -> Reached:
        """Whether the ratio keeps to the bound; a figure without bound is neither."""
        if self.bound is None:
            return "-"
        kept = self.ratio >= self.bound.limit if self.bound.faster else self.ratio <= self.bound.limit
        return "yes" if kept else "no"

    def cells(self) -> list[str]:
        """The row of a table: id, what, ours, reference, ratio, spread, goal, reached."""
        low, high = self.spread
        goal = self.wording or (str(self.bound) if self.bound else "-")
        return [
            self.goal,
            self.case,
            f"{figure(self.ours)} {self.unit}",
            f"{figure(self.reference)} {self.unit}",
            figure(self.ratio),
            f"{figure(low)} to {figure(high)}",
            goal,
            self.reached,
        ]

    def _way(self, ours: float, reference: float) -> float:
        above, below = (reference, ours) if self.bound and self.bound.faster else (ours, reference)
        return above / below if below else float("inf")


@dataclass(frozen=True)
class Skipped:
    """A row that could not be measured, and why."""

    goal: str
    case: str
    reason: str

    def cells(self) -> list[str]:
        """The row of a table."""
        return [self.goal, self.case, "", "", "", "", "", f"SKIPPED ({self.reason})"]


Row = Comparison | Skipped


def figure(value: float) -> str:
    """Three digits that mean something."""
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f}"


def to_json(row: Row) -> dict[str, Any]:
    """A row as a child process hands it over."""
    return {"kind": type(row).__name__, **asdict(row)}


def from_json(found: dict[str, Any]) -> Row:
    """The row that `to_json` wrote."""
    kind = found.pop("kind")
    if kind == "Skipped":
        return Skipped(**found)
    bound = found.pop("bound")
    rounds = [(ours, reference) for ours, reference in found.pop("rounds")]
    return Comparison(**found, rounds=rounds, bound=Bound(**bound) if bound else None)


def unreached(rows: Iterable[Row]) -> list[Comparison]:
    """The comparisons that missed their goal."""
    return [row for row in rows if isinstance(row, Comparison) and row.reached == "no"]
