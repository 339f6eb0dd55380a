"""T-88 to T-107: which edges are indicated, how often, and after what."""

import threading

from harness import ABORTIVE, ACCEPT, CTX, DISC, FAR, RECV, Ears, contract, ok
from wsksim import wsk

RESET = wsk.STATUS_CONNECTION_RESET
BOTH = [(CTX, 0), (CTX, 1)]


@contract(88, "D-19")
def test_data_comes_before_the_graceful_indication(world):
    pair = world.pair(RECV | DISC)
    for part in (b"one", b"two", b"three"):
        assert world.send(pair.b, part).status == ok
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert b"".join(pair.ears.received) == b"onetwothree"
    assert pair.ears.order[-1] == ("disconnect", 0)
    assert pair.ev == [(CTX, 0)]
    assert [kind for kind, _ in pair.ears.order[:-1]] == ["receive"] * 3


@contract(89, "G-18")
def test_graceful_indication_waits_behind_unread_data(world):
    pair = world.pair(RECV | DISC)
    pair.ears.answer = wsk.STATUS_DATA_NOT_ACCEPTED
    assert world.send(pair.b, b"unread").status == ok
    world.drive()
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert pair.ev == []
    pair.ears.answer = ok
    assert world.receive(pair.a, 0) == (ok, b"")
    world.drive()
    assert pair.ears.received == [b"unread", b"unread"]
    assert pair.ev == [(CTX, 0)]
    assert pair.ears.order[-1] == ("disconnect", 0)


@contract(89, "U-6", "G-18", graceful_after_data=False)
def test_graceful_indication_may_be_told_not_to_wait(world):
    pair = world.pair(RECV | DISC)
    pair.ears.answer = wsk.STATUS_DATA_NOT_ACCEPTED
    assert world.send(pair.b, b"unread").status == ok
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(90, "G-18")
def test_abortive_indication_overtakes_unread_data(world):
    pair = world.pair(RECV | DISC)
    pair.ears.answer = wsk.STATUS_DATA_NOT_ACCEPTED
    assert world.send(pair.b, b"unread").status == ok
    world.drive()
    assert world.disconnect(pair.b) == ok
    assert world.disconnect(pair.b, ABORTIVE) == ok
    world.drive()
    assert pair.ev == [(CTX, 1)]
    assert world.receive(pair.a, 9) == (RESET, b"")


@contract(91, "D-20", "G-2", "G-1", "U-7")
def test_receives_end_before_the_graceful_indication(world):
    pair, order = world.pair(DISC), []
    pair.ears.order = order
    requests = [world.receiving(pair.a, 9, then=lambda request: order.append("completed")) for _ in range(3)]
    assert world.comes_to(world.disconnecting(pair.b), ok)
    world.drive()
    assert [world.received(request) for request in requests] == [(ok, b"")] * 3
    assert order == ["completed"] * 3 + [("disconnect", 0)]


@contract(92, "D-20", "G-3", window=16)
def test_receives_and_sends_end_before_the_abortive_indication(world):
    pair, order = world.pair(DISC), []
    pair.ears.order = order

    def note(request):
        order.append("completed")

    receives = [world.receiving(pair.a, 9, then=note) for _ in range(2)]
    send = world.ask(pair.a.WskSend, wsk.WSK_BUF(bytearray(64), 0, 64), 0, then=note)
    assert send.returned == wsk.STATUS_PENDING
    assert world.comes_to(world.disconnecting(pair.b, ABORTIVE), ok)
    world.drive()
    assert [one.check().status for one in (*receives, send)] == [RESET] * 3
    assert order == ["completed"] * 3 + [("disconnect", 1)]


@contract(93, "D-21", "D-22", "U-1")
def test_graceful_then_abortive(world):
    for first_indicated in (True, False):
        pair = world.pair(DISC)
        assert world.comes_to(world.disconnecting(pair.b), ok)
        if first_indicated:
            world.drive()
            assert pair.ev == BOTH[:1]
        assert world.comes_to(world.disconnecting(pair.b, ABORTIVE), ok)
        world.drive()
        assert pair.ev == BOTH


