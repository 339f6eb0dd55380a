"""Outcomes: what an engine tells of a shard."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from wsksim.shards.work import Work

__all__ = ["RETRIES", "Engine", "Outcome"]

# How often a shard is tried again.
RETRIES: Final = 2


@dataclass(frozen=True)
class Outcome:
    """What became of one shard.

    Attributes:
        shard: which.
        part: what it left; empty if nothing came of it.
        status: why not: its process crashed, or it was lost otherwise.
        why: in words.
        attempts: how often it was tried.
    """

    shard: int
    part: bytes = b""
    status: Literal["crashed", "lost"] = "lost"
    why: str = ""
    attempts: int = 1


class Engine(Protocol):
    """Carries out shards in whatever order; whoever closes the iterator has what runs cancelled."""

    def __call__(self, work: Work, shards: int, retries: int) -> Iterator[Outcome]:
        """Tells what became of each shard as soon as it is known."""
