"""Subsystem: the core's class, with the WSK entry points and the simulated network."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from types import TracebackType

from wsksim import _native
from wsksim.network import Network
from wsksim.wsk.functions.registering import Registering

__all__ = ["Subsystem"]

# What a first use needs is imported here: an import hook or a signal's handler that uses us meanwhile would find half
# of it.
for _needed in (
    "collections",
    "types",
    "wsksim.contexts",
    "wsksim.contract.sites",
    "wsksim.errors",
    "wsksim.post",
    "wsksim.signatures",
    "wsksim.wsk.functions.callbacks",
    "wsksim.wsk.words.refused",
    "wsksim.wsk.words.status",
):
    import_module(_needed)


class Subsystem(_native.Subsystem, Registering):
    """One simulated machine, with its WSK provider and its network.

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
        always_pend: the older word for `completions="later"`.
        completions: how a request that is decided is answered and completed, failures too: `"inline"`, the call returns
            the final status and its routine has run by then; `"windows"`, STATUS_PENDING, and its routine has run all
            the same; `"later"`, STATUS_PENDING, and a drive runs its routine; `"drawn"`, one of these for each request,
            drawn from the seed.
        schedule: what comes next among edges, callbacks and completions that may: `"fifo"`, the oldest; `"explore"`,
            drawn from the seed; `"pct:N"`, that of the socket with the highest of random priorities, which change N
            times, 0 to 100.
        window: bytes that may lie unread at one end of a connection; then sends wait (G-15).
        backlog: connections that may wait at a listening socket to be accepted; the next one is refused.
        choices: what another subsystem's `choices` listed; each is made again in the place of the seed's, and when
            they are used up the plainest. Workers cannot: threads make none again.

    Rules: U-2, U-6, U-21, O-12 to O-19.
    """

    def close(self) -> None:
        """Closes every connection and socket, completes what is pending, and refuses WSK functions from then on.

        It never waits. Pending IRPs complete with STATUS_CANCELLED and their routines run, here or, from inside a
        callback, when it has returned (C-9, C-10, I-4); callbacks that run are not cut short, and what waits for them
        ends when they return (C-13); none starts (D-25). Remote ends see an abort (C-11). Every WSK function answers
        STATUS_DEVICE_NOT_READY afterwards, and no wait blocks. Closing again completes what an exception left over.

        Raises:
            ContractError: with check="raise": a completion routine's breach, once all is completed.

        Rules: C-9 to C-14, D-25, I-4, O-13.
        """
        try:
            super().close()
        finally:
            if self._provider_made is not None:
                self._provider_made.forget_sockets()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Closes the subsystem; in a forked child the parent's is left as it is."""
        if not self._is_forked:
            self.close()

    @cached_property
    def network(self) -> Network:
        """The simulated network around this machine: remote ends, and what may befall a connection."""
        return Network(self._provider)

    @property
    def not_simulated(self) -> dict[str, int]:
        """How often each WSK function was called that is left out."""
        return dict(self._provider.not_simulated)
