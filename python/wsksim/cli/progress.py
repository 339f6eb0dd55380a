"""Progress of a run: one line on stderr, rewritten as the run goes on and gone when it ends.

It is shown only where stderr is a terminal that can rewrite a line. Only the carriage return is used, which every
terminal knows, so there is no library behind it (ADR 0011).
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

__all__ = ["ProgressLine", "clear_progress", "progress_line"]

_EVERY_S = 0.1
_BAR = 30
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

    def show(self, done: int, total: int | None) -> None:
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
        bar = ("#" * int(share * _BAR)).ljust(_BAR, "-")
        left = f"  {_duration(elapsed * (1 - share) / share)} left" if share and elapsed else ""
        return f"{self._title}  [{bar}] {share:4.0%}{left}"

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a terminal that went away must not end the run
            self._stream.write(text)
            self._stream.flush()


@contextlib.contextmanager
def progress_line(title: str, *, wanted: bool) -> Iterator[Callable[[int, int | None], object] | None]:
    """Shows progress on stderr if that is a terminal; yields what the run has to call."""
    if not wanted or not _is_terminal(sys.stderr):
        yield None
        return
    line = ProgressLine(title, sys.stderr, width=_width(sys.stderr))
    try:
        yield line.show
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


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
