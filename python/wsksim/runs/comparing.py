"""Comparing: the reports of runs before and after a change, and which differences are more than noise.

Counts, checks and findings are compared as they are, for the same plan gives the same ones. Times vary from run to run,
so each difference of theirs is judged by a rank test over repeated runs: the exact one of Mann and Whitney (1947), on
both sides, with ties.

A dozen such tests at one in a hundred would accuse one comparison of nothing in ten. What fails a build is that any of
them accuses, so it is the chance of that which is kept to one in a hundred, whatever the tests have to do with each
other: by Holm's method (1979), where the smallest chance counts as often as there are tests, the next one as often as
are left, and so on. Benjamini and Hochberg's would keep a share of the accusations true, not the builds that fail for
nothing. The more tests, the more runs are needed for the rarest order of ranks to be rare enough; with fewer than these
it says so.

A difference that is real may still be too small for anybody to care: the smallest relevant change is told from the
outside.
"""

import functools
import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from wsksim.contract import Finding
from wsksim.plans.checks import read_check
from wsksim.runs.measured import SERIES
from wsksim.runs.report import Report

__all__ = ["ALPHA", "RELEVANT", "Changed", "Difference", "Measured", "compare", "rank_test", "runs_needed"]

# How often comparisons of what does not differ accuse anything.
ALPHA: Final = 0.01
# By which share a median has to change to matter, unless told.
RELEVANT: Final = 0.05
# Fewer runs a side are too few, whatever is on the other side.
_FEWEST: Final = 5
_MARKS: Final = ("p50", "p99", "p99.9")
# Beyond so many runs the sum of ranks is as good as normal.
_EXACT: Final = 40
_PARTS: Final = ("posted", "indicated", "withheld", "pending", "refused")
_STORM_PARTS: Final = ("lives", "refusals", "bytes", "left", "requests")
_ALONE: Final = ("accepted", "virtual_s", "plan")

Verdict = Literal["same", "noise", "small", "better", "worse", "unknown"]


@dataclass(frozen=True)
class Measured:
    """A figure that varies from run to run.

    Attributes:
        name: such as `response.p99`.
        unit: `ns`, or `1/s`.
        old: its value in each run before.
        new: and after.
        better: 1 if more of it is better, -1 if less is.
        chance: how likely one of all the differences is as large without a cause; None if too few runs can tell.
        verdict: what that means; `small` is a difference that is real and not relevant.
    """

    name: str
    unit: str
    old: tuple[float, ...]
    new: tuple[float, ...]
    better: Literal[-1, 1]
    chance: float | None = None
    verdict: Verdict = "unknown"

    @property
    def change(self) -> float:
        """By which share the median changed."""
        before = statistics.median(self.old)
        return statistics.median(self.new) / before - 1 if before else 0.0


@dataclass(frozen=True)
class Changed:
    """A count that is not the same.

    Attributes:
        name: such as `lives.timed_out`.
        old: the values that it had before, each once.
        new: and after.
    """

    name: str
    old: tuple[Any, ...]
    new: tuple[Any, ...]


@dataclass(frozen=True)
class Difference:
    """What differs between runs before and after.

    Attributes:
        runs: how many on either side.
        relevant: by which share a median had to change to matter.
        needed: so many runs of each side can tell noise.
        plans: which of verb, handler, seed and options are not the same; nothing if the plan is.
        times: what varies from run to run.
        counts: what does not, and changed.
        checks: those that hold on one side alone, with how it was before.
        new, gone, more: findings that only the runs after have, that only those before have, and that are more now.
        worse: what got worse, in words.
        unsure: what is worse in these runs, which are too few to tell it from noise.
    """

    runs: tuple[int, int]
    relevant: float
    needed: int
    plans: tuple[Changed, ...]
    times: tuple[Measured, ...]
    counts: tuple[Changed, ...]
    checks: tuple[Changed, ...]
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    more: tuple[tuple[Finding, int], ...]
    worse: tuple[str, ...]
    unsure: tuple[str, ...]

    @property
    def noise_is_known(self) -> bool:
        """Whether there are runs enough to tell noise."""
        return all(one.verdict != "unknown" for one in self.times)


