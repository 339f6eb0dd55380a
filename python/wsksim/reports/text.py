"""Text: a report for a terminal, a pipe or a log: checks, findings, counts, times, and the exit code last.

It is aligned at any width from 80 columns on; a word that is longer than a line stays whole. Words
such as `ok` and `FAIL` carry the meaning, colour only helps.
"""

import re
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wsksim.reports.plain import plain
from wsksim.reports.words import (
    count,
    driver_words,
    edges_per_second,
    fate_words,
    life_words,
    missed_words,
    noise_words,
    request_words,
)
from wsksim.runs.damages import damages
from wsksim.runs.measured import SERIES
from wsksim.runs.times import in_words, rate_check
from wsksim.shards.cautions import cautions, shard_rows

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render"]

_LABEL: Final = 10
_COLUMNS: Final = ("p50", "p90", "p99", "p99.9", "max")
_COLOURS: Final = {
    "ok": "\x1b[32m",
    "FAIL": "\x1b[1;31m",
    "CRASH": "\x1b[1;31m",
    "LATE": "\x1b[33m",
    "PART": "\x1b[33m",
    "NOTE": "\x1b[33m",
    "?": "\x1b[33m",
}
_NOTE: Final = "NOTE  "
# Of what a driver printed.
_PRINTED: Final = 20
_PRINTED_WIDTH: Final = 200
_PLAIN: Final = "\x1b[0m"
_COMMAND: Final = re.compile(r"^([ \t]*)::", re.MULTILINE)


def render(report: "Report", *, width: int, colour: bool, brief: bool, code: int | None) -> str:
    """Returns the text, as `Report.text` says."""
    lines = [*_notices(report, width), *_checks(report, width), *_findings(report, width), *_shown(report)]
    if not brief:
        lines += [*_counts(report, width), *_times(report, width), *_about(report, width)]
    lines.append(f"exit {report.exit_code if code is None else code}")
    # A line that begins so would be a command to GitHub, whose runner reads what is printed.
    text = _COMMAND.sub(r"\1: :", plain("\n".join(lines)))
    return "\n".join(map(_coloured, text.split("\n"))) if colour else text


def _coloured(line: str) -> str:
    word, _, rest = line.partition(" ")
    return f"{_COLOURS[word]}{word}{_PLAIN} {rest}" if word in _COLOURS and rest else line


def _notices(report: "Report", width: int) -> list[str]:
    told = report.shards.notices() if report.shards else []
    lines = [line for text in told for line in _wrapped("PART  ", text, width)]
    if report.crashed:
        lines += _wrapped("CRASH ", report.crashed["text"], width)
        lines += [f"      | {line}" for line in report.crashed["stack"].splitlines()]
        lines += _wrapped("again ", report.crashed["again"], 10**6)
    for text in report.storm.get("failures") or ():
        lines += _wrapped("FAIL  ", text, width)
    early = ["interrupted"] if report.interrupted else []
    early += [report.stopped] if report.stopped else []
    for why in early:
        lines += _wrapped("PART  ", f"{why}; the counts cover what was done until then", width)
    for text in damages(report.capture):
        lines += _wrapped("PART  ", f"{text}; read until there", width)
    for note in (*report.capture.get("capture_notes", ()), *cautions(report)):
        lines += _wrapped("NOTE  ", note, width)
    return lines


def _checks(report: "Report", width: int) -> list[str]:
    rows = [(_verdict(row.good), row.check, row.found) for row in report.checks]
    calls = sum(report.indicated.values())
    least = "at least " if report.at_least else ""
    # Of a process that is gone nobody knows what else it found.
    good = None if report.unknown else report.findings == 0
    found = f"{least}{count(report.findings, 'finding')} in {least}{count(calls, 'indication')}"
    rows.append((_verdict(good), "findings", "unknown: the process that kept them is gone" if good is None else found))
    whole = f"posted = indicated + withheld + pending{'; each life has one fate' if report.lives else ''}"
    missing = "unknown: what was not counted before the run was cut off is missing"
    rows.append((_verdict(report.balanced), "balance", missing if report.at_least else whole))
    if report.storm.get("pace"):
        kept, text = rate_check(report.storm["pace"])
        rows.append(("ok" if kept else "LATE", "rate", text))
    column = max(_LABEL, *(len(name) + 2 for _, name, _ in rows if name not in {"findings", "balance", "rate"}), 0)
    return [line for verdict, name, text in rows for line in _wrapped(f"{verdict:<5} {name:<{column}} ", text, width)]


