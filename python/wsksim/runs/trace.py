"""The trace of a replay: one JSON line per indication, with the packet that caused it.

A file appears under its name only when it is whole: it is written beside it and renamed at the end. A pipe or a
device, and the file that the process has as its stdout or stderr, is written to as it is.
"""

import contextlib
import io
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

from wsksim.kinds import is_path
from wsksim.wording import named, shown

__all__ = ["Trace", "TraceTarget", "check_trace"]

TraceTarget = str | bytes | os.PathLike[str] | os.PathLike[bytes] | IO[str]


def check_trace(target: object, *, sources: Iterable[str]) -> str | IO[str]:
    """Returns where a trace goes: the name of a file, or an open text file.

    Args:
        target: what the caller passed.
        sources: the captures, which must not be overwritten.

    Raises:
        TypeError: it is neither a name nor a text file.
        ValueError: it is empty, a folder, or the capture itself.
    """
    if not is_path(target):
        if isinstance(target, io.RawIOBase | io.BufferedIOBase) or not callable(getattr(target, "write", None)):
            asked = "trace: asked for the name of a file or for an open text file"
            raise TypeError(f"{asked}; found {shown(target)}; pass a path, or a file opened for text")
        return target  # type: ignore[return-value]
    name = os.fsdecode(target)
    if not name:
        raise ValueError("trace: asked to write a file; found an empty name; name a file")
    found = _status(name)
    if found is None:
        return name
    if stat.S_ISDIR(found.st_mode):
        raise ValueError(f"trace: asked to write {named(name)}; found a folder; name a file in it")
    captures = filter(None, map(_status, sources))
    if any(os.path.samestat(found, capture) for capture in captures):
        raise ValueError(f"trace: asked to write {named(name)}; found the capture itself; name another file")
    return name


class Trace:
    """Writes trace lines to where `check_trace` said. An open text file is neither renamed nor closed."""

    def __init__(self, target: str | IO[str]) -> None:
        """Keeps the target; nothing is opened yet."""
        self._target = target
        name = target if isinstance(target, str) else getattr(target, "name", None)
        self._name = named(name) if isinstance(name, str) else shown(target)
        self._file: IO[str] | None = None
        self._temporary: Path | None = None
        self._final: Path | None = None

    def __enter__(self) -> Self:
        """Opens the target, or a temporary file in its folder."""
        if not isinstance(self._target, str):
            self._file = self._target
            return self
        try:
            in_place = _in_place(self._target)
            if in_place is not None:
                self._file = open(in_place, "w", encoding="utf-8", newline="\n")  # noqa: PTH123 - or a descriptor
                return self
            target = Path(self._target).resolve()
            number, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        except (OSError, ValueError) as error:
            self._fail(error, "name a file in a folder that can be written")
        self._temporary, self._final = Path(temporary), target
        self._file = open(number, "w", encoding="utf-8", newline="\n")  # noqa: PTH123 - an open descriptor
        return self

    def write(self, row: dict[str, Any]) -> None:
        """Writes one line.

        Raises:
            OSError: the target cannot be written.
        """
        if self._file is None:
            raise ValueError("Trace.write: asked to write a line; found the trace not open; write inside `with`")
        try:
            self._file.write(json.dumps(row) + "\n")
        except OSError as error:
            self._fail(error, "write the trace somewhere else")

    def flush(self) -> None:
        """Lets whoever reads the target see what was written; a file that has no name yet has no reader.

        Raises:
            OSError: the target cannot be written.
        """
        if self._file is None or self._temporary is not None or not hasattr(self._file, "flush"):
            return
        try:
            self._file.flush()
        except OSError as error:
            self._fail(error, "write the trace somewhere else")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Gives the file its name, or removes it if the block failed."""
        if self._file is None or not isinstance(self._target, str):
            return
        try:
            self._close(whole=kind is None)
        except OSError as failure:
            if kind is None:
                self._fail(failure, "write the trace somewhere else")

    def _close(self, *, whole: bool) -> None:
        assert self._file is not None, "Invariant: __exit__ looked"  # noqa: S101
        try:
            self._file.close()
            if whole and self._temporary is not None and self._final is not None:
                self._temporary.chmod(0o666 & ~_umask())
                self._temporary.replace(self._final)
                self._temporary = None
        finally:
            if self._temporary is not None:
                self._temporary.unlink(missing_ok=True)

    def _fail(self, error: OSError | ValueError, do: str) -> NoReturn:
        if isinstance(error, BrokenPipeError) and self._target is sys.stdout:
            raise error  # who read it, such as `head`, has seen enough
        found = getattr(error, "strerror", None) or str(error)
        raise OSError(f"trace: asked to write {self._name}; found {found}; {do}") from error


def _status(name: str) -> os.stat_result | None:
    try:
        return Path(name).stat()
    except (OSError, ValueError):  # whoever opens it says why
        return None


def _in_place(name: str) -> str | int | None:
    """Returns what to open if a rename would destroy more than a file's content: the name, or a descriptor."""
    found = _status(name)
    if found is None:
        return None
    if not stat.S_ISREG(found.st_mode):
        return name
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None and os.path.samestat(found, os.fstat(stream.fileno())):
                return os.dup(stream.fileno())
    return None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
