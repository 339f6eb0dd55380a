"""The functions of a client: sockets, and names of literal addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wsksim.wsk.addresses import SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6
from wsksim.wsk.client_tables import (
    WSK_CLIENT_CONNECTION_DISPATCH,
    WSK_CLIENT_DATAGRAM_DISPATCH,
    WSK_CLIENT_LISTEN_DISPATCH,
    WSK_CLIENT_STREAM_DISPATCH,
)
from wsksim.wsk.clients import WSK_CLIENT, client_request
from wsksim.wsk.flags import (
    WSK_FLAG_BASIC_SOCKET,
    WSK_FLAG_CONNECTION_SOCKET,
    WSK_FLAG_DATAGRAM_SOCKET,
    WSK_FLAG_LISTEN_SOCKET,
    WSK_FLAG_STREAM_SOCKET,
)
from wsksim.wsk.flight import Completion
from wsksim.wsk.identifiers import AF_INET, AF_INET6, PASSIVE_LEVEL
from wsksim.wsk.irp import IRP
from wsksim.wsk.layout import sizeof
from wsksim.wsk.provider import Answer, Provider, refusal
from wsksim.wsk.requests import Refused, ulong
from wsksim.wsk.sockets import WSK_SOCKET, callbacks_of, disconnect_event_of, to_machine
from wsksim.wsk.status import STATUS_NOT_FOUND, STATUS_SUCCESS
from wsksim.wsk.structures import Out

__all__ = [
    "ADDRINFOEXW",
    "WskFreeAddressInfo",
    "WskGetAddressInfo",
    "WskGetNameInfo",
    "WskSocket",
    "WskSocketConnect",
]

_TABLE_OF: Final[dict[int, type | None]] = {
    WSK_FLAG_BASIC_SOCKET: None,
    WSK_FLAG_LISTEN_SOCKET: WSK_CLIENT_LISTEN_DISPATCH,
    WSK_FLAG_CONNECTION_SOCKET: WSK_CLIENT_CONNECTION_DISPATCH,
    WSK_FLAG_DATAGRAM_SOCKET: WSK_CLIENT_DATAGRAM_DISPATCH,
    WSK_FLAG_STREAM_SOCKET: WSK_CLIENT_STREAM_DISPATCH,
}


@dataclass
class ADDRINFOEXW:
    """ADDRINFOEXW: one address that WskGetAddressInfo found.

    Attributes:
        ai_flags, ai_family, ai_socktype, ai_protocol, ai_addrlen: as in C.
        ai_canonname: the name that was asked for.
        ai_addr: the address.
        ai_next: the next one, or None.

    Page ns-ws2def-addrinfoexw.
    """

    ai_flags: int = 0
    ai_family: int = 0
    ai_socktype: int = 0
    ai_protocol: int = 0
    ai_addrlen: int = 0
    ai_canonname: str | None = None
    ai_addr: SOCKADDR | None = None
    ai_next: ADDRINFOEXW | None = None


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
        AddressFamily: AF_INET or AF_INET6.
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
        (L-2, U-30), a number that names nothing. STATUS_INVALID_HANDLE: Client is None (L-19).
        STATUS_DEVICE_NOT_READY: the NPI was released (O-16). STATUS_INSUFFICIENT_RESOURCES: `max_sockets` are open.

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), an unfit IRP (I-3).
        TypeError: Dispatch is the table of another category.

    Rules: L-1 to L-3, L-10, L-11, L-18, L-19, O-3, O-4, O-9, E-20, U-30; page nc-wsk-pfn_wsk_socket.
    IRQL: up to DISPATCH.
    """
    del OwningProcess, OwningThread, SecurityDescriptor
    wanted = _TABLE_OF.get(Flags)
    known = tuple(kind for kind in _TABLE_OF.values() if kind is not None)
    if Dispatch is not None and not isinstance(Dispatch, wanted or known):
        kind = type(Dispatch).__name__
        name = wanted.__name__ if wanted is not None else "WSK_CLIENT_*_DISPATCH"
        raise TypeError(f"WskSocket: asked for a {name} or None as Dispatch; found {kind}; pass the category's [O-7]")

    def ask(client: WSK_CLIENT, number: int) -> Answer:
        family, kind, protocol, flags = _numbers("WskSocket", AddressFamily, SocketType, Protocol, Flags)
        event = client.provider.disconnect_event(disconnect_event_of(Dispatch))
        bits = callbacks_of(Dispatch)
        machine = client.provider.machine
        return machine.socket(client.id, family, kind, protocol, flags, SocketContext, event, bits, number)

    def deliver(provider: Provider) -> Callable[[Completion], WSK_SOCKET]:
        return lambda completion: _made(provider, completion[3], Flags, SocketContext, Dispatch)

    return client_request("WskSocket", Client, Irp, ask, deliver=deliver)


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
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), an unfit IRP (I-3).
        TypeError: Dispatch is another table.

    Rules: L-4, L-10, L-11, O-9, D-27; page nc-wsk-pfn_wsk_socket_connect. IRQL: up to DISPATCH.
    """
    del OwningProcess, OwningThread, SecurityDescriptor
    if Dispatch is not None and not isinstance(Dispatch, WSK_CLIENT_CONNECTION_DISPATCH):
        kind = type(Dispatch).__name__
        raise TypeError(f"WskSocketConnect: asked for a WSK_CLIENT_CONNECTION_DISPATCH; found {kind}; pass one [L-4]")

    def ask(client: WSK_CLIENT, number: int) -> Answer:
        kind, protocol, flags = _numbers("WskSocketConnect", SocketType, Protocol, Flags)
        local = to_machine("WskSocketConnect", "LocalAddress", LocalAddress)
        remote = to_machine("WskSocketConnect", "RemoteAddress", RemoteAddress)
        event = client.provider.disconnect_event(disconnect_event_of(Dispatch))
        machine = client.provider.machine
        bits = callbacks_of(Dispatch)
        return machine.socket_connect(
            client.id, kind, protocol, local, remote, flags, SocketContext, event, bits, number
        )

    def deliver(provider: Provider) -> Callable[[Completion], WSK_SOCKET]:
        category = WSK_FLAG_CONNECTION_SOCKET
        return lambda completion: _made(provider, completion[3], category, SocketContext, Dispatch)

    return client_request("WskSocketConnect", Client, Irp, ask, deliver=deliver)


def _numbers(name: str, *values: object) -> list[int]:
    return [ulong(name, "SocketType, Protocol and Flags", value) for value in values]


def _made(provider: Provider, number: int, category: int, context: Any, table: Any) -> WSK_SOCKET:
    from wsksim.wsk.provider_tables import TABLES

    made = WSK_SOCKET(provider, number, TABLES[category], context, table)
    provider.sockets[number] = made
    return made


def WskGetAddressInfo(
    Client: WSK_CLIENT | None,
    NodeName: str | None,
    ServiceName: str | None,
    NameSpace: int,
    Provider: None,
    Hints: ADDRINFOEXW | None,
    Result: Out | None,
    OwningProcess: None = None,
    OwningThread: None = None,
    Irp: IRP | None = None,
) -> int:
    """WskGetAddressInfo: resolves a literal address and a port number; no name service is simulated.

    Args:
        Client: of a captured provider NPI.
        NodeName: text of an IPv4 or IPv6 address, or None for the wildcard.
        ServiceName: text of a port, "0" to "65535", or None.
        NameSpace: ULONG; ignored.
        Provider: ignored.
        Hints: whose ai_family, ai_socktype and ai_protocol narrow the answer, or None.
        Result: an Out that takes the list of ADDRINFOEXW before completion.
        OwningProcess: ignored.
        OwningThread: ignored.
        Irp: required. The status is in IoStatus.Status, as Windows does, not in Information, as the page says (1.9).

    Returns:
        STATUS_SUCCESS. STATUS_INVALID_PARAMETER: neither name is given, or no IRP, or no Result. STATUS_NOT_FOUND: no
        literal address (1.9). STATUS_INVALID_HANDLE: Client is None.

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1), an unfit IRP (I-3).

    Rules: 1.9, I-4, Q-1; page nc-wsk-pfn_wsk_get_address_info. IRQL: PASSIVE.
    """
    del NameSpace, Provider, OwningProcess, OwningThread
    if Result is not None and not isinstance(Result, Out):
        raise TypeError(f"WskGetAddressInfo: asked for an Out as Result; found {type(Result).__name__}; pass wsk.Out()")
    for parameter, value in (("NodeName", NodeName), ("ServiceName", ServiceName)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"WskGetAddressInfo: asked for text as {parameter}; found {type(value).__name__}")

    def ask(client: WSK_CLIENT, number: int) -> Answer:
        client.check_captured()
        if Irp is None or Result is None or (NodeName is None and ServiceName is None):
            raise Refused
        Result.value = _resolved(NodeName, ServiceName, Hints or ADDRINFOEXW())
        return refusal(STATUS_SUCCESS)(number)

    return client_request("WskGetAddressInfo", Client, Irp, ask, limit=PASSIVE_LEVEL)


def _resolved(node: str | None, service: str | None, hints: ADDRINFOEXW) -> ADDRINFOEXW | None:
    try:
        port = int(service or "0")
        text = node if node is not None else ("::" if hints.ai_family == AF_INET6 else "0.0.0.0")  # noqa: S104
        address: SOCKADDR = SOCKADDR_IN6(AF_INET6, port, 0, text) if ":" in text else SOCKADDR_IN(AF_INET, port, text)
    except ValueError:
        raise Refused(STATUS_NOT_FOUND) from None
    family = AF_INET6 if isinstance(address, SOCKADDR_IN6) else AF_INET
    if hints.ai_family not in {0, family}:
        raise Refused(STATUS_NOT_FOUND)
    return ADDRINFOEXW(0, family, hints.ai_socktype, hints.ai_protocol, sizeof(address), node, address)


def WskFreeAddressInfo(Client: WSK_CLIENT | None, AddrInfo: ADDRINFOEXW | None) -> None:
    """WskFreeAddressInfo: gives back what WskGetAddressInfo found.

    Args:
        Client: of a captured provider NPI.
        AddrInfo: the list.

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1).

    Rules: Q-1; page nc-wsk-pfn_wsk_free_address_info. IRQL: PASSIVE.
    """
    if AddrInfo is not None and not isinstance(AddrInfo, ADDRINFOEXW):
        raise TypeError(f"WskFreeAddressInfo: asked for an ADDRINFOEXW; found {type(AddrInfo).__name__}; pass the list")
    if Client is None:
        return
    if not isinstance(Client, WSK_CLIENT):
        raise TypeError(f"WskFreeAddressInfo: asked for a WSK_CLIENT; found {type(Client).__name__}; pass npi.Client")
    Client.provider.level_allowed("WskFreeAddressInfo", PASSIVE_LEVEL)


def WskGetNameInfo(
    Client: WSK_CLIENT | None,
    SockAddr: SOCKADDR | None,
    SockAddrLength: int,
    NodeName: Out | None,
    ServiceName: Out | None,
    Flags: int,
    OwningProcess: None = None,
    OwningThread: None = None,
    Irp: IRP | None = None,
) -> int:
    """WskGetNameInfo: writes an address and its port as text; no name service is simulated.

    Args:
        Client: of a captured provider NPI.
        SockAddr: the address.
        SockAddrLength: ULONG; sizeof(SockAddr).
        NodeName: an Out that takes the address as text, or None.
        ServiceName: an Out that takes the port as text, or None; not both None.
        Flags: ULONG bit set NI_*; ignored, the answer is always numeric.
        OwningProcess: ignored.
        OwningThread: ignored.
        Irp: required.

    Returns:
        STATUS_SUCCESS. STATUS_INVALID_PARAMETER: an argument is NULL or of a wrong size. STATUS_INVALID_HANDLE:
        Client is None.

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1), an unfit IRP (I-3).

    Rules: I-4, Q-1; page nc-wsk-pfn_wsk_get_name_info. IRQL: PASSIVE.
    """
    del OwningProcess, OwningThread
    for parameter, cell in (("NodeName", NodeName), ("ServiceName", ServiceName)):
        if cell is not None and not isinstance(cell, Out):
            raise TypeError(f"WskGetNameInfo: asked for an Out as {parameter}; found {type(cell).__name__}")

    def ask(client: WSK_CLIENT, number: int) -> Answer:
        client.check_captured()
        found = to_machine("WskGetNameInfo", "SockAddr", SockAddr)
        length = ulong("WskGetNameInfo", "SockAddrLength", SockAddrLength)
        ulong("WskGetNameInfo", "Flags", Flags)
        if Irp is None or SockAddr is None or found is None or (NodeName is None and ServiceName is None):
            raise Refused
        if length != sizeof(SockAddr):
            raise Refused
        if NodeName is not None:
            NodeName.value = SockAddr.sin_addr if isinstance(SockAddr, SOCKADDR_IN) else SockAddr.sin6_addr
        if ServiceName is not None:
            ServiceName.value = str(found[2])
        return refusal(STATUS_SUCCESS)(number)

    return client_request("WskGetNameInfo", Client, Irp, ask, limit=PASSIVE_LEVEL)
