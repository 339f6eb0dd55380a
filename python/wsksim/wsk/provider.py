"""Provider: one subsystem's side of every WSK call.

It checks what C's compiler would check, the IRQL and the IRP, hands the request to the contract machine as
integers, and completes the IRPs that the machine decides. The machine never calls Python; what has to happen later
are errands (`wsksim.wsk.errands`), fetched by whoever drives.
"""

from __future__ import annotations

import functools
import itertools
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from wsksim.errors import ContractError
from wsksim.wsk.chains import CHAIN, in_chain
from wsksim.wsk.flight import Completion, Flight
from wsksim.wsk.identifiers import DISPATCH_LEVEL
from wsksim.wsk.irp import IRP, Raised, admitted, begin, complete, taken, undo
from wsksim.wsk.irql import LEVEL_NAMES, PROCESSOR, KeGetCurrentIrql
from wsksim.wsk.status import (
    STATUS_DEVICE_NOT_READY,
    STATUS_INVALID_PARAMETER,
    STATUS_PENDING,
    STATUS_SUCCESS,
)

if TYPE_CHECKING:
    from wsksim._native import Machine
    from wsksim.wsk.sockets import WSK_SOCKET

__all__ = ["Answer", "Provider", "entered"]

Answer = tuple[int, list[Completion], str | None]
Ask = Callable[[int], Answer]

_numbers: Final = itertools.count(1)

# Its socket is known to the core, which calls it.
_DISCONNECT: Final = ("WskDisconnectEvent", None)


@contextmanager
def entered(name: str, level: int, socket: WSK_SOCKET | None = None) -> Iterator[list[int]]:
    """A callback or completion routine runs at `level`; gives a list of the level it left at, if another (Q-2)."""
    before = PROCESSOR.level
    left: list[int] = []
    PROCESSOR.calls.append((name, socket))
    PROCESSOR.level = level
    try:
        yield left
    finally:
        if PROCESSOR.level != level:
            left.append(PROCESSOR.level)
        PROCESSOR.level = before
        PROCESSOR.calls.pop()


