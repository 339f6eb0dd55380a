"""The provider's tables: which functions a client and each category of sockets has, in C's member order (1.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wsksim.wsk import client_functions, connection_functions, control_functions, data_functions, name_functions
from wsksim.wsk.identifiers import MAKE_WSK_VERSION

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
    WskSocket: Function = client_functions.WskSocket
    WskSocketConnect: Function = client_functions.WskSocketConnect
    WskControlClient: Function = control_functions.WskControlClient
    WskGetAddressInfo: Function = name_functions.WskGetAddressInfo
    WskFreeAddressInfo: Callable[..., None] = name_functions.WskFreeAddressInfo
    WskGetNameInfo: Function = name_functions.WskGetNameInfo


@dataclass(frozen=True)
class WSK_PROVIDER_BASIC_DISPATCH:
    """WSK_PROVIDER_BASIC_DISPATCH: the two functions that every socket has; they lead every socket table (O-3).

    Rules: 1.8, O-2, O-3; page ns-wsk-_wsk_provider_basic_dispatch.
    """

    WskControlSocket: Function = control_functions.WskControlSocket
    WskCloseSocket: Function = connection_functions.WskCloseSocket


@dataclass(frozen=True)
class WSK_PROVIDER_LISTEN_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_LISTEN_DISPATCH: the functions of a listening socket.

    Rules: 1.8, O-2; page ns-wsk-_wsk_provider_listen_dispatch.
    """

    WskBind: Function = connection_functions.WskBind
    WskAccept: Function = connection_functions.WskAccept
    WskInspectComplete: Function = connection_functions.WskInspectComplete
    WskGetLocalAddress: Function = connection_functions.WskGetLocalAddress


@dataclass(frozen=True)
class WSK_PROVIDER_DATAGRAM_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_DATAGRAM_DISPATCH: the functions of a datagram socket.

    Rules: 1.8, O-2; page ns-wsk-_wsk_provider_datagram_dispatch.
    """

    WskBind: Function = connection_functions.WskBind
    WskSendTo: Function = data_functions.WskSendTo
    WskReceiveFrom: Function = data_functions.WskReceiveFrom
    WskRelease: Function = data_functions.WskRelease
    WskGetLocalAddress: Function = connection_functions.WskGetLocalAddress
    WskSendMessages: Function = data_functions.WskSendMessages


@dataclass(frozen=True)
class WSK_PROVIDER_CONNECTION_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_CONNECTION_DISPATCH: the functions of a connection-oriented socket.

    WskSendEx and WskReceiveEx are reserved; calling one raises NotSimulatedError.

    Rules: 1.8, 1.9, O-2; page ns-wsk-_wsk_provider_connection_dispatch.
    """

    WskBind: Function = connection_functions.WskBind
    WskConnect: Function = connection_functions.WskConnect
    WskGetLocalAddress: Function = connection_functions.WskGetLocalAddress
    WskGetRemoteAddress: Function = connection_functions.WskGetRemoteAddress
    WskSend: Function = data_functions.WskSend
    WskReceive: Function = data_functions.WskReceive
    WskDisconnect: Function = connection_functions.WskDisconnect
    WskRelease: Function = data_functions.WskRelease
    WskConnectEx: Function = connection_functions.WskConnectEx
    WskSendEx: Function = data_functions.WskSendEx
    WskReceiveEx: Function = data_functions.WskReceiveEx


@dataclass(frozen=True)
class WSK_PROVIDER_STREAM_DISPATCH(WSK_PROVIDER_BASIC_DISPATCH):
    """WSK_PROVIDER_STREAM_DISPATCH: the functions of a stream socket, of both its roles (O-5).

    WskSendEx and WskReceiveEx are reserved; calling one raises NotSimulatedError.

    Rules: 1.8, 1.9, O-2, O-5; page ns-wsk-_wsk_provider_stream_dispatch.
    """

    WskBind: Function = connection_functions.WskBind
    WskAccept: Function = connection_functions.WskAccept
    WskConnect: Function = connection_functions.WskConnect
    WskListen: Function = connection_functions.WskListen
    WskSend: Function = data_functions.WskSend
    WskReceive: Function = data_functions.WskReceive
    WskDisconnect: Function = connection_functions.WskDisconnect
    WskRelease: Function = data_functions.WskRelease
    WskGetLocalAddress: Function = connection_functions.WskGetLocalAddress
    WskGetRemoteAddress: Function = connection_functions.WskGetRemoteAddress
    WskConnectEx: Function = connection_functions.WskConnectEx
    WskSendEx: Function = data_functions.WskSendEx
    WskReceiveEx: Function = data_functions.WskReceiveEx


PROVIDER: Final = WSK_PROVIDER_DISPATCH()
BASIC: Final = WSK_PROVIDER_BASIC_DISPATCH()
LISTEN: Final = WSK_PROVIDER_LISTEN_DISPATCH()
DATAGRAM: Final = WSK_PROVIDER_DATAGRAM_DISPATCH()
CONNECTION: Final = WSK_PROVIDER_CONNECTION_DISPATCH()
STREAM: Final = WSK_PROVIDER_STREAM_DISPATCH()

# By the category that WskSocket's Flags name (1.3).
TABLES: Final = {0: BASIC, 1: LISTEN, 2: CONNECTION, 4: DATAGRAM, 8: STREAM}
