"""Cautions: what of a divided run depends on the number of shards."""

from typing import TYPE_CHECKING, Final

from wsksim.plans.plan import Plan
from wsksim.shards.dividing import BLOCK, blocks_of

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["cautions", "shard_rows"]

_EACH_A_BACKLOG: Final = "lives share the backlog of a listener, and each shard has listeners of its own"


def shard_rows(report: "Report") -> list[tuple[str, str]]:
    """What a report says of its shards, each row under its name."""
    shards = report.shards
    if shards is None:
        return []
    rows = shards.rows()
    if shards.of > 1 and report.lives is not None:
        own = f"each of the {shards.of:,} shards had an application of its own"
        rows.append(("apart", f"{own}: what that asks for once, as it starts and stops, is counted once a shard"))
        # Also where nobody was refused: it may be the division that left each backlog room enough.
        rows.append(("backlogs", f"{_EACH_A_BACKLOG}: with another number of shards others may be refused"))
    idle = _idle(report, shards.of)
    return [*rows, ("idle", idle)] if idle else rows


def _idle(report: "Report", of: int) -> str:
    """Which shards have nothing to do, because there are fewer blocks."""
    plan, edges = report.options.get("plan"), report.options.get("disconnects")
    if isinstance(plan, str):
        blocks, what = blocks_of(Plan.from_toml(plan)), "lives, and each group has its own"
    elif isinstance(edges, int):
        blocks, what = -(-edges // BLOCK), "edges"
    else:
        return ""
    if blocks >= of:
        return ""
    several = f"shards {blocks:,} to {of - 1:,} have" if blocks + 1 < of else f"shard {blocks:,} has"
    count = "is 1 block" if blocks == 1 else f"are {blocks:,} blocks"
    return f"{several} nothing to do: there {count} of at most {BLOCK:,} {what}"


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
