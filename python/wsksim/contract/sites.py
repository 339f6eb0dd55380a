"""Sites: which line of the application a finding is about.

Lines of this package, its examples excepted, and of Python's own library are not the application's. Nothing here runs
before a finding is made.
"""

from __future__ import annotations

import functools
import inspect
import os
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, MethodType, TracebackType
from typing import Any, Final

__all__ = [
    "in_callable",
    "is_application",
    "nearest",
    "of_callable",
    "of_instruction",
    "of_line",
    "raised",
    "traceback_text",
]

# Function, file, line.
Site = tuple[str, str, int]

_OURS: Final = str(Path(__file__).parents[1]) + os.sep
# The package's example applications are applications.
_EXAMPLES: Final = _OURS + "examples" + os.sep
_STANDARD: Final = sysconfig.get_path("stdlib") + os.sep
_INSTALLED: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
# Ours, the examples among it, what is installed, Python's own.
FOLDERS: Final = (_OURS, _EXAMPLES, _INSTALLED, (_STANDARD, "<frozen "))
_LONGEST: Final = 12_000
_DEEPEST: Final = 64


@functools.lru_cache(maxsize=1024)
def _rank(file: str) -> int:
    """0 for the application, 1 for what is installed, 2 for Python's own, 3 for ours."""
    if file.startswith(_EXAMPLES):
        return 0
    if file.startswith(_OURS):
        return 3
    if any(folder in file for folder in _INSTALLED):
        return 1
    return 2 if file.startswith(FOLDERS[3]) else 0


def _best(lines: Iterator[tuple[CodeType, int]]) -> Site | None:
    """The first of the application's lines, else the first that is at least neither ours nor Python's own."""
    second = None
    for code, line in lines:
        rank = _rank(code.co_filename)
        if rank == 0:
            return _site(code, line)
        if rank == 1 and second is None:
            second = _site(code, line)
    return second


def _site(code: CodeType, line: int) -> Site:
    return code.co_qualname, shown_file(code.co_filename), line


def shown_file(file: str) -> str:
    """A file as findings show it: from the current folder, if it is in there."""
    try:
        here = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118 - text in, text out
    except OSError:  # the folder is gone
        return file
    return file.removeprefix(here)


def of_callable(handler: Any) -> Site | None:
    """Where a handler is defined: its function, and that one's first line.

    Args:
        handler: a function, a method, a partial, or an object with `__call__`; wrappers are looked through.

    Returns:
        None for one that is not written in Python.
    """
    code = _code_of(handler)
    return None if code is None else _site(code, code.co_firstlineno)


def _code_of(handler: Any) -> CodeType | None:
    for _ in range(_DEEPEST):
        if isinstance(handler, functools.partial):
            handler = handler.func
        elif isinstance(handler, MethodType):
            handler = handler.__func__
        elif (inner := getattr(handler, "__wrapped__", None)) is not None:
            handler = inner
        else:
            break
    code = getattr(handler, "__code__", None)
    if not isinstance(code, CodeType):
        code = getattr(inspect.getattr_static(type(handler), "__call__", None), "__code__", None)
    return code if isinstance(code, CodeType) else None


def in_callable(handler: Any, trace: TracebackType | None = None) -> Site | None:
    """The line of a handler that called on: of a traceback, or of this thread's stack; else where it is defined.

    Args:
        handler: as for `of_callable`.
        trace: of what it raised; without one, it may be running.

    Returns:
        None for one that is not written in Python.
    """
    code = _code_of(handler)
    if code is None:
        return None
    lines = _frames(inspect.currentframe()) if trace is None else iter(_links(trace))
    line = next((line for inside, line in lines if inside is code), code.co_firstlineno)
    return _site(code, line)


def of_line(code: CodeType, line: int) -> Site | None:
    """A line of the application; None if it is somebody else's."""
    return _site(code, line) if _rank(code.co_filename) == 0 else None


def of_instruction(code: CodeType, instruction: int) -> Site | None:
    """The line of an instruction, by its offset in the code."""
    lines = (line for begin, end, line in code.co_lines() if begin <= instruction < end and line is not None)
    return _site(code, next(lines, code.co_firstlineno))


def raised(trace: TracebackType | None) -> Site | None:
    """The application's innermost line of a traceback."""
    return _best(reversed(_links(trace)))


def _links(trace: TracebackType | None) -> list[tuple[CodeType, int]]:
    links = []
    while trace is not None:
        links.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    return links


def nearest() -> Site | None:
    """The application's nearest line on this thread's stack."""
    return _best(_frames(inspect.currentframe()))


def _frames(frame: FrameType | None) -> Iterator[tuple[CodeType, int]]:
    while frame is not None:
        yield frame.f_code, frame.f_lineno
        frame = frame.f_back


def is_application(file: str) -> bool:
    """Whether a file is neither installed, nor Python's own, nor ours."""
    return _rank(file) == 0


def traceback_text(error: BaseException, trace: TracebackType | None) -> str:
    """A traceback without our own lines, cut in its middle if it is long."""
    made = traceback.TracebackException(type(error), error, trace, limit=-_DEEPEST)
    links: list[traceback.TracebackException] = [made]
    for one in links:
        one.stack[:] = [line for line in one.stack if _rank(line.filename) != 3]
        links += [other for other in (one.__cause__, one.__context__) if other is not None and other not in links]
    text = "".join(made.format()).rstrip("\n")
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    cut = f"... ({len(text) - 2 * half:,} characters of the traceback were cut off here)"
    return f"{text[:half]}\n{cut}\n{text[-half:]}"
