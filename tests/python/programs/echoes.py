"""Echo applications under a drawn schedule and two workers; afterwards everything is closed, and the books agree.

`echoes.py SEED CONNECTIONS`. The server accepts by event, answers what its receive event brings, finishes when the
client did, and closes with an IRP once both finished or the client aborted. The clients are sockets of the same
subsystem, asked from this thread.
"""

import random
import sys
import threading
import time

import wsksim
from wsksim import wsk

OK, PENDING, DECLINED = wsk.STATUS_SUCCESS, wsk.STATUS_PENDING, wsk.STATUS_DATA_NOT_ACCEPTED
EVENTS = wsk.WSK_EVENT_RECEIVE | wsk.WSK_EVENT_DISCONNECT
FAR = 30  # seconds: then something hangs


def data(payload):
    return wsk.WSK_BUF(wsk.MDL(bytearray(payload)), 0, len(payload))


class Tally:
    """What happened, counted by many threads."""

    def __init__(self):
        self.lock, self.counts = threading.Lock(), {}

    def add(self, name, count=1):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + count


def ask(function, *arguments, then=None):
    """Makes a request whose routine counts it, and may go on."""
    tally.add("asked")

    def routine(DeviceObject, Irp, Context):
        tally.add("completed")
        if then is not None:
            then(Irp)
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    return function(*arguments, wsk.IRP(routine))


class Echo:
    """One end of a connection: the server's answers, the client's collects."""

    def __init__(self, seed, *, answers):
        self.draw, self.answers, self.socket = random.Random(seed), answers, None
        self.got, self.sent, self.kept = bytearray(), b"", None
        # Whoever calls into the socket holds it, so that no call is executing when it is closed (C-7).
        self.lock, self.gone, self.tore, self.pauses = threading.RLock(), False, False, False
        self.table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(self.receive, self.disconnect, None)

    def do(self, name, *arguments, then=None):
        """Makes a request of the socket unless it is closed."""
        with self.lock:
            if not self.gone:
                return ask(getattr(self.socket, name), *arguments, then=then)
        return None

    def release(self):
        if self.kept is not None:
            assert self.socket.WskRelease(self.kept) == OK
            self.kept = None

    def receive(self, SocketContext, Flags, DataIndication, BytesIndicated, BytesAccepted):
        content, part = b"", DataIndication
        while part is not None:
            content, part = content + part.Buffer.tobytes(), part.Next
        what = self.draw.randrange(8)
        if what < 2:
            content = content[: what * len(content) // 2]
        tally.add("echoed" if self.answers else "heard", len(content))
        with self.lock:
            if self.gone:
                return OK
            self.got += content
            self.release()
            if what == 2:
                self.kept = DataIndication
            if self.answers and content:
                self.do("WskSend", data(content), 0)
        if what < 2:
            # It pauses once this has returned, until the main thread receives nothing after that (G-17).
            tally.add("paused")
            BytesAccepted.value = len(content)
            self.pauses = True
            return OK if what else DECLINED
        return PENDING if what == 2 else OK

    def disconnect(self, SocketContext, Flags):
        abortive = bool(Flags & wsk.WSK_FLAG_ABORTIVE)
        tally.add("aborted" if abortive else "finished")
        if abortive or not self.answers:
            self.leave()
        else:
            self.do("WskDisconnect", None, 0, then=lambda Irp: self.leave())
        return OK

    def leave(self):
        """Closes once, its list given back before (C-22)."""
        with self.lock:
            if not self.gone:
                self.release()
                self.do("WskCloseSocket", then=lambda Irp: tally.add("closed"))
                self.gone = True


def accept(SocketContext, Flags, Local, Remote, AcceptSocket, AcceptContext, AcceptDispatch):
    echo = Echo(draw.random(), answers=True)
    if AcceptSocket is None or echo.draw.random() < 0.1:
        tally.add("refused")
        return wsk.STATUS_REQUEST_NOT_ACCEPTED
    tally.add("accepted")
    echo.socket = AcceptSocket
    AcceptContext.value, AcceptDispatch.value = echo, echo.table
    servers.append(echo)
    if echo.draw.random() < 0.5:
        assert enable(AcceptSocket, wsk.WSK_EVENT_RECEIVE) == OK  # inherited as well
    return OK


def enable(socket, events):
    block = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, events)
    return socket.WskControlSocket(
        wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, block, 0, None, None, None
    )


