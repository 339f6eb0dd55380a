"""Provider: one subsystem's side of every WSK call.

Rust decides, for applications in Python and C alike; here lie the objects that only Python has: the sockets, and what
a callback was lent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

from wsksim import _native
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.structures.lending import Loan

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
        self._loans: dict[int, Loan] = {}

    def make(self, number: int, category: int, context: Any, table: Any, family: int, registration: Any) -> WSK_SOCKET:
        """Makes the object of a socket that the machine has."""
        made = WSK_SOCKET(self, number, self._tables[category], context, table, family)
        made.hold(registration=registration)
        self.sockets[number] = made
        return made

    def lends(self, number: int, loan: Loan) -> None:
        """Remembers what a callback was lent as the list of that number."""
        self._loans[number] = loan

    def end_loan(self, number: int) -> None:
        """Ends the loan of a list: it was released, or its callback did not keep it (C-24)."""
        loan = self._loans.pop(number, None)
        if loan is not None:
            loan.end()
