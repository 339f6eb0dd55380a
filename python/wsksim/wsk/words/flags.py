"""WSK_FLAG_* values. Each parameter has its own meaning for 1, 2, 4 and 8.

Rules: 1.3, C-2, D-5, G-10 to G-14, L-2; pages nc-wsk-pfn_wsk_socket, nc-wsk-pfn_wsk_disconnect,
nc-wsk-pfn_wsk_disconnect_event, nc-wsk-pfn_wsk_receive, nc-wsk-pfn_wsk_receive_event,
nc-wsk-pfn_wsk_receive_from_event, nc-wsk-pfn_wsk_send.
"""

import enum
from typing import Final

__all__ = [
    "MSG_BCAST",
    "MSG_CTRUNC",
    "MSG_MCAST",
    "MSG_TRUNC",
    "WSK_FLAG_ABORTIVE",
    "WSK_FLAG_AT_DISPATCH_LEVEL",
    "WSK_FLAG_BASIC_SOCKET",
    "WSK_FLAG_CONNECTION_SOCKET",
    "WSK_FLAG_DATAGRAM_SOCKET",
    "WSK_FLAG_DRAIN",
    "WSK_FLAG_ENTIRE_MESSAGE",
    "WSK_FLAG_LISTEN_SOCKET",
    "WSK_FLAG_NODELAY",
    "WSK_FLAG_OOB",
    "WSK_FLAG_RELEASE_ASAP",
    "WSK_FLAG_STREAM_SOCKET",
    "WSK_FLAG_WAITALL",
    "DisconnectFlags",
]

# WskSocket Flags: a category, not a bit set.
WSK_FLAG_BASIC_SOCKET: Final[int] = 0x00000000
WSK_FLAG_LISTEN_SOCKET: Final[int] = 0x00000001
WSK_FLAG_CONNECTION_SOCKET: Final[int] = 0x00000002
WSK_FLAG_DATAGRAM_SOCKET: Final[int] = 0x00000004
WSK_FLAG_STREAM_SOCKET: Final[int] = 0x00000008

# WskDisconnectEvent Flags; ABORTIVE is also WskDisconnect's, AT_DISPATCH_LEVEL every event's.
WSK_FLAG_ABORTIVE: Final[int] = 0x00000001
WSK_FLAG_AT_DISPATCH_LEVEL: Final[int] = 0x00000008

# WskReceiveEvent Flags.
WSK_FLAG_RELEASE_ASAP: Final[int] = 0x00000002
WSK_FLAG_ENTIRE_MESSAGE: Final[int] = 0x00000004

# WskSend and WskReceive Flags; OOB is known to the header only.
WSK_FLAG_OOB: Final[int] = 0x00000001
WSK_FLAG_NODELAY: Final[int] = 0x00000002
WSK_FLAG_WAITALL: Final[int] = 0x00000002
WSK_FLAG_DRAIN: Final[int] = 0x00000004

# WskReceiveFromEvent Flags, beside AT_DISPATCH_LEVEL.
MSG_TRUNC: Final[int] = 0x00000100
MSG_CTRUNC: Final[int] = 0x00000200
MSG_BCAST: Final[int] = 0x00000400
MSG_MCAST: Final[int] = 0x00000800


class DisconnectFlags(enum.IntFlag, boundary=enum.STRICT):
    """DisconnectFlags: the Flags of WskDisconnectEvent; 0, 1, 8 and 9 are legal.

    Raises:
        ValueError: a bit is set that WskDisconnectEvent does not know; none is masked away.

    Rules: D-5, D-6, D-7; page nc-wsk-pfn_wsk_disconnect_event.
    """

    WSK_FLAG_ABORTIVE = WSK_FLAG_ABORTIVE
    WSK_FLAG_AT_DISPATCH_LEVEL = WSK_FLAG_AT_DISPATCH_LEVEL
