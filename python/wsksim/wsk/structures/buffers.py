"""The structures of wsk.h.

Members keep C's names and order. Pointers are references: None is NULL. Sizes and offsets, where a call wants
one, come from `sizeof` and `offsetof`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from wsksim import _native
from wsksim._native import WSK_DATA_INDICATION, Out
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.structures.mdl import MDL
from wsksim.wsk.words.arguments import instance, integer
from wsksim.wsk.words.identifiers import MAKE_WSK_VERSION, NPI_WSK_INTERFACE_ID

__all__ = [
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
    "Out",
]


class WSK_BUF(_native.Buf):
    """WSK_BUF: a stretch of an MDL chain.

    Args:
        Mdl: an MDL, or a bare buffer, for which an MDL is made; None (NULL) only where nothing is to be transferred.
        Offset: ULONG; bytes from the beginning of the first MDL.
        Length: SIZE_T; bytes.

    Rules: I-9; page ns-wsk-_wsk_buf.
    """

    __slots__ = ()

    def pieces(self, caller: str = "WSK_BUF") -> list[memoryview] | None:
        """The memory that Offset and Length cut out of the chain; None if that is shorter, has no end, or was freed.

        Raises:
            TypeError: a member was assigned that is of another type.
        """
        first = instance(caller, "Mdl", self.Mdl, MDL)
        skip = integer(caller, "Offset", self.Offset, "ULONG")
        left = integer(caller, "Length", self.Length, "SIZE_T")
        chain = first.chain() if first is not None else []
        if chain is None or not 0 <= skip <= 0xFFFFFFFF or left < 0:
            return None
        found = []
        for mdl in chain:
            piece = mdl._view[skip : skip + left]
            skip = max(0, skip - mdl.ByteCount)
            left -= piece.nbytes
            if piece.nbytes:
                found.append(piece)
            elif left and mdl._freed is not None:
                return None
        return found if left == 0 and skip == 0 else None

    def memory(self) -> int | None:
        """How many bytes the MDLs have together; None if the chain has no end."""
        chain = self.Mdl.chain() if self.Mdl is not None else []
        return None if chain is None else sum(mdl.ByteCount for mdl in chain)

    def is_freed(self) -> bool:
        """Whether one of the MDLs was given to IoFreeMdl."""
        chain = self.Mdl.chain() if self.Mdl is not None else []
        return any(mdl._freed is not None for mdl in chain or ())

    def _joined(self) -> bytes:
        """What `tobytes` gives for any buffer."""
        pieces = self.pieces()
        if pieces is None:
            raise ValueError(f"WSK_BUF: asked for {self.Length!r} bytes at {self.Offset!r}; the MDL chain is shorter")
        return b"".join(pieces)


@dataclass
class WSK_BUF_LIST:
    """WSK_BUF_LIST: buffers of several datagrams, for WskSendMessages.

    Args:
        Next: the next datagram, or None; a list that comes back to itself is answered with STATUS_INVALID_PARAMETER.
        Buffer: a WSK_BUF, the bytes of this datagram.

    Rules: I-9, U-26; page ns-wsk-_wsk_buf_list.
    """

    Next: WSK_BUF_LIST | None = None
    Buffer: WSK_BUF = field(default_factory=WSK_BUF)

    def chain(self, caller: str = "WSK_BUF_LIST") -> list[WSK_BUF_LIST] | None:
        """This element and those after it; None if the list comes back to itself.

        Raises:
            TypeError: a member was assigned that is of another type.
        """
        found: dict[int, WSK_BUF_LIST] = {}
        part: WSK_BUF_LIST | None = self
        while part is not None:
            if id(part) in found:
                return None
            found[id(part)] = part
            part = instance(caller, "Next", part.Next, WSK_BUF_LIST)
        return list(found.values())


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

    Raises:
        TypeError: a member is no int.

    Rules: A-14, A-15; page ns-wsk-_wsk_inspect_id.
    """

    Key: int = 0
    SerialNumber: int = 0

    def __post_init__(self) -> None:
        integer("WSK_INSPECT_ID", "Key", self.Key, "ULONG_PTR")
        integer("WSK_INSPECT_ID", "SerialNumber", self.SerialNumber, "ULONG")


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

    Rules: 1.7; page ns-wsk-_wsk_transport.
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

    Raises:
        TypeError: a member is of another type.

    Rules: O-10, O-11; page ns-wsk-_wsk_client_dispatch.
    """

    Version: int = _VERSION_1
    Reserved: int = 0
    WskClientEvent: Callable[[Any, int, Any, int], int] | None = None

    def __post_init__(self) -> None:
        integer("WSK_CLIENT_DISPATCH", "Version", self.Version, "USHORT")
        integer("WSK_CLIENT_DISPATCH", "Reserved", self.Reserved, "USHORT")
        event = self.WskClientEvent
        if event is not None and not callable(event):
            kind = type(event).__name__
            text = f"WSK_CLIENT_DISPATCH: asked for a callable or None as WskClientEvent; found {kind}; pass a function"
            raise TypeError(text)


@dataclass(frozen=True)
class WSK_CLIENT_NPI:
    """WSK_CLIENT_NPI: an application's context and table, as WskRegister takes them.

    Args:
        ClientContext: any object; handed to WskClientEvent.
        Dispatch: the application's WSK_CLIENT_DISPATCH; it has to outlive the registration (O-12). None (NULL) is
            answered with STATUS_INVALID_PARAMETER by WskRegister.

    Raises:
        TypeError: `Dispatch` is another thing.

    Rules: O-12; page ns-wsk-_wsk_client_npi.
    """

    ClientContext: Any = None
    Dispatch: WSK_CLIENT_DISPATCH | None = None

    def __post_init__(self) -> None:
        instance("WSK_CLIENT_NPI", "Dispatch", self.Dispatch, WSK_CLIENT_DISPATCH)
