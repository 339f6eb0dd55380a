"""T-108 to T-122: what a disconnect does to data, on either side."""

import threading

from harness import ABORTIVE, CTX, DISC, GRACEFUL, contract, data, ok
from wsksim import wsk

ABORTED, RESET = wsk.STATUS_CONNECTION_ABORTED, wsk.STATUS_CONNECTION_RESET
INVALID, STATE = wsk.STATUS_INVALID_PARAMETER, wsk.STATUS_INVALID_DEVICE_STATE
MEGABYTE = 1 << 20


@contract(108, "G-4", "G-15")
def test_graceful_disconnect_lets_sends_finish(world):
    pair, piece = world.pair(), 1 << 16
    sends = [world.ask(pair.a.WskSend, data(bytes([n]) * piece), 0) for n in range(MEGABYTE // piece)]
    assert wsk.STATUS_PENDING in {one.returned for one in sends}
    end = world.disconnecting(pair.a)
    assert end.returned == wsk.STATUS_PENDING
    content = bytearray()
    while True:
        assert len(content) <= MEGABYTE
        assert (end.calls == 0) or len(content) >= MEGABYTE - piece
        status, part = world.receive(pair.b, piece)
        assert status == ok
        if not part:
            break
        content += part
    assert bytes(content) == b"".join(bytes([n]) * piece for n in range(MEGABYTE // piece))
    world.drive()
    assert [one.check().information for one in sends] == [piece] * len(sends)
    assert end.check().status == ok


@contract(109, "G-5")
def test_last_words(world):
    pair = world.pair()
    assert world.disconnect(pair.a, GRACEFUL, b"bye") == ok
    assert world.receive(pair.b, 9) == (ok, b"bye")
    assert world.receive(pair.b, 9) == (ok, b"")


@contract(110, "C-3")
def test_abort_takes_no_buffer(world):
    pair = world.pair()
    assert world.disconnect(pair.a, ABORTIVE, b"bye") == INVALID
    assert world.state(pair.a) == "OPEN"
    assert world.send(pair.a, b"open").status == ok
    assert world.receive(pair.b, 9) == (ok, b"open")


@contract(111, "C-2")
def test_unknown_disconnect_flags(world):
    pair = world.pair()
    for flags in (2, 3, 8, 0x80000000):
        assert world.disconnect(pair.a, flags) == INVALID
    assert world.state(pair.a) == "OPEN"


@contract(112, "G-4", "G-9")
def test_receiving_goes_on_after_the_own_graceful_disconnect(world):
    pair = world.pair()
    assert world.disconnect(pair.a) == ok
    assert world.send(pair.b, b"more").status == ok
    assert world.receive(pair.a, 9) == (ok, b"more")
    assert world.send(pair.a, b"x").status == STATE
    assert world.disconnect(pair.a) == STATE


def hang(world):
    """A graceful disconnect of A that cannot finish: B never drains; gives the pair and the request."""
    pair = world.pair()
    assert world.en(pair.b, DISC) == ok
    sends = [world.ask(pair.a.WskSend, data(64), 0) for _ in range(2)]
    assert sends[-1].returned == wsk.STATUS_PENDING
    end = world.disconnecting(pair.a)
    world.drive()
    assert end.calls == 0
    pair.sends = sends
    return pair, end


@contract(113, "G-6", "G-7", window=64)
def test_aborting_a_graceful_disconnect_that_hangs(world):
    pair, end = hang(world)
    assert world.disconnect(pair.a, ABORTIVE) == ok
    world.drive()
    assert end.check().status == ABORTED
    assert pair.sends[-1].check().status == ABORTED
    assert pair.b_ears.ev == [("B", 1)]


@contract(114, "G-7", window=64)
def test_closing_while_a_graceful_disconnect_hangs(world):
    pair, end = hang(world)
    assert world.close(pair.a) == ok
    world.drive()
    assert end.check().status == wsk.STATUS_CANCELLED
    assert pair.b_ears.ev == [("B", 1)]


@contract(115, "G-8", window=64)
def test_own_abort_ends_everything_at_once(world):
    pair = world.pair(DISC)
    receive = world.receiving(pair.a, 9)
    sends = [world.ask(pair.a.WskSend, data(64), 0) for _ in range(2)]
    assert world.disconnect(pair.a, ABORTIVE) == ok
    world.drive()
    assert receive.check().status == ABORTED
    assert sends[-1].check().status == ABORTED
    assert pair.ev == []


@contract(116, "G-10", "G-11")
def test_waitall_ended_by_a_disconnect(world):
    for flags, expected in ((GRACEFUL, (ok, b"half")), (ABORTIVE, (RESET, b""))):
        pair = world.pair()
        waiting = world.receiving(pair.a, 10, wsk.WSK_FLAG_WAITALL)
        assert world.send(pair.b, b"half").status == ok
        assert waiting.calls == 0
        assert world.disconnect(pair.b, flags) == ok
        world.drive()
        assert world.received(waiting) == expected


@contract(117, "U-34", "D-16")
def test_aborts_from_both_sides_at_once(world):
    for _ in range(50):
        pair = world.pair(DISC)
        start = threading.Barrier(2)

        def far(pair=pair, start=start):
            start.wait()
            return world.disconnecting(pair.b, ABORTIVE).returned

        other = world.thread(far)
        start.wait()
        world.disconnecting(pair.a, ABORTIVE)
        assert other.join()
        world.drive()
        assert pair.ev in ([], [(CTX, 1)])
        assert world.state(pair.a) in {"ABORTED", "RESET"}


@contract(118, "G-12")
def test_drain_discards_until_the_end(world):
    pair = world.pair()
    assert world.send(pair.b, b"before").status == ok
    drain = world.receiving(pair.a, 0, wsk.WSK_FLAG_DRAIN)
    assert drain.returned == wsk.STATUS_PENDING
    assert world.en(pair.a, wsk.WSK_EVENT_RECEIVE) == ok
    assert world.send(pair.b, b"after").status == ok
    world.drive()
    assert drain.calls == 0
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert world.received(drain) == (ok, b"")
    assert pair.ears.received == []


@contract(119, "G-13")
def test_flags_that_exclude_each_other(world):
    pair = world.pair()
    both = wsk.WSK_FLAG_WAITALL | wsk.WSK_FLAG_DRAIN
    assert world.do(pair.a.WskReceive, data(0), both).status == INVALID
    assert world.do(pair.a.WskReceive, data(4), wsk.WSK_FLAG_DRAIN).status == INVALID
    assert world.do(pair.a.WskReceive, None, wsk.WSK_FLAG_DRAIN).status == INVALID


@contract(120, "G-17", "G-16", "U-20")
def test_partial_acceptance_pauses(world):
    pair = world.pair(wsk.WSK_EVENT_RECEIVE)
    pair.ears.answer = (ok, 3)
    assert world.send(pair.b, b"0123456789").status == ok
    world.drive()
    assert pair.ears.received == [b"0123456789"]
    assert world.send(pair.b, b"new").status == ok
    world.drive()
    assert len(pair.ears.received) == 1
    pair.ears.answer = ok
    assert world.receive(pair.a, 0) == (ok, b"")
    world.drive()
    assert b"".join(pair.ears.received[1:]) == b"3456789new"


@contract(121, "G-19", "U-1")
def test_peer_that_finishes_and_then_closes(world):
    pair = world.pair(DISC)
    assert world.send(pair.b, b"last").status == ok
    assert world.disconnect(pair.b) == ok
    assert world.receive(pair.a, 9) == (ok, b"last")
    world.drive()
    assert world.close(pair.b) == ok
    world.drive()
    assert pair.ev == [(CTX, 0), (CTX, 1)]
    assert world.send(pair.a, b"x").status == RESET


@contract(122, "G-20")
def test_silent_mode(world):
    pair = world.pair(DISC)
    arguments = (wsk.WskIoctl, wsk.SIO_WSK_SET_TCP_SILENT_MODE, 0, 0, None, 0, None, None)
    assert world.do(pair.a.WskControlSocket, *arguments).status == ok
    assert world.send(pair.a, b"x").status == STATE
    assert world.disconnect(pair.a) == STATE
    assert world.disconnect(pair.b, ABORTIVE) == ok
    world.drive()
    assert pair.ev == []
    assert world.close(pair.a) == ok
