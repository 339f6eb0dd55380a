"""What of a plan a run does not carry out."""

from wsksim.plans.checks import NAMES
from wsksim.plans.plan import Plan

__all__ = ["not_carried_out"]


def not_carried_out(plan: Plan) -> list[str]:
    """Says of each part of a plan that a run cannot carry out what was asked, what was found, and what to do."""
    told = []
    for group in plan.peers:
        if group.listen:
            told.append(
                f"peers.{group.name}.listen: asked for peers that listen; found that a run has only such that connect; "
                "leave them out"
            )
        if group.arrivals is not None:
            told.append(
                f"peers.{group.name}.arrivals: asked for a rate; found that a run begins each life as soon as there is "
                "room for it (closed model); leave the arrivals out"
            )
    if plan.faults.allocation:
        told.append(
            "faults.allocation: asked for allocations that fail; found that a run has none that do; leave it out"
        )
    told += [
        f"checks: asked for {check.name}; found that a run of a plan measures no times; leave the check out"
        for check in plan.checks
        if NAMES[check.name] != "count"
    ]
    return told
