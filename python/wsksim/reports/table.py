"""Table: every figure of a report as a row of the same four columns, which CSV and Arrow carry.

`measure` names a figure as checks do (`lives.timed_out`, `response.p99.9`), `unit` is `count`, `ns`, `s`, `bytes`,
`share` or `1/s`. Totals have no `at_s`; what happened when has one row per step, whose beginning it tells.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wsksim.reports.plain import plain_line
from wsksim.runs.measured import COURSES, SERIES

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["Row", "rows"]

_PARTS: Final = ("posted", "indicated", "withheld", "pending", "refused")
_STORM_PARTS: Final = {
    "lives": "count",
    "refusals": "count",
    "bytes": "bytes",
    "left": "count",
    "allocations": "count",
    "driver": "count",
}
_STORM_TOTALS: Final = {"accepted": "count", "virtual_s": "s"}
_PACE: Final = {"late": "count", "planned_rate": "1/s", "posted_rate": "1/s", "worst_lag_ns": "ns", "stalled_s": "s"}
_CAPTURE: Final = ("packets", "tcp_packets", "tunnelled", "flows", "established")


class Row(NamedTuple):
    """One figure.

    Attributes:
        measure: its name.
        unit: its unit.
        at_s: seconds of the plan's time at which its step begins; None for a total.
        value: the figure.
    """

    measure: str
    unit: str
    at_s: float | None
    value: float


def rows(report: "Report") -> Iterator[Row]:
    """Returns the rows, totals first."""
    for row in _rows(report):
        yield row._replace(measure=plain_line(row.measure))


def _rows(report: "Report") -> Iterator[Row]:
    yield from _totals(report)
    yield from _storm(report.storm)
    for name in _CAPTURE:
        if name in report.capture:
            yield Row(name, "count", None, report.capture[name])
    for reason, number in report.capture.get("skipped", {}).items():
        yield Row(f"skipped.{reason}", "count", None, number)
    timeline = report.timeline
    if timeline is not None:
        for name in COURSES:
            for step, number in enumerate(getattr(timeline, name)):
                yield Row(f"series.{name}", "count", step * timeline.step_s, number)


def _totals(report: "Report") -> Iterator[Row]:
    if not report.unknown:
        yield Row("findings", "count", None, report.findings)
    yield Row("notes", "count", None, sum(note.count for note in report.notes))
    for name in _PARTS:
        values = getattr(report, name)
        yield Row(name, "count", None, sum(values.values()))
        for part, number in values.items():
            yield Row(f"{name}.{part}", "count", None, number)
    if report.shards is not None:
        shards = report.shards
        told = {"of": shards.of, "complete": shards.count, "missing": shards.of - shards.count}
        told |= {"failed": len(shards.failed), "left_out": len(shards.left_out)}
        yield from (Row(f"shards.{name}", "count", None, number) for name, number in told.items())
    yield Row("elapsed_s", "s", None, report.elapsed_s)
    yield Row("rate", "1/s", None, report.rate)
    yield Row("exit", "count", None, report.exit_code)


def _storm(storm: Mapping[str, Any]) -> Iterator[Row]:
    for name, unit in _STORM_PARTS.items():
        parts = (storm.get(name) or {}).items()
        yield from (Row(f"{name}.{part}", unit, None, value) for part, value in parts if not isinstance(value, list))
    yield from (
        Row(name, unit, None, storm[name]) for name, unit in _STORM_TOTALS.items() if storm.get(name) is not None
    )
    if storm.get("half_open"):
        yield Row("half_open", "count", None, storm["half_open"]["count"])
    for kind, statuses in (storm.get("requests") or {}).items():
        yield from (Row(f"requests.{kind}.{status}", "count", None, number) for status, number in statuses.items())
    if storm.get("pace"):
        yield from (Row(f"pace.{name}", unit, None, storm["pace"][name]) for name, unit in _PACE.items())
    yield from _series(storm)
    for judged in storm.get("checks") or ():
        yield Row(f"check {judged['check']}", "share", None, float(judged["good"]))


def _series(storm: Mapping[str, Any]) -> Iterator[Row]:
    for name in SERIES:
        for part, value in (storm.get(f"{name}_ns") or {}).items():
            yield Row(f"{name}.{part}", "count" if part == "count" else "ns", None, value)
