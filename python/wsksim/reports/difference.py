"""Difference: what changed between runs, as text and as plain values."""

import statistics
from dataclasses import asdict
from typing import Any, Final

from wsksim.contract import Finding
from wsksim.reports.plain import plain
from wsksim.runs.comparing import ALPHA, Changed, Difference, Measured
from wsksim.runs.times import in_words

__all__ = ["SCHEMA_VERSION", "as_text", "to_dict"]

SCHEMA_VERSION: Final = 1

_WORDS: Final = {
    "same": "same",
    "noise": "noise",
    "small": "small",
    "better": "better",
    "worse": "WORSE",
    "unknown": "?",
}
_LONGEST: Final = 60
# From where a change is told as a factor.
_TIMES: Final = 10


def to_dict(difference: Difference, code: int) -> dict[str, Any]:
    """Plain values, as `--json` prints them."""
    made = asdict(difference)
    made["runs"] = {"old": difference.runs[0], "new": difference.runs[1]}
    made["times"] = [{**asdict(one), "change": one.change} for one in difference.times]
    for row in made["times"]:
        del row["better"]
    for name in ("new", "gone"):
        made[name] = [finding.to_dict() for finding in getattr(difference, name)]
    made["more"] = [{"finding": finding.to_dict(), "by": by} for finding, by in difference.more]
    return {"schema_version": SCHEMA_VERSION, "noise_is_known": difference.noise_is_known, **made, "exit": code}


def as_text(difference: Difference, code: int) -> str:
    """What changed, the exit code last."""
    old, new = difference.runs
    lines = [f"{'runs':<10} {old} before, {new} after"]
    lines += [f"{'plan':<10} other {_changed(one)}" for one in difference.plans] or [f"{'plan':<10} the same"]
    lines += [f"{'check':<10} {_verdicts(one)}" for one in difference.checks]
    lines += _times(difference)
    lines += [f"{'count':<10} {_changed(one)}" for one in difference.counts]
    lines += [f"{'NEW':<10} {_finding(one)}" for one in difference.new]
    lines += [f"{'more':<10} {_finding(one)}, {by:,} more than before" for one, by in difference.more]
    lines += [f"{'gone':<10} {_finding(one)}" for one in difference.gone]
    if not (difference.counts or difference.new or difference.more or difference.gone):
        lines.append(f"{'counts':<10} the same, findings too")
    lines += _worse(difference)
    return plain("\n".join([*lines, f"exit {code}"]))


def _worse(difference: Difference) -> list[str]:
    lines = [f"{'worse':<10} {'; '.join(difference.worse)}"] if difference.worse else []
    if difference.unsure:
        do = f"give {difference.needed} reports or more of each side"
        lines.append(f"{'worse?':<10} {'; '.join(difference.unsure)}: too few runs to tell that from noise, {do}")
    return lines or [f"{'worse':<10} nothing"]


def _times(difference: Difference) -> list[str]:
    if not difference.times:
        return []
    rows = [("time", "before", "after", "change", "")]
    rows += [
        (one.name, _spread(one, one.old), _spread(one, one.new), _change(one), _verdict(one))
        for one in difference.times
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    first = max(widths[0], 10)
    lines = [
        f"{name:<{first}} {before:>{widths[1]}}  {after:>{widths[2]}}  {change:>{widths[3]}}  {said}".rstrip()
        for name, before, after, change, said in rows
    ]
    if not difference.noise_is_known:
        lines.append(
            f"{'noise':<10} cannot be known from so few runs: give {difference.needed} reports or more of each side, "
            "made by the same command"
        )
    if any(one.verdict == "small" for one in difference.times):
        least = f"{difference.relevant * 100:.3g}%"
        lines.append(f"{'small':<10} is real, and less than {least} of the median; --relevant changes that")
    return lines


def _spread(one: Measured, values: tuple[float, ...]) -> str:
    """The median, and between which ends the runs lie."""

    def shown(value: float) -> str:
        return in_words(value) if one.unit == "ns" else f"{value:,.0f}/s"

    middle = shown(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({shown(min(values))} to {shown(max(values))})"


def _change(one: Measured) -> str:
    return f"x{one.change + 1:.3g}" if one.change >= _TIMES - 1 else f"{one.change:+.1%}"


def _verdict(one: Measured) -> str:
    chance = "" if one.chance is None else f" (p = {one.chance:.3f})" if one.chance >= ALPHA / 10 else " (p < 0.001)"
    return f"{_WORDS[one.verdict]}{chance}"


def _changed(one: Changed) -> str:
    return f"{one.name}: {_values(one.old)} -> {_values(one.new)}"


def _values(values: tuple[Any, ...]) -> str:
    shown = [f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value) for value in values]
    text = " or ".join(one.replace("\n", " ") for one in shown)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _verdicts(one: Changed) -> str:
    words = {True: "ok", False: "FAIL", None: "not asked"}
    before, after = (" or ".join(words[value] for value in side) for side in (one.old, one.new))
    return f"{one.name}: {before} -> {after}"


def _finding(one: Finding) -> str:
    where = f" at {one.site}" if one.site else ""
    function = f" in {one.function}" if one.function else ""
    return f"{one.rule} {one.condition.rstrip('.')}{where}{function} ({one.count:,} times)"
