"""Requests that a completion routine makes: a drive completes them, in constant stack and in their order."""

import sys

import pytest

import wsksim
from harness import CTX, DISC, FAR, RECV, Ears, Request, World, at, data, ok
from wsksim import wsk

PENDING = wsk.STATUS_PENDING
LONG = 100_000


def depth():
    """How many frames this thread is deep in."""
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


class Chain:
    """An IRP whose routine reuses it for the next request, so many times."""

    def __init__(self, count, start):
        self.left = count
        self.start = start
        self.irp = wsk.IRP(self.routine)
        self.deepest = 0
        self.returned = set()
        self.ended = set()

    def begin(self):
        self.returned.add(self.start(self.irp))
        return self

    def routine(self, DeviceObject, Irp, Context):
        self.deepest = max(self.deepest, depth())
        self.ended.add((Irp.IoStatus.Status, Irp.PendingReturned))
        self.left -= 1
        if self.left:
            wsk.IoReuseIrp(Irp, wsk.STATUS_UNSUCCESSFUL)
            self.begin()
        return wsk.STATUS_MORE_PROCESSING_REQUIRED


@pytest.mark.slow
@pytest.mark.rule("I-3", "I-4", "I-5", "I-11")
def test_chain_of_inline_completions_runs_in_constant_stack(world):
    pair, before = world.pair(), depth()
    chain = Chain(LONG, lambda irp: pair.a.WskSend(data(b""), 0, irp)).begin()
    # The first is over when its call returns; each further one is decided, but a drive runs its routine.
    assert chain.left == LONG - 1
    world.drive()
    assert chain.left == 0
    assert chain.deepest < before + 40
    assert chain.returned == {ok, PENDING}
    assert chain.ended == {(ok, False), (ok, True)}
    assert not chain.irp.in_use
    assert chain.irp.is_completed
    assert world.subsystem.finding_count == 0
    assert not any(world.subsystem._provider.pending().values())


@pytest.mark.rule("I-3", "I-4", "I-11")
@pytest.mark.parametrize("way", ["refused by the machine", "refused before it", "answered by the layer", "NULL client"])
def test_chain_of_requests_that_never_wait(world, way):
    pair = world.pair()
    starts = {
        "refused by the machine": (pair.a.WskBind, (at(), 0)),
        "refused before it": (pair.a.WskSend, (None, 0)),
        "answered by the layer": (world.npi.WskGetAddressInfo, ("::1", "80", 0, None, None, wsk.Out(), None, None)),
        "NULL client": (wsk.WskSocket, (None, wsk.AF_INET, 1, 6, 2, None, None, None, None, None)),
    }
    function, arguments = starts[way]
    # Where nobody is asked there is nobody to drive either: such a chain nests.
    chain = Chain(500 if way != "NULL client" else 50, lambda irp: function(*arguments, irp)).begin()
    world.drive()
    assert chain.left == 0
    assert len({status for status, _ in chain.ended}) == 1
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("I-4", "I-5", "I-11")
def test_chain_that_a_drive_begins(world):
    pair, before = world.pair(), depth()
    chain = Chain(1000, lambda irp: pair.a.WskReceive(data(1), 0, irp)).begin()
    assert chain.left == 1000
    assert world.send(pair.b, bytes(1000)).status == ok
    assert chain.left == 0
    assert chain.deepest < before + 40
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("I-5", "I-11")
def test_requests_of_a_routine_complete_in_their_order_after_it(world):
    pair, heard = world.pair(), []

    def outer(request):
        inner = [Request(lambda done, number=number: heard.append(number)) for number in range(3)]
        for one in inner:
            one.returned = pair.a.WskSend(data(b"x"), 0, one.irp)
            assert one.returned == PENDING
            assert one.irp.in_use
        heard.append("outer")

    world.ask(pair.a.WskSend, data(b"x"), 0, then=outer)
    assert heard == ["outer"]
    world.drive()
    assert heard == ["outer", 0, 1, 2]
    assert world.receive(pair.b, 9) == (ok, b"xxxx")


