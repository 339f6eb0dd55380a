"""Server: an application in Python as a careful author writes it for load, and the lives that it lives."""

from __future__ import annotations

import random
from array import array
from time import thread_time_ns
from typing import Any, Literal

import wsksim
from wsksim import wsk

# No time is lost with looking for names while it runs.
SUCCESS = wsk.STATUS_SUCCESS
MORE = wsk.STATUS_MORE_PROCESSING_REQUIRED


class Connection:
    """One connection's context, with the IRP of its requests, which is used again and again."""

    __slots__ = ("irp", "server", "socket")

    def __init__(self, server: Server) -> None:
        self.server = server
        self.irp = wsk.IRP(server.done, self)
        self.socket: Any = None


class Server:
    """A listener that accepts by event, with all events of its connections enabled by inheritance."""

    def __init__(self, count: int, completions: Literal["inline", "windows"] = "inline") -> None:
        self.subsystem = wsksim.Subsystem(completions=completions, backlog=max(200, count))
        registration = self.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        status, npi = self.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)
        if npi is None:
            raise RuntimeError(f"there is no provider: {status:#x}")
        self.accepted = self.indicated = self.closed = self.sent = 0
        self._talkers: Any = None
        self._only: Any = None
        self.free = [Connection(self) for _ in range(count)]
        self._table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(self.on_receive, self.on_disconnect, None)
        listening = wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=self.on_accept)
        made = self._ask(
            npi.WskSocket,
            *(wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_LISTEN_SOCKET),
            *(None, listening, None, None, None),
        )
        listener = made.IoStatus.Information
        self._ask(listener.WskBind, wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"), 0)
        self.address = wsk.SOCKADDR_IN()
        self._ask(listener.WskGetLocalAddress, self.address)
        mask = wsk.WSK_EVENT_ACCEPT | wsk.WSK_EVENT_RECEIVE | wsk.WSK_EVENT_DISCONNECT
        block = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, mask)
        listener.WskControlSocket(
            wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, block, 0, None, None, None
        )
        self.listener = listener

    def _ask(self, function: Any, *arguments: Any) -> Any:
        irp = wsk.IRP(_kept)
        function(*arguments, irp)
        self.subsystem.dispatch()
        return irp

    def on_accept(self, own: Any, flags: int, local: Any, remote: Any, socket: Any, context: Any, table: Any) -> int:
        """WskAcceptEvent: takes a context that is free."""
        del own, flags, local, remote
        self.accepted += 1
        connection = self.free.pop()
        connection.socket = socket
        context.value = connection
        table.value = self._table
        return SUCCESS

    def on_receive(self, connection: Connection, flags: int, first: Any, total: int, accepted: Any) -> int:
        """WskReceiveEvent: sends back as many bytes."""
        del flags, accepted
        irp = connection.irp
        wsk.IoReuseIrp(irp, SUCCESS)
        connection.socket.WskSend(wsk.WSK_BUF(wsk.MDL(first.Buffer.tobytes()), 0, total), 0, irp)
        return SUCCESS

    def on_disconnect(self, connection: Connection, flags: int) -> int:
        """WskDisconnectEvent: closes."""
        del flags
        self.indicated += 1
        connection.socket.WskCloseSocket(connection.irp)
        return SUCCESS

    def done(self, device: None, irp: Any, connection: Connection) -> int:
        """The completion routine of sends and closes."""
        del device
        if irp.IoStatus.Information:
            self.sent += 1
        else:
            self.closed += 1
            wsk.IoReuseIrp(irp, SUCCESS)
            self.free.append(connection)
        return MORE

    def arrive(self, count: int) -> Any:
        """So many remote ends connect and are accepted."""
        remotes = self.subsystem.network.connect_many(self.address, count)
        self.subsystem.dispatch()
        return remotes

    def lives(self, count: int, order: array[int] | None = None) -> int:
        """So many connections come, disconnect in this order, and are closed; nanoseconds of this thread."""
        dispatch = self.subsystem.dispatch
        begun = thread_time_ns()
        remotes = self.arrive(count)
        taken = thread_time_ns() - begun
        ordered = remotes if order is None else remotes[order]
        begun = thread_time_ns()
        ordered.disconnect()
        dispatch()
        remotes.close()
        return taken + thread_time_ns() - begun

    def lives_one_by_one(self, count: int, order: array[int]) -> int:
        """Likewise, but each remote end is an object of its own, and a call each."""
        connect, address, dispatch = self.subsystem.network.connect, self.address, self.subsystem.dispatch
        begun = thread_time_ns()
        remotes = [connect(address) for _ in range(count)]
        dispatch()
        taken = thread_time_ns() - begun
        remotes = [remotes[place] for place in order]
        begun = thread_time_ns()
        for remote in remotes:
            remote.disconnect()
        dispatch()
        for remote in remotes:
            remote.close()
        return taken + thread_time_ns() - begun

    def messages(self, order: array[int]) -> float:
        """Remote ends send 64 bytes each in this order, which come back; nanoseconds each."""
        count = len(order)
        if self._talkers is None:
            remotes = self.arrive(count)
            self._talkers = [remotes[place] for place in order]
        data, dispatch = bytes(64), self.subsystem.dispatch
        begun, before = thread_time_ns(), self.sent
        for remote in self._talkers:
            remote.send(data)
        dispatch()
        taken = thread_time_ns() - begun
        if self.sent - before != count or any(remote.read() != data for remote in self._talkers):
            raise RuntimeError(f"{self.sent - before} of {count} messages came back")
        return taken / count

    def sends(self, count: int) -> float:
        """So many sends of one byte, each with the same IRP; nanoseconds each."""
        if self._talkers is None:
            connection = self.free[-1]
            self._talkers = self.arrive(1)
            self._only = connection
        connection = self._only
        send, irp, reuse = connection.socket.WskSend, connection.irp, wsk.IoReuseIrp
        buffer, before = wsk.WSK_BUF(wsk.MDL(b"\x07"), 0, 1), self.sent
        begun = thread_time_ns()
        for _ in range(count):
            send(buffer, 0, irp)
            reuse(irp, SUCCESS)
        taken = thread_time_ns() - begun
        if self.sent - before != count or len(self._talkers[0].read() or b"") != count:
            raise RuntimeError(f"{self.sent - before} of {count} bytes were sent")
        return taken / count

    def check(self, lives: int) -> None:
        """Raises unless each life was whole and nothing was found wrong."""
        seen = self.accepted, self.indicated, self.closed
        if seen != (lives,) * 3 or self.subsystem.finding_count:
            raise RuntimeError(f"{seen} of {lives} lives, findings: {self.subsystem.findings[:1]}")


