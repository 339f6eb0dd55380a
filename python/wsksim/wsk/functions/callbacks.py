"""Callbacks: how each callback of a client table is called, with the structures that it gets.

The provider calls these functions; each returns what the callback answered, or None if there is no such callback. The
provider decides what an answer means, and how long what is shown may be read. WskDisconnectEvent is not among them: the
core calls it.
"""

from __future__ import annotations

from wsksim._native import Answered, Loan, Part
from wsksim.wsk.objects.provider import Provider
from wsksim.wsk.objects.sockets import WSK_SOCKET, from_machine
from wsksim.wsk.structures.addresses import Address
from wsksim.wsk.structures.buffers import WSK_BUF, WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION, WSK_INSPECT_ID, Out
from wsksim.wsk.structures.client_tables import is_table, kind_of, supplied
from wsksim.wsk.structures.lending import lend
from wsksim.wsk.structures.mdl import MDL
from wsksim.wsk.words.flags import WSK_FLAG_CONNECTION_SOCKET
from wsksim.wsk.words.status import STATUS_SUCCESS

__all__ = ["abort", "accept", "inspect", "receive", "receive_from", "send_backlog"]


def receive(
    socket: WSK_SOCKET, flags: int, number: int, segments: list[bytes] | None, loan: Loan | None
) -> Answered | None:
    """Calls WskReceiveEvent with the pieces of a list; without any, the socket is non-functional."""
    callback = socket.callback("WskReceiveEvent")
    if callback is None:
        return None
    if segments is None or loan is None:
        return Answered(callback(socket.context, flags, None, 0, Out(0)))
    first: WSK_DATA_INDICATION | None = None
    for segment in reversed(segments):
        first = lend(WSK_DATA_INDICATION(first, WSK_BUF(MDL(segment), 0, len(segment))), loan)
    if first is not None:
        first.__dict__["_part"] = Part(socket, number)
    total = sum(map(len, segments))
    accepted = Out(total)
    return Answered(callback(socket.context, flags, first, total, accepted), accepted)


def receive_from(
    socket: WSK_SOCKET, flags: int, number: int, datagrams: list[tuple[bytes, Address]] | None, loan: Loan | None
) -> Answered | None:
    """Calls WskReceiveFromEvent with a list of datagrams; without any, the socket is non-functional."""
    callback = socket.callback("WskReceiveFromEvent")
    if callback is None:
        return None
    if datagrams is None or loan is None:
        return Answered(callback(socket.context, flags, None))
    first: WSK_DATAGRAM_INDICATION | None = None
    for place in reversed(range(len(datagrams))):
        data, remote = datagrams[place]
        item = WSK_DATAGRAM_INDICATION(first, WSK_BUF(MDL(data), 0, len(data)), None, 0, from_machine(remote))
        first = lend(item, loan)
        first.__dict__["_part"] = Part(socket, number, place, len(datagrams))
    return Answered(callback(socket.context, flags, first))


def accept(
    provider: Provider,
    socket: WSK_SOCKET,
    flags: int,
    accepted: tuple[Address, Address, int] | None,
    loan: Loan | None,
) -> tuple[Answered, WSK_SOCKET | None] | None:
    """Calls WskAcceptEvent with a new socket, which is returned too; without one, the listener is non-functional."""
    callback = socket.callback("WskAcceptEvent")
    if callback is None:
        return None
    context, table = Out(), Out()
    if accepted is None or loan is None:
        return Answered(callback(socket.context, flags, None, None, None, context, table)), None
    local, remote, number = accepted
    made = provider.make(number, WSK_FLAG_CONNECTION_SOCKET, None, None, socket.family, socket.registration)
    made.hold(written=lambda: _written(provider, made, context, table))
    addresses = [lend(found, loan) for found in map(from_machine, (local, remote)) if found is not None]
    try:
        answer = callback(socket.context, flags, *addresses, made, context, table)
        if isinstance(answer, int) and answer == STATUS_SUCCESS:
            made.settle()
        return Answered(answer, wrote=None if made.written is None else kind_of(table.value)), made
    finally:
        # What is written later has no effect: the parameters are the callback's (L-7, L-10).
        made.hold(written=None)


def _written(provider: Provider, made: WSK_SOCKET, context: Out, table: Out) -> None:
    """Reads the out parameters of WskAcceptEvent as they are at this moment (L-7)."""
    found = table.value
    if context.value is None and found is None:
        return
    # What is no table at all is left, as one that does not belong there; the callback's return has it judged.
    if is_table(found) and provider.accept_written(made.id, supplied("WskAcceptEvent", "it", context.value, found)):
        made.hold(context=context.value, table=found, written=None)


def inspect(socket: WSK_SOCKET, request: tuple[Address, Address, tuple[int, int]] | None) -> Answered | None:
    """Calls WskInspectEvent for a request; without one, the listener is non-functional."""
    callback = socket.callback("WskInspectEvent")
    if callback is None:
        return None
    if request is None:
        return Answered(callback(socket.context, None, None, None))
    local, remote, number = request
    return Answered(callback(socket.context, from_machine(local), from_machine(remote), WSK_INSPECT_ID(*number)))


def abort(socket: WSK_SOCKET, number: tuple[int, int]) -> Answered | None:
    """Calls WskAbortEvent for a request that was dropped."""
    callback = socket.callback("WskAbortEvent")
    return None if callback is None else Answered(callback(socket.context, WSK_INSPECT_ID(*number)))


def send_backlog(socket: WSK_SOCKET, size: int) -> Answered | None:
    """Calls WskSendBacklogEvent with the ideal size."""
    callback = socket.callback("WskSendBacklogEvent")
    return None if callback is None else Answered(callback(socket.context, size))
