"""Adding: the reports of several runs of one plan, or of its shards, as one."""

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wsksim.contract import Finding
from wsksim.errors import ReportError
from wsksim.plans.checks import read_checks
from wsksim.runs.checking import judge
from wsksim.runs.histogram import Histogram
from wsksim.runs.measured import COURSES, SERIES, Times
from wsksim.shards.coverage import Shards
from wsksim.shards.judging import judged
from wsksim.shards.summing import add_shards, blank
from wsksim.wording import shown

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["add_reports", "alike"]

_KEPT: Final = 100
# Digests of lives are sums modulo this; those of a handler's edges are not, and may only be equal.
_SUM_DIGITS: Final = 32
_MODULUS: Final = 1 << 128
_LEVELS: Final = ("low", "some", "high")
_FIGURE: Final = re.compile(r"\d[\d.,]*(?: ?(?:ns|[uµ]s|ms|s|min|h)\b)?")
# Of what is left open so many are told.
_TOLD: Final = 10


def add_reports(first: "Report", second: "Report", *, at_once: bool = False) -> "Report":
    """Both runs as one; of shards that are all there then, the checks are judged.

    Args:
        first: a report.
        second: another one.
        at_once: they are shards, and the caller adds what reports say of shards.

    Raises:
        ReportError: they are not of the same plan.
        TypeError: one is no report.
    """
    if type(second) is not type(first):
        raise TypeError(f"report: asked to add reports; found {shown(second)}; add another report")
    # Of a shard whose process crashed nobody knows what its options came to.
    unknown = any(report.shards is not None and not report.shards.plan for report in (first, second))
    for name in ("verb", "handler", "seed") if unknown else ("verb", "handler", "options", "seed"):
        one, other = getattr(first, name), getattr(second, name)
        if one != other:
            asked = f"report: asked to add reports of one plan; found other {name}" + _difference(one, other)
            raise ReportError(f"{asked}; add what the same command made")
    if at_once:
        return _sum(first, second, first.shards)
    shards = add_shards(first, second)
    if shards is None:
        made = _sum(first, second, None)
        checks = [check.check for check in first.checks]
        rows = judge(read_checks("checks", checks), made)
        return replace(made, storm={**made.storm, "checks": rows}) if checks else made
    counted = [report for report in (first, second) if report.shards is not None and report.shards.complete]
    one = counted[0] if counted else blank(first)
    made = _sum(one, counted[1], shards) if len(counted) > 1 else replace(one, shards=shards)
    crashed = (first.crashed or second.crashed) if shards.crashed else None
    made = replace(made, crashed=crashed, interrupted=made.interrupted and not shards.merged)
    return judged(made) if shards.merged else made


def _sum(first: "Report", second: "Report", shards: Shards | None) -> "Report":
    counts = {
        part: _sums(getattr(first, part), getattr(second, part))
        for part in ("posted", "indicated", "withheld", "pending", "refused")
    }
    return replace(
        first,
        **counts,
        findings=first.findings + second.findings,
        finding_list=_folded([*first.finding_list, *second.finding_list]),
        notes=_folded([*first.notes, *second.notes]),
        elapsed_s=first.elapsed_s + second.elapsed_s,
        began=min(first.began, second.began),
        interrupted=first.interrupted or second.interrupted,
        stopped="; ".join(dict.fromkeys(filter(None, (first.stopped, second.stopped)))),
        at_least=first.at_least or second.at_least,
        crashed=first.crashed or second.crashed,
        capture=_captures(first.capture, second.capture),
        storm=_storms(first, second),
        shards=shards,
    )


def _difference(one: object, other: object) -> str:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return f": {shown(one)} and {shown(other)}"
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return f": {', '.join(names)}"


def alike(finding: Finding) -> tuple[str, ...]:
    """What is the same in findings that are one, in a run too."""
    return finding.rule, finding.kind, finding.function, finding.site, finding.advice


