"""Recording: what the report of a shard says of it."""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wsksim.runs.measured import SERIES
from wsksim.shards.coverage import Failure, Host, Shards, Status
from wsksim.shards.dividing import Shard

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["attempted", "recorded"]


def recorded(report: "Report", shard: Shard, divided: Sequence[str] = ()) -> "Report":
    """The report of a run as that of a shard, which it was.

    Args:
        report: what the run gave; its checks are not judged, for they are about all shards.
        shard: which shard it was.
        divided: what the shards have each a part of, in words.
    """
    if report.repeat.startswith("wsksim.") and report.repeat.endswith(")"):
        report = report.repeated_by(f"{report.repeat[:-1]}, shard={tuple(shard)})")
    failure = _failure(report, shard)
    noise = report.storm.get("noise")
    host = Host(
        name=platform.node() or "unnamed",
        environment=dict(report.environment),
        shards=() if failure else ((shard.number, shard.number),),
        elapsed_s=report.elapsed_s,
        longest_s=report.elapsed_s,
        noise=noise["level"] if noise else "",
        times={name: times for name in SERIES if (times := report.storm.get(f"{name}_ns"))},
    )
    shards = Shards(
        plan="" if report.crashed else _plan(report),
        of=shard.of,
        complete=host.shards,
        failed=(failure,) if failure else (),
        hosts=(host,),
        divided=tuple(divided),
    )
    return replace(report, shards=shards)


def attempted(report: "Report", attempt: int) -> "Report":
    """The report of a shard that was tried so often."""
    assert report.shards is not None, "Invariant: of a shard"  # noqa: S101
    failed = tuple(replace(one, attempts=attempt) for one in report.shards.failed)
    retries = attempt - 1 if report.shards.complete else 0
    return replace(report, shards=replace(report.shards, failed=failed, retries=retries))


def _failure(report: "Report", shard: Shard) -> Failure | None:
    """Why it is not complete. A capture that is cut is read as far as it goes each time: it is complete."""
    found: tuple[Status, str] | None = None
    if report.crashed:
        found = "crashed", report.crashed["text"]
    elif report.interrupted:
        found = "interrupted", report.stopped or "by Ctrl-C"
    elif report.stopped:
        found = "stopped", report.stopped
    return None if found is None else Failure(shard=shard.number, status=found[0], why=found[1])


def _plan(report: "Report") -> str:
    what = [report.verb, report.handler, report.options, str(report.seed), report.environment["wsksim"]]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:32]
