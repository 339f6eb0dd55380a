"""GitHub annotations: each finding, note and failed check as a workflow command that GitHub shows at its line.

What came from outside is escaped as the runner's own toolkit does, so that no text of a handler is a command
(https://github.com/actions/toolkit, `packages/core/src/command.ts`).
"""

from typing import TYPE_CHECKING

from wsksim.contract import Finding
from wsksim.reports.places import place
from wsksim.reports.plain import plain
from wsksim.reports.words import count

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render"]


def render(report: "Report") -> bytes:
    """Returns the commands, and a last one that sums up."""
    lines = [_finding("error", one) for one in report.finding_list]
    lines += [_finding("notice", one) for one in report.notes]
    for row in report.checks:
        if not row.good:
            lines.append(_command("error", f"asked for {row.check}; found {row.found}", title="check failed"))
    if report.crashed:
        lines.append(_command("error", f"{report.crashed['text']}\n{report.crashed['again']}", title="crash"))
    sums = f"{count(report.findings, 'finding')} in {count(sum(report.indicated.values()), 'indication')}"
    failed = sum(not row.good for row in report.checks)
    sums += f", {failed} of {count(len(report.checks), 'check')} failed" if report.checks else ""
    lines.append(_command("notice", f"{report.handler}: {sums}; exit {report.exit_code}", title="wsksim"))
    return ("\n".join(lines) + "\n").encode()


def _finding(level: str, finding: Finding) -> str:
    told = [finding.found, f"do: {finding.advice}" if finding.advice else "", f"again: {finding.again}"]
    message = "\n".join([f"{finding.condition} ({count(finding.count, 'time')})", *filter(None, told)])
    found = place(finding.site)
    where = {} if found is None else {"file": found.file, "line": str(found.line)}
    return _command(level, message, **where, title=f"wsksim {finding.rule}")


def _command(level: str, message: str, **properties: str) -> str:
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {given}::{_data(message)}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
