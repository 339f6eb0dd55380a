"""`wsksim run` of a driver in C."""

from typing import Any, NoReturn

import click

from wsksim.cli.options import check_timed, printed_form
from wsksim.cli.output import give, refusals
from wsksim.cli.run_plan import FOREIGN, is_given
from wsksim.drivers.driver import Driver
from wsksim.runs.waiting import ends_by_signal

__all__ = ["execute_driver"]


def execute_driver(target: str, plan: str | None, checks: tuple[str, ...], options: dict[str, Any]) -> NoReturn:
    """Runs the seeds, prints the report, and exits with its code."""
    given = [f"--{name.replace('_', '-')}" for name in (*FOREIGN, "histogram") if is_given(name)]
    if given:
        raise click.UsageError(f"{given[0]}: found a driver, whose remote ends --peers or --plan say; leave that out")
    form = printed_form(options)
    check_timed({**options, "form": form}, timed=False, do="a driver's time is virtual; leave that out")
    with refusals(), ends_by_signal():
        report = Driver(target, say=lambda text: click.echo(text, err=True)).run(
            seeds=_seeds(options),
            plan=plan,
            irql=options["irql"] if is_given("irql") else None,
            checks=checks,
            hosts=dict(options["hosts"]),
            **{
                name: options[name]
                for name in ("schedule", "completions", "lenient", "peers", "choices", "faults", "jobs")
            },
        )
    give(report, form=form, outputs=options["outputs"], brief=options["quiet"])


def _seeds(options: dict[str, Any]) -> int | range | None:
    """One seed is explored too, if it was given as one of many."""
    if options["seeds"] is not None:
        first, last = options["seeds"]
        return range(first, last + 1)
    return options["seed"] if is_given("seed") else None
