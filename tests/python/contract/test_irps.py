"""T-143 to T-150: IRQL and IRPs."""

import pytest

import wsksim
from harness import ABORTIVE, CTX, DISC, GRACEFUL, Ears, Request, at, contract, data, ok
from wsksim import wsk

INVALID = wsk.STATUS_INVALID_PARAMETER
PENDING = wsk.STATUS_PENDING


@pytest.fixture
def at_dispatch():
    """The test runs at DISPATCH_LEVEL."""
    old = wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
    yield
    wsk.KeLowerIrql(old)


LIST_QUERY = (wsk.WskIoctl, wsk.SIO_ADDRESS_LIST_QUERY, 0, 0, None, 4096)


@contract(143, "Q-1", check="raise")
def test_calls_above_their_level_raise(world, at_dispatch):
    socket = world.connection()
    for call in (
        lambda: socket.WskControlSocket(*LIST_QUERY, wsk.Out(), None, None),
        lambda: world.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH()),
        lambda: world.subsystem.WskDeregister(world.registration),
        lambda: world.subsystem.WskCaptureProviderNPI(world.registration, 5),
        lambda: world.npi.WskGetAddressInfo("127.0.0.1", None, 0, None, None, wsk.Out(), None, None, wsk.IRP()),
    ):
        with pytest.raises(wsksim.ContractError, match="Q-1"):
            call()
    assert world.subsystem.WskCaptureProviderNPI(world.registration, wsk.WSK_NO_WAIT)[0] == ok
    world.subsystem.WskReleaseProviderNPI(world.registration)


@contract(143, "Q-1", "U-29")
def test_calls_above_their_level_are_refused(world, at_dispatch):
    socket = world.connection()
    assert socket.WskControlSocket(*LIST_QUERY, wsk.Out(), None, None) == INVALID
    assert world.subsystem.WskCaptureProviderNPI(world.registration, 5) == (INVALID, None)
    registration = world.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
    wsk.KeLowerIrql(wsk.PASSIVE_LEVEL)
    assert world.subsystem.WskCaptureProviderNPI(registration, 0) == (wsk.STATUS_DEVICE_NOT_READY, None)
    assert socket.WskControlSocket(*LIST_QUERY, wsk.Out(), None, None) == ok
    wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
    assert [one.rule for one in world.subsystem.findings] == ["Q-1"] * 3


def scenarios(world):
    """Each function: (name, expected Information on success, call) for success, and calls that fail."""
    listener, far = world.listener(), world.net.listen(at())
    stream, bare, bound = world.stream(), world.connection(bound=False), world.connection()
    pair, datagram = world.pair(), world.datagram()
    peer = world.address(datagram)
    found = wsk.SOCKADDR_IN()
    world.net.connect(world.address(listener))
    rest = (None, None, None)
    good = [
        ("WskSocket", None, world.npi.WskSocket, (wsk.AF_INET, 1, 6, 2, None, None, *rest)),
        ("WskSocketConnect", None, world.npi.WskSocketConnect, (1, 6, at(), far.address, 0, None, None, *rest)),
        ("WskBind", 0, bare.WskBind, (at(), 0)),
        ("WskListen", 0, stream.WskListen, ()),
        ("WskConnect", 0, bound.WskConnect, (far.address, 0)),
        ("WskConnectEx", 2, bare.WskConnectEx, (far.address, data(b"ex"), 0)),
        ("WskAccept", None, listener.WskAccept, (0, None, None, None, None)),
        ("WskGetLocalAddress", 0, pair.a.WskGetLocalAddress, (found,)),
        ("WskGetRemoteAddress", 0, pair.a.WskGetRemoteAddress, (found,)),
        ("WskSend", 3, pair.b.WskSend, (data(b"abc"), 0)),
        ("WskReceive", 3, pair.a.WskReceive, (data(9), 0)),
        ("WskSendTo", 3, datagram.WskSendTo, (data(b"abc"), 0, peer, 0, None)),
        ("WskReceiveFrom", 3, datagram.WskReceiveFrom, (data(9), 0, found, None, None, None)),
        ("WskSendMessages", 2, datagram.WskSendMessages, (wsk.WSK_BUF_LIST(None, data(b"ab")), 0, peer, 0, None)),
        ("WskControlSocket", 4, pair.a.WskControlSocket, (1, wsk.SO_KEEPALIVE, 0xFFFF, 0, None, 4, wsk.Out(), None)),
        ("WskGetAddressInfo", 0, world.npi.WskGetAddressInfo, ("::1", "80", 0, None, None, wsk.Out(), None, None)),
        ("WskGetNameInfo", 0, world.npi.WskGetNameInfo, (at(), 16, wsk.Out(), None, 0, None, None)),
        ("WskDisconnect", 0, pair.a.WskDisconnect, (None, GRACEFUL)),
        ("WskCloseSocket", 0, pair.a.WskCloseSocket, ()),
    ]
    bad = [
        (world.npi.WskSocket, (wsk.AF_INET, 1, 6, 3, None, None, *rest)),
        (world.npi.WskSocketConnect, (1, 6, at(), far.address, 9, None, None, *rest)),
        (stream.WskBind, (None, 0)),
        (pair.a.WskBind, (at(), 0)),
        (world.stream(bound=False).WskListen, ()),
        (pair.a.WskConnect, (far.address, 0)),
        (pair.a.WskConnectEx, (far.address, None, 1)),
        (listener.WskAccept, (1, None, None, None, None)),
        (listener.WskInspectComplete, (None, 1)),
        (pair.a.WskGetLocalAddress, (None,)),
        (pair.a.WskGetRemoteAddress, (None,)),
        (pair.a.WskSend, (None, 0)),
        (pair.a.WskReceive, (None, 0)),
        (datagram.WskSendTo, (None, 0, peer, 0, None)),
        (datagram.WskReceiveFrom, (None, 0, None, None, None, None)),
        (datagram.WskSendMessages, (None, 0, peer, 0, None)),
        (pair.a.WskControlSocket, (9, 9, 9, 0, None, 0, None, None)),
        (world.npi.WskGetAddressInfo, ("no.such.name", None, 0, None, None, wsk.Out(), None, None)),
        (world.npi.WskGetNameInfo, (at(), 15, wsk.Out(), None, 0, None, None)),
        (pair.a.WskDisconnect, (None, 6)),
    ]
    return good, bad


