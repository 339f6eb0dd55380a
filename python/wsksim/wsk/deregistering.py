"""What WskDeregister waits for, in words, for whoever has forgotten it (O-17).

The wait itself is the contract's: it ends when the last socket is closed, the last capture released and the last
request of the client over, and not before. A program of one thread cannot do any of that while it waits.
"""

from __future__ import annotations

import threading
import time
import warnings
from typing import Final

from wsksim.wsk.clients import WSK_REGISTRATION
from wsksim.wsk.provider import Provider

__all__ = ["Patience"]

# Looks in a row that found nothing to do: what began between the first two is seen by then.
_STUCK: Final = 2
# Seconds after which a thread that waits for others says for what.
_LONG: Final = 1.0
_SHOWN: Final = 8


def holders(provider: Provider, registration: WSK_REGISTRATION) -> str:
    """What keeps a registration."""
    sockets = [one for one in list(provider.sockets.values()) if one.registration is registration]
    names = [f"{one!r} with context {one.context!r:.80}" for one in sockets[:_SHOWN]]
    if len(sockets) > _SHOWN:
        names.append(f"{len(sockets) - _SHOWN} more sockets")
    if registration.captures:
        names.append(f"{registration.captures} captures that WskReleaseProviderNPI did not give back")
    if registration.requests:
        names.append(f"{len(registration.requests)} requests under way")
    return ", ".join(names) or "calls that are still executing"


class Patience:
    """One wait of WskDeregister: says once what it waits for, if that seems to be forgotten."""

    def __init__(self, provider: Provider, registration: WSK_REGISTRATION) -> None:
        """Begins to wait."""
        self._provider = provider
        self._registration = registration
        self._idle = 0
        self._began = time.monotonic()
        self._told = False

    def look(self, *, idle: bool) -> None:
        """One look found the registration held.

        Args:
            idle: nobody else drives the subsystem, and there was nothing to drive.

        Raises:
            ContractError: with check="raise": this is the only thread, so that the wait cannot end (O-17).
        """
        self._idle = self._idle + 1 if idle else 0
        if self._told:
            return
        alone = self._idle >= _STUCK and threading.active_count() == 1
        if not alone and time.monotonic() - self._began < _LONG:
            return
        self._told = True
        text = f"it is held by {holders(self._provider, self._registration)}"
        if alone:
            self._provider.report("O-17", f"no other thread is there to end its wait: {text}")
        # Who waits without end reads no findings.
        warnings.warn(f"WskDeregister waits: {text} [O-17]", RuntimeWarning, stacklevel=3)
