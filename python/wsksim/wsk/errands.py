"""Errands: what the contract machine wants called later, performed by whoever drives.

Each is one completion of an earlier request, or one callback other than WskDisconnectEvent, which the core calls
itself. The machine decides which errand may run and what its answer means; here it becomes a Python call.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from wsksim.errors import ContractError
from wsksim.wsk.arguments import shown
from wsksim.wsk.chains import in_chain
from wsksim.wsk.client_tables import WSK_CLIENT_CONNECTION_DISPATCH
from wsksim.wsk.identifiers import WskInspectReject
from wsksim.wsk.irql import LEVEL_NAMES
from wsksim.wsk.lending import Loan, lend
from wsksim.wsk.mdl import MDL
from wsksim.wsk.provider import Provider, entered
from wsksim.wsk.sockets import WSK_SOCKET, callbacks_of, disconnect_event_of, from_machine
from wsksim.wsk.status import STATUS_PENDING, STATUS_REQUEST_NOT_ACCEPTED, STATUS_SUCCESS
from wsksim.wsk.structures import (
    WSK_BUF,
    WSK_DATA_INDICATION,
    WSK_DATAGRAM_INDICATION,
    WSK_INSPECT_ID,
    Out,
)

__all__ = ["errand_host"]


def errand_host(provider: Provider) -> Callable[[], bool | None]:
    """What the subsystem calls for one errand; it keeps nothing alive."""
    owner = weakref.ref(provider)

    def run() -> bool | None:
        found = owner()
        return None if found is None else perform(found)

    return run


def perform(provider: Provider) -> bool | None:
    """Performs the next errand: True for a callback, False for a completion, None if there is none."""
    errand = provider.machine.next_errand()
    if errand is None:
        return None
    kind, token, irql = errand[:3]
    if kind == "complete":
        in_chain(provider.complete_errand, token, irql, errand[3])
        return False
    answer: tuple[Any, ...] = (STATUS_REQUEST_NOT_ACCEPTED if kind == "accept" else WskInspectReject,)
    if kind in {"receive", "receive_from"}:
        answer = (STATUS_SUCCESS, None)
    try:
        socket = provider.sockets.get(errand[3])
        if socket is not None:
            answer = _CALLS[kind](provider, socket, *errand[2:3], *errand[4:])
    finally:
        rule = provider.machine.finish_errand(token, *answer)
    found = "a list was released whose callback then did not keep it" if rule == "C-20" else "its answer breaks it"
    blamed = socket.callback(_NAMES[kind]) if socket is not None else None
    provider.breach(rule, f"{_NAMES[kind]}: {found}", provider.sockets.get(errand[3]), callback=blamed)
    return True


def _call(provider: Provider, socket: WSK_SOCKET, name: str, irql: int, *arguments: Any) -> Any:
    """Calls one callback of the application; gives its answer, as an int if it is a status."""
    callback = socket.callback(name)
    if callback is None:
        return None
    try:
        with entered(name, irql, socket) as left:
            answer = callback(socket.context, *arguments)
    except (KeyboardInterrupt, SystemExit, ContractError):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a driver's callback does is its finding
        provider.report("U-22", f"{name} raised {shown(error)}", socket, error, callback=callback)
        return None
    if left:
        provider.report("Q-2", f"{name} left {LEVEL_NAMES[left[0]]} behind", socket, callback=callback)
    if not isinstance(answer, int) or isinstance(answer, bool):
        provider.report("U-22", f"{name} returned {shown(answer)}", socket, callback=callback, nothing=answer is None)
        return None
    return answer & 0xFFFFFFFF


def _loan(provider: Provider, socket: WSK_SOCKET, rule: str, name: str) -> Loan:
    owner = weakref.ref(provider)

    def late(what: str) -> None:
        found = owner()
        if found is not None:
            found.report(rule, f"{what} of {name} was read later", socket, against=socket.callback(name))

    return Loan(late)


def _receive(
    provider: Provider, socket: WSK_SOCKET, irql: int, flags: int, number: int, segments: list[bytes] | None
) -> tuple[int, int | None]:
    if segments is None:
        _call(provider, socket, "WskReceiveEvent", irql, flags, None, 0, Out(0))
        return STATUS_SUCCESS, None
    loan = _loan(provider, socket, "C-24", "WskReceiveEvent")
    first: WSK_DATA_INDICATION | None = None
    for segment in reversed(segments):
        piece = WSK_DATA_INDICATION(first, WSK_BUF(MDL(segment), 0, len(segment)))
        first = lend(piece, loan)
    if first is not None:
        first.__dict__["_list"] = (socket, number, None, 0)
    total = sum(map(len, segments))
    accepted = Out(total)
    status = STATUS_SUCCESS
    try:
        answer = _call(provider, socket, "WskReceiveEvent", irql, flags, first, total, accepted)
        if answer is None:
            accepted.value = total
        else:
            status = answer
    finally:
        if status != STATUS_PENDING:
            loan.end()
    return status, _accepted(provider, socket, accepted.value, total) if status == STATUS_SUCCESS else None


def _accepted(provider: Provider, socket: WSK_SOCKET, count: object, total: int) -> int | None:
    """BytesAccepted, which counts with success only; None, so all, if what was written cannot be one (G-16)."""
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= total:
        return count
    found = f"WskReceiveEvent was indicated {total} bytes and wrote {count!r}, which is ignored"
    provider.report("G-16", found, socket, callback=socket.callback("WskReceiveEvent"))
    return None


def _receive_from(
    provider: Provider, socket: WSK_SOCKET, irql: int, flags: int, number: int, datagrams: list[Any] | None
) -> tuple[int, ...]:
    if datagrams is None:
        _call(provider, socket, "WskReceiveFromEvent", irql, flags, None)
        return (STATUS_SUCCESS,)
    loan = _loan(provider, socket, "C-24", "WskReceiveFromEvent")
    first: WSK_DATAGRAM_INDICATION | None = None
    for place in reversed(range(len(datagrams))):
        data, remote = datagrams[place]
        item = WSK_DATAGRAM_INDICATION(first, WSK_BUF(MDL(data), 0, len(data)), None, 0, from_machine(remote))
        first = lend(item, loan)
        first.__dict__["_list"] = (socket, number, place, len(datagrams))
    status = STATUS_SUCCESS
    try:
        answer = _call(provider, socket, "WskReceiveFromEvent", irql, flags, first)
        status = status if answer is None else answer
    finally:
        if status != STATUS_PENDING:
            loan.end()
    return (status,)


def _accept(
    provider: Provider, socket: WSK_SOCKET, irql: int, flags: int, local: Any, remote: Any, accepted: int
) -> tuple[int]:
    context, table = Out(), Out()
    if accepted == 0:
        _call(provider, socket, "WskAcceptEvent", irql, flags, None, None, None, context, table)
        return (STATUS_REQUEST_NOT_ACCEPTED,)
    from wsksim.wsk.provider_tables import CONNECTION

    made = WSK_SOCKET(provider, accepted, CONNECTION, None, None, socket.family)
    made.hold(written=lambda: _written(provider, made, context, table), registration=socket.registration)
    provider.sockets[accepted] = made
    # The addresses are lent for the time of the callback.
    loan = _loan(provider, socket, "A-7", "WskAcceptEvent")
    addresses = [lend(found, loan) for found in map(from_machine, (local, remote)) if found is not None]
    kept = False
    try:
        answer = _call(provider, socket, "WskAcceptEvent", irql, flags, *addresses, made, context, table)
        kept = answer == STATUS_SUCCESS and _settled(provider, made, socket)
    finally:
        loan.end()
        # What is written later has no effect: the parameters are the callback's (L-7, L-10).
        made.hold(written=None)
        if not kept:
            # The machine closes it; the application must not touch it again.
            provider.sockets.pop(accepted, None)
    return (STATUS_REQUEST_NOT_ACCEPTED if answer in {None, STATUS_SUCCESS} and not kept else answer,)


def _settled(provider: Provider, made: WSK_SOCKET, listener: WSK_SOCKET) -> bool:
    """Takes what WskAcceptEvent wrote; False, with a finding, if that is no table (L-6)."""
    try:
        made.settle()
    except TypeError as error:
        provider.report("L-6", str(error), made, error, callback=listener.callback("WskAcceptEvent"))
        return False
    return True


def _written(provider: Provider, made: WSK_SOCKET, context: Out, table: Out) -> None:
    """Reads the out parameters of WskAcceptEvent as they are at this moment (L-7)."""
    found = table.value
    if found is not None and not isinstance(found, WSK_CLIENT_CONNECTION_DISPATCH):
        kind = type(found).__name__
        text = f"WskAcceptEvent: asked for a WSK_CLIENT_CONNECTION_DISPATCH; found {kind}; write one, or None [L-6]"
        raise TypeError(text)
    if context.value is None and found is None:
        return
    made.hold(context=context.value, table=found, written=None)
    event = provider.disconnect_event(disconnect_event_of(found))
    provider.machine.accept_written(made.id, made.context, event, callbacks_of(found))


def _inspect(provider: Provider, socket: WSK_SOCKET, irql: int, local: Any, remote: Any, number: Any) -> tuple[int]:
    if number is None:
        _call(provider, socket, "WskInspectEvent", irql, None, None, None)
        return (WskInspectReject,)
    addresses = from_machine(local), from_machine(remote)
    answer = _call(provider, socket, "WskInspectEvent", irql, *addresses, WSK_INSPECT_ID(*number))
    return (WskInspectReject if answer is None else answer,)


def _abort(provider: Provider, socket: WSK_SOCKET, irql: int, number: tuple[int, int]) -> tuple[int]:
    answer = _call(provider, socket, "WskAbortEvent", irql, WSK_INSPECT_ID(*number))
    return (STATUS_SUCCESS if answer is None else answer,)


def _send_backlog(provider: Provider, socket: WSK_SOCKET, irql: int, size: int) -> tuple[int]:
    answer = _call(provider, socket, "WskSendBacklogEvent", irql, size)
    return (STATUS_SUCCESS if answer is None else answer,)


_CALLS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "receive": _receive,
    "receive_from": _receive_from,
    "accept": _accept,
    "inspect": _inspect,
    "abort": _abort,
    "send_backlog": _send_backlog,
}
_NAMES = {
    "receive": "WskReceiveEvent",
    "receive_from": "WskReceiveFromEvent",
    "accept": "WskAcceptEvent",
    "inspect": "WskInspectEvent",
    "abort": "WskAbortEvent",
    "send_backlog": "WskSendBacklogEvent",
}
