"""What of a plan a run does not carry out."""

from typing import Final

from wsksim.plans.plan import Plan

__all__ = ["not_carried_out"]

# What is measured from planned instants on.
_PACED: Final = frozenset({"late", "service", "response", "accept", "accept_service"})


def not_carried_out(plan: Plan) -> list[str]:
    """Says of each part of a plan that a run cannot carry out what was asked, what was found, and what to do."""
    if plan.paced:
        return []
    return [
        f"checks: asked for {check.name}; found that no peers have arrivals, so that the application answers in no "
        "time of the plan's own; give them a rate, or leave the check out"
        for check in plan.checks
        if check.name.partition(".")[0] in _PACED
    ]
