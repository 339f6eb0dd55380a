"""Curves: how long calls took, percentile by percentile, with the limits that checks set."""

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from wsksim.plans.checks import read_check
from wsksim.reports.axes import Area, Axis, decades, frame, polyline
from wsksim.reports.figures import duration
from wsksim.reports.markup import Markup, join, tag
from wsksim.runs.measured import SERIES, Times

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["Limit", "curves", "limits", "measured"]

_POINTS: Final = 160
# About as wide as a letter of a label.
_LETTER: Final = 7.2
_RAREST: Final = 6
_MARKS: Final = ((0.0, "0"), (0.5, ""), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %"))
_RARE: Final = ((0.99999, "99.999 %"), (0.999999, "99.9999 %"))
# How high a drawing is, wide and narrow.
_SIZES: Final = {True: (980, 380), False: (350, 330)}


class Limit(NamedTuple):
    """A check of a time, as a line that is drawn.

    Attributes:
        series: of which series.
        share: of which percentile, from 0 to 1; 1 is the longest.
        at_ns: the limit.
        text: the check.
        good: whether it held.
    """

    series: str
    share: float
    at_ns: float
    text: str
    good: bool


def measured(report: "Report") -> dict[str, Times]:
    """The series that hold times, by name."""
    found = {name: getattr(report, name) for name in SERIES}
    return {name: times for name, times in found.items() if times is not None and times.count}


def limits(report: "Report") -> list[Limit]:
    """The limits that can be drawn: those of percentiles and of the longest time."""
    made = []
    for judged in report.checks:
        series, _, mark = judged.name.partition(".")
        if series in SERIES and mark not in {"mean", "count"}:
            share = 1.0 if mark == "max" else float(mark.removeprefix("p")) / 100
            made.append(Limit(series, share, read_check("check", judged.check).limit, judged.check, judged.good))
    return made


def curves(report: "Report", *, wide: bool) -> Markup:
    """The drawing."""
    series, drawn = measured(report), limits(report)
    width, height = _SIZES[wide]
    area = Area(64 if wide else 52, 34, width - 30, height - 48)
    rarest = min(max(math.ceil(math.log10(max(times.count for times in series.values()))), 2), _RAREST)
    across = _shares(rarest, area, wide=wide)
    lows = [max(min(times.p50, _first(times)), 1) for times in series.values()]
    highs = [times.max for times in series.values()]
    bounds = [limit.at_ns for limit in drawn if limit.at_ns > 0]
    # Above a limit there has to be room for its label.
    low, high = min([*lows, *bounds]), max([*highs, *(3 * bound for bound in bounds), 10])
    up = decades(_down(low), _up(high), (area.bottom, area.top), duration)
    parts = [
        frame(
            area, across, up, title="share of calls that took no longer", unit="time per call, on a logarithmic scale"
        )
    ]
    for name, times in series.items():
        points = [(across.place(share), up.place(value)) for share, value in _points(times, rarest)]
        parts.append(tag("path", class_=f"curve {name}", d=polyline(points)))
    parts += [_limit(limit, across, up, area) for limit in drawn]
    told = "; ".join(
        f"{name}: half within {duration(times.p50)}, 99.9 % within {duration(times.p999)}"
        for name, times in series.items()
    )
    label = f"Percentile curves. {told}"
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=label,
        class_="wide" if wide else "narrow",
    )


def _shares(rarest: int, area: Area, *, wide: bool) -> Axis:
    def place(share: float) -> float:
        rarity = rarest if share >= 1 else min(-math.log10(1 - share), rarest)
        return area.left + rarity / rarest * (area.right - area.left)

    shown = [mark for mark in (*_MARKS, *_RARE) if mark[0] < 1 - 10.0 ** -(rarest + 0.5)]
    if not wide:
        shown = [
            (share, label.replace(" ", "\u202f")) for share, label in shown if label and share not in {0.0, 0.9999}
        ]
    else:
        shown = [(share, label or "50 %") for share, label in shown if share]
    return Axis(place, shown)


def _first(times: Times) -> int:
    steps = times.histogram.steps() if times.histogram else iter(())
    return next((value for value, _ in steps), times.p50)


def _down(value: float) -> float:
    """The next round figure below: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(power * one for one in (1, 2, 5) if power * one <= value * 1.0001)


def _up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return min(power * one for one in (1, 2, 5, 10) if power * one >= value * 0.9999)


def _points(times: Times, rarest: int) -> list[tuple[float, float]]:
    """Shares and times, as far as the rarest call that there was."""
    if times.histogram is None:
        known = [(0.5, times.p50), (0.9, times.p90), (0.99, times.p99), (0.999, times.p999)]
        return [*known, (1 - 10.0**-rarest, times.max)]
    last = min(math.log10(times.count) if times.count > 1 else 1.0, rarest)
    wanted = [1 - 10.0 ** -(last * step / _POINTS) for step in range(_POINTS + 1)]
    points: list[tuple[float, float]] = []
    at = 0
    for value, passed in times.histogram.steps():
        while at < len(wanted) and wanted[at] * times.count <= passed:
            points.append((wanted[at], min(value, times.max)))
            at += 1
    return points


def _limit(limit: Limit, across: Axis, up: Axis, area: Area) -> Markup:
    x, y = across.place(limit.share), round(up.place(limit.at_ns), 1)
    verdict = "good" if limit.good else "bad"
    word = "ok" if limit.good else "FAIL"
    text = f"{word}  {limit.text}".replace("us", "µs")
    # A label stands above its line, where curves have not risen yet, if there is room for it.
    room = _LETTER * len(text) + 8
    left = x - area.left > room
    # On a narrow drawing it ends where the drawing does.
    at = x - 8 if left else min(x + 8, area.right - room + 8)
    return join(
        tag("path", class_=f"limit {verdict}", d=f"M{area.left} {y}H{x:.1f}"),
        tag("circle", class_=f"limit {verdict}", cx=round(x, 1), cy=y, r=4),
        tag(
            "text",
            text,
            class_=f"limit {verdict}",
            x=round(at, 1),
            y=y - 7,
            text_anchor="end" if left else "start",
        ),
    )
