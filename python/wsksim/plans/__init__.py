"""Plans: what befalls an application in a storm, as one typed record, and its two forms, TOML and keyword arguments."""

from wsksim.plans.checks import Check
from wsksim.plans.peers import Arrivals, Peers
from wsksim.plans.plan import Faults, Kill, Plan, Schedule
from wsksim.plans.presets import PRESETS
from wsksim.plans.quantities import Draw
from wsksim.plans.steps import End, Read, Send, Wait

__all__ = [
    "PRESETS",
    "Arrivals",
    "Check",
    "Draw",
    "End",
    "Faults",
    "Kill",
    "Peers",
    "Plan",
    "Read",
    "Schedule",
    "Send",
    "Wait",
]
