"""Edges from Python: which are indicated, in which order, what is answered, and what the books say."""

from array import array

import pytest

import wsksim
from wsksim import Answer, wsk


def balanced(subsystem):
    """The books, after checking that they balance."""
    books = subsystem.counters()
    fates = sum(books["indicated"].values()) + sum(books["withheld"].values())
    assert sum(books["posted"].values()) == fates + sum(books["pending"].values()), books
    return books


@pytest.fixture
def calls():
    return []


@pytest.fixture
def record(calls):
    def handler(SocketContext, Flags):
        calls.append((SocketContext, Flags))
        return wsk.STATUS_SUCCESS

    return handler


@pytest.fixture
def subsystem():
    with wsksim.Subsystem(seed=7) as made:
        yield made


@pytest.mark.rule("D-1", "D-2", "D-4", "D-6", "D-7", "L-9")
@pytest.mark.parametrize(
    ("irql", "level"), [("passive", 0), ("dispatch", wsk.WSK_FLAG_AT_DISPATCH_LEVEL)], ids=["passive", "dispatch"]
)
def test_the_handler_gets_the_context_and_the_flags(record, calls, irql, level):
    marker = object()
    with wsksim.Subsystem(irql=irql) as subsystem:
        subsystem.connect(marker, record).remote.disconnect()
        subsystem.connect(None, record).remote.abort()
        assert subsystem.dispatch() == 2
    assert calls == [(marker, level), (None, level | wsk.WSK_FLAG_ABORTIVE)]
    assert calls[0][0] is marker


@pytest.mark.rule("D-5", "U-21")
def test_mixed_levels_come_from_the_seed(record, calls):
    def levels(seed):
        calls.clear()
        with wsksim.Subsystem(seed=seed, irql="mixed") as subsystem:
            subsystem.connect_many(200, record).remote.disconnect(abortive=0.5)
            subsystem.dispatch(50)
            subsystem.dispatch()
        return list(calls)

    first = levels(3)
    assert {flags for _, flags in first} == {0, 1, 8, 9}
    assert levels(3) == first
    assert levels(4) != first


@pytest.mark.rule("D-28", "U-23")
def test_no_indication_runs_on_the_posters_stack(subsystem, record, calls):
    connection = subsystem.connect(1, record)
    connection.remote.disconnect()
    connection.disable()
    connection.enable()
    assert calls == []
    assert subsystem.dispatch() == 1


@pytest.mark.rule("D-21", "D-22", "U-1", "U-3")
def test_graceful_then_abortive_and_nothing_twice(subsystem, record, calls):
    remote = subsystem.connect("it", record).remote
    assert remote.disconnect() is Answer.QUEUED
    assert remote.disconnect() is Answer.REPEATED
    assert remote.abort() is Answer.QUEUED
    assert remote.abort() is Answer.REPEATED
    assert remote.disconnect() is Answer.REPEATED
    subsystem.dispatch()
    assert remote.abort() is Answer.REPEATED
    assert calls == [("it", 0), ("it", 1)]
    assert balanced(subsystem)["refused"]["repeated"] == 4


@pytest.mark.rule("D-22", "U-2", "E-1", "D-3")
def test_a_disconnect_while_disabled_is_remembered(subsystem, record, calls):
    connection = subsystem.connect("it", record, enabled=False)
    assert connection.remote.disconnect() is Answer.HELD
    assert subsystem.dispatch() == 0
    assert balanced(subsystem)["pending"] == {"queued": 0, "held": 1}
    assert connection.enable() == wsk.STATUS_SUCCESS
    assert balanced(subsystem)["pending"] == {"queued": 1, "held": 0}
    subsystem.dispatch()
    assert calls == [("it", 0)]


@pytest.mark.rule("D-22")
def test_of_two_remembered_only_the_abortive_is_indicated(subsystem, record, calls):
    arriving = subsystem.connect("arriving", record, enabled=False)
    arriving.remote.disconnect()
    arriving.remote.abort()
    waiting = subsystem.connect("waiting", record)
    waiting.remote.disconnect()
    waiting.remote.abort()
    waiting.disable()
    assert balanced(subsystem)["withheld"]["superseded"] == 2
    waiting.enable()
    arriving.enable()
    subsystem.dispatch()
    assert calls == [("waiting", 1), ("arriving", 1)]


