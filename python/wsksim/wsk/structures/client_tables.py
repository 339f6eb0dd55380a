"""The application's tables: what the provider calls, in C's member order.

A table is a constant: it stays valid for as long as a socket can call back (O-8, U-31). Entries for events that
are never enabled may be None (O-7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from wsksim._native import BatchHandler, Callbacks, NativeHandler, Supplied, TableKind
from wsksim.signatures import check_callback
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.structures.buffers import WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION, WSK_INSPECT_ID, Out
from wsksim.wsk.words.arguments import instance

if TYPE_CHECKING:
    from wsksim.wsk.objects.sockets import WSK_SOCKET

__all__ = [
    "WSK_CLIENT_CONNECTION_DISPATCH",
    "WSK_CLIENT_DATAGRAM_DISPATCH",
    "WSK_CLIENT_LISTEN_DISPATCH",
    "WSK_CLIENT_STREAM_DISPATCH",
]

DisconnectEvent = Callable[[Any, int], Any]
ReceiveEvent = Callable[[Any, int, "WSK_DATA_INDICATION | None", int, Out], int]
SendBacklogEvent = Callable[[Any, int], int]
ReceiveFromEvent = Callable[[Any, int, "WSK_DATAGRAM_INDICATION | None"], int]
AcceptEvent = Callable[[Any, int, "SOCKADDR | None", "SOCKADDR | None", "WSK_SOCKET | None", Out, Out], int]
InspectEvent = Callable[[Any, "SOCKADDR | None", "SOCKADDR | None", "WSK_INSPECT_ID | None"], int]
AbortEvent = Callable[[Any, WSK_INSPECT_ID], int]


# What each entry is called with.
_ARGUMENTS: Final = {
    "WskAcceptEvent": (
        "SocketContext",
        "Flags",
        "LocalAddress",
        "RemoteAddress",
        "AcceptSocket",
        "AcceptSocketContext",
        "AcceptSocketDispatch",
    ),
    "WskInspectEvent": ("SocketContext", "LocalAddress", "RemoteAddress", "InspectID"),
    "WskAbortEvent": ("SocketContext", "InspectID"),
    "WskReceiveFromEvent": ("SocketContext", "Flags", "DataIndication"),
    "WskReceiveEvent": ("SocketContext", "Flags", "DataIndication", "BytesIndicated", "BytesAccepted"),
    "WskDisconnectEvent": ("SocketContext", "Flags"),
    "WskSendBacklogEvent": ("SocketContext", "IdealBacklogSize"),
}


def _callbacks(table: object) -> None:
    """Checks what C's compiler checks of a table of callbacks.

    Raises:
        TypeError: an entry is neither callable nor None, is an `async def`, or cannot take its arguments.
    """
    kind = type(table).__name__
    for entry, callback in vars(table).items():
        if callback is not None and not callable(callback):
            found = type(callback).__name__
            raise TypeError(f"{kind}: asked for a callable or None as {entry}; found {found}; pass a function [O-7]")
        if callback is not None and not isinstance(callback, BatchHandler | NativeHandler):
            check_callback(f"{kind}: {entry}", callback, _ARGUMENTS[entry])
    _keep(table, table)


def _keep(table: Any, *plain: object) -> None:
    """Keeps what the provider has to know of a table, which is a constant: the callbacks of its plain tables."""
    found = [{name: one for name, one in vars(each).items() if name in _ARGUMENTS} for each in plain]
    object.__setattr__(table, "_known", Callbacks(table.kind, found))


def _known(table: Any) -> Callbacks:
    known: Callbacks = table._known
    return known


@dataclass(frozen=True)
class WSK_CLIENT_LISTEN_DISPATCH:
    """WSK_CLIENT_LISTEN_DISPATCH: callbacks of a listening socket.

    Args:
        WskAcceptEvent: callable (SocketContext, Flags, LocalAddress, RemoteAddress, AcceptSocket,
            AcceptSocketContext, AcceptSocketDispatch) -> NTSTATUS; it writes the new socket's context and table into
            the last two's `value` (L-6), and answers STATUS_SUCCESS or STATUS_REQUEST_NOT_ACCEPTED (A-5). A None
            AcceptSocket tells that the listener is non-functional (A-8).
        WskInspectEvent: callable (SocketContext, LocalAddress, RemoteAddress, InspectID) -> WSK_INSPECT_ACTION (A-14).
        WskAbortEvent: callable (SocketContext, InspectID) -> NTSTATUS (A-17).

    Raises:
        TypeError: an entry is neither callable nor None.

    Rules: O-7, O-8, A-4 to A-9, A-13, A-14, A-17; page ns-wsk-_wsk_client_listen_dispatch. IRQL: up to DISPATCH.
    """

    kind: ClassVar[TableKind] = TableKind.LISTEN

    WskAcceptEvent: AcceptEvent | None = None
    WskInspectEvent: InspectEvent | None = None
    WskAbortEvent: AbortEvent | None = None

    def __post_init__(self) -> None:
        _callbacks(self)


@dataclass(frozen=True)
class WSK_CLIENT_DATAGRAM_DISPATCH:
    """WSK_CLIENT_DATAGRAM_DISPATCH: the callback of a datagram socket.

    Args:
        WskReceiveFromEvent: callable (SocketContext, Flags, DataIndication) -> NTSTATUS: STATUS_SUCCESS,
            STATUS_PENDING (list retained), or STATUS_DATA_NOT_ACCEPTED (E-26). A None list tells that the socket is
            non-functional (L-22).

    Raises:
        TypeError: an entry is neither callable nor None.

    Rules: O-7, O-8, E-26, L-22; page ns-wsk-_wsk_client_datagram_dispatch. IRQL: up to DISPATCH.
    """

    kind: ClassVar[TableKind] = TableKind.DATAGRAM

    WskReceiveFromEvent: ReceiveFromEvent | None = None

    def __post_init__(self) -> None:
        _callbacks(self)


@dataclass(frozen=True)
class WSK_CLIENT_CONNECTION_DISPATCH:
    """WSK_CLIENT_CONNECTION_DISPATCH: callbacks of a connection.

    Args:
        WskReceiveEvent: callable (SocketContext, Flags, DataIndication, BytesIndicated, BytesAccepted) -> NTSTATUS:
            STATUS_SUCCESS (all, or what it writes into `BytesAccepted.value`), STATUS_PENDING (list retained), or
            STATUS_DATA_NOT_ACCEPTED (G-16). A None list tells that the socket is non-functional (L-22).
        WskDisconnectEvent: callable (SocketContext, Flags) -> STATUS_SUCCESS (D-8).
        WskSendBacklogEvent: callable (SocketContext, IdealBacklogSize) -> STATUS_SUCCESS.

    Raises:
        TypeError: an entry is neither callable nor None.

    Rules: O-7, O-8, D-1, G-16, L-22; page ns-wsk-_wsk_client_connection_dispatch. IRQL: up to DISPATCH.
    """

    kind: ClassVar[TableKind] = TableKind.CONNECTION

    WskReceiveEvent: ReceiveEvent | None = None
    WskDisconnectEvent: Any = None
    WskSendBacklogEvent: SendBacklogEvent | None = None

    def __post_init__(self) -> None:
        _callbacks(self)


@dataclass(frozen=True)
class WSK_CLIENT_STREAM_DISPATCH:
    """WSK_CLIENT_STREAM_DISPATCH: the tables of a stream socket, by the role it takes (O-5).

    Args:
        Listen: a WSK_CLIENT_LISTEN_DISPATCH, or None.
        Connect: a WSK_CLIENT_CONNECTION_DISPATCH, or None.

    Raises:
        TypeError: a member is neither such a table nor None.

    Rules: O-5, O-7; page ns-wsk-_wsk_client_stream_dispatch. IRQL: up to DISPATCH.
    """

    kind: ClassVar[TableKind] = TableKind.STREAM

    Listen: WSK_CLIENT_LISTEN_DISPATCH | None = None
    Connect: WSK_CLIENT_CONNECTION_DISPATCH | None = None

    def __post_init__(self) -> None:
        instance("WSK_CLIENT_STREAM_DISPATCH", "Listen", self.Listen, WSK_CLIENT_LISTEN_DISPATCH)
        instance("WSK_CLIENT_STREAM_DISPATCH", "Connect", self.Connect, WSK_CLIENT_CONNECTION_DISPATCH)
        _keep(self, *(one for one in (self.Listen, self.Connect) if one is not None))


_TABLES = (
    WSK_CLIENT_LISTEN_DISPATCH,
    WSK_CLIENT_DATAGRAM_DISPATCH,
    WSK_CLIENT_CONNECTION_DISPATCH,
    WSK_CLIENT_STREAM_DISPATCH,
)


def supplied(name: str, parameter: str, context: Any, table: Any) -> Supplied:
    """A context and a table as the provider wants them: it judges whether the table belongs there.

    Raises:
        TypeError: it is no table at all.
    """
    if table is None:
        return Supplied(context)
    if not isinstance(table, _TABLES):
        kind = type(table).__name__
        raise TypeError(f"{name}: asked for a WSK_CLIENT_*_DISPATCH or None as {parameter}; found {kind}; pass one")
    return Supplied(context, _known(table))
