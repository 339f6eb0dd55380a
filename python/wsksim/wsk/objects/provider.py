"""Provider: one subsystem's side of every WSK call.

Rust decides, for applications in Python and C alike; here lie the objects that only Python has: the sockets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

from wsksim import _native
from wsksim.wsk.objects.sockets import WSK_SOCKET

__all__ = ["Provider"]


class Provider(_native.Controls):
    """What stands behind the functions of one subsystem's WSK clients and sockets.

    Attributes:
        sockets: every socket object that is not closed yet, by the provider's number.
        not_simulated: how often each function was called that is left out.
    """

    def __new__(cls, subsystem: Any, tables: Mapping[int, Any]) -> Self:
        """Its base takes the subsystem alone."""
        del tables
        return super().__new__(cls, subsystem)

    def __init__(self, subsystem: Any, tables: Mapping[int, Any]) -> None:
        """Takes the function table of each category, by the category that WskSocket's Flags name (1.3)."""
        del subsystem  # its base has it
        self._tables = tables
        self.sockets: dict[int, WSK_SOCKET] = {}
        self.not_simulated: Counter[str] = Counter()

    def make(self, number: int, category: int, context: Any, table: Any, family: int, registration: Any) -> WSK_SOCKET:
        """Makes the object of a socket that the machine has."""
        made = WSK_SOCKET(self, number, self._tables[category], context, table, family)
        made.hold(registration=registration)
        self.sockets[number] = made
        return made
