"""WskControlSocket and WskControlClient: options, ioctls, and operations of a client."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

from wsksim.wsk.arguments import instance, integer, size_t, ulong
from wsksim.wsk.clients import WSK_CLIENT, client_request
from wsksim.wsk.control_buffers import (
    INSPECT_ID,
    Output,
    address_list,
    descriptor,
    event_control,
    list_in_memory,
    mappings,
    npi_of,
    pointer,
    ulong_input,
)
from wsksim.wsk.flight import Address, Completion
from wsksim.wsk.identifiers import DISPATCH_LEVEL, PASSIVE_LEVEL, WskGetOption, WskIoctl, WskSetOption
from wsksim.wsk.irp import IRP
from wsksim.wsk.layout import sizeof
from wsksim.wsk.options import (
    SIO_ADDRESS_LIST_CHANGE,
    SIO_ADDRESS_LIST_QUERY,
    SIO_ADDRESS_LIST_SORT,
    SIO_WSK_QUERY_IDEAL_SEND_BACKLOG,
    SIO_WSK_QUERY_INSPECT_ID,
    SIO_WSK_QUERY_RECEIVE_BACKLOG,
    SIO_WSK_REGISTER_EXTENSION,
    SIO_WSK_SET_REMOTE_ADDRESS,
    SIO_WSK_SET_SENDTO_ADDRESS,
    SIO_WSK_SET_TCP_SILENT_MODE,
    SO_WSK_EVENT_CALLBACK,
    SOL_SOCKET,
    WSK_CACHE_SD,
    WSK_RELEASE_SD,
    WSK_SET_STATIC_EVENT_CALLBACKS,
    WSK_TDI_BEHAVIOR,
    WSK_TDI_DEVICENAME_MAPPING,
    WSK_TRANSPORT_LIST_CHANGE,
    WSK_TRANSPORT_LIST_QUERY,
)
from wsksim.wsk.provider import Answer
from wsksim.wsk.refused import Refused
from wsksim.wsk.requests import request
from wsksim.wsk.sockets import WSK_SOCKET, from_machine, to_machine
from wsksim.wsk.status import STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_SUCCESS
from wsksim.wsk.structures import WSK_INSPECT_ID, WSK_TRANSPORT, Out

__all__ = ["WSK_EXTENSION_CONTROL_IN", "WskControlClient", "WskControlSocket"]

_PASSIVE_ONLY: Final = frozenset({SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_CHANGE, SIO_ADDRESS_LIST_SORT})
_ADDRESSED: Final = frozenset({SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS})
_LISTS: Final = frozenset({SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_SORT})
_WITHOUT_INPUT: Final = frozenset(
    {
        SIO_ADDRESS_LIST_CHANGE,
        SIO_ADDRESS_LIST_QUERY,
        SIO_WSK_QUERY_IDEAL_SEND_BACKLOG,
        SIO_WSK_QUERY_INSPECT_ID,
        SIO_WSK_QUERY_RECEIVE_BACKLOG,
        SIO_WSK_SET_TCP_SILENT_MODE,
    }
)
_POINTER_SIZE: Final = 8
_ANY_SIZE: Final = 0xFFFFFFFF
_TRANSPORT: Final = struct.Struct("<HHIH2x16s")  # WSK_TRANSPORT as it lies in memory (1.7)


@dataclass(frozen=True)
class WSK_EXTENSION_CONTROL_IN:
    """WSK_EXTENSION_CONTROL_IN: names an extension to SIO_WSK_REGISTER_EXTENSION; none exists (O-20).

    Args:
        NpiId: 16 bytes; None (NULL) is answered with STATUS_INVALID_PARAMETER (E-5).
        ClientContext: any object.
        ClientDispatch: any object.

    Rules: O-20; page ns-wsk-_wsk_extension_control_in.
    """

    NpiId: bytes | None = None
    ClientContext: Any = None
    ClientDispatch: Any = None


def WskControlSocket(
    Socket: WSK_SOCKET,
    RequestType: int,
    ControlCode: int,
    Level: int,
    InputSize: int,
    InputBuffer: Any,
    OutputSize: int,
    OutputBuffer: Any,
    OutputSizeReturned: Out | None,
    Irp: IRP | None = None,
) -> int:
    """WskControlSocket: sets or reads an option of a socket, or performs an ioctl; enables and disables events.

    Args:
        Socket: any socket.
        RequestType: WskSetOption, WskGetOption or WskIoctl.
        ControlCode: ULONG: SO_* or SIO_*.
        Level: ULONG: SOL_SOCKET for options, 0 for ioctls.
        InputSize: SIZE_T: what `sizeof` says of the input; 4 for a ULONG.
        InputBuffer: the structure, an int or 4 bytes for a ULONG, or None.
        OutputSize: SIZE_T: bytes that the output may take.
        OutputBuffer: a writable buffer of as many bytes; an Out, which takes the value as an object; a WSK_INSPECT_ID,
            which is filled; or None. A list of addresses in a buffer is a SOCKET_ADDRESS_LIST whose pointers lead to
            the addresses behind it.
        OutputSizeReturned: an Out that takes the bytes written, with STATUS_BUFFER_OVERFLOW the bytes that the list
            takes; or None.
        Irp: as ControlCode wants it (1.4). None to enable events (E-10); None, or an IRP to be told when the last
            call has returned, to disable one (E-13).

    Returns:
        STATUS_SUCCESS. STATUS_PENDING: the IRP completes later. STATUS_EVENT_PENDING: disabled, while a call of the
        event is running; it counts as a success, so compare with STATUS_SUCCESS (E-13, E-18).
        STATUS_INVALID_PARAMETER: an argument is wrong (E-5 to E-7, E-11, E-12), or an input or output is given where
        none belongs (U-26). STATUS_INVALID_DEVICE_STATE: too early (E-8), or the event cannot be disabled (E-16, E-24).
        STATUS_NOT_SUPPORTED: another NPI, or an option that is not readable (E-5, E-29, O-20).
        STATUS_INVALID_DEVICE_REQUEST: not for this category (E-30, A-18). STATUS_BUFFER_TOO_SMALL,
        STATUS_BUFFER_OVERFLOW: the value, or the list, takes more than OutputSize. STATUS_FILE_FORCED_CLOSED (L-21,
        U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH, or above PASSIVE for an address list (Q-1), socket
            closed (U-41), an unfit IRP (I-3).

    Rules: E-1 to E-32, O-20, A-12, A-18, A-19, G-20; page nc-wsk-pfn_wsk_control_socket.
    IRQL: up to DISPATCH; PASSIVE for SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_CHANGE and SIO_ADDRESS_LIST_SORT.
    """
    name = "WskControlSocket"
    passive = RequestType == WskIoctl and integer(name, "ControlCode", ControlCode, "ULONG") in _PASSIVE_ONLY
    outputs: list[Output] = []

    def ask(number: int) -> Answer:
        kind = ulong(name, "RequestType", RequestType)
        code, level = ulong(name, "ControlCode", ControlCode), ulong(name, "Level", Level)
        given = size_t(name, "InputSize", InputSize)
        output = Output(name, OutputSize, OutputBuffer, OutputSizeReturned)
        outputs.append(output)
        if kind not in {WskSetOption, WskGetOption, WskIoctl} or level != (0 if kind == WskIoctl else SOL_SOCKET):
            raise Refused
        if kind == WskIoctl:
            return _ioctl(Socket, code, given, InputBuffer, output, number)
        machine = Socket.provider.machine
        if kind == WskGetOption:
            _no_input(given, InputBuffer)
            return machine.get_option(Socket.id, code, output.size, number)
        output.unused()
        if code == SO_WSK_EVENT_CALLBACK:
            npi, mask = event_control(name, given, InputBuffer)
            Socket.settle()
            return machine.event_callback(Socket.id, npi, mask, number)
        return machine.set_option(Socket.id, code, ulong_input(name, given, InputBuffer), number)

    def deliver(completion: Completion) -> int:
        if completion[4] is not None:
            outputs[0].write(completion[4], int.from_bytes(completion[4], "little"))
        return completion[2]

    return request(name, Socket, Irp, ask, limit=PASSIVE_LEVEL if passive else DISPATCH_LEVEL, deliver=deliver)


def WskControlClient(
    Client: WSK_CLIENT | None,
    ControlCode: int,
    InputSize: int,
    InputBuffer: Any,
    OutputSize: int,
    OutputBuffer: Any,
    OutputSizeReturned: Out | None,
    Irp: IRP | None = None,
) -> int:
    """WskControlClient: performs an operation of a client, such as enabling events for all its sockets.

    Args:
        Client: of a captured provider NPI.
        ControlCode: ULONG: WSK_SET_STATIC_EVENT_CALLBACKS, WSK_TRANSPORT_LIST_QUERY, WSK_TRANSPORT_LIST_CHANGE,
            WSK_CACHE_SD, WSK_RELEASE_SD, WSK_TDI_DEVICENAME_MAPPING or WSK_TDI_BEHAVIOR.
        InputSize: SIZE_T: what `sizeof` says of the input; 16 for WSK_EVENT_CALLBACK_CONTROL, 4 for a ULONG, 8 for a
            pointer.
        InputBuffer: the structure, an int for a ULONG, the descriptor's bytes, the cached descriptor, or None.
        OutputSize: SIZE_T: bytes that the output may take.
        OutputBuffer: a writable buffer of as many bytes, or an Out, which takes the value as an object; or None.
        OutputSizeReturned: an Out that takes the bytes that the output takes, or None.
        Irp: required for WSK_TRANSPORT_LIST_CHANGE, None for all others (1.4).

    Returns:
        STATUS_SUCCESS. STATUS_PENDING: the list of transports has not changed yet. STATUS_INVALID_PARAMETER: an
        argument is wrong, or an IRP where none belongs (E-22, U-16). STATUS_INVALID_DEVICE_STATE: new events after a
        socket was made (E-21, U-19). STATUS_BUFFER_OVERFLOW: the list takes more than OutputSize.
        STATUS_NOT_SUPPORTED: another NPI. STATUS_INVALID_HANDLE: Client is None. STATUS_DEVICE_NOT_READY: the NPI was
        released (O-16).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), an unfit IRP (I-3).

    Rules: E-20 to E-25, O-16, O-18, C-18, U-16, U-19; page nc-wsk-pfn_wsk_control_client. IRQL: up to DISPATCH.
    """
    name = "WskControlClient"

    def ask(client: WSK_CLIENT, number: int) -> Answer:
        code = ulong(name, "ControlCode", ControlCode)
        given = size_t(name, "InputSize", InputSize)
        output = Output(name, OutputSize, OutputBuffer, OutputSizeReturned)
        if code == WSK_TRANSPORT_LIST_QUERY:
            _no_input(given, InputBuffer)
            return _transports(client, output, number)
        if code == WSK_CACHE_SD:
            return _cache_sd(client, given, InputBuffer, output, number)
        output.unused()
        return _without_output(client, code, given, InputBuffer, number)

    return client_request(name, Client, Irp, ask)


def _no_input(size: int, buffer: object) -> None:
    if size or buffer is not None:
        raise Refused


def _transports(client: WSK_CLIENT, output: Output, number: int) -> Answer:
    status, completions, rule, needed, rows = client.provider.machine.transport_list_query(
        client.id, output.size, number
    )
    if rows:
        made = [WSK_TRANSPORT(*row) for row in rows]
        output.write(b"".join(_TRANSPORT.pack(*row, one.ProviderId) for row, one in zip(rows, made, strict=True)), made)
    elif status == STATUS_BUFFER_OVERFLOW:
        output.tell(needed)
    return status, completions, rule


def _cache_sd(client: WSK_CLIENT, given: int, buffer: Any, output: Output, number: int) -> Answer:
    raw = descriptor("WskControlClient", given, buffer)
    # The cached descriptor would be lost.
    if output.size < _POINTER_SIZE:
        raise Refused
    status, completions, rule, cached = client.provider.machine.cache_sd(client.id, raw, number)
    if status == STATUS_SUCCESS:
        output.write(cached.to_bytes(_POINTER_SIZE, "little"), cached)
    return status, completions, rule


def _without_output(client: WSK_CLIENT, code: int, given: int, buffer: Any, number: int) -> Answer:
    """The operations of a client that give nothing."""
    name, machine = "WskControlClient", client.provider.machine
    if code == WSK_SET_STATIC_EVENT_CALLBACKS:
        return machine.set_static_events(client.id, *event_control(name, given, buffer), number)
    if code == WSK_TRANSPORT_LIST_CHANGE:
        _no_input(given, buffer)
        return machine.transport_list_change(client.id, number)
    if code == WSK_RELEASE_SD:
        cached = pointer(name, buffer)
        if given != _POINTER_SIZE:
            raise Refused
        return machine.release_sd(client.id, cached, number)
    if code == WSK_TDI_BEHAVIOR:
        value = ulong_input(name, given, buffer)
        if value is None:
            raise Refused
        return machine.tdi_behavior(client.id, value, number)
    if code == WSK_TDI_DEVICENAME_MAPPING:
        return machine.tdi_mapping(client.id, mappings(name, given, buffer), number)
    raise Refused


def _ioctl_input(code: int, given: int, buffer: Any) -> tuple[Address | None, list[Address] | None]:
    """The address or the list of addresses that an ioctl takes."""
    name = "WskControlSocket"
    if code in _ADDRESSED:
        address = to_machine(name, "InputBuffer", buffer)
        if address is not None and given != sizeof(buffer):
            raise Refused
        return address, None
    if code == SIO_WSK_REGISTER_EXTENSION:
        extension = instance(name, "InputBuffer", buffer, WSK_EXTENSION_CONTROL_IN)
        if extension is None or npi_of(extension.NpiId) == 0 or given != sizeof(extension):
            raise Refused
    if code in _WITHOUT_INPUT:
        _no_input(given, buffer)
    return None, address_list(name, buffer) if code == SIO_ADDRESS_LIST_SORT else None


def _ioctl(socket: WSK_SOCKET, code: int, given: int, buffer: Any, output: Output, number: int) -> Answer:
    value, addresses = _ioctl_input(code, given, buffer)
    if code == SIO_WSK_QUERY_INSPECT_ID and output.given and output.size < sizeof(WSK_INSPECT_ID):
        raise Refused(STATUS_BUFFER_TOO_SMALL)
    machine = socket.provider.machine
    # Of a list the machine knows no exact size: it gives the whole, and what fits is seen here.
    size = _ANY_SIZE if code in _LISTS else output.size
    status, completions, rule, made = machine.ioctl(socket.id, code, value, size, number, addresses=addresses)
    if made is not None and code == SIO_WSK_QUERY_INSPECT_ID:
        key, serial = made
        output.write(INSPECT_ID.pack(key, serial), WSK_INSPECT_ID(key, serial))
    elif made is not None:
        raw = list_in_memory(made, output.address)
        if len(raw) > output.size:
            output.tell(len(raw))
            return STATUS_BUFFER_OVERFLOW, completions, rule
        output.write(raw, [one for one in map(from_machine, made) if one is not None])
    return status, completions, rule
