"""The provider's tables: which functions a client and each category of sockets has, in C's member order (1.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wsksim._native import Entry
from wsksim.wsk.functions import client, connection, control, data, names
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.words.identifiers import MAKE_WSK_VERSION

__all__ = [
    "WSK_PROVIDER_BASIC_DISPATCH",
    "WSK_PROVIDER_CONNECTION_DISPATCH",
    "WSK_PROVIDER_DATAGRAM_DISPATCH",
    "WSK_PROVIDER_DISPATCH",
    "WSK_PROVIDER_LISTEN_DISPATCH",
    "WSK_PROVIDER_STREAM_DISPATCH",
]

Function = Callable[..., int]


@dataclass(frozen=True)
class WSK_PROVIDER_DISPATCH:
    """WSK_PROVIDER_DISPATCH: the functions of a client.

    Attributes:
        Version: USHORT; the asked major version, perhaps with a higher minor one (O-15).
        Reserved: USHORT; 0.

    Rules: O-15; page ns-wsk-_wsk_provider_dispatch.
    """

    Version: int = MAKE_WSK_VERSION(1, 0)
    Reserved: int = 0
    WskSocket: Function = client.WskSocket
    WskSocketConnect: Function = client.WskSocketConnect
    WskControlClient: Function = control.WskControlClient
    WskGetAddressInfo: Function = names.WskGetAddressInfo
    WskFreeAddressInfo: Callable[..., None] = names.WskFreeAddressInfo
    WskGetNameInfo: Function = names.WskGetNameInfo


@dataclass(frozen=True)
class WSK_PROVIDER_BASIC_DISPATCH:
    """WSK_PROVIDER_BASIC_DISPATCH: the two functions that every socket has; they lead every socket table (O-3).

    Rules: 1.8, O-2, O-3; page ns-wsk-_wsk_provider_basic_dispatch.
    """

    WskControlSocket: Function = control.WskControlSocket
    WskCloseSocket: Function = connection.WskCloseSocket


@dataclass(frozen=True)
class WSK_PROVIDER_LISTEN_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_LISTEN_DISPATCH: the functions of a listening socket.

    Rules: 1.8, O-2; page ns-wsk-_wsk_provider_listen_dispatch.
    """

    WskBind: Function = connection.WskBind
    WskAccept: Function = connection.WskAccept
    WskInspectComplete: Function = connection.WskInspectComplete
    WskGetLocalAddress: Function = connection.WskGetLocalAddress


@dataclass(frozen=True)
class WSK_PROVIDER_DATAGRAM_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_DATAGRAM_DISPATCH: the functions of a datagram socket.

    Rules: 1.8, O-2; page ns-wsk-_wsk_provider_datagram_dispatch.
    """

    WskBind: Function = connection.WskBind
    WskSendTo: Function = data.WskSendTo
    WskReceiveFrom: Function = data.WskReceiveFrom
    WskRelease: Function = data.WskRelease
    WskGetLocalAddress: Function = connection.WskGetLocalAddress
    WskSendMessages: Function = data.WskSendMessages


@dataclass(frozen=True)
class WSK_PROVIDER_CONNECTION_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_CONNECTION_DISPATCH: the functions of a connection-oriented socket.

    WskSendEx and WskReceiveEx are reserved, and not in every header (1.9).

    Rules: 1.8, 1.9, O-2; page ns-wsk-_wsk_provider_connection_dispatch.
    """

    WskBind: Function = connection.WskBind
    WskConnect: Function = connection.WskConnect
    WskGetLocalAddress: Function = connection.WskGetLocalAddress
    WskGetRemoteAddress: Function = connection.WskGetRemoteAddress
    WskSend: Function = data.WskSend
    WskReceive: Function = data.WskReceive
    WskDisconnect: Function = connection.WskDisconnect
    WskRelease: Function = data.WskRelease
    WskConnectEx: Function = connection.WskConnectEx
    WskSendEx: Function = data.WskSendEx
    WskReceiveEx: Function = data.WskReceiveEx


@dataclass(frozen=True)
class WSK_PROVIDER_STREAM_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_STREAM_DISPATCH: the functions of a stream socket, of both its roles (O-5).

    WskSendEx and WskReceiveEx are reserved, and not in every header (1.9).

    Rules: 1.8, 1.9, O-2, O-5; page ns-wsk-_wsk_provider_stream_dispatch.
    """

    WskBind: Function = connection.WskBind
    WskAccept: Function = connection.WskAccept
    WskConnect: Function = connection.WskConnect
    WskListen: Function = connection.WskListen
    WskSend: Function = data.WskSend
    WskReceive: Function = data.WskReceive
    WskDisconnect: Function = connection.WskDisconnect
    WskRelease: Function = data.WskRelease
    WskGetLocalAddress: Function = connection.WskGetLocalAddress
    WskGetRemoteAddress: Function = connection.WskGetRemoteAddress
    WskConnectEx: Function = connection.WskConnectEx
    WskSendEx: Function = data.WskSendEx
    WskReceiveEx: Function = data.WskReceiveEx


PROVIDER: Final = WSK_PROVIDER_DISPATCH()
BASIC: Final = WSK_PROVIDER_BASIC_DISPATCH()
LISTEN: Final = WSK_PROVIDER_LISTEN_DISPATCH()
DATAGRAM: Final = WSK_PROVIDER_DATAGRAM_DISPATCH()
CONNECTION: Final = WSK_PROVIDER_CONNECTION_DISPATCH()
STREAM: Final = WSK_PROVIDER_STREAM_DISPATCH()

# By the category that WskSocket's Flags name: 0, 1, 2, 4 and 8 (1.3).
TABLES: Final = (BASIC, LISTEN, CONNECTION, DATAGRAM, STREAM)


def _give_functions() -> None:
    """Gives WSK_SOCKET the functions of all tables; which of them a socket has depends on its category."""
    for name in {name for table in TABLES for name in vars(table)}:
        setattr(WSK_SOCKET, name, Entry(name, [vars(table).get(name) for table in TABLES]))


_give_functions()
