"""What WskDeregister waits for, in words, for a program that has forgotten it (O-17).

The wait itself is the contract's: it ends when the last socket is closed, the last capture released and the last
request of the client over, and not before. A program of one thread cannot do any of that while it waits.
"""

from __future__ import annotations

import warnings
from typing import Final

from wsksim._native import DeregisterPatience
from wsksim.wsk.objects.clients import WSK_REGISTRATION
from wsksim.wsk.objects.provider import Provider

__all__ = ["Patience"]

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
    requests = provider.requests_of(registration.id)
    if requests:
        names.append(f"{requests} requests under way")
    return ", ".join(names) or "calls that are still executing"


class Patience:
    """One wait of WskDeregister: says once what it waits for, if that seems to be forgotten."""

    def __init__(self, provider: Provider, registration: WSK_REGISTRATION) -> None:
        """Begins to wait."""
        self._provider = provider
        self._registration = registration
        self._patience = DeregisterPatience(_LONG)

    def look(self, *, idle: bool, alone: bool) -> None:
        """One look found the registration held.

        Args:
            idle: nobody else drives the subsystem, and there was nothing to drive.
            alone: nothing but this thread could act when that look began.

        Raises:
            ContractError: with check="raise": this is the only thread, so that the wait cannot end (O-17).
        """
        said = self._patience.look(idle and alone, alone)
        if not said:
            return
        held_by = holders(self._provider, self._registration)
        if said == "stuck":
            self._provider.report_stuck(held_by)
        # Who waits without end reads no findings.
        warnings.warn(f"WskDeregister waits: it is held by {held_by} [O-17]", RuntimeWarning, stacklevel=3)
