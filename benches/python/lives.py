"""Lives of connections of an application in Python, step by step those of the C driver in `benches/provider.rs`."""

from __future__ import annotations

from typing import Any

import wsksim
from wsksim import wsk


class Echo:
    """A listener that accepts by event, and whose connections send back what they receive."""

    def __init__(self) -> None:
        self.subsystem = wsksim.Subsystem()
        registration = self.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        status, npi = self.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)
        if npi is None:
            raise RuntimeError(f"there is no provider: {status:#x}")
        self.connections: list[Any] = []
        self.seen = 0
        self._table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(self._receive, self._disconnect, None)
        listening = wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=self._accept)
        flags = wsk.WSK_FLAG_LISTEN_SOCKET
        made = self._ask(
            npi.WskSocket, wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, flags, self, listening, None, None, None
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

    def live(self) -> None:
        """One life: accept, receive, send with a routine, disconnect, close."""
        remote = self.subsystem.network.connect(self.address)
        self.subsystem.dispatch()
        remote.send(b"\x07")
        self.subsystem.dispatch()
        remote.disconnect()
        self.subsystem.dispatch()
        self._ask(self.connections.pop().WskCloseSocket)
        remote.close()

    def check(self, lives: int) -> None:
        """Raises unless each life was whole and nothing was found wrong."""
        if self.seen != 5 * lives or self.subsystem.finding_count:
            raise RuntimeError(f"{self.seen} steps of {lives} lives, findings: {self.subsystem.findings[:1]}")
        self.seen = 0

    def _ask(self, function: Any, *arguments: Any) -> Any:
        irp = wsk.IRP(_kept)
        function(*arguments, irp)
        self.subsystem.dispatch()
        return irp

    def _done(self, device: None, irp: Any, context: Any) -> int:  # noqa: ARG002
        self.seen += 1
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    def _accept(self, own: Any, flags: int, local: Any, remote: Any, socket: Any, context: Any, table: Any) -> int:
        del own, flags, local, remote
        self.seen += 1
        context.value, table.value = socket, self._table
        self.connections.append(socket)
        return wsk.STATUS_SUCCESS

    def _receive(self, own: Any, flags: int, first: Any, total: int, accepted: Any) -> int:
        del flags, total, accepted
        self.seen += 1
        memory = first.Buffer.tobytes()
        buffer = wsk.WSK_BUF(wsk.MDL(memory), 0, len(memory))
        own.WskSend(buffer, 0, wsk.IRP(self._done))
        return wsk.STATUS_SUCCESS

    def _disconnect(self, own: Any, flags: int) -> int:
        del flags
        self.seen += 1
        own.WskDisconnect(None, 0, wsk.IRP(self._done))
        return wsk.STATUS_SUCCESS


def _kept(device: None, irp: Any, context: Any) -> int:  # noqa: ARG001
    return wsk.STATUS_MORE_PROCESSING_REQUIRED