def _verdict(good: bool | None) -> str:  # noqa: FBT001 - a verdict, not an option
    return "?" if good is None else "ok" if good else "FAIL"


def _findings(report: "Report", width: int) -> list[str]:
    lines = [finding.text(width) for finding in report.finding_list]
    told = sum(finding.count for finding in report.finding_list)
    if lines and report.findings > told:
        which = "of these kinds or others" if report.at_least else "of other kinds or at other places"
        lines.append(f"      (and {report.findings - told:,} more findings, {which})")
    return lines + [f"{_NOTE}{note.text(width - len(_NOTE)).lstrip()}" for note in report.notes]


def _shown(report: "Report") -> list[str]:
    """What a driver printed, the last lines, and what failed on demand."""
    lines = []
    for one in (report.storm.get("driver") or {}).get("shown") or ():
        last = one["printed"][-_PRINTED:]
        what = f" printed {count(one['lines'], 'line')}" if one["lines"] else ""
        what += f", these last {len(last):,}:" if one["lines"] > len(last) else ":" if last else ""
        lines.append(f"seed {one['seed']}{what}")
        lines += [f"      | {text[:_PRINTED_WIDTH]}" for text in last]
        lines += [f"      {one['injected']}"] if one["injected"] else []
        lines.append(f"again {one['again']}")
    return lines


def _counts(report: "Report", width: int) -> list[str]:
    rows = []
    capture = report.capture
    if capture:
        names = ("packets", "tcp_packets", "flows", "established")
        rows.append(("capture", ", ".join(f"{name} {capture[name]:,}" for name in names)))
        skipped = {reason: number for reason, number in capture["skipped"].items() if number}
        rows += [("skipped", _sum(skipped))] if skipped else []
    if report.storm.get("driver"):
        rows.append(("driver", driver_words(report.storm["driver"])))
    if report.lives:
        rows.append(("lives", fate_words(report.lives)))
        rows += life_words(report)
    asked = request_words(report.storm.get("requests") or {})
    least = "at least " if report.at_least else ""
    rows.append(("posted", least + _sum(report.posted)))
    rows.append(("indicated", least + _sum(report.indicated)))
    rows.append(("withheld", _sum(report.withheld, empty=False)))
    rows.append(("pending", ("about " if report.at_least else "") + _sum(report.pending)))
    rows.append(("refused", _sum(report.refused, empty=False)))
    lines = [line for name, text in rows for line in _row(name, text, width)]
    column = max((len(name) for name, _ in asked), default=0)
    return lines + [line for name, text in asked for line in _wrapped(f"{name:<{column}} ", text, width)]


def _sum(values: Mapping[str, int], *, empty: bool = True) -> str:
    parts = ", ".join(f"{name} {number:,}" for name, number in values.items() if number or empty)
    return f"{sum(values.values()):,}" + (f" ({parts})" if parts else "")


def _times(report: "Report", width: int) -> list[str]:
    table: dict[str, Any] = {name: report.storm.get(f"{name}_ns") for name in SERIES}
    measured = {name: times for name, times in table.items() if times and times["count"]}
    if not measured:
        return []
    label = max(_LABEL, *map(len, measured))
    lines = [f"{'time':<{label}} {'count':>15}" + "".join(f" {column:>8}" for column in _COLUMNS)]
    for name, times in measured.items():
        marks = "".join(f" {in_words(times[column]):>8}" for column in _COLUMNS)
        lines.append(f"{name:<{label}} {times['count']:>15,}{marks}")
        if name == "accept" and report.lives and report.lives.unaccepted:
            lines += _wrapped(" " * (label + 1), f"of these {missed_words(report.lives.unaccepted)}", width)
    return lines


def _about(report: "Report", width: int) -> list[str]:
    rows = []
    if report.storm.get("noise"):
        rows.append(("host noise", noise_words(report.storm["noise"])))
    if report.storm.get("plan"):
        rows.append(("plan", f"{report.storm['plan']} ({report.storm['model']} model)"))
    rows.append(("rate", edges_per_second(report)))
    rows += shard_rows(report)
    rows.append(("seed", str(report.seed)))
    kind = "driver" if report.storm.get("driver") else "target" if report.lives else "handler"
    rows.append((kind, report.handler))
    return [line for name, text in rows for line in _row(name, text, width)]


def _row(name: str, text: str, width: int) -> list[str]:
    return _wrapped(f"{name:<{_LABEL}} ", text, width)


def _wrapped(head: str, text: str, width: int) -> list[str]:
    room = " " * len(head)
    lines = textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=room, break_long_words=False, break_on_hyphens=False
    )
    return lines or [head.rstrip()]
