"""Held: the application that a disconnect handler alone is under a plan.

It listens, takes each connection and all that comes over it, and answers nothing. Of each disconnect the handler is
told; then this half is ended as well, and the socket closed.
"""

import functools
from collections.abc import Callable
from typing import Any

from wsksim import wsk
from wsksim.examples.echo import Connection, Echo
from wsksim.subsystem import Subsystem

__all__ = ["Held"]


class _Told(Connection):
    """The context of a connection, which holds what the handler is given for it."""

    __slots__ = ("context",)

    def __init__(self, socket: Any, number: int) -> None:
        super().__init__(socket)
        self.context = {"id": number}

    def __repr__(self) -> str:
        """What a finding shows of it."""
        return repr(self.context)


class Held(Echo):
    """Holds the connections of one handler."""

    def __init__(self, handler: Callable[[Any, int], object]) -> None:
        """Nothing listens yet."""
        self._handler = handler

    def start(self, subsystem: Subsystem) -> wsk.SOCKADDR_IN:
        """Listens."""
        super().__init__(subsystem)
        self.table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(self.on_receive, self._telling(self._handler))
        return self.address

    # The arguments are WSK's.
    def on_accept(self, own: Any, flags: int, local: Any, remote: Any, socket: Any, context: Any, table: Any) -> int:  # noqa: ARG002
        """WskAcceptEvent: takes each connection, and numbers them."""
        context.value = connection = _Told(socket, self.accepted)
        self.accepted += 1
        self.open.add(connection)
        table.value = self.table
        return wsk.STATUS_SUCCESS

    def on_receive(self, connection: Connection, flags: int, first: Any, total: int, accepted: Any) -> int:  # noqa: ARG002
        """WskReceiveEvent: takes it all."""
        return wsk.STATUS_SUCCESS

    def _telling(self, handler: Callable[[Any, int], object]) -> Callable[[Any, int], object]:
        """A WskDisconnectEvent that answers as the handler does, and is shown by its name."""

        @functools.wraps(handler)
        def on_disconnect(connection: _Told, flags: int) -> object:
            try:
                return handler(connection.context, flags)
            finally:
                self.on_disconnect(connection, flags)

        return on_disconnect
