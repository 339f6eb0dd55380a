"""Drives of applications: what counts as a call, what keeps objects alive, what stops, and what the seed decides."""

import gc
import threading
import weakref

import pytest

from harness import DISC, RECV, Ears, Request, World, at, data, ok
from wsksim import wsk


class Thing:
    """A context that can be weakly referenced and is part of cycles."""


def test_a_callback_counts_towards_the_limit_and_a_completion_does_not(world):
    pair = world.remote_pair(RECV)
    receive = world.receiving(pair.a, 1)
    pair.b.send(b"ab")
    assert world.subsystem.dispatch(1) == 1
    assert (receive.calls, pair.ears.received) == (1, [b"b"])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_callback_may_stop_the_drive_and_is_over_then(world, stop):
    pair = world.remote_pair(RECV)

    def stops(DataIndication, BytesAccepted):
        raise stop

    pair.ears.on_receive = stops
    pair.b.send(b"ab")
    with pytest.raises(stop):
        world.drive()
    assert world.subsystem.findings == []
    assert world.close(pair.a) == ok


@pytest.mark.rule("C-14")
def test_a_context_lives_until_the_close_is_complete(world):
    context, ears = Thing(), Ears()
    watch, listener = weakref.ref(context), world.net.listen(at())
    socket = world.connect(listener.address, context, ears)
    refused = world.do(world.npi.WskSocket, 2, 1, 6, 3, context, ears.table, None, None, None)
    assert refused.returned == wsk.STATUS_INVALID_PARAMETER
    receive, close = world.receiving(socket, 4), Request()
    del context
    gc.collect()
    assert watch() is not None
    assert socket.WskCloseSocket(close.irp) == wsk.STATUS_PENDING
    assert world.state(socket) == "CLOSING"
    world.drive()
    assert world.state(socket) == "CLOSED"
    assert (receive.status, close.status) == (wsk.STATUS_CANCELLED, ok)
    del socket, refused
    gc.collect()
    assert watch() is None


def test_cancelled_accepts_let_go_of_their_contexts(world):
    listener, context = world.listener(), Thing()
    watch, irp = weakref.ref(context), wsk.IRP()
    assert listener.WskAccept(0, context, Ears().table, None, None, irp) == wsk.STATUS_PENDING
    del context
    assert watch() is not None
    assert wsk.IoCancelIrp(irp)
    world.drive()
    gc.collect()
    assert watch() is None


def test_cycles_through_the_provider_are_collected():
    world, thing = World(), Thing()
    thing.world, thing.provider = world, world.subsystem._provider
    watches = [weakref.ref(thing), weakref.ref(world), weakref.ref(world.subsystem), weakref.ref(thing.provider)]
    thing.pair = world.remote_pair(DISC, context=thing)
    thing.receive = world.receiving(thing.pair.a, 4)
    del thing, world
    gc.collect()
    assert [watch() for watch in watches] == [None] * 4


def test_closing_the_subsystem_first_does_no_harm():
    world, context = World(), Thing()
    watch = weakref.ref(context)
    pair = world.remote_pair(DISC, context=context)
    world.subsystem.close()
    assert pair.a.WskCloseSocket(wsk.IRP()) == wsk.STATUS_DEVICE_NOT_READY
    assert world.subsystem.counters()["open_sockets"] == 0
    del context, pair
    gc.collect()
    assert watch() is None


def test_a_wait_ends_with_a_change_or_its_time(world):
    provider = world.subsystem._provider
    seen = provider.changes
    assert provider.wait_change(seen, 1) == seen
    thread = threading.Thread(target=lambda: world.net.provider_ready(ready=False))
    thread.start()
    assert provider.wait_change(seen, 10_000) != seen
    thread.join()


@pytest.mark.rule("D-7")
@pytest.mark.parametrize("told", [True, False])
def test_the_level_is_known_although_it_is_not_told(told):
    world, seen = World(irql="dispatch", set_dispatch_flag=told), []
    pair = world.remote_pair(DISC)
    pair.ears.on_disconnect = lambda SocketContext, Flags: seen.append((Flags, wsk.KeGetCurrentIrql())) or ok
    pair.b.abort()
    world.drive()
    assert seen == [(9 if told else 1, 2)]
    assert wsk.KeGetCurrentIrql() == 0
    world.end()


def test_an_explored_schedule_is_decided_by_the_seed():
    def history(seed):
        world, seen, ears = World(schedule="explore", seed=seed), [], Ears()
        ears.on_disconnect = lambda SocketContext, Flags: seen.append(("event", SocketContext)) or ok
        pairs = [world.remote_pair(DISC, ears=ears, context=number) for number in range(6)]
        for number, pair in enumerate(pairs):
            if number % 2:
                receive = world.receiving(pair.a, 1, then=lambda request: seen.append("completion"))
                assert wsk.IoCancelIrp(receive.irp)
            else:
                pair.b.disconnect()
        world.drive()
        world.end()
        return seen

    assert history(1) == history(1)
    assert len({str(history(seed)) for seed in range(12)}) > 3


