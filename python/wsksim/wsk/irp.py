"""IRPs: requests to the provider, and the functions of wdm.h that make, reuse, cancel and free them.

An IRP carries one request at a time. What a request needs while it is under way stands in a `Flight` of its own,
so nothing touches the IRP after its completion routine took it over (I-6).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

from wsksim.wsk.flight import Flight
from wsksim.wsk.status import NT_SUCCESS, STATUS_MORE_PROCESSING_REQUIRED, STATUS_PENDING, STATUS_SUCCESS
from wsksim.wsk.waiting import completed, may_wait, wait_for

__all__ = [
    "IO_STATUS_BLOCK",
    "IRP",
    "IoAllocateIrp",
    "IoCancelIrp",
    "IoFreeIrp",
    "IoMarkIrpPending",
    "IoReuseIrp",
    "IoSetCompletionRoutine",
]

Routine = Callable[[Any, "IRP", Any], Any]


@dataclass
class IO_STATUS_BLOCK:
    """IO_STATUS_BLOCK: how a request ended.

    Attributes:
        Status: NTSTATUS, unsigned.
        Information: what the request yields: a socket for create and accept, a byte count for send, receive and
            control, else 0 (I-7); 0 on failure (I-8).

    Rules: I-4, I-7, I-8; page ns-wdm-_io_status_block.
    """

    Status: int = STATUS_SUCCESS
    Information: Any = 0


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
        self._fresh = True
        self._freed = False

    @classmethod
    def from_higher_driver(cls, StackCount: int = 1) -> IRP:
        """An IRP that a higher driver passed down: it may go without a routine and is never freed here (I-10)."""
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
        DISPATCH_LEVEL, it never waits.

        Args:
            timeout: seconds, >= 0; None waits without end.

        Returns:
            True once the request is over; False when the time is up, or at once where waiting is an error.

        Raises:
            ContractError: with check="raise": called inside a callback or completion routine (D-10), or at
                DISPATCH_LEVEL (Q-3).

        Rules: D-10, Q-3.
        """
        return self._flight is not None and wait_for(self._flight, timeout)

    def __await__(self) -> Generator[Any, None, int]:
        """Waits in an asyncio task, dispatching when nothing drives; gives IoStatus.Status."""
        flight, status = self._flight, self.IoStatus
        if flight is None:
            raise RuntimeError("IRP: asked to await a request; none was made with this IRP; call a WSK function first")
        # Inside a callback awaiting is waiting: it never blocks (D-10).
        if flight.done or may_wait(flight.owner, "await"):
            import asyncio

            yield from completed(flight, asyncio.get_running_loop()).__await__()
        return status.Status

    def __repr__(self) -> str:
        if self._freed:
            state = "freed"
        elif self.in_use:
            state = "in use"
        elif self._flight is not None:
            state = f"completed with 0x{self.IoStatus.Status:08X}"
        else:
            state = "not used"
        return f"<IRP {state}>"


def IoAllocateIrp(StackSize: int, ChargeQuota: bool = False) -> IRP:
    """IoAllocateIrp: makes an IRP without a completion routine.

    Args:
        StackSize: CCHAR, 1 to 127; the provider needs one location (I-2).
        ChargeQuota: ignored.

    Returns:
        The IRP.

    Raises:
        TypeError, ValueError: `StackSize` is no such number.

    Rules: I-2, I-3; page nf-wdm-ioallocateirp. IRQL: up to DISPATCH.
    """
    del ChargeQuota
    if type(StackSize) is not int:
        raise TypeError(f"IoAllocateIrp: asked for a stack size; found {type(StackSize).__name__}; pass an int")
    if not 1 <= StackSize <= 127:
        raise ValueError(f"IoAllocateIrp: asked for 1 to 127 stack locations; found {StackSize}; pass 1 [I-2]")
    irp = IRP()
    irp.StackCount = StackSize
    irp._standing = irp._routine = None
    irp._switches = (False, False, False)
    return irp


def IoSetCompletionRoutine(
    Irp: IRP,
    CompletionRoutine: Routine | None,
    Context: Any,
    InvokeOnSuccess: bool,
    InvokeOnError: bool,
    InvokeOnCancel: bool,
) -> None:
    """IoSetCompletionRoutine: says what is called when the request is over.

    Args:
        Irp: no request of it is under way.
        CompletionRoutine: callable (DeviceObject, Irp, Context) -> NTSTATUS; None only if no switch is set.
        Context: any object; handed to the routine.
        InvokeOnSuccess: call it when the status is a success.
        InvokeOnError: call it when the status is none.
        InvokeOnCancel: call it when IoCancelIrp was called.

    Raises:
        TypeError: the routine cannot be called, or `Irp` is no IRP.

    Rules: I-3; page nf-wdm-iosetcompletionroutine. IRQL: up to DISPATCH.
    """
    _check("IoSetCompletionRoutine", Irp)
    if CompletionRoutine is None:
        if InvokeOnSuccess or InvokeOnError or InvokeOnCancel:
            raise TypeError("IoSetCompletionRoutine: asked to call NULL; pass a routine, or clear the switches [I-3]")
        Irp._routine = None
    elif not callable(CompletionRoutine):
        kind = type(CompletionRoutine).__name__
        raise TypeError(f"IoSetCompletionRoutine: asked for a callable; found {kind}; pass a function")
    else:
        Irp._routine = (CompletionRoutine, Context)
    Irp._switches = (bool(InvokeOnSuccess), bool(InvokeOnError), bool(InvokeOnCancel))


