"""A server that loses its crowd at once while newcomers arrive, and one that stands it.

wsksim run wsksim.examples.crowd:ranked --plan crowd.toml     newcomers wait: accept latency tells
wsksim run wsksim.examples.crowd:crowd --plan crowd.toml      they do not

Both know who has sent most. `Ranked` sorts all its connections whenever one is lost. That is nothing while they are
lost one by one. When thousands are lost at once it sorts thousands of times, and whoever connects stands behind all
of that.
No rule of WSK is broken: only a storm with a rate shows it.
"""

from collections.abc import Iterator
from typing import Any

import wsksim
from wsksim import wsk
from wsksim.examples.echo import Connection, Echo

__all__ = ["Crowd", "Ranked", "crowd", "ranked"]


class Crowd(Echo):
    """Sorts when somebody wants to know."""

    def __init__(self, subsystem: wsksim.Subsystem) -> None:
        """Nobody has sent anything yet."""
        super().__init__(subsystem)
        self.sent_by: dict[Connection, int] = {}

    def best(self) -> list[Connection]:
        """Its connections, those first that have sent most."""
        return sorted(self.open, key=lambda connection: self.sent_by.get(connection, 0), reverse=True)

    def on_receive(self, connection: Connection, flags: int, first: Any, total: int, accepted: Any) -> int:
        """Counts, and sends back."""
        self.sent_by[connection] = self.sent_by.get(connection, 0) + total
        return super().on_receive(connection, flags, first, total, accepted)

    def close(self, connection: Connection) -> None:
        """Forgets the connection as well."""
        self.sent_by.pop(connection, None)
        super().close(connection)


class Ranked(Crowd):
    """Sorts whenever a connection is lost."""

    def on_disconnect(self, connection: Connection, flags: int) -> int:
        """The fault: the work of each disconnect grows with the number of those that are connected."""
        answer = super().on_disconnect(connection, flags)
        self.ranking = self.best()
        return answer


@wsksim.application
def crowd(subsystem: wsksim.Subsystem) -> Iterator[wsk.SOCKADDR_IN]:
    """The server that stands it."""
    server = Crowd(subsystem)
    yield server.address
    server.stop()


@wsksim.application
def ranked(subsystem: wsksim.Subsystem) -> Iterator[wsk.SOCKADDR_IN]:
    """The server that keeps newcomers waiting."""
    server = Ranked(subsystem)
    yield server.address
    server.stop()
