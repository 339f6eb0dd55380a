"""Callbacks: how each callback of a client table is called, with the structures that it gets.

The provider calls these functions; each returns what the callback answered. The provider decides what an answer means,
and how long what is shown may be read. WskAcceptEvent and WskReceiveEvent are not among them: the extension calls
them by itself; nor is WskDisconnectEvent: the core calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wsksim._native import Answered, Loan, Part
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.structures.buffers import WSK_BUF, WSK_DATAGRAM_INDICATION, WSK_INSPECT_ID
from wsksim.wsk.structures.lending import lend
from wsksim.wsk.structures.mdl import MDL

__all__ = ["abort", "inspect", "receive_from", "send_backlog"]


Callback = Callable[..., Any]


def receive_from(
    socket: WSK_SOCKET,
    callback: Callback,
    flags: int,
    number: int,
    datagrams: list[tuple[bytes, SOCKADDR]] | None,
    loan: Loan | None,
) -> Answered:
    """Calls WskReceiveFromEvent with a list of datagrams; without any, the socket is non-functional."""
    if datagrams is None or loan is None:
        return Answered(callback(socket.context, flags, None))
    first: WSK_DATAGRAM_INDICATION | None = None
    for place in reversed(range(len(datagrams))):
        data, remote = datagrams[place]
        item = WSK_DATAGRAM_INDICATION(first, WSK_BUF(MDL(data), 0, len(data)), None, 0, remote)
        first = lend(item, loan)
        first.__dict__["_part"] = Part(socket, number, place, len(datagrams))
    return Answered(callback(socket.context, flags, first))


def inspect(
    socket: WSK_SOCKET, callback: Callback, request: tuple[SOCKADDR, SOCKADDR, tuple[int, int]] | None
) -> Answered:
    """Calls WskInspectEvent for a request; without one, the listener is non-functional."""
    if request is None:
        return Answered(callback(socket.context, None, None, None))
    local, remote, number = request
    return Answered(callback(socket.context, local, remote, WSK_INSPECT_ID(*number)))


def abort(socket: WSK_SOCKET, callback: Callback, number: tuple[int, int]) -> Answered:
    """Calls WskAbortEvent for a request that was dropped."""
    return Answered(callback(socket.context, WSK_INSPECT_ID(*number)))


def send_backlog(socket: WSK_SOCKET, callback: Callback, size: int) -> Answered:
    """Calls WskSendBacklogEvent with the ideal size."""
    return Answered(callback(socket.context, size))
