"""Progress of a run: one line on stderr, rewritten ten times a second at most and gone when the run ends.

It is shown only where stderr is a terminal that can rewrite a line. Only the carriage return is used, which every
terminal knows, so there is no library behind it (ADR 0011).
"""

import contextlib
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TextIO

from wsksim.runs.times import in_words
from wsksim.runs.watching import Live

__all__ = ["ProgressLine", "clear_progress", "progress_line"]

_EVERY_S = 0.1
_BAR = 30
_SHORT_BAR = 10
_LOOKS = 10
_USUAL_WIDTH = 80


class ProgressLine:
    """The line itself.

    Args:
        title: what runs.
        stream: where it is written, a terminal.
        clock: seconds; how often the line is rewritten, and how much time is left, is told from it.
        width: columns of the terminal.
    """

    def __init__(
        self, title: str, stream: TextIO, *, clock: Callable[[], float] = time.monotonic, width: int = _USUAL_WIDTH
    ) -> None:
        self._title = title
        self._stream = stream
        self._clock = clock
        self._width = width
        self._began = self._due = clock()
        self._written = 0
        self._look: Callable[[], Live] | None = None
        # What was done when, over the last second.
        self._past: deque[tuple[float, int]] = deque([(self._began, 0)], maxlen=_LOOKS)

    def watch(self, look: Callable[[], Live]) -> None:
        """Takes what tells of the run; it is asked only when the line is rewritten."""
        self._look = look

    def __call__(self, done: int, total: int | None) -> None:
        """Rewrites the line, if it is time.

        Args:
            done: how much is done.
            total: of how much; None or 0 if that is not known.
        """
        now = self._clock()
        if now < self._due:
            return
        self._due = now + _EVERY_S
        text = self._text(done, total, now - self._began)[: self._width - 1]
        self._write("\r" + text.ljust(self._written))
        self._written = len(text)

    def clear(self) -> None:
        """Takes the line away."""
        if self._written:
            self._write("\r" + " " * self._written + "\r")
            self._written = 0

    def _text(self, done: int, total: int | None, elapsed: float) -> str:
        if not total:
            return f"{self._title}  {done:,}"
        share = min(done / total, 1.0)
        length = _BAR if self._look is None else _SHORT_BAR
        bar = ("#" * int(share * length)).ljust(length, "-")
        left = f"  {_duration(elapsed * (1 - share) / share)} left" if share and elapsed else ""
        return f"{self._title}  [{bar}] {share:4.0%}{self._live(done, elapsed)}{left}"

    def _live(self, done: int, elapsed: float) -> str:
        if self._look is None:
            return ""
        now = self._began + elapsed
        before, begun = self._past[0]
        self._past.append((now, done))
        parts = [f"{_short((done - begun) / (now - before))}/s"] if now > before else []
        live = self._look()
        parts += [f"open {live.open:,}"] if live.open is not None else []
        parts.append(f"findings {live.findings:,}")
        parts += [f"p99 {in_words(live.p99_ns)}"] if live.p99_ns is not None else []
        return "".join(f"  {part}" for part in parts)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a terminal that went away must not end the run
            self._stream.write(text)
            self._stream.flush()


@contextlib.contextmanager
def progress_line(title: str, *, wanted: bool) -> Iterator["ProgressLine | None"]:
    """Shows progress on stderr if that is a terminal; yields what the run has to call."""
    if not wanted or not _is_terminal(sys.stderr):
        yield None
        return
    line = ProgressLine(title, sys.stderr, width=_width(sys.stderr))
    try:
        yield line
    finally:
        line.clear()


def clear_progress() -> None:
    """Takes away what a child process that crashed may have left of its line."""
    if _is_terminal(sys.stderr):
        sys.stderr.write("\r" + " " * (_width(sys.stderr) - 1) + "\r")
        sys.stderr.flush()


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    except OSError:
        return _USUAL_WIDTH


def _short(number: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
