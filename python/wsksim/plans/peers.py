"""Peers: a group of remote ends that all live the same kind of life."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from wsksim.errors import PlanError
from wsksim.kinds import is_a, is_whole
from wsksim.plans.addresses import read_tcp, show_tcp
from wsksim.plans.presets import PRESETS
from wsksim.plans.quantities import read_span, show_time
from wsksim.plans.refusals import one_of, refuse, table
from wsksim.plans.steps import Step, read_life, show_life
from wsksim.runs.arguments import MAX_DISCONNECTS, MAX_SOCKETS
from wsksim.runs.rate import read_rate, show_rate
from wsksim.wording import shown

__all__ = ["APPLICATION", "SHAPES", "TIMEOUT", "Arrivals", "Peers", "read_count", "read_peers", "read_plan_rate"]

SHAPES: Final = ("constant", "poisson", "burst")
# Where the application listens, wherever that is.
APPLICATION: Final = "application"
TIMEOUT: Final = 22_000_000_000
_OPEN: Final = 1_000
_BURST: Final = 1_000
_KEYS: Final = ("preset", "connect", "listen", "count", "open", "arrivals", "life", "timeout")
_FACTORS: Final = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}


@dataclass(frozen=True)
class Arrivals:
    """Planned instants: at which lives begin, whatever became of those before (the open model).

    Attributes:
        rate: lives per second.
        shape: `constant`, `poisson` or `burst`.
        burst: lives of one burst; 1 for another shape.
    """

    rate: float
    shape: Literal["constant", "poisson", "burst"] = "constant"
    burst: int = 1


@dataclass(frozen=True)
class Peers:
    """A group of remote ends.

    Attributes:
        name: its name in the plan.
        count: lives in all.
        open: how many of them are open at once, at most.
        life: the steps of each.
        connect: the address that they connect to, such as `tcp://127.0.0.1:7`, or `application`; empty if they listen.
        listen: the address at which they listen for the application; empty if they connect.
        arrivals: when lives begin; None: each as soon as there is room for it (the closed model).
        timeout: nanoseconds of the plan's time after which a vanished peer's connection times out, and a peer that
            waits in vain gives up; None for never.
    """

    name: str
    count: int
    open: int
    life: tuple[Step, ...]
    connect: str = ""
    listen: str = ""
    arrivals: Arrivals | None = None
    timeout: int | None = TIMEOUT

    def to_dict(self) -> dict[str, Any]:
        """The plain values that the same peers are read from."""
        made: dict[str, Any] = {"connect": self.connect} if self.connect else {"listen": self.listen}
        made |= {"count": self.count, "open": self.open}
        if self.arrivals is not None:
            made["arrivals"] = {"rate": f"{show_rate(self.arrivals.rate)}/s", "shape": self.arrivals.shape}
            if self.arrivals.shape == "burst":
                made["arrivals"]["burst"] = self.arrivals.burst
        timeout = "never" if self.timeout is None else show_time(self.timeout)
        return {**made, "life": show_life(self.life), "timeout": timeout}


def read_peers(place: str, name: str, value: object) -> Peers:
    """Reads one group.

    Raises:
        PlanError: it is none, or contradicts itself.
    """
    if is_a(value, Peers):
        value = value.to_dict()
    given = table(place, value, _KEYS)
    if "preset" in given:
        given = {**PRESETS[one_of(f"{place}.preset", given["preset"], PRESETS)], **given}
    connect, listen = (_address(f"{place}.{key}", given.get(key, "")) for key in ("connect", "listen"))
    if bool(connect) == bool(listen):
        found = "both" if connect else "neither"
        refuse(place, "one of connect and listen", found, f'write connect = "{APPLICATION}", or an address')
    for key in ("count", "life"):
        if key not in given:
            refuse(place, f"a {key}", "none", f"add {key} = …" if key == "count" else "add its steps, or a preset")
    count = read_count(f"{place}.count", given["count"], most=MAX_DISCONNECTS)
    most = read_count(f"{place}.open", given.get("open", min(count, _OPEN)), most=MAX_SOCKETS)
    timeout: int | None = TIMEOUT
    if "timeout" in given:
        timeout = None if given["timeout"] == "never" else read_span(f"{place}.timeout", given["timeout"])
    return Peers(
        name=name,
        count=count,
        open=most,
        life=read_life(f"{place}.life", given["life"]),
        connect=connect,
        listen=listen,
        arrivals=_arrivals(f"{place}.arrivals", given["arrivals"]) if "arrivals" in given else None,
        timeout=timeout,
    )


def read_count(place: str, value: object, *, most: int) -> int:
    """Reads a whole number from 1: 1000, or "100k".

    Raises:
        PlanError: it is none.
    """
    number: object = value
    if is_a(value, str):
        text = value.strip().replace("_", "")
        factor = _FACTORS.get(text[-1:], 1)
        whole = text[:-1] if factor > 1 else text
        number = int(whole) * factor if whole.isascii() and whole.isdigit() and len(whole) < 20 else None
    if not is_whole(number) or not 1 <= number <= most:
        refuse(place, f"a whole number from 1 to {most:,}", shown(value), "write one such as 1000 or 100k")
    return number


def read_plan_rate(place: str, value: object) -> float:
    """Reads a rate.

    Raises:
        PlanError: it is none.
    """
    try:
        return read_rate(value)
    except (TypeError, ValueError) as error:
        raise PlanError(f"{place}: {str(error).removeprefix('rate: ')}") from None


def _arrivals(place: str, value: object) -> Arrivals:
    if is_a(value, str, int, float):
        value = {"rate": value}
    given = table(place, value, ("rate", "shape", "burst"))
    if "rate" not in given:
        refuse(place, "a rate", "none", 'add rate = "50k/s", or leave the arrivals out for the closed model')
    shape = one_of(f"{place}.shape", given.get("shape", "constant"), SHAPES)
    if "burst" in given and shape != "burst":
        refuse(f"{place}.burst", "bursts", f"{shape} arrivals", 'write shape = "burst" too')
    burst = _BURST if shape == "burst" else 1
    return Arrivals(
        rate=read_plan_rate(f"{place}.rate", given["rate"]),
        shape=shape,  # type: ignore[arg-type]
        burst=read_count(f"{place}.burst", given.get("burst", burst), most=MAX_DISCONNECTS),
    )


def _address(place: str, value: object) -> str:
    if value == "" or (value == APPLICATION and place.endswith("connect")):
        return str(value)
    found = read_tcp(value)
    if found is None:
        asked = "an address with a port from 1 to 65535, such as tcp://127.0.0.1:7 or tcp://[::1]:7"
        refuse(place, asked, shown(value), f'write one, or connect = "{APPLICATION}" for wherever it listens')
    return show_tcp(found)
