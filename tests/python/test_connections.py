"""One connection at a time: what is indicated, held, withheld and refused, and what calls answer."""

import weakref

import pytest

import wsksim
from wsksim import wsk
from wsksim.errors import (
    ContractError,
    DriveError,
    ForeignHandleError,
    StaleHandleError,
    SubsystemClosedError,
)
from wsksim.post import Answer


@pytest.fixture
def subsystem():
    with wsksim.Subsystem(seed=5) as opened:
        yield opened
        assert balanced(opened)


def balanced(subsystem):
    books = subsystem.counters()
    fates = (books["indicated"], books["withheld"], books["pending"])
    return sum(books["posted"].values()) == sum(sum(part.values()) for part in fates)


class Recorder:
    """A handler that keeps what it was called with, and does something besides."""

    def __init__(self, then=None):
        self.calls = []
        self.then = then

    def __call__(self, SocketContext, Flags):
        self.calls.append((SocketContext, Flags))
        return wsk.STATUS_SUCCESS if self.then is None else self.then() or wsk.STATUS_SUCCESS


@pytest.mark.smoke
@pytest.mark.rule("D-2", "D-6")
def test_graceful_and_abortive_are_told_apart(subsystem):
    handler = Recorder()
    subsystem.connect("one", handler).remote.disconnect()
    subsystem.connect("two", handler).remote.abort()
    assert subsystem.dispatch() == 2
    assert handler.calls == [("one", 0), ("two", wsk.WSK_FLAG_ABORTIVE)]


@pytest.mark.rule("D-4", "L-9")
def test_context_is_the_very_object_and_may_be_none(subsystem):
    handler = Recorder()
    context = object()
    subsystem.connect(context, handler).remote.abort()
    subsystem.connect(None, handler).remote.abort()
    subsystem.dispatch()
    assert handler.calls[0][0] is context
    assert handler.calls[1][0] is None


@pytest.mark.rule("D-28", "U-23")
def test_posting_calls_nothing(subsystem):
    handler = Recorder()
    connection = subsystem.connect(1, handler)
    assert connection.remote.disconnect() is Answer.QUEUED
    assert handler.calls == []
    assert subsystem.counters()["pending"] == {"queued": 1, "held": 0}


@pytest.mark.rule("D-28")
def test_posting_from_a_handler_calls_nothing_on_its_stack(subsystem):
    depth = []

    def handler(SocketContext, Flags):
        depth.append("in")
        if SocketContext == "first":
            second.remote.disconnect()
        depth.append("out")
        return 0

    second = subsystem.connect("second", handler)
    subsystem.connect("first", handler).remote.disconnect()
    assert subsystem.dispatch() == 2
    assert depth == ["in", "out", "in", "out"]


@pytest.mark.rule("D-21", "U-1", "U-3")
def test_one_graceful_then_one_abortive_then_nothing(subsystem):
    handler = Recorder()
    remote = subsystem.connect(1, handler).remote
    answers = [remote.disconnect(), remote.disconnect(), remote.abort(), remote.abort(), remote.disconnect()]
    assert answers == [Answer.QUEUED, Answer.REPEATED, Answer.QUEUED, Answer.REPEATED, Answer.REPEATED]
    subsystem.dispatch()
    assert [flags for _, flags in handler.calls] == [0, 1]
    assert subsystem.counters()["refused"]["repeated"] == 3


@pytest.mark.rule("D-22", "E-1", "U-2")
def test_disconnect_of_a_disabled_event_is_held_until_it_is_enabled(subsystem):
    handler = Recorder()
    connection = subsystem.connect(1, handler, enabled=False)
    assert not connection.enabled
    assert connection.remote.disconnect() is Answer.HELD
    assert subsystem.dispatch() == 0
    assert subsystem.counters()["pending"] == {"queued": 0, "held": 1}
    assert connection.enable() == wsk.STATUS_SUCCESS
    assert subsystem.dispatch() == 1
    assert handler.calls == [(1, 0)]


