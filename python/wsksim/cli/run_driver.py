"""`wsksim run` of a driver in C."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from wsksim.drivers.asking import Asked
from wsksim.drivers.report import DriverReport
from wsksim.drivers.seeds import run_seeds

__all__ = ["execute_driver"]


def execute_driver(target: str, options: dict[str, Any]) -> NoReturn:
    """Runs the seeds, prints the report, and exits."""
    first, last = options["seeds"] or (options["seed"], options["seed"])
    many = options["seeds"] is not None
    asked = Asked(
        path=target,
        first=first,
        last=last,
        schedule=options["schedule"] or ("explore" if many else "fifo"),
        completions=options["completions"] or ("drawn" if many else "windows"),
        irql=options["irql"],
        lenient=options["lenient"],
        peers=options["peers"],
    )
    with tempfile.TemporaryDirectory(prefix="wsksim-run-") as folder:
        if Path(target).suffix.lower() != ".so":
            asked = replace(asked, path=str(_compiled(target, Path(folder))))
        _check(asked.path)
        report = DriverReport.of(asked, run_seeds(asked, options["jobs"]))
    as_json = options["as_json"] or options["form"] == "json"
    click.echo(json.dumps(report.to_dict(), indent=2) if as_json else report.text())
    raise SystemExit(report.exit_code)


def _check(path: str) -> None:
    """Refuses what cannot be loaded, before children are started."""
    from wsksim._native import DriverObject  # start-up: 15 ms of --help

    try:
        DriverObject(path)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _compiled(source: str, folder: Path) -> Path:
    """Compiles a driver of one file as `wsksim cc` does."""
    from wsksim.cli.cc import command as cc  # start-up: 30 ms of --help

    made = folder / (Path(source).stem + ".so")
    cc.main([source, "-o", str(made)], standalone_mode=False)
    return made
