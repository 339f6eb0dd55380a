"""Socket options, ioctls and client operations: what ControlCode and Level take, and the parts of an ioctl.

Rules: 1.4, E-4, E-20, A-12, A-18, A-19, G-20, O-20; pages so-wsk-event-callback,
nc-wsk-pfn_wsk_control_socket, nc-wsk-pfn_wsk_control_client.
"""

from typing import Final

__all__ = [
    "IOC_IN",
    "IOC_INOUT",
    "IOC_OUT",
    "IOC_VOID",
    "IOC_WS2",
    "IOC_WSK",
    "SIO_ADDRESS_LIST_CHANGE",
    "SIO_ADDRESS_LIST_QUERY",
    "SIO_ADDRESS_LIST_SORT",
    "SIO_WSK_QUERY_IDEAL_SEND_BACKLOG",
    "SIO_WSK_QUERY_INSPECT_ID",
    "SIO_WSK_QUERY_RECEIVE_BACKLOG",
    "SIO_WSK_REGISTER_EXTENSION",
    "SIO_WSK_SET_REMOTE_ADDRESS",
    "SIO_WSK_SET_SENDTO_ADDRESS",
    "SIO_WSK_SET_TCP_SILENT_MODE",
    "SOL_SOCKET",
    "SO_BROADCAST",
    "SO_CONDITIONAL_ACCEPT",
    "SO_EXCLUSIVEADDRUSE",
    "SO_KEEPALIVE",
    "SO_RCVBUF",
    "SO_REUSEADDR",
    "SO_WSK_EVENT_CALLBACK",
    "SO_WSK_SECURITY",
    "WSK_CACHE_SD",
    "WSK_RELEASE_SD",
    "WSK_SET_STATIC_EVENT_CALLBACKS",
    "WSK_SO_BASE",
    "WSK_TDI_BEHAVIOR",
    "WSK_TDI_BEHAVIOR_BYPASS_TDI",
    "WSK_TDI_DEVICENAME_MAPPING",
    "WSK_TRANSPORT_LIST_CHANGE",
    "WSK_TRANSPORT_LIST_QUERY",
]

# The parts of an ioctl: direction, whose it is, number.
IOC_VOID: Final[int] = 0x20000000
IOC_OUT: Final[int] = 0x40000000
IOC_IN: Final[int] = 0x80000000
IOC_INOUT: Final[int] = IOC_IN | IOC_OUT
IOC_WS2: Final[int] = 0x08000000
IOC_WSK: Final[int] = IOC_WS2 | 0x07000000

# Levels and options.
SOL_SOCKET: Final[int] = 0xFFFF
WSK_SO_BASE: Final[int] = 0x4000
SO_WSK_SECURITY: Final[int] = WSK_SO_BASE + 1
SO_WSK_EVENT_CALLBACK: Final[int] = WSK_SO_BASE + 2
SO_CONDITIONAL_ACCEPT: Final[int] = 0x3002
SO_REUSEADDR: Final[int] = 0x0004
SO_EXCLUSIVEADDRUSE: Final[int] = ~SO_REUSEADDR & 0xFFFFFFFF
SO_KEEPALIVE: Final[int] = 0x0008
SO_BROADCAST: Final[int] = 0x0020
SO_RCVBUF: Final[int] = 0x1002

# Ioctls of a socket.
SIO_WSK_SET_REMOTE_ADDRESS: Final[int] = IOC_IN | IOC_WSK | 1
SIO_WSK_REGISTER_EXTENSION: Final[int] = IOC_INOUT | IOC_WSK | 2
SIO_WSK_QUERY_IDEAL_SEND_BACKLOG: Final[int] = IOC_OUT | IOC_WSK | 3
SIO_WSK_QUERY_RECEIVE_BACKLOG: Final[int] = IOC_OUT | IOC_WSK | 4
SIO_WSK_QUERY_INSPECT_ID: Final[int] = IOC_OUT | IOC_WSK | 5
SIO_WSK_SET_SENDTO_ADDRESS: Final[int] = IOC_IN | IOC_WSK | 6
SIO_WSK_SET_TCP_SILENT_MODE: Final[int] = IOC_VOID | IOC_WSK | 7
SIO_ADDRESS_LIST_QUERY: Final[int] = IOC_OUT | IOC_WS2 | 22
SIO_ADDRESS_LIST_CHANGE: Final[int] = IOC_VOID | IOC_WS2 | 23
SIO_ADDRESS_LIST_SORT: Final[int] = IOC_INOUT | IOC_WS2 | 25

# WskControlClient ControlCode.
WSK_TRANSPORT_LIST_QUERY: Final[int] = 2
WSK_TRANSPORT_LIST_CHANGE: Final[int] = 3
WSK_CACHE_SD: Final[int] = 4
WSK_RELEASE_SD: Final[int] = 5
WSK_TDI_DEVICENAME_MAPPING: Final[int] = 6
WSK_SET_STATIC_EVENT_CALLBACKS: Final[int] = 7
WSK_TDI_BEHAVIOR: Final[int] = 8
WSK_TDI_BEHAVIOR_BYPASS_TDI: Final[int] = 0x00000001
