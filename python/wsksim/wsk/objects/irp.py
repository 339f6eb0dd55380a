"""IRPs: requests to the provider; what makes, reuses, cancels and frees them is in `functions.irps`.

An IRP carries one request at a time. The provider's record of it is in Rust; an `IRP` is Python's view on that.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from wsksim import _native
from wsksim._native import IO_STATUS_BLOCK
from wsksim.kinds import is_a
from wsksim.signatures import check_callback
from wsksim.wording import in_hex, shown
from wsksim.wsk.objects.waiting import completed, may_wait, wait_for
from wsksim.wsk.words.arguments import integer
from wsksim.wsk.words.status import shown_status

__all__ = ["IO_STATUS_BLOCK", "IRP"]

Routine = Callable[[Any, "IRP", Any], Any]


def check_routine(asked: str, routine: Callable[..., Any]) -> None:
    """Refuses a completion routine that cannot be called as `(DeviceObject, Irp, Context)`.

    Raises:
        TypeError: it is an `async def`, or takes another number of arguments.

    Rules: I-3.
    """
    check_callback(asked, routine, ("DeviceObject", "Irp", "Context"), rule="I-3")


class IRP(_native.Irp):
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
        """Its base takes both when it is made.

        Raises:
            TypeError: the routine cannot be called with three arguments, or is an `async def`.
        """
        del Context  # its base has it
        if CompletionRoutine is not None:
            check_routine("IRP", CompletionRoutine)

    @classmethod
    def allocated(cls, StackSize: int) -> IRP:
        """An IRP without a completion routine, as IoAllocateIrp makes it; the provider sets up one location (I-2)."""
        if not 1 <= integer("IoAllocateIrp", "StackSize", StackSize, "CCHAR") <= 127:
            raise ValueError(
                f"IoAllocateIrp: asked for 1 to 127 stack locations; found {in_hex(StackSize)}; pass 1 [I-2]"
            )
        irp = cls.__new__(cls, standing=False)
        irp.StackCount = StackSize
        return irp

    @classmethod
    def from_higher_driver(cls, StackCount: int = 1) -> IRP:
        """An IRP that a higher driver passed down: it may go without a routine and is never freed here (I-10)."""
        irp = cls.allocated(StackCount)
        irp._set_from_above()
        return irp

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the request is over and its completion routine has returned.

        When nothing drives the subsystem, this call dispatches. Without a timeout it returns after 0.2 s where nothing
        in the program can end the request (nothing is queued, nobody else drives, and no other thread is there): that
        is a finding. Where others could, it warns after a second. Inside a callback or completion routine, or at
        DISPATCH_LEVEL, it never waits; calling it there is a finding even if the request is over, for it will not
        always be.

        Args:
            timeout: seconds, >= 0; None waits without end; 0 only looks, which is no wait and allowed everywhere.

        Returns:
            Whether the request is over: when it is, when the time is up, or at once where waiting is an error.

        Raises:
            ContractError: with check="raise": called inside a callback or completion routine (D-10), or at
                DISPATCH_LEVEL (Q-3), and the timeout is not 0; or the wait cannot end (I-12).
            TypeError, ValueError: `timeout` is no such number.

        Rules: D-10, I-12, Q-3.
        """
        if timeout is not None and (is_a(timeout, bool) or not is_a(timeout, int, float)):
            raise TypeError(f"IRP.wait: asked for seconds as timeout; found {type(timeout).__name__}; pass a number")
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"IRP.wait: asked for a timeout of {shown(timeout)}; pass 0 or more seconds, or None")
        return self._function is not None and wait_for(self, timeout)

    def __await__(self) -> Generator[Any, None, int]:
        """Waits in an asyncio task, dispatching when nothing drives; returns IoStatus.Status."""
        status, name = self.IoStatus, self._function
        if name is None:
            raise RuntimeError("IRP: asked to await a request; none was made with this IRP; call a WSK function first")
        # Inside a callback awaiting is waiting: it never blocks (D-10).
        if may_wait(self, f"await of {name}"):
            yield from completed(self).__await__()
        found: int = status.Status
        return found

    def __repr__(self) -> str:
        if self._freed:
            state = "freed"
        elif self.in_use:
            state = "in use"
        elif self._function is not None:
            state = f"completed with {shown_status(getattr(self.IoStatus, 'Status', None))}"
        else:
            state = "not used"
        return f"<IRP {state}>"
