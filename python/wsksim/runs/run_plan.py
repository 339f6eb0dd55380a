"""A storm of a whole application: the remote ends of a plan connect to it, live, and end."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Literal

import wsksim.contract.sites  # noqa: F401 - a first finding must not pay for it
from wsksim._native import LifeStorm
from wsksim.applications import Started, describe_application, load_application
from wsksim.errors import ApplicationError, PlanError
from wsksim.plans.addresses import Place, read_tcp, show_tcp
from wsksim.plans.carrying import not_carried_out
from wsksim.plans.drawing import draw_lives
from wsksim.plans.files import read_file
from wsksim.plans.peers import APPLICATION
from wsksim.plans.plan import Plan
from wsksim.runs.arguments import CHECKS, choice, optional_call
from wsksim.runs.checking import judge
from wsksim.runs.ending import Ending
from wsksim.runs.report import Report
from wsksim.runs.watching import Live, watch
from wsksim.subsystem import Subsystem
from wsksim.wording import shown

__all__ = ["run_plan"]

# Drives of the application between two looks at progress.
_DRIVES: Final = 256


def run_plan(
    plan: Plan | str | os.PathLike[str],
    target: object,
    *,
    check: Literal["report", "raise", "off"] = "report",
    progress: Callable[[int, int], object] | None = None,
    black_box: object = None,
) -> Report:
    """Lets the storm of a plan loose upon an application.

    The application is started on a subsystem of its own. Remote ends connect, at most as many at once as the plan
    allows, take the steps of their lives, and end; each that is over makes room for the next one. All this is on the
    plan's own clock, which stands still while the application has something to do: it answers in no time, and the same
    plan gives the same history. When nothing is left to happen, the application is stopped; not if the storm is cut
    off.

    Args:
        plan: the plan, or the name of a file that holds one.
        target: the application: what `@wsksim.application` made, a class or an object with `start(subsystem)` and
            `stop()`, or the text of one, `"module:name"`.
        check: whether a breach is reported, raised, or only counted.
        progress: called as `progress(done, total)`, in lives.
        black_box: writable buffer that outlives a crash of the process; see `wsksim.runs.black_box`.

    Returns:
        The report; after Ctrl-C it covers what was done and says `interrupted`.

    Raises:
        PlanError: the plan cannot be read, or asks for what is not carried out.
        ApplicationError: the application cannot be loaded, does not start, or does not listen.
        HandlerError: its text cannot be loaded.
        TypeError, ValueError: another argument is none.
        ContractError: with `check="raise"`, the application broke a rule.
    """
    read = plan if isinstance(plan, Plan) else _read(plan)
    refused = not_carried_out(read)
    if refused:
        raise PlanError(f"plan: {'; '.join(refused)}")
    choice("check", check, CHECKS)
    progress = optional_call("progress", progress)
    make, name = load_application(target), describe_application(target)

    begun = time.perf_counter()
    subsystem = Subsystem(
        seed=read.seed,
        check=check,
        irql=read.schedule.irql,
        completions=read.schedule.completions,
        schedule=read.schedule.kind,
        black_box=black_box,
    )
    with subsystem:
        started = Started(make, subsystem, name)
        storm = _storm(read, subsystem, started)
        total = sum(group.count for group in read.peers)
        watch(progress, lambda: _live(storm, subsystem))
        with Ending(subsystem) as ending:
            _carry_out(storm, total, progress)
        # A storm that is cut off leaves connections in the middle of their lives: no application could stop there.
        stopped = ending.stopped
        if not (ending.interrupted or ending.stopped):
            stopped = _stop(started, subsystem) or _never_began(storm, total)
        report = Report.of(
            subsystem.counters(),
            finding_list=subsystem.findings,
            note_list=subsystem.notes,
            verb="run",
            handler=name,
            options={"plan": read.to_toml(), "check": check},
            repeat=f"wsksim.run_plan(wsksim.Plan.from_dict({read.to_dict()!r}), {name!r})",
            seed=read.seed,
            elapsed_s=time.perf_counter() - begun,
            interrupted=ending.interrupted,
            stopped=stopped,
            at_least=ending.at_least,
            storm=_results(storm, subsystem),
        )
    return replace(report, storm={**report.storm, "checks": judge(read.checks, report)})


def _read(plan: object) -> Plan:
    if not isinstance(plan, str | os.PathLike):
        raise TypeError(f"plan: asked for a Plan or the name of a file; found {shown(plan)}; pass a wsksim.Plan")
    return read_file(plan)


def _storm(plan: Plan, subsystem: Subsystem, started: Started) -> LifeStorm:
    groups = []
    for group in plan.peers:
        at = None if group.connect == APPLICATION else read_tcp(group.connect)
        groups.append((group.open, group.timeout, started.listening if at is None else [at]))
    kill, names = plan.faults.kill, [group.name for group in plan.peers]
    kills = None if kill is None else (names.index(kill.who), kill.rate)
    storm = LifeStorm(subsystem, draw_lives(plan.seed, plan.peers), groups, kills)
    for (_, _, places), listened in zip(groups, storm.listened(), strict=True):
        deaf = [place for place, answer in zip(places, listened, strict=True) if not answer]
        if deaf:
            _refuse_deaf(deaf[0], started)
    return storm


def _refuse_deaf(place: Place, started: Started) -> None:
    listening = ", ".join(map(show_tcp, started.listening))
    if place in started.listening:
        do = "bind the listening socket before the addresses are given, and give those that WskGetLocalAddress tells"
        found = f"that nobody listens at {show_tcp(place)}, which it gave"
    else:
        found = f"that it listens at {listening}"
        do = f'have it listen there, or write connect = "{APPLICATION}"'
    raise ApplicationError(f"plan: asked to connect to {show_tcp(place)}; found {found}; {do}")


def _carry_out(storm: LifeStorm, total: int, progress: Callable[[int, int], object] | None) -> None:
    while not storm.go_on(_DRIVES):
        if progress is not None:
            lives = storm.outcome()["lives"]
            progress(lives["begun"] - lives["open"] - lives["connecting"], total)


def _live(storm: LifeStorm, subsystem: Subsystem) -> Live:
    lives = storm.outcome()["lives"]
    return Live(subsystem.counters()["findings"], open=lives["open"])


def _never_began(storm: LifeStorm, total: int) -> str:
    lives = storm.outcome()["lives"]
    left = total - lives["begun"]
    if not left:
        return ""
    return f"{left:,} lives never began: those that are open never end, and none of them times out"


def _stop(started: Started, subsystem: Subsystem) -> str:
    """Has the application tear down; why it could not."""
    try:
        started.stop()
        subsystem.dispatch()
    except ApplicationError as error:
        return str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the application raises ends its own stop alone
        return f"the application raised {type(error).__name__}: {error}, while it was stopped"
    return ""


def _results(storm: LifeStorm, subsystem: Subsystem) -> dict[str, Any]:
    outcome = storm.outcome()
    told = outcome["lives"]
    lives = {"begun": told.pop("begun"), **told}
    lives["never_connected"] += lives.pop("connecting")
    lives["still_open"] = lives.pop("open")
    vanished = lives.pop("vanished")
    return {
        "model": "closed",
        "plan": outcome["plan"],
        "pace": None,
        "service_ns": None,
        "response_ns": None,
        "lives": {**lives, "vanished": vanished},
        "accepted": outcome["accepted"],
        "refusals": {"backlog": outcome["full"], "nobody": lives["refused"] - outcome["full"]},
        "bytes": {"sent": outcome["sent"], "received": outcome["received"]},
        "left": {"sockets": outcome["sockets"], "requests": subsystem._provider.pending()["requests"]},  # noqa: SLF001 - ours
        "virtual_s": outcome["now_ns"] / 1e9,
    }
