"""Callbacks: how each callback of a client table is called, with the structures that it gets.

The provider calls these functions; each returns (what the callback returned, (BytesAccepted,) or None, what
WskAcceptEvent wrote that is no table or None), or None if there is no such callback. The provider decides what an
answer means. WskDisconnectEvent is not among them: the core calls it.
"""

from __future__ import annotations

import weakref
from typing import Any

from wsksim.wsk.objects.provider import Provider
from wsksim.wsk.objects.sockets import WSK_SOCKET, from_machine, supplied
from wsksim.wsk.structures.addresses import Address
from wsksim.wsk.structures.buffers import WSK_BUF, WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION, WSK_INSPECT_ID, Out
from wsksim.wsk.structures.client_tables import WSK_CLIENT_CONNECTION_DISPATCH
from wsksim.wsk.structures.lending import Loan, lend
from wsksim.wsk.structures.mdl import MDL
from wsksim.wsk.words.status import STATUS_SUCCESS

__all__ = ["abort", "accept", "inspect", "receive", "receive_from", "send_backlog"]

Returned = tuple[Any, Any, str | None]


def receive(
    provider: Provider, socket: WSK_SOCKET, flags: int, number: int, segments: list[bytes] | None
) -> Returned | None:
    """Calls WskReceiveEvent with the pieces of a list; without any, the socket is non-functional."""
    callback = socket.callback("WskReceiveEvent")
    if callback is None:
        return None
    if segments is None:
        return callback(socket.context, flags, None, 0, Out(0)), None, None
    loan = _loan(provider, socket, "C-24", "WskReceiveEvent")
    first: WSK_DATA_INDICATION | None = None
    for segment in reversed(segments):
        first = lend(WSK_DATA_INDICATION(first, WSK_BUF(MDL(segment), 0, len(segment))), loan)
    if first is not None:
        first.__dict__["_list"] = (socket, number, None, 0)
    total = sum(map(len, segments))
    accepted = Out(total)
    provider.lends(number, loan)
    return callback(socket.context, flags, first, total, accepted), (accepted.value,), None


def receive_from(
    provider: Provider, socket: WSK_SOCKET, flags: int, number: int, datagrams: list[tuple[bytes, Address]] | None
) -> Returned | None:
    """Calls WskReceiveFromEvent with a list of datagrams; without any, the socket is non-functional."""
    callback = socket.callback("WskReceiveFromEvent")
    if callback is None:
        return None
    if datagrams is None:
        return callback(socket.context, flags, None), None, None
    loan = _loan(provider, socket, "C-24", "WskReceiveFromEvent")
    first: WSK_DATAGRAM_INDICATION | None = None
    for place in reversed(range(len(datagrams))):
        data, remote = datagrams[place]
        item = WSK_DATAGRAM_INDICATION(first, WSK_BUF(MDL(data), 0, len(data)), None, 0, from_machine(remote))
        first = lend(item, loan)
        first.__dict__["_list"] = (socket, number, place, len(datagrams))
    provider.lends(number, loan)
    return callback(socket.context, flags, first), None, None


def accept(
    provider: Provider, socket: WSK_SOCKET, flags: int, accepted: tuple[Address, Address, int] | None
) -> tuple[Returned, WSK_SOCKET | None] | None:
    """Calls WskAcceptEvent with a new socket, which is returned too; without one, the listener is non-functional."""
    callback = socket.callback("WskAcceptEvent")
    if callback is None:
        return None
    context, table = Out(), Out()
    if accepted is None:
        return (callback(socket.context, flags, None, None, None, context, table), None, None), None
    from wsksim.wsk.functions.tables import CONNECTION

    local, remote, number = accepted
    made = WSK_SOCKET(provider, number, CONNECTION, None, None, socket.family)
    made.hold(written=lambda: _written(provider, made, context, table), registration=socket.registration)
    provider.sockets[number] = made
    # The addresses are lent for the time of the callback.
    loan = _loan(provider, socket, "A-7", "WskAcceptEvent")
    addresses = [lend(found, loan) for found in map(from_machine, (local, remote)) if found is not None]
    try:
        answer = callback(socket.context, flags, *addresses, made, context, table)
        no_table = None
        if isinstance(answer, int) and answer == STATUS_SUCCESS:
            try:
                made.settle()
            except TypeError as error:
                no_table = str(error)
        return (answer, None, no_table), made
    finally:
        loan.end()
        # What is written later has no effect: the parameters are the callback's (L-7, L-10).
        made.hold(written=None)


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
    provider.accept_written(made.id, supplied(made.context, found))


def inspect(
    provider: Provider, socket: WSK_SOCKET, request: tuple[Address, Address, tuple[int, int]] | None
) -> Returned | None:
    """Calls WskInspectEvent for a request; without one, the listener is non-functional."""
    del provider
    callback = socket.callback("WskInspectEvent")
    if callback is None:
        return None
    if request is None:
        return callback(socket.context, None, None, None), None, None
    local, remote, number = request
    return callback(socket.context, from_machine(local), from_machine(remote), WSK_INSPECT_ID(*number)), None, None


def abort(provider: Provider, socket: WSK_SOCKET, number: tuple[int, int]) -> Returned | None:
    """Calls WskAbortEvent for a request that was dropped."""
    del provider
    callback = socket.callback("WskAbortEvent")
    return None if callback is None else (callback(socket.context, WSK_INSPECT_ID(*number)), None, None)


def send_backlog(provider: Provider, socket: WSK_SOCKET, size: int) -> Returned | None:
    """Calls WskSendBacklogEvent with the ideal size."""
    del provider
    callback = socket.callback("WskSendBacklogEvent")
    return None if callback is None else (callback(socket.context, size), None, None)


def _loan(provider: Provider, socket: WSK_SOCKET, rule: str, name: str) -> Loan:
    owner = weakref.ref(provider)

    def late(what: str) -> None:
        found = owner()
        if found is not None:
            found.report(rule, f"{what} of {name} was read later", socket, against=name)

    return Loan(late)
