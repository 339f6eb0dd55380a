"""The functions of a client that make sockets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wsksim._native import Completion, _to_machine
from wsksim.wsk.objects.clients import WSK_CLIENT, of_nobody, provider_of
from wsksim.wsk.objects.irp import IRP
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.structures.addresses import SOCKADDR, SOCKADDR_IN6
from wsksim.wsk.structures.client_tables import WSK_CLIENT_CONNECTION_DISPATCH, supplied
from wsksim.wsk.structures.slips import no_irp
from wsksim.wsk.words.arguments import integer
from wsksim.wsk.words.flags import WSK_FLAG_CONNECTION_SOCKET
from wsksim.wsk.words.identifiers import AF_INET, AF_INET6

__all__ = ["WskSocket", "WskSocketConnect"]


def WskSocket(
    Client: WSK_CLIENT | None,
    AddressFamily: int,
    SocketType: int,
    Protocol: int,
    Flags: int,
    SocketContext: Any,
    Dispatch: Any,
    OwningProcess: None = None,
    OwningThread: None = None,
    SecurityDescriptor: Any = None,
    Irp: IRP | None = None,
) -> int:
    """WskSocket: makes a socket of one category.

    Args:
        Client: of a captured provider NPI.
        AddressFamily: USHORT: AF_INET or AF_INET6.
        SocketType: USHORT: SOCK_STREAM, SOCK_DGRAM or SOCK_RAW.
        Protocol: ULONG: IPPROTO_TCP or IPPROTO_UDP.
        Flags: one category, WSK_FLAG_*_SOCKET; not a bit set (L-2).
        SocketContext: any object, handed unchanged to each callback (O-9); None for a basic socket.
        Dispatch: the category's WSK_CLIENT_*_DISPATCH, or None if no event will be enabled (O-7).
        OwningProcess: ignored.
        OwningThread: ignored.
        SecurityDescriptor: ignored.
        Irp: required; Information is the new WSK_SOCKET (L-1).

    Returns:
        STATUS_SUCCESS. STATUS_PENDING: it completes later. STATUS_INVALID_PARAMETER: no IRP (L-19), no category or two
        (L-2, U-30), a context or table for a basic socket (O-4), the table of another category (L-3), a number that
        names nothing. STATUS_INVALID_HANDLE: Client is None (L-19). STATUS_DEVICE_NOT_READY: the NPI was released
        (O-16).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), the table of another category (L-3), an unfit IRP
            (I-3).
        TypeError: Dispatch is no table.

    Rules: L-1 to L-3, L-10, L-11, L-18, L-19, O-3, O-4, O-9, E-20, U-30; page nc-wsk-pfn_wsk_socket.
    IRQL: up to DISPATCH.
    """
    no_irp("WskSocket", OwningProcess=OwningProcess, OwningThread=OwningThread, SecurityDescriptor=SecurityDescriptor)
    integer("WskSocket", "Flags", Flags, "WSK_FLAG_*_SOCKET")
    if Client is None:
        return of_nobody("WskSocket", Irp)
    provider = provider_of("WskSocket", Client)
    given = supplied("WskSocket", "Dispatch", SocketContext, Dispatch)
    deliver = _making(Client, Flags, SocketContext, Dispatch, AddressFamily)
    return provider.socket(Client.numbers, AddressFamily, SocketType, Protocol, Flags, given, deliver, Irp)


def WskSocketConnect(
    Client: WSK_CLIENT | None,
    SocketType: int,
    Protocol: int,
    LocalAddress: SOCKADDR | None,
    RemoteAddress: SOCKADDR | None,
    Flags: int,
    SocketContext: Any,
    Dispatch: WSK_CLIENT_CONNECTION_DISPATCH | None,
    OwningProcess: None = None,
    OwningThread: None = None,
    SecurityDescriptor: Any = None,
    Irp: IRP | None = None,
) -> int:
    """WskSocketConnect: makes, binds and connects a socket in one call.

    Args:
        Client: of a captured provider NPI.
        SocketType: USHORT: SOCK_STREAM.
        Protocol: ULONG: IPPROTO_TCP.
        LocalAddress: its family is the socket's; port 0 draws an ephemeral one (L-4).
        RemoteAddress: whom to connect to.
        Flags: ULONG; reserved, 0.
        SocketContext: any object, handed unchanged to each callback (O-9).
        Dispatch: a WSK_CLIENT_CONNECTION_DISPATCH, or None if no event will be enabled.
        OwningProcess: ignored.
        OwningThread: ignored.
        SecurityDescriptor: ignored.
        Irp: required; Information is the new WSK_SOCKET.

    Returns:
        STATUS_SUCCESS: connected. STATUS_PENDING: it completes later. Else what WskSocket, WskBind and WskConnect
        return; there is no socket then.

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), the table of another category (L-4), an unfit IRP
            (I-3).
        TypeError: Dispatch is no table.

    Rules: L-4, L-10, L-11, O-9, D-27; page nc-wsk-pfn_wsk_socket_connect. IRQL: up to DISPATCH.
    """
    no_irp(
        "WskSocketConnect",
        OwningProcess=OwningProcess,
        OwningThread=OwningThread,
        SecurityDescriptor=SecurityDescriptor,
    )
    given = supplied("WskSocketConnect", "Dispatch", SocketContext, Dispatch)
    local = _to_machine("WskSocketConnect", "LocalAddress", LocalAddress)
    remote = _to_machine("WskSocketConnect", "RemoteAddress", RemoteAddress)
    if Client is None:
        return of_nobody("WskSocketConnect", Irp)
    provider = provider_of("WskSocketConnect", Client)
    family = AF_INET6 if isinstance(LocalAddress, SOCKADDR_IN6) else AF_INET
    deliver = _making(Client, WSK_FLAG_CONNECTION_SOCKET, SocketContext, Dispatch, family)
    return provider.socket_connect(Client.numbers, SocketType, Protocol, local, remote, Flags, given, deliver, Irp)


def _making(
    client: WSK_CLIENT, category: int, context: Any, table: Any, family: int
) -> Callable[[Completion], WSK_SOCKET]:
    """Makes the object of a new socket, once there is one."""

    def deliver(completion: Completion) -> WSK_SOCKET:
        return client.provider.make(completion.socket, category, context, table, family, client.registration)

    return deliver
