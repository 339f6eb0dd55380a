"""The functions of wdm.h that make, prepare, reuse, cancel and free IRPs.

They have no status. Misuse of an IRP is a finding of the subsystem that the IRP was last given to, and nothing happens
to the IRP.
"""

from __future__ import annotations

from typing import Any

from wsksim.kinds import is_a
from wsksim.wsk.functions.requests import CALLS
from wsksim.wsk.objects.allocation import refuses
from wsksim.wsk.objects.irp import IRP, Routine, check_routine
from wsksim.wsk.words.arguments import boolean

__all__ = [
    "IoAllocateIrp",
    "IoCancelIrp",
    "IoFreeIrp",
    "IoMarkIrpPending",
    "IoReuseIrp",
    "IoSetCompletionRoutine",
]


def IoAllocateIrp(StackSize: int, ChargeQuota: bool = False) -> IRP | None:
    """IoAllocateIrp: makes an IRP without a completion routine.

    Args:
        StackSize: CCHAR, 1 to 127; the provider needs one location (I-2).
        ChargeQuota: BOOLEAN; ignored.

    Returns:
        The IRP; it has no status. None (NULL) where there is none: in the storm of a plan with `faults.allocation`.

    Raises:
        TypeError: an argument is of another type.
        ValueError: `StackSize` is no such number.

    Rules: I-2, I-3; page nf-wdm-ioallocateirp. IRQL: up to DISPATCH.
    """
    boolean("IoAllocateIrp", "ChargeQuota", ChargeQuota)
    return None if refuses() else IRP.allocated(StackSize)


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
        Irp: no request of it is under way; if one is, nothing changes and that is a finding.
        CompletionRoutine: callable (DeviceObject, Irp, Context) -> NTSTATUS. None (NULL) makes the IRP unfit for a
            request, which is a finding of whoever is given it (I-3).
        Context: any object; handed to the routine.
        InvokeOnSuccess: BOOLEAN; call it when the status is a success.
        InvokeOnError: BOOLEAN; call it when the status is none.
        InvokeOnCancel: BOOLEAN; call it when IoCancelIrp was called.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: the routine cannot be called with three arguments or is an `async def`, a switch is no bool, or
            `Irp` is no IRP.
        ContractError: with check="raise": a request of it is under way, or it was freed (I-3).

    Rules: I-3; page nf-wdm-iosetcompletionroutine. IRQL: up to DISPATCH.
    """
    name = "IoSetCompletionRoutine"
    if CompletionRoutine is not None and not callable(CompletionRoutine):
        kind = type(CompletionRoutine).__name__
        raise TypeError(f"{name}: asked for a callable as CompletionRoutine; found {kind}; pass a function")
    if CompletionRoutine is not None:
        check_routine(name, CompletionRoutine)
    switches = (
        boolean(name, "InvokeOnSuccess", InvokeOnSuccess),
        boolean(name, "InvokeOnError", InvokeOnError),
        boolean(name, "InvokeOnCancel", InvokeOnCancel),
    )
    routine = (CompletionRoutine, Context) if CompletionRoutine is not None else None
    _irp(name, Irp)._set_routine(name, routine, switches)


def IoReuseIrp(Irp: IRP, Iostatus: int) -> None:
    """IoReuseIrp: prepares an IRP for its next request; its completion routine has to be set anew.

    An IRP made by `IRP(...)` gets the routine back that it was made with.

    Args:
        Irp: no request of it is under way; if one is, nothing changes and that is a finding.
        Iostatus: NTSTATUS to begin with, customarily STATUS_UNSUCCESSFUL; 32 bits, signed or unsigned.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: `Irp` is no IRP, or `Iostatus` is no int.
        ValueError: `Iostatus` does not fit 32 bits.
        ContractError: with check="raise": a request of it is under way, or it was freed (I-3).

    Rules: I-3; page nf-wdm-ioreuseirp. IRQL: up to DISPATCH.
    """
    CALLS.reuse(Irp, Iostatus)


def IoCancelIrp(Irp: IRP) -> bool:
    """IoCancelIrp: asks to end a request early.

    Args:
        Irp: the request; nothing happens if it is over.

    Returns:
        True if the request is cancelled: it completes, or has completed, with STATUS_CANCELLED. False if it
        is over, or can no longer be cancelled (I-14, U-38).

    Raises:
        TypeError: `Irp` is no IRP.
        ContractError: with check="raise": it was freed (I-3).

    Rules: I-12 to I-14; page nf-wdm-iocancelirp. IRQL: up to DISPATCH.
    """
    return _irp("IoCancelIrp", Irp)._cancel("IoCancelIrp")


def IoFreeIrp(Irp: IRP) -> None:
    """IoFreeIrp: gives an IRP back; it cannot be used again.

    Args:
        Irp: allocated by this application, and over; if its request is under way, it is not freed and that is a
            finding.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: `Irp` is no IRP.
        ContractError: with check="raise": a request of it is under way, or it was freed before (I-3).

    Rules: I-3, I-6, I-10; page nf-wdm-iofreeirp. IRQL: up to DISPATCH.
    """
    _irp("IoFreeIrp", Irp)._free("IoFreeIrp")


def IoMarkIrpPending(Irp: IRP) -> None:
    """IoMarkIrpPending: how a routine passes `PendingReturned` on to the higher driver.

    Args:
        Irp: an IRP from a higher driver.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: `Irp` is no IRP.
        ContractError: with check="raise": it was freed (I-3).

    Rules: I-10; page nf-wdm-iomarkirppending. IRQL: up to DISPATCH.
    """
    _irp("IoMarkIrpPending", Irp)._mark_pending("IoMarkIrpPending")


def _irp(caller: str, irp: object) -> IRP:
    if not is_a(irp, IRP):
        raise TypeError(f"{caller}: asked for an IRP; found {type(irp).__name__}; pass wsk.IRP()")
    return irp
