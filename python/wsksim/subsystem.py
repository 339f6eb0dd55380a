"""Subsystem: the core's class, with the WSK entry points and the simulated network."""

from __future__ import annotations

from functools import cached_property

from wsksim import _native
from wsksim.network import Network
from wsksim.wsk.registering import Registering

__all__ = ["Subsystem"]


class Subsystem(_native.Subsystem, Registering):
    """One simulated machine's WSK provider.

    Args:
        seed: 0 to 2**64 - 1; where every random stream begins. The same seed gives the same history.
        check: what a breach of the contract leads to: `"report"`, a finding; `"raise"`, also a ContractError;
            `"off"`, a count.
        irql: level at which callbacks run: `"passive"`, `"dispatch"`, or `"mixed"`, drawn from the seed.
        max_sockets: how many sockets may be open.
        max_pending: how many edges may be pending.
        journal: keep a journal of indications for `take_journal`.
        black_box: a writable buffer that keeps what runs, for the time after a crash.
        remember_disconnects: a disconnect from before the event was enabled is indicated once it is (U-2).
        graceful_after_data: a graceful indication waits behind unread data (U-6).
        set_dispatch_flag: AT_DISPATCH_LEVEL is set whenever a callback runs at DISPATCH (U-21).
        always_pend: what succeeds at once and may pend completes later instead.
        schedule: `"fifo"`, oldest first, or `"explore"`, drawn from the seed among what may happen next.
        window: bytes that may lie unread at one end of a connection; then sends wait (G-15).

    Rules: U-2, U-6, U-21, O-12 to O-19.
    """

    @cached_property
    def network(self) -> Network:
        """The simulated network around this machine: remote ends, and what may befall a connection."""
        return Network(self._provider)

    @property
    def not_simulated(self) -> dict[str, int]:
        """How often each WSK function was called that is left out."""
        return dict(self._provider.not_simulated)
