"""The report of a driver's seeds: findings, equal ones once, ends of runs, how many orders were seen, and its lives."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from wsksim._native import DriverObject
from wsksim.contract import Finding
from wsksim.contract.finding import plain_number
from wsksim.contract.sites import shown_file
from wsksim.drivers.asking import Asked, Outcome
from wsksim.drivers.faults import Place, injected_words
from wsksim.plans.checks import Check
from wsksim.plans.plan import Plan
from wsksim.runs.checking import judge
from wsksim.runs.life_results import outcome_results
from wsksim.runs.report import CAUSES, REASONS, Report

__all__ = ["driver_report"]

# Of so many seeds it is told at most what was printed.
_SHOWN: Final = 5

# The counters of a seed of which nobody knows more than that it died.
_NOTHING: Final = {
    "posted": {"graceful": 0, "abortive": 0},
    "indicated": {"graceful": 0, "abortive": 0},
    "withheld": dict.fromkeys(CAUSES, 0),
    "pending": {"queued": 0, "held": 0},
    "refused": dict.fromkeys(REASONS, 0),
    "findings": 0,
}


def driver_report(
    asked: Asked,
    outcomes: Sequence[Outcome],
    *,
    target: str,
    command: Sequence[str],
    elapsed_s: float,
    checks: Sequence[Check] = (),
) -> Report:
    """The outcomes of all seeds as one report.

    Args:
        asked: what was run.
        outcomes: of each seed; one at least.
        target: what the user called the driver.
        command: what repeats the run, but for its seeds.
        elapsed_s: how long it took.
        checks: what has to hold.

    Raises:
        PlanError: a check names what the run did not measure.
    """
    first, last = asked.first, asked.last
    repeat = _joined(command, f"{first}..{last}" if last > first else str(first), asked.choices)
    place = functools.cache(DriverObject(asked.path).place)
    plan = None if asked.plan is None else Plan.from_dict(asked.plan)
    options = _options(asked, plan)
    reports = [_one(asked, plan, outcome, target, command, options, place) for outcome in outcomes]
    made = functools.reduce(lambda one, other: one + other, reports)
    orders = len({one.trace for one in outcomes if one.trace})
    calls = sum(one.steps for one in outcomes)
    failures = _failures(asked, outcomes, orders, place)
    made = replace(made, repeat=repeat, elapsed_s=elapsed_s)
    shown = _shown(asked, outcomes, {one.seed for one in (*made.finding_list, *made.notes)}, command, place)
    driver = {"seeds": len(outcomes), "orders": orders, "calls": calls, "shown": shown}
    storm = {**made.storm, "driver": driver, "failures": failures}
    made = replace(made, storm=storm)
    return replace(made, storm={**storm, "checks": judge(checks, made)}) if checks else made


def _one(
    asked: Asked,
    plan: Plan | None,
    outcome: Outcome,
    target: str,
    command: Sequence[str],
    options: dict[str, Any],
    place: Place,
) -> Report:
    """One seed as a report."""
    policies = {"irql": asked.irql, "schedule": asked.schedule, "completions": asked.completions}
    policies |= {"faults": ",".join(asked.faults)} if asked.faults else {}
    injected = injected_words(outcome.injected, place) if outcome.findings or outcome.notes else ""
    found, notes = (
        [_finding(_led_to(values, injected), outcome.seed, policies, command, asked.choices) for values in kept]
        for kept in (outcome.findings, outcome.notes)
    )
    storm: dict[str, Any] = {}
    if plan is not None and outcome.storm is not None:
        storm = outcome_results(
            outcome.storm,
            requests=outcome.storm["left_requests"],
            allocations=outcome.storm["allocations"],
            names=[group.name for group in plan.peers],
            paced=plan.paced,
        )
    made = Report.of(
        dict(outcome.counters or {**_NOTHING, "findings": len(outcome.findings)}),
        finding_list=(),
        verb="run",
        handler=target,
        options=options,
        repeat=" ",
        seed=asked.first,
        elapsed_s=0.0,
        at_least=outcome.counters is None,
        storm=storm,
    )
    # Each says itself what repeats it: its own seed.
    return replace(made, finding_list=tuple(found), notes=tuple(notes))


def _led_to(values: Mapping[str, Any], injected: str) -> Mapping[str, Any]:
    """A finding, with what had failed on demand in its run."""
    return {**values, "found": f"{values['found']}; {injected}"} if injected else values


def _finding(
    values: Mapping[str, Any],
    seed: int,
    policies: Mapping[str, Any],
    command: Sequence[str],
    asked: Sequence[int] | None,
) -> Finding:
    """A finding, with what repeats it: where few choices led to it, these."""
    chosen = values["choices"]
    choices = None if chosen is None else tuple(chosen)
    again = _joined(command, str(seed), choices if asked is None else asked)
    sites = {name: shown_file(values[name]) for name in ("site", "other_site")}
    sites["traceback"] = "\n".join(map(shown_file, values["traceback"].splitlines()))
    return Finding(**{**values, **sites, "choices": choices, "seed": seed, "policies": policies, "again": again})


def _joined(command: Sequence[str], seeds: str, choices: Sequence[int] | None) -> str:
    words = [*command, "--seeds", seeds]
    words += [] if choices is None else ["--choices", ",".join(map(str, choices)) or "0"]
    return " ".join(words)


def _options(asked: Asked, plan: Plan | None) -> dict[str, Any]:
    options: dict[str, Any] = {"seeds": f"{asked.first}..{asked.last}", **asked.options()}
    options["faults"] = ",".join(asked.faults) or None
    if plan is not None:
        del options["peers"]
        options["plan"] = plan.to_toml()
    return {name: value for name, value in options.items() if value is not None}


def _shown(
    asked: Asked, outcomes: Sequence[Outcome], found: set[int], command: Sequence[str], place: Place
) -> list[dict[str, Any]]:
    """What a driver printed, and what failed on demand: under its only seed, or the first that came to each thing."""
    ends: dict[str, int] = {}
    for one in outcomes:
        if one.failure:
            ends.setdefault(one.failure, one.seed)
    seeds = {*found, *ends.values()}
    shown: list[dict[str, Any]] = []
    for one in outcomes:
        # Who has run one seed, or reads a finding, has its command.
        told = one.lines or one.injected or (one.seed in ends.values() and not one.findings and len(outcomes) > 1)
        if told and len(shown) < _SHOWN and (len(outcomes) == 1 or one.seed in seeds):
            row = {
                "seed": plain_number(one.seed),
                "again": _joined(command, str(one.seed), asked.choices),
                "injected": injected_words(one.injected, place),
                "printed": list(one.printed),
                "lines": one.lines,
            }
            shown.append(row)
    return shown


def _failures(asked: Asked, outcomes: Sequence[Outcome], orders: int, place: Place) -> list[str]:
    """What went wrong beside findings: ends of runs, and seeds that all gave one order."""
    ends: dict[str, list[Outcome]] = {}
    for one in outcomes:
        if one.failure:
            ends.setdefault(one.failure, []).append(one)
    count = len(outcomes)
    told = []
    for end, those in ends.items():
        injected = injected_words(those[0].injected, place)
        many = f": {len(those):,} of {count:,} seeds, first {those[0].seed}" if count > 1 else ""
        told.append("; ".join(filter(None, (end + many, injected))))
    if count == 1:
        return told
    if asked.schedule != "fifo" and orders == 1 and not ends:
        told.append("all seeds gave one order: nothing in this driver can happen in another; run one seed")
    return told
