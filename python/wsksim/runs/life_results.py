"""What the storm of an application measured, as a report has it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wsksim._native import LifeStorm
from wsksim.runs.histogram import encoded_histograms
from wsksim.runs.late import advised
from wsksim.subsystem import Subsystem
from wsksim.wsk.objects.allocation import Refusals

__all__ = ["life_results", "outcome_results"]

# What is left open or half open is told of so many, those first that have stood so for the longest time.
_TOLD: Final = 10


def life_results(
    storm: LifeStorm, subsystem: Subsystem, refusals: Refusals, *, names: Sequence[str], paced: bool
) -> dict[str, Any]:
    """What has become of a storm, under the names that `Report.storm` documents.

    Args:
        storm: it.
        subsystem: where it was.
        refusals: the allocations of IRPs that failed.
        names: what its groups are called.
        paced: lives had planned instants of this machine's clock, or of a capture.
    """
    requests = subsystem._provider.pending()["requests"]  # noqa: SLF001 - ours
    allocations = (refusals.asked, refusals.refused)
    return outcome_results(storm.outcome(), requests=requests, allocations=allocations, names=names, paced=paced)


def outcome_results(
    outcome: Mapping[str, Any], *, requests: int, allocations: tuple[int, int], names: Sequence[str], paced: bool
) -> dict[str, Any]:
    """The same of what `LifeStorm.outcome` gave.

    Args:
        outcome: it.
        requests: those that are under way at the end.
        allocations: how many were asked for, and how many failed.
        names: what the groups are called.
        paced: lives had planned instants.
    """
    asked, refused = allocations
    lives = dict(outcome["lives"])
    lives["never_connected"] += lives.pop("connecting")
    lives["still_open"] = lives.pop("open")
    # What some of these are besides stands last.
    beside = {name: lives.pop(name) for name in ("vanished", "unaccepted")}
    return {
        "model": "open" if paced else "closed",
        "plan": outcome["plan"],
        "pace": advised(outcome.get("pace"), outcome.get("noise"), target="application"),
        "service_ns": outcome.get("service_ns"),
        "response_ns": outcome.get("response_ns"),
        "accept_ns": outcome.get("accept_ns"),
        "accept_service_ns": outcome.get("accept_service_ns"),
        "histograms": encoded_histograms(outcome.get("histograms", {})),
        "series": outcome["series"],
        "noise": outcome.get("noise"),
        "lives": {**lives, **beside},
        "accepted": outcome["accepted"],
        "refusals": {"backlog": outcome["full"], "nobody": lives["refused"] - outcome["full"]},
        "bytes": {"sent": outcome["sent"], "received": outcome["received"]},
        "requests": outcome["requests"],
        "left": {"sockets": outcome["sockets"], "requests": requests},
        "allocations": {"asked": asked, "refused": refused},
        "half_open": _half_open(names, outcome),
        "virtual_s": outcome["now_ns"] / 1e9,
    }


def _half_open(names: Sequence[str], outcome: Mapping[str, Any]) -> dict[str, Any]:
    told = outcome["lives"]
    left = [
        {"what": f"life {number} of {names[group]}", "state": state, "since_s": since / 1e9}
        for group, number, state, since in outcome["left_lives"]
    ]
    left += [
        {"what": f"socket {number}", "state": state, "since_s": since / 1e9}
        for number, state, since in outcome["left_sockets"]
    ]
    count = told["open"] + told["connecting"] + outcome["left_alone"]
    return {"count": count, "oldest": sorted(left, key=lambda one: one["since_s"])[:_TOLD]}
