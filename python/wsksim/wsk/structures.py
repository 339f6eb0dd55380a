"""The structures of wsk.h, and MDLs over Python buffers.

Members keep C's names and order. Pointers are references: None is NULL. Sizes and offsets, where a call wants
one, come from `sizeof` and `offsetof`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from wsksim.wsk.addresses import SOCKADDR
from wsksim.wsk.identifiers import MAKE_WSK_VERSION, NPI_WSK_INTERFACE_ID

__all__ = [
    "MDL",
    "WSK_BUF",
    "WSK_BUF_LIST",
    "WSK_CLIENT_DISPATCH",
    "WSK_CLIENT_NPI",
    "WSK_DATAGRAM_INDICATION",
    "WSK_DATA_INDICATION",
    "WSK_EVENT_CALLBACK_CONTROL",
    "WSK_INSPECT_ID",
    "WSK_PROVIDER_CHARACTERISTICS",
    "WSK_TRANSPORT",
    "IoAllocateMdl",
    "MmGetMdlByteCount",
    "MmGetSystemAddressForMdlSafe",
    "Out",
]


class Out:
    """A place for what C returns through a pointer.

    Callbacks get one for each of their out parameters (`BytesAccepted`, `AcceptSocketContext`, ...), and calls take
    one where a value arrives later than their return.

    Attributes:
        value: what was written; the provider presets it before a callback.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Out({self.value!r})"


class MDL:
    """MDL: memory that a WSK_BUF points into; here a Python buffer.

    Args:
        buffer: bytes, bytearray, memoryview or anything else with the buffer protocol; it must be writable
            where a call or the provider writes into it.
        Next: the MDL that continues this one, or None.

    Raises:
        TypeError: `buffer` has no buffer protocol, or `Next` is no MDL.

    Attributes:
        ByteCount: how many bytes this MDL describes, without `Next`.
        Next: the MDL that continues this one, or None.

    Page ns-wdm-_mdl.
    """

    __slots__ = ("Next", "_view")

    def __init__(self, buffer: Any, Next: MDL | None = None) -> None:
        if Next is not None and not isinstance(Next, MDL):
            raise TypeError(f"MDL: asked for an MDL or None as Next; found {type(Next).__name__}; chain MDLs")
        self._view = memoryview(buffer).cast("B")
        self.Next = Next

    @property
    def ByteCount(self) -> int:
        """How many bytes this MDL describes, without `Next`."""
        return self._view.nbytes

    @property
    def writable(self) -> bool:
        """Whether every MDL of the chain may be written."""
        return all(not view.readonly for view in self.views())

    def views(self) -> Iterator[memoryview]:
        """The chain's memory, piece by piece."""
        mdl: MDL | None = self
        while mdl is not None:
            yield mdl._view
            mdl = mdl.Next

    def __repr__(self) -> str:
        return f"MDL({self.ByteCount} bytes{', chained' if self.Next else ''})"


def IoAllocateMdl(
    VirtualAddress: Any,
    Length: int,
    SecondaryBuffer: bool = False,
    ChargeQuota: bool = False,
    Irp: object = None,
) -> MDL | None:
    """IoAllocateMdl: describes memory by an MDL.

    Args:
        VirtualAddress: a buffer.
        Length: bytes, 0 to 2**32 - 1; no more than the buffer has.
        SecondaryBuffer: reserved here; False.
        ChargeQuota: reserved here; ignored.
        Irp: reserved here; None.

    Returns:
        The MDL; None if the buffer is shorter than `Length`.

    Page nf-wdm-ioallocatemdl. IRQL: up to DISPATCH.
    """
    del SecondaryBuffer, ChargeQuota, Irp
    view = memoryview(VirtualAddress).cast("B")
    return MDL(view[:Length]) if 0 <= Length <= view.nbytes else None


def MmGetMdlByteCount(Mdl: MDL) -> int:
    """MmGetMdlByteCount: how many bytes an MDL describes, without the MDLs chained to it.

    Args:
        Mdl: the MDL.

    Returns:
        Bytes, >= 0.

    Page nf-wdm-mmgetmdlbytecount. IRQL: up to DISPATCH.
    """
    return Mdl.ByteCount


def MmGetSystemAddressForMdlSafe(Mdl: MDL, Priority: int = 0) -> memoryview:
    """MmGetSystemAddressForMdlSafe: the memory of an MDL, without the MDLs chained to it.

    Args:
        Mdl: the MDL.
        Priority: ignored; mapping cannot fail here.

    Returns:
        A view of the bytes, writable if the buffer is.

    Page nf-wdm-mmgetsystemaddressformdlsafe. IRQL: up to DISPATCH.
    """
    del Priority
    return next(Mdl.views())


@dataclass
class WSK_BUF:
    """WSK_BUF: a stretch of an MDL chain.

    Args:
        Mdl: an MDL, or a bare buffer, for which an MDL is made; None (NULL) only where nothing is to be transferred.
        Offset: ULONG; bytes from the beginning of the first MDL.
        Length: SIZE_T; bytes.

    Rules: I-9; page ns-wsk-_wsk_buf.
    """

    Mdl: MDL | None = None
    Offset: int = 0
    Length: int = 0

    def __post_init__(self) -> None:
        if self.Mdl is not None and not isinstance(self.Mdl, MDL):
            self.Mdl = MDL(self.Mdl)

    def pieces(self) -> list[memoryview] | None:
        """The memory that Offset and Length cut out of the chain; None if the chain is shorter."""
        if type(self.Offset) is not int or type(self.Length) is not int or self.Offset < 0 or self.Length < 0:
            return None
        found, skip, left = [], self.Offset, self.Length
        for view in self.Mdl.views() if self.Mdl is not None else ():
            piece = view[skip : skip + left]
            skip = max(0, skip - view.nbytes)
            left -= piece.nbytes
            if piece.nbytes:
                found.append(piece)
        return found if left == 0 and skip == 0 else None

    def tobytes(self) -> bytes:
        """A copy of the bytes.

        Raises:
            ValueError: the MDL chain is shorter than Offset and Length say.
        """
        pieces = self.pieces()
        if pieces is None:
            raise ValueError(f"WSK_BUF: asked for {self.Length!r} bytes at {self.Offset!r}; the MDL chain is shorter")
        return b"".join(pieces)