def compare(old: Sequence[Report], new: Sequence[Report], *, relevant: float = RELEVANT) -> Difference:
    """Compares runs before a change with runs after it; at least one of each.

    Args:
        old: the runs before.
        new: those after.
        relevant: by which share the median of a time has to change to matter.
    """
    measured = list(_times(old, new))
    tests = sum(not _is_same(one) for one in measured)
    times = tuple(_judged(measured, relevant))
    checks = tuple(_changes(map(_checks, old), map(_checks, new)))
    before, after = _findings(old), _findings(new)
    fresh = tuple(finding for key, (finding, _) in after.items() if key not in before)
    gone = tuple(finding for key, (finding, _) in before.items() if key not in after)
    more = tuple(
        (finding, min(counts) - max(before[key][1]))
        for key, (finding, counts) in after.items()
        if key in before and min(counts) > max(before[key][1])
    )
    # By this machine's clock counts vary too, and so do checks of times by any.
    varies = any(report.storm.get("pace") for report in (*old, *new))
    tells = _tells(len(old), len(new), max(tests, 1))
    worse = [f"{one.name} {one.change:+.1%}" for one in times if one.verdict == "worse"]
    unsure: list[str] = []
    for one in checks:
        if False in one.new and False not in one.old:
            certain = tells or (not varies and read_check("check", one.name).unit != "time")
            (worse if certain else unsure).append(f"check {one.name} fails")
    worse += [f"new finding {one.rule}" for one in fresh if one.kind != "note"]
    rules = [f"more findings {one.rule}" for one, _ in more if one.kind != "note"]
    (worse if tells or not varies else unsure).extend(rules)
    ends = [max(report.exit_code for report in side) for side in (old, new)]
    worse += [f"exit {ends[1]}, was {ends[0]}"] if ends[1] > max(ends[0], 1) else []
    return Difference(
        runs=(len(old), len(new)),
        relevant=relevant,
        needed=runs_needed(tests),
        plans=tuple(_changes(map(_plan, old), map(_plan, new))),
        times=times,
        counts=tuple(_changes(map(_counts, old), map(_counts, new))),
        checks=checks,
        new=fresh,
        gone=gone,
        more=more,
        worse=tuple(worse),
        unsure=tuple(unsure),
    )


def runs_needed(tests: int) -> int:
    """How many runs of each side can tell noise in so many tests."""
    return next(runs for runs in itertools.count(_FEWEST) if _tells(runs, runs, max(tests, 1)))


def _tells(old: int, new: int, tests: int) -> bool:
    """Whether the rarest order of ranks of so many runs is rare enough for the first of so many tests."""
    return min(old, new) >= _FEWEST and 2 / math.comb(old + new, old) <= ALPHA / tests


def rank_test(old: Sequence[float], new: Sequence[float]) -> float:
    """How likely the ranks of both are as far apart as these, or farther, if nothing makes them differ."""
    together = sorted([*old, *new])
    # Twice the middle rank of equal ones, so that all are whole.
    ranks = {value: 2 * together.index(value) + 1 + together.count(value) for value in set(together)}
    doubled = [ranks[value] for value in together]
    size, total = len(old), len(together)
    found = sum(ranks[value] for value in old)
    middle = size * (total + 1)
    if total > _EXACT:
        ties = sum(together.count(value) ** 3 - together.count(value) for value in set(together))
        spread = size * len(new) / 12 * ((total + 1) - ties / (total * (total - 1)))
        return math.erfc(abs(found - middle) / 2 / math.sqrt(2 * spread)) if spread else 1.0
    ways = _ways(size, tuple(doubled))
    far = sum(number for reached, number in ways.items() if abs(reached - middle) >= abs(found - middle))
    return far / math.comb(total, size)


@functools.cache
def _ways(size: int, ranks: tuple[int, ...]) -> Mapping[int, int]:
    """In how many ways so many of the ranks add up to each sum."""
    ways: list[dict[int, int]] = [{0: 1}, *({} for _ in range(size))]
    for rank in ranks:
        for chosen in range(size, 0, -1):
            for reached, number in ways[chosen - 1].items():
                ways[chosen][reached + rank] = ways[chosen].get(reached + rank, 0) + number
    return ways[size]