@pytest.mark.rule("D-22")
def test_of_two_remembered_disconnects_only_the_abortive_is_indicated(subsystem):
    handler = Recorder()
    connection = subsystem.connect(1, handler, enabled=False)
    connection.remote.disconnect()
    connection.remote.abort()
    connection.enable()
    assert subsystem.dispatch() == 1
    assert handler.calls == [(1, 1)]
    assert subsystem.counters()["withheld"]["superseded"] == 1


@pytest.mark.rule("D-22", "E-13", "E-14")
def test_disable_holds_what_is_queued(subsystem):
    handler = Recorder()
    connection = subsystem.connect(1, handler)
    connection.remote.disconnect()
    assert connection.disable() == wsk.STATUS_SUCCESS
    assert subsystem.dispatch() == 0
    connection.enable()
    assert subsystem.dispatch() == 1


@pytest.mark.rule("D-23", "E-9")
def test_enabling_again_repeats_no_indication(subsystem):
    handler = Recorder()
    connection = subsystem.connect(1, handler)
    connection.remote.disconnect()
    subsystem.dispatch()
    assert connection.enabled
    assert connection.enable() == connection.enable() == wsk.STATUS_SUCCESS
    assert subsystem.dispatch() == 0
    assert len(handler.calls) == 1


@pytest.mark.rule("E-32")
def test_disabling_what_is_not_enabled_succeeds(subsystem):
    connection = subsystem.connect(1, Recorder(), enabled=False)
    assert connection.disable() == connection.disable() == wsk.STATUS_SUCCESS


@pytest.mark.rule("E-19", "E-14")
def test_disable_from_inside_its_own_call_is_pending(subsystem):
    answers = []
    handler = Recorder(then=lambda: answers.append(connection.disable()))
    connection = subsystem.connect(1, handler)
    connection.remote.disconnect()
    connection.remote.abort()
    assert subsystem.dispatch() == 1
    assert answers == [wsk.STATUS_EVENT_PENDING]
    assert subsystem.counters()["pending"] == {"queued": 0, "held": 1}


@pytest.mark.rule("D-25", "U-8", "C-13")
def test_close_withholds_what_is_queued(subsystem):
    handler = Recorder()
    connection = subsystem.connect(1, handler)
    connection.remote.disconnect()
    assert connection.close() == wsk.STATUS_SUCCESS
    assert connection.closed
    assert subsystem.dispatch() == 0
    assert handler.calls == []
    assert subsystem.counters()["withheld"]["closed"] == 1


@pytest.mark.rule("C-15", "D-25")
def test_close_from_inside_its_own_call_is_pending_and_nothing_follows(subsystem):
    answers = []
    handler = Recorder(then=lambda: answers.append(connection.close()))
    connection = subsystem.connect(1, handler)
    connection.remote.disconnect()
    connection.remote.abort()
    assert subsystem.dispatch() == 1
    assert answers == [wsk.STATUS_PENDING]
    assert connection.closed
    assert subsystem.open_sockets == 0
    assert subsystem.counters()["withheld"]["closed"] == 1


@pytest.mark.rule("D-15")
def test_an_indication_closes_nothing(subsystem):
    graceful = subsystem.connect(1, Recorder())
    abortive = subsystem.connect(2, Recorder())
    graceful.remote.disconnect()
    abortive.remote.abort()
    subsystem.dispatch()
    assert not graceful.closed
    assert not abortive.closed
    assert (graceful.can_send, graceful.can_receive) == (True, False)
    assert (abortive.can_send, abortive.can_receive) == (False, False)


def test_remote_that_vanishes_posts_nothing(subsystem):
    connection = subsystem.connect(1, Recorder())
    connection.remote.vanish()
    assert subsystem.dispatch() == 0
    assert subsystem.counters()["posted"] == {"graceful": 0, "abortive": 0}


