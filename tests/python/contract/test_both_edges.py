"""T-90 and T-93: both edges of one connection, and a receive event that has, or was about to get, what stood before."""

import threading

from harness import ABORTIVE, CTX, DISC, FAR, RECV, contract, ok
from wsksim import wsk

BOTH = [(CTX, 0), (CTX, 1)]


@contract(93, "D-21", "D-22", "D-24", "G-19")
def test_both_edges_during_the_receive_callback(world):
    for answer in (ok, wsk.STATUS_PENDING):
        pair = world.remote_pair(RECV | DISC)

        def leave(DataIndication, BytesAccepted, far=pair.b, answer=answer):
            far.disconnect()
            far.abort()
            return answer

        pair.ears.on_receive = leave
        pair.b.send(b"abc")
        world.drive()
        assert pair.ears.order == [("receive", b"abc"), ("disconnect", 0), ("disconnect", 1)]
        assert pair.ev == BOTH
    assert world.subsystem.counters()["withheld"]["superseded"] == 0


@contract(93, "D-22", "D-24")
def test_both_edges_of_an_application_during_the_receive_callback(world):
    pair = world.pair(RECV | DISC)
    entered, go = threading.Event(), threading.Event()

    def slow(DataIndication, BytesAccepted):
        entered.set()
        assert go.wait(FAR)
        return ok

    pair.ears.on_receive = slow
    with world.subsystem.workers(2) as workers:
        world.ask(pair.b.WskSend, wsk.WSK_BUF(bytearray(b"data"), 0, 4), 0)
        assert entered.wait(FAR)
        world.disconnecting(pair.b)
        world.disconnecting(pair.b, ABORTIVE)
        go.set()
        assert workers.drain(FAR)
    assert pair.ev == BOTH


@contract(93, "D-22", "G-3")
def test_both_edges_before_the_receive_callback(world):
    pair = world.remote_pair(RECV | DISC)
    pair.b.send(b"lost")
    pair.b.disconnect()
    pair.b.abort()
    world.drive()
    assert pair.ears.order == [("disconnect", 0), ("disconnect", 1)]


@contract(90, "G-18")
def test_callback_that_pauses_after_both_edges(world):
    for answer, accepted in ((wsk.STATUS_DATA_NOT_ACCEPTED, 0), (ok, 1), (ok, 0)):
        pair = world.remote_pair(RECV | DISC)

        def leave(DataIndication, BytesAccepted, far=pair.b, answer=answer, accepted=accepted):
            far.disconnect()
            far.abort()
            BytesAccepted.value = accepted
            return answer

        pair.ears.on_receive = leave
        pair.b.send(b"abc")
        world.drive()
        assert pair.ears.order == [("receive", b"abc"), ("disconnect", 1)]
    assert world.subsystem.counters()["withheld"]["superseded"] == 3


@contract(90, "U-6", graceful_after_data=False)
def test_callback_that_pauses_replaces_nothing_that_need_not_wait(world):
    pair = world.remote_pair(RECV | DISC)

    def leave(DataIndication, BytesAccepted):
        pair.b.disconnect()
        pair.b.abort()
        return wsk.STATUS_DATA_NOT_ACCEPTED

    pair.ears.on_receive = leave
    pair.b.send(b"abc")
    world.drive()
    assert pair.ev == BOTH
