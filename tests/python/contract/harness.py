"""What the tests of the contract share: one machine, its sockets in each state, and what they heard.

A and B are the two ends of one connection of one subsystem. Every request made through `World.ask` and `World.do`
is checked on the way: its IRP completes exactly once, with the status that the call returned unless that was
STATUS_PENDING, and with Information 0 on failure (I-4, I-8).
"""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

import wsksim
from inline_alone import INLINE_ALONE
from wsksim import wsk
from wsksim.wsk import (
    STATUS_PENDING,
    STATUS_SUCCESS,
    WSK_EVENT_ACCEPT,
    WSK_EVENT_DISABLE,
    WSK_EVENT_DISCONNECT,
    WSK_EVENT_RECEIVE,
    Out,
)

CTX = object()
DISC, RECV, ACCEPT = WSK_EVENT_DISCONNECT, WSK_EVENT_RECEIVE, WSK_EVENT_ACCEPT
ok = STATUS_SUCCESS
GRACEFUL, ABORTIVE = 0, wsk.WSK_FLAG_ABORTIVE
FAR = 5  # seconds after which a test that waits for a thread has failed


WAYS = ["inline", "windows", "later", "drawn"]


def contract(number, *rules, **options):
    """A test of section 12: T-number, the rules that it shows, and the options of its subsystem.

    It runs under each way of completion (I-18), unless it names one, or is listed as one that holds for `inline` alone.
    """

    def mark(function):
        ways = ["inline"] if function.__name__ in INLINE_ALONE or "completions" in options else WAYS
        worlds = [{"completions": way, **options} if way != "inline" else options for way in ways]
        ids = [f"T-{number}" if way == "inline" else f"{way}-T-{number}" for way in ways]
        world = pytest.mark.parametrize("world", worlds, ids=ids, indirect=True)
        return pytest.mark.rule(*rules)(world(function))

    return mark


def at(port=0, address="127.0.0.1"):
    """An IPv4 address."""
    return wsk.SOCKADDR_IN(wsk.AF_INET, port, address)


def data(payload):
    """A WSK_BUF over bytes, or over so many zeros."""
    memory = bytearray(payload)
    return wsk.WSK_BUF(wsk.MDL(memory), 0, len(memory))


class Request:
    """One request: its IRP, what the call returned, and how often the routine ran."""

    def __init__(self, then=None):
        self.calls = 0
        self.then = then
        self.returned = None
        self.irp = wsk.IRP(self.routine)
        self.heard = []
        self.took = 0  # bytes that a cancelled receive had taken (I-8)

    def routine(self, DeviceObject, Irp, Context):
        self.calls += 1
        self.heard.append((Irp.IoStatus.Status, Irp.IoStatus.Information))
        if self.then is not None:
            self.then(self)
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    @property
    def status(self):
        return self.irp.IoStatus.Status

    @property
    def information(self):
        return self.irp.IoStatus.Information

    def check(self):
        assert self.calls == 1
        if self.returned not in {None, STATUS_PENDING}:
            assert self.returned == self.status
        if not wsk.NT_SUCCESS(self.status):
            assert self.information == self.took
        return self


@dataclass
class Ears:
    """What one socket's callbacks heard, and what they answer."""

    ev: list = field(default_factory=list)
    received: list = field(default_factory=list)
    lists: list = field(default_factory=list)
    order: list = field(default_factory=list)
    backlog: list = field(default_factory=list)
    answer: object = STATUS_SUCCESS  # of the receive event: a status, or (status, accepted)
    on_disconnect: object = None
    on_receive: object = None

    @property
    def table(self):
        return wsk.WSK_CLIENT_CONNECTION_DISPATCH(self._receive, self._disconnect, self._backlog)

    def _disconnect(self, SocketContext, Flags):
        self.ev.append((SocketContext, Flags & ~wsk.WSK_FLAG_AT_DISPATCH_LEVEL))
        self.order.append(("disconnect", Flags & 1))
        return STATUS_SUCCESS if self.on_disconnect is None else self.on_disconnect(SocketContext, Flags)

    def _receive(self, SocketContext, Flags, DataIndication, BytesIndicated, BytesAccepted):
        self.lists.append(DataIndication)
        content = None if DataIndication is None else b"".join(one.Buffer.tobytes() for one in chain(DataIndication))
        self.received.append(content)
        self.order.append(("receive", content))
        if content is not None:
            assert len(content) == BytesIndicated == BytesAccepted.value
        if self.on_receive is not None:
            return self.on_receive(DataIndication, BytesAccepted)
        if isinstance(self.answer, tuple):
            status, BytesAccepted.value = self.answer
            return status
        return self.answer

    def _backlog(self, SocketContext, IdealBacklogSize):
        self.backlog.append(IdealBacklogSize)
        return STATUS_SUCCESS