class Provider:
    """What stands behind the functions of one subsystem's WSK clients and sockets.

    Attributes:
        subsystem: the subsystem.
        machine: its contract machine.
        sockets: every socket object that is not closed yet, by the machine's id.
        not_simulated: how often each function was called that is left out.
    """

    def __init__(self, subsystem: Any, machine: Machine) -> None:
        self.subsystem = subsystem
        self.machine = machine
        self.sockets: dict[int, WSK_SOCKET] = {}
        self.not_simulated: Counter[str] = Counter()
        self._flights: dict[int, Flight] = {}
        self._wrapped: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()

    # --- the application's mistakes ---

    def report(
        self,
        rule: str,
        found: str,
        socket: WSK_SOCKET | None = None,
        cause: BaseException | None = None,
        **case: Any,
    ) -> None:
        """Notes a breach of the contract; with check="raise" raises it.

        Args:
            rule: its id.
            found: what the application did instead.
            socket: whose breach it is; None takes that of the callback or routine which runs on this thread, if any.
            cause: what the application raised.
            case: `callback`, to blame it rather than the nearest line; `against`, the callback at the other end;
                `nothing`, if it returned None; `advice`, if the rule's own does not fit.
        """
        if socket is None and PROCESSOR.calls:
            running = PROCESSOR.calls[-1][1]
            socket = running if running is not None and running.provider is self else None
        if socket is None:
            finding = self.subsystem._report(rule, found, cause=cause, **case)
        else:
            handle = self.machine.handle(socket.id) or socket.handle  # only connections have one
            about = (handle, socket.context, socket.id)
            finding = self.subsystem._report(rule, found, about, cause=cause, **case)
        if self.subsystem.check == "raise":
            raise ContractError(finding) from cause

    def breach(self, rule: str | None, found: str, socket: WSK_SOCKET | None = None, **case: Any) -> None:
        """Notes a breach that the machine detected."""
        if rule is not None:
            self.report(rule, found, socket, **case)

    def level_allowed(self, name: str, limit: int, socket: WSK_SOCKET | None = None) -> bool:
        """Whether `name` may be called at the present level; if not, that is a finding (Q-1, U-29)."""
        level = KeGetCurrentIrql()
        if level <= limit:
            return True
        found = f"{name} was called at {LEVEL_NAMES[level]}, which it allows up to {LEVEL_NAMES[limit]}"
        self.report("Q-1", found, socket)
        return False

    # --- requests ---

    def perform(
        self,
        name: str,
        irp: IRP | None,
        ask: Ask,
        *,
        socket: WSK_SOCKET | None = None,
        limit: int = DISPATCH_LEVEL,
        deliver: Callable[[Completion], Any] | None = None,
        waiters: set[Flight] | None = None,
    ) -> int:
        """Makes one request, outside callbacks or inside, where only waiting is refused (D-11).

        Args:
            name: of the WSK function.
            irp: as the application gave it.
            ask: asks the machine, with the request's number, 0 without IRP.
            socket: whose function it is, if a socket's.
            limit: highest IRQL.
            deliver: makes IoStatus.Information of a success, and fills buffers.
            waiters: holds the request until it is over, for who waits for all of them.

        Returns:
            What the WSK function returns.
        """
        if irp is not None and not admitted(name, irp, self, socket):
            return STATUS_INVALID_PARAMETER
        if not self.level_allowed(name, limit, socket):
            ask = refusal(STATUS_INVALID_PARAMETER)
        elif self.subsystem.closed:
            ask = refusal(STATUS_DEVICE_NOT_READY)
        number = 0
        if irp is not None:
            number = self._take_off(Flight(irp, self, name, next(_numbers), socket), deliver, waiters)
            if not number:
                taken(name, self, socket)
                return STATUS_INVALID_PARAMETER
        callers = socket.callers if socket is not None else []
        callers.append(threading.get_ident())
        try:
            status, completions, rule = self._asked(number, ask)
            if CHAIN.begun is None:
                for completion in completions:
                    in_chain(self.complete, completion)
            elif number:
                CHAIN.begun.append(functools.partial(self._complete_deferred, number))
                for one, final, information, *_ in completions:  # the layer's own answer
                    self.machine.complete_later(socket.id if socket is not None else 0, one, final, information)
                    status = STATUS_PENDING
        finally:
            callers.remove(threading.get_ident())
        self.breach(rule, f"{name} was called", socket)
        return status

    def _take_off(
        self, flight: Flight, deliver: Callable[[Completion], Any] | None, waiters: set[Flight] | None
    ) -> int:
        """Hands an IRP to a request; gives the request's number, 0 if another thread's has just got the IRP."""
        flight.deliver = deliver
        if not begin(flight):
            return 0
        self._flights[flight.number] = flight
        if waiters is not None:
            waiters.add(flight)
            flight.watch(lambda: waiters.discard(flight))
        return flight.number

    def _asked(self, number: int, ask: Ask) -> Answer:
        flight = self._flights.get(number)
        try:
            answer = ask(number)
        except BaseException:
            if flight is not None:  # the call never began: the IRP is as it was
                del self._flights[number]
                undo(flight)
                flight.finish()
            raise
        if flight is not None:
            flight.former = None
        return answer

    def complete(self, completion: Completion, *, pending: bool = False) -> None:
        """Completes one IRP that the machine decided."""
        number, status, information, socket = completion[:4]
        flight = self._flights.pop(number, None)
        if flight is None:
            return
        try:
            if status == STATUS_SUCCESS and flight.deliver is not None:
                information = flight.deliver(completion)
            complete(flight, status, information, pending=pending)
        finally:
            if completion[7]:
                self.machine.completed(completion[7])
        del socket

    def complete_errand(self, token: int, irql: int, completion: Completion) -> None:
        """Completes one IRP for the machine, at `irql` or this thread's level if that is higher."""
        try:
            with entered("the completion of a request", max(irql, KeGetCurrentIrql())):
                self.complete(completion, pending=True)
        finally:
            self.machine.finish_errand(token)

    def _complete_deferred(self, number: int) -> None:
        errand = self.machine.next_deferred(number)
        if errand is not None:  # else it waits still, or a drive was faster
            self.complete_errand(*errand[1:4])

    def is_completing(self, flight: Flight) -> bool:
        """Whether a request is decided and being completed, perhaps by another thread."""
        return not flight.done and not self.machine.waits(flight.number)

    def cancel(self, flight: Flight) -> bool:
        """Asks to end a request (I-12)."""
        return self.machine.cancel(flight.number)

    def call_routine(self, flight: Flight, routine: Callable[..., Any], irp: IRP, context: Any) -> Any:
        """Runs a completion routine at the present level, without any lock (I-16): it may call any function (I-11)."""
        name = f"the completion routine of {flight.name}"
        try:
            with entered(name, KeGetCurrentIrql(), flight.socket) as left:
                answer = routine(None, irp, context)
        except (KeyboardInterrupt, SystemExit, ContractError):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a driver's routine does is its finding
            return Raised(error)
        if left:
            self.report("Q-2", f"{name} left {LEVEL_NAMES[left[0]]} behind", flight.socket, callback=routine)
        return answer

    # --- disconnect handlers ---

    def disconnect_event(self, event: Any) -> Any:
        """The callable to register for a table's WskDisconnectEvent: the application's, told where it runs."""
        if event is None or not callable(event):
            return event  # native and batch handlers are called as they are
        try:
            wrapped = self._wrapped.get(event)
        except TypeError:  # not hashable
            return self._wrap(event)
        if wrapped is None:
            wrapped = self._wrapped[event] = self._wrap(event)
        return wrapped

    def _wrap(self, event: Callable[[Any, int], Any]) -> Callable[[Any, int], Any]:
        owner = weakref.ref(self)
        level_here = type(self.subsystem)._handler_irql

        def WskDisconnectEvent(SocketContext: Any, Flags: int) -> Any:
            # As `entered`, by hand: this is the disconnect path.
            before, level = PROCESSOR.level, level_here()
            PROCESSOR.calls.append(_DISCONNECT)
            PROCESSOR.level = level
            try:
                answer = event(SocketContext, Flags)
            finally:
                left, PROCESSOR.level = PROCESSOR.level, before
                PROCESSOR.calls.pop()
            if left != level:
                provider = owner()
                if provider is not None:
                    provider.report("Q-2", f"WskDisconnectEvent left {LEVEL_NAMES[left]} behind", callback=event)
            return answer

        WskDisconnectEvent.__wrapped__ = event  # type: ignore[attr-defined] # for findings, which name the application's
        return WskDisconnectEvent


def refusal(status: int) -> Ask:
    """A request that is refused before the machine sees it; its IRP is completed all the same (I-4)."""
    return lambda number: (status, [(number, status, 0, 0, None, None, None, 0)] if number else [], None)
