"""Plan: what befalls an application in a storm."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from wsksim.errors import PlanError
from wsksim.kinds import is_a, is_mapping, is_whole
from wsksim.plans.checks import Check, read_checks
from wsksim.plans.contradictions import check_peers, check_places
from wsksim.plans.drawing import draw_lives
from wsksim.plans.peers import Peers, read_peers, read_plan_rate
from wsksim.plans.refusals import one_of, refuse, table
from wsksim.plans.steps import read_share
from wsksim.plans.writing import write_plan
from wsksim.runs.arguments import COMPLETIONS, IRQLS, MAX_DISCONNECTS, MAX_SEED
from wsksim.runs.rate import show_rate
from wsksim.wording import hint, shown

__all__ = ["Faults", "Kill", "Plan", "Schedule"]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_KIND: Final = re.compile(r"pct:([1-9]\d?|100)")
_KEYS: Final = ("seed", "peers", "faults", "schedule", "checks")
_MOST_GROUPS: Final = 64
WAYS: Final = ("inline", "windows", "later", "drawn")


@dataclass(frozen=True)
class Kill:
    """This machine ends connections, as an administrator does.

    Attributes:
        rate: connections per second.
        who: of which peers.
    """

    rate: float
    who: str


@dataclass(frozen=True)
class Faults:
    """What goes wrong around the application.

    Attributes:
        allocation: the share of allocations that fail.
        kill: connections that this machine ends; None for none.
    """

    allocation: float = 0.0
    kill: Kill | None = None


@dataclass(frozen=True)
class Schedule:
    """How the provider orders what may happen.

    Attributes:
        kind: `fifo`, `explore`, or `pct:N`.
        completions: how requests complete: `inline`, `windows`, `later` or `drawn`.
        irql: the level of callbacks: `passive`, `dispatch` or `mixed`.
    """

    kind: str = "fifo"
    completions: Literal["inline", "windows", "later", "drawn"] = "windows"
    irql: Literal["passive", "dispatch", "mixed"] = "passive"


@dataclass(frozen=True, init=False)
class Plan:
    """What befalls an application in a storm.

    A plan is made from keyword arguments or read from TOML; both have the same names and take the same values. It
    is refused if it contradicts itself, and written back equal.

    Attributes:
        seed: where every draw begins: the same number repeats a run.
        peers: the remote ends, in groups.
        faults: what goes wrong around the application.
        schedule: how the provider orders what may happen.
        checks: what has to hold of the report.
    """

    seed: int
    peers: tuple[Peers, ...]
    faults: Faults
    schedule: Schedule
    checks: tuple[Check, ...]

    def __init__(
        self,
        *given: object,
        peers: Mapping[str, Peers | Mapping[str, Any]] | None = None,
        seed: int = 0,
        faults: Faults | Mapping[str, Any] | None = None,
        schedule: Schedule | Mapping[str, Any] | None = None,
        checks: Mapping[str, str] | Sequence[str | Check] = (),
        **unknown: object,
    ) -> None:
        """Reads a plan.

        Args:
            given: refused; `from_dict` reads a table, `from_toml` text.
            peers: groups of remote ends, by name; there is one at least.
            seed: 0 to 2**64 - 1.
            faults: what goes wrong around the application.
            schedule: how the provider orders what may happen.
            checks: conditions by name, `{"findings": "== 0"}`, or a list of texts.
            unknown: refused, with the nearest name that is known.

        Raises:
            PlanError: something cannot be read, or contradicts something else.
        """
        if given:
            do = "read a table with Plan.from_dict, text with Plan.from_toml, and pass a file's name to run_plan"
            refuse("plan", "arguments by name, such as peers={...}", shown(given[0]), do)
        table("plan", unknown, _KEYS)
        groups = _read_groups(peers)
        for name, value in (
            ("seed", _read_seed(seed)),
            ("peers", groups),
            ("faults", _read_faults(faults, [group.name for group in groups])),
            ("schedule", _read_schedule(schedule)),
            ("checks", read_checks("checks", checks)),
        ):
            object.__setattr__(self, name, value)
        for group in groups:
            check_peers(group)
        check_places(groups)

    @property
    def paced(self) -> bool:
        """Whether lives have planned instants of this machine's clock, so that times are measured."""
        return any(group.arrivals is not None for group in self.peers)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Makes a plan from plain values, such as `tomllib` reads.

        Raises:
            PlanError: something cannot be read, or contradicts something else.
        """
        given = table("plan", values, _KEYS)
        if "peers" not in given:
            refuse("plan", "peers", "none", "add a table such as [peers.clients]")
        return cls(**given)

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Reads a plan from TOML.

        Raises:
            PlanError: it is no TOML, or no plan.
        """
        if not is_a(text, str):
            refuse("plan", "text in TOML", shown(text), "pass a str, or a table to from_dict")
        try:
            return cls.from_dict(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise PlanError(f"plan: asked for TOML; found that it is none: {error}; correct that place") from None
        except RecursionError:
            raise PlanError("plan: asked for TOML; found values inside values without end; correct that") from None

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `from_dict` makes the same plan from."""
        made: dict[str, Any] = {"seed": self.seed, "peers": {group.name: group.to_dict() for group in self.peers}}
        faults: dict[str, Any] = {"allocation": self.faults.allocation} if self.faults.allocation else {}
        if self.faults.kill is not None:
            faults["kill"] = {"rate": f"{show_rate(self.faults.kill.rate)}/s", "who": self.faults.kill.who}
        if faults:
            made["faults"] = faults
        made["schedule"] = dict(vars(self.schedule))
        # Of the same name there may be two, for the two ends of a range: then only a list holds them.
        names = [check.name for check in self.checks]
        if len(set(names)) == len(names):
            made["checks"] = {check.name: check.condition for check in self.checks}
        else:
            made["checks"] = list(map(str, self.checks))
        return made

    def to_toml(self) -> str:
        """TOML that `from_toml` reads the same plan from."""
        return write_plan(self.to_dict())

    def digest(self, shard: int = 0, shards: int = 1) -> str:
        """A number that tells the plan's lives from those of another one, as 32 hexadecimal digits.

        It is a sum over lives modulo 2**128. Lives are drawn in blocks of 65,536, each from the seed and its number
        alone; shard `shard` of `shards` has every `shards`-th of them. So the digests of all shards add up to that of
        the plan, however many there are.

        Raises:
            PlanError: there is no such shard.
        """
        given: tuple[object, object] = (shard, shards)
        if not all(is_a(one, int) for one in given) or not 0 <= shard < shards <= MAX_DISCONNECTS:
            asked = "a shard, which count from 0"
            refuse("digest", asked, f"{shown(shard)} of {shown(shards)}", "write 0 of 1 for all of them")
        return draw_lives(self.seed, self.peers).digest(shard, shards)


def _read_seed(value: object) -> int:
    if not is_whole(value) or not 0 <= value <= MAX_SEED:
        refuse("seed", f"a whole number from 0 to {MAX_SEED:,}", shown(value), "write one in that range")
    return value


def _read_groups(value: object) -> tuple[Peers, ...]:
    if not is_mapping(value) or not 1 <= len(value) <= _MOST_GROUPS:
        found = f"{len(value):,} groups" if is_mapping(value) else shown(value)
        refuse("peers", f"a table of 1 to {_MOST_GROUPS} groups", found, "write one as [peers.clients]")
    for name in value:
        if not is_a(name, str) or not _NAME.fullmatch(name):
            refuse("peers", "a name of letters, digits, - and _", shown(name), "choose another name")
    return tuple(read_peers(f"peers.{name}", name, group) for name, group in value.items())


def _read_faults(value: object, groups: list[str]) -> Faults:
    if value is None or is_a(value, Faults):
        value = {"allocation": value.allocation, "kill": value.kill} if value else {}
    given = table("faults", value, ("allocation", "kill"))
    kill = given.get("kill")
    if is_a(kill, Kill):
        kill = vars(kill)
    if kill is not None:
        kill = table("faults.kill", kill, ("rate", "who"))
        if set(kill) != {"rate", "who"}:
            refuse("faults.kill", "a rate and who", ", ".join(kill) or "neither", 'write { rate = "10/min", who = … }')
        if kill["who"] not in groups:
            do = f"name one of {', '.join(groups)}{hint(kill['who'], groups)}"
            refuse("faults.kill.who", "peers of this plan", shown(kill["who"]), do)
    return Faults(
        allocation=read_share("faults.allocation", given.get("allocation", 0.0)),
        kill=None if kill is None else Kill(read_plan_rate("faults.kill.rate", kill["rate"]), kill["who"]),
    )


def _read_schedule(value: object) -> Schedule:
    if value is None or is_a(value, Schedule):
        value = vars(value or Schedule())
    given = table("schedule", value, ("kind", "completions", "irql"))
    kind = given.get("kind", "fifo")
    if not is_a(kind, str) or not _KIND.fullmatch(kind):
        one_of("schedule.kind", kind, ("fifo", "explore", "pct:3"))
    return Schedule(
        kind=str(kind),
        completions=one_of("schedule.completions", given.get("completions", COMPLETIONS), WAYS),  # type: ignore[arg-type]
        irql=one_of("schedule.irql", given.get("irql", "passive"), IRQLS),  # type: ignore[arg-type]
    )