@pytest.mark.rule("D-23")
def test_an_indication_is_not_repeated_by_enabling_again(subsystem, record, calls):
    connection = subsystem.connect("it", record)
    connection.remote.disconnect()
    subsystem.dispatch()
    connection.disable()
    connection.enable()
    assert subsystem.dispatch() == 0
    assert calls == [("it", 0)]


@pytest.mark.rule("E-9", "E-32", "E-13")
def test_enabling_and_disabling_repeat_without_harm(subsystem, record, calls):
    connection = subsystem.connect("it", record)
    assert connection.enable() == wsk.STATUS_SUCCESS
    assert connection.disable() == wsk.STATUS_SUCCESS
    assert connection.disable() == wsk.STATUS_SUCCESS
    assert not connection.enabled
    connection.enable()
    assert connection.enabled
    connection.remote.disconnect()
    subsystem.dispatch()
    assert calls == [("it", 0)]


@pytest.mark.rule("E-14", "E-19", "C-15")
def test_disable_and_close_from_inside_the_call_are_pending(subsystem):
    answers = []

    def handler(SocketContext, Flags):
        answers.extend([connection.disable(), connection.disable(), connection.enable(), connection.close()])
        return wsk.STATUS_SUCCESS

    connection = subsystem.connect("it", handler)
    connection.remote.disconnect()
    connection.remote.abort()
    assert subsystem.dispatch() == 1
    assert answers == [wsk.STATUS_EVENT_PENDING, wsk.STATUS_EVENT_PENDING, wsk.STATUS_SUCCESS, wsk.STATUS_PENDING]
    assert connection.closed
    assert balanced(subsystem)["withheld"]["closed"] == 1


@pytest.mark.rule("D-25", "U-8", "C-14", "U-41")
def test_a_closed_socket_gets_no_event(subsystem, record, calls):
    connection = subsystem.connect("it", record)
    remote = connection.remote
    remote.disconnect()
    assert connection.close() == wsk.STATUS_SUCCESS
    assert subsystem.dispatch() == 0
    assert calls == []
    assert remote.abort() is Answer.CLOSED
    assert subsystem.findings == []
    assert connection.close() == wsk.STATUS_FILE_FORCED_CLOSED
    assert connection.enable() == wsk.STATUS_FILE_FORCED_CLOSED
    assert connection.disable() == wsk.STATUS_FILE_FORCED_CLOSED
    assert [found.rule for found in subsystem.findings] == ["C-16"] * 3
    subsystem.connect("next in the slot", record)
    assert remote.abort() is Answer.STALE
    books = balanced(subsystem)
    assert books["withheld"]["closed"] == 1
    assert books["refused"] == {"stale": 1, "closed": 1, "repeated": 0, "limit": 0}


@pytest.mark.rule("D-13", "D-14", "D-15")
def test_what_still_works_after_a_disconnect(subsystem, record):
    connection = subsystem.connect("it", record)
    assert (connection.can_send, connection.can_receive) == (True, True)
    connection.remote.disconnect()
    subsystem.dispatch()
    assert (connection.can_send, connection.can_receive) == (True, False)
    connection.remote.abort()
    subsystem.dispatch()
    assert (connection.can_send, connection.can_receive, connection.closed) == (False, False, False)


def test_a_vanished_remote_posts_nothing(subsystem, record):
    fleet = subsystem.connect_many(3, record)
    fleet.remote.vanish()
    fleet[0].remote.vanish()
    assert subsystem.dispatch() == 0
    assert balanced(subsystem)["posted"] == {"graceful": 0, "abortive": 0}


def test_edges_that_handlers_post_are_indicated_in_the_same_drive(subsystem, calls):
    def handler(SocketContext, Flags):
        calls.append(SocketContext)
        if SocketContext + 1 < len(fleet):
            fleet[SocketContext + 1].remote.disconnect()
        return wsk.STATUS_SUCCESS

    fleet = subsystem.connect_many(2000, handler)
    fleet[0].remote.disconnect()
    assert subsystem.dispatch() == 2000
    assert calls == list(range(2000))


