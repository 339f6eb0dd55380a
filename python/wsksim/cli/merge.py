"""`wsksim merge`: the parts that shards left, as one report."""

from typing import Any

import click

from wsksim.cli.options import output_options, printed_form

__all__ = ["command"]


@click.command("merge")
@click.argument("parts", nargs=-1, required=True, metavar="PART...", type=click.Path())
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="CHECK",
    help="What has to hold of all shards, besides what the run was asked for; may be repeated.",
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Take a report that lacks shards: its first line says which, and the exit code is that of the others.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress, and of the text only checks and findings.")
@click.option("--no-progress", is_flag=True, help="No progress on stderr.")
@output_options
def command(
    parts: tuple[str, ...], *, checks: tuple[str, ...], allow_missing: bool, no_progress: bool, **options: Any
) -> None:
    """Add the PARTs that wsksim run --shard wrote, judge their checks, and print the report.

    Counts and histograms add up exactly. The first complete part of each shard counts. A shard that is missing, and a
    file that is no part or not whole, is named, and makes the exit code 3. Parts of another plan, seed or version are
    refused.
    """
    from wsksim._stderr import say  # start-up: 1 ms of --help
    from wsksim.cli.output import give, keep_stdout, refusals  # start-up: 23 ms of --help
    from wsksim.cli.progress import progress_line  # start-up: 3 ms of --help
    from wsksim.runs.exit_codes import EXIT_INCOMPLETE  # start-up: 1 ms of --help
    from wsksim.shards.merging import NothingMergedError, merge  # start-up: 90 ms of --help

    form = printed_form(options)
    stdout = keep_stdout() if form != "text" else None
    with refusals(), progress_line("merge", wanted=not (options["quiet"] or no_progress)) as progress:
        try:
            report = merge(parts, checks=checks, allow_missing=allow_missing, progress=progress)
        except NothingMergedError as error:
            say(f"wsksim: {error}")
            raise SystemExit(EXIT_INCOMPLETE) from None
    give(report, form=form, outputs=options["outputs"], stdout=stdout, brief=options["quiet"])
