"""A storm of a whole application: the remote ends of a plan connect to it, live, and end."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal

import wsksim.contract.sites  # noqa: F401 - a first finding must not pay for it
from wsksim._native import LifeStorm
from wsksim.applications import Started, describe_application, load_application
from wsksim.drivers.driver import Driver
from wsksim.drivers.naming import names_driver
from wsksim.errors import PlanError
from wsksim.kinds import is_a
from wsksim.plans.addresses import read_tcp
from wsksim.plans.carrying import not_carried_out
from wsksim.plans.drawing import draw_lives
from wsksim.plans.files import read_file
from wsksim.plans.peers import APPLICATION
from wsksim.plans.plan import Plan
from wsksim.runs.arguments import CHECKS, choice, optional_progress
from wsksim.runs.checking import judge
from wsksim.runs.ending import Ending
from wsksim.runs.histogram_file import check_histogram
from wsksim.runs.life_results import life_results
from wsksim.runs.report import Report
from wsksim.runs.targets import connect_lives, leave, live_of
from wsksim.runs.watching import watch
from wsksim.shards.dividing import Portion, Shard, divided_plan, group_portions, read_shard
from wsksim.shards.recording import recorded
from wsksim.subsystem import Subsystem
from wsksim.wsk.objects.allocation import Refusals

__all__ = ["run_plan"]

# Drives of the application between two looks at progress.
_DRIVES: Final = 256


def run_plan(
    plan: Plan | str | os.PathLike[str],
    target: object,
    *,
    check: Literal["report", "raise", "off"] = "report",
    histogram: str | bytes | os.PathLike[str] | os.PathLike[bytes] | None = None,
    shard: tuple[int, int] | str | None = None,
    progress: Callable[[int, int], object] | None = None,
    black_box: object = None,
) -> Report:
    """Lets the storm of a plan loose upon an application.

    The application is started on a subsystem of its own. Remote ends connect, at most as many at once as the plan
    allows, take the steps of their lives, and end; each that is over makes room for the next one. All this is on the
    plan's own clock, which stands still while the application has something to do: it answers in no time, and the same
    plan gives the same history. When nothing is left to happen, the application is stopped; not if the storm is cut
    off.

    If peers have `arrivals`, the clock is this machine's. Each life begins at its planned instant, whatever became of
    those before, and service, response and accept latency are measured, from the planned instants on.

    Args:
        plan: the plan, or the name of a file that holds one.
        target: the application: what `@wsksim.application` made, a class or an object with `start(subsystem)` and
            `stop()`, or the text of one, `"module:name"`; a disconnect handler in Python, for which wsksim listens,
            accepts and closes; or a driver in C, as `wsksim.Driver` or the name of its file,
            which is run by the plan's seed in a child process, with virtual time whatever the plan's rates.
        check: whether a breach is reported, raised, or only counted.
        histogram: name of a file for the times as an HdrHistogram log; needs peers with `arrivals`.
        shard: carry out one shard alone, such as `(3, 32)` or `"3/32"`, counted from 0. Its report is to be added to
            those
            of the other shards; its checks are not judged. `wsksim.distributed.run` does all that.
        progress: called as `progress(done, total)`, in lives.
        black_box: writable buffer that outlives a crash of the process; see `wsksim.runs.black_box`.

    Returns:
        The report; after Ctrl-C it covers what was done and says `interrupted`.

    Raises:
        PlanError: the plan cannot be read, or asks for what is not carried out.
        ApplicationError: the application cannot be loaded, does not start, or does not listen.
        HandlerError: its text cannot be loaded.
        TypeError, ValueError: another argument is none.
        OSError: the histogram's file cannot be written.
        ContractError: with `check="raise"`, the application broke a rule.
    """
    read = plan if isinstance(plan, Plan) else read_file(plan)
    if names_driver(target):
        target = Driver(target)
    if is_a(target, Driver):
        return target.run(plan=read)
    refused = not_carried_out(read)
    if refused:
        raise PlanError(f"plan: {'; '.join(refused)}")
    choice("check", check, CHECKS)
    file = check_histogram(histogram, timed=read.paced)
    progress = optional_progress(progress)
    make, name = load_application(target), describe_application(target)

    part = None if shard is None else read_shard(shard)
    portions = group_portions(read, part or Shard(0, 1))

    begun = time.perf_counter()
    refusals = Refusals(read.faults.allocation, read.seed)
    subsystem = Subsystem(
        seed=read.seed,
        check=check,
        irql=read.schedule.irql,
        completions=read.schedule.completions,
        schedule=read.schedule.kind,
        black_box=black_box,
    )
    with subsystem, file:
        # Before the application starts: it may connect to those that listen.
        storm = _storm(read, subsystem, part or Shard(0, 1), portions)
        started = Started(make, subsystem, name, listens=any(group.connect for group in read.peers))
        _connect(storm, read, started)
        total = sum(each.own for each in portions)
        watch(progress, lambda: live_of(storm, subsystem))
        with Ending(subsystem) as ending:
            storm.begin()
            with refusals:
                _carry_out(storm, total, progress)
        leave(started, subsystem, ending)
        if not (ending.interrupted or ending.stopped):
            ending.stopped = _never_began(storm, read, total)
        results = life_results(storm, subsystem, refusals, names=[group.name for group in read.peers], paced=read.paced)
        report = Report.of(
            **ending.told(begun),
            verb="run",
            handler=name,
            options={"plan": read.to_toml(), "check": check},
            repeat=f"wsksim.run_plan(wsksim.Plan.from_dict({read.to_dict()!r}), {name!r})",
            seed=read.seed,
            storm=results,
        )
        file.write(report)
    if part is not None:
        return recorded(report, part, divided_plan(read, part.of))
    return replace(report, storm={**report.storm, "checks": judge(read.checks, report)})


def _storm(plan: Plan, subsystem: Subsystem, shard: Shard, portions: Sequence[Portion]) -> LifeStorm:
    groups = [
        (each.of(group.open), group.timeout, read_tcp(group.listen))
        for group, each in zip(plan.peers, portions, strict=True)
    ]
    kill, names = plan.faults.kill, [group.name for group in plan.peers]
    kills = None
    if kill is not None and portions[who := names.index(kill.who)].own:
        kills = (who, kill.rate * portions[who].share)
    try:
        return LifeStorm(subsystem, draw_lives(plan.seed, plan.peers), groups, kills, plan.paced, shard)
    except ValueError as error:
        raise PlanError(str(error)) from None


def _connect(storm: LifeStorm, plan: Plan, started: Started) -> None:
    """Says where the lives connect to, and refuses an application that does not listen there."""
    places = []
    for group in plan.peers:
        at = read_tcp(group.connect)
        named = [] if at is None else [at]
        places.append(started.listening if group.connect == APPLICATION else named)
    connect_lives(storm, places, started)


def _carry_out(storm: LifeStorm, total: int, progress: Callable[[int, int], object] | None) -> None:
    while not storm.go_on(_DRIVES):
        if progress is not None:
            progress(storm.over, total)


def _never_began(storm: LifeStorm, plan: Plan, total: int) -> str:
    lives = storm.outcome()["lives"]
    left = total - lives["begun"]
    if not left:
        return ""
    if any(group.listen for group in plan.peers):
        return f"{left:,} lives never began: the application did not connect so often, or those that are open never end"
    return f"{left:,} lives never began: those that are open never end, and none of them times out"
