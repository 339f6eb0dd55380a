"""T-124 to T-131: closing, and releasing retained lists."""

import threading

import pytest

import wsksim
from harness import CTX, DISC, FAR, RECV, Ears, Request, World, at, chain, contract, data, ok
from wsksim import wsk

INVALID = wsk.STATUS_INVALID_PARAMETER


@contract(124, "C-6", "C-9", "C-10", "C-17", "U-38")
def test_close_cancels_what_is_pending(world):
    pair, listener = world.pair(), world.listener()
    receive = world.receiving(pair.a, 9)
    accept = world.ask(listener.WskAccept, 0, None, None, None, None)
    for socket, pending in ((pair.a, receive), (listener, accept)):
        assert socket.WskCloseSocket(None) == INVALID
        assert pending.calls == 0
        assert world.close(socket) == ok
        assert pending.check().status == wsk.STATUS_CANCELLED
    held = world.pair(DISC)
    with world.held(held, lambda: world.disconnecting(held.b)):
        close = world.ask(held.a.WskCloseSocket)
        assert close.returned == wsk.STATUS_PENDING
        assert not wsk.IoCancelIrp(close.irp)
        assert close.calls == 0
    world.drive()
    assert close.check().status == ok


@contract(125, "C-11")
def test_answering_a_fin_with_close_alone_resets(world):
    pair = world.pair()
    assert world.en(pair.b, DISC) == ok
    assert world.disconnect(pair.b) == ok
    assert world.state(pair.a) == "PEER-FIN"
    assert world.close(pair.a) == ok
    world.drive()
    assert pair.b_ears.ev == [("B", 1)]


@contract(126, "C-12")
def test_close_after_both_finished_is_silent(world):
    pair = world.pair()
    assert world.en(pair.b, DISC) == ok
    assert world.disconnect(pair.b) == ok
    assert world.disconnect(pair.a) == ok
    world.drive()
    assert pair.b_ears.ev == [("B", 0)]
    assert world.close(pair.a) == ok
    world.drive()
    assert pair.b_ears.ev == [("B", 0)]
    assert world.state(pair.b) == "BOTH-FIN"


@contract(127, "C-13")
def test_close_waits_for_the_running_callback(world):
    pair = world.pair(DISC)
    with world.held(pair, lambda: world.disconnecting(pair.b)):
        close = world.ask(pair.a.WskCloseSocket)
        assert close.returned == wsk.STATUS_PENDING
        assert close.calls == 0
    world.drive()
    assert close.check().status == ok


@contract(128, "C-14")
def test_no_callback_after_the_close(world):
    freed, late = set(), []

    def handler(SocketContext, Flags):
        if SocketContext in freed:
            late.append(SocketContext)
        return ok

    table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(
        lambda context, *rest: handler(context, 0), handler, lambda context, size: handler(context, 0)
    )
    listener = world.net.listen(at())
    with world.subsystem.workers(2) as workers:
        for number in range(200):
            a, irp = wsk_socket(world, number, table), wsk.IRP()
            a.WskConnect(listener.address, 0, irp)
            assert irp.wait(FAR)
            far = listener.accept()
            world.en(a, DISC | RECV)
            far.send(b"traffic")
            far.disconnect()
            if number % 2:
                far.abort()

            def routine(DeviceObject, Irp, Context, number=number):
                freed.add(number)
                return wsk.STATUS_MORE_PROCESSING_REQUIRED

            close = wsk.IRP(routine)
            a.WskCloseSocket(close)
            far.send(b"late")
            assert close.wait(FAR)
        assert workers.drain(FAR)
    assert len(freed) == 200
    assert late == []


def wsk_socket(world, context, table):
    irp = wsk.IRP()
    world.npi.WskSocket(wsk.AF_INET, 1, 6, wsk.WSK_FLAG_CONNECTION_SOCKET, context, table, None, None, None, irp)
    assert irp.wait(FAR)
    made = irp.IoStatus.Information
    wsk.IoReuseIrp(irp, wsk.STATUS_UNSUCCESSFUL)
    made.WskBind(at(), 0, irp)
    assert irp.wait(FAR)
    return made


@contract(129, "C-7", "C-16", "U-41", "U-42")
def test_misuse_around_the_close(world):
    pair = world.pair()
    assert world.close(pair.a) == ok
    assert world.send(pair.a, b"x").status == wsk.STATUS_FILE_FORCED_CLOSED
    assert world.close(pair.a) == wsk.STATUS_FILE_FORCED_CLOSED
    assert pair.a.WskRelease(wsk.WSK_DATA_INDICATION()) == wsk.STATUS_FILE_FORCED_CLOSED
    assert {one.rule for one in world.subsystem.findings} <= {"U-41", "C-16"}
    assert world.subsystem.finding_count == 3


