"""Course: what happened when, on the plan's clock: how many lives were open, and how many a second began and ended."""

import math
from typing import Final

from wsksim.reports.axes import Area, Axis, even, frame, polyline
from wsksim.reports.figures import duration, short
from wsksim.reports.markup import Markup, join, tag
from wsksim.runs.measured import Timeline

__all__ = ["course", "lines"]

# The lines of the lower drawing, each with what a legend says.
LINES: Final = {
    "begun": "lives begun",
    "accepted": "accepted",
    "ended": "lives ended",
    "edges": "disconnect edges",
}
# How high a drawing is, wide and narrow; and one that has no lives.
_SIZES: Final = {True: (980, 430), False: (350, 440)}
_LOW: Final = {True: (980, 260), False: (350, 260)}

_STEPS: Final = {True: 80, False: 30}


def lines(timeline: Timeline) -> dict[str, str]:
    """The lines that have something to show, as a legend says: a handler's storm has no lives."""
    shown = {"open": "lives open", **LINES}
    return {name: text for name, text in shown.items() if any(getattr(timeline, name))}


def course(timeline: Timeline, *, wide: bool) -> Markup:
    """The drawing: one area, or two above each other with one axis of time."""
    lives = any(timeline.open)
    width, height = (_SIZES if lives else _LOW)[wide]
    left, right = (64 if wide else 48), width - 16
    length = max(len(timeline.open), 1) * timeline.step_s
    scale, unit = _clock(length)
    # What is round is what is written.
    shown = even(0.0, length / scale, (left, right), "{:g}".format, about=8 if wide else 4)
    across = Axis(
        lambda seconds: shown.place(seconds / scale), [(value * scale, label) for value, label in shown.marks]
    )
    middle = 34 + (height - 130) * 0.42
    below = Area(left, middle + 56 if lives else 34, right, height - 48)
    parts = [_open(timeline, Area(left, 34, right, middle), across)] if lives else []
    title = f"time of the plan, in {unit}"
    parts.append(_rates(timeline, below, across, title=title, most_steps=_STEPS[wide]))
    most = max(timeline.open, default=0)
    label = f"Timeline over {duration(length * 1e9)} of the plan's time; at most {most:,} open at once"
    view = f"0 0 {width} {height}"
    return tag("svg", *parts, viewBox=view, role="img", aria_label=label, class_="wide" if wide else "narrow")


def _open(timeline: Timeline, area: Area, across: Axis) -> Markup:
    most = max(timeline.open, default=0)
    up = even(0.0, most * 1.05 or 1.0, (area.bottom, area.top), short, about=5)
    points = [(across.place((at + 1) * timeline.step_s), up.place(value)) for at, value in enumerate(timeline.open)]
    line = polyline([(across.place(0.0), up.place(0.0)), *points])
    end = f"V{area.bottom}H{area.left}Z"
    bare = Axis(across.place, [(value, "") for value, _ in across.marks])
    return join(
        frame(area, bare, up, title="", unit="open at once"),
        tag("path", class_="open", d=f"{line}{end}"),
        tag("path", class_="curve open", d=line),
    )


def _rates(timeline: Timeline, area: Area, across: Axis, *, title: str, most_steps: int) -> Markup:
    """The rates; neighbouring steps are joined, for more than so many are a thicket."""
    steps = len(timeline.open)
    several = max(math.ceil(steps / most_steps), 1)
    step = several * timeline.step_s
    rates = {
        name: [sum(counts[at : at + several]) / step for at in range(0, steps, several)]
        for name in LINES
        if any(counts := getattr(timeline, name))
    }
    most = max((max(values, default=0.0) for values in rates.values()), default=0.0)
    up = even(0.0, most * 1.05 or 1.0, (area.bottom, area.top), short, about=6)
    drawn = []
    for name, values in rates.items():
        # A rate is of its whole step, and stands in its middle.
        points = [(across.place((at + 0.5) * step), up.place(value)) for at, value in enumerate(values)]
        drawn.append(tag("path", class_=f"curve {name}", d=polyline(points)))
    return join(frame(area, across, up, title=title, unit="per second of the plan"), *drawn)


def _clock(seconds: float) -> tuple[float, str]:
    """By what a time is divided to be written, and what it is in then."""
    for size, unit in ((3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"), (1e-3, "milliseconds")):
        if seconds >= 2 * size:
            return size, unit
    return 1e-6, "microseconds"
