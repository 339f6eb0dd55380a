"""IRPs: requests to the provider; what makes, reuses, cancels and frees them is in `irp_functions`.

An IRP carries one request at a time. What a request needs while it is under way stands in a `Flight` of its own,
so nothing touches the IRP after its completion routine took it over (I-6).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

from wsksim.wsk.flight import Flight, Owner
from wsksim.wsk.status import (
    NT_SUCCESS,
    STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_PENDING,
    STATUS_SUCCESS,
    shown_status,
)
from wsksim.wsk.waiting import completed, may_wait, wait_for

__all__ = ["IO_STATUS_BLOCK", "IRP"]

Routine = Callable[[Any, "IRP", Any], Any]


@dataclass
class IO_STATUS_BLOCK:
    """IO_STATUS_BLOCK: how a request ended.

    Attributes:
        Status: NTSTATUS, unsigned; STATUS_PENDING while a request is under way.
        Information: what the request yields: a socket for create and accept, a byte count for send, receive and
            control, else 0 (I-7); 0 on failure (I-8).

    Rules: I-4, I-7, I-8; page ns-wdm-_io_status_block.
    """

    Status: int = STATUS_SUCCESS
    Information: Any = 0

    def __repr__(self) -> str:
        return f"IO_STATUS_BLOCK(Status={shown_status(self.Status)}, Information={self.Information!r})"


def _signal(DeviceObject: object, Irp: IRP, Context: object) -> int:
    """The routine of an IRP that is waited for: as the guide's samples, it keeps the IRP and signals its waiter."""
    del DeviceObject, Irp, Context
    return STATUS_MORE_PROCESSING_REQUIRED


