"""The functions that move data: send, receive, release, and their datagram forms."""

from __future__ import annotations

from typing import Any

from wsksim._native import Completion, Part, _fill_address, _place_of, _to_machine
from wsksim.wsk.functions.requests import CALLS, owner_of, payload, scatter, target
from wsksim.wsk.objects.irp import IRP
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.structures.buffers import WSK_BUF, WSK_BUF_LIST, WSK_DATA_INDICATION, WSK_DATAGRAM_INDICATION, Out
from wsksim.wsk.words.arguments import byte_view, instance
from wsksim.wsk.words.refused import Refused

__all__ = [
    "WskReceive",
    "WskReceiveEx",
    "WskReceiveFrom",
    "WskRelease",
    "WskSend",
    "WskSendEx",
    "WskSendMessages",
    "WskSendTo",
]


def WskSend(Socket: WSK_SOCKET, Buffer: WSK_BUF | None, Flags: int, Irp: IRP | None) -> int:
    """WskSend: sends bytes over a connection.

    Args:
        Socket: connection-oriented or stream socket that is connected.
        Buffer: required; it stays valid until completion (I-9).
        Flags: ULONG bit set, 0 or WSK_FLAG_NODELAY.
        Irp: required (I-15); Information counts the bytes.

    Returns:
        STATUS_SUCCESS: sent; no bytes is a success without effect (U-40). STATUS_PENDING: the peer's window is full
        (G-15). STATUS_NOT_SUPPORTED: a flag that the transport does not have (G-14). STATUS_INVALID_PARAMETER: an
        argument is wrong. STATUS_INVALID_DEVICE_STATE, STATUS_CONNECTION_RESET, STATUS_CONNECTION_ABORTED: table 6.1.
        STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: G-14, G-15, D-13, D-14, 6.1, U-40; page nc-wsk-pfn_wsk_send. IRQL: up to DISPATCH.
    """
    return CALLS.send(Socket, Buffer, Flags, Irp)


def WskReceive(Socket: WSK_SOCKET, Buffer: WSK_BUF | None, Flags: int, Irp: IRP | None) -> int:
    """WskReceive: takes bytes that have arrived, or waits for some.

    Args:
        Socket: connection-oriented or stream socket that is connected.
        Buffer: required, writable; Length 0 resumes paused receive callbacks (G-17, U-39).
        Flags: ULONG bit set: WSK_FLAG_WAITALL (G-10), or WSK_FLAG_DRAIN with Length 0 (G-12, G-13).
        Irp: required (I-15); Information counts the bytes.

    Returns:
        STATUS_SUCCESS: with 0 bytes for a nonzero buffer, the peer has finished (G-1). STATUS_PENDING: nothing is there
        yet. STATUS_NOT_SUPPORTED: a flag that the transport does not have (G-14). STATUS_INVALID_PARAMETER: an argument
        is wrong (U-26). STATUS_INVALID_DEVICE_STATE, STATUS_CONNECTION_RESET, STATUS_CONNECTION_ABORTED: table 6.1.
        STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: G-1, G-2, G-10 to G-14, G-17, E-28, 6.1, 6.2, U-20, U-39; page nc-wsk-pfn_wsk_receive. IRQL: up to DISPATCH.
    """
    return CALLS.receive(Socket, Buffer, Flags, Irp)


def WskRelease(Socket: WSK_SOCKET, DataIndication: WSK_DATA_INDICATION | WSK_DATAGRAM_INDICATION | None) -> int:
    """WskRelease: gives back a list that a receive callback kept by answering STATUS_PENDING.

    Args:
        Socket: the socket whose callback got it; not closed (C-16).
        DataIndication: the list as it was indicated; of a datagram list also a single item, whose Next the application
            set to None (U-27).

    Returns:
        STATUS_SUCCESS; also before the receive callback returned: the list is then its application's if the callback
        answers STATUS_PENDING, else that is a finding (C-20). STATUS_INVALID_PARAMETER: not a retained list of this
        socket, or released before (C-23).
        STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16).

    Rules: C-20 to C-24, D-29, U-27; pages nc-wsk-pfn_wsk_release_data_indication_list,
    nc-wsk-pfn_wsk_release_datagram_indication_list. IRQL: up to DISPATCH.
    """
    provider = owner_of("WskRelease", Socket)
    if DataIndication is not None and not isinstance(DataIndication, Indication):
        kind = type(DataIndication).__name__
        raise TypeError(f"WskRelease: asked for an indicated list; found {kind}; pass what the callback got")
    return provider.release(Socket, None if DataIndication is None else _chain(DataIndication))


Indication = WSK_DATA_INDICATION | WSK_DATAGRAM_INDICATION


