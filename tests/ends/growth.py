"""Shows that nothing walks all sockets, or all requests, for one: counts instructions at three sizes.

    python tests/ends/growth.py [PART ...]

Each part does one thing to n, 2n and 4n of something, in a process of its own under callgrind. From 2n to 4n it takes
twice the instructions that it takes from n to 2n, if each costs the same; a walk over all the others makes that four
times. What is started once cancels out, and neither the machine's load nor its speed matters. Ends with 1 if a part
grows faster than `LIMIT`, with 3 if there is no valgrind.
"""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wsksim
from wsksim import wsk

# 2 is each the same; 4 is a walk over all. Tables that double, and depths of trees, are between.
LIMIT = 2.4


class Application:
    """A client of the provider, and what its requests end with."""

    def __init__(self, **options: Any) -> None:
        self.subsystem = wsksim.Subsystem(**options)
        self.network = self.subsystem.network
        registration = self.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        _, self.npi = self.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)

    def ask(self, function: Callable[..., object], *arguments: object) -> Any:
        """Calls a function with an IRP; what it yields."""
        irp = wsk.IRP(kept)
        function(*arguments, irp)
        self.subsystem.dispatch()
        if irp.IoStatus.Status != wsk.STATUS_SUCCESS:
            raise AssertionError(irp.IoStatus)
        return irp.IoStatus.Information

    def socket(self, flags: int, kind: int, protocol: int, dispatch: object = None) -> Any:
        """Makes a socket."""
        return self.ask(self.npi.WskSocket, wsk.AF_INET, kind, protocol, flags, None, dispatch, None, None, None)

    def bound(self, socket: Any, port: int = 0) -> wsk.SOCKADDR_IN:
        """Binds a socket; where."""
        self.ask(socket.WskBind, wsk.SOCKADDR_IN(wsk.AF_INET, port, "127.0.0.1"), 0)
        address = wsk.SOCKADDR_IN()
        self.ask(socket.WskGetLocalAddress, address)
        return address

    def option(self, socket: Any, name: int, value: int) -> None:
        """Sets an option of SOL_SOCKET."""
        told = bytearray(value.to_bytes(4, "little"))
        self.ask(socket.WskControlSocket, wsk.WskSetOption, name, wsk.SOL_SOCKET, 4, told, 0, None, None)

    def listener(self, dispatch: object = None, *, conditional: bool = False) -> tuple[Any, wsk.SOCKADDR_IN]:
        """Makes a listener; where it listens."""
        socket = self.socket(wsk.WSK_FLAG_LISTEN_SOCKET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, dispatch)
        if conditional:
            self.option(socket, wsk.SO_CONDITIONAL_ACCEPT, 1)
        return socket, self.bound(socket)

    def inspecting(self, count: int) -> Any:
        """So many requests, which nobody has decided and the application was asked about."""
        table = wsk.WSK_CLIENT_LISTEN_DISPATCH(None, lambda *_: wsk.WskInspectPend, lambda *_: wsk.STATUS_SUCCESS)
        _, address = self.listener(table, conditional=True)
        requests = self.network.connect_many(address, count)
        self.subsystem.dispatch()
        return requests

    def accepted(self, dispatch: object = None) -> tuple[Any, Any]:
        """One connection: the application's end and the peer's."""
        listener, address = self.listener()
        remote = self.network.connect(address)
        return self.ask(listener.WskAccept, 0, None, dispatch, None, None), remote


def kept(*_: object) -> int:
    """A completion routine that keeps its IRP."""
    return wsk.STATUS_MORE_PROCESSING_REQUIRED


def shuffled(count: int) -> list[int]:
    """All places, in an order that is always the same."""
    order = list(range(count))
    random.Random(7).shuffle(order)
    return order


def backlog(count: int) -> None:
    """Connections that nobody has accepted are aborted."""
    application = Application(backlog=count)
    _, address = application.listener()
    ends = application.network.connect_many(address, count)
    ends[shuffled(count)].abort()


def undone(count: int) -> None:
    """One connect of many is refused, and none stays."""
    application = Application(backlog=count)
    _, address = application.listener()
    try:
        application.network.connect_many(address, count + 1)
    except wsksim.RemoteError:
        return
    raise AssertionError("the last one had to be refused")


def inspected(count: int) -> None:
    """Inspections and abort events are dispatched; the requests go in any order."""
    application = Application(backlog=count)
    requests = application.inspecting(count)
    requests[shuffled(count)].abort()
    application.subsystem.dispatch()


def connects(count: int) -> None:
    """Connects that nobody answers are cancelled, beside requests that are no business of theirs."""
    application = Application(backlog=count)
    application.inspecting(count)
    silent = wsk.SOCKADDR_IN(wsk.AF_INET, 9, "198.51.100.9")
    application.network.silence(silent)
    here = wsk.SOCKADDR_IN(wsk.AF_INET, 0, "0.0.0.0")  # noqa: S104
    irps = [wsk.IRP(kept) for _ in range(count)]
    for irp in irps:
        what = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, here, silent, 0, None, None, None, None, None, irp)
        application.npi.WskSocketConnect(*what)
    cancel(application, irps)


