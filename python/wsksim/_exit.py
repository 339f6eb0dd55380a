"""The end of the interpreter: workers are stopped before it takes the threads' ground away.

Worker threads that run while the interpreter finalizes crash it, so each block of workers is known
here, weakly, until it is gone, and is stopped before finalization begins.
"""

from __future__ import annotations

import atexit
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Protocol


class _Stoppable(Protocol):
    def _stop_at_exit(self) -> bool: ...


_running: weakref.WeakSet[_Stoppable] = weakref.WeakSet()
_registered = False


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


def _stop_all() -> None:
    for workers in list(_running):
        if not workers._stop_at_exit():  # noqa: SLF001 - the one caller it is for
            warnings.warn(
                "wsksim: a handler still runs 5 seconds after the program ended; its thread is given up",
                RuntimeWarning,
                stacklevel=1,
            )
