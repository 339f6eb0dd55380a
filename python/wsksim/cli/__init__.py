"""The command line: one file a verb."""

import importlib
from typing import Any

import click

from wsksim import __version__
from wsksim._stderr import leave

__all__ = ["cli"]

_VERBS = ("cc", "diff", "explain", "merge", "plan", "replay", "report", "run")


class _Verbs(click.Group):
    """Imports a verb's file when the verb is used.

    A reader of stdout that has seen enough, such as `head`, ends any of them: click would end with 1, which is for
    findings.
    """

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError:
            leave()

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            leave()

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"wsksim.cli.{cmd_name}")
        command: click.Command = module.command
        return command


def _print_folder(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's form
    """Prints the folder of the package that has the option's name."""
    if value and not ctx.resilient_parsing:
        from pathlib import Path  # start-up: 3 ms, for --include only

        click.echo(Path(__file__).parents[1] / str(param.name))
        ctx.exit(0)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--include",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_folder,
    help="Print the folder of wsksim.h, and of the headers of drivers in km, and exit.",
)
@click.option(
    "--examples",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_folder,
    help="Print the folder of the example handlers and capture, and exit.",
)
@click.version_option(__version__, package_name="wsksim")
def cli() -> None:
    """Run WskDisconnectEvent handlers against millions of remote disconnects, in user space."""