@pytest.mark.rule("D-7", "D-9")
@pytest.mark.parametrize(("irql", "expected"), [("passive", [0, 1]), ("dispatch", [8, 9])])
def test_level_is_told_by_the_flags(irql, expected):
    handler = Recorder()
    with wsksim.Subsystem(irql=irql) as subsystem:
        remote = subsystem.connect(1, handler).remote
        remote.disconnect()
        remote.abort()
        subsystem.dispatch()
    assert [flags for _, flags in handler.calls] == expected


def test_dispatch_stops_at_its_limit_and_goes_on_in_order(subsystem):
    handler = Recorder()
    for number in range(5):
        subsystem.connect(number, handler).remote.disconnect()
    assert [subsystem.dispatch(2), subsystem.dispatch(limit=2), subsystem.dispatch(2), subsystem.dispatch()] == [
        2,
        2,
        1,
        0,
    ]
    assert [number for number, _ in handler.calls] == [0, 1, 2, 3, 4]
    for wrong in (-1, 1.5, True, "2"):
        with pytest.raises((TypeError, ValueError), match="dispatch"):
            subsystem.dispatch(wrong)


def test_drive_from_inside_a_callback_is_refused_and_changes_nothing(subsystem):
    refused = []

    def handler(SocketContext, Flags):
        for drive in (subsystem.dispatch, subsystem.workers(1).__enter__):
            with pytest.raises(DriveError) as caught:
                drive()
            refused.append(str(caught.value))
        return 0

    subsystem.connect(1, handler).remote.disconnect()
    subsystem.connect(2, handler).remote.disconnect()
    assert subsystem.dispatch() == 2
    assert len(refused) == 4
    assert subsystem.findings == []


def test_second_drive_is_refused_while_workers_drive(subsystem):
    with subsystem.workers(1):
        with pytest.raises(DriveError):
            subsystem.dispatch()
        with pytest.raises(DriveError), subsystem.workers(1):
            pass
    assert subsystem.dispatch() == 0


@pytest.mark.rule("D-24", "U-5")
def test_workers_empty_the_queue_before_their_block_ends(subsystem):
    handler = Recorder()
    fleet = subsystem.connect_many(500, handler)
    with subsystem.workers(3) as workers:
        fleet.remote.disconnect()
        assert workers.drain(timeout=30)
        assert len(handler.calls) == 500
        fleet.remote.abort()
    assert len(handler.calls) == 1000
    assert {context for context, _ in handler.calls} == set(range(500))


@pytest.mark.rule("D-8", "U-22")
def test_breach_becomes_a_finding_with_its_place(subsystem):
    connection = subsystem.connect({"id": 7}, lambda context, flags: wsk.STATUS_PENDING)
    connection.remote.abort()
    subsystem.dispatch()
    assert subsystem.finding_count == 1
    finding = subsystem.findings[0]
    assert finding.rule == "D-8"
    assert "STATUS_PENDING" in finding.found
    assert finding.handle == connection.handle
    assert finding.context == "{'id': 7}"
    assert (finding.edge, finding.flags, finding.seed) == (1, 1, 5)


@pytest.mark.rule("D-8")
def test_raise_ends_the_drive_and_keeps_the_rest_pending():
    with wsksim.Subsystem(check="raise") as subsystem:
        wrong = subsystem.connect(1, lambda context, flags: None)
        right = subsystem.connect(2, Recorder())
        wrong.remote.disconnect()
        right.remote.disconnect()
        with pytest.raises(ContractError) as caught:
            subsystem.dispatch()
        assert caught.value.finding == subsystem.findings[0]
        assert subsystem.dispatch() == 1
        assert balanced(subsystem)


@pytest.mark.rule("D-8")
def test_off_only_counts():
    with wsksim.Subsystem(check="off") as subsystem:
        subsystem.connect(1, lambda context, flags: None).remote.disconnect()
        subsystem.dispatch()
        assert subsystem.finding_count == 1


def test_keyboard_interrupt_ends_the_drive_and_loses_nothing(subsystem):
    def handler(SocketContext, Flags):
        if SocketContext == 2:
            raise KeyboardInterrupt
        return 0

    for number in range(5):
        subsystem.connect(number, handler).remote.disconnect()
    with pytest.raises(KeyboardInterrupt):
        subsystem.dispatch()
    assert subsystem.counters()["indicated"]["graceful"] == 3
    assert subsystem.dispatch() == 2


