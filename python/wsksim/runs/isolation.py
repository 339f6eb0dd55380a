"""Running a native handler in a child process, so that its crash ends in a report.

The parent starts the same command again and waits. The child writes its report to a file, and while it runs keeps
a black box up to date: a small mapped file that survives it. If the child dies, the parent makes the report from
the box.

The box holds rows of 16 native-endian 64-bit words, one row per worker; row 0 is also the row of `dispatch()`.
Words 0 to 6 describe the row's running call and what was called since the last flush, words 8 to 15 of row 0 hold
the subsystem's counters at the last flush.
"""

import contextlib
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from wsksim.runs.report import CAUSES, EXIT_INTERRUPTED, REASONS, Report

__all__ = ["BlackBox", "open_black_box", "run_isolated"]

WORDS: Final = 16
ROW: Final = struct.Struct(f"={WORDS}Q")
_GRACE_S: Final = 0.5
_CRASHED_FROM: Final = 128  # exit codes from here on tell of a signal, or on Windows of an NTSTATUS


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
    socket: int
    flags: int
    context: int

    def __str__(self) -> str:
        """Names the edge."""
        return f"edge {self.edge:,}, socket {self.socket:#x}, Flags {self.flags:#x}, context {self.context:#x}"


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
        """Returns the counters as `Subsystem.counters()` does; a cause that the box does not hold is `unknown`."""
        posted_graceful, posted_abortive, graceful, abortive, withheld, held, refused, findings = self.rows[0][8:16]
        begun = sum(row[5] for row in self.rows)
        begun_abortive = sum(row[6] for row in self.rows)
        graceful += begun - begun_abortive
        abortive += begun_abortive
        queued = posted_graceful + posted_abortive - graceful - abortive - withheld - held
        return {
            "posted": {"graceful": posted_graceful, "abortive": posted_abortive},
            "indicated": {"graceful": graceful, "abortive": abortive},
            "withheld": {**dict.fromkeys(CAUSES, 0), "unknown": withheld},
            "pending": {"queued": queued, "held": held},
            "refused": {**dict.fromkeys(REASONS, 0), "unknown": refused},
            "findings": findings,
        }


def run_isolated(arguments: list[str], *, workers: int, keep_stdout: bool, blank: dict[str, Any]) -> Report | int:
    """Runs a command line in a child process.

    Args:
        arguments: the verb and its arguments, without what this function adds.
        workers: how many worker rows the black box needs.
        keep_stdout: whether the handler's own output may go to stdout; else it goes to stderr.
        blank: `verb`, `handler`, `options` and `seed` for the report of a crash.

    Returns:
        The child's report, the report of its crash, or the exit code of a child that ended in an error
        which it already described on stderr.
    """
    with tempfile.TemporaryDirectory(prefix="wsksim-") as folder:
        box, result = Path(folder, "box"), Path(folder, "report.json")
        box.write_bytes(bytes(BlackBox.size(workers)))
        command = [sys.executable, "-m", "wsksim", *arguments, "--no-isolate"]
        command += ["--black-box", str(box), "--report-file", str(result)]
        begun = time.perf_counter()
        code = _wait(command, None if keep_stdout else sys.stderr)
        elapsed_s = time.perf_counter() - begun
        if result.exists():
            return Report.from_dict(json.loads(result.read_text("utf-8")))
        content = BlackBox(box.read_bytes())
        rest = {**blank, "elapsed_s": elapsed_s, "finding_list": []}
        if code in {EXIT_INTERRUPTED, -signal.SIGINT}:
            return Report.of(content.counters(), interrupted=True, **rest)
        if content.calls or code < 0 or code >= _CRASHED_FROM:
            return Report.of(content.counters(), crashed=_crash(code, content.calls), **rest)
        return code


def _wait(command: list[str], stdout: IO[str] | None) -> int:
    """Runs a child to its end. Ctrl-C reaches it too; a second one ends it."""
    child = subprocess.Popen(command, stdout=stdout)  # noqa: S603 - this very program
    try:
        return child.wait()
    except KeyboardInterrupt:
        try:
            return _interrupt(child)
        except KeyboardInterrupt:
            child.kill()
            child.wait()
            return EXIT_INTERRUPTED
    except BaseException:
        child.kill()
        child.wait()
        raise


def _interrupt(child: "subprocess.Popen[bytes]") -> int:
    # A terminal interrupts the whole process group; a signal to the parent alone has to be passed on.
    with contextlib.suppress(subprocess.TimeoutExpired):
        return child.wait(_GRACE_S)
    if os.name == "posix":
        child.send_signal(signal.SIGINT)
    return child.wait()


def _crash(code: int, calls: list[Call]) -> dict[str, Any]:
    number = -code if code < 0 else None
    name = _ending(code)
    crash: dict[str, Any] = {"signal": number, "exit": None if code < 0 else code, "name": name}
    if not calls:
        crash |= {"edge": None, "socket": None, "flags": None, "context": None}
        crash["text"] = f"the process of the handler ended by {name} outside a call of the handler"
        return crash
    crash |= {"edge": calls[0].edge, "socket": calls[0].socket, "flags": calls[0].flags, "context": calls[0].context}
    text = f"the handler ended its process by {name} in {calls[0]}"
    if len(calls) > 1:
        text += "; also running: " + "; ".join(map(str, calls[1:]))
    crash["text"] = text
    return crash


def _ending(code: int) -> str:
    number = -code if code < 0 else code - _CRASHED_FROM
    with contextlib.suppress(ValueError):
        if code < 0 or os.name == "posix":
            return signal.Signals(number).name
    return f"exit code {code:#x}" if code > 0xFF else f"exit code {code}"
