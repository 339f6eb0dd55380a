"""`wsksim plan`: what a plan asks for, before anything runs."""

import click

__all__ = ["command"]


@click.group("plan")
def command() -> None:
    """Look at plans of storms."""


@command.command("check")
@click.argument("file", type=click.Path())
def check(file: str) -> None:
    """Say in words what the plan in FILE asks for; - is stdin.

    A plan that cannot be read, or contradicts itself, is refused with exit code 2.
    """
    from wsksim.cli.output import refusals  # start-up: 23 ms of --help
    from wsksim.plans.files import read_file  # start-up: 20 ms of --help
    from wsksim.plans.words import explain_plan  # start-up: 20 ms of --help

    with refusals():
        click.echo(explain_plan(read_file(file)))
