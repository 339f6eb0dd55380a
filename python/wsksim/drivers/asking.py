"""What a run of a driver is asked for, and what one seed came to."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

__all__ = ["Asked", "Outcome"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How each seed is run.

    Attributes:
        path: of the driver's object.
        first, last: the seeds, both included.
        schedule, completions, irql: as `Subsystem` has them.
        lenient: a wait where none is allowed is carried out after its finding.
        peers: remote ends at each listener.
    """

    path: str
    first: int
    last: int
    schedule: str = "explore"
    completions: str = "drawn"
    irql: str = "passive"
    lenient: bool = False
    peers: int = 4

    def options(self) -> dict[str, Any]:
        """The options of one seed, by name."""
        return {name: value for name, value in asdict(self).items() if name not in {"path", "first", "last"}}

    def seeds(self) -> range:
        """The seeds."""
        return range(self.first, self.last + 1)

    def shares(self, count: int) -> Iterator[Self]:
        """As many runs of neighbouring seeds."""
        size = max(1, -(-len(self.seeds()) // count))
        for first in self.seeds()[::size]:
            yield type(self)(**{**asdict(self), "first": first, "last": min(first + size - 1, self.last)})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one seed came to.

    Attributes:
        seed: which.
        status: of DriverEntry; None if it did not return.
        ended: why the run ended before its time; empty if it did not.
        trace: a word that two seeds share whose calls were the same.
        steps: how many calls of the kernel there were.
        remotes: how many remote ends there were.
        findings: members of `wsksim.Finding`.
        printed: what the driver printed.
    """

    seed: int
    status: int | None
    ended: str
    trace: str
    steps: int
    remotes: int
    findings: tuple[Mapping[str, Any], ...]
    printed: tuple[str, ...]

    @classmethod
    def of(cls, seed: int, values: Mapping[str, Any]) -> Self:
        """Reads what a child printed."""
        read = {**values, "ended": values["ended"] or ""}
        return cls(seed=seed, **{**read, "findings": tuple(read["findings"]), "printed": tuple(read["printed"])})

    @classmethod
    def crashed(cls, seed: int, how: str) -> Self:
        """A seed under which the process died."""
        return cls(seed=seed, status=None, ended=how, trace="", steps=0, remotes=0, findings=(), printed=())
