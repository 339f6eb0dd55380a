"""Flights: one request of one IRP, from its call to the return of its completion routine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Completion", "Flight", "Owner"]

# (irp, status, information, socket, data, local, remote, token): see Machine in `_native.pyi`.
Address = tuple[int, bytes, int]
Completion = tuple[int, int, int, int, bytes | None, Address | None, Address | None, int]


class Owner(Protocol):
    """Who a request was made to."""

    @property
    def subsystem(self) -> Any:
        """The subsystem to drive, None if the request has none."""

    def cancel(self, flight: Flight) -> bool:
        """Asks to end the request; whether it will."""

    def is_completing(self, flight: Flight) -> bool:
        """Whether the request is being completed right now."""

    def report(
        self, rule: str, found: str, socket: Any = None, cause: BaseException | None = None, **case: Any
    ) -> None:
        """Notes a breach of the contract; raises if the subsystem wants that."""

    def call_routine(self, flight: Flight, routine: Callable[..., Any], irp: Any, context: Any) -> Any:
        """Runs a completion routine; gives what it returned."""


_lock = threading.Lock()


class Flight:
    """One request of one IRP.

    Attributes:
        irp: the IRP.
        owner: who the request was made to.
        number: names the IRP to the machine while the request is under way; 0 if it never reaches it.
        name: of the WSK function.
        socket: whose function it is; None if it is a client's.
        deliver: turns a successful completion into IoStatus.Information, filling buffers on the way.
        completed: IoStatus is set; from here on the IRP belongs to its completion routine.
        done: the completion routine has returned.
        block: the IO_STATUS_BLOCK that tells how it ended.
        former: what the IRP was before the request.
    """

    __slots__ = (
        "_event",
        "_watchers",
        "block",
        "completed",
        "deliver",
        "done",
        "former",
        "irp",
        "name",
        "number",
        "owner",
        "socket",
    )

    def __init__(self, irp: Any, owner: Owner, name: str, number: int = 0, socket: Any = None) -> None:
        """Begins a request."""
        self.irp = irp
        self.owner = owner
        self.name = name
        self.number = number
        self.socket = socket
        self.deliver: Callable[[Completion], Any] | None = None
        self.completed = False
        self.done = False
        self.block: Any = None
        self.former: Any = None
        self._event: threading.Event | None = None
        self._watchers: list[Callable[[], None]] = []

    def finish(self) -> None:
        """Tells everyone who waits that the request is over."""
        with _lock:
            self.done = True
            event, watchers = self._event, self._watchers
            self._watchers = []
        if event is not None:
            event.set()
        for watcher in watchers:
            watcher()

    def sleep(self, timeout: float) -> bool:
        """Waits until the request is over, at most `timeout` seconds; whether it is."""
        with _lock:
            if self.done:
                return True
            if self._event is None:
                self._event = threading.Event()
            event = self._event
        return event.wait(timeout)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Has `watcher` called once the request is over, at once if it is."""
        with _lock:
            if not self.done:
                self._watchers.append(watcher)
                return
        watcher()
