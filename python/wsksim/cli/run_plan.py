"""`wsksim run --plan`: the storm of a plan."""

import functools
from dataclasses import replace
from typing import Any, NoReturn

import click

from wsksim.applications import load_application
from wsksim.cli.execute import execute
from wsksim.cli.options import STORM, check_timed, shared_arguments
from wsksim.cli.output import refusals
from wsksim.cli.run_shards import execute_shards
from wsksim.cli.shard_options import Sharding
from wsksim.handlers import is_library
from wsksim.plans.checks import read_check
from wsksim.plans.files import read_file
from wsksim.plans.plan import Plan
from wsksim.runs.report import Report
from wsksim.runs.run_plan import run_plan
from wsksim.shards.dividing import Shard

__all__ = ["FOREIGN", "execute_plan", "is_given"]

# What a plan says itself, or has no use for.
FOREIGN = (*STORM, "contexts", "context_size")


def execute_plan(
    target: str, file: str, checks: tuple[str, ...], options: dict[str, Any], sharding: Sharding
) -> NoReturn:
    """Runs the plan of a file, prints the report, and exits with its code."""
    given = [f"--{name.replace('_', '-')}" for name in FOREIGN if is_given(name)]
    if given:
        found = "found that the plan says what happens"
        raise click.UsageError(f"plan: asked for {', '.join(given)} as well; {found}; leave that out")
    with refusals(options["report_file"]):
        if is_library(target):
            load_application(target)
        plan = _changed(read_file(file), options, checks)
    check_timed(options, timed=plan.paced, do="give peers arrivals, so that there are planned instants")
    options = {**options, "seed": plan.seed, "irql": plan.schedule.irql}
    arguments = [target, "--plan", file]
    for check in checks:
        arguments += ["--check", check]
    histogram = options["histogram"]
    if histogram is not None:
        arguments += ["--histogram", histogram]
    stdin = "plan" if file == "-" else ""
    if sharding.shards is not None:
        execute_shards("run", plan, target, [*arguments, *shared_arguments(options)], options, sharding, stdin=stdin)
    arguments += ["--shard", str(sharding.shard)] if sharding.shard else []
    start = functools.partial(_start, plan, target, histogram, sharding.shard)
    execute("run", target, arguments, options, start, sharding=sharding, stdin=stdin)


def is_given(name: str) -> bool:
    """Whether an option stands on the command line."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _changed(plan: Plan, options: dict[str, Any], checks: tuple[str, ...]) -> Plan:
    """The plan with what is asked for on the command line, which goes before."""
    irql = options["irql"] if is_given("irql") else plan.schedule.irql
    return Plan(
        seed=options["seed"] if is_given("seed") else plan.seed,
        peers={group.name: group for group in plan.peers},
        faults=plan.faults,
        schedule=replace(plan.schedule, irql=irql),
        checks=[*plan.checks, *(read_check("--check", check) for check in checks)],
    )


def _start(
    plan: Plan, target: str, histogram: str | None, shard: Shard | None, *, progress: Any, black_box: Any, **_: Any
) -> Report:
    return run_plan(plan, target, histogram=histogram, shard=shard, progress=progress, black_box=black_box)
