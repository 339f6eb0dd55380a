"""`wsksim report`: any form of a report that was saved."""

from typing import Any

import click

from wsksim.cli.options import output_options, printed_form

__all__ = ["command"]


@click.command("report")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", "checks", multiple=True, metavar="CHECK", help="What has to hold of it, as for run.")
@click.option("--quiet", "-q", is_flag=True, help="Of the text only checks and findings.")
@output_options
def command(files: tuple[str, ...], *, checks: tuple[str, ...], **options: Any) -> None:
    """Print the report in FILE, which -o NAME.json, -o NAME.wsk or --json made, in any form; - is stdin.

    Several reports of one plan are added. The exit code is that of the run.
    """
    from wsksim.cli.output import give, refusals  # start-up: 23 ms of --help
    from wsksim.runs.report import Report  # start-up: 40 ms of --help

    form = printed_form(options)
    with refusals():
        report, *others = map(Report.load, files)
        for other in others:
            report = report + other
        if checks:
            report = report.checked(*checks)
    give(report, form=form, outputs=options["outputs"], brief=options["quiet"])
