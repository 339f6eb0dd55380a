"""Options that several verbs have: those that run a handler, and those that give a report."""

import importlib.util
import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from wsksim.cli.numbers import Count
from wsksim.reports.names import PRINTED, check_name, form_of
from wsksim.runs.arguments import IRQLS, MAX_CONTEXT_SIZE, MAX_SEED
from wsksim.wording import named

__all__ = ["STORM", "check_timed", "handler_options", "output_options", "printed_form", "shared_arguments"]

# What only the storm of a handler is asked for.
STORM = ("sockets", "disconnects", "abortive", "rate", "arrivals", "burst", "order", "sample", "workers")


def _check_outputs(ctx: click.Context, param: click.Parameter, names: Sequence[str]) -> Sequence[str]:
    """Refuses what could not be written, before anything runs."""
    for name in names:
        try:
            check_name(name)
        except ValueError as error:
            raise click.BadParameter(str(error).removeprefix("report: "), ctx, param) from None
        folder = os.path.dirname(name) or "."  # noqa: PTH120 - a name that is no text is taken as it is
        if not os.path.isdir(folder):  # noqa: PTH112
            do = f"asked to write {named(name)}; found no folder {named(folder)}; make it first"
            raise click.BadParameter(do, ctx, param)
        if form_of(name) == "arrow" and importlib.util.find_spec("nanoarrow") is None:
            do = "found that nanoarrow is not installed; install it: pip install 'wsksim[arrow]'"
            raise click.BadParameter(f"asked to write {named(name)}; {do}", ctx, param)
    return names


_OUTPUTS = (
    click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="FILE",
        callback=_check_outputs,
        help="Write the report to this file too, in the form that its suffix says: "
        "txt, json, html, csv, arrow, hlog, hgrm, sarif or wsk; may be repeated.",
    ),
    click.option(
        "--format",
        "form",
        type=click.Choice(PRINTED),
        help="What is printed; github is annotations for its CI.  [default: text]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object: --format json."),
)
_OPTIONS = (
    click.option(
        "--seed",
        type=Count(0, MAX_SEED),
        metavar="NUMBER",
        default=0,
        show_default=True,
        help="Where every random draw begins: the same number repeats a run.",
    ),
    click.option(
        "--irql",
        type=click.Choice(IRQLS),
        default="passive",
        show_default=True,
        help="Level at which indications run; mixed is drawn from the seed.",
    ),
    click.option(
        "--contexts",
        metavar="dict|int|none|MODULE:CALLABLE",
        default="dict",
        show_default=True,
        help="What each socket's context is; a callable is given the socket's number.",
    ),
    click.option(
        "--context-size",
        type=Count(1, MAX_CONTEXT_SIZE),
        metavar="BYTES",
        default=64,
        show_default=True,
        help="Bytes of the zeroed block that a C handler's context points at.",
    ),
    *_OUTPUTS,
    click.option("--quiet", "-q", is_flag=True, help="No progress, and of the report only checks and findings."),
    click.option("--no-progress", is_flag=True, help="No progress on stderr."),
    click.option("--no-isolate", is_flag=True, help="Run the handler in this process, not in a child."),
    click.option("--parent", hidden=True),
    click.option("--black-box", hidden=True),
    click.option("--report-file", hidden=True),
)


def shared_arguments(options: dict[str, Any]) -> list[str]:
    """The options that all verbs share as arguments that repeat a run; what is usual is left out."""
    arguments = ["--seed", str(options["seed"])]
    for name, usual in (("irql", "passive"), ("contexts", "dict"), ("context_size", 64)):
        if options[name] != usual:
            arguments += ["--" + name.replace("_", "-"), str(options[name])]
    return arguments


def printed_form(options: dict[str, Any]) -> str:
    """What is to be printed; takes both options for it away."""
    form, as_json = options.pop("form"), options.pop("as_json")
    if as_json and form not in {None, "json"}:
        raise click.UsageError(f"format: asked for {form}; found --json as well; leave out one of them")
    return "json" if as_json else form or "text"


def check_timed(options: dict[str, Any], *, timed: bool, do: str) -> None:
    """Refuses forms of times, before anything runs, if none will be taken; `do` says how to have some."""
    forms = [form_of(name) for name in options["outputs"]] + [options["form"]]
    asked = next((form for form in forms if form in {"hlog", "hgrm"}), None)
    if asked is not None and not timed:
        raise click.UsageError(f"output: asked for {asked}; found that no times are taken; {do}")


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of a verb that gives a report to its function."""
    for option in reversed(_OUTPUTS):
        command = option(command)
    return command


def handler_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of a verb that runs a handler to its function."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