@pytest.mark.parametrize("limit", [0, 1, 3, 7])
def test_a_limit_stops_and_the_rest_stays_queued_in_order(subsystem, record, calls, limit):
    subsystem.connect_many(5, record).remote.disconnect()
    assert subsystem.dispatch(limit) == min(limit, 5)
    assert balanced(subsystem)["pending"]["queued"] == 5 - min(limit, 5)
    subsystem.dispatch(limit=None)
    assert [context for context, _ in calls] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("abortive", "expected"),
    [
        ([True, False, True], [1, 0, 1]),
        (array("I", [0, 1, 1]), [0, 1, 1]),
        (array("b", [1, 0, 0]), [1, 0, 0]),
        ((wsk.WSK_FLAG_ABORTIVE, 0, 0), [1, 0, 0]),
        (1.0, [1, 1, 1]),
        (0, [0, 0, 0]),
        (True, [1, 1, 1]),
    ],
    ids=["mask", "flags", "bytes", "tuple", "share", "int", "bool"],
)
def test_bulk_disconnects_by_share_mask_and_flags(subsystem, record, calls, abortive, expected):
    fleet = subsystem.connect_many(3, record)
    assert fleet.remote.disconnect(abortive=abortive) == {Answer.QUEUED: 3}
    subsystem.dispatch()
    assert [flags for _, flags in calls] == expected


def test_numpy_masks_select_and_mark(subsystem, record, calls):
    numpy = pytest.importorskip("numpy")
    fleet = subsystem.connect_many(6, record)
    odd = numpy.arange(6) % 2 == 1
    fleet[odd].remote.disconnect(abortive=numpy.array([1, 0, 1], dtype=numpy.uint32))
    fleet[numpy.array([0, -2])].remote.abort()
    subsystem.dispatch()
    assert calls == [(1, 1), (3, 0), (5, 1), (0, 1), (4, 1)]


def test_fleets_are_sequences(subsystem, record):
    fleet = subsystem.connect_many(5, record, contexts="abcde")
    assert len(fleet) == 5
    assert [connection.context for connection in fleet] == list("abcde")
    assert [connection.context for connection in fleet[1:4]] == ["b", "c", "d"]
    assert [connection.context for connection in fleet[::-2]] == ["e", "c", "a"]
    assert [connection.context for connection in fleet[[4, 0]]] == ["e", "a"]
    assert [connection.context for connection in fleet[[True, False, False, False, True]]] == ["a", "e"]
    assert fleet[-1].context == "e"
    assert fleet[-1].handle == fleet.handles[-1]
    with pytest.raises(IndexError, match="connection 5 of a fleet of 5"):
        fleet[5]
    assert fleet[:2].close() == {wsk.STATUS_SUCCESS: 2}
    assert fleet.disable() == {wsk.STATUS_SUCCESS: 3, wsk.STATUS_FILE_FORCED_CLOSED: 2}
    assert fleet.remote.disconnect() == {Answer.HELD: 3, Answer.CLOSED: 2}
    assert fleet.enable()[wsk.STATUS_SUCCESS] == 3
    assert fleet.close() == {wsk.STATUS_SUCCESS: 3, wsk.STATUS_FILE_FORCED_CLOSED: 2}


@pytest.mark.rule("D-8", "U-22", "E-27")
def test_a_wrong_answer_is_a_finding_without_effect(subsystem):
    fleet = subsystem.connect_many(
        6, lambda SocketContext, Flags: SocketContext, contexts=[0, None, True, 2**70, 0.0, -5]
    )
    fleet.remote.disconnect()
    assert subsystem.dispatch() == 6
    # Equal by rule, function, site and kind of mistake, so one: the first, which counts the others.
    found = {one.found: one.count for one in subsystem.findings}
    assert found == {"it returned None": 1, "it returned True": 3, "it returned 0xFFFFFFFB": 1}
    assert {one.rule for one in subsystem.findings} == {"D-8"}
    assert all(connection.can_send and connection.enabled for connection in fleet)


@pytest.mark.rule("D-8")
@pytest.mark.parametrize(
    ("answer", "found"),
    [(None, "None"), (True, "True"), (2**70, str(2**70)), (0.0, "0.0"), (-5, "0xFFFFFFFB")],
    ids=["None", "bool", "large", "float", "negative"],
)
def test_each_wrong_answer_is_described(subsystem, answer, found):
    subsystem.connect(None, lambda SocketContext, Flags: answer).remote.disconnect()
    subsystem.dispatch()
    assert [(one.rule, one.found) for one in subsystem.findings] == [("D-8", f"it returned {found}")]


