"""Provider: one subsystem's side of every WSK call.

Rust decides, for applications in Python and C alike; here lie the objects that only Python has: the sockets.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from wsksim import _native

if TYPE_CHECKING:
    from wsksim.wsk.objects.sockets import WSK_SOCKET

__all__ = ["Provider"]


class Provider(_native.Controls):
    """What stands behind the functions of one subsystem's WSK clients and sockets.

    Attributes:
        sockets: every socket object that is not closed yet, by the provider's number.
        not_simulated: how often each function was called that is left out.
    """

    def __init__(self, subsystem: Any) -> None:
        del subsystem  # its base has it
        self.sockets: dict[int, WSK_SOCKET] = {}
        self.not_simulated: Counter[str] = Counter()
