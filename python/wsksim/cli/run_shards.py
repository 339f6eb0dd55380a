"""`--shards N`: all shards of a run on the processors of this machine."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from wsksim.cli.options import printed_form
from wsksim.cli.output import give, keep_stdout, refusals
from wsksim.cli.progress import progress_line
from wsksim.cli.repeating import repeating_line
from wsksim.cli.shard_options import Sharding
from wsksim.distributed.running import run
from wsksim.plans.plan import Plan

__all__ = ["execute_shards"]

# What a process has for itself, and cannot be added.
_ALONE = ("histogram", "trace")


def execute_shards(
    verb: str,
    plan: Plan | Mapping[str, Any],
    target: str,
    arguments: Sequence[str],
    options: dict[str, Any],
    sharding: Sharding,
    *,
    stdin: str = "",
) -> NoReturn:
    """Runs, prints the report of all shards, and exits with its code.

    Args:
        verb: `run` or `replay`.
        plan: what is divided.
        target: text of the target.
        arguments: what repeats the run, without `--shards`.
        options: values of the options that all verbs share.
        sharding: into how many shards, and how many run at a time.
        stdin: what was read from stdin, if anything.
    """
    assert sharding.shards is not None, "Invariant: asked for"  # noqa: S101
    for name in _ALONE:
        if options.get(name) is not None:
            do = "leave it out, or write the times with -o NAME.hlog" if name == "histogram" else "leave it out"
            raise click.UsageError(f"{name}: asked for it; found shards, which are processes of their own; {do}")
    form = printed_form(options)
    stdout = keep_stdout() if form != "text" else None
    title = f"{verb}, {sharding.shards:,} shards"
    with refusals(), progress_line(title, wanted=not (options["quiet"] or options["no_progress"])) as progress:
        report = run(plan, target, shards=sharding.shards, processes=sharding.processes, progress=progress)
    command = [verb, *arguments, "--shards", str(sharding.shards)]
    report = report.repeated_by(repeating_line(command, stdin=stdin))
    give(report, form=form, outputs=options["outputs"], stdout=stdout, brief=options["quiet"])
