"""Judging: the checks of a run that was divided are about all of it, so they wait until all shards are added."""

from dataclasses import replace
from typing import TYPE_CHECKING

from wsksim.errors import PlanError
from wsksim.plans.checks import Check, read_checks
from wsksim.plans.plan import Plan
from wsksim.runs.checking import judge

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["judged"]


def judged(report: "Report", checks: tuple[str, ...] = ()) -> "Report":
    """The report of all shards that there are, with the checks that the run was asked for, and more.

    Raises:
        PlanError: a check is none, or names what this run did not measure.
    """
    rows = []
    for check in [*_asked(report), *read_checks("check", list(checks))]:
        try:
            rows += judge([check], report)
        except PlanError:
            # What only the missing shards could tell is no mistake of who asks.
            if report.shards is None or report.shards.count == report.shards.of:
                raise
    if not rows:
        return report
    return replace(report, storm={**report.storm, "checks": rows})


def _asked(report: "Report") -> tuple[Check, ...]:
    """What the command or the plan asked for."""
    plan = report.options.get("plan")
    if isinstance(plan, str):
        return Plan.from_toml(plan).checks
    return read_checks("checks", report.options.get("checks") or [])
