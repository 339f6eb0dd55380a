"""Plans of drivers: what of a plan a driver meets, and how a run of its object is told."""

from typing import Any, Final

from wsksim.errors import PlanError
from wsksim.plans.addresses import read_tcp
from wsksim.plans.checks import Check
from wsksim.plans.drawing import draw_lives
from wsksim.plans.figures import unit_of
from wsksim.plans.plan import Plan

__all__ = ["check_measured", "given_plan"]

_OF_PLANS: Final = frozenset({"lives", "accepted", "refused", "bytes", "left", "requests", "allocations", "half_open"})


def given_plan(plan: Plan, seed: int) -> dict[str, Any]:
    """The arguments of `DriverObject.run` for a plan whose lives are drawn from a seed."""
    groups = [
        (group.name, group.open, group.timeout, read_tcp(group.listen), read_tcp(group.connect)) for group in plan.peers
    ]
    kill, names = plan.faults.kill, [group.name for group in plan.peers]
    kills = None if kill is None else (names.index(kill.who), kill.rate)
    lives = draw_lives(seed, plan.peers)
    return {"plan": (lives, groups, kills), "allocation": plan.faults.allocation}


def check_measured(checks: tuple[Check, ...], *, planned: bool) -> None:
    """Refuses checks of what a driver's run does not measure.

    Raises:
        PlanError: there is one.
    """
    for check in checks:
        if unit_of("check", check.name) != "count":
            found = "found that a driver's time is virtual, so that no times are measured"
            raise PlanError(f"check: asked for {check.name}; {found}; leave it out")
        if check.name.partition(".")[0] in _OF_PLANS and not planned:
            raise PlanError(f"check: asked for {check.name}; found no plan; add --plan FILE, or leave it out")
