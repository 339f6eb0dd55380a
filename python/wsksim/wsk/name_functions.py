"""The functions of a client that name addresses; no name service is simulated."""

from __future__ import annotations

from dataclasses import dataclass

from wsksim.wsk.addresses import SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6
from wsksim.wsk.arguments import instance, integer, ulong
from wsksim.wsk.clients import WSK_CLIENT, client_request
from wsksim.wsk.identifiers import AF_INET, AF_INET6, PASSIVE_LEVEL
from wsksim.wsk.irp import IRP
from wsksim.wsk.layout import sizeof
from wsksim.wsk.provider import Answer, refusal
from wsksim.wsk.refused import Refused
from wsksim.wsk.slips import no_irp
from wsksim.wsk.sockets import to_machine
from wsksim.wsk.status import STATUS_NOT_FOUND, STATUS_SUCCESS
from wsksim.wsk.strings import UNICODE_STRING, text_of
from wsksim.wsk.structures import Out

__all__ = ["ADDRINFOEXW", "WskFreeAddressInfo", "WskGetAddressInfo", "WskGetNameInfo"]


@dataclass
class ADDRINFOEXW:
    """ADDRINFOEXW: one address that WskGetAddressInfo found.

    Attributes:
        ai_flags: int; ignored in Hints.
        ai_family: AF_INET or AF_INET6; in Hints 0 takes either.
        ai_socktype: SOCK_*; in Hints it is carried over to the answer.
        ai_protocol: IPPROTO_*; likewise.
        ai_addrlen: SIZE_T; bytes that the address takes. In Hints it is reserved, 0.
        ai_canonname: the name that was asked for. In Hints it is reserved, None.
        ai_addr: the address. In Hints it is reserved, None.
        ai_next: the next one, or None. In Hints it is reserved, None.

    Rules: 1.9; page ns-ws2def-addrinfoexw.
    """

    ai_flags: int = 0
    ai_family: int = 0
    ai_socktype: int = 0
    ai_protocol: int = 0
    ai_addrlen: int = 0
    ai_canonname: str | None = None
    ai_addr: SOCKADDR | None = None
    ai_next: ADDRINFOEXW | None = None


def WskGetAddressInfo(
    Client: WSK_CLIENT | None,
    NodeName: str | UNICODE_STRING | None,
    ServiceName: str | UNICODE_STRING | None,
    NameSpace: int,
    Provider: bytes | None,
    Hints: ADDRINFOEXW | None,
    Result: Out | None,
    OwningProcess: None = None,
    OwningThread: None = None,
    Irp: IRP | None = None,
) -> int:
    """WskGetAddressInfo: resolves a literal address and a port number; no name service is simulated.

    Args:
        Client: of a captured provider NPI.
        NodeName: text of an IPv4 or IPv6 address, as str or UNICODE_STRING, or None for the wildcard.
        ServiceName: text of a port, "0" to "65535", as str or UNICODE_STRING, or None.
        NameSpace: ULONG, such as NS_ALL; ignored.
        Provider: bytes of a GUID, or None; ignored.
        Hints: an ADDRINFOEXW whose ai_family, ai_socktype and ai_protocol narrow the answer, or None.
        Result: an Out that takes the list of ADDRINFOEXW before completion.
        OwningProcess: ignored.
        OwningThread: ignored.
        Irp: required. The status is in IoStatus.Status, as Windows does, not in Information, as the page says (1.9).

    Returns:
        STATUS_SUCCESS. STATUS_INVALID_PARAMETER: neither name is given, or no IRP, or no Result, or a reserved member
        of Hints is set, or a Length counts more than its Buffer has. STATUS_NOT_FOUND: no literal address (1.9).
        STATUS_INVALID_HANDLE: Client is None. STATUS_DEVICE_NOT_READY: the NPI was released (O-16).

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1), an unfit IRP (I-3).

    Rules: 1.9, I-4, Q-1; page nc-wsk-pfn_wsk_get_address_info. IRQL: PASSIVE.
    """
    no_irp("WskGetAddressInfo", OwningProcess=OwningProcess, OwningThread=OwningThread)
    name = "WskGetAddressInfo"
    instance(name, "Result", Result, Out)
    instance(name, "Provider", Provider, bytes)
    hints = instance(name, "Hints", Hints, ADDRINFOEXW) or ADDRINFOEXW()
    for member in ("ai_flags", "ai_family", "ai_socktype", "ai_protocol", "ai_addrlen"):
        integer(name, f"Hints.{member}", getattr(hints, member), "ULONG")

    def ask(client: WSK_CLIENT, number: int) -> Answer:
        client.check_captured()
        ulong(name, "NameSpace", NameSpace)
        if Irp is None or Result is None or (NodeName is None and ServiceName is None):
            raise Refused
        if hints.ai_addrlen or any(one is not None for one in (hints.ai_canonname, hints.ai_addr, hints.ai_next)):
            raise Refused
        Result.value = _resolved(text_of(name, "NodeName", NodeName), text_of(name, "ServiceName", ServiceName), hints)
        return refusal(STATUS_SUCCESS)(number)

    return client_request(name, Client, Irp, ask, limit=PASSIVE_LEVEL)


def _resolved(node: str | None, service: str | None, hints: ADDRINFOEXW) -> ADDRINFOEXW:
    # Python's own idea of a number knows signs, blanks and digits of every script.
    if service and not (service.isascii() and service.isdigit()):
        raise Refused(STATUS_NOT_FOUND)
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

    Returns:
        Nothing: it has no status, and a NULL client or list is left alone.

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1).

    Rules: Q-1; page nc-wsk-pfn_wsk_free_address_info. IRQL: PASSIVE.
    """
    instance("WskFreeAddressInfo", "AddrInfo", AddrInfo, ADDRINFOEXW)
    client = instance("WskFreeAddressInfo", "Client", Client, WSK_CLIENT)
    if client is not None:
        client.provider.level_allowed("WskFreeAddressInfo", PASSIVE_LEVEL)


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
        Client is None. STATUS_DEVICE_NOT_READY: the NPI was released (O-16).

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1), an unfit IRP (I-3).

    Rules: I-4, Q-1; page nc-wsk-pfn_wsk_get_name_info. IRQL: PASSIVE.
    """
    no_irp("WskGetNameInfo", OwningProcess=OwningProcess, OwningThread=OwningThread)
    instance("WskGetNameInfo", "NodeName", NodeName, Out)
    instance("WskGetNameInfo", "ServiceName", ServiceName, Out)

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
