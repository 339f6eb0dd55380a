"""Steps of a life: what a remote end does between its connection and its end."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from wsksim.kinds import is_a, is_sequence
from wsksim.plans.quantities import Draw, read_size, read_time, show_size, show_time
from wsksim.plans.refusals import one_of, refuse, table
from wsksim.wording import shown

__all__ = ["ENDINGS", "End", "Read", "Send", "Step", "Wait", "read_life", "read_share", "show_life"]

ENDINGS: Final = ("disconnect", "close", "abort", "vanish")
_KINDS: Final = ("send", "wait", "read", "end")
# Shares are written with decimals, which add up to nearly 1.
_EXACT: Final = 1e-9
_MOST_STEPS: Final = 64


@dataclass(frozen=True)
class Send:
    """Sends so many bytes.

    Attributes:
        size: how many.
    """

    size: Draw


@dataclass(frozen=True)
class Wait:
    """Does nothing for a while.

    Attributes:
        time: how long, in nanoseconds of the plan's time.
    """

    time: Draw


@dataclass(frozen=True)
class Read:
    """Reads.

    Attributes:
        amount: `all` that has arrived, without waiting for more; until the `end`, when the application has finished or
            aborted; or so many bytes, which it waits for.
    """

    amount: Draw | Literal["all", "end"]


@dataclass(frozen=True)
class End:
    """Ends, in one of the ways that a TCP peer can; each life draws its own.

    Attributes:
        disconnect: the share that sends a FIN, and goes on reading.
        close: the share that closes as `closesocket` does: a FIN, then a reset on late data; a reset at once if data
            is unread.
        abort: the share that sends a reset.
        vanish: the share that goes silent, and acknowledges nothing any more.
    """

    disconnect: float = 0.0
    close: float = 0.0
    abort: float = 0.0
    vanish: float = 0.0

    @property
    def shares(self) -> dict[str, float]:
        """Every share that is not 0, by name."""
        return {name: getattr(self, name) for name in ENDINGS if getattr(self, name)}


Step = Send | Wait | Read | End


def read_life(place: str, value: object) -> tuple[Step, ...]:
    """Reads the steps of a life.

    Raises:
        PlanError: one of them is no step, or they contradict each other.
    """
    if not is_sequence(value):
        refuse(place, "a list of steps", shown(value), 'write them as [{ send = "64B" }, { end = "disconnect" }]')
    if len(value) > _MOST_STEPS:
        refuse(place, f"{_MOST_STEPS} steps at most", f"{len(value):,}", "shorten it")
    steps = tuple(_read_step(f"{place}[{number}]", step) for number, step in enumerate(value))
    ends = [number for number, step in enumerate(steps) if isinstance(step, End)]
    if ends and ends[0] != len(steps) - 1:
        found = f"step {ends[0]} of {len(steps)}"
        refuse(place, "one end, as the last step", f"an end at {found}", "leave out what comes after it")
    return steps


def show_life(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """The plain values that `read_life` reads the same from."""
    return [_show_step(step) for step in steps]


def _read_step(place: str, value: object) -> Step:
    if isinstance(value, Send | Wait | Read | End):
        value = _show_step(value)
    step = table(place, value, _KINDS)
    if len(step) != 1:
        refuse(place, f"one of {', '.join(_KINDS)}", shown(value), "make a step of each")
    [(kind, given)] = step.items()
    place = f"{place}.{kind}"
    match kind:
        case "send":
            return Send(read_size(place, given))
        case "wait":
            return Wait(read_time(place, given))
        case "read":
            return _read_read(place, given)
        case _:
            return _read_end(place, given)


def _read_read(place: str, given: object) -> Read:
    if is_a(given, str) and given in {"all", "end"}:
        return Read("all" if given == "all" else "end")
    if is_a(given, str) and given.strip().isalpha():
        one_of(place, given, ("all", "end", "64B"))
    return Read(read_size(place, given))


def _read_end(place: str, given: object) -> End:
    if is_a(given, str):
        return End(**{one_of(place, given, ENDINGS): 1.0})
    shares = {name: read_share(f"{place}.{name}", share) for name, share in table(place, given, ENDINGS).items()}
    total = sum(shares.values())
    if abs(total - 1) > _EXACT:
        sums = " + ".join(f"{name} {share:g}" for name, share in shares.items()) or "none"
        what = f"{1 - total:.9g} more" if total < 1 else f"{total - 1:.9g} less"
        refuse(place, "shares that add up to 1", f"{sums} = {total:.9g}", f"give {what} to one of {', '.join(ENDINGS)}")
    return End(**shares)


def read_share(place: str, value: object) -> float:
    """Reads a share: 0.15 or "15%".

    Raises:
        PlanError: it is none.
    """
    number: object = value
    if is_a(value, str):
        try:
            number = float(value.strip().removesuffix("%")) / (100 if value.strip().endswith("%") else 1)
        except ValueError:
            number = None
    if is_a(number, bool) or not is_a(number, int, float) or not 0 <= number <= 1:
        refuse(place, "a share from 0 to 1", shown(value), "write one such as 0.15 or 15%")
    return float(number)


def _show_step(step: Step) -> dict[str, Any]:
    match step:
        case Send(size):
            return {"send": show_size(size)}
        case Wait(time):
            return {"wait": show_time(time)}
        case Read(amount):
            return {"read": show_size(amount) if isinstance(amount, Draw) else amount}
        case End():
            shares = step.shares
            return {"end": next(iter(shares)) if list(shares.values()) == [1.0] else shares}
