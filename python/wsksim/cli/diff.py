"""`wsksim diff`: what changed between runs, and whether it is noise."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["command"]


class _TwoSides(click.Command):
    """Keeps the `--` between the files of either side, which click would take away."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes what stands behind `--` for the files of the new side."""
        if "--" in args:
            at = args.index("--")
            behind = args[at + 1 :]
            ctx.meta["new"] = [one for one in behind if one == "-" or not one.startswith("-")]
            args = [*args[:at], *(one for one in behind if one not in ctx.meta["new"])]
        return super().parse_args(ctx, args)


@click.command("diff", cls=_TwoSides, options_metavar="[OPTIONS]")
@click.argument("files", nargs=-1, metavar="OLD... [--] NEW...")
@click.option("--fail-on-worse", is_flag=True, help="Exit with 1 if something got worse beyond noise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], *, fail_on_worse: bool, as_json: bool) -> None:
    """Compare the reports of runs before a change with those after it: two files, or several with -- between the sides.

    Counts, checks and findings are compared as they are; times only beyond the noise that repeated runs show.
    """
    from wsksim.cli.output import refusals  # start-up: 23 ms of --help
    from wsksim.reports.difference import as_text, to_dict  # start-up: 40 ms of --help
    from wsksim.runs.comparing import compare  # start-up: 40 ms of --help
    from wsksim.runs.exit_codes import EXIT_FINDINGS, EXIT_GOOD  # start-up: 1 ms of --help
    from wsksim.runs.report import Report  # start-up: 40 ms of --help

    old, new = _sides(files, ctx.meta.get("new"))
    with refusals():
        before, after = (list(map(Report.load, names)) for names in (old, new))
    _check_once(old, before)
    _check_once(new, after)
    difference = compare(before, after)
    code = EXIT_FINDINGS if fail_on_worse and difference.worse else EXIT_GOOD
    click.echo(json.dumps(to_dict(difference, code), indent=2) if as_json else as_text(difference, code))
    sys.exit(code)


def _check_once(names: tuple[str, ...], reports: list[Report]) -> None:
    """Refuses one run that is given as several: it would pass for noise that is none."""
    known: list[Report] = []
    for name, report in zip(names, reports, strict=True):
        if report in known:
            asked = f"diff: asked to compare {len(names)} runs of a side"
            found = f"found that {names[known.index(report)]} and {name} are the same run"
            raise click.UsageError(f"{asked}; {found}; run the plan again for each")
        known.append(report)


def _sides(files: tuple[str, ...], new: list[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if new is None and len(files) == 2:
        return files[:1], files[1:]
    if not files or not new:
        found = f"found {len(files)} files" if new is None else f"found {len(files)} and {len(new)}"
        raise click.UsageError(f"diff: asked for two files, or for -- between two sides; {found}; name both sides")
    return files, tuple(new)
