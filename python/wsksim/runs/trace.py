"""The trace of a replay: one JSON line per indication, with the packet that caused it."""

import json
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

__all__ = ["Trace"]


class Trace:
    """Writes trace lines to a file that appears under its name only when it is whole.

    An open text file may be given instead of a path; it is neither renamed nor closed.
    """

    def __init__(self, target: str | os.PathLike[str] | IO[str]) -> None:
        """Keeps the target; nothing is opened yet."""
        self._target = target
        self._file: IO[str] | None = None
        self._temporary: Path | None = None
        self._final: Path | None = None

    def __enter__(self) -> Self:
        """Opens a temporary file in the target's folder."""
        if not isinstance(self._target, str | os.PathLike):
            self._file = self._target
            return self
        target = Path(self._target).resolve()
        try:
            number, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        except OSError as error:
            raise OSError(
                f"trace: asked to write '{target}'; found {error.strerror} in its folder; "
                "name a file in a folder that can be written"
            ) from error
        self._temporary, self._final = Path(temporary), target
        self._file = open(number, "w", encoding="utf-8", newline="\n")  # noqa: PTH123 - an open descriptor
        return self

    def write(self, row: dict[str, Any]) -> None:
        """Writes one line."""
        if self._file is None:
            raise ValueError("Trace.write: asked to write a line; found the trace not open; write inside `with`")
        self._file.write(json.dumps(row) + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Gives the file its name, or removes it if the block failed."""
        if self._temporary is None or self._final is None or self._file is None:
            return
        self._file.close()
        if kind is None:
            self._temporary.chmod(0o666 & ~_umask())
            self._temporary.replace(self._final)
        else:
            self._temporary.unlink()


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