@pytest.mark.rule("C-14", "I-11")
def test_close_of_a_routine_completes_after_the_sends_before_it(world):
    pair, heard = world.pair(), []

    def outer(request):
        send, close = Request(lambda done: heard.append("send")), Request(lambda done: heard.append("close"))
        assert pair.a.WskSend(data(b"x"), 0, send.irp) == PENDING
        assert pair.a.WskCloseSocket(close.irp) == PENDING
        assert world.state(pair.a) == "CLOSING"

    world.do(pair.a.WskSend, data(b"x"), 0, then=outer)
    assert heard == ["send", "close"]
    assert world.state(pair.a) == "CLOSED"
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("D-27", "I-11")
def test_connection_that_a_routine_makes_is_not_indicated_before_its_own_routine(world):
    ears, listener, heard = Ears(), world.net.listen(at()), []
    ears.order = heard
    world.static(DISC)

    def connected(request):
        heard.append("connected")
        listener.accept().disconnect()

    def outer(request):
        inner = Request(connected)
        arguments = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, at(), listener.address, 0, None, ears.table, None, None, None)
        assert world.npi.WskSocketConnect(*arguments, inner.irp) == PENDING
        heard.append("outer")

    world.do(world.npi.WskGetAddressInfo, "::1", None, 0, None, None, wsk.Out(), None, None, then=outer)
    assert heard == ["outer", "connected", ("disconnect", 0)]


@pytest.mark.rule("I-4", "I-11")
@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit])
def test_routine_that_stops_the_program_leaves_what_it_began_to_the_next_drive(world, failure):
    pair, inner = world.pair(), Request()

    def outer(request):
        assert pair.a.WskSend(data(b"x"), 0, inner.irp) == PENDING
        raise failure

    with pytest.raises(failure):
        world.ask(pair.a.WskSend, data(b"x"), 0, then=outer)
    assert inner.calls == 0
    world.drive()
    assert inner.check().status == ok


@pytest.mark.rule("I-3", "I-4")
def test_breach_in_a_routine_leaves_what_it_began_to_the_next_drive():
    world = World(check="raise")
    pair, inner, irp = world.pair(), Request(), wsk.IoAllocateIrp(1)

    def outer(DeviceObject, Irp, Context):
        pair.a.WskSend(data(b"x"), 0, inner.irp)
        return ok

    wsk.IoSetCompletionRoutine(irp, outer, None, True, True, True)
    with pytest.raises(wsksim.ContractError, match="I-3"):
        pair.a.WskSend(data(b"x"), 0, irp)
    world.drive()
    assert inner.check().status == ok
    world.end()


@pytest.mark.rule("I-11", "D-16")
def test_sender_that_goes_on_until_its_peer_leaves_ends(world):
    pair = world.remote_pair(DISC)
    chain = Chain(LONG, lambda irp: pair.a.WskSend(data(b"more"), 0, irp))

    def stop(SocketContext, Flags):
        chain.left = 1
        return ok

    pair.ears.on_disconnect = stop
    chain.begin()
    pair.b.abort()
    world.drive()
    assert (chain.left, pair.ev) == (0, [(CTX, 1)])


@pytest.mark.rule("I-11", "U-35")
def test_requests_of_a_callback_still_complete_inside_it(world):
    pair, seen = world.pair(RECV), []

    def on_receive(DataIndication, BytesAccepted):
        request = world.ask(pair.a.WskSend, data(b"echo"), 0)
        seen.append((request.returned, request.calls))
        return ok

    pair.ears.on_receive = on_receive
    world.send(pair.b, b"data")
    assert seen == [(ok, 1)]


@pytest.mark.rule("I-11", "D-10")
def test_no_drive_inside_a_completion_routine(world):
    pair, caught = world.pair(), []

    def outer(request):
        for drive in (world.drive, lambda: world.subsystem.workers(1).__enter__()):
            with pytest.raises(wsksim.DriveError) as refused:
                drive()
            caught.append(refused)

    world.ask(pair.a.WskSend, data(b"x"), 0, then=outer)
    assert len(caught) == 2
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("I-4", "I-5", "I-11")
def test_always_pend_leaves_the_requests_of_a_routine_to_a_drive():
    world = World(always_pend=True)
    pair = world.pair()
    chain = Chain(50, lambda irp: pair.a.WskSend(data(b""), 0, irp)).begin()
    assert chain.left == 50
    world.drive()
    assert chain.left == 0
    assert chain.returned == {PENDING}
    world.end()


@pytest.mark.slow
@pytest.mark.rule("I-4", "I-11")
def test_chains_beside_workers_complete_each_request_once(world):
    pair = world.pair()
    with world.subsystem.workers(2) as workers:
        chains = [Chain(500, lambda irp: pair.a.WskSend(data(b""), 0, irp)) for _ in range(4)]
        runners = [world.thread(chain.begin) for chain in chains]
        assert all(runner.join() for runner in runners)
        assert workers.drain(FAR)
    assert [chain.left for chain in chains] == [0] * 4
    assert world.subsystem.finding_count == 0
