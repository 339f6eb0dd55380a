"""Checking: whether what is asked of a report holds."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from wsksim.errors import CheckError, PlanError
from wsksim.plans.checks import Check, read_checks
from wsksim.plans.figures import whole_of
from wsksim.runs.measured import SERIES, Judged

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["check_report", "judge", "read_storm_checks"]

# Where the parts are of what a check calls otherwise.
_PLACES: Final = {"refused": "refusals"}
# What only an application has.
_LIVES: Final = frozenset(
    {
        "lives",
        "accepted",
        "accept",
        "accept_service",
        "refused",
        "bytes",
        "requests",
        "allocations",
        "left",
        "half_open",
    }
)


def judge(checks: Iterable[Check], report: "Report") -> list[dict[str, Any]]:
    """Returns of each check its text, the value that was found, and whether it holds.

    Raises:
        PlanError: the report does not have what one names.
    """
    judged = []
    for check in checks:
        value = _value(check, report)
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
        if series in {"accept", "accept_service"} and not paced:
            raise PlanError(f"checks: asked for {check.name}; found no rate to measure it by; give a rate too")
        if not lives and series in _LIVES:
            text = f"checks: asked for {check.name}; found a handler, which has no connections of its own"
            raise PlanError(f"{text}; leave it out, or run an application under a plan")
    return read


def _value(check: Check, report: "Report") -> float | None:
    """What a check asks for, None if the report does not have it."""
    found = _figure(check.name, report)
    if found is None or not check.is_share:
        return found
    return found / max(_figure(whole_of(check.name), report) or 0, 1)


def _figure(name: str, report: "Report") -> float | None:
    """A figure of the report by its name, None if it does not have it."""
    storm = report.storm
    first, _, rest = name.partition(".")
    if first == "requests":
        return _requests(rest, storm.get("requests"))
    if first in {"posted", "indicated", "withheld", "pending"}:
        counts: dict[str, int] = getattr(report, first)
        return counts.get(rest, 0) if rest else sum(counts.values())
    if rest:
        place = _PLACES.get(first, f"{first}_ns" if first in SERIES else first)
        part: dict[str, float] | None = storm.get(place)
        return part.get(rest) if part else None
    pace, lives, standing = storm.get("pace"), storm.get("lives"), storm.get("half_open")
    values: dict[str, float | None] = {
        "findings": None if report.unknown else report.findings,
        "notes": sum(note.count for note in report.notes),
        "elapsed": report.elapsed_s * 1e9,
        "late": pace["late"] / max(pace["of"], 1) if pace else None,
        "lives": lives["begun"] if lives else None,
        "accepted": storm.get("accepted"),
        "half_open": standing["count"] if standing else None,
    }
    return values[first]


def _requests(name: str, requests: dict[str, dict[str, int]] | None) -> int | None:
    """How many requests there were of a function, or how many of these ended with a status."""
    if requests is None:
        return None
    function, _, status = name.partition(".")
    if not function:
        return sum(sum(statuses.values()) for statuses in requests.values())
    statuses = requests.get(function, {})
    return statuses.get(status, 0) if status else sum(statuses.values())
