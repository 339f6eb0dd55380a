"""Waiting for requests: outside callbacks only, and dispatching when nothing else does.

Inside a callback or completion routine waiting would deadlock a driver (D-10), so here it never blocks: it is a
finding, and the wait fails at once. A wait without a timeout that nothing in the program can end is a finding, too
(I-12).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from wsksim._native import Processor, RequestPatience
from wsksim.errors import DriveError

if TYPE_CHECKING:
    from wsksim._native import Irp

__all__ = ["LIFELINE", "completed", "dispatch_if_idle", "is_alone", "may_wait", "wait_for"]

# The thread by which a child process of the command line sees that its parent ended; it does nothing else.
LIFELINE: Final = "wsksim lifeline"
_SHORTEST: Final = 0.0005
_LONGEST: Final = 0.02
# Seconds after which a thread that waits for others says for what.
_LONG: Final = 1.0


def may_wait(irp: Irp, what: str) -> bool:
    """Whether this thread may wait for a request; if not, that is a finding of its provider (D-10, Q-3)."""
    return irp._may_wait(what)


def dispatch_if_idle(subsystem: Any) -> bool:
    """Drives the subsystem on this thread, unless someone drives it already; a closed one only completes.

    Returns:
        Whether nobody else drives it.
    """
    if subsystem is None:
        return True
    if subsystem.closed:
        subsystem.close()
        return True
    try:
        subsystem.dispatch()
    except DriveError:
        return False
    return True


def is_alone() -> bool:
    """Whether nothing but this thread can act: no other thread, however it was started, and no signal's handler."""
    # The module `threading` does not count threads of `_thread`, nor those of C that have called Python; the frames
    # lack those that have not begun to run Python yet.
    counts = (threading.active_count(), len(sys._current_frames()), _threads_of_the_system())
    own = sum(thread.name == LIFELINE for thread in threading.enumerate())
    return max(counts) - own == 1 and not _has_signal_handler()


def _threads_of_the_system() -> int:
    """How many threads the process has, Python's or not; 1 where the system does not list them."""
    try:
        with os.scandir("/proc/self/task") as threads:
            return sum(1 for _ in threads)
    except OSError:
        return 1


def _has_signal_handler() -> bool:
    """Whether a signal, such as a timer's or that of another process, would run a handler of the application's."""
    handlers = map(signal.getsignal, signal.valid_signals())
    return any(callable(one) and not _is_own(one) for one in handlers)


def _is_own(handler: Any) -> bool:
    """Whether a handler is Python's or ours: these end something, and act for nobody."""
    return handler is signal.default_int_handler or getattr(handler, "__module__", None) == "wsksim.runs.waiting"


def _is_over(patience: RequestPatience, irp: Irp, what: str, *, idle: bool, alone: bool) -> bool:
    """One look found the request under way; whether the wait ends here, for it would never end.

    Args:
        patience: the wait without a timeout.
        irp: whose request is waited for.
        what: how the application waits.
        idle: nobody else drives the subsystem, and this thread has driven it as far as it goes.
        alone: nothing but this thread could act when that drive began.

    Raises:
        ContractError: with check="raise": the wait cannot end (I-12).
    """
    ends = patience.look(irp, idle, alone)
    if ends is False:
        text = f"{what} has waited a second for {irp._function}; nothing in the subsystem is due [I-12]"
        warnings.warn(text, RuntimeWarning, stacklevel=4)
    return bool(ends)


def wait_for(irp: Irp, timeout: float | None) -> bool:
    """Waits for the last request of an IRP, see `IRP.wait`."""
    if timeout == 0:
        # A look is no wait: a driver may do it anywhere, too.
        if not irp.is_completed and Processor.may_drive():
            dispatch_if_idle(irp._subsystem)
        return irp._sleep(0.0)
    # Also when the request is over already: another run may come here before it is.
    if not may_wait(irp, f"IRP.wait for {irp._function}") or irp._sleep(0.0):
        return irp.is_completed
    end = None if timeout is None else time.monotonic() + timeout
    pause = _SHORTEST
    patience = RequestPatience(_LONG) if end is None else None
    while True:
        # Before the drive, which then brings what another thread did as the last thing of its life.
        alone = is_alone()
        idle = dispatch_if_idle(irp._subsystem)
        left = pause if end is None else min(pause, end - time.monotonic())
        if irp._sleep(max(left, 0.0)):
            return True
        if end is not None and time.monotonic() >= end:
            return False
        if irp._is_stuck():
            return irp._sleep(0.0)
        if patience is not None and _is_over(patience, irp, "IRP.wait", idle=idle, alone=alone):
            return irp._sleep(0.0)
        pause = min(2 * pause, _LONGEST)


async def completed(irp: Irp) -> None:
    """Waits for the last request of an IRP in an asyncio task."""
    import asyncio  # start-up: 28 ms, for those who await

    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def tell() -> None:
        if not over.done():
            over.set_result(None)

    def wake() -> None:
        # The loop of a task that has given up may be closed by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(tell)

    irp._watch(wake)
    pause = _SHORTEST
    patience = RequestPatience(_LONG)
    while not irp.is_completed:
        idle = dispatch_if_idle(irp._subsystem)
        if irp._is_stuck():
            return
        # Other tasks, timers and files may act. Where there is none of them, a second is worth a word.
        if len(asyncio.all_tasks(loop)) == 1 and not _is_due(loop) and not irp.is_completed:
            _is_over(patience, irp, "await", idle=idle, alone=False)
        await asyncio.wait([over], timeout=pause)
        pause = min(2 * pause, _LONGEST)


def _is_due(loop: Any) -> bool:
    """Whether a loop has calls, timers or files besides its own pipe; one that does not tell counts as having some."""
    calls, timers, files = (getattr(loop, name, None) for name in ("_ready", "_scheduled", "_selector"))
    if calls is None or timers is None or files is None:
        return True
    return bool(calls) or not all(timer.cancelled() for timer in timers) or len(files.get_map()) > 1
