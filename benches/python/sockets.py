"""Sockets of one subsystem whose remotes disconnect in a chosen order, again and again."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Callable, Sequence
from time import thread_time_ns
from typing import Any, Literal

import wsksim

CONTEXT_BYTES = 32

# What one thread does is timed by its own processor time: other work on the machine then changes less of it. It is
# the wall clock's figure on a quiet machine, because nothing that is timed so ever waits.
clock = thread_time_ns


class Peer:
    """A context as an application has it: a small object of its own."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


def on_disconnect(SocketContext: object, Flags: int) -> int:  # noqa: ARG001
    """The smallest handler that keeps to the contract."""
    return 0


def on_disconnects(contexts: Sequence[int], flags: Sequence[int]) -> None:
    """The smallest batch handler: it checks that both arrays are as long."""
    if len(contexts) != len(flags):
        raise ValueError


def native_contexts(count: int) -> mmap.mmap:
    """Zeroed contexts of 32 bytes."""
    return mmap.mmap(-1, CONTEXT_BYTES * count)


class Sockets:
    """Connected sockets: `post` one edge to each, `dispatch` them; what they take is returned in nanoseconds.

    A socket has one graceful and one abortive edge; after both, all are closed and opened again, untimed.
    """

    def __init__(
        self,
        count: int,
        handler: Any,
        *,
        contexts: Any = None,
        order: array[int] | None = None,
        check: Literal["report", "raise", "off"] = "report",
    ) -> None:
        self.count = count
        self.subsystem = wsksim.Subsystem(check=check)
        self._handler, self._contexts, self._order = handler, contexts, order
        self._edges = 0
        self._open()

    def _open(self) -> None:
        self._all = self.subsystem.connect_many(self.count, self._handler, contexts=self._contexts)
        self.fleet = self._all if self._order is None else self._all[self._order]
        self._edges = 0

    def post(self) -> int:
        """Posts one edge to each."""
        if self._edges == 2:
            self._all.close()
            self._open()
        remote = self.fleet.remote
        post: Callable[[], object] = remote.abort if self._edges else remote.disconnect
        self._edges += 1
        begun = clock()
        post()
        return clock() - begun

    def dispatch(self) -> int:
        """Indicates what is pending."""
        begun = clock()
        made = self.subsystem.dispatch()
        taken = clock() - begun
        self.check(made)
        return taken

    def check(self, made: int) -> None:
        """Raises unless each socket was called once and nothing was found wrong."""
        if made != self.count or self.subsystem.finding_count:
            raise RuntimeError(f"{made} calls for {self.count} sockets, findings: {self.subsystem.findings[:1]}")

    def per_edge(self, edges: int = 1) -> float:
        """Nanoseconds of one indication, over at least as many edges."""
        taken = made = 0
        while made < edges:
            self.post()
            taken += self.dispatch()
            made += self.count
        return taken / made

    def per_post(self, edges: int = 1) -> float:
        """Nanoseconds of one edge of a bulk post, over at least as many edges."""
        taken = made = 0
        while made < edges:
            taken += self.post()
            self.dispatch()
            made += self.count
        return taken / made

    def close(self) -> None:
        """Gives everything back."""
        self._all.close()
        self.subsystem.close()


def per_call(
    function: Callable[[], object], edges: int, *, at_least: int = 1, clock: Callable[[], int] = clock
) -> float:
    """Nanoseconds per edge of a function that deals with `edges` of them."""
    taken = made = 0
    while made < at_least:
        begun = clock()
        function()
        taken += clock() - begun
        made += edges
    return taken / made