def _chain(first: Indication) -> list[Part | None]:
    """The items that are chained to the first, one more than its list has at most: they may have been rechained.

    Raises:
        TypeError: a `Next` is another thing.
    """
    named: Part | None = getattr(first, "_part", None)
    if named is None or named.item is None:
        return [named]
    found: list[Part | None] = []
    part: Indication | None = first
    while part is not None and len(found) <= named.count:
        found.append(getattr(part, "_part", None))
        part = instance("WskRelease", "Next", part.__dict__["Next"], WSK_DATAGRAM_INDICATION)
    return found


def WskSendTo(
    Socket: WSK_SOCKET,
    Buffer: WSK_BUF | None,
    Flags: int,
    RemoteAddress: SOCKADDR | None,
    ControlInfoLength: int,
    ControlInfo: Any,
    Irp: IRP | None,
) -> int:
    """WskSendTo: sends one datagram.

    Args:
        Socket: bound datagram socket.
        Buffer: required.
        Flags: ULONG; reserved, 0.
        RemoteAddress: the receiver; None for the one that SIO_WSK_SET_SENDTO_ADDRESS or SIO_WSK_SET_REMOTE_ADDRESS set.
        ControlInfoLength: ULONG; 0, no control information is simulated.
        ControlInfo: None, or memory, which is not read.
        Irp: required (I-15); Information counts the bytes.

    Returns:
        STATUS_SUCCESS, also when nobody is there. STATUS_PENDING: it completes later. STATUS_INVALID_PARAMETER: an
        argument is wrong. STATUS_INVALID_DEVICE_STATE: not bound. STATUS_NOT_SUPPORTED: control information.
        STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: L-12, I-7; page nc-wsk-pfn_wsk_send_to. IRQL: up to DISPATCH.
    """
    data = payload("WskSendTo", Buffer)
    messages = [data] if isinstance(data, bytes) else data
    address = _to_machine("WskSendTo", "RemoteAddress", RemoteAddress)
    given = _control("WskSendTo", ControlInfo)
    provider = owner_of("WskSendTo", Socket)
    return provider.send_to(Socket, messages, Buffer, Flags, address, ControlInfoLength, given, Irp, several=False)


def WskSendMessages(
    Socket: WSK_SOCKET,
    BufferList: WSK_BUF_LIST | None,
    Flags: int,
    RemoteAddress: SOCKADDR | None,
    ControlInfoLength: int,
    ControlInfo: Any,
    Irp: IRP | None,
) -> int:
    """WskSendMessages: sends several datagrams to one receiver.

    Args:
        Socket: bound datagram socket.
        BufferList: one datagram in each element; required.
        Flags: ULONG; reserved, 0.
        RemoteAddress: as in WskSendTo.
        ControlInfoLength: ULONG; 0.
        ControlInfo: None, or memory, which is not read.
        Irp: required (I-15); Information counts the bytes of all.

    Returns:
        As WskSendTo.

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: L-12, I-7; page nc-wsk-pfn_wsk_send_messages. IRQL: up to DISPATCH.
    """
    instance("WskSendMessages", "BufferList", BufferList, WSK_BUF_LIST)
    provider = owner_of("WskSendMessages", Socket)
    messages = _messages(BufferList)
    address = _to_machine("WskSendMessages", "RemoteAddress", RemoteAddress)
    given = _control("WskSendMessages", ControlInfo)
    return provider.send_to(Socket, messages, BufferList, Flags, address, ControlInfoLength, given, Irp, several=True)


def _messages(first: WSK_BUF_LIST | None) -> list[bytes] | Refused | None:
    """The bytes of each element; None for NULL, and for a list that comes back to itself."""
    chain = first.chain("WskSendMessages") if first is not None else None
    if chain is None:
        return None
    messages: list[bytes] = []
    for one in chain:
        found = payload("WskSendMessages", one.Buffer)
        if found is None:
            raise TypeError("WskSendMessages: asked for a WSK_BUF as Buffer of an element; found None; pass one")
        if isinstance(found, Refused):
            return found
        messages.append(found)
    return messages