@pytest.mark.rule("A-5")
@pytest.mark.parametrize("status", [0x12345, wsk.STATUS_UNSUCCESSFUL])
def test_an_impossible_answer_of_the_accept_event_is_a_finding_and_refuses(world, status):
    listener = world.by_event(wsk.WSK_EVENT_ACCEPT, lambda socket, context, table, local, remote: status)
    remote = world.net.connect(world.address(listener))
    world.drive()
    assert [(one.rule, f"0x{status:08X}" in one.found) for one in world.subsystem.findings] == [("A-5", True)]
    assert remote.seen[1]


@pytest.mark.rule("A-5")
@pytest.mark.parametrize(("answer", "rules"), [(wsk.STATUS_REQUEST_NOT_ACCEPTED, ["A-5"]), (ok, [])])
def test_a_socket_that_is_closed_and_then_refused_was_touched_once_too_often(world, answer, rules):
    def closes(socket, context, table, local, remote):
        socket.WskCloseSocket(wsk.IRP())
        return answer

    listener = world.by_event(wsk.WSK_EVENT_ACCEPT, closes)
    world.net.connect(world.address(listener))
    world.drive()
    assert [one.rule for one in world.subsystem.findings] == rules


@pytest.mark.rule("G-16", "U-22")
def test_an_impossible_answer_of_the_receive_event_is_a_finding(world):
    pair = world.remote_pair(RECV)
    pair.ears.answer = wsk.STATUS_UNSUCCESSFUL
    pair.b.send(b"x")
    world.drive()
    pair.ears.answer = wsk.STATUS_DATA_NOT_ACCEPTED
    pair.b.send(b"y")
    world.drive()
    assert [one.rule for one in world.subsystem.findings] == ["G-16"]


@pytest.mark.rule("E-8", "E-12", "E-21", "E-22", "C-2", "C-3", "U-48")
def test_misuse_that_a_status_answered_is_a_finding_and_its_repaired_twin_none(world):
    early, pair = world.connection(), world.remote_pair(DISC)
    short = wsk.WSK_BUF(bytearray(4), 0, 5)
    wrong = [
        (lambda: world.en(early, DISC), "E-8"),
        (lambda: world.en(world.stream(bound=False), DISC), "E-8"),
        (lambda: world.dis(pair.a, DISC | RECV), "E-12"),
        (lambda: world.dis(pair.a, 0), "E-12"),
        (lambda: world.static(RECV), "E-21"),
        (lambda: world.static(DISC, wsk.IRP()), "E-22"),
        (lambda: world.disconnect(pair.a, 2), "C-2"),
        (lambda: world.disconnect(pair.a, wsk.WSK_FLAG_ABORTIVE, b"x"), "C-3"),
        (lambda: world.do(pair.a.WskSend, short, 0).status, "U-48"),
        (lambda: world.do(pair.a.WskReceive, short, 0).status, "U-48"),
    ]
    for number, (misuse, rule) in enumerate(wrong):
        assert not wsk.NT_SUCCESS(misuse()), rule
        assert world.subsystem.finding_count == number + 1
        assert rule in [one.rule for one in world.subsystem.findings]
    other = World()
    assert other.static(RECV) == ok
    twin = other.remote_pair(DISC)
    right = [
        lambda: other.static(RECV),
        lambda: other.dis(twin.a, DISC),
        lambda: other.en(twin.a, DISC),
        lambda: other.send(twin.a, b"1234").status,
        lambda: other.disconnect(twin.a, 0, b"x"),
        lambda: other.disconnect(twin.a, wsk.WSK_FLAG_ABORTIVE),
    ]
    assert [use() for use in right] == [ok] * len(right)
    assert other.subsystem.findings == []
    other.end()


@pytest.mark.rule("L-3", "L-4", "L-5")
def test_the_table_of_another_category_is_a_finding_as_c_would_compile_it(world):
    listen, connection = wsk.WSK_CLIENT_LISTEN_DISPATCH(), wsk.WSK_CLIENT_CONNECTION_DISPATCH()
    rest = (None, None, None)
    asked = [
        (world.npi.WskSocket, (2, 1, 6, wsk.WSK_FLAG_CONNECTION_SOCKET, None, listen, *rest), "L-3"),
        (world.npi.WskSocket, (2, 1, 6, wsk.WSK_FLAG_LISTEN_SOCKET, None, connection, *rest), "L-3"),
        (world.npi.WskSocketConnect, (1, 6, at(), at(7), 0, None, listen, *rest), "L-4"),
        (world.listener().WskAccept, (0, None, listen, None, None), "L-5"),
    ]
    for function, arguments, rule in asked:
        assert world.do(function, *arguments).status == wsk.STATUS_INVALID_PARAMETER
        assert world.subsystem.findings[-1].rule == rule
        assert "WSK_CLIENT_" in world.subsystem.findings[-1].found
    assert world.subsystem.finding_count == len(asked)
    assert world.socket(wsk.WSK_FLAG_LISTEN_SOCKET, None, listen)
    assert world.subsystem.finding_count == len(asked)


def test_data_that_is_sent_in_a_receive_callback_comes_back(world):
    pair = world.pair(RECV)
    pair.ears.on_receive = lambda DataIndication, BytesAccepted: world.ask(pair.a.WskSend, data(b"echo"), 0) and ok
    assert world.send(pair.b, b"data").status == ok
    assert world.receive(pair.b, 9) == (ok, b"echo")