def IoReuseIrp(Irp: IRP, Iostatus: int) -> None:
    """IoReuseIrp: prepares an IRP for its next request; its completion routine has to be set anew.

    An IRP made by `IRP(...)` gets the routine back that it was made with.

    Args:
        Irp: no request of it is under way; if one is, nothing changes and that is a finding.
        Iostatus: NTSTATUS to begin with, customarily STATUS_UNSUCCESSFUL.

    Raises:
        ContractError: with check="raise": a request of it is under way (I-3).

    Rules: I-3; page nf-wdm-ioreuseirp. IRQL: up to DISPATCH.
    """
    _check("IoReuseIrp", Irp)
    if Irp.in_use:
        _misused(Irp, "IoReuseIrp: asked to reuse an IRP that is over", "its request is under way")
        return
    Irp.IoStatus = IO_STATUS_BLOCK(Iostatus)
    Irp.Cancel = Irp.PendingReturned = Irp.pending_marked = False
    Irp._routine = Irp._standing
    Irp._switches = (Irp._standing is not None,) * 3
    Irp._flight = None
    Irp._fresh = True


def IoCancelIrp(Irp: IRP) -> bool:
    """IoCancelIrp: asks to end a request early.

    Args:
        Irp: the request; nothing happens if it is over.

    Returns:
        True if the request is cancelled: it completes, or has completed, with STATUS_CANCELLED. False if it
        is over, or can no longer be cancelled (I-14, U-38).

    Rules: I-12 to I-14; page nf-wdm-iocancelirp. IRQL: up to DISPATCH.
    """
    _check("IoCancelIrp", Irp)
    Irp.Cancel = True
    flight = Irp._flight
    return flight is not None and not flight.completed and flight.owner.cancel(flight)


def IoFreeIrp(Irp: IRP) -> None:
    """IoFreeIrp: gives an IRP back; it cannot be used again.

    Args:
        Irp: allocated by this application, and over; if its request is under way, it is not freed and that is a
            finding.

    Raises:
        ContractError: with check="raise": a request of it is under way (I-3).

    Rules: I-6, I-10; page nf-wdm-iofreeirp. IRQL: up to DISPATCH.
    """
    _check("IoFreeIrp", Irp)
    if Irp.in_use:
        _misused(Irp, "IoFreeIrp: asked to free an IRP that is over", "its request is under way")
        return
    Irp._freed = True
    Irp._routine = Irp._standing = None


def IoMarkIrpPending(Irp: IRP) -> None:
    """IoMarkIrpPending: how a routine passes `PendingReturned` on to the higher driver.

    Args:
        Irp: an IRP from a higher driver.

    Rules: I-10; page nf-wdm-iomarkirppending. IRQL: up to DISPATCH.
    """
    _check("IoMarkIrpPending", Irp)
    Irp.pending_marked = True


def _check(caller: str, irp: object) -> None:
    if not isinstance(irp, IRP):
        raise TypeError(f"{caller}: asked for an IRP; found {type(irp).__name__}; pass wsk.IRP()")
    if irp._freed:
        raise ValueError(f"{caller}: asked for an IRP; this one was given to IoFreeIrp; allocate another [I-6]")


def _misused(irp: IRP, asked: str, found: str) -> None:
    if irp._flight is not None:
        irp._flight.owner.report("I-3", asked, found)


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
    irp.IoStatus.Status = status
    irp.IoStatus.Information = information
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
                flight.owner.report("I-3", _ENDS, f"it raised {type(raised).__name__}: {raised}")
            elif answer != STATUS_MORE_PROCESSING_REQUIRED and not from_above:
                flight.owner.report("I-3", _KEPT, f"it returned {answer!r}")
    finally:
        flight.finish()


def begin(flight: Flight) -> None:
    """Hands an IRP to a request that begins."""
    irp: IRP = flight.irp
    irp._flight = flight
    irp._fresh = False
    irp.IoStatus = IO_STATUS_BLOCK(STATUS_PENDING)
