"""Numbers of wsk.h and its neighbours that are neither flag, event mask nor status."""

import enum
from typing import Final

__all__ = [
    "AF_INET",
    "AF_INET6",
    "APC_LEVEL",
    "DISPATCH_LEVEL",
    "IPPROTO_TCP",
    "IPPROTO_UDP",
    "MAKE_WSK_VERSION",
    "NPI_WSK_INTERFACE_ID",
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
    """WSK_CONTROL_SOCKET_TYPE: what RequestType of WskControlSocket asks for, for printing and checking."""

    WskSetOption = WskSetOption
    WskGetOption = WskGetOption
    WskIoctl = WskIoctl
    WskControlMax = WskControlMax


class WSK_INSPECT_ACTION(enum.IntEnum):
    """WSK_INSPECT_ACTION: what WskInspectEvent answers, for printing and checking."""

    WskInspectReject = WskInspectReject
    WskInspectAccept = WskInspectAccept
    WskInspectPend = WskInspectPend
    WskInspectMax = WskInspectMax


WSK_NO_WAIT: Final[int] = 0
WSK_INFINITE_WAIT: Final[int] = 0xFFFFFFFF

AF_INET: Final[int] = 2
AF_INET6: Final[int] = 23
SOCK_STREAM: Final[int] = 1
SOCK_DGRAM: Final[int] = 2
SOCK_RAW: Final[int] = 3
IPPROTO_TCP: Final[int] = 6
IPPROTO_UDP: Final[int] = 17

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
        ValueError: a number does not fit a byte.
    """
    if not (0 <= Mj <= 0xFF and 0 <= Mn <= 0xFF):
        raise ValueError(f"MAKE_WSK_VERSION: asked for two bytes; found Mj={Mj}, Mn={Mn}; pass 0 to 255 each")
    return Mj << 8 | Mn


def WSK_MAJOR_VERSION(Version: int) -> int:
    """WSK_MAJOR_VERSION: the high byte of a 16-bit version."""
    return Version >> 8 & 0xFF


def WSK_MINOR_VERSION(Version: int) -> int:
    """WSK_MINOR_VERSION: the low byte of a 16-bit version."""
    return Version & 0xFF
