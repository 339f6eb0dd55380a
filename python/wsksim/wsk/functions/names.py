"""The functions of a client that name addresses: literals, and the names in `subsystem.network.names`."""

from __future__ import annotations

from dataclasses import dataclass

from wsksim._native import Completion, _packed, _to_machine
from wsksim.wsk.functions.requests import fitting
from wsksim.wsk.objects.clients import WSK_CLIENT, of_nobody, provider_of
from wsksim.wsk.objects.irp import IRP
from wsksim.wsk.structures.addresses import SOCKADDR, SOCKADDR_IN
from wsksim.wsk.structures.buffers import Out
from wsksim.wsk.structures.layout import sizeof
from wsksim.wsk.structures.slips import no_irp
from wsksim.wsk.structures.strings import UNICODE_STRING, text_of
from wsksim.wsk.words.arguments import instance, integer
from wsksim.wsk.words.identifiers import AF_INET, AF_INET6
from wsksim.wsk.words.refused import Refused

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
    """WskGetAddressInfo: resolves a literal address, or a name of `subsystem.network.names`, and a port number.

    Args:
        Client: of a captured provider NPI.
        NodeName: a name, or text of an IPv4 or IPv6 address, as str or UNICODE_STRING; None for the wildcard.
        ServiceName: text of a port, "0" to "65535", as str or UNICODE_STRING, or None.
        NameSpace: ULONG, such as NS_ALL; ignored.
        Provider: bytes of a GUID, or None; ignored.
        Hints: an ADDRINFOEXW whose ai_family, ai_socktype and ai_protocol narrow the answer, or None.
        Result: an Out that takes the list of ADDRINFOEXW before completion.
        OwningProcess: ignored.
        OwningThread: ignored.
        Irp: required. The status is in IoStatus.Status, as Windows does, not in Information, as the page says (1.9).

    Returns:
        STATUS_SUCCESS. STATUS_PENDING: it completes later. STATUS_INVALID_PARAMETER: neither name is given, or no IRP,
        or no Result, or a reserved member of Hints is set, or a Length counts more than its Buffer has.
        STATUS_NOT_FOUND: no such name or literal address (1.9). STATUS_INVALID_HANDLE: Client is None.
        STATUS_DEVICE_NOT_READY: the NPI was released (O-16).

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1), an unfit IRP (I-3).

    Rules: 1.9, I-4, Q-1; page nc-wsk-pfn_wsk_get_address_info. IRQL: PASSIVE.
    """
    no_irp("WskGetAddressInfo", OwningProcess=OwningProcess, OwningThread=OwningThread)
    name = "WskGetAddressInfo"
    result = instance(name, "Result", Result, Out)
    node, service = _text(name, "NodeName", NodeName), _text(name, "ServiceName", ServiceName)
    instance(name, "Provider", Provider, bytes)
    hints = instance(name, "Hints", Hints, ADDRINFOEXW) or ADDRINFOEXW()
    numbers = ("ai_flags", "ai_family", "ai_socktype", "ai_protocol", "ai_addrlen")
    for member in numbers:
        integer(name, f"Hints.{member}", getattr(hints, member), "ULONG")
    if Client is None:
        return of_nobody(name, Irp)

    def deliver(found: list[SOCKADDR], completion: Completion) -> int:
        kind, protocol, name = hints.ai_socktype, hints.ai_protocol, node if isinstance(node, str) else None
        first: ADDRINFOEXW | None = None
        for address in reversed(found):
            family = AF_INET if isinstance(address, SOCKADDR_IN) else AF_INET6
            first = ADDRINFOEXW(0, family, kind, protocol, sizeof(address), name, address, first)
        if result is not None and first is not None:
            result.value = first
        return completion.information

    return provider_of(name, Client).get_address_info(
        Client.numbers, node, service, NameSpace, hints, result is not None, deliver, Irp
    )


def _text(name: str, parameter: str, value: object) -> str | Refused | None:
    """A name; Windows' text may hold lone surrogates, which no address has."""
    given = fitting(lambda: text_of(name, parameter, value))
    return given.encode(errors="replace").decode() if isinstance(given, str) else given


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
        client.provider.level_allowed("WskFreeAddressInfo")


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
    """WskGetNameInfo: writes an address, or the name that `subsystem.network.names` has for it, and its port as text.

    Args:
        Client: of a captured provider NPI.
        SockAddr: the address.
        SockAddrLength: ULONG; sizeof(SockAddr).
        NodeName: an Out that takes the name, or the address as text, or None.
        ServiceName: an Out that takes the port as text, or None; not both None.
        Flags: ULONG bit set: 2 (NI_NUMERICHOST) for the address although it has a name, 4 (NI_NAMEREQD) for a name or
            nothing; other bits are ignored.
        OwningProcess: ignored.
        OwningThread: ignored.
        Irp: required.

    Returns:
        STATUS_SUCCESS. STATUS_PENDING: it completes later. STATUS_INVALID_PARAMETER: an argument is NULL or of a wrong
        size. STATUS_NOT_FOUND: a name is demanded, and there is none. STATUS_INVALID_HANDLE: Client is None.
        STATUS_DEVICE_NOT_READY: the NPI was released (O-16).

    Raises:
        ContractError: with check="raise": IRQL above PASSIVE (Q-1), an unfit IRP (I-3).

    Rules: I-4, Q-1; page nc-wsk-pfn_wsk_get_name_info. IRQL: PASSIVE.
    """
    no_irp("WskGetNameInfo", OwningProcess=OwningProcess, OwningThread=OwningThread)
    name = "WskGetNameInfo"
    node = instance(name, "NodeName", NodeName, Out)
    service = instance(name, "ServiceName", ServiceName, Out)
    found = _to_machine(name, "SockAddr", SockAddr)
    port = None if found is None or isinstance(found, Refused) else _packed(name, "SockAddr", found)[2]
    if Client is None:
        return of_nobody(name, Irp)
    wanted = node is not None or service is not None
    memory = 0 if SockAddr is None else sizeof(SockAddr)

    def deliver(known: str | None, completion: Completion) -> int:
        if SockAddr is not None and port is not None:
            if node is not None and known is not None:
                node.value = known
            elif node is not None:
                node.value = SockAddr.sin_addr if isinstance(SockAddr, SOCKADDR_IN) else SockAddr.sin6_addr
            if service is not None:
                service.value = str(port)
        return completion.information

    return provider_of(name, Client).get_name_info(
        Client.numbers, found, SockAddrLength, memory, Flags, wanted, deliver, Irp
    )
