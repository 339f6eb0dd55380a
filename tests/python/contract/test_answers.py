"""What callbacks write and answer, and lists that are released before the answer."""

import pytest

import wsksim
from harness import ACCEPT, DISC, RECV, Ears, World, data, ok
from wsksim import wsk

INVALID = wsk.STATUS_INVALID_PARAMETER
PENDING = wsk.STATUS_PENDING


def rules(world):
    return [one.rule for one in world.subsystem.findings]


# --- BytesAccepted (G-16) ---


@pytest.mark.rule("G-16")
@pytest.mark.parametrize("written", [-1, 5, 2**64, "2", None, 1.0, True])
def test_bytes_accepted_that_count_nothing_are_a_finding_and_ignored(world, written):
    pair = world.pair(RECV)
    pair.ears.answer = (ok, written)
    world.send(pair.b, b"data")
    assert rules(world) == ["G-16"]
    assert repr(written) in world.subsystem.findings[0].found
    pair.ears.answer = ok
    world.send(pair.b, b"more")
    # As if it had not been written: all was accepted, and nothing is paused (G-17).
    assert pair.ears.received == [b"data", b"more"]
    assert rules(world) == ["G-16"]


@pytest.mark.rule("G-16")
def test_bytes_accepted_that_count_nothing_raise_in_checked_mode():
    world = World(check="raise")
    pair = world.pair(RECV)
    pair.ears.answer = (ok, -1)
    world.ask(pair.b.WskSend, data(b"data"), 0)
    with pytest.raises(wsksim.ContractError, match="G-16"):
        world.drive()
    pair.ears.answer = ok
    world.send(pair.b, b"more")
    assert pair.ears.received == [b"data", b"more"]
    world.end()


@pytest.mark.rule("G-16")
@pytest.mark.parametrize("status", [PENDING, wsk.STATUS_DATA_NOT_ACCEPTED])
def test_bytes_accepted_are_looked_at_with_success_only(world, status):
    pair = world.pair(RECV)
    pair.ears.answer = (status, -1)
    world.send(pair.b, b"data")
    assert world.subsystem.finding_count == 0


# --- the out parameters of WskAcceptEvent (L-6, L-7) ---


@pytest.mark.rule("L-6", "L-7", "L-10")
@pytest.mark.parametrize("early", [False, True])
def test_out_parameters_that_are_written_after_the_return_have_no_effect(world, early):
    kept, ears = [], Ears()

    def answer(AcceptSocket, Ctx, Dispatch, Local, Remote):
        kept.append((AcceptSocket, Ctx, Dispatch))
        if early:
            Ctx.value = "early"
        return ok

    listener = world.by_event(ACCEPT, answer)
    far = world.net.connect(world.address(listener))
    world.drive()
    socket, Ctx, Dispatch = kept[0]
    Ctx.value, Dispatch.value = "late", ears.table
    assert world.en(socket, DISC) == INVALID  # its table is NULL for good (E-11)
    far.disconnect()
    world.drive()
    assert ears.ev == []
    assert socket.context == ("early" if early else None)
    assert socket.table is None
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("L-6")
def test_table_of_another_kind_is_a_finding_and_refuses_the_connection(world):
    kept = []

    def answer(AcceptSocket, Ctx, Dispatch, Local, Remote):
        kept.append(AcceptSocket)
        Dispatch.value = "no table"
        return ok

    listener = world.by_event(ACCEPT, answer)
    far = world.net.connect(world.address(listener))
    world.drive()
    assert rules(world) == ["L-6"]
    assert far.seen == (False, True)
    assert world.state(kept[0]) == "CLOSED"
