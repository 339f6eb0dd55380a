"""Dividing: what of a run one shard has.

What is planned is drawn in blocks of 65,536 (ADR 0018); shard k of n has every n-th block from k on. Whatever there is
so much of at once, or so many a second, is divided as the blocks are: each shard has as large a part of it as of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from wsksim.kinds import is_a, is_whole
from wsksim.plans.plan import Plan
from wsksim.wording import shown

__all__ = [
    "BLOCK",
    "MOST_SHARDS",
    "Portion",
    "Shard",
    "blocks_of",
    "divided_plan",
    "divided_storm",
    "group_portions",
    "portion",
    "read_shard",
]

BLOCK: Final = 65_536
MOST_SHARDS: Final = 65_536
# Of what is divided so many groups are named.
_TOLD: Final = 8
_SHARD: Final = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*")


class Shard(NamedTuple):
    """One shard of a run.

    Attributes:
        number: which, from 0.
        of: of how many.
    """

    number: int
    of: int

    def __str__(self) -> str:
        """As the command line takes it."""
        return f"{self.number}/{self.of}"


@dataclass(frozen=True)
class Portion:
    """What a shard has of things that are planned alike.

    Attributes:
        own: how many it has.
        before: how many the shards before it have.
        count: how many there are.
    """

    own: int
    before: int
    count: int

    def of(self, most: int) -> int:
        """Its part of what there may be at once: all parts add up to it, but a shard that has anything has one."""
        part = most * (self.before + self.own) // self.count - most * self.before // self.count if self.count else 0
        return max(part, min(self.own, 1))

    @property
    def share(self) -> float:
        """Which part of all it has."""
        return self.own / self.count if self.count else 0.0


def read_shard(value: object) -> Shard:
    """Reads a shard: `(3, 32)`, or `"3/32"`.

    Raises:
        TypeError, ValueError: it is none.
    """
    if is_a(value, str):
        found = _SHARD.fullmatch(value)
        pair: Any = (int(found[1]), int(found[2])) if found else ()
    else:
        pair = value
    asked = f"shard: asked for a shard such as 3/32, counted from 0, of at most {MOST_SHARDS:,}"
    if not is_a(pair, tuple, list) or len(pair) != 2:
        raise (ValueError if is_a(value, str) else TypeError)(f"{asked}; found {shown(value)}; write 0/1 for all")
    if not all(is_whole(one) for one in pair):
        raise TypeError(f"{asked}; found {shown(value)}; pass two whole numbers")
    number, of = pair
    if not 1 <= of <= MOST_SHARDS:
        raise ValueError(f"{asked}; found {of:,} shards; ask for 1 to {MOST_SHARDS:,}")
    if not 0 <= number < of:
        raise ValueError(f"{asked}; found shard {number:,} of {of:,}; the last one is {of - 1:,}/{of}")
    return Shard(number, of)


def portion(shard: Shard, count: int, blocks_before: int = 0) -> Portion:
    """What a shard has of `count` things, whose blocks are counted behind so many others."""
    below, through = (
        _lives_of_first(number, shard.of, count, blocks_before) for number in (shard.number, shard.number + 1)
    )
    return Portion(through - below, below, count)


def _lives_of_first(shards: int, of: int, count: int, blocks_before: int) -> int:
    """How many of `count` things the first `shards` of `of` shards have."""
    blocks = -(-count // BLOCK)

    def passed(end: int) -> int:
        return end // of * shards + min(end % of, shards)

    mine = passed(blocks_before + blocks) - passed(blocks_before)
    has_last = blocks > 0 and (blocks_before + blocks - 1) % of < shards
    return mine * BLOCK - (blocks * BLOCK - count if has_last else 0)


def group_portions(plan: Plan, shard: Shard) -> list[Portion]:
    """What a shard has of each group of peers; blocks are counted through all of them."""
    made, before = [], 0
    for group in plan.peers:
        made.append(portion(shard, group.count, before))
        before += -(-group.count // BLOCK)
    return made


def blocks_of(plan: Plan) -> int:
    """How many blocks the lives of a plan have: more shards than that have nothing to do."""
    return sum(-(-group.count // BLOCK) for group in plan.peers)


def divided_plan(plan: Plan, shards: int) -> list[str]:
    """What of a plan is divided among so many shards, in words; of a group of one block nothing is."""
    if shards == 1:
        return []
    told = []
    for group in plan.peers:
        if group.count <= BLOCK:
            continue
        told.append(f"open {group.open:,} of {group.name}{_least(group.open, group.count, shards)}")
        if group.arrivals is not None:
            told[-1] += f", {_rate(group.arrivals.rate)}"
            told[-1] += f" in bursts of {group.arrivals.burst:,}" if group.arrivals.shape == "burst" else ""
    kill = plan.faults.kill
    if kill is not None and any(group.name == kill.who and group.count > BLOCK for group in plan.peers):
        told.append(f"kills {_rate(kill.rate)}")
    more = len(told) - _TOLD
    return told if more <= 0 else [*told[:_TOLD], f"those of {more} more groups"]


def divided_storm(options: Mapping[str, Any], shards: int) -> list[str]:
    """What of a handler's storm is divided among so many shards, in words."""
    if shards == 1 or options["disconnects"] <= BLOCK:
        return []
    rate: Sequence[str] = [] if options["rate"] is None else [f"rate {_rate(options['rate'])}"]
    return [f"sockets {options['sockets']:,}{_least(options['sockets'], options['disconnects'], shards)}", *rate]


def _least(most: int, count: int, shards: int) -> str:
    """What is said where there are fewer to be had at once than shards: none can do with less than one."""
    busy = min(-(-count // BLOCK), shards)
    return f" (1 at least in each of {busy:,} shards)" if most < busy else ""


def _rate(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"