def _folded(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Equal ones as one that counts them."""
    kept: dict[tuple[str, ...], Finding] = {}
    for one in findings:
        key = alike(one)
        kept[key] = replace(kept[key], count=kept[key].count + one.count) if key in kept else one
    return tuple(kept.values())[:_KEPT]


def _sums(first: Any, second: Any) -> Any:
    """Counts added, tables name by name, lists one behind the other."""
    match first, second:
        case dict(), dict():
            if first.keys() == second.keys() and all(type(one) is int for one in (*first.values(), *second.values())):
                return {name: number + second[name] for name, number in first.items()}
            names = {**first, **second}
            return {name: _sums(first.get(name), second.get(name)) for name in names}
        case list(), list():
            return first + [one for one in second if one not in first]
        case (int() | float(), int() | float()) if not isinstance(first, bool):
            return first + second
        case None, _:
            return second
        case _:
            return first


def _captures(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Where one ends early is no count."""
    made: dict[str, Any] = _sums(first, second)
    damage = first.get("damage") or second.get("damage")
    return {**made, "damage": damage} if "damage" in made else made


def _storms(first: "Report", second: "Report") -> dict[str, Any]:
    one, other = first.storm, second.storm
    if not one or not other:
        return one or other
    longest = [max(report.storm.get("virtual_s") or 0.0 for report in (first, second))]
    made = {
        **{name: _sums(one.get(name), other.get(name)) for name in {**one, **other} if name not in _BY_HAND},
        "model": one.get("model"),
        "plan": _digest(one.get("plan"), other.get("plan")),
        "pace": _paces(one.get("pace"), other.get("pace"), at_once=first.shards is not None),
    }
    if "virtual_s" in one:
        made["virtual_s"] = longest[0]
    for name, add in (("series", _courses), ("noise", _noises), ("half_open", _half_open)):
        if name in one or name in other:
            made[name] = add(one.get(name), other.get(name))
    histograms = _histograms(first, second)
    made["histograms"] = {name: histogram.to_text() for name, histogram in histograms.items()}
    for name in SERIES:
        field = f"{name}_ns"
        if field in one or field in other:
            known = [storm[field] for storm in (one, other) if storm.get(field)]
            made[field] = Times.summarize(histograms[name], max(each["max"] for each in known)) if known else None
    return made


# What is no sum of counts.
_BY_HAND: Final = frozenset(
    {"model", "plan", "pace", "virtual_s", "series", "noise", "half_open", "histograms", "checks"}
    | {f"{name}_ns" for name in SERIES}
)


def _histograms(first: "Report", second: "Report") -> dict[str, Histogram]:
    made = {}
    for name in SERIES:
        measured = [report for report in (first, second) if report.storm.get(f"{name}_ns")]
        for report in measured:
            if name not in report.histograms:
                raise ReportError(
                    f"report: asked to add times of {name}; found a report without their histogram; "
                    "add reports that this wsksim made"
                )
        kept = [report.histograms[name] for report in measured]
        if kept:
            made[name] = kept[0] + kept[1] if len(kept) > 1 else kept[0]
    return made


def _digest(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return None
    if len(one) == len(other) == _SUM_DIGITS:
        return f"{(int(one, 16) + int(other, 16)) % _MODULUS:032x}"
    return one if one == other else None


def _paces(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None, *, at_once: bool) -> dict[str, Any] | None:
    """One after the other, or shards at once, each with a part of the rate."""
    if not one or not other:
        return dict(one or other or {}) or None
    worst = max(one["worst_lag_ns"], other["worst_lag_ns"])
    both = max if at_once else operator.add
    planned, posted = (both(one[name], other[name]) for name in ("planned_s", "posted_s"))
    if at_once:
        rates = {name: one[name] + other[name] for name in ("planned_rate", "posted_rate")}
    else:
        behind = max(posted / planned, 1.0) if planned else 1.0
        rates = {"posted_rate": one["planned_rate"] / behind}
    return {
        **one,
        **rates,
        "planned_s": planned,
        "posted_s": posted,
        "worst_lag_ns": worst,
        "late": one["late"] + other["late"],
        "stalled_s": one["stalled_s"] + other["stalled_s"],
        "kept": one["kept"] and other["kept"],
        **({"of": one["of"] + other["of"]} if "of" in one and "of" in other else {}),
        **({"advice": _advice([*one["advice"], *other["advice"]])} if "advice" in one else {}),
    }


def _advice(texts: Sequence[str]) -> list[str]:
    """Each once; of those that differ in a figure alone, with its unit, the first."""
    kept: dict[str, str] = {}
    for text in texts:
        kept.setdefault(_FIGURE.sub("#", text), text)
    return list(kept.values())


def _noises(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Gaps and seconds add up; the level is the worse one."""
    if not one or not other:
        return dict(one or other or {}) or None
    listened = one["listened_s"] + other["listened_s"]
    lost = sum(each["lost_share"] * each["listened_s"] for each in (one, other))
    return {
        "level": max((one["level"], other["level"]), key=_LEVELS.index),
        "gaps": one["gaps"] + other["gaps"],
        "largest_gap_ns": max(one["largest_gap_ns"], other["largest_gap_ns"]),
        "lost_share": lost / listened if listened else 0.0,
        "listened_s": listened,
    }


def _half_open(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not one or not other:
        return dict(one or other or {}) or None
    oldest = sorted([*one["oldest"], *other["oldest"]], key=lambda each: float(each["since_s"]))
    return {"count": one["count"] + other["count"], "oldest": oldest[:_TOLD]}


def _courses(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Step by step; of steps of two lengths the finer ones are joined, as long as that comes out even."""
    if not one or not other:
        return dict(one or other or {}) or None
    if one["step_s"] > other["step_s"]:
        one, other = other, one
    several = round(other["step_s"] / one["step_s"])
    if abs(several * one["step_s"] - other["step_s"]) > 1e-9 * other["step_s"]:
        return None
    made: dict[str, Any] = {"step_s": other["step_s"]}
    for name in COURSES:
        fine, coarse = one[name], list(other[name])
        if several == 1 and len(fine) == len(coarse):
            made[name] = list(map(operator.add, fine, coarse))
            continue
        groups = [fine[at : at + several] for at in range(0, len(fine), several)]
        # How many are open is told at a step's end, and at the end of all it stays.
        joined = [group[-1] if name == "open" else sum(group) for group in groups]
        length = max(len(joined), len(coarse))
        for row in (joined, coarse):
            row.extend([row[-1] if name == "open" and row else 0] * (length - len(row)))
        made[name] = [a + b for a, b in zip(joined, coarse, strict=True)]
    return made