@contract(94, "D-21", "U-3")
def test_nothing_follows_an_abortive_indication(world):
    pair = world.remote_pair(DISC)
    pair.b.abort()
    world.drive()
    for again in (pair.b.abort, pair.b.disconnect, pair.b.close, lambda: pair.b.send(b"late")):
        again()
        world.drive()
    assert pair.ev == [(CTX, 1)]


@contract(95, "D-22")
def test_graceful_edge_from_before_enabling(world):
    pair = world.pair()
    assert world.disconnect(pair.b) == ok
    assert world.en(pair.a, DISC) == ok
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(96, "D-22")
def test_of_two_remembered_edges_the_abortive_is_indicated(world):
    pair = world.pair()
    assert world.disconnect(pair.b) == ok
    assert world.disconnect(pair.b, ABORTIVE) == ok
    assert world.en(pair.a, DISC) == ok
    world.drive()
    assert pair.ev == BOTH[1:]
    pair = world.pair(DISC)
    assert world.comes_to(world.disconnecting(pair.b), ok)
    assert world.comes_to(world.disconnecting(pair.b, ABORTIVE), ok)
    assert world.dis(pair.a, DISC) == ok
    assert world.en(pair.a, DISC) == ok
    world.drive()
    assert pair.ev == BOTH[1:]


@contract(97, "D-23")
def test_enabling_again_repeats_nothing(world):
    pair = world.pair(DISC)
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert world.dis(pair.a, DISC) == ok
    assert world.en(pair.a, DISC) == ok
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(98, "U-2", remember_disconnects=False)
def test_edges_from_before_enabling_may_be_forgotten(world):
    pair = world.pair()
    assert world.disconnect(pair.b) == ok
    assert world.en(pair.a, DISC) == ok
    world.drive()
    assert pair.ev == []


@contract(99, "D-24", "U-5")
def test_disconnect_callback_waits_for_the_receive_callback(world):
    pair = world.pair(RECV | DISC)
    entered, go, seen = threading.Event(), threading.Event(), []

    def slow(DataIndication, BytesAccepted):
        entered.set()
        assert go.wait(FAR)
        seen.append(list(pair.ev))
        return ok

    pair.ears.on_receive = slow
    with world.subsystem.workers(2) as workers:
        world.ask(pair.b.WskSend, wsk.WSK_BUF(bytearray(b"data"), 0, 4), 0)
        assert entered.wait(FAR)
        world.disconnecting(pair.b, ABORTIVE)
        assert not workers.drain(0.05)
        go.set()
        assert workers.drain(FAR)
    assert seen == [[]]
    assert pair.ev == [(CTX, 1)]


@contract(100, "D-24")
def test_callbacks_of_different_sockets_may_overlap(world):
    first, second = world.pair(DISC), world.pair(DISC)
    entered, go, other = threading.Event(), threading.Event(), threading.Event()

    def hold(SocketContext, Flags):
        entered.set()
        assert go.wait(FAR)
        return ok

    def tell(SocketContext, Flags):
        other.set()
        return ok

    first.ears.on_disconnect, second.ears.on_disconnect = hold, tell
    with world.subsystem.workers(2) as workers:
        world.disconnecting(first.b)
        assert entered.wait(FAR)
        world.disconnecting(second.b)
        assert other.wait(FAR)
        go.set()
        assert workers.drain(FAR)
    assert first.ev == second.ev == [(CTX, 0)]


@contract(101, "D-25", "U-8")
def test_close_drops_what_is_queued(world):
    pair = world.pair(DISC)
    assert world.comes_to(world.disconnecting(pair.b), ok)
    assert world.close(pair.a) == ok
    world.drive()
    assert pair.ev == []


