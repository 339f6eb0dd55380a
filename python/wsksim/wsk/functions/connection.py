"""The functions that make and end connections: bind, listen, connect, accept, disconnect, close, addresses."""

from __future__ import annotations

from typing import Any

from wsksim._native import Completion, _fill_address, _place_of, _to_machine
from wsksim.wsk.functions.requests import CALLS, owner_of, payload
from wsksim.wsk.objects.irp import IRP
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.structures.buffers import WSK_BUF, WSK_INSPECT_ID
from wsksim.wsk.structures.client_tables import WSK_CLIENT_CONNECTION_DISPATCH, supplied
from wsksim.wsk.words.arguments import instance
from wsksim.wsk.words.flags import WSK_FLAG_CONNECTION_SOCKET

__all__ = [
    "WskAccept",
    "WskBind",
    "WskCloseSocket",
    "WskConnect",
    "WskConnectEx",
    "WskDisconnect",
    "WskGetLocalAddress",
    "WskGetRemoteAddress",
    "WskInspectComplete",
    "WskListen",
]


def WskBind(Socket: WSK_SOCKET, LocalAddress: SOCKADDR | None, Flags: int, Irp: IRP | None) -> int:
    """WskBind: gives a socket its local address; a listening socket listens from here on.

    Args:
        Socket: listening, datagram, connection-oriented or stream socket, in state NEW.
        LocalAddress: of the socket's family; port 0 draws an ephemeral one.
        Flags: ULONG; reserved, 0.
        Irp: required (I-15).

    Returns:
        STATUS_SUCCESS: bound. STATUS_PENDING: it completes later. STATUS_INVALID_PARAMETER: an argument is wrong.
        STATUS_INVALID_DEVICE_STATE: bound already. STATUS_INSUFFICIENT_RESOURCES: no ephemeral port is free.
        STATUS_ADDRESS_ALREADY_EXISTS, STATUS_ACCESS_DENIED: the address is in use. STATUS_NOT_IMPLEMENTED: UDP with the
        listening category (L-18). STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED
        (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), an unfit IRP (I-3).

    Rules: L-12, L-15, L-18, A-10; page nc-wsk-pfn_wsk_bind. IRQL: up to DISPATCH.
    """
    address = _to_machine("WskBind", "LocalAddress", LocalAddress)
    return owner_of("WskBind", Socket).bind(Socket, address, Flags, Irp)


def WskListen(Socket: WSK_SOCKET, Irp: IRP | None) -> int:
    """WskListen: makes a bound stream socket a listening one.

    Args:
        Socket: stream socket, bound, without a role.
        Irp: required (I-15).

    Returns:
        STATUS_SUCCESS: it listens. STATUS_PENDING: it completes later. STATUS_INVALID_DEVICE_STATE: not bound, or its
        role is another (O-5, U-15). STATUS_INVALID_PARAMETER: no IRP. STATUS_INVALID_DEVICE_REQUEST: not for this
        category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), an unfit IRP (I-3).

    Rules: O-5, L-13; page nc-wsk-pfn_wsk_listen. IRQL: up to DISPATCH.
    """
    return owner_of("WskListen", Socket).listen(Socket, Irp)


def WskConnect(Socket: WSK_SOCKET, RemoteAddress: SOCKADDR | None, Flags: int, Irp: IRP | None) -> int:
    """WskConnect: connects a bound socket to a listening one.

    Args:
        Socket: connection-oriented or stream socket, in state BOUND.
        RemoteAddress: of the socket's family.
        Flags: ULONG; reserved, 0.
        Irp: required (I-15).

    Returns:
        STATUS_SUCCESS: connected; events may be enabled from here on (E-8). STATUS_PENDING: it completes later.
        STATUS_CONNECTION_REFUSED: nobody listens there, or the request was rejected; the socket is BOUND again (U-43).
        STATUS_INSUFFICIENT_RESOURCES: `max_sockets` are open, or the subsystem is closed. STATUS_INVALID_DEVICE_STATE:
        not bound (L-14), or connected already. STATUS_INVALID_PARAMETER: an argument is wrong.
        STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), an unfit IRP (I-3).

    Rules: L-12, L-14, L-15, O-5, D-17, U-43; page nc-wsk-pfn_wsk_connect. IRQL: up to DISPATCH.
    """
    address = _to_machine("WskConnect", "RemoteAddress", RemoteAddress)
    return owner_of("WskConnect", Socket).connect(Socket, address, None, None, Flags, Irp, ex=False)