class IRP:
    """IRP: one request to the provider, which completes it exactly once (I-4).

    `IRP()` is ready for use: its completion routine is the one of the guide's samples, which signals a waiter and
    keeps the IRP. Use `wait`, or `await`, and afterwards IoReuseIrp. `IoAllocateIrp` gives one without a routine.

    Args:
        CompletionRoutine: callable (DeviceObject, Irp, Context), run once on completion for success, error and
            cancel alike; it returns STATUS_MORE_PROCESSING_REQUIRED (I-3). None for the routine of the samples.
        Context: any object; handed to the routine.

    Attributes:
        IoStatus: how the request ended.
        Cancel: whether IoCancelIrp was called.
        PendingReturned: for the routine: whether the call had returned STATUS_PENDING (I-10).
        StackCount: stack locations, as IoAllocateIrp made them.
        pending_marked: whether IoMarkIrpPending was called, by the routine or on its behalf (I-10).

    Rules: I-1 to I-14; page using-irps-with-winsock-kernel-functions.
    """

    def __init__(self, CompletionRoutine: Routine | None = None, Context: Any = None) -> None:
        if CompletionRoutine is not None and not callable(CompletionRoutine):
            kind = type(CompletionRoutine).__name__
            raise TypeError(f"IRP: asked for a callable (DeviceObject, Irp, Context); found {kind}; pass a function")
        self.IoStatus = IO_STATUS_BLOCK()
        self.Cancel = False
        self.PendingReturned = False
        self.StackCount = 1
        self.pending_marked = False
        self._from_above = False
        self._standing: tuple[Routine, Any] | None = (CompletionRoutine or _signal, Context)
        self._routine: tuple[Routine, Any] | None = self._standing
        self._switches = (True, True, True)
        self._flight: Flight | None = None
        # Who the last request was made to: misuse between two requests is its finding.
        self._owner: Owner | None = None
        self._fresh = True
        self._freed = False

    @classmethod
    def from_higher_driver(cls, StackCount: int = 1) -> IRP:
        """An IRP that a higher driver passed down: it may go without a routine and is never freed here (I-10)."""
        from wsksim.wsk.irp_functions import IoAllocateIrp

        irp = IoAllocateIrp(StackCount)
        irp._from_above = True
        return irp

    @property
    def in_use(self) -> bool:
        """Whether a request is under way with this IRP."""
        return self._flight is not None and not self._flight.completed

    @property
    def is_completed(self) -> bool:
        """Whether the last request is over and its completion routine has returned."""
        return self._flight is not None and self._flight.done

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the request is over and its completion routine has returned.

        When nothing drives the subsystem, this call dispatches. Inside a callback or completion routine, or at
        DISPATCH_LEVEL, it never waits; calling it there is a finding even if the request is over, for it will not
        always be.

        Args:
            timeout: seconds, >= 0; None waits without end; 0 only looks, which is no wait and allowed everywhere.

        Returns:
            Whether the request is over: when it is, when the time is up, or at once where waiting is an error.

        Raises:
            ContractError: with check="raise": called inside a callback or completion routine (D-10), or at
                DISPATCH_LEVEL (Q-3), and the timeout is not 0.
            TypeError, ValueError: `timeout` is no such number.

        Rules: D-10, Q-3.
        """
        if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float)):
            raise TypeError(f"IRP.wait: asked for seconds as timeout; found {type(timeout).__name__}; pass a number")
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"IRP.wait: asked for a timeout of {timeout}; pass 0 or more seconds, or None")
        return self._flight is not None and wait_for(self._flight, timeout)

    def __await__(self) -> Generator[Any, None, int]:
        """Waits in an asyncio task, dispatching when nothing drives; gives IoStatus.Status."""
        flight, status = self._flight, self.IoStatus
        if flight is None:
            raise RuntimeError("IRP: asked to await a request; none was made with this IRP; call a WSK function first")
        # Inside a callback awaiting is waiting: it never blocks (D-10).
        if may_wait(flight.owner, f"await of {flight.name}", flight.socket):
            import asyncio

            yield from completed(flight, asyncio.get_running_loop()).__await__()
        return status.Status

    def __repr__(self) -> str:
        if self._freed:
            state = "freed"
        elif self.in_use:
            state = "in use"
        elif self._flight is not None:
            state = f"completed with {shown_status(getattr(self.IoStatus, 'Status', None))}"
        else:
            state = "not used"
        return f"<IRP {state}>"


FIT: Final = "an IRP needs a completion routine with all three switches, and IoReuseIrp before its next use"


def admitted(name: str, irp: IRP, owner: Owner, socket: Any = None) -> bool:
    """Whether a request may be made with an IRP; what is wrong with it is a finding of `owner` (I-3).

    Raises:
        TypeError: it is no IRP.
    """
    if not isinstance(irp, IRP):
        raise TypeError(f"{name}: asked for an IRP or None as Irp; found {type(irp).__name__}; pass wsk.IRP()")
    # Neither of these can be completed: one is gone, the other is completed by the request that has it.
    if irp._freed:
        owner.report("I-3", FIT, f"{name} was given an IRP that had been given to IoFreeIrp", socket)
        return False
    if irp.in_use:
        return taken(name, owner, socket)
    if not irp._fresh:
        owner.report("I-3", FIT, f"{name} was given a completed IRP without IoReuseIrp", socket)
    if not irp._from_above and (irp._routine is None or not all(irp._switches)):
        owner.report("I-3", FIT, f"{name} was given an IRP without them", socket)
    return True


def taken(name: str, owner: Owner, socket: Any = None) -> bool:
    """Refuses an IRP that is in use."""
    owner.report("I-3", FIT, f"{name} was given an IRP whose request is under way", socket)
    return False


@dataclass(frozen=True)
class Raised:
    """What a completion routine answered that raised: no status.

    Attributes:
        error: the exception.
    """

    error: BaseException


_KEPT: Final = "the routine must return STATUS_MORE_PROCESSING_REQUIRED"
_ENDS: Final = "a completion routine must return a status"


def complete(flight: Flight, status: int, information: Any, *, pending: bool) -> None:
    """Completes a request: sets IoStatus and runs the completion routine, once.

    Args:
        flight: the request.
        status: its final status.
        information: what it yields.
        pending: whether the call had answered STATUS_PENDING.
    """
    irp: IRP = flight.irp
    # The block that the request began with: the application may have put another one there.
    irp.IoStatus = block = flight.block
    block.Status, block.Information = status, information
    irp.PendingReturned = pending
    routine, (success, error, cancel) = irp._routine, irp._switches
    wanted = (success if NT_SUCCESS(status) else error) or (cancel and irp.Cancel)
    from_above = irp._from_above
    flight.completed = True
    # From here on the routine owns the IRP: it may have freed or reused it (I-6).
    try:
        if routine is None or not wanted:
            irp.pending_marked = pending
        elif routine[0] is not _signal:
            answer = flight.owner.call_routine(flight, routine[0], irp, routine[1])
            if isinstance(answer, Raised):
                raised = answer.error
                found = f"that of {flight.name} raised {type(raised).__name__}: {raised}"
                flight.owner.report("I-3", _ENDS, found, flight.socket, raised)
            # What is no number may not know what equality is.
            elif not (isinstance(answer, int) and answer == STATUS_MORE_PROCESSING_REQUIRED) and not from_above:
                flight.owner.report(
                    "I-3", _KEPT, f"that of {flight.name} returned {shown_status(answer)}", flight.socket
                )
    finally:
        flight.finish()


# Two threads may have the same IRP: only one of them gets it. Reentrant, for what is dropped under it may call back in.
claims: Final = threading.RLock()


def begin(flight: Flight) -> bool:
    """Hands an IRP to a request that begins; False if another thread's request has just got it."""
    irp: IRP = flight.irp
    with claims:
        if irp.in_use or irp._freed:
            return False
        flight.former = irp._flight, irp._fresh, irp.IoStatus, irp.Cancel, irp._owner
        irp._flight = flight
    if not irp._fresh:
        irp.Cancel = False
    if flight.owner.subsystem is not None:
        irp._owner = flight.owner
    irp._fresh = False
    irp.IoStatus = flight.block = IO_STATUS_BLOCK(STATUS_PENDING)
    return True


def undo(flight: Flight) -> None:
    """Gives an IRP back as it was before a request that never began."""
    irp: IRP = flight.irp
    irp._flight, irp._fresh, irp.IoStatus, irp.Cancel, irp._owner = flight.former