@pytest.mark.rule("D-8")
def test_an_int_subclass_that_is_zero_is_success(subsystem):
    subsystem.connect_many(2, lambda SocketContext, Flags: wsk.NTSTATUS.STATUS_SUCCESS).remote.abort()
    subsystem.dispatch()
    assert subsystem.findings == []


def test_findings_are_bounded_and_counted(subsystem):
    subsystem.connect_many(1000, lambda SocketContext, Flags: 1).remote.abort()
    subsystem.dispatch()
    assert subsystem.finding_count == 1000
    assert [finding.count for finding in subsystem.findings] == [1000]


def test_check_raise_ends_the_drive_and_loses_nothing():
    answers = iter([0, 5, 0, 0])
    with wsksim.Subsystem(check="raise") as subsystem:
        subsystem.connect_many(4, lambda SocketContext, Flags: next(answers)).remote.disconnect()
        with pytest.raises(wsksim.errors.ContractError, match=r"D-8 [^$]*0x00000005") as raised:
            subsystem.dispatch()
        assert raised.value.finding.context == "1"
        assert balanced(subsystem)["pending"]["queued"] == 2
        assert subsystem.dispatch() == 2


def test_check_off_counts_only():
    with wsksim.Subsystem(check="off") as subsystem:
        subsystem.connect_many(4, lambda SocketContext, Flags: 5).remote.disconnect()
        subsystem.dispatch()
        assert (subsystem.finding_count, subsystem.findings) == (4, [])


def test_a_full_queue_refuses_with_limit(record):
    with wsksim.Subsystem(max_pending=2) as subsystem:
        fleet = subsystem.connect_many(4, record)
        assert fleet.remote.disconnect() == {Answer.QUEUED: 2, Answer.LIMIT: 2}
        assert fleet[0].remote.disconnect() is Answer.REPEATED
        fleet[1].close()
        assert fleet[2].remote.disconnect() is Answer.QUEUED
        assert subsystem.dispatch() == 2
        assert fleet[3].remote.disconnect() is Answer.QUEUED
        assert balanced(subsystem)["refused"]["limit"] == 2


def test_a_full_table_refuses_and_opens_nothing(record):
    with wsksim.Subsystem(max_sockets=3) as subsystem:
        subsystem.connect(0, record)
        with pytest.raises(wsksim.errors.LimitError, match="asked to open 3 sockets; 1 of at most 3 are open"):
            subsystem.connect_many(3, record)
        assert subsystem.open_sockets == 1
        subsystem.connect_many(2, record)


def test_the_journal_tells_the_order_of_indications(record):
    with wsksim.Subsystem(journal=True, irql="dispatch") as subsystem:
        fleet = subsystem.connect_many(3, record)
        fleet[[2, 0]].remote.disconnect([1, 0])
        subsystem.dispatch()
        assert subsystem.take_journal() == [(fleet.handles[2], 9), (fleet.handles[0], 8)]
        assert subsystem.take_journal() == []


def test_the_same_seed_gives_the_same_edges_and_order():
    def history(seed):
        with wsksim.Subsystem(seed=seed, irql="mixed", journal=True) as subsystem:
            fleet = subsystem.connect_many(3000, lambda SocketContext, Flags: 0)
            fleet.remote.disconnect(abortive=0.3)
            while subsystem.dispatch(limit=700):
                pass
            return [flags for _, flags in subsystem.take_journal()]

    assert history(1) == history(1)
    assert history(1) != history(2)


def explored(seed, limit=None):
    """The order in which the edges of 12 connections are indicated, at most `limit` at a time."""
    heard = []

    def handler(context, flags):
        heard.append((context, flags))
        return 0

    with wsksim.Subsystem(seed=seed, schedule="explore") as subsystem:
        fleet = subsystem.connect_many(12, handler)
        fleet.remote.disconnect()
        fleet.remote.abort()
        while subsystem.dispatch(limit) if limit else subsystem.dispatch():
            pass
    return heard


@pytest.mark.rule("D-21")
@pytest.mark.parametrize("limit", [None, 1])
def test_explore_draws_which_edge_comes_next(limit):
    heard = explored(3, limit)
    assert heard == explored(3, limit) != explored(4, limit)
    assert sorted(heard) == [(number, flags) for number in range(12) for flags in (0, 1)]
    graceful = [context for context, flags in heard if flags == 0]
    assert graceful != sorted(graceful), "sockets in the order of posting: nothing was drawn"
    for number in range(12):
        assert [flags for context, flags in heard if context == number] == [0, 1]
