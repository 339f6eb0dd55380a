"""Many connections under one handler: bulk posts by share, mask and flags, views, and batches."""

import ctypes
import sys
from array import array

import pytest

import wsksim
from wsksim import wsk
from wsksim.post import Answer


@pytest.fixture
def subsystem():
    with wsksim.Subsystem(seed=5) as opened:
        yield opened


def recorder(calls):
    def handler(SocketContext, Flags):
        calls.append((SocketContext, Flags))
        return wsk.STATUS_SUCCESS

    return handler


@pytest.mark.parametrize(
    "abortive",
    [
        [False, True, False, True],
        (0, 1, 0, 1),
        bytes([0, 1, 0, 1]),
        array("I", [0, 1, 0, 1]),
        memoryview(bytes([0, 1, 0, 1])).cast("?"),
    ],
    ids=["bools", "ints", "bytes", "array", "bool buffer"],
)
def test_mask_or_flags_say_who_aborts(subsystem, abortive):
    calls = []
    fleet = subsystem.connect_many(4, recorder(calls))
    assert fleet.remote.disconnect(abortive=abortive) == {Answer.QUEUED: 4}
    subsystem.dispatch()
    assert calls == [(0, 0), (1, 1), (2, 0), (3, 1)]


def test_numpy_arrays_select_and_flag(subsystem):
    numpy = pytest.importorskip("numpy")
    calls = []
    fleet = subsystem.connect_many(6, recorder(calls))
    fleet[numpy.array([5, 0])].remote.disconnect(abortive=numpy.array([True, False]))
    fleet[numpy.array([False, True, False, False, False, False])].remote.abort()
    fleet.remote.disconnect(abortive=numpy.zeros(6, dtype=numpy.uint32))
    subsystem.dispatch()
    assert calls == [(5, 1), (0, 0), (1, 1), (2, 0), (3, 0), (4, 0)]


def test_share_is_drawn_from_the_seed():
    drawn = []
    for seed in (5, 5, 6):
        calls = []
        with wsksim.Subsystem(seed=seed) as subsystem:
            subsystem.connect_many(1000, recorder(calls)).remote.disconnect(abortive=0.25)
            subsystem.dispatch()
        drawn.append([flags for _, flags in calls])
    assert drawn[0] == drawn[1] != drawn[2]
    assert 180 < sum(drawn[0]) < 320


@pytest.mark.parametrize(
    "abortive", [-0.1, 1.1, float("nan"), [0, 1], [0, 1, 2], [0, 1, 8], "yes", None, object()], ids=repr
)
def test_wrong_share_mask_or_flag_is_refused(subsystem, abortive):
    fleet = subsystem.connect_many(3, recorder([]))
    if abortive is None:
        assert fleet.remote.disconnect(abortive=None) == {Answer.QUEUED: 3}
        return
    with pytest.raises((TypeError, ValueError), match="disconnect"):
        fleet.remote.disconnect(abortive=abortive)
    assert subsystem.counters()["posted"] == {"graceful": 0, "abortive": 0}


def test_views_share_their_connections(subsystem):
    fleet = subsystem.connect_many(10, recorder([]))
    assert len(fleet) == len(fleet.remote) == len(fleet.handles) == 10
    assert [connection.handle for connection in fleet] == list(fleet.handles)
    assert fleet[-1].handle == fleet.handles[9]
    assert list(fleet[2:8:3].handles) == [fleet.handles[2], fleet.handles[5]]
    assert list(fleet[[3, -1]].handles) == [fleet.handles[3], fleet.handles[9]]
    for wrong in (10, -11, True):
        with pytest.raises((IndexError, TypeError)):
            fleet[wrong]


@pytest.mark.parametrize("as_key", [list, iter])
def test_an_index_is_looked_at_once_or_as_often_as_it_can_be(subsystem, as_key):
    fleet = subsystem.connect_many(3, recorder([]))
    handles = list(fleet.handles)
    assert list(fleet[as_key([2, -3, 2])].handles) == [handles[2], handles[0], handles[2]]
    assert list(fleet[as_key([True, False, True])].handles) == [handles[0], handles[2]]
    assert list(fleet[as_key([])].handles) == []
    for wrong, found in (([True, False], "with 2 bools"), ([True] * 4, "with 4 bools"), ([0, 3], "connection 3 of a")):
        with pytest.raises(IndexError, match=found):
            fleet[as_key(wrong)]
    with pytest.raises(TypeError, match="asked for 'a' of type str"):
        fleet[as_key([0, "a"])]


