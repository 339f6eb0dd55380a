"""Course: what happened when, on the plan's clock: how many lives were open, and how many a second began and ended."""

from collections.abc import Sequence
from typing import Final

from wsksim.reports.axes import Area, Axis, even, frame, polyline
from wsksim.reports.figures import duration, short
from wsksim.reports.markup import Markup, join, tag
from wsksim.runs.measured import Timeline

__all__ = ["LINES", "course"]

# The lines of the lower drawing, each with what a legend says.
LINES: Final = {
    "begun": "lives begun",
    "accepted": "accepted",
    "ended": "lives ended",
    "edges": "disconnect edges",
}
_SIZES: Final = {True: (980, 430), False: (350, 440)}


def course(timeline: Timeline, *, wide: bool) -> Markup:
    """The drawing: two areas above each other, with one axis of time."""
    width, height = _SIZES[wide]
    left, right = (64 if wide else 48), width - 16
    middle = 34 + (height - 130) * 0.42
    steps = len(timeline.open)
    length = max(steps, 1) * timeline.step_s
    scale, unit = _clock(length)
    across = even(0.0, length, (left, right), lambda value: f"{value / scale:g}", about=8 if wide else 4)
    above, below = Area(left, 34, right, middle), Area(left, middle + 56, right, height - 48)
    parts = [
        _open(timeline, above, across),
        _rates(timeline, below, across, title=f"time of the plan, in {unit}"),
    ]
    most = max(timeline.open, default=0)
    label = f"Timeline over {duration(length * 1e9)} of the plan's time; at most {most:,} open at once"
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=label,
        class_="wide" if wide else "narrow",
    )


def _open(timeline: Timeline, area: Area, across: Axis) -> Markup:
    most = max(timeline.open, default=0)
    up = even(0.0, most * 1.05 or 1.0, (area.bottom, area.top), short, about=3)
    points = [(across.place((at + 1) * timeline.step_s), up.place(value)) for at, value in enumerate(timeline.open)]
    line = polyline([(across.place(0.0), up.place(0.0)), *points])
    end = f"V{area.bottom}H{area.left}Z"
    bare = Axis(across.place, [(value, "") for value, _ in across.marks])
    return join(
        frame(area, bare, up, title="", unit="open at once"),
        tag("path", class_="open", d=f"{line}{end}"),
        tag("path", class_="curve open", d=line),
    )


def _rates(timeline: Timeline, area: Area, across: Axis, *, title: str) -> Markup:
    rates: dict[str, Sequence[float]] = {
        name: [number / timeline.step_s for number in getattr(timeline, name)] for name in LINES
    }
    most = max((max(values, default=0.0) for values in rates.values()), default=0.0)
    up = even(0.0, most * 1.05 or 1.0, (area.bottom, area.top), short, about=4)
    drawn = []
    for name, values in rates.items():
        # A rate is of its whole step.
        points = [
            (across.place((at + end) * timeline.step_s), up.place(value))
            for at, value in enumerate(values)
            for end in (0, 1)
        ]
        drawn.append(tag("path", class_=f"curve {name}", d=polyline(points)))
    return join(frame(area, across, up, title=title, unit="per second of the plan"), *drawn)


def _clock(seconds: float) -> tuple[float, str]:
    """By what a time is divided to be written, and what it is in then."""
    for size, unit in ((3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"), (1e-3, "milliseconds")):
        if seconds >= 2 * size:
            return size, unit
    return 1e-6, "microseconds"
