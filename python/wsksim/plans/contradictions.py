"""Contradictions: what a group of peers asks for and cannot have."""

from collections.abc import Iterable
from typing import Final

from wsksim.plans.peers import Peers
from wsksim.plans.quantities import Draw, show_time
from wsksim.plans.refusals import refuse
from wsksim.plans.steps import End, Read, Wait

__all__ = ["check_peers", "check_places", "mean_life"]

# Instants are nanoseconds in 64 bits.
_LONGEST_S: Final = 2**63 / 1e9


def mean_life(peers: Peers) -> float:
    """How many nanoseconds a life takes on average, if the application answers at once."""
    waits = sum(step.time.mean for step in peers.life if isinstance(step, Wait))
    last = peers.life[-1] if peers.life else None
    vanished = last.vanish if isinstance(last, End) else 0.0
    return waits + vanished * (peers.timeout or 0)


def check_peers(peers: Peers) -> None:
    """Refuses peers that contradict themselves.

    Raises:
        PlanError: they do.
    """
    place = f"peers.{peers.name}"
    if peers.open > peers.count:
        do = "raise the count, or lower open"
        refuse(f"{place}.open", "lives that are open at once", f"{peers.open:,}, and {peers.count:,} lives in all", do)
    _check_ends(place, peers)
    _check_rate(place, peers)


def check_places(groups: Iterable[Peers]) -> None:
    """Refuses groups that listen at one address.

    Raises:
        PlanError: two do.
    """
    known: dict[str, str] = {}
    for group in groups:
        if not group.listen:
            continue
        if group.listen in known:
            found = f"{group.listen}, where peers.{known[group.listen]} listens too"
            refuse(f"peers.{group.name}.listen", "an address of its own", found, "choose another port")
        known[group.listen] = group.name


def _check_ends(place: str, peers: Peers) -> None:
    """A life that nothing ends."""
    if peers.timeout is not None:
        return
    asked = "a life that comes to its end"
    last = peers.life[-1] if peers.life else None
    waits = [
        step
        for step in peers.life
        if isinstance(step, Read) and (isinstance(step.amount, Draw) or step.amount == "end")
    ]
    do = "add a timeout"
    if not isinstance(last, End):
        refuse(place, asked, "no end among its steps, and no timeout", f"add an end, or {do[4:]}")
    if waits:
        refuse(place, asked, "a read that may wait for ever, and no timeout", do)
    if last.vanish and peers.count > peers.open:
        found = (
            f"{last.vanish * 100:.4g}% of them vanish and keep their place among the {peers.open:,} open ones for ever"
        )
        refuse(place, asked, found, f"{do}, or raise open to {peers.count:,}")


def _check_rate(place: str, peers: Peers) -> None:
    """A rate that needs more lives at once than may be open."""
    if peers.arrivals is None:
        return
    if peers.listen:
        do = "leave the arrivals out"
        refuse(f"{place}.arrivals", "a rate", "peers that listen: the application decides when it connects", do)
    if peers.arrivals.shape == "burst" and peers.arrivals.burst > peers.open:
        found = f"{peers.open:,} that may be open"
        refuse(f"{place}.arrivals.burst", f"{peers.arrivals.burst:,} lives at once", found, "raise open")
    lasts = peers.count / peers.arrivals.rate
    if lasts > _LONGEST_S:
        asked = f"{peers.count:,} lives at {peers.arrivals.rate:,.6g} a second"
        found = f"that they take {lasts / 31_556_952:,.3g} years, and a clock of 292"
        refuse(f"{place}.arrivals", asked, found, "raise the rate, or lower the count")
    length = mean_life(peers)
    needed = min(peers.arrivals.rate * length / 1e9, peers.count)
    if needed > peers.open:
        most = peers.open / length * 1e9
        refuse(
            f"{place}.arrivals",
            f"{peers.arrivals.rate:,.6g} lives a second",
            f"that a life takes {show_time(round(length))} on average, so that {needed:,.0f} are open at once, "
            f"and open = {peers.open:,}",
            f"raise open, shorten the life, or lower the rate to {most:,.6g}/s",
        )
