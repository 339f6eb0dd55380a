"""`wsksim diff`: what changed between runs, and whether it is noise."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from wsksim.cli.numbers import Share

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["command"]


class _TwoSides(click.Command):
    """Keeps the `--` between the files of either side, which click would take away."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes what stands behind `--` for the files of the new side."""
        if "--" in args:
            at = args.index("--")
            files, options = self._parted(args[at + 1 :])
            ctx.meta["new"] = files
            args = [*args[:at], *options]
        return super().parse_args(ctx, args)

    def _parted(self, behind: list[str]) -> tuple[list[str], list[str]]:
        """The files, and the options with their values."""
        valued = {word for one in self.params if isinstance(one, click.Option) and not one.is_flag for word in one.opts}
        files: list[str] = []
        options: list[str] = []
        for before, word in zip(["", *behind], behind, strict=False):
            is_file = before not in valued and (word == "-" or not word.startswith("-"))
            (files if is_file else options).append(word)
        return files, options


@click.command("diff", cls=_TwoSides, options_metavar="[OPTIONS]")
@click.argument("files", nargs=-1, metavar="OLD... [--] NEW...")
@click.option("--fail-on-worse", is_flag=True, help="Exit with 1 if something got worse beyond noise.")
@click.option(
    "--relevant",
    type=Share(),
    default="5%",
    show_default=True,
    help="Smallest change of a median that matters: 0.05 or 5%.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], *, fail_on_worse: bool, relevant: float, as_json: bool) -> None:
    """Compare the reports of runs before a change with those after it: two files, or several with -- between the sides.

    Counts, checks and findings are compared as they are; times only beyond the noise that repeated runs show, and if
    their median changed by a share that matters.
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
    difference = compare(before, after, relevant=relevant)
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
