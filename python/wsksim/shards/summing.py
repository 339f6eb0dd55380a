"""Summing: what two reports of shards say of them together, as a merge of their parts says it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wsksim.errors import ReportError
from wsksim.shards.coverage import Failure, Shards
from wsksim.shards.hosts import add_hosts
from wsksim.shards.ranges import numbers_of, ranges_of, words_of

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["add_shards", "blank", "more_telling"]


def add_shards(first: "Report", second: "Report") -> Shards | None:
    """The shards of both; None if these are whole runs.

    Raises:
        ReportError: one is a whole run, the shards are of different runs, or one is in both.
    """
    one, other = first.shards, second.shards
    if one is None and other is None:
        return None
    if one is None or other is None:
        raise ReportError(
            "report: asked to add a shard to a whole run; found that they have runs in common; add shards"
        )
    one.check_same_run(other)
    twice = numbers_of(one.complete) & numbers_of(other.complete)
    if twice:
        asked = f"report: asked to add shards; found {words_of(ranges_of(twice))} in both"
        raise ReportError(f"{asked}; add each once")
    complete = numbers_of(one.complete) | numbers_of(other.complete)
    return replace(
        one,
        plan=one.plan or other.plan,
        complete=ranges_of(complete),
        failed=_failures([*one.failed, *other.failed], complete),
        hosts=add_hosts(report for report in (first, second) if report.shards and report.shards.complete),
        divided=one.divided or other.divided,
        retries=one.retries + other.retries,
        merged=len(complete) == one.of,
    )


def _failures(told: Iterable[Failure], complete: set[int]) -> tuple[Failure, ...]:
    kept: dict[int, Failure] = {}
    for each in told:
        if each.shard not in complete and more_telling(each, kept.get(each.shard)):
            kept[each.shard] = each
    return tuple(kept[shard] for shard in sorted(kept))


def more_telling(one: Failure, known: Failure | None) -> bool:
    """Whether it says more of its shard than what is known: that of the last attempt does."""
    return known is None or known.attempts <= one.attempts


def blank(report: "Report") -> "Report":
    """The report of a run of which no shard is complete."""
    none: dict[str, Any] = {
        part: dict.fromkeys(getattr(report, part), 0)
        for part in ("posted", "indicated", "withheld", "pending", "refused")
    }
    return replace(
        report,
        **none,
        findings=0,
        finding_list=(),
        notes=(),
        elapsed_s=0.0,
        interrupted=False,
        stopped="",
        at_least=False,
        crashed=None,
        storm={} if report.crashed else {name: value for name, value in report.storm.items() if name == "model"},
        capture={},
    )
