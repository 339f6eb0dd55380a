"""Running a handler in a child process, so that its crash ends in a report.

For a C handler the parent starts the same command again; for one in Python it forks, which takes no time, where the
system can. Then it waits. The child hands over its report, or its exit code if it refused the run, in a file, and while
it runs keeps a black box up to date: a small mapped file that survives it. A child that ends without handing anything
over has crashed, whatever its exit code, and the parent makes the report from the box.

The box holds rows of 16 native-endian 64-bit words, one row per worker; row 0 is also the row of `dispatch()`.
Words 0 to 6 describe the row's running C call and how many calls were ever begun in it, words 8 to 15 of row 0 hold
the subsystem's counters as they stood when a batch was last taken. Later posts are not in the box. What a dying process
can still say of itself it adds: in word 7 of row 0 the signal, in words 0 to 3 the call of a Python handler, and beside
the report the functions on its stack. Each different finding is written down when it is made, in one more file.
"""

import contextlib
import faulthandler
import json
import mmap
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol, cast

from wsksim._native import _watch_crashes
from wsksim.contract.finding import Finding, Kind
from wsksim.contract.rules import BY_ID
from wsksim.contract.sites import is_application
from wsksim.runs.lifeline import Lifeline
from wsksim.runs.report import CAUSES, EXIT_INTERRUPTED, REASONS, Report
from wsksim.wording import connection_name

__all__ = [
    "BlackBox",
    "Child",
    "hand_over",
    "interrupt_by_turns",
    "interrupt_once",
    "keep_stack",
    "open_black_box",
    "read_stack",
    "run_forked",
    "run_isolated",
]

WORDS: Final = 16
ROW: Final = struct.Struct(f"={WORDS}Q")
_GRACE_S: Final = 1.0
_LOOK_S: Final = 0.01
# Two signals of one Ctrl-C are no further apart.
_TOGETHER_S: Final = 0.2
# Of the text that a dying process leaves behind.
_STACK_LINES: Final = 40
_STACK_BYTES: Final = 16_384
_FRAME: Final = re.compile(r'  File "(.*)", line \d+ in ')
# In word 0 of a row: the call is a Python handler's, whose context nobody wrote down.
_PYTHON: Final = 2
_C_LINES: Final = 16
# Of a line that tells a finding.
_PARTS: Final = 14
# Libraries whose functions say nothing of a crash: the interpreter's own.
_INTERPRETER: Final = re.compile(r"(lib)?python[\d.]*(\.so.*)?$")


class _Box(mmap.mmap):
    """A mapped black box.

    Attributes:
        findings_file: where each different finding is written down when it is made.
    """

    findings_file: int