def chain(first):
    """The elements of a list that C chains by Next."""
    while first is not None:
        yield first
        first = first.Next


class World:
    """One subsystem with a captured client."""

    def __init__(self, **options):
        self.subsystem = wsksim.Subsystem(**options)
        self.registration = self.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        status, self.npi = self.subsystem.WskCaptureProviderNPI(self.registration, wsk.WSK_NO_WAIT)
        assert status == STATUS_SUCCESS
        self.client = self.npi.Client
        self.net = self.subsystem.network
        self.threads = []
        self.promised = []

    # --- requests ---

    def ask(self, function, *arguments, then=None):
        """Makes a request with a fresh IRP."""
        request = Request(then)
        request.returned = function(*arguments, request.irp)
        if request.returned != STATUS_PENDING:
            request.check()
        return request

    def do(self, function, *arguments, then=None):
        """Makes a request and sees it end."""
        request = self.ask(function, *arguments, then=then)
        self.drive()
        return request.check()

    def comes_to(self, request, status):
        """Whether the call said that the request ends so; of one that pends the end of the test sees to it."""
        self.promised.append((request, status))
        return request.returned in {status, STATUS_PENDING if self.subsystem.completions != "inline" else status}

    def drive(self):
        return self.subsystem.dispatch()

    # --- sockets ---

    def socket(self, category, context=None, table=None, kind=wsk.SOCK_STREAM, protocol=wsk.IPPROTO_TCP, then=None):
        arguments = (wsk.AF_INET, kind, protocol, category, context, table, None, None, None)
        request = self.do(self.npi.WskSocket, *arguments, then=then)
        assert request.status == ok
        return request.information

    def connection(self, context=None, table=None, *, bound=True):
        made = self.socket(wsk.WSK_FLAG_CONNECTION_SOCKET, context, table)
        if bound:
            assert self.do(made.WskBind, at(), 0).status == ok
        return made

    def stream(self, context=None, table=None, *, bound=True):
        made = self.socket(wsk.WSK_FLAG_STREAM_SOCKET, context, table)
        if bound:
            assert self.do(made.WskBind, at(), 0).status == ok
        return made

    def datagram(self, context=None, callback=None, *, bound=True):
        table = None if callback is None else wsk.WSK_CLIENT_DATAGRAM_DISPATCH(callback)
        made = self.socket(wsk.WSK_FLAG_DATAGRAM_SOCKET, context, table, wsk.SOCK_DGRAM, wsk.IPPROTO_UDP)
        if bound:
            assert self.do(made.WskBind, at(), 0).status == ok
        return made

    def listener(self, context=None, table=None, *, bound=True):
        made = self.socket(wsk.WSK_FLAG_LISTEN_SOCKET, context, table)
        if bound:
            assert self.do(made.WskBind, at(), 0).status == ok
        return made

    def address(self, socket):
        found = wsk.SOCKADDR_IN()
        assert self.do(socket.WskGetLocalAddress, found).status == ok
        return found if found.sin_addr != "0.0.0.0" else at(found.sin_port)

    def connect(self, to, context=CTX, ears=None):
        """A connected socket of an application."""
        ears = ears or Ears()
        made = self.connection(context, ears.table)
        assert self.do(made.WskConnect, to, 0).status == ok
        return made

    def accept(self, listener, context=None, ears=None):
        table = None if ears is None else ears.table
        request = self.do(listener.WskAccept, 0, context, table, None, None)
        assert request.status == ok
        return request.information

    def pair(self, mask=0, *, ears=None, b_ears=None, context=CTX):
        """A and B: A connected, B accepted; `mask` is enabled on A."""
        found = SimpleNamespace(ears=ears or Ears(), b_ears=b_ears or Ears())
        listener = self.listener()
        found.a = self.connect(self.address(listener), context, found.ears)
        found.b = self.accept(listener, "B", found.b_ears)
        found.ev, found.listener = found.ears.ev, listener
        if mask:
            assert self.en(found.a, mask) == ok
        return found

    def remote_pair(self, mask=0, *, ears=None, context=CTX):
        """A, connected to a remote application without WSK."""
        found = SimpleNamespace(ears=ears or Ears())
        listener = self.net.listen(at())
        found.a = self.connect(listener.address, context, found.ears)
        found.b = listener.accept()
        assert found.b is not None
        found.ev = found.ears.ev
        if mask:
            assert self.en(found.a, mask) == ok
        return found

    def by_event(self, mask, answer, *, before=None):
        """A listener whose WskAcceptEvent calls `answer(AcceptSocket, Ctx, Dispatch, Local, Remote)`."""

        def WskAcceptEvent(SocketContext, Flags, Local, Remote, AcceptSocket, Context, Dispatch):
            return answer(AcceptSocket, Context, Dispatch, Local, Remote)

        table = wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=WskAcceptEvent)
        listener = self.listener("L", table)
        if mask:
            assert self.en(listener, mask) == ok
        return listener

    # --- what applications do with them ---

    def control(self, socket, mask, irp=None, npi=wsk.NPI_WSK_INTERFACE_ID):
        block = wsk.WSK_EVENT_CALLBACK_CONTROL(npi, mask)
        return socket.WskControlSocket(
            wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, block, 0, None, None, irp
        )

    def en(self, socket, mask, irp=None):
        return self.control(socket, mask, irp)

    def dis(self, socket, mask, irp=None):
        return self.control(socket, mask | WSK_EVENT_DISABLE, irp)

    def option(self, socket, code, value, *, request=None):
        arguments = (wsk.WskSetOption, code, wsk.SOL_SOCKET, 4, value, 0, None, None)
        return self.do(socket.WskControlSocket, *arguments).status

    def read_option(self, socket, code):
        out = Out()
        arguments = (wsk.WskGetOption, code, wsk.SOL_SOCKET, 0, None, 4, out, None)
        return self.do(socket.WskControlSocket, *arguments).status, out.value

    def static(self, mask, irp=None, size=16):
        block = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, mask)
        return self.npi.WskControlClient(wsk.WSK_SET_STATIC_EVENT_CALLBACKS, size, block, 0, None, None, irp)

    def send(self, socket, payload, flags=0):
        return self.do(socket.WskSend, data(payload), flags)

    def receive(self, socket, length, flags=0):
        """Receives now: (status, bytes)."""
        return self.received(self.receiving(socket, length, flags, drive=True))

    def receiving(self, socket, length, flags=0, *, drive=False, then=None):
        buffer = data(length)
        request = (self.do if drive else self.ask)(socket.WskReceive, buffer, flags, then=then)
        request.buffer = buffer
        return request

    def received(self, request):
        request.check()
        return request.status, request.buffer.tobytes()[: request.information]

    def disconnect(self, socket, flags=GRACEFUL, payload=None):
        buffer = None if payload is None else data(payload)
        return self.do(socket.WskDisconnect, buffer, flags).status

    def disconnecting(self, socket, flags=GRACEFUL, payload=None):
        return self.ask(socket.WskDisconnect, None if payload is None else data(payload), flags)

    def close(self, socket):
        return self.do(socket.WskCloseSocket).status

    def state(self, socket):
        return self.net.state(socket)

    # --- other threads ---

    def thread(self, function):
        """Runs `function` in a thread that the test ends; gives its results."""
        results = []

        def run():
            try:
                results.append(function())
            except BaseException as error:  # noqa: BLE001 - the test looks at it
                results.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)
        return SimpleNamespace(
            results=results, thread=thread, join=lambda: (thread.join(FAR), not thread.is_alive())[1]
        )

    @contextmanager
    def held(self, pair, cause):
        """A's disconnect callback is held in another thread that drives, while the block runs."""
        entered, go = threading.Event(), threading.Event()

        def hold(SocketContext, Flags):
            entered.set()
            assert go.wait(FAR)
            return STATUS_SUCCESS

        pair.ears.on_disconnect = hold
        cause()
        driver = self.thread(self.drive)
        assert entered.wait(FAR)
        try:
            yield
        finally:
            go.set()
            assert driver.join()
            pair.ears.on_disconnect = None

    def end(self):
        """Every test ends with nothing under way that the test left there."""
        for thread in self.threads:
            thread.join(FAR)
            assert not thread.is_alive()
        self.subsystem.close()
        for request, status in self.promised:
            assert request.check().status == status