def WskReceiveFrom(
    Socket: WSK_SOCKET,
    Buffer: WSK_BUF | None,
    Flags: int,
    RemoteAddress: SOCKADDR | None,
    ControlInfoLength: Out | None,
    ControlInfo: Any,
    ControlFlags: Out | None,
    Irp: IRP | None,
) -> int:
    """WskReceiveFrom: takes one datagram, or waits for one.

    Args:
        Socket: bound datagram socket.
        Buffer: required, writable; a longer datagram is cut at its Length.
        Flags: ULONG; reserved, 0.
        RemoteAddress: an address of the socket's family, to be filled with the sender's, or None.
        ControlInfoLength: an Out, set to 0, or None.
        ControlInfo: None, or memory, which is not written: no control information is simulated.
        ControlFlags: an Out that takes MSG_* flags, or None.
        Irp: required (I-15); Information counts the bytes.

    Returns:
        STATUS_SUCCESS. STATUS_PENDING: none is there yet. STATUS_INVALID_PARAMETER: an argument is wrong.
        STATUS_INVALID_DEVICE_STATE: not bound. STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3).
        STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: L-12, I-7, I-9; page nc-wsk-pfn_wsk_receive_from. IRQL: up to DISPATCH.
    """
    provider = owner_of("WskReceiveFrom", Socket)
    place = _place_of("WskReceiveFrom", "RemoteAddress", RemoteAddress)
    if ControlInfo is not None:
        byte_view("WskReceiveFrom", "ControlInfo", ControlInfo)
    instance("WskReceiveFrom", "ControlInfoLength", ControlInfoLength, Out)
    instance("WskReceiveFrom", "ControlFlags", ControlFlags, Out)
    length, pieces = target("WskReceiveFrom", Buffer)

    def deliver(completion: Completion) -> int:
        scatter(pieces, completion.data)
        _fill_address(RemoteAddress, completion.remote)
        if ControlInfoLength is not None:
            ControlInfoLength.value = 0
        if ControlFlags is not None:
            ControlFlags.value = completion.flags
        return completion.information

    return provider.receive_from(Socket, length, Buffer, Flags, place, deliver, Irp)


def _control(name: str, info: object) -> bool:
    """Whether memory for control information is given, of which none is simulated.

    Raises:
        TypeError: it is no memory.
    """
    if info is not None:
        byte_view(name, "ControlInfo", info)
    return info is not None


def WskSendEx(
    Socket: WSK_SOCKET,
    Buffer: WSK_BUF | None,
    Flags: int,
    ControlInfoLength: int,
    ControlInfo: Any,
    Irp: IRP | None,
) -> int:
    """WskSendEx: sends bytes over a connection; reserved in the documentation.

    Args:
        Socket: connection-oriented or stream socket that is connected.
        Buffer: required; it stays valid until completion (I-9).
        Flags: ULONG bit set, 0 or WSK_FLAG_NODELAY.
        ControlInfoLength: ULONG; 0, no control information is simulated.
        ControlInfo: None, or memory, which is not read.
        Irp: required (I-15); Information counts the bytes.

    Returns:
        As WskSend. STATUS_NOT_SUPPORTED: control information.

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: 1.8, 1.9, G-14, G-15, 6.1; pages ns-wsk-_wsk_provider_connection_dispatch,
    ns-wsk-_wsk_provider_stream_dispatch. IRQL: up to DISPATCH.
    """
    provider = owner_of("WskSendEx", Socket)
    control = (ControlInfoLength, _control("WskSendEx", ControlInfo))
    return provider.send_ex(Socket, payload("WskSendEx", Buffer), Buffer, Flags, Irp, control)


def WskReceiveEx(
    Socket: WSK_SOCKET,
    Buffer: WSK_BUF | None,
    Flags: int,
    ControlInfoLength: Out | None,
    ControlInfo: Any,
    ControlFlags: Out | None,
    Irp: IRP | None,
) -> int:
    """WskReceiveEx: takes bytes that have arrived, or waits for some, like WskReceive.

    Args:
        Socket: connection-oriented or stream socket that is connected.
        Buffer: required, writable; Length 0 resumes paused receive callbacks (G-17, U-39).
        Flags: ULONG bit set, as of WskReceive.
        ControlInfoLength: an Out of value 0, or None: no control information is simulated.
        ControlInfo: None, or memory, which is not written.
        ControlFlags: reserved: None, or an Out that is set to 0.
        Irp: required (I-15); Information counts the bytes.

    Returns:
        As WskReceive. STATUS_NOT_SUPPORTED: room for control information is given.

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: 1.8, 1.9, G-1, G-10 to G-14, 6.1; pages nc-wsk-pfn_wsk_receive_ex,
    ns-wsk-_wsk_provider_connection_dispatch, ns-wsk-_wsk_provider_stream_dispatch. IRQL: up to DISPATCH.
    """
    provider = owner_of("WskReceiveEx", Socket)
    room = instance("WskReceiveEx", "ControlInfoLength", ControlInfoLength, Out)
    flags = instance("WskReceiveEx", "ControlFlags", ControlFlags, Out)
    wanted = 0 if room is None or room.value is None else room.value
    control = (wanted, _control("WskReceiveEx", ControlInfo))
    length, pieces = target("WskReceiveEx", Buffer)

    def deliver(completion: Completion) -> int:
        scatter(pieces, completion.data)
        for out in (room, flags):
            if out is not None:
                out.value = 0
        return completion.information

    return provider.receive_ex(Socket, length, Buffer, Flags, deliver, Irp, control)
