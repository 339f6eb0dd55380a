"""Drawing: the lives that a plan asks for, as the core draws them."""

from collections.abc import Sequence

from wsksim._native import Lives
from wsksim.plans.peers import Peers
from wsksim.plans.quantities import Draw
from wsksim.plans.steps import ENDINGS, End, Read, Send, Step, Wait

__all__ = ["draw_lives"]

_NOTHING = Draw("fixed", 0, 0)


def draw_lives(seed: int, groups: Sequence[Peers]) -> Lives:
    """Returns what draws the lives of these groups."""
    given: list[tuple[int, list[tuple[str, str, int, int]], list[float] | None, tuple[float, str, int] | None]] = []
    for group in groups:
        ends = [step for step in group.life if isinstance(step, End)]
        shares = [getattr(ends[0], name) for name in ENDINGS] if ends else None
        pace = group.arrivals
        steps = [_step(step) for step in group.life if not isinstance(step, End)]
        given.append((group.count, steps, shares, None if pace is None else (pace.rate, pace.shape, pace.burst)))
    return Lives(seed, given)


def _step(step: Step) -> tuple[str, str, int, int]:
    what, draw = "", _NOTHING
    match step:
        case Send(draw):
            what = "send"
        case Wait(draw):
            what = "wait"
        case Read(Draw() as draw):
            what = "read"
        case Read(amount):
            what = f"read_{amount}"
    return what, draw.kind, draw.low, draw.high
