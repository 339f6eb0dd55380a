"""The report of shards as the file that `wsksim merge` adds."""

from typing import TYPE_CHECKING

from wsksim.errors import ReportError
from wsksim.shards.parts import encode

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render"]


def render(report: "Report") -> bytes:
    """Returns the part.

    Raises:
        ReportError: the report is none of shards.
    """
    if report.shards is None:
        asked = "report: asked for a part that wsksim merge adds; found the report of a run that was not divided"
        raise ReportError(f"{asked}; run a shard, such as --shard 0/1 for all of it")
    return encode(report.to_dict(), [host.codes for host in report.shards.hosts])
