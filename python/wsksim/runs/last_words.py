"""Last words: what a dying process leaves beside its report: where its threads were, and in which functions in C."""

import faulthandler
import mmap
import os
import re
from pathlib import Path
from typing import Final

from wsksim._native import _watch_crashes
from wsksim.contract.sites import is_application

__all__ = ["keep_stack", "read_stack"]

# Of the text that a dying process leaves behind.
_STACK_LINES: Final = 40
_STACK_BYTES: Final = 16_384
_FRAME: Final = re.compile(r'  File "(.*)", line \d+ in ')
_C_LINES: Final = 16
# Libraries whose functions say nothing of a crash: the interpreter's own.
_INTERPRETER: Final = re.compile(r"(lib)?python[\d.]*(\.so.*)?$")


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
