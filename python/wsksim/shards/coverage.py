"""Coverage: what a report tells of its shards: which it has, which failed, and on which machines they ran."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Self

from wsksim.errors import ReportError
from wsksim.runs.times import in_words
from wsksim.shards.ranges import Ranges, numbers_of, ranges_of, words_of

__all__ = ["Failure", "Host", "Shards"]

Status = Literal["crashed", "interrupted", "stopped", "lost"]

# Which times of machines are told, if there are any.
_TOLD: Final = ("response", "accept", "service")
_LEVELS: Final = ("", "low", "some", "high")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A shard that is not complete, so that nothing of it is counted.

    Attributes:
        shard: which.
        status: `crashed`, `interrupted`, `stopped`, or `lost`: nothing came of it.
        why: in words.
        attempts: how often it was tried.
    """

    shard: int
    status: Status
    why: str
    attempts: int = 1


@dataclass(frozen=True, kw_only=True)
class Host:
    """A machine, and what ran on it.

    Attributes:
        name: its name in its network.
        environment: its software, as in a report of one run.
        shards: which ran to their end there.
        elapsed_s: seconds of all of these.
        longest_s: seconds of the longest.
        noise: the worst level of noise; empty if it was not listened for.
        times: the summary of each series of times.
        codes: their histograms in HdrHistogram's V2 encoding, by series; empty where it is that of the whole report.
    """

    name: str
    environment: dict[str, str | int]
    shards: Ranges
    elapsed_s: float
    longest_s: float
    noise: str = ""
    times: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        """What is equal for the same machine with the same software."""
        return self.name, *sorted(self.environment.items())

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the histograms are kept beside them, in bytes."""
        made = {name: value for name, value in vars(self).items() if name != "codes"}
        return {**made, "shards": [list(one) for one in self.shards]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Reads back what `to_dict` gave."""
        return cls(**{**values, "shards": _ranges(values["shards"])})

    def plus(self, other: Self, times: dict[str, Any], codes: dict[str, bytes]) -> Self:
        """The same machine with what else ran on it; the times of both are the caller's to add."""
        return replace(
            self,
            shards=ranges_of(numbers_of(self.shards) | numbers_of(other.shards)),
            elapsed_s=self.elapsed_s + other.elapsed_s,
            longest_s=max(self.longest_s, other.longest_s),
            noise=max(self.noise, other.noise, key=_LEVELS.index),
            times=times,
            codes=codes,
        )


@dataclass(frozen=True, kw_only=True)
class Shards:
    """The shards of a run that a report has.

    Attributes:
        plan: what tells the run from other ones: a hash of the verb, the target, its options, the seed and the version.
        of: how many shards there are.
        complete: those whose counts the report has.
        failed: those that ended early; none of their counts is here.
        hosts: where they ran.
        divided: what the shards had each a part of, in words.
        retries: attempts beyond the first of those that are complete.
        merged: whether this is what became of all parts; else checks are not judged.
        allowed: whether some may be missing.
        doubled: parts whose shards were there already, in words.
        left_out: files that are no parts or no whole ones, in words.
    """

    plan: str
    of: int
    complete: Ranges
    failed: tuple[Failure, ...] = ()
    hosts: tuple[Host, ...] = ()
    divided: tuple[str, ...] = ()
    retries: int = 0
    merged: bool = False
    allowed: bool = False
    doubled: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many shards are complete."""
        return sum(last - first + 1 for first, last in self.complete)

    @property
    def missing(self) -> Ranges:
        """The shards that are not complete."""
        return ranges_of(set(range(self.of)) - numbers_of(self.complete))

    @property
    def lacks(self) -> bool:
        """Whether a merged report is incomplete although it may not be."""
        return self.merged and not self.allowed and (self.count < self.of or bool(self.left_out))

    @property
    def crashed(self) -> bool:
        """Whether a shard crashed its process each time."""
        return any(one.status == "crashed" for one in self.failed)

    def notices(self) -> list[str]:
        """What has to be said before anything else."""
        told = []
        if not self.merged and self.of > 1:
            verb = "is" if self.count == 1 else "are"
            told.append(
                f"{_counted(self.complete, self.of)} {verb} here; wsksim merge adds them, and judges the checks"
                if self.count
                else f"nothing of {self.of:,} shards is complete here"
            )
        elif self.merged and self.count < self.of:
            lost = self.of - self.count
            verb = "is" if lost == 1 else "are"
            rest = "the counts cover the others" if self.count else "there is nothing to count"
            told.append(f"{self.count:,} of {self.of:,} shards: {words_of(self.missing)} {verb} missing; {rest}")
        told += [
            f"shard {one.shard} {'was lost' if one.status == 'lost' else one.status}"
            f"{f' in {one.attempts} attempts' if one.attempts > 1 else ''}: {one.why}"
            for one in self.failed
        ]
        return told + [f"left out: {one}" for one in self.left_out]

    def rows(self) -> list[tuple[str, str]]:
        """What else is to be said, each under its name."""
        where = f" on {len(self.hosts)} machines" if len(self.hosts) > 1 else ""
        again = f", {self.retries:,} retried" if self.retries else ""
        told = [("shards", f"{self.count:,} of {self.of:,}{where}{again}")]
        series = next((name for name in _TOLD if all(name in host.times for host in self.hosts)), None)
        if len(self.hosts) > 1 and series:
            ends = sorted(self.hosts, key=lambda host: float(host.times[series]["p99.9"]))
            low, high = (f"{in_words(host.times[series]['p99.9'])} ({host.name})" for host in (ends[0], ends[-1]))
            told.append(("machines", f"{series} p99.9 from {low} to {high}"))
        if self.divided:
            told.append(("divided", f"{'; '.join(self.divided)}: each shard had a part of that"))
        return told + [("doubled", one) for one in self.doubled]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **vars(self),
            "complete": [list(one) for one in self.complete],
            "missing": [list(one) for one in self.missing],
            "failed": [dict(vars(one)) for one in self.failed],
            "hosts": [one.to_dict() for one in self.hosts],
            **{name: list(getattr(self, name)) for name in ("divided", "doubled", "left_out")},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Reads back what `to_dict` gave."""
        read = {
            **{name: value for name, value in values.items() if name != "missing"},
            "complete": _ranges(values["complete"]),
            "failed": tuple(Failure(**one) for one in values["failed"]),
            "hosts": tuple(map(Host.from_dict, values["hosts"])),
            **{name: tuple(values[name]) for name in ("divided", "doubled", "left_out")},
        }
        return cls(**read)

    def check_same_run(self, other: Self) -> None:
        """Refuses shards of another run.

        Raises:
            ReportError: they are.
        """
        # Of a process that crashed nobody knows what its options came to.
        if self.of != other.of:
            asked = f"shards: asked to add {self.of:,} shards; found others of {other.of:,}"
            raise ReportError(f"{asked}; add the shards of one run")
        if self.plan and other.plan and self.plan != other.plan:
            raise ReportError(
                "shards: asked to add shards of one run; found another plan; add what the same command made"
            )


def _counted(ranges: Ranges, of: int) -> str:
    several = len(ranges) > 1 or (ranges and ranges[0][0] < ranges[0][1])
    return f"shard{'s' if several else ''} {words_of(ranges)} of {of:,}"


def _ranges(values: list[list[int]]) -> Ranges:
    return tuple((int(first), int(last)) for first, last in values)
