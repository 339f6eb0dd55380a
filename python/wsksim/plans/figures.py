"""Figures: what of a report a check may name, and in which unit it is."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from wsksim.plans.refusals import refuse
from wsksim.wording import hint, shown

__all__ = ["FATES", "NAMES", "Unit", "unit_of", "whole_of"]

Unit = Literal["count", "time", "share"]

# What becomes of a life, each of exactly one.
FATES: Final = (
    "ended_in_order",
    "aborted_by_peer",
    "aborted_by_us",
    "timed_out",
    "killed",
    "refused",
    "never_connected",
    "still_open",
)
_KINDS: Final = ("graceful", "abortive")
_CAUSES: Final = ("superseded", "closed", "aborted_locally", "non_functional", "refused_by_application", "not_enabled")
_SERIES: Final = ("service", "response", "accept", "accept_service")
_MARKS: Final = ("p50", "p90", "p99", "p99.9", "max", "mean")

# What every report may have, or every one of a storm; requests have names of their own besides.
NAMES: Final[Mapping[str, Unit]] = {
    "findings": "count",
    "notes": "count",
    "posted": "count",
    **dict.fromkeys((f"posted.{kind}" for kind in _KINDS), "count"),
    "indicated": "count",
    **dict.fromkeys((f"indicated.{kind}" for kind in _KINDS), "count"),
    "withheld": "count",
    **dict.fromkeys((f"withheld.{cause}" for cause in _CAUSES), "count"),
    "pending": "count",
    "elapsed": "time",
    "lives": "count",
    **dict.fromkeys((f"lives.{fate}" for fate in (*FATES, "vanished", "unaccepted")), "count"),
    "accepted": "count",
    "refused.backlog": "count",
    "refused.nobody": "count",
    "bytes.sent": "count",
    "bytes.received": "count",
    "requests": "count",
    "allocations.asked": "count",
    "allocations.refused": "count",
    "left.sockets": "count",
    "left.requests": "count",
    "half_open": "count",
    "late": "share",
    **dict.fromkeys((f"{series}.{mark}" for series in _SERIES for mark in _MARKS), "time"),
}

# The functions that take an IRP.
_FUNCTIONS: Final = (
    "WskAccept",
    "WskBind",
    "WskCloseSocket",
    "WskConnect",
    "WskConnectEx",
    "WskControlClient",
    "WskControlSocket",
    "WskDisconnect",
    "WskGetAddressInfo",
    "WskGetLocalAddress",
    "WskGetNameInfo",
    "WskGetRemoteAddress",
    "WskInspectComplete",
    "WskListen",
    "WskReceive",
    "WskReceiveEx",
    "WskReceiveFrom",
    "WskSend",
    "WskSendEx",
    "WskSendMessages",
    "WskSendTo",
    "WskSocket",
    "WskSocketConnect",
)
# A status without a name of its own.
_NUMBER: Final = re.compile(r"0x[0-9A-F]{8}")


def unit_of(place: str, name: str) -> Unit:
    """In which unit a figure is.

    Raises:
        PlanError: no report has it.
    """
    if name.startswith("requests."):
        _check_request(place, name)
        return "count"
    if name not in NAMES:
        known = f"{', '.join(NAMES)}, requests.FUNCTION, requests.FUNCTION.STATUS"
        refuse(place, "something that a report has", shown(name), f"name one of {known}{hint(name, NAMES)}")
    return NAMES[name]


def whole_of(name: str) -> str:
    """Of what a count may be told as a share; empty if it is a part of nothing."""
    first, _, rest = name.partition(".")
    if first in {"lives", "refused"}:
        return "lives" if rest else ""
    if first == "requests":
        return name.rpartition(".")[0]
    return first if first in {"posted", "indicated"} and rest else ""


def _check_request(place: str, name: str) -> None:
    _, function, *status = name.split(".")
    if function not in _FUNCTIONS:
        do = f"name one of {', '.join(_FUNCTIONS)}{hint(function, _FUNCTIONS)}"
        refuse(place, "requests of a function of WSK", shown(function), do)
    if not status:
        return
    from wsksim.wsk.words import status as statuses  # start-up: 60 ms, for checks of statuses only

    known = [word for word in statuses.__all__ if word.startswith("STATUS_")]
    said = ".".join(status)
    if said not in known and not _NUMBER.fullmatch(said):
        do = f"write one as wsk.h does, or its number as 0xC0000120{hint(said, known)}"
        refuse(place, f"requests of {function} that ended with a status", shown(said), do)
