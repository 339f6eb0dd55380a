"""The end of the interpreter: workers are stopped before it takes the threads' ground away.

Worker threads that run while the interpreter finalizes crash it, so each block of workers is known
here from its start to its end, also if nobody else remembers it, and is stopped before finalization
begins.
"""

from __future__ import annotations

import atexit
import ctypes
import threading
import warnings
from collections.abc import Callable
from typing import Protocol


class _Stoppable(Protocol):
    def _stop_at_exit(self, seconds: float) -> list[int] | None: ...


_running: set[_Stoppable] = set()
_registered = False
_PATIENCE = 5.0
_GRACE = 1.0


def stop_at_exit(workers: _Stoppable) -> None:
    """Sees to it that `workers` are stopped when the interpreter exits."""
    global _registered  # noqa: PLW0603 - one hook per process
    if not _registered:
        # Runs before the threading module waits for its own threads, as concurrent.futures does;
        # it is private, hence the public fallback.
        register: Callable[[Callable[[], None]], object] = getattr(threading, "_register_atexit", atexit.register)
        register(_stop_all)
        _registered = True
    _running.add(workers)


def forget(workers: _Stoppable) -> None:
    """Says that `workers` have ended."""
    _running.discard(workers)


def _stop_all() -> None:
    for workers in list(_running):
        stuck = workers._stop_at_exit(_PATIENCE)  # noqa: SLF001 - the one caller it is for
        if stuck is None:
            continue
        warnings.warn(
            "wsksim: a handler still runs 5 seconds after the program ended; it is interrupted",
            RuntimeWarning,
            stacklevel=1,
        )
        # A handler that went on running Python would crash the interpreter when it takes the thread's
        # ground away. One that waits in C code does not come back before the process is gone.
        for ident in stuck:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(SystemExit))
        workers._stop_at_exit(_GRACE)  # noqa: SLF001 - likewise