@contract(102, "D-27", "U-10")
def test_indication_waits_for_the_routine_that_yields_the_socket(world):
    assert world.static(DISC) == ok
    listener, ears = world.listener(), Ears()
    entered, go, seen = threading.Event(), threading.Event(), []

    def slow(request):
        entered.set()
        assert go.wait(FAR)
        seen.append(list(ears.ev))

    request = world.ask(listener.WskAccept, 0, CTX, ears.table, None, None, then=slow)
    with world.subsystem.workers(2) as workers:
        far = world.net.connect(world_address(listener))
        assert entered.wait(FAR)
        far.abort()
        assert not workers.drain(0.05)
        go.set()
        assert workers.drain(FAR)
    assert request.check().status == ok
    assert seen == [[]]
    assert ears.ev == [(CTX, 1)]


def world_address(listener):
    """The listener's address, asked without driving."""
    found, irp = wsk.SOCKADDR_IN(), wsk.IRP()
    assert listener.WskGetLocalAddress(found, irp) == ok
    return found


@contract(103, "D-27")
def test_indication_waits_for_the_accept_event(world):
    ears = Ears()
    entered, go, seen = threading.Event(), threading.Event(), []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        Context.value, Dispatch.value = CTX, ears.table
        entered.set()
        assert go.wait(FAR)
        seen.append(list(ears.ev))
        return ok

    listener = world.by_event(ACCEPT | DISC, answer)
    with world.subsystem.workers(2) as workers:
        far = world.net.connect(world_address(listener))
        assert entered.wait(FAR)
        far.abort()
        assert not workers.drain(0.05)
        go.set()
        assert workers.drain(FAR)
    assert seen == [[]]
    assert ears.ev == [(CTX, 1)]


@contract(104, "D-28", "U-23")
def test_enabling_never_calls_back_on_the_callers_stack(world):
    pair = world.pair()
    assert world.comes_to(world.disconnecting(pair.b), ok)
    assert world.en(pair.a, DISC) == ok
    assert pair.ev == []
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(105, "D-29", "C-22", "C-24", "G-16", "U-24")
def test_retained_list_outlives_the_indication(world):
    pair = world.pair(RECV | DISC)
    pair.ears.answer = wsk.STATUS_PENDING
    assert world.send(pair.b, b"kept").status == ok
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert pair.ev == [(CTX, 0)]
    kept = pair.ears.lists[0]
    assert kept.Buffer.tobytes() == b"kept"
    assert pair.a.WskRelease(kept) == ok
    assert world.subsystem.finding_count == 0
    assert world.close(pair.a) == ok
    assert world.subsystem.finding_count == 0


@contract(106, "U-33")
def test_graceful_from_both_sides(world):
    pair = world.pair(DISC)
    assert world.en(pair.b, DISC) == ok
    requests = [world.disconnecting(one) for one in (pair.a, pair.b)]
    world.drive()
    assert [one.check().status for one in requests] == [ok, ok]
    assert pair.ev == [(CTX, 0)]
    assert pair.b_ears.ev == [("B", 0)]
    assert [world.state(one) for one in (pair.a, pair.b)] == ["BOTH-FIN"] * 2
    assert world.close(pair.a) == ok
    world.drive()
    assert pair.b_ears.ev == [("B", 0)]


@contract(107, "U-12", window=16)
def test_connection_lost_by_timeout(world):
    pair = world.pair(DISC)
    receive = world.receiving(pair.a, 9)
    send = world.ask(pair.a.WskSend, wsk.WSK_BUF(bytearray(64), 0, 64), 0)
    world.net.time_out(pair.a)
    world.drive()
    assert [one.check().status for one in (receive, send)] == [wsk.STATUS_IO_TIMEOUT] * 2
    assert pair.ev == [(CTX, 1)]
    assert world.send(pair.a, b"x").status == RESET
