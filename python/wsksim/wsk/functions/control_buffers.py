"""Control buffers: what InputBuffer and OutputBuffer of the control functions hold.

C passes bytes there. Here a structure is an object, a ULONG may be an int, and an output may be an `Out`. This module
reads and writes; the provider judges sizes and values.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from wsksim._native import ControlInput, ControlOutput, _packed, _to_machine
from wsksim.kinds import is_a
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.structures.buffers import WSK_EVENT_CALLBACK_CONTROL, WSK_INSPECT_ID, Out
from wsksim.wsk.structures.layout import sizeof
from wsksim.wsk.words.arguments import byte_view, instance, size_t, ulong, ushort
from wsksim.wsk.words.identifiers import AF_INET
from wsksim.wsk.words.refused import Misfit, Refused

__all__ = [
    "INSPECT_ID",
    "Output",
    "address",
    "address_list",
    "descriptor",
    "event_control",
    "guid_of",
    "list_in_memory",
    "mappings",
    "pointer",
    "ulong_input",
]

_GUID: Final = 16
_ULONG: Final = 4
_POINTER: Final = 8
_MAP_INFO: Final = 16  # WSK_TDI_MAP_INFO: a count and a pointer
_ANY_SIZE: Final = 2**64 - 1  # an Out takes whatever is written
_LIST_HEAD: Final = struct.Struct("<i4x")  # SOCKET_ADDRESS_LIST: a count, and then so many SOCKET_ADDRESS
_SOCKET_ADDRESS: Final = struct.Struct("<Qi4x")  # a pointer and a length
INSPECT_ID: Final = struct.Struct("<QI4x")


class Output:
    """Where a control function writes.

    OutputBuffer is a PVOID: memory, a WSK_INSPECT_ID, or an `Out`. Memory is taken hold of when the call is made, so
    that it can neither move nor shrink before it completes (I-9).

    Attributes:
        given: its sizes, for the provider.
    """

    __slots__ = ("_cell", "_returned", "_view", "given")

    def __init__(self, name: str, size: object, buffer: Any, returned: object) -> None:
        """Looks at the three output parameters.

        Raises:
            TypeError: one is of another type.
            Misfit: OutputSize does not fit its type.
        """
        self._returned = instance(name, "OutputSizeReturned", returned, Out)
        self._cell = buffer if isinstance(buffer, Out | WSK_INSPECT_ID) else None
        self._view = byte_view(name, "OutputBuffer", buffer) if buffer is not None and self._cell is None else None
        memory, writable = None, True
        if self._view is not None:
            memory, writable = self._view.nbytes, not self._view.readonly
        elif self._cell is not None:
            memory = _ANY_SIZE if isinstance(self._cell, Out) else sizeof(WSK_INSPECT_ID)
        self.given = ControlOutput(size_t(name, "OutputSize", size), memory, writable)

    @property
    def address(self) -> int:
        """Where OutputBuffer lies, for pointers into it; 0 if it is no memory."""
        if not self._view:
            return 0
        import ctypes  # start-up: 2 ms, for addresses in memory only

        return ctypes.addressof(ctypes.c_char.from_buffer(self._view))

    def tell(self, count: int) -> None:
        """Sets OutputSizeReturned."""
        if self._returned is not None:
            self._returned.value = count

    def write(self, raw: bytes, value: Any) -> None:
        """Writes the bytes into memory, or the value into an `Out`."""
        if isinstance(self._cell, Out):
            self._cell.value = value
        elif self._cell is not None:
            key, serial = INSPECT_ID.unpack(raw.ljust(INSPECT_ID.size, b"\0"))
            # Constant for the application; the provider writes it as C does.
            vars(self._cell).update(Key=key, SerialNumber=serial)
        elif self._view is not None:
            self._view[: len(raw)] = raw
        self.tell(len(raw))


def guid_of(npi: object) -> bytes | None:
    """The bytes of an NpiId; None for NULL.

    Raises:
        TypeError: it is no GUID.
    """
    if npi is None:
        return None
    if not is_a(npi, bytes, bytearray, memoryview):
        raise TypeError(f"asked for bytes as NpiId; found {type(npi).__name__}; pass NPI_WSK_INTERFACE_ID [E-5]")
    raw = bytes(byte_view("NpiId", "NpiId", npi))
    if len(raw) != _GUID:
        raise TypeError(f"asked for 16 bytes as NpiId; found {len(raw)}; pass NPI_WSK_INTERFACE_ID [E-5]")
    return raw


def address(name: str, size: int, buffer: object) -> ControlInput | Refused:
    """A SOCKADDR.

    Raises:
        TypeError: it is none, or a member is of another type.
    """
    found = _to_machine(name, "InputBuffer", buffer)
    if isinstance(found, Refused):
        return found
    return ControlInput(size, None if found is None else sizeof(buffer), found)


def event_control(name: str, size: int, buffer: object) -> ControlInput:
    """NpiId and EventMask of a WSK_EVENT_CALLBACK_CONTROL.

    Raises:
        TypeError: it is none, or a member is of another type.
        Misfit: EventMask does not fit its type.
    """
    given = instance(name, "InputBuffer", buffer, WSK_EVENT_CALLBACK_CONTROL)
    if given is None:
        return ControlInput(size, None, None)
    mask = ulong("WSK_EVENT_CALLBACK_CONTROL", "EventMask", given.EventMask)
    return ControlInput(size, sizeof(given), guid_of(given.NpiId), mask)


def ulong_input(name: str, size: int, buffer: Any) -> ControlInput:
    """A ULONG, as an int or as bytes.

    Raises:
        TypeError: it is neither.
        Misfit: the int does not fit 32 bits.
    """
    if buffer is None:
        return ControlInput(size, None, None)
    if is_a(buffer, int):
        # What InputSize says otherwise is no ULONG, whatever the number.
        return ControlInput(size, _ULONG, ulong(name, "InputBuffer", int(buffer)) if size == _ULONG else None)
    view = byte_view(name, "InputBuffer", buffer)
    return ControlInput(size, view.nbytes, int.from_bytes(view[:_ULONG], "little"))


def pointer(name: str, size: int, buffer: Any) -> ControlInput:
    """What WSK_CACHE_SD gave, as the int or as its bytes.

    Raises:
        TypeError: it is neither.
        Misfit: it does not fit a pointer.
    """
    if buffer is None:
        return ControlInput(size, None, None)
    if is_a(buffer, int):
        return ControlInput(size, _POINTER, size_t(name, "InputBuffer", buffer))
    view = byte_view(name, "InputBuffer", buffer)
    return ControlInput(size, view.nbytes, int.from_bytes(view[:_POINTER], "little"))


def descriptor(name: str, size: int, buffer: Any) -> ControlInput:
    """A security descriptor, which nobody reads.

    Raises:
        TypeError: no bytes.
    """
    view = byte_view(name, "InputBuffer", buffer) if buffer is not None else None
    return ControlInput(size, None if view is None else view.nbytes, None)


def address_list(name: str, size: int, buffer: Any) -> ControlInput:
    """The addresses of a SOCKET_ADDRESS_LIST, here a list of SOCKADDRs.

    Raises:
        TypeError: it is another thing.
        Misfit: an address does not fit its structure.
    """
    if buffer is None:
        return ControlInput(size, None, None)
    if not is_a(buffer, list, tuple) or any(one is None for one in buffer):
        kind = type(buffer).__name__
        raise TypeError(f"{name}: asked for a list of SOCKADDRs as InputBuffer; found {kind}; pass one")
    found = [_to_machine(name, "InputBuffer", one) for one in buffer]
    if any(isinstance(one, Refused) for one in found):
        raise Misfit
    return ControlInput(size, size, found)


def list_in_memory(addresses: list[SOCKADDR], place: int) -> bytes:
    """A SOCKET_ADDRESS_LIST as it lies at `place`: the addresses it points to follow it."""
    table, bodies = _LIST_HEAD.pack(len(addresses)), b""
    first = place + len(table) + _SOCKET_ADDRESS.size * len(addresses)
    for one in addresses:
        family, host, port = _packed("SOCKET_ADDRESS_LIST", "an address", one)
        rest = host + bytes(8) if family == AF_INET else bytes(4) + host + bytes(4)
        body = family.to_bytes(2, "little") + port.to_bytes(2, "big") + rest
        table += _SOCKET_ADDRESS.pack(first + len(bodies), len(body))
        bodies += body
    return table + bodies


def mappings(name: str, size: int, buffer: Any) -> ControlInput:
    """The elements of a WSK_TDI_MAP_INFO: (protocol, family, type, device name), which nobody reads.

    Raises:
        TypeError: it is no list of these.
        Misfit: a number does not fit its type.
    """
    if buffer is None:
        return ControlInput(size, None, None)
    wanted = "a list of (Protocol, AddressFamily, SocketType, name)"
    if not is_a(buffer, list, tuple):
        raise TypeError(f"{name}: asked for {wanted} as InputBuffer; found {type(buffer).__name__}; pass one")
    for one in buffer:
        if not is_a(one, tuple) or len(one) != 4 or not is_a(one[3], str):
            raise TypeError(f"{name}: asked for {wanted} as InputBuffer; found another element in it; pass these")
        protocol, family, kind, _ = one
        ulong(name, "Protocol", protocol)
        ushort(name, "AddressFamily", family)
        ushort(name, "SocketType", kind)
    return ControlInput(size, _MAP_INFO, None)
