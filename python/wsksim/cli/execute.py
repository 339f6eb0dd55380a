"""Runs what a verb asks for, here or in a child process, and prints its report."""

import os
from collections.abc import Callable
from typing import Any, NoReturn

from wsksim.cli.options import printed_form, shared_arguments
from wsksim.cli.output import finish, keep_stdout, refusals
from wsksim.cli.progress import clear_progress, progress_line
from wsksim.cli.repeating import repeating_line
from wsksim.cli.shard_options import Sharding
from wsksim.handlers import is_library, load_callable
from wsksim.runs.arguments import COMPLETIONS
from wsksim.runs.contexts import MODES, ContextChoice
from wsksim.runs.exit_codes import EXIT_INTERRUPTED
from wsksim.runs.report import Report

__all__ = ["execute"]


def execute(
    verb: str,
    handler: str,
    arguments: list[str],
    options: dict[str, Any],
    start: Callable[..., Report],
    *,
    workers: int = 0,
    slots: int | None = None,
    sharding: Sharding | None = None,
    stdin: str = "",
) -> NoReturn:
    """Runs, prints the report, and exits with its code.

    Args:
        verb: `run` or `replay`.
        handler: text of the handler, which runs in a child process unless `--no-isolate` is given.
        arguments: the verb's own arguments, normalised, so that they repeat the run.
        options: values of the options that all verbs share.
        start: runs it here; takes the shared options that are left.
        workers: how many worker threads may run calls.
        slots: the `max_sockets` of its subsystem, if it is not as many as can be.
        sharding: how the run is divided, if it is.
        stdin: what it reads from stdin, if anything.
    """
    options = {**options, "slots": slots}
    command = [verb, *arguments, *shared_arguments(options)]
    options["form"] = printed_form(options)
    stdout = keep_stdout() if options["form"] != "text" else None
    report = _isolated(command, handler, options, workers=workers)
    if report is None:
        try:
            report = _here(verb, options, start)
        except KeyboardInterrupt:  # before the run began; a parent need not say it again
            if options["report_file"] is not None:
                from wsksim.runs.isolation import hand_over  # start-up: 22 ms, for a child only

                hand_over(options["report_file"], EXIT_INTERRUPTED)
            raise
    if sharding is not None:
        report = sharding.named(report)
    finish(report, repeat=repeating_line(command, stdin=stdin), stdout=stdout, options=options)


def _isolated(command: list[str], handler: str, options: dict[str, Any], *, workers: int) -> Report | None:
    """Runs the command in a child process; None if it is to be run here, which may be that child."""
    if options["no_isolate"] or options["parent"] is not None:
        return None
    if is_library(handler):
        return _in_child(command, handler, options, workers=workers)
    if not hasattr(os, "fork"):
        return None
    from wsksim.runs.isolation import Child, run_forked  # start-up: 22 ms of --help

    outcome = run_forked(workers=workers, blank=_blank(command, handler, options))
    if isinstance(outcome, Child):
        options.update(vars(outcome))
        return None
    return outcome if outcome is None else _of_child(outcome, options)


def _here(verb: str, options: dict[str, Any], start: Callable[..., Report]) -> Report:
    box = None
    if options["black_box"] is not None:
        from wsksim.runs.black_box import open_black_box  # start-up: 22 ms, for a child only

        box = open_black_box(options["black_box"])
    if options["parent"] is not None:
        from wsksim.runs.last_words import keep_stack  # start-up: 22 ms, for a child only
        from wsksim.runs.lifeline import hold  # start-up: 4 ms, for a child only
        from wsksim.runs.waiting import interrupt_by_turns, interrupt_once  # start-up: 22 ms, for a child only

        hold(options["parent"])
        (interrupt_once if options["no_isolate"] else interrupt_by_turns)()
        if options["report_file"] is not None:
            keep_stack(options["report_file"], box)
    with refusals(options["report_file"]):
        contexts = _read_contexts(options["contexts"])
        with progress_line(verb, wanted=not (options["quiet"] or options["no_progress"])) as progress:
            return start(
                seed=options["seed"],
                irql=options["irql"],
                contexts=contexts,
                context_size=options["context_size"],
                progress=progress,
                black_box=box,
            )


def _in_child(command: list[str], handler: str, options: dict[str, Any], *, workers: int) -> Report:
    from wsksim.runs.isolation import run_isolated  # start-up: 22 ms, for C functions only

    quiet = options["quiet"] or options["no_progress"]
    outcome = run_isolated(
        [*command, *(["--no-progress"] if quiet else [])], workers=workers, blank=_blank(command, handler, options)
    )
    return _of_child(outcome, options)


def _blank(command: list[str], handler: str, options: dict[str, Any]) -> dict[str, Any]:
    known = {"command": command, "irql": options["irql"]}
    policies = {"irql": options["irql"], "completions": COMPLETIONS, "max_sockets": options["slots"]}
    return {"verb": command[0], "handler": handler, "seed": options["seed"], "options": known, "policies": policies}


def _of_child(outcome: Report | int, options: dict[str, Any]) -> Report:
    if not (options["quiet"] or options["no_progress"]):
        clear_progress()
    if isinstance(outcome, int):
        raise SystemExit(outcome)
    return outcome


def _read_contexts(contexts: str) -> ContextChoice:
    return contexts if contexts in MODES else load_callable("--contexts", contexts, otherwise="dict, int, none")