class Storm(Server):
    """A server that knows its sockets in the order in which they came, so that this machine can end them."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.sockets: list[Any] = []

    def on_accept(self, own: Any, flags: int, local: Any, remote: Any, socket: Any, context: Any, table: Any) -> int:
        """WskAcceptEvent, likewise."""
        self.sockets.append(socket)
        return super().on_accept(own, flags, local, remote, socket, context, table)

    def live(self, order: array[int], chance: random.Random, aborted: float, killed: float) -> None:
        """So many lives at once, of which a share ends by an abort, and one by this machine (U-45)."""
        self.sockets.clear()
        remotes = self.arrive(len(order))
        kill, draw = self.subsystem.network.kill, chance.random
        ends, aborts = array("q"), array("q")
        for place in order:
            drawn = draw()
            if drawn < aborted:
                aborts.append(place)
            elif drawn < aborted + killed:
                kill(self.sockets[place])
            else:
                ends.append(place)
        remotes[aborts].abort()
        remotes[ends].disconnect()
        self.subsystem.dispatch()
        remotes.close()
        self.sockets.clear()

    def balanced(self) -> None:
        """Raises unless everything has come to its end."""
        left = {name: count for name, count in self.subsystem.network._provider.pending().items() if count}  # noqa: SLF001
        if left or self.subsystem.open_sockets:
            raise RuntimeError(f"left: {left}, {self.subsystem.open_sockets} open")


def _kept(device: None, irp: Any, context: Any) -> int:  # noqa: ARG001
    return MORE
