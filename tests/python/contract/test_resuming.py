"""G-17 and U-20: what resumes a receive event that paused."""

import pytest

from harness import RECV, ok
from wsksim import wsk


@pytest.mark.rule("G-17", "U-20", "U-46", "I-8", "I-12")
def test_receive_that_is_cancelled_resumes_the_event(world):
    pair = world.pair(RECV)
    pair.ears.answer = wsk.STATUS_DATA_NOT_ACCEPTED
    assert world.send(pair.b, b"old").status == ok
    pair.ears.answer = ok
    waiting = world.receiving(pair.a, 9, wsk.WSK_FLAG_WAITALL)
    assert world.send(pair.b, b"more").status == ok
    assert wsk.IoCancelIrp(waiting.irp)
    world.drive()
    waiting.took = 7
    assert world.received(waiting) == (wsk.STATUS_CANCELLED, b"oldmore")
    assert world.send(pair.b, b"new").status == ok
    assert pair.ears.received == [b"old", b"new"]


@pytest.mark.rule("G-17", "U-20")
def test_receive_that_fails_at_once_resumes_nothing(world):
    pair = world.pair(RECV)
    pair.ears.answer = wsk.STATUS_DATA_NOT_ACCEPTED
    assert world.send(pair.b, b"old").status == ok
    pair.ears.answer = ok
    assert world.do(pair.a.WskReceive, wsk.WSK_BUF(), 0x40).status == wsk.STATUS_NOT_SUPPORTED
    assert world.send(pair.b, b"new").status == ok
    assert pair.ears.received == [b"old"]
