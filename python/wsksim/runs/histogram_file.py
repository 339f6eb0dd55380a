"""The file that a storm's times go to: an HdrHistogram log (format 1.3, V2 encoding), as its own tools read it.

A regular file appears under its name only when it is whole: it is written beside it and renamed. A pipe or a device
is written to as it is.
"""

import os
import stat
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

from wsksim._native import Storm
from wsksim.runs.arguments import file_name
from wsksim.wording import named

__all__ = ["HistogramFile", "check_histogram"]


def check_histogram(target: object, *, timed: bool) -> "HistogramFile":
    """Returns the file to write, or one that nothing is written to if `target` is None.

    Args:
        target: what the caller passed.
        timed: whether there will be anything to write.

    Raises:
        TypeError: it is no name.
        ValueError: it is empty or a folder, or nothing will be timed.
    """
    if target is None:
        return HistogramFile(None)
    name = file_name("histogram", target)
    if not name:
        raise ValueError("histogram: asked to write a file; found an empty name; name a file")
    if os.path.isdir(name):  # noqa: PTH112 - Path would raise for a name that no folder can have
        raise ValueError(f"histogram: asked to write {named(name)}; found a folder; name a file in it")
    if not timed:
        raise ValueError(
            f"histogram: asked to write times to {named(name)}; found that none are taken; give a rate, or sample calls"
        )
    return HistogramFile(name)


class HistogramFile:
    """Holds a place for the log from the beginning, so that a run does not end with nowhere to write."""

    def __init__(self, name: str | None) -> None:
        """Keeps the name; nothing is opened yet."""
        self._name = name
        self._file: IO[bytes] | None = None
        self._temporary: Path | None = None
        self._began = (0.0, 0.0)

    def __enter__(self) -> Self:
        """Opens the file, or one beside it."""
        if self._name is None:
            return self
        try:
            target = Path(self._name)
            if target.exists() and not stat.S_ISREG(target.stat().st_mode):
                self._file = target.open("wb")
                return self
            target = target.resolve()
            number, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        except (OSError, ValueError) as error:
            self._fail(error)
        self._temporary = Path(temporary)
        self._file = os.fdopen(number, "wb")
        return self

    def begin(self) -> None:
        """Notes when the first edge was planned for."""
        self._began = (time.time(), time.perf_counter())

    def write(self, run: Storm, comment: str) -> None:
        """Writes the log of a storm, and gives the file its name.

        Raises:
            OSError: the file cannot be written.
        """
        if self._file is None or self._name is None:
            return
        began, start = self._began
        try:
            with self._file:
                self._file.write(run.log(began, max(time.perf_counter() - start, 0.0), comment))
            if self._temporary is not None:
                umask = os.umask(0o022)
                os.umask(umask)
                self._temporary.chmod(0o666 & ~umask)
                self._temporary.replace(Path(self._name).resolve())
                self._temporary = None
        except OSError as error:
            self._fail(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Removes what was not written to the end."""
        if self._file is not None:
            self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def _fail(self, error: OSError | ValueError) -> NoReturn:
        found = getattr(error, "strerror", None) or str(error)
        asked = f"histogram: asked to write {named(self._name or '')}"
        raise OSError(f"{asked}; found {found}; name a file in a folder that can be written") from error