def piece(count: int) -> None:
    """One large piece is sent."""
    got = 0

    def on_receive(_context: object, _flags: int, _first: object, length: int, _accepted: object) -> int:
        nonlocal got
        got += length
        return wsk.STATUS_SUCCESS

    application = Application()
    socket, remote = application.accepted(wsk.WSK_CLIENT_CONNECTION_DISPATCH(on_receive, None, None))
    events = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, wsk.WSK_EVENT_RECEIVE)
    what = (wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, events, 0, None, None, None)
    socket.WskControlSocket(*what)
    remote.send(bytes(count * 1024))
    while got < count * 1024:
        application.subsystem.dispatch()


def datagrams(count: int) -> None:
    """Datagrams arrive and nobody reads them."""
    application = Application()
    socket = application.socket(wsk.WSK_FLAG_DATAGRAM_SOCKET, wsk.SOCK_DGRAM, wsk.IPPROTO_UDP)
    address = application.bound(socket)
    peer = application.network.datagram(wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"))
    for _ in range(count):
        peer.send_to(b"", address)


def cancel(application: Application, irps: list[wsk.IRP]) -> None:
    """Cancels IRPs in any order."""
    for place in shuffled(len(irps)):
        wsk.IoCancelIrp(irps[place])
    application.subsystem.dispatch()
    if any(irp.IoStatus.Status != wsk.STATUS_CANCELLED for irp in irps):
        raise AssertionError("each of them waited")


def receives(count: int) -> None:
    """Receives are cancelled."""
    application = Application()
    socket, _ = application.accepted()
    irps = [wsk.IRP(kept) for _ in range(count)]
    buffer = wsk.WSK_BUF(wsk.MDL(bytearray(8)), 0, 8)
    for irp in irps:
        socket.WskReceive(buffer, 0, irp)
    cancel(application, irps)


def sends(count: int) -> None:
    """Sends that the window has no room for are cancelled."""
    application = Application()
    socket, remote = application.accepted()
    remote.stop_reading()
    full = bytes(1 << 17)
    socket.WskSend(wsk.WSK_BUF(wsk.MDL(full), 0, len(full)), 0, wsk.IRP(kept))
    irps = [wsk.IRP(kept) for _ in range(count)]
    buffer = wsk.WSK_BUF(wsk.MDL(b"12345678"), 0, 8)
    for irp in irps:
        socket.WskSend(buffer, 0, irp)
    cancel(application, irps)


def accepts(count: int) -> None:
    """Accepts are cancelled."""
    application = Application()
    listener, _ = application.listener()
    irps = [wsk.IRP(kept) for _ in range(count)]
    for irp in irps:
        listener.WskAccept(0, None, None, None, None, irp)
    cancel(application, irps)


def shared(count: int) -> None:
    """Sockets that share one address are bound and closed."""
    application = Application()
    sockets = []
    for _ in range(count):
        made = application.socket(wsk.WSK_FLAG_CONNECTION_SOCKET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP)
        application.option(made, wsk.SO_REUSEADDR, 1)
        application.bound(made, 5000)
        sockets.append(made)
    for place in shuffled(count):
        sockets[place].WskCloseSocket(wsk.IRP(kept))
    application.subsystem.dispatch()


# What is done, and the smallest number of what it is done to.
PARTS: dict[str, tuple[Callable[[int], None], int]] = {
    "backlog": (backlog, 8_000),
    "undone": (undone, 8_000),
    "inspected": (inspected, 4_000),
    "connects": (connects, 2_000),
    "piece": (piece, 8_000),
    "datagrams": (datagrams, 4_000),
    "receives": (receives, 4_000),
    "sends": (sends, 4_000),
    "accepts": (accepts, 4_000),
    "shared": (shared, 2_000),
}


def instructions(part: str, count: int) -> int:
    """How many instructions a part takes, the start of the interpreter included."""
    here = str(Path(__file__))
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, here, "--run", part]
    told = subprocess.run([*command, str(count)], capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", told.stderr)
    if told.returncode != 0 or found is None:
        raise SystemExit(f"growth: {part} of {count} ended with {told.returncode}:\n{told.stdout}{told.stderr}")
    return int(found[1])


def main() -> int:
    """Measures the parts that were asked for, or all."""
    if sys.argv[1:2] == ["--run"]:
        PARTS[sys.argv[2]][0](int(sys.argv[3]))
        return 0
    if shutil.which("valgrind") is None:
        print("growth: valgrind was not found")
        return 3
    worst = 0.0
    for part in sys.argv[1:] or PARTS:
        count = PARTS[part][1]
        small, middle, large = (instructions(part, size * count) for size in (1, 2, 4))
        growth, each = (large - middle) / (middle - small), (large - middle) / (2 * count)
        worst = max(worst, growth)
        told = "" if growth <= LIMIT else "  TOO FAST"
        print(f"growth: {part:10} {growth:5.2f}, {each:8.0f} instructions each at {4 * count}{told}", flush=True)
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
