"""Cautions: what of a divided run depends on the number of shards."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["cautions"]


def cautions(report: "Report") -> list[str]:
    """What a reader has to know of a run of several applications, in sentences."""
    shards = report.shards
    if shards is None or shards.of == 1 or report.lives is None:
        return []
    own = f"each of the {shards.of:,} shards had an application of its own"
    told = [f"{own}: what that asks for once, as it starts and stops, is counted once a shard"]
    full = (report.storm.get("refusals") or {}).get("backlog")
    if full:
        told.append(
            f"lives shared the backlog of a listener, which {full:,} found full: with another number of shards the "
            "plan and its digest are the same, but others may be refused, and so what became of lives, edges, bytes "
            "and requests may differ"
        )
    return told