def open_black_box(path: str) -> mmap.mmap:
    """Maps a black box for the subsystem to write to.

    Raises:
        OSError: the file cannot be opened for writing.
    """
    with Path(path).open("r+b") as file:
        box = _Box(file.fileno(), 0)
    # It stays open until the process ends.
    box.findings_file = os.open(_findings_file(Path(path)), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return box


def _findings_file(box: Path) -> Path:
    return box.with_suffix(".findings")


_ESCAPED: Final = re.compile(r"\\(.)")
_PLAIN: Final = {"t": "\t", "n": "\n", "r": "\r"}


def _read_findings(box: Path, total: int, blank: dict[str, Any]) -> tuple[list[Finding], list[Finding]]:
    """The findings and the notes that a dead process had made, each different one; the last line may be cut."""
    try:
        lines = _findings_file(box).read_bytes().decode("utf-8", "backslashreplace").splitlines(keepends=True)
    except OSError:
        return [], []
    found: list[Finding] = []
    for line in lines:
        parts = [_ESCAPED.sub(lambda one: _PLAIN.get(one[1], one[1]), part) for part in line.rstrip("\n").split("\t")]
        if not line.endswith("\n") or len(parts) != _PARTS:
            continue
        rule, kind, what, advice, socket, context, inside, edge, flags, function, site, other, other_site, trace = parts
        finding = Finding(
            rule=rule,
            kind=cast("Kind", kind),
            condition=BY_ID[rule].statement,
            found=what,
            advice=advice,
            # A C handler has no line; its name is the command's.
            function=function or blank["handler"],
            site=site,
            other_function=other,
            other_site=other_site,
            socket=socket,
            context=context,
            inside=inside,
            edge=int(edge),
            flags=int(flags),
            seed=blank["seed"],
            traceback=trace,
        )
        found.append(finding)
    breaches = [one for one in found if one.kind != "note"]
    if len(breaches) == 1:
        breaches = [replace(breaches[0], count=max(total, 1))]
    return breaches, [one for one in found if one.kind == "note"]


@dataclass(frozen=True)
class Call:
    """A call that had not returned when the process ended."""

    edge: int
    handle: int
    flags: int
    address: int | None

    @property
    def socket(self) -> str:
        """The name that findings have for the connection too."""
        return connection_name(self.handle)

    @property
    def context(self) -> str | None:
        """Its SocketContext, if the box holds it."""
        return None if self.address is None else f"0x{self.address:x}"

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values."""
        return {"edge": self.edge, "socket": self.socket, "flags": self.flags, "context": self.context}

    def __str__(self) -> str:
        """Names the edge as a finding does."""
        context = "" if self.context is None else f", context {self.context}"
        return f"edge {self.edge:,}, {self.socket}, Flags 0x{self.flags:x}{context}"


class BlackBox:
    """What a black box says after its process ended."""

    def __init__(self, content: bytes) -> None:
        """Reads the rows; a rest that is no whole row is ignored."""
        whole = len(content) - len(content) % ROW.size
        self.rows = list(ROW.iter_unpack(content[:whole]))

    @staticmethod
    def size(workers: int) -> int:
        """Returns the bytes that a box for so many workers needs."""
        return ROW.size * (workers + 1)

    @property
    def calls(self) -> list[Call]:
        """The calls that were running, the newest edge first."""
        running = [
            Call(edge, handle, flags, None if kind == _PYTHON else address)
            for kind, edge, handle, flags, address, *_ in self.rows
            if kind
        ]
        return sorted(running, key=lambda call: call.edge, reverse=True)

    @property
    def signal(self) -> int:
        """The signal that the process wrote down; 0 if it wrote none."""
        number: int = self.rows[0][7]
        return number

    def counters(self) -> dict[str, Any]:
        """Returns the counters as `Subsystem.counters()` does, each as much as is known, and the calls that run.

        A call that did not return is pending, as `running`, and not indicated. A cause, a reason, or a kind of edge
        that the box does not hold is `unknown`. Posts are at least as many as the calls that they led to.
        """
        posted_graceful, posted_abortive, graceful, abortive, withheld, held, refused, findings = self.rows[0][8:16]
        # A C call counts as begun when it is; of a Python handler's only whole batches are in the box.
        cut = [[call for call in self.calls if call.flags & 1 == kind] for kind in (0, 1)]
        begun = sum(row[5] for row in self.rows)
        begun_abortive = sum(row[6] for row in self.rows)
        native = [sum(call.address is not None for call in calls) for calls in cut]
        graceful = max(graceful, begun - begun_abortive - native[0])
        abortive = max(abortive, begun_abortive - native[1])
        running = [len(calls) for calls in cut]
        posted = {
            "graceful": max(posted_graceful, graceful + running[0]),
            "abortive": max(posted_abortive, abortive + running[1]),
        }
        queued = sum(posted.values()) - graceful - abortive - withheld - held - sum(running)
        if queued < 0:
            posted["unknown"] = -queued
        return {
            "posted": posted,
            "indicated": {"graceful": graceful, "abortive": abortive},
            "withheld": {**dict.fromkeys(CAUSES, 0), "unknown": withheld},
            "pending": {"queued": max(queued, 0), "held": held, "running": sum(running)},
            "refused": {**dict.fromkeys(REASONS, 0), "unknown": refused},
            "findings": findings,
        }


def run_isolated(arguments: list[str], *, workers: int, blank: dict[str, Any]) -> Report | int:
    """Runs a command line in a child process, which ends with this one.

    Args:
        arguments: the verb and its arguments, without what this function adds.
        workers: how many worker rows the black box needs.
        blank: `verb`, `handler`, `options` and `seed` for the report of a crash.

    Returns:
        The child's report, the report of its crash, or the exit code of a child that refused the run
        and said why on stderr.

    Raises:
        SystemExit: this process was asked to end, by SIGTERM or a terminal that went away.
    """
    with _ends_by_signal(), tempfile.TemporaryDirectory(prefix="wsksim-") as folder, Lifeline() as lifeline:
        box, result = Path(folder, "box"), Path(folder, "report.json")
        box.write_bytes(bytes(BlackBox.size(workers)))
        command = [sys.executable, "-m", "wsksim", *arguments, "--no-isolate", "--parent", lifeline.argument]
        command += ["--black-box", str(box), "--report-file", str(result)]
        begun = time.perf_counter()
        end = _wait(_started(command, lifeline.options), passes=1, grace_s=_GRACE_S)
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
        try:
            child = os.fork()
        except OSError:  # no room for a process
            return None
        if child == 0:
            lifeline.cut()
            return Child(argument, str(box), str(result))
        with _ends_by_signal(), lifeline:
            # Its own second Ctrl-C gives up a worker that does not return.
            end = _wait(_Forked(child), passes=2, grace_s=None)
        return _outcome(end, box, result, {**blank, "elapsed_s": time.perf_counter() - begun})
    finally:
        # The folder is the parent's.
        if child != 0:
            shutil.rmtree(folder, ignore_errors=True)


def _outcome(end: "_End", box: Path, result: Path, blank: dict[str, Any]) -> Report | int:
    if result.exists():
        values = json.loads(result.read_text("utf-8"))
        return values if isinstance(values, int) else Report.from_dict(values)
    content = BlackBox(box.read_bytes())
    counters = content.counters()
    found, notes = _read_findings(box, counters["findings"], blank)
    # The counter may be behind: it is written a batch at a time.
    counters["findings"] = max(counters["findings"], sum(one.count for one in found))
    rest = {**blank, "finding_list": found, "note_list": notes, "at_least": True, "interrupted": end.interrupted}
    if end.interrupted and (end.killed or end.code in {EXIT_INTERRUPTED, -signal.SIGINT}):
        return Report.of(counters, stopped=_hung(content.calls) if end.killed else "", **rest)
    return Report.of(counters, crashed=_crash(end.code, content, read_stack(result)), **rest)


def hand_over(report_file: str, result: dict[str, Any] | int) -> None:
    """Gives the parent a report, or the exit code of a run that was refused; whole or not at all."""
    part = Path(report_file + ".part")
    part.write_text(json.dumps(result), "utf-8")
    part.replace(report_file)


def keep_stack(report_file: str, black_box: mmap.mmap | None = None) -> None:
    """Has this process write where its threads were beside the report, should a signal end it.

    Args:
        report_file: where the report goes.
        black_box: takes the call of the thread that dies; without one, only Python's lines are written.
    """
    # Both stay open until the process ends.
    faulthandler.enable(_stack_file(Path(report_file)).open("wb"))
    if black_box is not None:
        _watch_crashes(black_box, os.open(_frames_file(Path(report_file)), os.O_WRONLY | os.O_CREAT, 0o600))


def _stack_file(report_file: Path) -> Path:
    return report_file.with_suffix(".stack")


def _frames_file(report_file: Path) -> Path:
    return report_file.with_suffix(".frames")


def _read_frames(report_file: Path) -> list[str]:
    """The functions in C that the dying thread was in, innermost first, without ours and Python's."""
    try:
        rows = _frames_file(report_file).read_bytes().decode("utf-8", "backslashreplace").splitlines()
    except OSError:
        return []
    frames = [row.split("\t") for row in rows if row.count("\t") == 3]
    ours = [Path(frame[0]).name.startswith("_native") for frame in frames]
    # First comes what writes this, and how the system called it.
    first = ours.index(False, ours.index(True)) if True in ours and False in ours else 0
    if first < len(frames) and frames[first][1] in {"", "__restore_rt"}:
        first += 1
    last = ours.index(True, first) if True in ours[first:] else len(frames)
    kept = [frame for frame in frames[first:last] if not _INTERPRETER.match(Path(frame[0]).name)]
    lines = [
        f"  {f'{symbol}+0x{inside} in ' if symbol else ''}{library}+0x{offset}"
        for library, symbol, inside, offset in kept[:_C_LINES]
    ]
    return ["C functions of the thread that died, the innermost first:", *lines] if lines else []


def read_stack(report_file: Path) -> str:
    """What `keep_stack` left of a dead process, cut to what a report can show."""
    try:
        with _stack_file(report_file).open("rb") as file:
            text = file.read(_STACK_BYTES).decode("utf-8", "backslashreplace")
    except OSError:
        return ""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        place = _FRAME.match(line)
        if place is not None and not is_application(place[1]):
            continue
        # Of a thread without a line of the application's only the one that died is told.
        if not line.startswith("  ") and lines and lines[-1].startswith("Thread "):
            lines.pop()
        if not line.startswith("  ") and lines and lines[-1].startswith("Current thread "):
            lines.append("  (no line of the application's in Python)")
        # The names of all libraries that are loaded tell nothing of the crash.
        if line and not line.startswith("Extension modules:"):
            lines.append(line)
    more = [f"... and {len(lines) - _STACK_LINES} more lines"] if len(lines) > _STACK_LINES else []
    return "\n".join([*_read_frames(report_file), *lines[:_STACK_LINES], *more])


def interrupt_once() -> None:
    """Lets only the first Ctrl-C interrupt: the terminal sends one to each process, the parent passes on its own."""
    signal.signal(signal.SIGINT, _interrupt_and_ignore)


def _interrupt_and_ignore(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def interrupt_by_turns() -> None:
    """Lets each Ctrl-C interrupt once, whether it comes from the terminal, from the parent, or from both."""
    last = -_TOGETHER_S

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last
        del number, frame
        before, last = last, time.monotonic()
        if last - before >= _TOGETHER_S:
            raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


@contextlib.contextmanager
def _ends_by_signal() -> Iterator[None]:
    """Lets a signal that ends this process leave the block first; its exit code is the shell's for that signal."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        raise SystemExit(128 + number)

    # A signal that is ignored, as under nohup, stays ignored.
    before = {number: signal.signal(number, end) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class _End:
    """How a child ended."""

    code: int
    interrupted: bool = False
    killed: bool = False


class _Process(Protocol):
    """What is asked of a child, however it was made."""

    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


def _started(command: list[str], options: dict[str, Any]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, **options)  # noqa: S603 - this very program


class _Forked:
    """A forked child, as `subprocess.Popen` has a started one."""

    def __init__(self, number: int) -> None:
        self._number = number

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            found, status = os.waitpid(self._number, 0 if end is None else os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired("the forked process", timeout or 0.0)
            time.sleep(_LOOK_S)

    def send_signal(self, number: int, /) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._number, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _wait(child: _Process, *, passes: int, grace_s: float | None) -> _End:
    """Waits for a child.

    Args:
        child: the child.
        passes: so often Ctrl-C is passed on; the next one ends the child.
        grace_s: how long the child may take after one; None for as long as it wants.
    """
    passed = 0
    while True:
        try:
            return _End(child.wait(grace_s if passed else None), interrupted=passed > 0)
        except subprocess.TimeoutExpired:
            return _kill(child)
        except KeyboardInterrupt:
            if passed == passes:
                return _kill(child)
            passed += 1
            # A terminal interrupts the whole process group; a signal to the parent alone has to be passed on.
            if os.name == "posix":
                child.send_signal(signal.SIGINT)
        except BaseException:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_GRACE_S)
            child.kill()
            with contextlib.suppress(ChildProcessError):
                child.wait()
            raise


def _kill(child: _Process) -> _End:
    child.kill()
    return _End(child.wait(), interrupted=True, killed=True)


def _hung(calls: list[Call]) -> str:
    where = f"the handler had not returned from {_named(calls)}" if calls else "its process gave no report"
    return f"after Ctrl-C {where}, so its process was ended"


def _crash(code: int, box: BlackBox, stack: str) -> dict[str, Any]:
    calls = box.calls
    # A process that hung while it died was ended by another signal.
    code = -box.signal if code < 0 and box.signal else code
    name = _ending(code)
    none = {"edge": None, "socket": None, "flags": None, "context": None}
    if calls:
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