def test_closed_subsystem_refuses_to_be_used(subsystem):
    connection = subsystem.connect(1, Recorder())
    subsystem.close()
    subsystem.close()
    for use in (
        subsystem.connect,
        lambda: subsystem.connect_many(3),
        subsystem.dispatch,
        lambda: subsystem.workers(1),
        subsystem.__enter__,
    ):
        with pytest.raises(SubsystemClosedError):
            use()
    assert connection.closed
    assert connection.remote.disconnect() in {Answer.CLOSED, Answer.STALE}
    assert connection.close() == wsk.STATUS_FILE_FORCED_CLOSED
    assert subsystem.finding_count == 0, "the subsystem has closed it"


def test_stale_handle_is_refused_after_its_slot_was_reused(subsystem):
    first = subsystem.connect(1, Recorder())
    handle = first.handle
    assert subsystem.connection(handle).handle == handle
    first.close()
    second = subsystem.connect(2, Recorder())
    assert second.handle != handle
    with pytest.raises(StaleHandleError):
        subsystem.connection(handle)
    assert first.remote.disconnect() is Answer.STALE
    assert subsystem.dispatch() == 0


def test_handle_of_another_subsystem_is_refused(subsystem):
    with wsksim.Subsystem() as other:
        foreign = other.connect(1, Recorder())
        with pytest.raises(ForeignHandleError, match="another subsystem"):
            subsystem.connection(foreign.handle)
    for wrong in (-1, "1", None, 1.5):
        with pytest.raises((TypeError, ValueError)):
            subsystem.connection(wrong)


def test_limit_of_pending_edges_refuses_and_counts():
    with wsksim.Subsystem(max_pending=2) as subsystem:
        remotes = [subsystem.connect(number, Recorder()).remote for number in range(3)]
        assert [remote.disconnect() for remote in remotes] == [Answer.QUEUED, Answer.QUEUED, Answer.LIMIT]
        subsystem.dispatch()
        assert remotes[2].disconnect() is Answer.QUEUED
        assert subsystem.counters()["refused"]["limit"] == 1
        assert balanced(subsystem)


def test_limit_of_sockets_is_an_error():
    with wsksim.Subsystem(max_sockets=2) as subsystem:
        fleet = subsystem.connect_many(2, Recorder())
        with pytest.raises(wsksim.errors.LimitError):
            subsystem.connect(1, Recorder())
        fleet.close()
        subsystem.connect_many(2, Recorder())


@pytest.mark.parametrize("limit", [1, 5, 1000])
def test_closed_sockets_do_not_count_against_the_limit(limit):
    with wsksim.Subsystem(max_sockets=limit) as subsystem:
        for _ in range(3):
            fleet = subsystem.connect_many(limit, lambda SocketContext, Flags: 0)
            fleet.remote.disconnect()
            # Their entries are still queued, and nobody dispatches.
            fleet.close()
            assert subsystem.open_sockets == 0
        subsystem.connect_many(limit, lambda SocketContext, Flags: 0)
        with pytest.raises(wsksim.errors.LimitError, match=f"{limit} of at most {limit} are open"):
            subsystem.connect(None, lambda SocketContext, Flags: 0)
        assert subsystem.dispatch() == 0


@pytest.mark.parametrize("count", [0, []], ids=repr)
def test_a_handler_without_connections_is_not_kept(count):
    class Handler:
        def __call__(self, SocketContext, Flags):
            return 0

    with wsksim.Subsystem() as subsystem:
        handler = Handler()
        subsystem.connect_many(count, handler)
        gone = weakref.ref(handler)
        del handler
        assert gone() is None
        handler = Handler()
        one = subsystem.connect(None, handler)
        subsystem.connect_many(count, handler)
        one.remote.disconnect()
        assert subsystem.dispatch() == 1
