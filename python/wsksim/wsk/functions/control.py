"""WskControlSocket and WskControlClient: options, ioctls, and operations of a client."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wsksim._native import Completion, ControlInput, Controls, Made
from wsksim.wsk.functions.control_buffers import (
    INSPECT_ID,
    Output,
    address,
    address_list,
    descriptor,
    event_control,
    guid_of,
    list_in_memory,
    mappings,
    pointer,
    ulong_input,
)
from wsksim.wsk.functions.requests import fitting, owner_of
from wsksim.wsk.objects.clients import WSK_CLIENT, of_nobody, provider_of
from wsksim.wsk.objects.irp import IRP
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.structures.buffers import WSK_INSPECT_ID, WSK_TRANSPORT, Out
from wsksim.wsk.structures.layout import sizeof
from wsksim.wsk.words.arguments import instance, integer, size_t
from wsksim.wsk.words.refused import Refused

__all__ = ["WSK_EXTENSION_CONTROL_IN", "WskControlClient", "WskControlSocket"]

_POINTER_SIZE: Final = 8
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
            closed (C-16), an event before the socket can have one (E-8), a disable of what is not exactly one event
            (E-12), an unfit IRP (I-3).

    Rules: E-1 to E-32, O-20, A-12, A-18, A-19, G-20; page nc-wsk-pfn_wsk_control_socket.
    IRQL: up to DISPATCH; PASSIVE for SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_CHANGE and SIO_ADDRESS_LIST_SORT.
    """
    name = "WskControlSocket"
    provider = owner_of(name, Socket)
    code = integer(name, "ControlCode", ControlCode, "ULONG")
    request = integer(name, "RequestType", RequestType, "ULONG")
    wanted = _wanted(Controls.wanted_of_socket, request, code)
    output = fitting(lambda: Output(name, OutputSize, OutputBuffer, OutputSizeReturned))
    given = fitting(lambda: _decoded(name, wanted, InputSize, InputBuffer))
    if wanted == "event":
        Socket.settle()

    def deliver(completion: Completion) -> int:
        if completion.data is not None and isinstance(output, Output):
            output.write(completion.data, int.from_bytes(completion.data, "little"))
        return completion.information

    room = output.given if isinstance(output, Output) else output
    status, made = provider.control_socket(Socket, RequestType, ControlCode, Level, given, room, deliver, Irp)
    _write(output, made)
    return status


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
        ContractError: with check="raise": IRQL above DISPATCH (Q-1), more static events after a socket was made (E-21),
            an IRP for WSK_SET_STATIC_EVENT_CALLBACKS (E-22), an unfit IRP (I-3).

    Rules: E-20 to E-25, O-16, O-18, C-18, U-16, U-19; page nc-wsk-pfn_wsk_control_client. IRQL: up to DISPATCH.
    """
    name = "WskControlClient"
    if Client is None:
        return of_nobody(name, Irp)
    provider = provider_of(name, Client)
    code = integer(name, "ControlCode", ControlCode, "ULONG")
    wanted = _wanted(Controls.wanted_of_client, code)
    output = fitting(lambda: Output(name, OutputSize, OutputBuffer, OutputSizeReturned))
    given = fitting(lambda: _decoded(name, wanted, InputSize, InputBuffer))
    room = output.given if isinstance(output, Output) else output
    status, made = provider.control_client(Client.numbers, ControlCode, given, room, Irp)
    _write(output, made)
    return status


def _wanted(ask: Any, *numbers: int) -> str:
    """What the input has to hold; numbers that do not fit name nothing."""
    fits = all(0 <= number <= 0xFFFFFFFF for number in numbers)
    return str(ask(*numbers)) if fits else "nothing"


def _extension(name: str, size: int, buffer: object) -> ControlInput:
    """The NpiId of a WSK_EXTENSION_CONTROL_IN.

    Raises:
        TypeError: it is none, or a member is of another type.
    """
    given = instance(name, "InputBuffer", buffer, WSK_EXTENSION_CONTROL_IN)
    return ControlInput(size, None, None) if given is None else ControlInput(size, sizeof(given), guid_of(given.NpiId))


def _unread(name: str, size: int, buffer: object) -> ControlInput:
    """What nobody looks at."""
    del name
    return ControlInput(size, None if buffer is None else size, None)


_DECODERS: Final[dict[str, Callable[[str, int, Any], ControlInput | Refused]]] = {
    "nothing": _unread,
    "ulong": ulong_input,
    "address": address,
    "addresses": address_list,
    "event": event_control,
    "extension": _extension,
    "pointer": pointer,
    "descriptor": descriptor,
    "mappings": mappings,
}


def _decoded(name: str, wanted: str, size: object, buffer: Any) -> ControlInput | Refused:
    """What InputBuffer holds, as the provider wants it.

    Raises:
        TypeError: it is another thing, or InputSize is no int.
        Misfit: InputSize, or a number in it, does not fit its type.
    """
    return _DECODERS[wanted](name, size_t(name, "InputSize", size), buffer)


def _write(output: Output | Refused, made: Made | None) -> None:
    """Writes what a control call answers at once."""
    if made is None or isinstance(output, Refused):
        return
    kind, value = made.kind, made.value
    if kind == "needed":
        output.tell(value)
    elif kind == "inspect_id":
        output.write(INSPECT_ID.pack(*value), WSK_INSPECT_ID(*value))
    elif kind == "addresses":
        addresses: list[SOCKADDR] = value
        output.write(list_in_memory(addresses, output.address), addresses)
    elif kind == "transports":
        rows = [WSK_TRANSPORT(*row) for row in value]
        raw = b"".join(_TRANSPORT.pack(*row, one.ProviderId) for row, one in zip(value, rows, strict=True))
        output.write(raw, rows)
    else:
        output.write(value.to_bytes(_POINTER_SIZE, "little"), value)