def test_enable_disable_and_close_count_their_answers(subsystem):
    fleet = subsystem.connect_many(5, recorder([]), enabled=False)
    assert fleet.remote.disconnect() == {Answer.HELD: 5}
    assert fleet[:3].enable() == {wsk.STATUS_SUCCESS: 3}
    assert subsystem.dispatch() == 3
    assert fleet.disable() == {wsk.STATUS_SUCCESS: 5}
    assert fleet[:2].close() == {wsk.STATUS_SUCCESS: 2}
    assert fleet.close() == {wsk.STATUS_SUCCESS: 3, wsk.STATUS_FILE_FORCED_CLOSED: 2}
    assert subsystem.open_sockets == 0
    assert subsystem.counters()["withheld"]["closed"] == 2


@pytest.mark.parametrize(
    "contexts", [["a", "b", "c"], ("a", "b", "c"), "abc".__getitem__], ids=["list", "tuple", "callable"]
)
def test_contexts_come_from_a_sequence_or_a_callable(subsystem, contexts):
    calls = []
    subsystem.connect_many(3, recorder(calls), contexts=contexts).remote.abort()
    subsystem.dispatch()
    assert calls == [("a", 1), ("b", 1), ("c", 1)]


@pytest.mark.parametrize("given", [list, tuple, lambda made: made.__getitem__], ids=["list", "tuple", "callable"])
def test_each_context_is_owned_by_its_slot_and_nobody_else(subsystem, given):
    class Context:
        pass

    made = [Context() for _ in range(100)]
    before = [sys.getrefcount(context) for context in made]
    contexts = given(made.copy())
    fleet = subsystem.connect_many(100, recorder([]), contexts=contexts)
    # What held them may go away.
    del contexts
    assert [sys.getrefcount(context) for context in made] == [count + 1 for count in before]
    fleet[:60].close()
    assert [sys.getrefcount(made[number]) + 1 for number in range(60)] == before[:60]
    # Slots that are used again own what they are given now, also beside new ones.
    again = subsystem.connect_many(100, recorder([]), contexts=list(reversed(made)))
    assert [sys.getrefcount(made[number]) for number in range(60)] == before[:60]
    fleet.close(), again.close()
    assert [sys.getrefcount(context) for context in made] == before


def test_contexts_of_connections_that_were_refused_are_left_alone():
    context = object()
    before = sys.getrefcount(context)
    with wsksim.Subsystem(max_sockets=1) as subsystem:
        with pytest.raises(wsksim.errors.LimitError):
            subsystem.connect_many([context] * 2, recorder([]))
        assert sys.getrefcount(context) == before
        subsystem.connect(context, recorder([]))


def test_what_is_certain_is_not_drawn():
    drawn = []
    for certain in (True, False):
        calls = []
        with wsksim.Subsystem(seed=5) as subsystem:
            fleet = subsystem.connect_many(200, recorder(calls))
            if certain:
                fleet[:100].remote.abort()
                fleet[:100].remote.disconnect(abortive=1.0)
                fleet[:100].remote.disconnect(abortive=0.0)
            fleet[100:].remote.disconnect(abortive=0.5)
            subsystem.dispatch()
        drawn.append([call for call in calls if call[0] >= 100])
    assert drawn[0] == drawn[1]


def test_contexts_alone_say_how_many(subsystem):
    assert len(subsystem.connect_many(["a", "b"], recorder([]))) == 2
    with pytest.raises(ValueError, match="one each"):
        subsystem.connect_many(3, recorder([]), contexts=["a"])


@pytest.mark.parametrize("count", [-1, 1.5, True, 2**40, 10**30], ids=repr)
def test_count_that_is_none_is_refused(subsystem, count):
    with pytest.raises((TypeError, ValueError, wsksim.errors.LimitError), match="connect_many"):
        subsystem.connect_many(count, recorder([]))
    assert subsystem.open_sockets == 0


def test_empty_fleet_is_a_fleet(subsystem):
    fleet = subsystem.connect_many(0, recorder([]))
    assert fleet.remote.disconnect(abortive=0.5) == {}
    assert fleet.close() == {}