@contract(144, "I-1", "I-2", "I-3", "I-4", "I-5", "I-7", "U-44")
def test_each_request_is_completed_once(world):
    good, bad = scenarios(world)
    for function, arguments in bad:
        request = world.do(function, *arguments)
        assert request.returned == request.status != ok, function
        assert request.information == 0
    for name, information, function, arguments in good:
        request = world.do(function, *arguments)
        assert request.status == ok, name
        if information is None:
            assert type(request.information) is wsk.WSK_SOCKET, name
        else:
            assert request.information == information, name
    # Flags that WskDisconnect does not have.
    assert [one.rule for one in world.subsystem.findings] == ["C-2"]


@contract(144, "I-1", "I-4", "I-5", completions="later")
def test_each_request_that_may_pend_is_completed_once_too(world):
    good, _ = scenarios(world)
    pended = 0
    for name, _, function, arguments in good:
        request = world.ask(function, *arguments)
        pended += request.returned == PENDING
        world.drive()
        assert request.check().status == ok, name
    assert pended > 10


@contract(144, "I-2", "I-3", "I-10")
def test_irps_that_do_not_fit(world):
    pair = world.pair()
    with pytest.raises(ValueError, match="I-2"):
        wsk.IoAllocateIrp(0)
    bare = wsk.IoAllocateIrp(1)
    assert pair.a.WskSend(data(b"x"), 0, bare) == ok
    half, calls = wsk.IoAllocateIrp(1), []
    wsk.IoSetCompletionRoutine(half, lambda *arguments: calls.append(1) or 0xC0000016, None, True, False, True)
    assert pair.a.WskSend(data(b"x"), 0, half) == ok
    wrong = wsk.IoAllocateIrp(1)
    wsk.IoSetCompletionRoutine(wrong, lambda *arguments: ok, None, True, True, True)
    assert pair.a.WskSend(data(b"x"), 0, wrong) == ok
    again = wsk.IRP()
    assert pair.a.WskSend(data(b"x"), 0, again) == ok
    assert pair.a.WskSend(data(b"x"), 0, again) == ok
    busy = world.receiving(pair.a, 9)
    assert pair.a.WskSend(data(b"x"), 0, busy.irp) == INVALID
    assert busy.calls == 0
    assert [one.rule for one in world.subsystem.findings] == ["I-3"] * 5
    assert len(calls) == 1
    above = wsk.IRP.from_higher_driver()
    assert pair.a.WskSend(data(b"x"), 0, above) == ok
    assert above.IoStatus.Information == 1
    assert world.subsystem.finding_count == 5
    assert world.close(pair.a) == ok


