"""The file that a storm's times go to, which is opened before the storm begins: an HdrHistogram log."""

import importlib
import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

from wsksim.runs.arguments import file_name
from wsksim.runs.whole_file import WholeFile
from wsksim.wording import named

if TYPE_CHECKING:
    from wsksim.runs.report import Report

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
    return HistogramFile(WholeFile("histogram", name))


class HistogramFile:
    """The file, or none."""

    def __init__(self, file: WholeFile | None) -> None:
        """Keeps it; nothing is opened yet."""
        self._file = file

    def __enter__(self) -> Self:
        """Opens the file.

        Raises:
            OSError: it cannot be opened.
        """
        if self._file is not None:
            self._file.__enter__()
        return self

    def write(self, report: "Report") -> None:
        """Writes the times of a report.

        Raises:
            OSError: the file cannot be written.
        """
        if self._file is not None:
            self._file.write(importlib.import_module("wsksim.reports.hlog").render(report))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Removes what was not written to the end."""
        if self._file is not None:
            self._file.__exit__(kind, error, traceback)
