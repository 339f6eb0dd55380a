"""Seeds: each is run in a child process, many in one; the death of a child is the outcome of its seed."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, Self

from wsksim._native import DriverObject
from wsksim.drivers.asking import KEPT, Asked, Outcome
from wsksim.drivers.child import RESTS_S
from wsksim.drivers.notes import Notes
from wsksim.drivers.sanitizers import Sanitizer, findings_of
from wsksim.runs.lifeline import Lifeline

__all__ = ["run_seeds"]

# What one seed has used of the heap the next one uses again: without this glibc gives it back, and half of the time are
# page faults.
_MEMORY: Final = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28)}

# How late at most a signal is seen, and that a child has ended whose output somebody else holds open.
_LOOK_S: Final = 0.05


def run_seeds(asked: Asked, jobs: int | None = None) -> list[Outcome]:
    """Runs every seed; outcomes in the order of the seeds.

    Args:
        asked: which seeds of which driver.
        jobs: how many children at a time; as many as processors, if not given.
    """
    count = jobs or os.cpu_count() or 1
    shares = list(asked.shares(count))
    driver = DriverObject(asked.path)
    # What a driver has forked becomes this process's when its child has ended, and ends with the run.
    with (
        Lifeline(adopts=True, is_shared=True) as lifeline,
        ThreadPoolExecutor(len(shares), initializer=_block_interrupts) as pool,
    ):
        run = _Run(driver, lifeline)
        try:
            told = [pool.submit(run.all, share) for share in shares]
            _await(told)
            return [outcome for one in told for outcome in one.result()]
        except BaseException:
            run.stop()
            raise


def _await(told: Sequence[Future[list[Outcome]]]) -> None:
    """Waits for all, or until one fails. A signal that came to another thread, or just before, ends no wait."""
    while True:
        now = wait(told, _LOOK_S, FIRST_EXCEPTION)
        if not now.not_done or any(one.exception() for one in now.done):
            return


def _block_interrupts() -> None:
    """Leaves Ctrl-C to the main thread; children of this thread begin so, and do not tell of it as they start."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


class _Run:
    """The children of a run, which end with it."""

    def __init__(self, driver: DriverObject, lifeline: Lifeline) -> None:
        self._driver, self._lifeline = driver, lifeline
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """Ends all children, and starts none any more."""
        with self._lock:
            self._stopped = True
            for child in self._children:
                child.kill()

    @contextlib.contextmanager
    def _child(self, environment: Mapping[str, str], notes: Path) -> "Iterator[subprocess.Popen[bytes] | None]":
        """A child, or none if the run was stopped; it has ended when the block is left."""
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **self._lifeline.options}
        command = [sys.executable, "-m", "wsksim.drivers.child", self._lifeline.argument, str(notes)]
        with self._lock:
            if self._stopped:
                yield None
                return
            child = subprocess.Popen(command, env=environment, **options)  # noqa: S603 - this very interpreter
            self._children.add(child)
        try:
            yield child
        finally:
            with self._lock:
                child.kill()
                child.wait()
                self._children.discard(child)
            for stream in filter(None, (child.stdin, child.stdout)):
                with contextlib.suppress(OSError):
                    stream.close()

    def all(self, asked: Asked) -> list[Outcome]:
        """Runs the seeds to their end."""
        return list(self.outcomes(asked))

    def outcomes(self, asked: Asked) -> Iterator[Outcome]:
        """Runs the seeds in one child after another, each up to the one that it dies of."""
        while asked.first <= asked.last:
            reports = _Reports(self._driver)
            begun = asked.first
            environment = {**_MEMORY, **os.environ, **self._lifeline.environment, **reports.environment}
            with reports, self._child(environment, reports.notes) as child:
                if child is None:
                    return
                assert child.stdin is not None  # noqa: S101 - for the type checker
                # A child that has died says below of what.
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.write(json.dumps(asdict(asked)).encode())
                    child.stdin.close()
                for line in _lines(child):
                    told = _read(line)
                    begun = told.get("begins", begun)
                    if "outcome" in told:
                        yield reports.added(Outcome.of(told["seed"], told["outcome"]))
                        begun = told["seed"] + 1
                if begun > asked.last or self._stopped:
                    return
                died = reports.added(reports.noted(Outcome(seed=begun)))
                ended = (
                    "the sanitizer ended the run"
                    if died.findings
                    else _death(child.returncode, asked) + reports.died_at() + reports.said
                )
                yield replace(died, ended=ended)
                asked = replace(asked, first=begun + 1)


def _lines(child: "subprocess.Popen[bytes]") -> Iterator[str]:
    """The lines that a child prints until it has ended: what it has forked may hold its output open for ever."""
    assert child.stdout is not None  # noqa: S101 - for the type checker
    output, rest = child.stdout.fileno(), b""
    os.set_blocking(output, False)
    is_open = True
    while True:
        over = child.poll() is not None
        if not is_open and not over:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_LOOK_S)
            continue
        found = select.select([output] if is_open else [], [], [], 0 if over else _LOOK_S)[0]
        read = os.read(output, 1 << 16) if found else b""
        is_open = is_open and (bool(read) or not found)
        *lines, rest = (rest + read).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
        if over and not read:
            return


def _read(line: str) -> dict[str, Any]:
    """What a child says; nothing, if it is the driver that has printed there."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


class _Reports:
    """What one child writes down, and the runtime of a sanitizer about it, if the driver was built with one.

    Attributes:
        notes: where the child writes.
        said: what the sanitizer said last.
        environment: what the child's has to have.
    """

    def __init__(self, driver: DriverObject) -> None:
        self._driver, self._sanitizer = driver, Sanitizer.of(driver.words)
        self._folder = tempfile.TemporaryDirectory(prefix="wsksim-reports-")
        self.notes = Path(self._folder.name, "seed")
        self.notes.touch()
        self._read = 0
        self.said = ""
        self.environment: dict[str, str] = {}
        if self._sanitizer is not None:
            self.environment = self._sanitizer.environment(Path(self._folder.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def noted(self, outcome: Outcome) -> Outcome:
        """The outcome of a seed whose process has died, with what it had written down."""
        notes = Notes.read(self.notes)
        return replace(outcome, printed=notes.printed[-KEPT:], lines=len(notes.printed), injected=notes.injected)

    def died_at(self) -> str:
        """The line of the driver at which its process has died, and its caller's."""
        places = Notes.read(self.notes).places(self._driver.place)[:2]
        told = [f"{Path(file).name}:{line} in {function}" for function, file, line in places]
        return f" at {', called at '.join(told)}" if told else ""

    def added(self, outcome: Outcome) -> Outcome:
        """An outcome with the findings of what was written since the last one."""
        if self._sanitizer is None:
            return outcome
        folder = Path(self._folder.name)
        text = "".join(part.read_text(errors="replace") for part in sorted(folder.glob("report.*")))
        notes = folder / "notes"
        new, self._read = text[self._read :], len(text)
        self.said = f"; the sanitizer said: {new.lstrip('= ').partition(chr(10))[0]}" if new else ""
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
