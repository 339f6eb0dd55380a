"""WskControlSocket and WskControlClient: options, ioctls, and operations of a client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wsksim.wsk.clients import WSK_CLIENT, client_request
from wsksim.wsk.flight import Address, Completion
from wsksim.wsk.identifiers import (
    DISPATCH_LEVEL,
    NPI_WSK_INTERFACE_ID,
    PASSIVE_LEVEL,
    WskGetOption,
    WskIoctl,
    WskSetOption,
)
from wsksim.wsk.irp import IRP
from wsksim.wsk.layout import sizeof
from wsksim.wsk.options import (
    SIO_ADDRESS_LIST_CHANGE,
    SIO_ADDRESS_LIST_QUERY,
    SIO_ADDRESS_LIST_SORT,
    SIO_WSK_QUERY_INSPECT_ID,
    SIO_WSK_REGISTER_EXTENSION,
    SIO_WSK_SET_REMOTE_ADDRESS,
    SIO_WSK_SET_SENDTO_ADDRESS,
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
from wsksim.wsk.requests import Refused, request, ulong
from wsksim.wsk.sockets import WSK_SOCKET, from_machine, to_machine
from wsksim.wsk.structures import WSK_EVENT_CALLBACK_CONTROL, WSK_INSPECT_ID, WSK_TRANSPORT, Out

__all__ = ["WSK_EXTENSION_CONTROL_IN", "WskControlClient", "WskControlSocket"]

_PASSIVE_ONLY: Final = frozenset({SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_CHANGE, SIO_ADDRESS_LIST_SORT})
_ADDRESSED: Final = frozenset({SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS})
_NPI_NULL, _NPI_WSK, _NPI_OTHER = range(3)


@dataclass(frozen=True)
class WSK_EXTENSION_CONTROL_IN:
    """WSK_EXTENSION_CONTROL_IN: names an extension to SIO_WSK_REGISTER_EXTENSION; none exists (O-20).

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
        OutputBuffer: a writable buffer of as many bytes, or an Out, which takes the value as an object; or None.
        OutputSizeReturned: an Out that takes the bytes written, or None.
        Irp: as ControlCode wants it (1.4). None to enable events (E-10); None, or an IRP to be told when the last
            call has returned, to disable one (E-13).

    Returns:
        STATUS_SUCCESS. STATUS_PENDING: the IRP completes later. STATUS_EVENT_PENDING: disabled, while a call of the
        event is running; it counts as a success, so compare with STATUS_SUCCESS (E-13, E-18).
        STATUS_INVALID_PARAMETER: an argument is wrong (E-5 to E-7, E-11, E-12). STATUS_INVALID_DEVICE_STATE: too early
        (E-8), or the event cannot be disabled (E-16, E-24). STATUS_NOT_SUPPORTED: another NPI, or an option that is not
        readable (E-5, E-29, O-20). STATUS_INVALID_DEVICE_REQUEST: not for this category (E-30, A-18).
        STATUS_FILE_FORCED_CLOSED (L-21, U-41).

    Raises:
        ContractError: with check="raise": IRQL above DISPATCH, or above PASSIVE for an address list (Q-1), socket
            closed (U-41), an unfit IRP (I-3).

    Rules: E-1 to E-32, O-20, A-12, A-18, A-19, G-20; page nc-wsk-pfn_wsk_control_socket.
    IRQL: up to DISPATCH; PASSIVE for SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_CHANGE and SIO_ADDRESS_LIST_SORT.
    """
    name = "WskControlSocket"
    passive = RequestType == WskIoctl and ControlCode in _PASSIVE_ONLY

    def ask(number: int) -> Answer:
        kind, code, level = (
            ulong(name, parameter, value)
            for parameter, value in (("RequestType", RequestType), ("ControlCode", ControlCode), ("Level", Level))
        )
        given, wanted = _size("InputSize", InputSize), _size("OutputSize", OutputSize)
        _check_output(OutputBuffer, wanted, OutputSizeReturned)
        machine = Socket.provider.machine
        if kind not in {WskSetOption, WskGetOption, WskIoctl} or level != (0 if kind == WskIoctl else SOL_SOCKET):
            raise Refused
        if kind == WskSetOption and code == SO_WSK_EVENT_CALLBACK:
            npi, mask = _control(given, InputBuffer)
            Socket.settle()
            return machine.event_callback(Socket.id, npi, mask, number)
        if kind == WskSetOption:
            return machine.set_option(Socket.id, code, _ulong_input(given, InputBuffer), number)
        if kind == WskGetOption:
            return machine.get_option(Socket.id, code, wanted, number)
        value = _ioctl_input(code, given, InputBuffer)
        addresses = _address_list(InputBuffer) if code == SIO_ADDRESS_LIST_SORT else None
        status, completions, rule, made = machine.ioctl(Socket.id, code, value, wanted, number, addresses=addresses)
        if made is not None:
            _write_ioctl(code, made, OutputBuffer, OutputSizeReturned)
        return status, completions, rule

    def deliver(completion: Completion) -> int:
        if completion[4] is not None:
            _write(completion[4], int.from_bytes(completion[4], "little"), OutputBuffer, OutputSizeReturned)
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
        OutputBuffer: an Out, which takes the value as an object, or None.
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
        given, wanted = _size("InputSize", InputSize), _size("OutputSize", OutputSize)
        _check_output(OutputBuffer, wanted, OutputSizeReturned)
        machine = client.provider.machine
        if code == WSK_SET_STATIC_EVENT_CALLBACKS:
            npi, mask = _control(given, InputBuffer)
            if wanted or OutputBuffer is not None:
                raise Refused
            return machine.set_static_events(client.id, npi, mask, number)
        if code == WSK_TRANSPORT_LIST_QUERY:
            status, completions, rule, needed, rows = machine.transport_list_query(client.id, wanted, number)
            _told(OutputSizeReturned, needed)
            if rows:
                made = [WSK_TRANSPORT(*row) for row in rows]
                _write(b"", made, OutputBuffer, None)
            return status, completions, rule
        if code == WSK_TRANSPORT_LIST_CHANGE:
            return machine.transport_list_change(client.id, number)
        if code == WSK_CACHE_SD:
            status, completions, rule, cached = machine.cache_sd(client.id, _bytes(given, InputBuffer), number)
            if status == 0:
                _write(cached.to_bytes(8, "little"), cached, OutputBuffer, OutputSizeReturned)
            return status, completions, rule
        return _OPERATIONS.get(code, _unknown)(machine, client.id, given, InputBuffer, number)

    return client_request(name, Client, Irp, ask)


def _release_sd(machine: Any, client: int, size: int, buffer: Any, number: int) -> Answer:
    if size != 8:
        raise Refused
    answer: Answer = machine.release_sd(client, _pointer(buffer), number)
    return answer


def _tdi_behavior(machine: Any, client: int, size: int, buffer: Any, number: int) -> Answer:
    value = _ulong_input(size, buffer)
    if value is None:
        raise Refused
    answer: Answer = machine.tdi_behavior(client, value, number)
    return answer


def _tdi_mapping(machine: Any, client: int, size: int, buffer: Any, number: int) -> Answer:
    if buffer is None or size == 0:
        raise Refused
    answer: Answer = machine.tdi_mapping(client, [(int(p), int(f), int(t), str(n)) for p, f, t, n in buffer], number)
    return answer


def _unknown(machine: Any, client: int, size: int, buffer: Any, number: int) -> Answer:
    del machine, client, size, buffer, number
    raise Refused


_OPERATIONS: Final[dict[int, Callable[[Any, int, int, Any, int], Answer]]] = {
    WSK_RELEASE_SD: _release_sd,
    WSK_TDI_BEHAVIOR: _tdi_behavior,
    WSK_TDI_DEVICENAME_MAPPING: _tdi_mapping,
}


def _size(parameter: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"asked for an int as {parameter}; found {type(value).__name__}; pass a SIZE_T")
    if value < 0:
        raise Refused
    return value


def _npi(npi: object) -> int:
    if npi is None:
        return _NPI_NULL
    if not isinstance(npi, bytes | bytearray | memoryview) or len(npi) != 16:
        raise TypeError("asked for 16 bytes as NpiId; found something else; pass NPI_WSK_INTERFACE_ID [E-5]")
    return _NPI_WSK if bytes(npi) == NPI_WSK_INTERFACE_ID else _NPI_OTHER


def _control(size: int, buffer: object) -> tuple[int, int]:
    if buffer is None:
        raise Refused
    if not isinstance(buffer, WSK_EVENT_CALLBACK_CONTROL):
        kind = type(buffer).__name__
        raise TypeError(f"asked for a WSK_EVENT_CALLBACK_CONTROL as InputBuffer; found {kind}; pass one [E-4]")
    if size != sizeof(buffer):
        raise Refused
    return _npi(buffer.NpiId), ulong("WSK_EVENT_CALLBACK_CONTROL", "EventMask", buffer.EventMask)


def _ulong_input(size: int, buffer: Any) -> int | None:
    if buffer is None or size != 4:
        return None
    if isinstance(buffer, int):
        return ulong("the option", "InputBuffer", int(buffer))
    view = memoryview(buffer).cast("B")
    return int.from_bytes(view[:4], "little") if view.nbytes >= 4 else None


def _pointer(buffer: Any) -> int:
    if buffer is None:
        raise Refused
    if isinstance(buffer, int) and not isinstance(buffer, bool):
        return buffer & 0xFFFFFFFFFFFFFFFF
    view = memoryview(buffer).cast("B")
    if view.nbytes < 8:
        raise Refused
    return int.from_bytes(view[:8], "little")


def _bytes(size: int, buffer: Any) -> bytes:
    view = memoryview(buffer if buffer is not None else b"").cast("B")
    if size == 0 or view.nbytes < size:
        raise Refused
    return bytes(view[:size])


def _ioctl_input(code: int, size: int, buffer: Any) -> int | Address | None:
    if code in _ADDRESSED:
        address = to_machine("WskControlSocket", "InputBuffer", buffer)
        if address is not None and size != sizeof(buffer):
            raise Refused
        return address
    if code == SIO_WSK_REGISTER_EXTENSION:
        return _npi(getattr(buffer, "NpiId", None))
    if code == SIO_ADDRESS_LIST_SORT or buffer is None:
        return None
    return _ulong_input(size, buffer)


def _address_list(buffer: Any) -> list[Address] | None:
    if buffer is None:
        return None
    found = [to_machine("WskControlSocket", "InputBuffer", one) for one in buffer]
    return [one for one in found if one is not None]


def _check_output(buffer: Any, size: int, returned: object) -> None:
    if returned is not None and not isinstance(returned, Out):
        raise TypeError(f"asked for an Out as OutputSizeReturned; found {type(returned).__name__}; pass wsk.Out()")
    if isinstance(buffer, Out):
        return
    if buffer is None:
        if size:
            raise Refused
        return
    view = memoryview(buffer).cast("B")
    if view.readonly or view.nbytes < size:
        raise Refused


def _told(returned: Out | None, count: int) -> None:
    if returned is not None:
        returned.value = count


def _write(raw: bytes, value: Any, buffer: Any, returned: Out | None) -> None:
    if isinstance(buffer, Out):
        buffer.value = value
    elif buffer is not None:
        memoryview(buffer).cast("B")[: len(raw)] = raw
    _told(returned, len(raw))


def _write_ioctl(code: int, made: Any, buffer: Any, returned: Out | None) -> None:
    if code == SIO_WSK_QUERY_INSPECT_ID:
        key, serial = made
        raw = key.to_bytes(8, "little") + serial.to_bytes(4, "little") + bytes(4)
        _write(raw, WSK_INSPECT_ID(key, serial), buffer, returned)
        return
    addresses = [found for found in map(from_machine, made) if found is not None]
    size = 8 + sum(16 + sizeof(one) for one in addresses)
    if isinstance(buffer, Out):
        buffer.value = addresses
    elif buffer is not None:
        raise TypeError("asked to write a SOCKET_ADDRESS_LIST, which holds pointers, into bytes; pass wsk.Out()")
    _told(returned, size)
