"""Running a handler in a child process, so that its crash ends in a report.

For a C handler the parent starts the same command again; for one in Python it forks, which takes no time, where the
system can. Then it waits. The child hands over its report, or its exit code if it refused the run, in a file, and while
it runs keeps a black box up to date: a small mapped file that survives it. A child that ends without handing anything
over has crashed, whatever its exit code, and the parent makes the report from the box.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsksim._stderr import say
from wsksim.runs.black_box import BlackBox, Call, read_findings
from wsksim.runs.exit_codes import EXIT_INTERRUPTED, EXIT_USAGE
from wsksim.runs.last_words import read_stack
from wsksim.runs.lifeline import Lifeline, is_left_behind
from wsksim.runs.report import Report
from wsksim.runs.waiting import GRACE_S, End, Forked, Interrupts, ends_by_signal, started, wait

__all__ = ["Child", "hand_over", "run_forked", "run_isolated"]


def run_isolated(arguments: list[str], *, workers: int, blank: dict[str, Any]) -> Report | int:
    """Runs a command line in a child process, which ends with this one.

    Args:
        arguments: the verb and its arguments, without what this function adds.
        workers: how many worker rows the black box needs.
        blank: `verb`, `handler`, `options` and `seed` for the report of a crash, and the `policies` of its findings.

    Returns:
        The child's report, the report of its crash, or the exit code of a child that refused the run
        and said why on stderr.

    Raises:
        SystemExit: this process was asked to end, by SIGTERM or a terminal that went away.
    """
    with (
        ends_by_signal(),
        tempfile.TemporaryDirectory(prefix="wsksim-") as folder,
        Lifeline(adopts=True) as lifeline,
        Interrupts() as interrupts,
    ):
        box, result = Path(folder, "box"), Path(folder, "report.json")
        box.write_bytes(bytes(BlackBox.size(workers)))
        command = [sys.executable, "-m", "wsksim", *arguments, "--no-isolate", "--parent", lifeline.argument]
        command += ["--black-box", str(box), "--report-file", str(result)]
        begun = time.perf_counter()
        end = wait(started(command, lifeline.options), interrupts, passes=1, grace_s=GRACE_S)
        return _outcome(end, box, result, {**blank, "elapsed_s": time.perf_counter() - begun})


@dataclass(frozen=True)
class Child:
    """What the forked process is to use: the hidden options that a command line would give it."""

    parent: str
    black_box: str
    report_file: str


def run_forked(*, workers: int, blank: dict[str, Any]) -> "Child | Report | int | None":
    """Forks this process, which has one thread, and in the parent waits for the child.

    Args:
        workers: how many worker rows the black box needs.
        blank: as for `run_isolated`.

    Returns:
        In the child what it is to use; in the parent what `run_isolated` returns; None if there is no child.

    Raises:
        SystemExit: as `run_isolated`.
    """
    child = -1
    folder = tempfile.mkdtemp(prefix="wsksim-")
    box, result = Path(folder, "box"), Path(folder, "report.json")
    try:
        box.write_bytes(bytes(BlackBox.size(workers)))
        lifeline = Lifeline()
        argument = lifeline.argument
        begun = time.perf_counter()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        with ends_by_signal(), Interrupts() as interrupts:
            try:
                child = os.fork()
            except OSError:  # no room for a process
                return None
            if child == 0:
                lifeline.cut()
                return Child(argument, str(box), str(result))
            with lifeline:
                # Its own second Ctrl-C gives up a worker that does not return.
                end = wait(Forked(child), interrupts, passes=2, grace_s=None)
        return _outcome(end, box, result, {**blank, "elapsed_s": time.perf_counter() - begun})
    finally:
        # The folder is the parent's.
        if child != 0:
            shutil.rmtree(folder, ignore_errors=True)


def _outcome(end: End, box: Path, result: Path, blank: dict[str, Any]) -> Report | int:
    if result.exists():
        values = json.loads(result.read_text("utf-8"))
        return values if isinstance(values, int) else Report.from_dict(values)
    content = BlackBox(box.read_bytes())
    counters = content.counters()
    found, notes = read_findings(box, counters["findings"], blank)
    # The counter may be behind: it is written a batch at a time.
    counters["findings"] = max(counters["findings"], sum(one.count for one in found))
    told = {name: value for name, value in blank.items() if name != "policies"}
    rest = {**told, "finding_list": found, "note_list": notes, "at_least": True, "interrupted": end.interrupted}
    if end.interrupted and (end.killed or end.code in {EXIT_INTERRUPTED, -signal.SIGINT}):
        return Report.of(counters, stopped=_hung(content.calls) if end.killed else "", **rest)
    return Report.of(counters, crashed=_crash(end.code, content, read_stack(result)), **rest)


def hand_over(report_file: str, result: dict[str, Any] | int) -> None:
    """Gives the parent a report, or the exit code of a run that was refused; whole or not at all.

    What a C handler has forked comes here too if it returns from the handler: it has nothing to say.
    """
    if is_left_behind():
        os._exit(0)
    part = Path(report_file + ".part")
    try:
        part.write_text(json.dumps(result), "utf-8")
    except OSError as error:
        # This is no crash, which a parent without an answer would take it for; its code needs less room.
        do = "make room there, or name another folder as TMPDIR"
        say(f"wsksim: asked to hand the report over in {part.parent}; found {error.strerror}; {do}")
        part.write_text(json.dumps(EXIT_USAGE), "utf-8")
    part.replace(report_file)


def _hung(calls: list[Call]) -> str:
    where = f"the handler had not returned from {_named(calls)}" if calls else "its process gave no report"
    return f"after Ctrl-C {where}, so its process was ended"


def _crash(code: int, box: BlackBox, stack: str) -> dict[str, Any]:
    calls = box.calls if box.trusted else []
    # A process that hung while it died was ended by another signal.
    code = -box.signal if code < 0 and box.signal else code
    name = _ending(code)
    none = {"edge": None, "socket": None, "flags": None, "context": None}
    if not box.trusted:
        text = (
            f"the handler ended its process by {name}; something wrote over the page that it shares with this command, "
            "so the figures cannot be trusted"
        )
    elif calls:
        text = f"the handler ended its process by {name} in {_named(calls)}"
    elif any(row[5] for row in box.rows):
        text = f"the process of the handler ended by {name} outside a call of the handler"
    elif sum(box.counters()["posted"].values()):
        text = f"the process of the handler ended by {name} during the run; it did not tell in which call"
    else:
        text = f"the process of the handler ended by {name} before its first call, such as while it was loaded"
    return {
        "signal": -code if code < 0 else None,
        "exit": None if code < 0 else code,
        "name": name,
        **(calls[0].to_dict() if calls else none),
        "candidates": [call.to_dict() for call in calls],
        "text": text,
        "stack": stack,
    }


def _named(calls: list[Call]) -> str:
    if len(calls) == 1:
        return str(calls[0])
    return "one of the calls that were running: " + "; ".join(map(str, calls))


def _ending(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"
    return f"exit code {code:#x}" if code > 0xFF else f"exit code {code}"
