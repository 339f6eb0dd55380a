"""Checking: whether what is asked of a report holds."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wsksim.errors import CheckError, PlanError
from wsksim.plans.checks import Check, read_checks
from wsksim.runs.measured import Judged

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["check_report", "judge", "read_storm_checks"]


def judge(checks: Iterable[Check], report: "Report") -> list[dict[str, Any]]:
    """Returns of each check its text, the value that was found, and whether it holds.

    Raises:
        PlanError: the report does not have what one names.
    """
    judged = []
    for check in checks:
        value = _value(check.name, report)
        if value is None:
            raise PlanError(f"check: asked for {check.name}; found that this run did not measure it; leave it out")
        judged.append({"check": str(check), "value": value, "good": check.holds(value)})
    return judged


def check_report(report: "Report", checks: Sequence[str]) -> None:
    """Raises unless every check holds.

    Raises:
        CheckError: one does not.
        PlanError: one is none, or names what the report does not have.
    """
    wrong = [row for row in judge(read_checks("check", checks), report) if not row["good"]]
    if wrong:
        raise CheckError("\n".join(f"check: asked for {row['check']}; found {Judged(**row).found}" for row in wrong))


def read_storm_checks(checks: object, *, paced: bool, timed: bool, lives: bool = False) -> tuple[Check, ...]:
    """Reads the checks of a storm or a replay.

    Args:
        checks: as a plan takes them.
        paced: the storm has a rate.
        timed: it times calls.
        lives: it is an application's, which has connections of its own.

    Raises:
        PlanError: one is none, or names what such a storm does not measure.
    """
    read = read_checks("checks", checks)
    for check in read:
        series = check.name.partition(".")[0]
        if series in {"response", "late"} and not paced:
            raise PlanError(f"checks: asked for {check.name}; found no rate to measure it by; give a rate too")
        if series == "service" and not timed:
            raise PlanError(f"checks: asked for {check.name}; found that no call is timed; give a rate or sample too")
        if series == "accept" and not paced:
            raise PlanError(f"checks: asked for {check.name}; found no rate to measure it by; give a rate too")
        if not lives and series in {"lives", "accepted", "accept", "refused", "bytes", "left"}:
            text = f"checks: asked for {check.name}; found a handler, which has no connections of its own"
            raise PlanError(f"{text}; leave it out, or run an application under a plan")
    return read


def _value(name: str, report: "Report") -> float | None:
    """What a check names, None if the report does not have it."""
    storm = report.storm
    first, _, rest = name.partition(".")
    posted = sum(report.posted.values())
    pace, lives = storm.get("pace"), storm.get("lives")
    values: dict[str, Any] = {
        "findings": None if report.unknown else report.findings,
        "notes": sum(note.count for note in report.notes),
        "posted": posted,
        "indicated": sum(report.indicated.values()),
        "withheld": sum(report.withheld.values()),
        "pending": sum(report.pending.values()),
        "late": pace["late"] / max(pace["of"], 1) if pace else None,
        "lives": lives and lives["begun"],
        "accepted": storm.get("accepted"),
    }
    if not rest:
        found: float | None = values[first]
        return found
    places = {"refused": "refusals", "service": "service_ns", "response": "response_ns", "accept": "accept_ns"}
    part = storm.get(places.get(first, first))
    return part[rest] if part else None