def WskConnectEx(
    Socket: WSK_SOCKET, RemoteAddress: SOCKADDR | None, Buffer: WSK_BUF | None, Flags: int, Irp: IRP | None
) -> int:
    """WskConnectEx: connects as WskConnect does, and sends the first bytes.

    Args:
        Socket: connection-oriented or stream socket, in state BOUND.
        RemoteAddress: of the socket's family.
        Buffer: up to 65,535 bytes, or None; Information counts them.
        Flags: ULONG; reserved, 0.
        Irp: required (I-15).

    Returns:
        As WskConnect; also STATUS_INVALID_PARAMETER for a flag, STATUS_BUFFER_OVERFLOW for more bytes (L-17).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), a Buffer beyond its MDLs
            (U-48), an unfit IRP (I-3).

    Rules: L-17; page nc-wsk-pfn_wsk_connect_ex. IRQL: up to DISPATCH.
    """
    address = _to_machine("WskConnectEx", "RemoteAddress", RemoteAddress)
    data = payload("WskConnectEx", Buffer)
    return owner_of("WskConnectEx", Socket).connect(Socket, address, data, Buffer, Flags, Irp, ex=True)


def WskAccept(
    ListenSocket: WSK_SOCKET,
    Flags: int,
    AcceptSocketContext: Any,
    AcceptSocketDispatch: WSK_CLIENT_CONNECTION_DISPATCH | None,
    LocalAddress: SOCKADDR | None,
    RemoteAddress: SOCKADDR | None,
    Irp: IRP | None,
) -> int:
    """WskAccept: takes the next connection, or waits for one.

    Args:
        ListenSocket: bound listening socket, or a stream socket that listens.
        Flags: ULONG; reserved, 0.
        AcceptSocketContext: any object; the new socket's context (L-5).
        AcceptSocketDispatch: the new socket's callbacks, or None if no event will be enabled.
        LocalAddress: an address of the socket's family, to be filled before completion, or None (A-2).
        RemoteAddress: likewise.
        Irp: required; Information is the new socket.

    Returns:
        STATUS_SUCCESS: a connection was waiting. STATUS_PENDING: served first-in first-out (U-32).
        STATUS_INSUFFICIENT_RESOURCES: `max_sockets` are open. STATUS_INVALID_DEVICE_STATE: it does not listen.
        STATUS_INVALID_PARAMETER: an argument is wrong. STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3).
        STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), the table of another
            category (L-5), an unfit IRP (I-3).
        TypeError: AcceptSocketDispatch is no table.

    Rules: L-5, A-1 to A-3, A-9, A-11, U-32; page nc-wsk-pfn_wsk_accept. IRQL: up to DISPATCH.
    """
    provider = owner_of("WskAccept", ListenSocket)
    given = supplied("WskAccept", "AcceptSocketDispatch", AcceptSocketContext, AcceptSocketDispatch)
    local = _place_of("WskAccept", "LocalAddress", LocalAddress)
    remote = _place_of("WskAccept", "RemoteAddress", RemoteAddress)

    def deliver(completion: Completion) -> WSK_SOCKET:
        _fill_address(LocalAddress, completion.local)
        _fill_address(RemoteAddress, completion.remote)
        category, registration = WSK_FLAG_CONNECTION_SOCKET, ListenSocket.registration
        table, family = AcceptSocketDispatch, ListenSocket.family
        return provider.make(completion.socket, category, AcceptSocketContext, table, family, registration)

    return provider.accept(ListenSocket, Flags, given, local, remote, deliver, Irp)


def WskInspectComplete(ListenSocket: WSK_SOCKET, InspectID: WSK_INSPECT_ID | None, Action: int, Irp: IRP | None) -> int:
    """WskInspectComplete: decides a connection request that WskInspectEvent left pending.

    Args:
        ListenSocket: the listening socket, under conditional accept.
        InspectID: as WskInspectEvent gave it, compared by content (A-15).
        Action: WskInspectAccept or WskInspectReject (A-16).
        Irp: required (I-15).

    Returns:
        STATUS_SUCCESS: decided; nothing is established for a request that was dropped meanwhile. STATUS_PENDING: it
        completes later. STATUS_INVALID_PARAMETER: an argument is wrong, or Action is another (U-26).
        STATUS_INVALID_DEVICE_STATE: it does not listen. STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3).
        STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), an unfit IRP (I-3).

    Rules: A-14 to A-16; page nc-wsk-pfn_wsk_inspect_complete. IRQL: up to DISPATCH.
    """
    instance("WskInspectComplete", "InspectID", InspectID, WSK_INSPECT_ID)
    number = None if InspectID is None else (InspectID.Key, InspectID.SerialNumber)
    return owner_of("WskInspectComplete", ListenSocket).inspect_complete(ListenSocket, number, Action, Irp)


