"""A client that connects again whenever its connection ends, as a WSK driver writes it.

The disconnect event only starts what has to be done: it closes the socket, and the completion routine of the close
starts the next attempt. Nothing waits inside a callback. A refused attempt is tried again a number of times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import wsksim
from wsksim import wsk

MOST_REFUSALS = 3


@dataclass
class Client:
    """A WSK application with one connection at a time.

    Attributes:
        log: what happened, in order.
    """

    subsystem: wsksim.Subsystem
    server: wsk.SOCKADDR_IN
    log: list[str] = field(default_factory=list)
    socket: Any = None
    refusals: int = 0
    stopping: bool = False

    def start(self) -> None:
        """Registers and makes the first attempt."""
        self.registration = self.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        status, npi = self.subsystem.WskCaptureProviderNPI(self.registration, wsk.WSK_INFINITE_WAIT)
        assert status == wsk.STATUS_SUCCESS
        self.npi: Any = npi
        self.table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=self.on_disconnect)
        self.connect()

    def connect(self) -> None:
        """Makes, binds and connects a socket in one call; `connected` hears how it went."""
        anywhere, kind = wsk.SOCKADDR_IN(), (wsk.SOCK_STREAM, wsk.IPPROTO_TCP)
        irp = wsk.IRP(self.connected)
        self.npi.WskSocketConnect(*kind, anywhere, self.server, 0, self, self.table, None, None, None, irp)

    def connected(self, DeviceObject: Any, Irp: wsk.IRP, Context: Any) -> int:
        """Completion routine of the connect: enables the event, which is allowed from here on (E-8)."""
        if not wsk.NT_SUCCESS(Irp.IoStatus.Status):
            self.log.append("refused")
            self.refusals += 1
            if self.refusals < MOST_REFUSALS and not self.stopping:
                self.connect()
            return wsk.STATUS_MORE_PROCESSING_REQUIRED
        self.refusals = 0
        self.socket = Irp.IoStatus.Information
        self.log.append("connected")
        control = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, wsk.WSK_EVENT_DISCONNECT)
        option, size = wsk.SO_WSK_EVENT_CALLBACK, wsk.sizeof(control)
        self.socket.WskControlSocket(wsk.WskSetOption, option, wsk.SOL_SOCKET, size, control, 0, None, None, None)
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    def on_disconnect(self, SocketContext: Client, Flags: int) -> int:
        """WskDisconnectEvent: either kind ends this connection; the close does not wait here (C-15)."""
        self.log.append("aborted" if Flags & wsk.WSK_FLAG_ABORTIVE else "finished")
        self.close()
        return wsk.STATUS_SUCCESS

    def close(self) -> None:
        """Closes the socket; `closed` goes on. A socket is closed once, whoever is first."""
        socket, self.socket = self.socket, None
        if socket is not None:
            socket.WskCloseSocket(wsk.IRP(self.closed))

    def closed(self, DeviceObject: Any, Irp: wsk.IRP, Context: Any) -> int:
        """Completion routine of the close: the next attempt."""
        if not self.stopping:
            self.connect()
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    def stop(self) -> None:
        """Closes what is open and deregisters, which waits for it."""
        self.stopping = True
        self.close()
        self.subsystem.WskReleaseProviderNPI(self.registration)
        self.subsystem.WskDeregister(self.registration)


def run(seed: int) -> tuple[list[str], int]:
    """A server that ends every connection, and then goes away; gives the log, and how many findings there were."""
    with wsksim.Subsystem(seed=seed, check="raise") as subsystem:
        server = subsystem.network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 9, "127.0.0.1"))
        client = Client(subsystem, wsk.SOCKADDR_IN(wsk.AF_INET, 9, "127.0.0.1"))
        client.start()
        for number in range(4):
            subsystem.dispatch()
            connection = server.accept()
            assert connection is not None
            if number == 3:
                server.close()
            if (seed + number) % 2:
                connection.abort()
            else:
                connection.disconnect()
        subsystem.dispatch()
        client.stop()
        return client.log, subsystem.finding_count


def main() -> None:
    """Runs once and prints."""
    log, findings = run(7)
    print("\n".join(log))
    print(f"{log.count('connected')} connections, {findings} findings")


if __name__ == "__main__":
    main()
