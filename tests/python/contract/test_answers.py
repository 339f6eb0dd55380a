"""What callbacks write and answer, and lists that are released before the answer."""

import threading

import pytest

import wsksim
from harness import ACCEPT, DISC, FAR, RECV, Ears, World, at, chain, data, ok
from wsksim import wsk

INVALID = wsk.STATUS_INVALID_PARAMETER
PENDING = wsk.STATUS_PENDING


def rules(world):
    return [one.rule for one in world.subsystem.findings]


# --- lists that are released before the callback answered STATUS_PENDING (C-20) ---


@pytest.mark.rule("C-20", "G-16", "C-22")
def test_list_may_be_released_before_its_callback_returned_pending(world):
    pair, entered, go, statuses = world.pair(RECV), threading.Event(), threading.Event(), []

    def on_receive(DataIndication, BytesAccepted):
        entered.set()
        assert go.wait(FAR)
        return PENDING

    pair.ears.on_receive = on_receive
    world.ask(pair.b.WskSend, data(b"data"), 0)
    driver = world.thread(world.drive)
    assert entered.wait(FAR)
    statuses += [pair.a.WskRelease(pair.ears.lists[0]) for _ in "ab"]
    go.set()
    assert driver.join()
    statuses.append(pair.a.WskRelease(pair.ears.lists[0]))
    assert statuses == [ok, INVALID, INVALID]  # once only (C-23)
    assert pair.ears.received == [b"data"]
    assert world.close(pair.a) == ok
    assert {found.rule for found in world.subsystem.findings} == {"C-20"}
    assert world.subsystem.finding_count == 2  # the second release, and the third


@pytest.mark.rule("C-20", "G-16")
@pytest.mark.parametrize("answer", [ok, wsk.STATUS_DATA_NOT_ACCEPTED, KeyError])
def test_release_of_a_list_that_is_not_retained_then_is_a_finding(world, answer):
    pair = world.pair(RECV)

    def on_receive(DataIndication, BytesAccepted):
        assert pair.a.WskRelease(DataIndication) == ok
        if answer is KeyError:
            raise KeyError
        return answer

    pair.ears.on_receive = on_receive
    world.send(pair.b, b"data")
    assert rules(world) == (["U-22", "C-20"] if answer is KeyError else ["C-20"])
    pair.ears.on_receive = None
    if answer == wsk.STATUS_DATA_NOT_ACCEPTED:
        assert world.receive(pair.a, 9) == (ok, b"data")  # the answer counts all the same


@pytest.mark.rule("C-20", "C-21", "U-27")
def test_single_datagrams_may_be_released_before_the_answer(world):
    statuses, lists = [], []

    def WskReceiveFromEvent(SocketContext, Flags, DataIndication):
        lists.append(DataIndication)
        if DataIndication is not None:
            first, second = chain(DataIndication)
            second_only, first.Next = second, None
            statuses.append(socket.WskRelease(second_only))
            first_again = first
            statuses.append(socket.WskRelease(first_again))
        return PENDING

    socket = world.datagram("D", WskReceiveFromEvent)
    sender, address = world.net.datagram(at()), world.address(socket)
    for payload in (b"one", b"two"):
        sender.send_to(payload, address)
    assert world.en(socket, wsk.WSK_EVENT_RECEIVE_FROM) == ok
    world.drive()
    assert statuses == [ok, ok]
    assert world.close(socket) == ok
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("C-20", "C-22")
def test_part_of_a_list_that_was_released_early_is_retained_still(world):
    kept = []

    def WskReceiveFromEvent(SocketContext, Flags, DataIndication):
        first, second = chain(DataIndication)
        first.Next = None
        kept.append(second)
        assert socket.WskRelease(first) == ok
        return PENDING

    socket = world.datagram("D", WskReceiveFromEvent)
    sender, address = world.net.datagram(at()), world.address(socket)
    for payload in (b"one", b"two"):
        sender.send_to(payload, address)
    assert world.en(socket, wsk.WSK_EVENT_RECEIVE_FROM) == ok
    world.drive()
    assert kept[0].Buffer.tobytes() == b"two"
    assert socket.WskRelease(kept[0]) == ok
    assert world.close(socket) == ok
    assert world.subsystem.finding_count == 0


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
