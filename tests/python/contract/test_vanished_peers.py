"""G-15 and G-6: a peer that vanished acknowledges nothing."""

import pytest

from harness import ABORTIVE, CTX, DISC, GRACEFUL, data, ok
from wsksim import wsk


@pytest.mark.rule("G-15", "G-6", "U-12")
def test_nothing_ends_until_the_connection_times_out(world):
    pair = world.remote_pair(DISC)
    pair.b.vanish()
    requests = [world.ask(pair.a.WskSend, data(b"lost"), 0), world.disconnecting(pair.a, GRACEFUL)]
    world.drive()
    assert [one.returned for one in requests] == [wsk.STATUS_PENDING] * 2
    assert [one.calls for one in requests] == [0, 0]
    world.net.time_out(pair.a)
    world.drive()
    assert [one.check().status for one in requests] == [wsk.STATUS_IO_TIMEOUT] * 2
    assert pair.ev == [(CTX, 1)]


@pytest.mark.rule("G-15", "G-6", "G-7", "U-40")
@pytest.mark.parametrize("lose", ["break_transport", "time_out"])
def test_the_other_socket_hears_nothing_of_a_lost_one(world, lose):
    pair = world.pair(DISC)
    getattr(world.net, lose)(pair.b)
    assert world.send(pair.a, b"").status == ok  # nothing on the wire
    send, finish = world.ask(pair.a.WskSend, data(b"lost"), 0), world.disconnecting(pair.a)
    world.drive()
    assert (send.calls, finish.calls) == (0, 0)
    assert wsk.IoCancelIrp(send.irp)  # nothing of it was taken (I-14)
    assert world.disconnect(pair.a, ABORTIVE) == ok
    assert [one.check().status for one in (send, finish)] == [wsk.STATUS_CANCELLED, wsk.STATUS_CONNECTION_ABORTED]
    assert pair.ev == []