def WskDisconnect(Socket: WSK_SOCKET, Buffer: WSK_BUF | None, Flags: int, Irp: IRP | None) -> int:
    """WskDisconnect: finishes this side of a connection, or aborts all of it.

    Args:
        Socket: connection-oriented or stream socket that is connected.
        Buffer: data to send first (G-5); None when aborting (C-3).
        Flags: ULONG bit set, 0 or WSK_FLAG_ABORTIVE (C-2).
        Irp: required; completed exactly once, whatever is returned (I-4, I-15).

    Returns:
        STATUS_SUCCESS: done. STATUS_PENDING: data is still being sent (G-6). STATUS_INVALID_PARAMETER: an argument is
        wrong (U-26). STATUS_INVALID_DEVICE_STATE, STATUS_CONNECTION_RESET, STATUS_CONNECTION_ABORTED: table 6.1.
        STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), another flag (C-2), a Buffer
            with WSK_FLAG_ABORTIVE (C-3) or beyond its MDLs (U-48), an unfit IRP (I-3).

    Rules: C-1 to C-5, G-4 to G-8, 6.1; page nc-wsk-pfn_wsk_disconnect. IRQL: up to DISPATCH.
    """
    return CALLS.disconnect(Socket, Buffer, Flags, Irp)


def WskCloseSocket(Socket: WSK_SOCKET, Irp: IRP | None) -> int:
    """WskCloseSocket: closes a socket; a connection that is not finished on both sides is aborted.

    Args:
        Socket: any socket; no function of it may be used afterwards (C-16).
        Irp: required (C-6). When it completes no callback runs or will run, and the context may be freed (C-14).

    Returns:
        STATUS_SUCCESS: closed. STATUS_PENDING: a callback of the socket is running, perhaps this one (C-13, C-15).
        STATUS_INVALID_PARAMETER: no IRP; nothing happened. STATUS_FILE_FORCED_CLOSED: it was closed before (C-16).

    Raises:
        ContractError: with check="raise": a call into the socket is executing in another thread (C-7), retained
            lists were not released (C-22), the socket was closed before (C-16), IRQL (Q-1), an unfit IRP (I-3).

    Rules: C-6 to C-19; page nc-wsk-pfn_wsk_close_socket. IRQL: up to DISPATCH.
    """
    return CALLS.close(Socket, Irp)


def WskGetLocalAddress(Socket: WSK_SOCKET, LocalAddress: SOCKADDR | None, Irp: IRP | None) -> int:
    """WskGetLocalAddress: asks for the address that a socket is bound to.

    Args:
        Socket: bound socket of any category but basic.
        LocalAddress: an address to be filled before completion.
        Irp: required (I-15).

    Returns:
        STATUS_SUCCESS: filled; bound to the wildcard, the address is zero until it is connected (L-15). STATUS_PENDING:
        it completes later. STATUS_INVALID_DEVICE_STATE: not bound (L-16). STATUS_INVALID_PARAMETER: NULL, or an address
        of another family. STATUS_INVALID_DEVICE_REQUEST: not for this category (O-3). STATUS_FILE_FORCED_CLOSED (L-21,
        U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), an unfit IRP (I-3).

    Rules: L-15, L-16, I-9; page nc-wsk-pfn_wsk_get_local_address. IRQL: up to DISPATCH.
    """
    provider = owner_of("WskGetLocalAddress", Socket)
    place = _place_of("WskGetLocalAddress", "the address", LocalAddress)

    def deliver(completion: Completion) -> int:
        _fill_address(LocalAddress, completion.local)
        return completion.information

    return provider.get_local_address(Socket, place, deliver, Irp)


def WskGetRemoteAddress(Socket: WSK_SOCKET, RemoteAddress: SOCKADDR | None, Irp: IRP | None) -> int:
    """WskGetRemoteAddress: asks for the address that a socket is connected to.

    Args:
        Socket: connected connection-oriented or stream socket.
        RemoteAddress: an address to be filled before completion.
        Irp: required (I-15).

    Returns:
        STATUS_SUCCESS: filled. STATUS_PENDING: it completes later. STATUS_INVALID_DEVICE_STATE: not connected (L-16).
        STATUS_INVALID_PARAMETER: NULL, or an address of another family. STATUS_INVALID_DEVICE_REQUEST: not for this
        category (O-3). STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), socket closed (C-16), an unfit IRP (I-3).

    Rules: L-16, I-9; page nc-wsk-pfn_wsk_get_remote_address. IRQL: up to DISPATCH.
    """
    provider = owner_of("WskGetRemoteAddress", Socket)
    place = _place_of("WskGetRemoteAddress", "the address", RemoteAddress)

    def deliver(completion: Completion) -> int:
        _fill_address(RemoteAddress, completion.remote)
        return completion.information

    return provider.get_remote_address(Socket, place, deliver, Irp)
