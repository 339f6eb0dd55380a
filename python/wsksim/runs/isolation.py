"""Running a native handler in a child process, so that its crash ends in a report.

The parent starts the same command again and waits. The child hands over its report, or its exit code if it refused
the run, in a file, and while it runs keeps a black box up to date: a small mapped file that survives it. A child that
ends without handing anything over has crashed, whatever its exit code, and the parent makes the report from the box.

The box holds rows of 16 native-endian 64-bit words, one row per worker; row 0 is also the row of `dispatch()`.
Words 0 to 6 describe the row's running call and how many calls were ever begun in it, words 8 to 15 of row 0 hold
the subsystem's counters as they stood when a batch was last taken. Later posts are not in the box.
"""

import contextlib
import faulthandler
import json
import mmap
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from wsksim.contract.sites import is_application
from wsksim.runs.lifeline import Lifeline
from wsksim.runs.report import CAUSES, EXIT_INTERRUPTED, REASONS, Report
from wsksim.wording import connection_name

__all__ = ["BlackBox", "hand_over", "interrupt_once", "keep_stack", "open_black_box", "read_stack", "run_isolated"]

WORDS: Final = 16
ROW: Final = struct.Struct(f"={WORDS}Q")
_GRACE_S: Final = 1.0
# Of the text that a dying process leaves behind.
_STACK_LINES: Final = 40
_STACK_BYTES: Final = 16_384
_FRAME: Final = re.compile(r'  File "(.*)", line \d+ in ')


def open_black_box(path: str) -> mmap.mmap:
    """Maps a black box for the subsystem to write to.

    Raises:
        OSError: the file cannot be opened for writing.
    """
    with Path(path).open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)


@dataclass(frozen=True)
class Call:
    """A native call that had not returned when the process ended."""

    edge: int
    handle: int
    flags: int
    address: int

    @property
    def socket(self) -> str:
        """The name that findings have for the connection too."""
        return connection_name(self.handle)

    @property
    def context(self) -> str:
        """Its SocketContext."""
        return f"0x{self.address:x}"

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values."""
        return {"edge": self.edge, "socket": self.socket, "flags": self.flags, "context": self.context}

    def __str__(self) -> str:
        """Names the edge as a finding does."""
        return f"edge {self.edge:,}, {self.socket}, Flags 0x{self.flags:x}, context {self.context}"


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
        running = [Call(*row[1:5]) for row in self.rows if row[0]]
        return sorted(running, key=lambda call: call.edge, reverse=True)

    def counters(self) -> dict[str, Any]:
        """Returns the counters as `Subsystem.counters()` does, each as much as is known.

        A cause, a reason, or a kind of edge that the box does not hold is `unknown`. Posts are at least as many as
        the calls that they led to.
        """
        posted_graceful, posted_abortive, graceful, abortive, withheld, held, refused, findings = self.rows[0][8:16]
        begun = sum(row[5] for row in self.rows)
        begun_abortive = sum(row[6] for row in self.rows)
        graceful = max(graceful, begun - begun_abortive)
        abortive = max(abortive, begun_abortive)
        posted = {"graceful": max(posted_graceful, graceful), "abortive": max(posted_abortive, abortive)}
        queued = sum(posted.values()) - graceful - abortive - withheld - held
        if queued < 0:
            posted["unknown"] = -queued
        return {
            "posted": posted,
            "indicated": {"graceful": graceful, "abortive": abortive},
            "withheld": {**dict.fromkeys(CAUSES, 0), "unknown": withheld},
            "pending": {"queued": max(queued, 0), "held": held},
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
        end = _wait(command, lifeline.options)
        elapsed_s = time.perf_counter() - begun
        if result.exists():
            values = json.loads(result.read_text("utf-8"))
            return values if isinstance(values, int) else Report.from_dict(values)
        content = BlackBox(box.read_bytes())
        stack = read_stack(result)
        rest = {**blank, "elapsed_s": elapsed_s, "finding_list": [], "at_least": True, "interrupted": end.interrupted}
        if end.interrupted and (end.killed or end.code in {EXIT_INTERRUPTED, -signal.SIGINT}):
            return Report.of(content.counters(), stopped=_hung(content.calls) if end.killed else "", **rest)
        return Report.of(content.counters(), crashed=_crash(end.code, content, stack), **rest)


def hand_over(report_file: str, result: dict[str, Any] | int) -> None:
    """Gives the parent a report, or the exit code of a run that was refused; whole or not at all."""
    part = Path(report_file + ".part")
    part.write_text(json.dumps(result), "utf-8")
    part.replace(report_file)


def keep_stack(report_file: str) -> None:
    """Has Python write where its threads were beside the report, should a signal end this process."""
    # It stays open until the process ends.
    faulthandler.enable(_stack_file(Path(report_file)).open("wb"))


def _stack_file(report_file: Path) -> Path:
    return report_file.with_suffix(".stack")


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
    return "\n".join([*lines[:_STACK_LINES], *more])


def interrupt_once() -> None:
    """Lets only the first Ctrl-C interrupt: the terminal sends one to each process, the parent passes on its own."""
    signal.signal(signal.SIGINT, _interrupt_and_ignore)


def _interrupt_and_ignore(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


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


def _wait(command: list[str], options: dict[str, Any]) -> _End:
    """Runs a child to its end. Ctrl-C gives it a moment for its report; a second one does not."""
    child = subprocess.Popen(command, **options)  # noqa: S603 - this very program
    try:
        try:
            return _End(child.wait())
        except KeyboardInterrupt:
            return _interrupt(child)
    except KeyboardInterrupt:
        return _kill(child)
    except BaseException:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
        child.kill()
        child.wait()
        raise


def _interrupt(child: "subprocess.Popen[bytes]") -> _End:
    # A terminal interrupts the whole process group; a signal to the parent alone has to be passed on.
    if os.name == "posix":
        child.send_signal(signal.SIGINT)
    try:
        return _End(child.wait(_GRACE_S), interrupted=True)
    except subprocess.TimeoutExpired:
        return _kill(child)


def _kill(child: "subprocess.Popen[bytes]") -> _End:
    child.kill()
    return _End(child.wait(), interrupted=True, killed=True)


def _hung(calls: list[Call]) -> str:
    where = f"the handler had not returned from {_named(calls)}" if calls else "its process gave no report"
    return f"after Ctrl-C {where}, so its process was ended"


def _crash(code: int, box: BlackBox, stack: str) -> dict[str, Any]:
    calls = box.calls
    name = _ending(code)
    none = {"edge": None, "socket": None, "flags": None, "context": None}
    if calls:
        text = f"the handler ended its process by {name} in {_named(calls)}"
    elif any(row[5] for row in box.rows):
        text = f"the process of the handler ended by {name} outside a call of the handler"
    else:
        text = f"the process of the handler ended by {name} before its first call, such as while its library was loaded"
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
