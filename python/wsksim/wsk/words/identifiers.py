"""Numbers of wsk.h and its neighbours that are neither flag, event mask nor status.

Rules: 1.5, E-5, Q-1; pages nc-wsk-pfn_wsk_control_socket, nc-wsk-pfn_wsk_inspect_event, nf-wsk-wskcaptureprovidernpi,
ns-wsk-_wsk_event_callback_control, nc-wsk-pfn_wsk_socket, nc-wsk-pfn_wsk_get_address_info, ns-ws2def-sockaddr_in,
managing-hardware-priorities.
"""

import enum
from typing import Final

from wsksim.kinds import is_whole
from wsksim.wording import in_hex

__all__ = [
    "AF_INET",
    "AF_INET6",
    "AF_UNSPEC",
    "APC_LEVEL",
    "DISPATCH_LEVEL",
    "INADDR_ANY",
    "INADDR_BROADCAST",
    "INADDR_LOOPBACK",
    "INADDR_NONE",
    "IPPROTO_TCP",
    "IPPROTO_UDP",
    "MAKE_WSK_VERSION",
    "NPI_WSK_INTERFACE_ID",
    "NS_ALL",
    "PASSIVE_LEVEL",
    "SOCK_DGRAM",
    "SOCK_RAW",
    "SOCK_STREAM",
    "WSK_CONTROL_SOCKET_TYPE",
    "WSK_INFINITE_WAIT",
    "WSK_INSPECT_ACTION",
    "WSK_MAJOR_VERSION",
    "WSK_MINOR_VERSION",
    "WSK_NO_WAIT",
    "WskControlMax",
    "WskGetOption",
    "WskInspectAccept",
    "WskInspectMax",
    "WskInspectPend",
    "WskInspectReject",
    "WskIoctl",
    "WskSetOption",
    "in6addr_any",
    "in6addr_loopback",
]

PASSIVE_LEVEL: Final[int] = 0
APC_LEVEL: Final[int] = 1
DISPATCH_LEVEL: Final[int] = 2

WskSetOption: Final[int] = 0
WskGetOption: Final[int] = 1
WskIoctl: Final[int] = 2
WskControlMax: Final[int] = 3

WskInspectReject: Final[int] = 0
WskInspectAccept: Final[int] = 1
WskInspectPend: Final[int] = 2
WskInspectMax: Final[int] = 3


class WSK_CONTROL_SOCKET_TYPE(enum.IntEnum):
    """WSK_CONTROL_SOCKET_TYPE: what RequestType of WskControlSocket asks for, for printing and checking.

    Attributes:
        WskSetOption: sets an option of the socket.
        WskGetOption: reads one.
        WskIoctl: performs an ioctl.
        WskControlMax: none; it ends the list.

    Raises:
        ValueError: the number is no request type.

    Rules: 1.5, E-4; page nc-wsk-pfn_wsk_control_socket.
    """

    WskSetOption = WskSetOption
    WskGetOption = WskGetOption
    WskIoctl = WskIoctl
    WskControlMax = WskControlMax


class WSK_INSPECT_ACTION(enum.IntEnum):
    """WSK_INSPECT_ACTION: what WskInspectEvent answers, and WskInspectComplete takes, for printing and checking.

    Attributes:
        WskInspectReject: the request is dropped; neither an accept nor an abort event follows (A-14).
        WskInspectAccept: it goes on; one of these follows.
        WskInspectPend: WskInspectComplete decides it later; only WskInspectEvent answers this (A-16).
        WskInspectMax: none; it ends the list.

    Raises:
        ValueError: the number is no action.

    Rules: 1.5, A-14, A-16; pages nc-wsk-pfn_wsk_inspect_event, nc-wsk-pfn_wsk_inspect_complete.
    """

    WskInspectReject = WskInspectReject
    WskInspectAccept = WskInspectAccept
    WskInspectPend = WskInspectPend
    WskInspectMax = WskInspectMax


WSK_NO_WAIT: Final[int] = 0
WSK_INFINITE_WAIT: Final[int] = 0xFFFFFFFF

AF_UNSPEC: Final[int] = 0
AF_INET: Final[int] = 2
AF_INET6: Final[int] = 23
SOCK_STREAM: Final[int] = 1
SOCK_DGRAM: Final[int] = 2
SOCK_RAW: Final[int] = 3
IPPROTO_TCP: Final[int] = 6
IPPROTO_UDP: Final[int] = 17
NS_ALL: Final[int] = 0

# As SOCKADDR_IN takes them: an int without byte order, whose highest byte is the first of the address.
INADDR_ANY: Final[int] = 0x00000000
INADDR_LOOPBACK: Final[int] = 0x7F000001
INADDR_BROADCAST: Final[int] = 0xFFFFFFFF
INADDR_NONE: Final[int] = 0xFFFFFFFF
in6addr_any: Final[bytes] = bytes(16)
in6addr_loopback: Final[bytes] = bytes(15) + b"\x01"

NPI_WSK_INTERFACE_ID: Final[bytes] = bytes.fromhex("03E827228B8DD411ABAD009027719E09")
"""The 16 bytes of the GUID {2227E803-8D8B-11D4-ABAD-009027719E09} as they lie in memory."""


def MAKE_WSK_VERSION(Mj: int, Mn: int) -> int:
    """MAKE_WSK_VERSION: a 16-bit version, the major number in the high byte.

    Args:
        Mj: 0 to 255.
        Mn: 0 to 255.

    Returns:
        The version; (1, 0) is 0x0100.

    Raises:
        TypeError: a number is no int.
        ValueError: a number does not fit a byte.

    Rules: 1.5, O-10; page ns-wsk-_wsk_client_dispatch. IRQL: any; C's compiler computes it. It has no status.
    """
    return _fits("MAKE_WSK_VERSION", "two bytes, Mj", Mj, 0xFF) << 8 | _fits(
        "MAKE_WSK_VERSION", "two bytes, Mn", Mn, 0xFF
    )


def WSK_MAJOR_VERSION(Version: int) -> int:
    """WSK_MAJOR_VERSION: the high byte of a 16-bit version.

    Args:
        Version: USHORT, as MAKE_WSK_VERSION makes it.

    Returns:
        0 to 255.

    Raises:
        TypeError: no int.
        ValueError: the number does not fit 16 bits.

    Rules: 1.5, O-15; page ns-wsk-_wsk_provider_dispatch. IRQL: any; C's compiler computes it. It has no status.
    """
    return _fits("WSK_MAJOR_VERSION", "Version", Version, 0xFFFF) >> 8


def WSK_MINOR_VERSION(Version: int) -> int:
    """WSK_MINOR_VERSION: the low byte of a 16-bit version.

    Args:
        Version: USHORT, as MAKE_WSK_VERSION makes it.

    Returns:
        0 to 255.

    Raises:
        TypeError: no int.
        ValueError: the number does not fit 16 bits.

    Rules: 1.5, O-15; page ns-wsk-_wsk_provider_dispatch. IRQL: any; C's compiler computes it. It has no status.
    """
    return _fits("WSK_MINOR_VERSION", "Version", Version, 0xFFFF) & 0xFF


def _fits(caller: str, parameter: str, value: object, most: int) -> int:
    if not is_whole(value):
        raise TypeError(f"{caller}: asked for an int as {parameter}; found {type(value).__name__}; pass a number")
    if not 0 <= value <= most:
        raise ValueError(f"{caller}: asked for {parameter} from 0 to {most}; found {in_hex(value)}; pass one of these")
    return value
