"""The lives of a plan's storm, in a report."""

from collections.abc import Mapping
from typing import Any, Final

from wsksim.plans.figures import FATES

__all__ = ["DRIVER_FIELDS", "LIFE_FIELDS", "lives_balance"]

# What a report of a plan's storm or of a driver holds besides; null for that of a handler.
LIFE_FIELDS: Final = (
    "lives",
    "accepted",
    "accept_ns",
    "accept_service_ns",
    "refusals",
    "bytes",
    "requests",
    "allocations",
    "left",
    "half_open",
    "virtual_s",
    "checks",
    "driver",
    "failures",
)
# What the run of a driver has also without a plan.
DRIVER_FIELDS: Final = frozenset({"checks", "driver", "failures"})


def lives_balance(storm: Mapping[str, Any]) -> bool:
    """Whether each life has exactly one fate."""
    lives = storm.get("lives")
    return lives is None or lives["begun"] == sum(lives[fate] for fate in FATES)
