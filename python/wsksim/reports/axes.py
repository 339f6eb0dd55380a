"""Axes: from figures to places on a drawing, and the marks between which people read them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from wsksim.reports.markup import Markup, join, tag

__all__ = ["Area", "Axis", "decades", "even", "frame", "polyline"]

_STEPS: Final = (1, 2, 5, 10)


@dataclass(frozen=True)
class Area:
    """The part of a drawing that curves are drawn in, in pixels.

    Attributes:
        left, top, right, bottom: its edges.
    """

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        place: from a figure to pixels.
        marks: the figures that are marked, each with its label; an empty label is a line alone.
    """

    place: Callable[[float], float]
    marks: Sequence[tuple[float, str]]


def even(least: float, most: float, ends: tuple[float, float], show: Callable[[float], str], *, about: int) -> Axis:
    """An axis of equal steps, marked about so often at round figures."""
    span = (most - least) or 1.0
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in _STEPS if power * one >= rough * 0.999)
    first = math.ceil(least / step - 1e-9)
    last = math.floor(most / step + 1e-9)
    low, high = ends
    marks = [(number * step, show(number * step)) for number in range(first, last + 1)]
    return Axis(lambda value: low + (value - least) / span * (high - low), marks)


def decades(least: float, most: float, ends: tuple[float, float], show: Callable[[float], str]) -> Axis:
    """An axis of equal factors between two figures above 0, marked at powers of ten, or finer if these are few."""
    bottom, top = math.log10(least), math.log10(most)
    span = (top - bottom) or 1.0
    low, high = ends
    powers = range(math.floor(bottom + 1e-9), math.ceil(top - 1e-9) + 1)
    fine = (1, 2, 5) if span < 2.2 else (1,)
    values = [factor * 10.0**power for power in powers for factor in fine]
    marks = [(value, show(value)) for value in values if least * 0.999 <= value <= most * 1.001]
    return Axis(lambda value: low + (math.log10(max(value, least)) - bottom) / span * (high - low), marks)


def frame(area: Area, across: Axis, up: Axis, *, title: str, unit: str) -> Markup:
    """The lines and labels of both axes.

    Args:
        area: where curves go.
        across: the axis to the right.
        up: the axis upwards.
        title: what the figures to the right are; none if empty.
        unit: what the figures upwards are.
    """
    parts: list[Markup | None] = []
    for value, label in up.marks:
        y = round(up.place(value), 1)
        parts.append(tag("line", class_="grid", x1=area.left, x2=area.right, y1=y, y2=y))
        parts.append(tag("text", label, class_="mark", x=area.left - 8, y=y + 4, text_anchor="end") if label else None)
    for value, label in across.marks:
        x = round(across.place(value), 1)
        parts.append(tag("line", class_="tick", x1=x, x2=x, y1=area.bottom, y2=area.bottom + 5))
        parts.append(tag("text", label, class_="mark", x=x, y=area.bottom + 19, text_anchor="middle"))
    parts.append(tag("line", class_="axis", x1=area.left, x2=area.right, y1=area.bottom, y2=area.bottom))
    parts.append(tag("text", unit, class_="unit", x=area.left, y=area.top - 12))
    if title:
        parts.append(tag("text", title, class_="unit", x=area.right, y=area.bottom + 38, text_anchor="end"))
    return join(*parts)


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """The path through points, each no more exact than it can be seen."""
    told = []
    last = ""
    for x, y in points:
        place = f"{x:.1f} {y:.1f}".replace(".0 ", " ").removesuffix(".0")
        if place != last:
            told.append(place)
        last = place
    return f"M{'L'.join(told)}" if told else ""