@contract(145, "I-6", "I-9", "I-10")
def test_routine_frees_or_reuses_its_irp(world):
    pair, order = world.pair(), []

    def frees(DeviceObject, Irp, Context):
        order.append(Irp.IoStatus.Status)
        wsk.IoFreeIrp(Irp)
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    freed = wsk.IRP(frees)
    assert pair.a.WskReceive(data(4), 0, freed) == PENDING
    assert world.send(pair.b, b"one").status == ok
    assert order == [ok]
    assert pair.a.WskReceive(data(4), 0, freed) == wsk.STATUS_INVALID_PARAMETER
    assert [(one.rule, "IoFreeIrp" in one.found) for one in world.subsystem.findings] == [("I-3", True)]

    second = data(4)

    def reuses(DeviceObject, Irp, Context):
        order.append(Irp.IoStatus.Information)
        if len(order) == 2:
            wsk.IoReuseIrp(Irp, wsk.STATUS_UNSUCCESSFUL)
            order.append(pair.a.WskReceive(second, 0, Irp))
        return wsk.STATUS_MORE_PROCESSING_REQUIRED

    reused = wsk.IRP(reuses)
    assert pair.a.WskReceive(data(4), 0, reused) == PENDING
    assert world.send(pair.b, b"two").status == ok
    assert reused.in_use
    assert world.send(pair.b, b"last").status == ok
    assert order == [ok, 3, PENDING, 4]
    assert second.tobytes() == b"last"
    assert not reused.in_use
    assert world.subsystem.finding_count == 1


@contract(145, "I-10")
def test_irp_of_a_higher_driver_is_marked_pending(world):
    pair = world.pair()

    def propagates(DeviceObject, Irp, Context):
        if Irp.PendingReturned:
            wsk.IoMarkIrpPending(Irp)
        return ok

    marks = []
    for routine in (None, propagates):
        for early in (True, False):
            above = wsk.IRP.from_higher_driver()
            if routine is not None:
                wsk.IoSetCompletionRoutine(above, routine, None, True, True, True)
            if early:
                assert pair.a.WskReceive(data(1), 0, above) == PENDING
            world.send(pair.b, b"x")
            if not early:
                assert pair.a.WskReceive(data(1), 0, above) == ok
            marks.append(above.pending_marked)
    assert marks == [True, False, True, False]
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("I-3", "I-10")
@pytest.mark.parametrize("inline", [True, False])
def test_routine_of_a_higher_drivers_irp_that_raises_is_a_finding(world, inline):
    pair, above = world.pair(), wsk.IRP.from_higher_driver()

    def raises(DeviceObject, Irp, Context):
        raise KeyError("no such thing")

    wsk.IoSetCompletionRoutine(above, raises, None, True, True, True)
    if inline:
        assert pair.a.WskSend(data(b"x"), 0, above) == ok
    else:
        assert pair.a.WskReceive(data(1), 0, above) == PENDING
        world.send(pair.b, b"x")
    assert above.is_completed
    assert [one.rule for one in world.subsystem.findings] == ["I-3"]
    assert "KeyError" in world.subsystem.findings[0].found


@contract(146, "I-12", "I-13")
def test_cancelling_one_of_two_receives(world):
    pair = world.pair()
    first, second = world.receiving(pair.a, 9), world.receiving(pair.a, 9)
    assert wsk.IoCancelIrp(first.irp)
    world.drive()
    assert first.check().status == wsk.STATUS_CANCELLED
    assert second.calls == 0
    assert world.send(pair.b, b"data").status == ok
    assert world.received(second) == (ok, b"data")
    assert not wsk.IoCancelIrp(second.irp)
    assert second.irp.Cancel
    assert second.status == ok
    assert world.state(pair.a) == "OPEN"


@contract(147, "I-14", "U-25", window=4)
def test_cancelling_a_send(world):
    pair = world.pair()
    half, waiting = world.ask(pair.a.WskSend, data(b"012345"), 0), world.ask(pair.a.WskSend, data(b"xy"), 0)
    end = world.disconnecting(pair.a)
    assert [one.returned for one in (half, waiting, end)] == [PENDING] * 3
    assert world.state(pair.a) == "SELF-FIN"
    assert not wsk.IoCancelIrp(half.irp)
    assert wsk.IoCancelIrp(waiting.irp)
    assert wsk.IoCancelIrp(end.irp)
    world.drive()
    assert waiting.check().status == end.check().status == wsk.STATUS_CANCELLED
    assert world.state(pair.a) == "OPEN"
    assert world.receive(pair.b, 4) == (ok, b"0123")
    assert world.receive(pair.b, 4) == (ok, b"45")
    assert (half.check().status, half.information) == (ok, 6)


