"""An echo server as a WSK driver writes it: accept, receive and disconnect events, and closing as the rules want.

The server never waits inside a callback. It echoes what its receive event indicates, answers a graceful disconnect
with its own (otherwise its close would abort the connection), and closes a socket once both halves are done. The
clients are remote applications of the simulated network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import wsksim
from wsksim import wsk

CLIENTS = 5


@dataclass
class Connection:
    """The socket context: what the server knows of one connection."""

    server: EchoServer
    socket: Any = None
    echoed: int = 0
    pending: int = 0
    peer_done: bool = False
    closing: bool = False


@dataclass
class EchoServer:
    """A WSK application that listens and echoes.

    Attributes:
        address: where it listens.
        log: what happened, in order.
    """

    subsystem: wsksim.Subsystem
    address: wsk.SOCKADDR_IN = field(default_factory=wsk.SOCKADDR_IN)
    log: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Registers, and listens with events for the listener and, by inheritance, for each accepted socket."""
        self.registration = self.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        status, npi = self.subsystem.WskCaptureProviderNPI(self.registration, wsk.WSK_INFINITE_WAIT)
        assert status == wsk.STATUS_SUCCESS
        assert npi is not None
        table = wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=self.on_accept)
        self.connection_table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(self.on_receive, self.on_disconnect)
        irp = wsk.IRP()
        category = wsk.WSK_FLAG_LISTEN_SOCKET
        npi.WskSocket(wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, category, self, table, None, None, None, irp)
        self.listener = self.wait(irp)
        self.listener.WskBind(wsk.SOCKADDR_IN(wsk.AF_INET, 7, "127.0.0.1"), 0, irp)
        self.wait(irp)
        self.listener.WskGetLocalAddress(self.address, irp)
        self.wait(irp)
        mask = wsk.WSK_EVENT_ACCEPT | wsk.WSK_EVENT_RECEIVE | wsk.WSK_EVENT_DISCONNECT
        control = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, mask)
        option = wsk.SO_WSK_EVENT_CALLBACK
        self.listener.WskControlSocket(
            wsk.WskSetOption, option, wsk.SOL_SOCKET, wsk.sizeof(control), control, 0, None, None, None
        )

    def stop(self) -> None:
        """Closes the listener and deregisters, which waits for every connection to be closed."""
        irp = wsk.IRP()
        self.listener.WskCloseSocket(irp)
        self.wait(irp)
        self.subsystem.WskReleaseProviderNPI(self.registration)
        self.subsystem.WskDeregister(self.registration)

    @staticmethod
    def wait(irp: wsk.IRP) -> Any:
        """Waits outside callbacks, checks, and prepares the IRP for its next use."""
        irp.wait()
        assert wsk.NT_SUCCESS(irp.IoStatus.Status), irp
        information = irp.IoStatus.Information
        wsk.IoReuseIrp(irp, wsk.STATUS_UNSUCCESSFUL)
        return information

    def on_accept(
        self, SocketContext: Any, Flags: int, Local: Any, Remote: Any, Socket: Any, Context: Any, Table: Any
    ) -> int:
        """WskAcceptEvent: keeps the connection; its context and table go into the out parameters."""
        if Socket is None:
            return wsk.STATUS_REQUEST_NOT_ACCEPTED  # the listener is non-functional
        Context.value, Table.value = Connection(self, Socket), self.connection_table
        return wsk.STATUS_SUCCESS

    def on_receive(self, SocketContext: Connection, Flags: int, DataIndication: Any, Bytes: int, Accepted: Any) -> int:
        """WskReceiveEvent: sends back what came, from a copy, and accepts all of it."""
        part = DataIndication
        while part is not None:
            content = part.Buffer.tobytes()
            SocketContext.pending += 1
            irp = wsk.IRP(self.sent, SocketContext)
            SocketContext.socket.WskSend(wsk.WSK_BUF(wsk.MDL(content), 0, len(content)), 0, irp)
            part = part.Next
        return wsk.STATUS_SUCCESS

    def sent(self, DeviceObject: Any, Irp: wsk.IRP, SocketContext: Connection) -> int:
        """Completion routine of an echo; the last one makes way for the disconnect."""
        SocketContext.pending -= 1
        if wsk.NT_SUCCESS(Irp.IoStatus.Status):
            SocketContext.echoed += Irp.IoStatus.Information
        self.finish_if_done(SocketContext)
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    def on_disconnect(self, SocketContext: Connection, Flags: int) -> int:
        """WskDisconnectEvent: answers a graceful end with one, after the echoes; closes at once after an abort."""
        SocketContext.peer_done = True
        if Flags & wsk.WSK_FLAG_ABORTIVE:
            self.close(SocketContext, "aborted")
        else:
            self.finish_if_done(SocketContext)
        return wsk.STATUS_SUCCESS

    def finish_if_done(self, connection: Connection) -> None:
        """Finishes our half once the peer finished its own and nothing is left to send (C-11)."""
        if connection.peer_done and connection.pending == 0 and not connection.closing:
            connection.closing = True
            disconnected = wsk.IRP(self.disconnected, connection)
            connection.socket.WskDisconnect(None, 0, disconnected)

    def disconnected(self, DeviceObject: Any, Irp: wsk.IRP, SocketContext: Connection) -> int:
        """Completion routine of the disconnect: both halves are done, so the close is silent (C-12)."""
        SocketContext.closing = False
        self.close(SocketContext, "finished")
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    def close(self, connection: Connection, why: str) -> None:
        """Closes a connection; the context may go when the IRP is completed (C-14)."""
        if connection.closing:
            return
        connection.closing = True

        def closed(DeviceObject: Any, Irp: wsk.IRP, Context: Any) -> int:
            self.log.append(f"{why} after {connection.echoed} bytes")
            return wsk.STATUS_MORE_PROCESSING_REQUIRED

        routine: Callable[[Any, wsk.IRP, Any], int] = closed
        connection.socket.WskCloseSocket(wsk.IRP(routine))


def run(seed: int) -> tuple[list[str], int]:
    """Clients of which one aborts; gives the server's log, and how many findings there were."""
    with wsksim.Subsystem(seed=seed, check="raise") as subsystem:
        server = EchoServer(subsystem)
        server.start()
        clients = [subsystem.network.connect(server.address) for _ in range(CLIENTS)]
        subsystem.dispatch()
        for number, client in enumerate(clients):
            client.send(b"hello, " * number + b"echo")
            subsystem.dispatch()
            assert client.read() == b"hello, " * number + b"echo"
            if number == seed % CLIENTS:
                client.abort()
            else:
                client.disconnect()
            subsystem.dispatch()
        server.stop()
        return server.log, subsystem.finding_count


def main() -> None:
    """Runs once and prints."""
    log, findings = run(7)
    for line in log:
        print(line)
    print(f"{len(log)} connections closed, {findings} findings")


if __name__ == "__main__":
    main()
