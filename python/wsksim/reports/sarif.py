"""SARIF 2.1.0: findings and notes as results with their lines, for code scanners.

The format is OASIS's (https://docs.oasis-open.org/sarif/sarif/v2.1.0/). Failed checks and a crash have no line; they
are notifications of the invocation.
"""

import hashlib
import json
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wsksim import __version__
from wsksim.contract import Finding
from wsksim.contract.rules import BY_ID
from wsksim.reports.places import place
from wsksim.wording import printable

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME: Final = "https://github.com/wsksim/wsksim"
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]")


def render(report: "Report") -> bytes:
    """Returns the log."""
    told = [*report.finding_list, *report.notes]
    ids = list(dict.fromkeys(one.rule for one in told))
    run = {
        "tool": {
            "driver": {
                "name": "wsksim",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": _HOME,
                "rules": [_rule(name) for name in ids],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(one, ids.index(one.rule)) for one in told],
    }
    return (json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n").encode()


def _rule(name: str) -> dict[str, Any]:
    rule = BY_ID.get(name)
    if rule is None:
        return {"id": name}
    made: dict[str, Any] = {"id": name, "shortDescription": {"text": rule.statement}}
    if rule.advice:
        made["help"] = {"text": rule.advice}
    if rule.urls:
        made["helpUri"] = rule.urls[0]
    return made


def _result(finding: Finding, index: int) -> dict[str, Any]:
    parts = [finding.condition, f"Found: {finding.found}.", finding.advice, f"Again: {finding.again}"]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": "note" if finding.kind == "note" else "error",
        "message": {"text": printable(" ".join(filter(None, parts)))},
        "occurrenceCount": finding.count,
        # The same finding in the next run, whatever its edge and its seed are.
        "partialFingerprints": {"wsksim/v1": _fingerprint(finding)},
        "properties": {
            "socket": finding.socket,
            "context": printable(finding.context),
            "inside": finding.inside,
            "edge": finding.edge,
            "step": finding.step,
        },
    }
    first = _location(finding.site, finding.function)
    if first:
        result["locations"] = [first]
    other = _location(finding.other_site, finding.other_function)
    if other and "physicalLocation" in other:
        result["relatedLocations"] = [{"id": 1, **other}]
    return result


def _fingerprint(finding: Finding) -> str:
    file = finding.site.rpartition(":")[0]
    text = repr((finding.rule, file, finding.function, finding.advice))
    return hashlib.sha256(printable(text).encode()).hexdigest()[:32]


def _location(site: str, function: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    found = place(site)
    if found is not None:
        made["physicalLocation"] = {"artifactLocation": {"uri": _uri(found.file)}, "region": {"startLine": found.line}}
    if function:
        made["logicalLocations"] = [{"fullyQualifiedName": printable(function), "kind": "function"}]
    return made


def _uri(file: str) -> str:
    path = PurePath(file).as_posix()
    name = quote(path.encode("utf-8", "surrogateescape"), safe="/._-~:" if _WINDOWS.match(file) else "/._-~")
    return f"file:///{name.lstrip('/')}" if path.startswith("/") or _WINDOWS.match(file) else name


def _invocation(report: "Report") -> dict[str, Any]:
    told = [f"asked for {row.check}; found {row.found}" for row in report.checks if not row.good]
    told += [report.crashed["text"]] if report.crashed else []
    told += [report.stopped] if report.stopped else []
    told += report.shards.notices() if report.shards else []
    # A report that may lack shards is no failure of the command, and yet not of all that was asked for.
    lacks = report.shards is not None and report.shards.merged and bool(report.shards.missing or report.shards.left_out)
    return {
        "executionSuccessful": not (report.partial or lacks),
        "exitCode": report.exit_code,
        "commandLine": printable(report.repeat),
        "toolExecutionNotifications": [{"level": "error", "message": {"text": printable(text)}} for text in told],
    }
