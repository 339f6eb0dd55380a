"""A server that answers when a question is whole, which is when its peer has finished; with a fault, and without.

`Forgetful` keeps its sessions in a table and forgets one as soon as its peer has ended. It passes every test in which
peers finish or abort. But a peer that has closed instead of finishing answers the late reply with a reset: the same
connection ends a second time, and its session is not in the table any more. The handler raises, nobody closes the
socket, and the table of sockets grows. Only a storm has such peers among others.

`Careful` is the repaired twin: a session stays in the table until its socket is closed.

    wsksim run examples/question_server.py:Forgetful --plan examples/questions.toml
    wsksim run examples/question_server.py:Careful --plan examples/questions.toml
"""

from __future__ import annotations

from typing import Any

import wsksim
from wsksim import wsk
from wsksim.examples.echo import Connection, Echo, bytes_of


class Session:
    """What the server knows of one peer."""

    def __init__(self) -> None:
        self.asked = 0


class Forgetful(Echo):
    """The server with the fault."""

    def __init__(self) -> None:
        """Is started later."""

    def start(self, subsystem: wsksim.Subsystem) -> wsk.SOCKADDR_IN:
        """Listens; returns where."""
        self.sessions: dict[Connection, Session] = {}
        super().__init__(subsystem)
        return self.address

    def connections(self) -> list[Connection]:
        """Those that it knows of: when it stops it closes these."""
        return list(self.sessions)

    def on_accept(self, own: Any, flags: int, local: Any, remote: Any, socket: Any, context: Any, table: Any) -> int:
        """WskAcceptEvent: begins a session."""
        status = super().on_accept(own, flags, local, remote, socket, context, table)
        self.sessions[context.value] = Session()
        return status

    def on_receive(self, connection: Connection, flags: int, first: Any, total: int, accepted: Any) -> int:
        """WskReceiveEvent: a part of the question."""
        if first is not None:
            self.sessions[connection].asked += sum(map(len, bytes_of(first)))
        return wsk.STATUS_SUCCESS

    def on_disconnect(self, connection: Connection, flags: int) -> int:
        """WskDisconnectEvent: the question is whole, or the peer is gone."""
        session = self.sessions.pop(connection)
        return self.ended(connection, session, flags)

    def ended(self, connection: Connection, session: Session, flags: int) -> int:
        """Answers a whole question with its length, and ends."""
        if not flags & wsk.WSK_FLAG_ABORTIVE:
            answer = session.asked.to_bytes(4)
            connection.socket.WskSend(wsk.WSK_BUF(wsk.MDL(answer), 0, 4), 0, wsk.IRP(self.sent, connection))
        return super().on_disconnect(connection, flags)


class Careful(Forgetful):
    """The repaired twin."""

    def on_disconnect(self, connection: Connection, flags: int) -> int:
        """WskDisconnectEvent: a peer may end twice, first in order and then with a reset."""
        return self.ended(connection, self.sessions[connection], flags)

    def gone(self, device: None, irp: Any, connection: Connection) -> int:
        """The completion routine of closes: now nothing more can come."""
        del self.sessions[connection]
        return super().gone(device, irp, connection)
