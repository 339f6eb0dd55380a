"""A server that answers when a question is whole, which is when its peer has finished; with a fault, and without.

It knows each peer by a small number, its place in a table, as drivers often do; a place is used again. `Forgetful`
gives the place back as soon as the connection is over: when its own disconnect has completed, or when the peer has torn
the connection down. A peer that closes instead of finishing gets the answer too late, and resets the connection while
that disconnect is under way. Then both happen, and one place is given back twice.

Nothing comes of that at once. No single peer shows it, of whatever kind, nor one of each kind: the place lies twice in
the list of those that are free. Only when two later peers are there at a time do they share it. Who ends first takes
the entry of the other with it; the handler of the other one finds nothing and raises, and its peer waits for the answer
until it gives up. It takes a storm.

`Careful` is the repaired twin: a place is given back when the socket is closed, which happens once.

    wsksim run examples/question_server.py:Forgetful --plan examples/questions.toml
    wsksim run examples/question_server.py:Careful --plan examples/questions.toml
"""

from __future__ import annotations

from collections import deque
from typing import Any

import wsksim
from wsksim import wsk
from wsksim.examples.echo import Connection, Echo, bytes_of


class Session(Connection):
    """What the server knows of one peer."""

    __slots__ = ("asked", "place")

    def __init__(self, socket: Any, place: int) -> None:
        super().__init__(socket)
        self.place = place
        self.asked = 0


class Forgetful(Echo):
    """The server with the fault."""

    def __init__(self) -> None:
        """Is started later."""

    def start(self, subsystem: wsksim.Subsystem) -> wsk.SOCKADDR_IN:
        """Listens; returns where."""
        self.sessions: dict[int, Session] = {}
        self.places = 0
        self.free: deque[int] = deque()
        super().__init__(subsystem)
        return self.address

    def connections(self) -> list[Connection]:
        """Those that stand in the table: when it stops it closes these."""
        return list(self.sessions.values())

    def place(self) -> int:
        """A place that is free, that first which has been free for the longest time."""
        if not self.free:
            self.places += 1
            return self.places
        return self.free.popleft()

    def give_back(self, session: Session) -> None:
        """The place of a session is free."""
        self.sessions.pop(session.place, None)
        self.free.append(session.place)

    def on_accept(self, own: Any, flags: int, local: Any, remote: Any, socket: Any, context: Any, table: Any) -> int:
        """WskAcceptEvent: begins a session."""
        place = self.place()
        self.sessions[place] = context.value = Session(socket, place)
        self.accepted += 1
        table.value = self.table
        return wsk.STATUS_SUCCESS

    def on_receive(self, connection: Any, flags: int, first: Any, total: int, accepted: Any) -> int:
        """WskReceiveEvent: a part of the question."""
        if first is not None:
            self.sessions[connection.place].asked += sum(map(len, bytes_of(first)))
        return wsk.STATUS_SUCCESS

    def on_disconnect(self, connection: Any, flags: int) -> int:
        """WskDisconnectEvent: the question is whole, or the peer has torn the connection down."""
        if flags & wsk.WSK_FLAG_ABORTIVE:
            self.over(connection)
        else:
            answer = self.sessions[connection.place].asked.to_bytes(4)
            connection.socket.WskSend(wsk.WSK_BUF(wsk.MDL(answer), 0, 4), 0, wsk.IRP(self.sent, connection))
        return super().on_disconnect(connection, flags)

    def finished(self, device: None, irp: Any, connection: Any) -> int:
        """The completion routine of WskDisconnect."""
        self.over(connection)
        return super().finished(device, irp, connection)

    def over(self, session: Session) -> None:
        """A connection is over. The fault: some are twice."""
        self.give_back(session)


class Careful(Forgetful):
    """The repaired twin."""

    def over(self, session: Session) -> None:
        """It stays in the table until its socket is closed."""

    def gone(self, device: None, irp: Any, connection: Any) -> int:
        """The completion routine of closes: now nothing more can come."""
        self.give_back(connection)
        return super().gone(device, irp, connection)
