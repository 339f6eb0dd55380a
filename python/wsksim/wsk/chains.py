"""Chains: requests that a completion routine makes, whose own routines make the next ones.

A request that is decided at once is completed on its caller's stack, but not inside a completion routine: there the
call answers STATUS_PENDING, and the routine of the new request runs when the one that made it has returned (I-5,
I-11). The outermost routine of a thread sees to that, in the order in which the requests were made, so a chain of any
length needs the stack of one. See docs/adr/0006.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from wsksim._native import Machine

__all__ = ["CHAIN", "in_chain"]


class Chain(threading.local):
    """What one thread carries.

    Attributes:
        begun: for each request made inside a completion routine what completes it, if it is decided by then and
            nobody has completed it; None outside of routines.
    """

    def __init__(self) -> None:
        """Starts each thread outside of routines."""
        self.begun: deque[Callable[[], None]] | None = None


CHAIN: Final = Chain()


def in_chain(complete: Callable[..., None], *arguments: Any) -> None:
    """Completes one request, and then those that its routine began.

    What raises ends the chain: the rest waits for the next drive.

    Args:
        complete: runs the routine of the first.
        arguments: of `complete`.
    """
    if CHAIN.begun is not None:
        complete(*arguments)
        return
    begun = CHAIN.begun = deque()
    Machine.set_completing(True)
    try:
        complete(*arguments)
        while begun:
            begun.popleft()()
    finally:
        CHAIN.begun = None
        Machine.set_completing(False)
