"""What a run of a driver is asked for, and what one seed came to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from wsksim.plans.addresses import Place, read_host

__all__ = ["KEPT", "Asked", "Outcome"]

# Of what a driver prints so many lines are kept, the last ones.
KEPT: Final = 200


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How each seed is run.

    Attributes:
        path: of the driver's object.
        first, last: the seeds, both included.
        schedule, completions, irql: as `Subsystem` has them.
        lenient: a wait where none is allowed is carried out after its finding.
        peers: remote ends at each listener, where there is no plan.
        choices: what is chosen instead of by the seed; then there is one seed.
        computes_s: seconds of processor time after which a seed is ended.
        hosts: names that resolve, and their addresses.
        faults: what fails on demand.
        plan: plain values of a `Plan`; its lives are drawn from each seed.
    """

    path: str
    first: int
    last: int
    schedule: str = "explore"
    completions: str = "drawn"
    irql: str = "passive"
    lenient: bool = False
    peers: int = 4
    choices: tuple[int, ...] | None = None
    computes_s: int = 120
    hosts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    plan: Mapping[str, Any] | None = None

    def options(self) -> dict[str, Any]:
        """The options of one seed, by name."""
        left_out = {"path", "first", "last", "computes_s", "hosts", "plan"}
        return {name: value for name, value in asdict(self).items() if name not in left_out}

    def places(self) -> list[tuple[str, list[Place]]]:
        """What names resolve to."""
        return [(name, [read_host(host) for host in hosts]) for name, hosts in self.hosts.items()]

    def shows(self, outcome: Mapping[str, Any]) -> bool:
        """Whether what the driver printed under a seed may be told: it is the only one, or comes to something."""
        failed = bool(outcome["ended"]) or (outcome["status"] or 0) >= 1 << 31
        return self.first == self.last or failed or bool(outcome["findings"])

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
        remotes: how many remote ends there were, where there was no plan.
        counters: of disconnect edges, as `Subsystem.counters` has them.
        findings: members of `wsksim.Finding`.
        notes: likewise.
        printed: the last lines that the driver printed.
        lines: how many it printed.
        injected: what failed on demand, and the address in the driver's file behind each call.
        storm: what became of the lives of a plan; None without one, or if nobody knows.
    """

    seed: int
    status: int | None = None
    ended: str = ""
    trace: str = ""
    steps: int = 0
    remotes: int = 0
    counters: Mapping[str, Any] | None = None
    findings: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[Mapping[str, Any], ...] = ()
    printed: tuple[str, ...] = ()
    lines: int = 0
    injected: tuple[tuple[str, int], ...] = ()
    storm: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, seed: int, values: Mapping[str, Any]) -> Self:
        """Reads what a child printed."""
        lists = {name: tuple(values[name]) for name in ("findings", "notes", "printed")}
        injected = tuple((name, address) for name, address in values["injected"])
        return cls(seed=seed, **{**values, "ended": values["ended"] or "", **lists, "injected": injected})

    @property
    def failure(self) -> str:
        """What went wrong beside findings; empty if nothing did."""
        # Where something has failed on demand, DriverEntry may.
        failed = self.status is not None and self.status >= 1 << 31 and not self.injected
        if self.ended or not failed:
            return self.ended
        from wsksim.wsk.words.status import NTSTATUS  # start-up: 20 ms of a child, which needs it never

        return f"DriverEntry returned {NTSTATUS(self.status or 0)}"
