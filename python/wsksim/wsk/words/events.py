"""WSK_EVENT_* masks: what WSK_EVENT_CALLBACK_CONTROL.EventMask takes.

Rules: 1.2, E-6, E-7, E-12; page ns-wsk-_wsk_event_callback_control.
"""

import enum
from typing import Final

__all__ = [
    "WSK_EVENT_ACCEPT",
    "WSK_EVENT_DISABLE",
    "WSK_EVENT_DISCONNECT",
    "WSK_EVENT_RECEIVE",
    "WSK_EVENT_RECEIVE_FROM",
    "WSK_EVENT_SEND_BACKLOG",
    "EventMask",
]

WSK_EVENT_SEND_BACKLOG: Final[int] = 0x00000010
WSK_EVENT_RECEIVE: Final[int] = 0x00000040
WSK_EVENT_DISCONNECT: Final[int] = 0x00000080
WSK_EVENT_RECEIVE_FROM: Final[int] = 0x00000100
WSK_EVENT_ACCEPT: Final[int] = 0x00000200
WSK_EVENT_DISABLE: Final[int] = 0x80000000


class EventMask(enum.IntFlag, boundary=enum.STRICT):
    """EventMask: which events a control call enables, or with the modifier disables.

    Raises:
        ValueError: a bit is set that names no event; none is masked away.

    Rules: E-6, E-7, E-12; page ns-wsk-_wsk_event_callback_control.
    """

    WSK_EVENT_SEND_BACKLOG = WSK_EVENT_SEND_BACKLOG
    WSK_EVENT_RECEIVE = WSK_EVENT_RECEIVE
    WSK_EVENT_DISCONNECT = WSK_EVENT_DISCONNECT
    WSK_EVENT_RECEIVE_FROM = WSK_EVENT_RECEIVE_FROM
    WSK_EVENT_ACCEPT = WSK_EVENT_ACCEPT
    WSK_EVENT_DISABLE = WSK_EVENT_DISABLE
