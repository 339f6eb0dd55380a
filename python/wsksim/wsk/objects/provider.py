"""Provider: one subsystem's side of every WSK call.

Rust decides, for applications in Python and C alike.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from wsksim import _native

__all__ = ["Provider"]


class Provider(_native.Controls):
    """What stands behind the functions of one subsystem's WSK clients and sockets.

    Attributes:
        not_simulated: how often each function was called that is left out.
    """

    def __init__(self, subsystem: Any) -> None:
        """Its base takes the subsystem."""
        del subsystem
        self.not_simulated: Counter[str] = Counter()
