"""Seeds: each is run in a child process, many in one; the death of a child is the outcome of its seed."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, Self

from wsksim._native import DriverObject
from wsksim.drivers.asking import Asked, Outcome
from wsksim.drivers.child import RESTS_S
from wsksim.drivers.sanitizers import Sanitizer, findings_of

__all__ = ["run_seeds"]

# What one seed has used of the heap the next one uses again: without this glibc gives it back, and half of the time are
# page faults.
_MEMORY: Final = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28)}


def run_seeds(asked: Asked, jobs: int | None = None) -> list[Outcome]:
    """Runs every seed; outcomes in the order of the seeds.

    Args:
        asked: which seeds of which driver.
        jobs: how many children at a time; as many as processors, if not given.
    """
    count = jobs or os.cpu_count() or 1
    shares = list(asked.shares(count))
    driver = DriverObject(asked.path)
    with ThreadPoolExecutor(len(shares)) as pool:
        told = pool.map(lambda share: list(_run(share, driver)), shares)
        return [outcome for outcomes in told for outcome in outcomes]


def _run(asked: Asked, driver: DriverObject) -> Iterator[Outcome]:
    """Runs the seeds in one child after another, each up to the one that it dies of."""
    while asked.first <= asked.last:
        reports = _Reports(driver)
        begun = asked.first
        command = [sys.executable, "-m", "wsksim.drivers.child"]
        environment = {**_MEMORY, **os.environ, **reports.environment}
        with (
            reports,
            subprocess.Popen(  # noqa: S603 - this very interpreter
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace", env=environment
            ) as child,
        ):
            assert child.stdin is not None  # noqa: S101 - for the type checker
            assert child.stdout is not None  # noqa: S101 - likewise
            json.dump(asdict(asked), child.stdin)
            child.stdin.close()
            for line in child.stdout:
                told = _read(line)
                begun = told.get("begins", begun)
                if "outcome" in told:
                    yield reports.added(Outcome.of(told["seed"], told["outcome"]))
                    begun = told["seed"] + 1
            child.wait()
            if begun > asked.last:
                return
            died = reports.added(Outcome(seed=begun))
            ended = "the sanitizer ended the run" if died.findings else _death(child.returncode, asked)
            yield replace(died, ended=ended)
            asked = replace(asked, first=begun + 1)


def _read(line: str) -> dict[str, Any]:
    """What a child says; nothing, if it is the driver that has printed there."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


class _Reports:
    """What the runtime of a sanitizer writes about one child, if the driver was built with one."""

    def __init__(self, driver: DriverObject) -> None:
        self._driver, self._sanitizer = driver, Sanitizer.of(driver.words)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._read = 0
        self.environment: dict[str, str] = {}
        if self._sanitizer is not None:
            self._folder = tempfile.TemporaryDirectory(prefix="wsksim-reports-")
            self.environment = self._sanitizer.environment(Path(self._folder.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def added(self, outcome: Outcome) -> Outcome:
        """An outcome with the findings of what was written since the last one."""
        if self._sanitizer is None or self._folder is None:
            return outcome
        folder = Path(self._folder.name)
        text = "".join(part.read_text(errors="replace") for part in sorted(folder.glob("report.*")))
        notes = folder / "notes"
        new, self._read = text[self._read :], len(text)
        told = notes.read_text(errors="replace") if notes.exists() else ""
        found = findings_of(self._sanitizer, new, told, self._driver.place) if new else []
        counters = outcome.counters
        if counters is not None:
            counters = {**counters, "findings": counters["findings"] + len(found)}
        return replace(outcome, findings=(*outcome.findings, *found), counters=counters)


def _death(code: int, asked: Asked) -> str:
    """How a child died."""
    if code >= 0:
        return f"the driver ended the process, with exit code {code}"
    if code == -signal.SIGPROF:
        return f"it computed for {asked.computes_s} s without an end"
    if code == -signal.SIGALRM:
        return f"it did not end in {RESTS_S} s"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the process died of {name}"
