"""Words: a plan as sentences, for who wants to know what it asks for."""

import textwrap
from collections.abc import Callable
from typing import Final

from wsksim.plans.carrying import not_carried_out
from wsksim.plans.contradictions import mean_life
from wsksim.plans.peers import APPLICATION, Peers
from wsksim.plans.plan import Plan
from wsksim.plans.quantities import Draw, show_size, show_time
from wsksim.plans.steps import End, Read, Send, Step, Wait

__all__ = ["explain_plan"]

_WIDTH: Final = 100
_ENDS: Final = {"disconnect": "disconnects", "close": "closes", "abort": "aborts", "vanish": "vanishes"}
_WAYS: Final = {
    "inline": "requests complete inside their call",
    "windows": "requests complete as in Windows",
    "later": "requests complete after their call",
    "drawn": "how a request completes is drawn",
}


def explain_plan(plan: Plan) -> str:
    """Says what a plan asks for."""
    rows = [("seed", [str(plan.seed)])]
    rows += [(group.name, _peers(group)) for group in plan.peers]
    faults = []
    if plan.faults.allocation:
        faults.append(f"{plan.faults.allocation * 100:.4g}% of the allocations fail")
    if plan.faults.kill is not None:
        kill = plan.faults.kill
        faults.append(f"this machine ends {kill.rate:.4g} connections of {kill.who} a second")
    rows.append(("faults", faults or ["none"]))
    schedule = plan.schedule
    rows.append(("schedule", [f"{schedule.kind}; {_WAYS[schedule.completions]}; callbacks at IRQL {schedule.irql}"]))
    rows.append(("checks", list(map(str, plan.checks)) or ["none but the contract's rules"]))
    refused = not_carried_out(plan)
    if refused:
        rows.append(("run", ["is refused:", *refused]))
    width = max(10, *(len(name) for name, _ in rows))
    return "\n".join(line for name, texts in rows for line in _row(name, texts, width))


def _row(name: str, texts: list[str], width: int) -> list[str]:
    lines: list[str] = []
    for text in texts:
        head = f"{'' if lines else name:<{width}} "
        lines += textwrap.wrap(text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
    return lines


def _peers(peers: Peers) -> list[str]:
    lives = "1 remote end" if peers.count == 1 else f"{peers.count:,} remote ends"
    if peers.connect:
        where = "where the application listens" if peers.connect == APPLICATION else f"to {peers.connect}"
        does = f"connect {where}" if peers.count > 1 else f"connects {where}"
    else:
        does = f"wait at {peers.listen} for the application to connect"
    if peers.arrivals is None:
        when = f"{peers.open:,} of them open at most, the next one as soon as there is room (closed model)"
    else:
        shape = {"constant": "at equal distances", "poisson": "independently (Poisson)"}
        how = shape.get(peers.arrivals.shape, f"{peers.arrivals.burst:,} at a time")
        when = f"{peers.arrivals.rate:,.6g} a second, {how}, {peers.open:,} of them open at most (open model)"
    # The last words stand where "and then" leads to them.
    steps = [_step(step) for step in peers.life]
    told = ("each connects" if peers.connect else "each is connected to") + "".join(f", {step}" for step in steps[:-1])
    told += f", and then {steps[-1]}" if steps else ""
    if not peers.life or not isinstance(peers.life[-1], End):
        told += "; it ends when the application ends"
    patience = _patience(peers)
    length = f"a life takes {show_time(round(mean_life(peers)))} on average, if the application answers at once"
    return [f"{lives} {does}: {when}", told, patience, length]


def _patience(peers: Peers) -> str:
    """How long peers wait, and what becomes of those that vanish, if any do."""
    last = peers.life[-1] if peers.life else None
    vanishes = isinstance(last, End) and last.vanish > 0
    if peers.timeout is None:
        waits = "one that waits in vain waits for ever"
        return f"a peer that vanished keeps its connection for ever; {waits}" if vanishes else waits
    after = show_time(peers.timeout)
    if vanishes:
        gone = f"the connection of one that vanished times out after {after}"
        return f"{gone}, and one that waits in vain gives up as late"
    return f"one that waits in vain gives up after {after}"


def _step(step: Step) -> str:
    match step:
        case Send(size):
            told = f"sends {_drawn(size, show_size)}"
        case Wait(time):
            told = f"waits {_drawn(time, show_time)}"
        case Read("all"):
            told = "reads all that has arrived"
        case Read(Draw() as amount):
            told = f"reads {_drawn(amount, show_size)}"
        case Read():
            told = "reads until the application ends"
        case End():
            shares = step.shares
            parts = [f"{_ENDS[name]} ({share * 100:.4g}%)" for name, share in shares.items()]
            several = " or ".join([", ".join(parts[:-1]), parts[-1]])
            told = several if len(shares) > 1 else _ENDS[next(iter(shares))]
    return told


def _drawn(draw: Draw, show: Callable[[Draw], str]) -> str:
    if draw.kind == "exponential":
        return f"{show(Draw('fixed', draw.low, draw.low))} on average (exponential)"
    if draw.kind == "uniform":
        return f"{show(Draw('fixed', draw.low, draw.low))} to {show(Draw('fixed', draw.high, draw.high))}"
    return show(draw)