@pytest.mark.rule("D-24")
def test_batch_holds_at_most_one_edge_of_a_socket(subsystem):
    batches = []

    def handler(contexts, flags):
        batches.append((list(contexts), list(flags)))

    fleet = subsystem.connect_many(50, wsksim.batch_handler(handler))
    fleet.remote.disconnect()
    fleet.remote.abort()
    assert subsystem.dispatch() == 100
    called = []
    for contexts, flags in batches:
        assert len(contexts) == len(set(contexts)) == len(flags)
        called.extend(zip(contexts, flags, strict=True))
    assert sorted(called) == [(number, flag) for number in range(50) for flag in (0, 1)]


def test_batch_columns_are_buffers_that_numpy_reads(subsystem):
    numpy = pytest.importorskip("numpy")
    seen = []

    def handler(contexts, flags):
        seen.append((numpy.asarray(contexts), numpy.asarray(flags)))

    subsystem.connect_many(4, wsksim.batch_handler(handler), contexts=[7, -1, 0, 2**40]).remote.abort()
    subsystem.dispatch()
    contexts, flags = seen[0]
    assert contexts.tolist() == [7, -1, 0, 2**40]
    assert flags.tolist() == [1, 1, 1, 1]
    assert contexts.shape == flags.shape == (4,)


@pytest.mark.rule("D-8")
@pytest.mark.parametrize(
    ("answer", "findings"),
    [
        (lambda n: None, 0),
        (lambda n: [0] * n, 0),
        (lambda n: array("i", [0] * n), 0),
        (lambda n: [0] * (n - 1) + [wsk.STATUS_PENDING], 1),
        (lambda n: [wsk.STATUS_PENDING] * n, 4),
        (lambda n: [0], 1),
        (lambda n: wsk.STATUS_PENDING, 1),
        (lambda n: "good", 1),
        (lambda n: 1 // 0, 1),
    ],
    ids=["none", "zeros", "array", "one wrong", "all wrong", "too few", "a number", "text", "raises"],
)
def test_batch_answers_are_judged(subsystem, answer, findings):
    handler = wsksim.batch_handler(lambda contexts, flags: answer(len(contexts)))
    subsystem.connect_many(4, handler).remote.disconnect()
    assert subsystem.dispatch() == 4
    assert subsystem.finding_count == findings
    assert {finding.rule for finding in subsystem.findings} <= {"D-8"}


class CONNECTION(ctypes.Structure):
    _fields_ = (("calls", ctypes.c_int32), ("flags", ctypes.c_int32))


def native(c_library, name="Good"):
    return wsksim.native_handler(getattr(ctypes.CDLL(str(c_library)), name))


def test_native_handler_writes_into_a_ctypes_array(subsystem, c_library):
    contexts = (CONNECTION * 1000)()
    fleet = subsystem.connect_many(contexts, native(c_library))
    fleet.remote.disconnect()
    fleet.remote.abort()
    assert subsystem.dispatch() == 2000
    assert {(context.calls, context.flags) for context in contexts} == {(2, 1)}
    assert subsystem.findings == []


def test_native_handler_writes_into_a_buffer_or_to_addresses(subsystem, c_library):
    buffer = bytearray(8 * 3)
    subsystem.connect_many(3, native(c_library), contexts=buffer).remote.abort()
    contexts = (CONNECTION * 2)()
    addresses = array("Q", [ctypes.addressof(contexts[1]), 0])
    subsystem.connect_many(2, native(c_library), contexts=addresses).remote.abort()
    assert subsystem.dispatch() == 5
    assert list(memoryview(buffer).cast("i")) == [1, 1] * 3
    assert (contexts[0].calls, contexts[1].calls) == (0, 1)
    with pytest.raises(BufferError):
        buffer.extend(b"more")


def test_native_contexts_of_another_count_are_refused(subsystem, c_library):
    for contexts in ((CONNECTION * 2)(), array("Q", [0, 0]), bytearray(10), [0], [-1, 0, 0], "abc", b"read only   "):
        with pytest.raises((TypeError, ValueError)):
            subsystem.connect_many(3, native(c_library), contexts=contexts)
    assert subsystem.open_sockets == 0


@pytest.mark.rule("D-8")
def test_native_status_is_named_in_its_finding(subsystem, c_library):
    subsystem.connect(None, native(c_library, "Pends")).remote.disconnect()
    subsystem.dispatch()
    assert "0x00000103 (STATUS_PENDING)" in subsystem.findings[0].found
