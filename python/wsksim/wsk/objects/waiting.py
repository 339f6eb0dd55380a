"""Waiting for requests: outside callbacks only, and dispatching when nothing else does.

Inside a callback or completion routine waiting would deadlock a driver (D-10), so here it never blocks: it is a
finding, and the wait fails at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from wsksim._native import Processor
from wsksim.errors import DriveError

if TYPE_CHECKING:
    from wsksim._native import Irp

__all__ = ["completed", "dispatch_if_idle", "may_wait", "wait_for"]

_SHORTEST: Final = 0.0005
_LONGEST: Final = 0.02


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
    while True:
        dispatch_if_idle(irp._subsystem)
        left = pause if end is None else min(pause, end - time.monotonic())
        if irp._sleep(max(left, 0.0)):
            return True
        if end is not None and time.monotonic() >= end:
            return False
        if irp._is_stuck():
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
        loop.call_soon_threadsafe(tell)

    irp._watch(wake)
    pause = _SHORTEST
    while not irp.is_completed:
        dispatch_if_idle(irp._subsystem)
        if irp._is_stuck():
            return
        await asyncio.wait([over], timeout=pause)
        pause = min(2 * pause, _LONGEST)