@contract(148, "I-11", "I-16")
def test_enabling_in_the_connect_routine(world):
    ears, listener, statuses = Ears(), world.net.listen(at()), []
    a = world.connection(CTX, ears.table)
    connected = world.do(a.WskConnect, listener.address, 0, then=lambda request: statuses.append(world.en(a, DISC)))
    assert connected.status == ok
    assert statuses == [ok]
    listener.accept().disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]


@contract(149, "U-36", "U-37", "U-4")
def test_disables_that_are_pending(world):
    pair = world.pair(DISC)
    requests = [Request() for _ in range(2)]
    with world.held(pair, lambda: world.disconnecting(pair.b)):
        for request in requests:
            request.returned = world.dis(pair.a, DISC, request.irp)
            assert request.returned == PENDING
    world.drive()
    assert [one.check().status for one in requests] == [ok, ok]
    assert world.net.enabled_events(pair.a) == 0

    pair, request = world.pair(DISC), Request()
    with world.held(pair, lambda: world.disconnecting(pair.b)):
        request.returned = world.dis(pair.a, DISC, request.irp)
        assert world.en(pair.a, DISC) == ok
    world.drive()
    assert request.check().status == ok
    assert world.net.enabled_events(pair.a) == DISC
    assert world.disconnect(pair.b, ABORTIVE) == ok
    world.drive()
    assert pair.ev == [(CTX, 0), (CTX, 1)]


@pytest.mark.rule("U-37", "E-13", "E-19")
@pytest.mark.parametrize("event", ["receive", "disconnect", "receive from", "accept"])
def test_two_disables_that_are_pending_at_one_time(world, event):
    """Of each event, from inside its own callback: both IRPs complete when it has returned, in their order."""
    requests, order = [], []
    first, second = (Request(lambda done, number=number: order.append(number)) for number in range(2))

    def callback(*arguments):
        for request in (first, second):
            request.returned = world.dis(socket, mask, request.irp)
        assert world.dis(socket, mask) == wsk.STATUS_EVENT_PENDING
        assert [one.calls for one in (first, second)] == [0, 0]
        requests.append(1)
        return ok

    if event == "accept":
        mask, socket = wsk.WSK_EVENT_ACCEPT, world.by_event(wsk.WSK_EVENT_ACCEPT, callback)
        world.net.connect(world.address(socket))
    elif event == "receive from":
        mask, socket = wsk.WSK_EVENT_RECEIVE_FROM, world.datagram("D", callback)
        assert world.en(socket, mask) == ok
        world.net.datagram(at()).send_to(b"x", world.address(socket))
    else:
        mask = wsk.WSK_EVENT_RECEIVE if event == "receive" else DISC
        pair = world.remote_pair(mask)
        socket, pair.ears.on_receive, pair.ears.on_disconnect = pair.a, callback, callback
        if event == "receive":
            pair.b.send(b"x")
        else:
            pair.b.disconnect()
    world.drive()
    assert requests == [1]
    assert [one.returned for one in (first, second)] == [PENDING] * 2
    assert [one.check().status for one in (first, second)] == [ok, ok]
    assert order == [0, 1]
    assert world.net.enabled_events(socket) == 0


@pytest.mark.rule("U-37", "E-13", "C-13")
def test_two_disables_of_two_threads_while_a_callback_is_held(world):
    pair, requests = world.pair(DISC), [Request() for _ in range(2)]

    def disable(request):
        request.returned = world.dis(pair.a, DISC, request.irp)

    with world.held(pair, lambda: world.disconnecting(pair.b)):
        threads = [world.thread(lambda request=request: disable(request)) for request in requests]
        assert all(thread.join() for thread in threads)
        assert [one.returned for one in requests] == [PENDING] * 2
        assert [one.calls for one in requests] == [0, 0]
        close = world.ask(pair.a.WskCloseSocket)
        assert close.returned == PENDING
    world.drive()
    # The close ends them early, as it ends everything of the socket (C-9).
    assert [one.check().status for one in requests] == [wsk.STATUS_CANCELLED] * 2
    assert close.check().status == ok


@contract(150, "U-39")
def test_receiving_nothing(world):
    pair = world.pair()
    request = world.receiving(pair.a, 0)
    assert request.returned == ok
    assert world.received(request) == (ok, b"")
