"""Checking: whether what a plan asks of a report holds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wsksim.plans.checks import Check

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["judge", "value_of"]


def judge(checks: Iterable[Check], report: "Report") -> list[dict[str, Any]]:
    """Returns of each check its text, the value that was found, and whether it holds."""
    judged = []
    for check in checks:
        value = value_of(check.name, report)
        judged.append({"check": str(check), "value": value, "good": check.holds(value)})
    return judged


def value_of(name: str, report: "Report") -> int:
    """Returns what a check of a count names."""
    storm = report.storm
    first, _, rest = name.partition(".")
    values: dict[str, Any] = {
        "findings": report.findings,
        "notes": sum(note.count for note in report.notes),
        "posted": sum(report.posted.values()),
        "indicated": sum(report.indicated.values()),
        "withheld": sum(report.withheld.values()),
        "pending": sum(report.pending.values()),
        "lives": storm["lives"]["begun"],
        "accepted": storm["accepted"],
    }
    parts = {"lives": storm["lives"], "refused": storm["refusals"], "bytes": storm["bytes"], "left": storm["left"]}
    found: int = parts[first][rest] if rest else values[first]
    return found
