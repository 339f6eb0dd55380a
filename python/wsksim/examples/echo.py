"""An echo server for storms of whole applications: `wsksim run wsksim.examples.echo:echo --plan PLAN`.

It sends back what it receives, answers a peer's end with its own, and closes when both halves are over.
"""

from collections.abc import Callable, Iterator
from typing import Any

import wsksim
from wsksim import wsk

SUCCESS = wsk.STATUS_SUCCESS
# The IRPs are the server's own: the provider shall not free them.
KEPT = wsk.STATUS_MORE_PROCESSING_REQUIRED


class Connection:
    """The context of a connection."""

    __slots__ = ("socket",)

    def __init__(self, socket: Any) -> None:
        self.socket = socket


class Echo:
    """The server.

    Attributes:
        accepted: connections that it took.
        indicated: disconnects that it was told of.
        closed: sockets whose close is complete.
    """

    def __init__(self, subsystem: wsksim.Subsystem) -> None:
        """Listens at a port of the provider's choice, with all events of its connections enabled by inheritance."""
        self.subsystem = subsystem
        self.accepted = self.indicated = self.closed = 0
        self.open: set[Connection] = set()
        self.registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        status, npi = subsystem.WskCaptureProviderNPI(self.registration, wsk.WSK_INFINITE_WAIT)
        if npi is None:
            raise RuntimeError(f"there is no provider: {wsk.NTSTATUS(status)}")
        self.table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(self.on_receive, self.on_disconnect)
        listening = wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=self.on_accept)
        kind = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_LISTEN_SOCKET)
        self.listener: Any = self.ask(npi.WskSocket, *kind, self, listening, None, None, None)
        self.ask(self.listener.WskBind, wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"), 0)
        self.address = wsk.SOCKADDR_IN()
        self.ask(self.listener.WskGetLocalAddress, self.address)
        mask = wsk.WSK_EVENT_ACCEPT | wsk.WSK_EVENT_RECEIVE | wsk.WSK_EVENT_DISCONNECT
        control = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, mask)
        self.listener.WskControlSocket(
            *(wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, wsk.sizeof(control), control),
            *(0, None, None, None),
        )

    def stop(self) -> None:
        """Closes the listener and what is open still, and deregisters, which waits for that."""
        self.ask(self.listener.WskCloseSocket)
        for connection in self.connections():
            self.close(connection)
        self.subsystem.WskReleaseProviderNPI(self.registration)
        self.subsystem.WskDeregister(self.registration)

    def connections(self) -> list[Connection]:
        """Those that are open."""
        return list(self.open)

    @staticmethod
    def ask(function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls, waits, and returns what the request gave; outside callbacks only."""
        irp = wsk.IRP()
        function(*arguments, irp)
        irp.wait()
        if not wsk.NT_SUCCESS(irp.IoStatus.Status):
            raise RuntimeError(f"{function.__name__}: {irp.IoStatus.Status}")
        return irp.IoStatus.Information

    def on_accept(self, own: Any, flags: int, local: Any, remote: Any, socket: Any, context: Any, table: Any) -> int:
        """WskAcceptEvent: takes each connection."""
        self.accepted += 1
        context.value = connection = Connection(socket)
        self.open.add(connection)
        table.value = self.table
        return SUCCESS

    def on_receive(self, connection: Connection, flags: int, first: Any, total: int, accepted: Any) -> int:
        """WskReceiveEvent: sends back as many bytes; the end of the data is the disconnect event's to tell."""
        if first is not None:
            data = b"".join(bytes_of(first))
            connection.socket.WskSend(wsk.WSK_BUF(wsk.MDL(data), 0, total), 0, wsk.IRP(self.sent, connection))
        return SUCCESS

    def sent(self, device: None, irp: Any, connection: Connection) -> int:
        """The completion routine of sends."""
        return KEPT

    def on_disconnect(self, connection: Connection, flags: int) -> int:
        """WskDisconnectEvent: ends this half as well, or closes what was torn down."""
        self.indicated += 1
        if flags & wsk.WSK_FLAG_ABORTIVE:
            self.close(connection)
        else:
            connection.socket.WskDisconnect(None, 0, wsk.IRP(self.finished, connection))
        return SUCCESS

    def finished(self, device: None, irp: Any, connection: Connection) -> int:
        """The completion routine of WskDisconnect. An abortive disconnect that came first closes by itself."""
        if wsk.NT_SUCCESS(irp.IoStatus.Status):
            self.close(connection)
        return KEPT

    def close(self, connection: Connection) -> None:
        """Closes once, whoever asks."""
        socket, connection.socket = connection.socket, None
        if socket is not None:
            self.open.discard(connection)
            socket.WskCloseSocket(wsk.IRP(self.gone, connection))

    def gone(self, device: None, irp: Any, connection: Connection) -> int:
        """The completion routine of closes."""
        self.closed += 1
        return KEPT


def bytes_of(first: Any) -> Iterator[bytes]:
    """The bytes of a list of data indications."""
    while first is not None:
        yield first.Buffer.tobytes()
        first = first.Next


@wsksim.application
def echo(subsystem: wsksim.Subsystem) -> Iterator[wsk.SOCKADDR_IN]:
    """The application: sets up, says where it listens, and tears down."""
    server = Echo(subsystem)
    yield server.address
    server.stop()
