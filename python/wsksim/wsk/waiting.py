"""Waiting for requests: outside callbacks only, and dispatching when nothing else does.

Inside a callback or completion routine waiting would deadlock a driver (D-10), so here it never blocks: it is a
finding, and the wait fails at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from wsksim._native import Subsystem
from wsksim.errors import DriveError
from wsksim.wsk.flight import Flight
from wsksim.wsk.identifiers import DISPATCH_LEVEL
from wsksim.wsk.irql import PROCESSOR, KeGetCurrentIrql

if TYPE_CHECKING:
    import asyncio

__all__ = ["completed", "dispatch_if_idle", "inside_call", "may_wait", "wait_for"]

_SHORTEST: Final = 0.0005
_LONGEST: Final = 0.02


def inside_call() -> str | None:
    """Which callback or completion routine of any subsystem this thread runs, if one: the innermost."""
    if PROCESSOR.calls:
        return PROCESSOR.calls[-1][0]
    return "a disconnect handler" if Subsystem._inside_call() else None


def _running() -> Any:
    """The application's callback that this thread runs, if it is one of a socket's."""
    name, socket = PROCESSOR.calls[-1] if PROCESSOR.calls else ("", None)
    return socket.callback(name) if socket is not None else None


def may_wait(owner: Any, what: str, socket: Any = None) -> bool:
    """Whether this thread may wait, for whatever; if not, that is a finding of `owner` (D-10, Q-3)."""
    inside = inside_call()
    if inside is not None:
        owner.report("D-10", f"{what} was called inside {inside}", against=_running())
        return False
    if KeGetCurrentIrql() >= DISPATCH_LEVEL:
        owner.report("Q-3", f"{what} was called at DISPATCH_LEVEL", socket)
        return False
    return True


def _is_over(flight: Flight) -> bool:
    """Whether the request waits and nothing will drive its subsystem any more, so that it will not complete."""
    subsystem = flight.owner.subsystem
    return (subsystem is None or subsystem.closed) and not flight.owner.is_completing(flight)


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


def wait_for(flight: Flight, timeout: float | None) -> bool:
    """Waits for a request, see `IRP.wait`."""
    if timeout == 0:
        # A look is no wait: a driver may do it anywhere, too.
        if not flight.done and inside_call() is None and KeGetCurrentIrql() < DISPATCH_LEVEL:
            dispatch_if_idle(flight.owner.subsystem)
        return flight.sleep(0)
    # Also when the request is over already: another run may come here before it is.
    if not may_wait(flight.owner, f"IRP.wait for {flight.name}", flight.socket) or flight.sleep(0):
        return flight.done
    end = None if timeout is None else time.monotonic() + timeout
    pause = _SHORTEST
    while True:
        dispatch_if_idle(flight.owner.subsystem)
        left = pause if end is None else min(pause, end - time.monotonic())
        if flight.sleep(max(left, 0.0)):
            return True
        if end is not None and time.monotonic() >= end:
            return False
        if _is_over(flight):
            return flight.sleep(0)
        pause = min(2 * pause, _LONGEST)


async def completed(flight: Flight, loop: asyncio.AbstractEventLoop) -> None:
    """Waits for a request in an asyncio task."""
    import asyncio

    over = loop.create_future()

    def tell() -> None:
        if not over.done():
            over.set_result(None)

    def wake() -> None:
        loop.call_soon_threadsafe(tell)

    flight.watch(wake)
    pause = _SHORTEST
    while not flight.done:
        dispatch_if_idle(flight.owner.subsystem)
        if _is_over(flight):
            return
        await asyncio.wait([over], timeout=pause)
        pause = min(2 * pause, _LONGEST)
