"""Whole files: what is written under a name only when it is whole, beside it first.

A pipe or a device is written to as it is, and what a link leads to is what is replaced.
"""

import os
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn, Self

from wsksim.wording import named

__all__ = ["WholeFile"]


class WholeFile:
    """Holds a place from the beginning, so that a run does not end with nowhere to write.

    Args:
        who: how a refusal begins, such as `report`.
        name: the name of the file.
    """

    def __init__(self, who: str, name: str) -> None:
        self._who = who
        self._name = name
        self._file: IO[bytes] | None = None
        self._temporary: Path | None = None

    def __enter__(self) -> Self:
        """Opens the file, or one beside it.

        Raises:
            OSError: neither can be opened.
        """
        try:
            target = Path(self._name)
            if target.exists() and not stat.S_ISREG(target.stat().st_mode):
                self._file = target.open("wb", buffering=0)
                return self
            target = target.resolve()
            number, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:200]}.", suffix=".part")
        except (OSError, ValueError) as error:
            self._fail(error, "name a file in a folder that can be written")
        self._temporary = Path(temporary)
        self._file = os.fdopen(number, "wb", buffering=0)
        return self

    def write(self, content: bytes) -> None:
        """Writes all of it, and gives the file its name.

        Raises:
            OSError: it cannot be written.
        """
        assert self._file is not None, "Invariant: inside the block"  # noqa: S101
        try:
            with self._file:
                rest = memoryview(content)
                while rest:
                    rest = rest[self._file.write(rest) or 0 :]
            if self._temporary is not None:
                umask = os.umask(0o022)
                os.umask(umask)
                self._temporary.chmod(0o666 & ~umask)
                self._temporary.replace(Path(self._name).resolve())
                self._temporary = None
        except OSError as error:
            self._fail(error, "name a place that can be written and has room")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Removes what was not written to the end."""
        if self._file is not None:
            self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def _fail(self, error: OSError | ValueError, do: str) -> NoReturn:
        found = getattr(error, "strerror", None) or str(error)
        raise OSError(f"{self._who}: asked to write {named(self._name)}; found {found}; {do}") from error