@dataclass
class WSK_BUF_LIST:
    """WSK_BUF_LIST: buffers of several datagrams, for WskSendMessages.

    Page ns-wsk-_wsk_buf_list.
    """

    Next: WSK_BUF_LIST | None = None
    Buffer: WSK_BUF = field(default_factory=WSK_BUF)


@dataclass(eq=False)
class WSK_DATA_INDICATION:
    """WSK_DATA_INDICATION: data that WskReceiveEvent shows, one buffer after the other.

    The provider makes it. It is valid until the callback returns, or, if that answers STATUS_PENDING, until
    WskRelease (C-24).

    Attributes:
        Next: the next piece, or None.
        Buffer: the bytes of this piece.

    Rules: G-16, C-20, C-22 to C-24; page ns-wsk-_wsk_data_indication.
    """

    Next: WSK_DATA_INDICATION | None = None
    Buffer: WSK_BUF = field(default_factory=WSK_BUF)


@dataclass(eq=False)
class WSK_DATAGRAM_INDICATION:
    """WSK_DATAGRAM_INDICATION: datagrams that WskReceiveFromEvent shows.

    The provider makes it; it is valid as long as a WSK_DATA_INDICATION is.

    Attributes:
        Next: the next datagram, or None.
        Buffer: its bytes.
        ControlInfo: None; no control information is simulated.
        ControlInfoLength: 0.
        RemoteAddress: where it came from.

    Rules: C-20, C-21, E-26; page ns-wsk-_wsk_datagram_indication.
    """

    Next: WSK_DATAGRAM_INDICATION | None = None
    Buffer: WSK_BUF = field(default_factory=WSK_BUF)
    ControlInfo: None = None
    ControlInfoLength: int = 0
    RemoteAddress: SOCKADDR | None = None


@dataclass(frozen=True)
class WSK_INSPECT_ID:
    """WSK_INSPECT_ID: names a connection request under conditional accept; compared by content (A-15).

    Attributes:
        Key: ULONG_PTR.
        SerialNumber: ULONG.

    Rules: A-14, A-15; page ns-wsk-_wsk_inspect_id.
    """

    Key: int = 0
    SerialNumber: int = 0


@dataclass
class WSK_EVENT_CALLBACK_CONTROL:
    """WSK_EVENT_CALLBACK_CONTROL: which events a control call enables or disables.

    Args:
        NpiId: 16 bytes, NPI_WSK_INTERFACE_ID for the standard events; compared by value (E-5).
        EventMask: ULONG bit set of WSK_EVENT_*.

    Rules: E-4 to E-12; page ns-wsk-_wsk_event_callback_control.
    """

    NpiId: bytes | None = NPI_WSK_INTERFACE_ID
    EventMask: int = 0


@dataclass(frozen=True)
class WSK_TRANSPORT:
    """WSK_TRANSPORT: one transport that the provider offers.

    Attributes:
        Version: USHORT.
        SocketType: USHORT, SOCK_STREAM or SOCK_DGRAM.
        Protocol: ULONG, IPPROTO_TCP or IPPROTO_UDP.
        AddressFamily: USHORT, AF_INET or AF_INET6.
        ProviderId: GUID, 16 bytes.

    Page ns-wsk-_wsk_transport.
    """

    Version: int
    SocketType: int
    Protocol: int
    AddressFamily: int
    ProviderId: bytes = bytes(16)


@dataclass(frozen=True)
class WSK_PROVIDER_CHARACTERISTICS:
    """WSK_PROVIDER_CHARACTERISTICS: the versions that the provider offers.

    Attributes:
        HighestVersion: USHORT, as MAKE_WSK_VERSION makes it.
        LowestVersion: USHORT.

    Rules: O-19; page ns-wsk-_wsk_provider_characteristics.
    """

    HighestVersion: int
    LowestVersion: int


_VERSION_1: Final = MAKE_WSK_VERSION(1, 0)


@dataclass(frozen=True)
class WSK_CLIENT_DISPATCH:
    """WSK_CLIENT_DISPATCH: what a WSK application tells of itself when it registers.

    Args:
        Version: USHORT, the wanted version, as MAKE_WSK_VERSION makes it.
        Reserved: USHORT; must be 0.
        WskClientEvent: None, or a callable (ClientContext, EventType, Information, InformationLength) that
            returns STATUS_NOT_IMPLEMENTED; no event is defined, so it is never called (O-11).

    Rules: O-10, O-11; page ns-wsk-_wsk_client_dispatch.
    """

    Version: int = _VERSION_1
    Reserved: int = 0
    WskClientEvent: Callable[[Any, int, Any, int], int] | None = None


@dataclass(frozen=True)
class WSK_CLIENT_NPI:
    """WSK_CLIENT_NPI: an application's context and table, as WskRegister takes them.

    Args:
        ClientContext: any object; handed to WskClientEvent.
        Dispatch: the application's WSK_CLIENT_DISPATCH; it has to outlive the registration (O-12).

    Rules: O-12; page ns-wsk-_wsk_client_npi.
    """

    ClientContext: Any = None
    Dispatch: WSK_CLIENT_DISPATCH | None = None