@contract(129, "C-7", "C-16", "U-41", "U-42", check="raise")
def test_misuse_around_the_close_raises(world):
    pair = world.pair()
    assert world.close(pair.a) == ok
    with pytest.raises(wsksim.ContractError, match=r"U-41|C-16"):
        world.ask(pair.a.WskSend, data(b"x"), 0)

    other = world.pair()
    entered, go = threading.Event(), threading.Event()

    def slow(request):
        entered.set()
        assert go.wait(FAR)

    caller = world.thread(lambda: world.ask(other.a.WskSend, data(b"x"), 0, then=slow))
    assert entered.wait(FAR)
    with pytest.raises(wsksim.ContractError, match="C-7"):
        other.a.WskCloseSocket(wsk.IRP())
    go.set()
    assert caller.join()
    assert world.close(other.a) == ok

    third, found = world.pair(DISC), []

    def handler(SocketContext, Flags):
        try:
            world.subsystem.WskDeregister(world.registration)
        except wsksim.ContractError as error:
            found.append(error.finding.rule)
        return ok

    third.ears.on_disconnect = handler
    assert world.comes_to(world.disconnecting(third.b), ok)
    world.drive()
    assert found == ["U-42"]


@contract(129, "U-42")
def test_deregistering_inside_a_callback_does_not_block(world):
    pair = world.pair(DISC)

    def handler(SocketContext, Flags):
        world.subsystem.WskDeregister(world.registration)
        return ok

    pair.ears.on_disconnect = handler
    assert world.comes_to(world.disconnecting(pair.b), ok)
    world.drive()
    assert [one.rule for one in world.subsystem.findings] == ["U-42"]
    assert world.send(pair.a, b"works").status == ok


@contract(130, "C-18", "C-19")
def test_closing_a_listener_leaves_its_connections_and_descriptors(world):
    cached = wsk.Out()
    cache = (wsk.WSK_CACHE_SD, 4, b"\1\0\4\0", 8)
    assert world.npi.WskControlClient(*cache, cached, None, None) == ok
    pair = world.pair(DISC)
    ears = Ears()
    listener = world.listener()
    far = world.net.connect(world.address(listener))
    accepted = world.accept(listener, CTX, ears)
    assert world.en(accepted, DISC) == ok
    assert world.close(listener) == ok
    assert far.state == "open"
    far.disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]
    assert world.close(pair.listener) == ok
    assert world.close(pair.a) == ok
    release = (wsk.WSK_RELEASE_SD, 8, cached.value, 0, None, None, None)
    assert world.npi.WskControlClient(*release) == ok
    assert world.npi.WskControlClient(*release) == INVALID


@contract(131, "C-20", "C-21", "C-23", "U-27")
def test_releasing_lists(world):
    pair = world.pair(RECV)
    pair.ears.answer = wsk.STATUS_PENDING
    assert world.send(pair.b, b"kept").status == ok
    world.drive()
    kept = pair.ears.lists[0]
    assert pair.a.WskRelease(None) == INVALID
    assert pair.a.WskRelease(wsk.WSK_DATA_INDICATION()) == INVALID
    assert pair.b.WskRelease(kept) == INVALID
    assert pair.a.WskRelease(kept) == ok
    assert pair.a.WskRelease(kept) == INVALID

    lists = []

    def WskReceiveFromEvent(SocketContext, Flags, DataIndication):
        lists.append(DataIndication)
        return wsk.STATUS_PENDING

    socket, far = world.datagram(CTX, WskReceiveFromEvent), world.net.datagram(at())
    address = world.address(socket)
    for payload in (b"one", b"two", b"three"):
        far.send_to(payload, address)
    assert world.en(socket, wsk.WSK_EVENT_RECEIVE_FROM) == ok
    world.drive()
    items = [item for first in lists for item in list(chain(first))]
    assert [item.Buffer.tobytes() for item in items] == [b"one", b"two", b"three"]
    for item in items:
        item.Next = None
    for item in reversed(items):
        assert socket.WskRelease(item) == ok
    # What the socket's callback was not shown, another socket's list, and a release too many.
    assert [(found.rule, found.socket) for found in world.subsystem.findings] == [
        ("C-20", f"socket {pair.a.id}"),
        ("C-20", f"socket {pair.b.id}"),
        ("C-20", f"socket {pair.a.id}"),
    ]
    for item in items:
        assert socket.WskRelease(item) == INVALID
    assert world.close(socket) == ok
    assert {found.rule for found in world.subsystem.findings} == {"C-20"}
    assert world.subsystem.finding_count == 6


@pytest.mark.rule("C-22")
def test_closing_with_a_retained_list_is_a_finding():
    for check in ("report", "raise"):
        world = World(check=check)
        pair = world.pair(RECV)
        pair.ears.answer = wsk.STATUS_PENDING
        assert world.send(pair.b, b"kept").status == ok
        if check == "report":
            assert world.close(pair.a) == ok
        else:
            request = Request()
            with pytest.raises(wsksim.ContractError, match="C-22"):
                pair.a.WskCloseSocket(request.irp)
        assert [one.rule for one in world.subsystem.findings] == ["C-22"]
        world.end()


@pytest.mark.rule("C-24")
def test_reading_a_list_that_was_not_retained_is_a_finding():
    for check in ("report", "raise"):
        world = World(check=check)
        pair = world.pair(RECV)
        assert world.send(pair.b, b"gone").status == ok
        if check == "report":
            assert pair.ears.lists[0].Buffer.tobytes() == b"gone"
        else:
            with pytest.raises(wsksim.ContractError, match="C-24"):
                _ = pair.ears.lists[0].Buffer
        assert [one.rule for one in world.subsystem.findings] == ["C-24"]
        world.end()
