"""The report of a driver's seeds: findings, equal ones once, ends of runs, and how many orders were seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsksim.contract import Finding
from wsksim.drivers.asking import Asked, Outcome

__all__ = ["DriverReport"]


@dataclass(frozen=True)
class DriverReport:
    """What the seeds of a driver came to.

    Attributes:
        asked: what was run.
        outcomes: of each seed.
        findings: equal ones, by rule, function and site, as one that counts its seeds.
    """

    asked: Asked
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, asked: Asked, outcomes: Sequence[Outcome]) -> "DriverReport":
        """Folds what was found."""
        return cls(asked, tuple(outcomes), tuple(_folded(asked, outcomes)))

    @property
    def traces(self) -> int:
        """How many different orders were seen."""
        return len({one.trace for one in self.outcomes if one.trace})

    @property
    def failures(self) -> list[str]:
        """What went wrong beside findings: ends of runs, and seeds that all gave one order."""
        ends: dict[str, list[int]] = {}
        for one in self.outcomes:
            failed = one.status is not None and one.status >= 1 << 31
            end = one.ended or (f"DriverEntry returned 0x{one.status:08X}" if failed else "")
            if end:
                ends.setdefault(end, []).append(one.seed)
        told = [
            f"{end}: {len(seeds):,} of {len(self.outcomes):,} seeds, first {seeds[0]}" for end, seeds in ends.items()
        ]
        many = len(self.outcomes) > 1 and self.asked.schedule != "fifo"
        if many and self.traces == 1 and not ends:
            told.append("all seeds gave one order: nothing in this driver can happen in another; run one seed")
        return told

    @property
    def exit_code(self) -> int:
        """0 if nothing was found wrong."""
        return 1 if self.failures or any(one.kind != "note" for one in self.findings) else 0

    def text(self) -> str:
        """The report in lines."""
        name, count = Path(self.asked.path).name, len(self.outcomes)
        calls = sum(one.steps for one in self.outcomes)
        seen = f"{self.traces:,} orders, {calls:,} calls, {len(self.findings):,} findings"
        lines = [f"{name}: {count:,} {_seeds(count)}, {seen}"]
        lines += [f"failed {failure}" for failure in self.failures]
        lines += [f"\n{finding}" for finding in self.findings]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "driver": self.asked.path,
            "seeds": len(self.outcomes),
            "traces": self.traces,
            "failures": self.failures,
            "findings": [finding.to_dict() for finding in self.findings],
        }


def _seeds(count: int) -> str:
    return "seed" if count == 1 else "seeds"


def _again(asked: Asked, seed: int) -> str:
    """What repeats one seed."""
    words = ["wsksim run", asked.path, f"--seeds {seed}", f"--schedule {asked.schedule}"]
    words += [f"--completions {asked.completions}", f"--irql {asked.irql}", f"--peers {asked.peers}"]
    return " ".join([*words, *(["--lenient"] if asked.lenient else [])])


def _folded(asked: Asked, outcomes: Iterable[Outcome]) -> Iterable[Finding]:
    """Equal findings are one, of the first seed that has it."""
    seen: dict[tuple[str, str, str, str], tuple[Mapping[str, Any], int, int]] = {}
    for outcome in outcomes:
        for values in outcome.findings:
            key = (values["rule"], values["function"], values["site"], values["found"].split(" ")[0])
            first, seed, count = seen.get(key, (values, outcome.seed, 0))
            seen[key] = (first, seed, count + values["count"])
    for values, seed, count in seen.values():
        yield Finding(**{**values, "count": count, "seed": seed, "again": _again(asked, seed)})