def _times(old: Sequence[Report], new: Sequence[Report]) -> Iterator[Measured]:
    for series in SERIES:
        for mark in _MARKS:
            before, after = (
                [float(times[mark]) for report in side if (times := report.storm.get(f"{series}_ns"))]
                for side in (old, new)
            )
            if len(before) == len(old) and len(after) == len(new):
                yield Measured(f"{series}.{mark}", "ns", tuple(before), tuple(after), -1)
    if not any(report.storm.get("pace") for report in (*old, *new)):
        before, after = ([one.rate for one in side] for side in (old, new))
        yield Measured("rate", "1/s", tuple(before), tuple(after), 1)


def _is_same(one: Measured) -> bool:
    return len({*one.old, *one.new}) == 1


def _judged(measured: Sequence[Measured], relevant: float) -> list[Measured]:
    """Each with its verdict, by Holm's method: the chances in their order, each as often as there are tests left."""
    tests = [one for one in measured if not _is_same(one)]
    if not tests or not _tells(len(tests[0].old), len(tests[0].new), len(tests)):
        return [replace(one, verdict="same") if _is_same(one) else one for one in measured]
    verdicts, least = {}, 0.0
    chances = sorted(((rank_test(one.old, one.new), at) for at, one in enumerate(tests)))
    for left, (chance, at) in zip(range(len(tests), 0, -1), chances, strict=True):
        least = min(max(least, chance * left), 1.0)
        one = tests[at]
        grew = statistics.median(one.new) - statistics.median(one.old)
        verdict: Verdict = "better" if grew * one.better > 0 else "worse"
        if least > ALPHA or grew == 0:
            verdict = "noise"
        elif statistics.median(one.old) and abs(one.change) < relevant:
            verdict = "small"
        verdicts[one.name] = replace(one, chance=least, verdict=verdict)
    return [verdicts.get(one.name) or replace(one, verdict="same") for one in measured]


def _changes(old: Iterator[dict[str, Any]], new: Iterator[dict[str, Any]]) -> Iterator[Changed]:
    before, after = list(old), list(new)
    for name in dict.fromkeys(name for side in (*before, *after) for name in side):
        sides = [_distinct([one.get(name) for one in side]) for side in (before, after)]
        # Where the runs of one side differ among themselves, only what no run of the other side had is a change.
        if sides[0] != sides[1] and not any(value in sides[0] for value in sides[1]):
            yield Changed(name, tuple(sides[0]), tuple(sides[1]))


def _distinct(values: list[Any]) -> list[Any]:
    made: list[Any] = []
    for value in values:
        if value not in made:
            made.append(value)
    return made


def _plan(report: Report) -> dict[str, Any]:
    return {"verb": report.verb, "handler": report.handler, "seed": report.seed, **report.options}


def _checks(report: Report) -> dict[str, Any]:
    return {row.check: row.good for row in report.checks}


def _counts(report: Report) -> dict[str, Any]:
    made: dict[str, Any] = {"findings": report.findings}
    parts = {part: getattr(report, part) for part in _PARTS}
    parts |= {part: report.storm.get(part) or {} for part in _STORM_PARTS}
    for part, values in parts.items():
        for name, value in values.items():
            inner = value if isinstance(value, dict) else {"": value}
            made |= {f"{part}.{name}{'.' if key else ''}{key}": number for key, number in inner.items()}
    made |= {name: report.storm[name] for name in _ALONE if report.storm.get(name) is not None}
    made |= {name: value for name, value in report.capture.items() if isinstance(value, int)}
    return made


def _findings(reports: Sequence[Report]) -> dict[tuple[str, ...], tuple[Finding, list[int]]]:
    """Each finding and note by rule, function and file, with how often each run has it: lines move with every edit."""
    made: dict[tuple[str, ...], tuple[Finding, list[int]]] = {}
    for at, report in enumerate(reports):
        for finding in (*report.finding_list, *report.notes):
            key = (finding.kind, finding.rule, finding.function, finding.site.rpartition(":")[0], finding.advice)
            _, counts = made.setdefault(key, (finding, [0] * len(reports)))
            counts[at] += finding.count
    return made
