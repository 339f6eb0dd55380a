"""What ties a child process to its parent: when the parent ends, however that comes, the child ends too.

The parent holds one end of a pipe and never writes to it. The child waits for the end of file at the other one; on
Linux the kernel is asked to kill it too, because its threads cannot run while a library is being loaded.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from wsksim.wsk.objects.waiting import LIFELINE

__all__ = ["Lifeline", "hold", "is_left_behind"]

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_GET_CHILD_SUBREAPER: Final = 37
_EXIT_ORPHAN: Final = 143
_MARK: Final = "WSKSIM_LIFELINE"


class Lifeline:
    """The parent's side: start the child with `argument` and `options`, and leave the block when it has ended."""

    def __init__(self, *, adopts: bool = False, is_shared: bool = False) -> None:
        """Makes the pipe; on Windows it is the child's stdin. On Linux it can see to what a handler forks.

        Args:
            adopts: whether what the child forks ends with the block.
            is_shared: this process may have other children, which stay; the child is to have `environment`.
        """
        self._adopts = adopts and sys.platform == "linux"
        self._adopted_before = 0
        self._mark = f"{os.getpid()}.{time.monotonic_ns()}" if is_shared else ""
        self._ends = os.pipe() if os.name == "posix" else ()

    @property
    def argument(self) -> str:
        """What `hold` has to be given in the child."""
        return f"{os.getpid()}:{self._ends[0] if self._ends else 0}"

    @property
    def options(self) -> dict[str, Any]:
        """What `subprocess.Popen` has to be given."""
        return {"pass_fds": self._ends[:1]} if self._ends else {"stdin": subprocess.PIPE}

    @property
    def environment(self) -> dict[str, str]:
        """What the child's environment has besides, by which all that it forks is known."""
        return {_MARK: self._mark} if self._mark else {}

    def cut(self) -> None:
        """Lets a forked child go on with its own end alone; the other one would keep its own wait from ending."""
        for end in self._ends[1:]:
            os.close(end)

    def __enter__(self) -> Self:
        """Begins the block; what a handler forks becomes this process's when the child has ended."""
        if self._adopts:
            self._adopted_before = _adopting(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Lets go; a child that still runs ends, and so does what it forked."""
        for end in self._ends:
            os.close(end)
        if self._adopts:
            _end_adopted(f"{_MARK}={self._mark}" if self._mark else "")
            if self._mark and not self._adopted_before:
                _adopting(0)


def _adopting(value: int) -> int:
    """Whether orphans become children of this process, from now on; returns whether they did."""
    import ctypes  # start-up: 2 ms, on Linux only

    library, before = ctypes.CDLL(None), ctypes.c_int()
    library.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    library.prctl(_PR_SET_CHILD_SUBREAPER, value, 0, 0, 0)
    return before.value


def _end_adopted(mark: str) -> None:
    """Ends the processes that a handler has left behind, and those that they leave."""
    while True:
        found = [child for task in Path("/proc/self/task").iterdir() for child in _children(task)]
        found = [child for child in found if not mark or _is_marked(child, mark)]
        if not found:
            return
        for child in found:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _is_marked(process: int, mark: str) -> bool:
    try:
        return mark.encode() in Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is not ours to look at
        return False


def _children(task: Path) -> list[int]:
    try:
        return [int(child) for child in (task / "children").read_text("ascii").split()]
    except OSError:  # a kernel without this list
        return []


_held: list[int] = []


def is_left_behind() -> bool:
    """Whether this process is not the one that holds to its parent, but was forked by that."""
    return bool(_held) and os.getpid() != _held[-1]


def hold(argument: str) -> None:
    """Ends this process once its parent has ended; the parent made the argument."""
    _held.append(os.getpid())
    parent, _, descriptor = argument.partition(":")
    if sys.platform == "linux":
        import ctypes  # start-up: 2 ms, on Linux only

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.name == "posix" and os.getppid() != int(parent):
        os._exit(_EXIT_ORPHAN)
    threading.Thread(target=_watch, args=(int(descriptor),), name=LIFELINE, daemon=True).start()


def _watch(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - its only form
        while os.read(descriptor, 1):
            pass
    os._exit(_EXIT_ORPHAN)
