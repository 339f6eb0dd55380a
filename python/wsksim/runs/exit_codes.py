"""Exit codes: what the command line ends with, and which of them a report means."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = [
    "EXIT_CRASHED",
    "EXIT_FINDINGS",
    "EXIT_GOOD",
    "EXIT_INCOMPLETE",
    "EXIT_INTERRUPTED",
    "EXIT_USAGE",
    "exit_code_of",
]

EXIT_GOOD: Final = 0
EXIT_FINDINGS: Final = 1
EXIT_USAGE: Final = 2
EXIT_INCOMPLETE: Final = 3
EXIT_CRASHED: Final = 4
EXIT_INTERRUPTED: Final = 130


def exit_code_of(report: "Report") -> int:
    """The exit code of the command line for a report."""
    shards = report.shards
    if report.crashed or (shards and shards.crashed):
        return EXIT_CRASHED
    if report.interrupted:
        return EXIT_INTERRUPTED
    if shards and not shards.merged:
        # Who retries what does not end with 0 would retry findings for ever: the merge of all shards judges them.
        return EXIT_INCOMPLETE if report.stopped else EXIT_GOOD
    if report.partial:
        return EXIT_INCOMPLETE
    failed = any(not check["good"] for check in report.storm.get("checks") or ()) or report.storm.get("failures")
    return EXIT_FINDINGS if report.findings or failed else EXIT_GOOD