def now(function, *arguments):
    """Makes a request and waits for it."""
    irp = wsk.IRP()
    function(*arguments, irp)
    assert irp.wait(FAR)
    assert irp.IoStatus.Status == OK, (function, irp.IoStatus)
    return irp.IoStatus.Information


def made(npi, category, context, table):
    kind = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, category)
    found = now(npi.WskSocket, *kind, context, table, None, None, None)
    now(found.WskBind, wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"), 0)
    return found


def client(npi, address, number):
    """Connects, sends pieces, and finishes or aborts."""
    one = Echo(number, answers=False)
    one.socket = made(npi, wsk.WSK_FLAG_CONNECTION_SOCKET, one, one.table)
    now(one.socket.WskConnect, address, 0)
    with one.lock:
        if not one.gone:
            assert enable(one.socket, EVENTS) == OK
    for _ in range(one.draw.randrange(6)):
        piece = one.draw.randbytes(one.draw.randrange(1, 200))
        one.sent += piece
        one.do("WskSend", data(piece), 0)
    if one.draw.random() < 0.2:
        one.tore = True
        one.do("WskDisconnect", None, wsk.WSK_FLAG_ABORTIVE)
        one.leave()
    else:
        one.do("WskDisconnect", None, 0)
    return one


seed, connections = int(sys.argv[1]), int(sys.argv[2])
draw, tally, servers, clients = random.Random(seed), Tally(), [], []
sys.setswitchinterval(1e-5)
subsystem = wsksim.Subsystem(seed=seed, schedule="explore", irql="mixed", window=256)
registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
status, npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)
assert status == OK
with subsystem.workers(2) as workers:
    listener = made(npi, wsk.WSK_FLAG_LISTEN_SOCKET, None, wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=accept))
    assert enable(listener, wsk.WSK_EVENT_ACCEPT | EVENTS) == OK
    address = wsk.SOCKADDR_IN()
    now(listener.WskGetLocalAddress, address)
    for number in range(connections):
        clients.append(client(npi, address, draw.random()))
        if number % 64 == 0:
            workers.drain(FAR)  # no more wait than the listener's queue holds
    end = time.monotonic() + FAR
    while not workers.drain(0.01) or not all(one.gone for one in (*clients, *servers)):
        left = [(one.answers, subsystem.network.state(one.socket)) for one in (*clients, *servers) if not one.gone]
        assert time.monotonic() < end, (tally.counts, left)
        for one in (*clients, *servers):
            if one.pauses:
                one.do("WskReceive", data(b""), 0)
    now(listener.WskCloseSocket)
counts = tally.counts
# Who was accepted, and tore nothing down, has heard all that it said.
refused = [one for one in clients if not one.tore and one.sent != one.got]
assert len(refused) <= counts["refused"], (len(refused), counts)
assert counts["accepted"] == len(servers), counts
assert counts["asked"] == counts["completed"], counts
assert counts["closed"] == len(servers) + len(clients), counts
books = subsystem.counters()
posted, indicated = sum(books["posted"].values()), sum(books["indicated"].values())
assert posted == indicated + sum(books["withheld"].values()), books
assert indicated == counts["finished"] + counts["aborted"], (books, counts)
assert books["pending"] == {"queued": 0, "held": 0}, books
assert books["findings"] == 0, subsystem.findings[:3]
assert set(subsystem._provider.pending().values()) <= {0}, subsystem._provider.pending()
subsystem.close()
print(", ".join(f"{counts[name]} {name}" for name in ("accepted", "refused", "echoed", "paused")))
