"""Cautions: what of a divided run depends on the number of shards."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["cautions", "shard_rows"]


def shard_rows(report: "Report") -> list[tuple[str, str]]:
    """What a report says of its shards, each row under its name."""
    shards = report.shards
    if shards is None:
        return []
    rows = shards.rows()
    if shards.of > 1 and report.lives is not None:
        own = f"each of the {shards.of:,} shards had an application of its own"
        rows.append(("apart", f"{own}: what that asks for once, as it starts and stops, is counted once a shard"))
    return rows


def cautions(report: "Report") -> list[str]:
    """What would be different with another number of shards, in sentences."""
    full = (report.storm.get("refusals") or {}).get("backlog")
    if report.shards is None or report.shards.of == 1 or not full:
        return []
    text = (
        f"lives shared the backlog of a listener, which {full:,} found full: with another number of shards the plan "
        "and its digest are the same, but others may be refused, and so what became of lives, edges, bytes and "
        "requests may differ"
    )
    return [text]
