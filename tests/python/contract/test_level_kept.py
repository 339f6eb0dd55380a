"""T-160: a disconnect handler of any kind and any door that leaves the IRQL raised is found out itself (Q-2)."""

import ctypes

import pytest

import wsksim
from conftest import ROOT
from harness import DISC, Ears, World, at, contract
from wsksim import wsk

SOCKETS = 3


class Level:
    """What a handler does with its level in its first calls, and what it answers then; afterwards it behaves."""

    def __init__(self, *, leaves, answer=wsk.STATUS_SUCCESS):
        self.leaves, self.answer = leaves, answer
        self.seen = []

    def act(self):
        if len(self.seen) == SOCKETS:
            return wsk.STATUS_SUCCESS
        entered = wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
        self.seen.append(entered)
        if self.leaves == "lowered":
            wsk.KeLowerIrql(wsk.PASSIVE_LEVEL)
        elif not self.leaves:
            wsk.KeLowerIrql(entered)
        return self.answer


def single(level):
    def handler(SocketContext, Flags):
        return level.act()

    return handler


def batch(level):
    def handler(contexts, flags):
        return [level.act()] * len(contexts)

    return wsksim.batch_handler(handler)


def native(level):
    @ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
    def handler(SocketContext, Flags):
        return level.act()

    return wsksim.native_handler(handler)


def connect(handler, **options):
    with wsksim.Subsystem(**options) as subsystem:
        subsystem.connect(None if type(handler).__name__ == "NativeHandler" else 7, handler).remote.disconnect()
        subsystem.dispatch()
        return subsystem.findings


def connect_many(handler, **options):
    with wsksim.Subsystem(**options) as subsystem:
        subsystem.connect_many(SOCKETS, handler).remote.disconnect()
        subsystem.dispatch()
        return subsystem.findings


def workers(handler, **options):
    with wsksim.Subsystem(**options) as subsystem:
        with subsystem.workers(1):
            subsystem.connect_many(SOCKETS, handler).remote.disconnect()
        return subsystem.findings


def storm(handler, **options):
    return wsksim.storm(handler, sockets=SOCKETS, contexts="int", **options).finding_list


def timed_storm(handler, **options):
    return wsksim.storm(handler, sockets=SOCKETS, contexts="int", rate=1e6, workers=1, **options).finding_list


def replay(handler, **options):
    path = ROOT / "tests" / "vectors" / "captures" / "mixed_v4.pcap"
    return wsksim.replay(path, handler, contexts="int", **options).finding_list


def table(handler, **options):
    world = World(**options)
    try:
        ears = Ears()
        ears.on_disconnect = handler
        pair = world.pair(DISC, ears=ears)
        assert world.disconnecting(pair.b).status == wsk.STATUS_SUCCESS
        world.drive()
        return world.subsystem.findings
    finally:
        world.end()


KINDS = [single, batch, native]
DOORS = [connect, connect_many, workers, storm, timed_storm, replay]
PLACES = [(door, kind) for door in DOORS for kind in KINDS] + [(table, single)]

every_place = pytest.mark.parametrize(
    ("door", "kind"), PLACES, ids=[f"{door.__name__}-{kind.__name__}" for door, kind in PLACES]
)


def asks(world):
    """The next call of an innocent application, at PASSIVE_LEVEL; gives the findings about it."""
    result = wsk.Out()
    arguments = ("127.0.0.1", "80", 0, None, None, result, None, None)
    assert world.do(world.npi.WskGetAddressInfo, *arguments).status == wsk.STATUS_SUCCESS
    return world.subsystem.findings


@contract(160, "Q-2", "Q-1")
@every_place
def test_who_leaves_the_level_raised_is_found_out_and_nobody_else(world, door, kind):
    level = Level(leaves=True)
    findings = door(kind(level))
    assert level.seen
    # Each call is entered as if the one before it had behaved.
    assert set(level.seen) == {wsk.PASSIVE_LEVEL}
    # One finding of the handler counts its calls, and tells of the first.
    (one,) = findings
    assert (one.rule, one.count) == ("Q-2", len(level.seen))
    assert "WskDisconnectEvent left DISPATCH_LEVEL behind" in one.found
    assert one.handle
    assert one.edge == 1
    assert one.flags & ~1 == 0
    assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL
    assert asks(world) == []


@contract(160, "Q-2")
@every_place
def test_who_raises_the_level_and_lowers_it_is_not_accused(world, door, kind):
    level = Level(leaves=False)
    assert list(door(kind(level))) == []
    assert set(level.seen) == {wsk.PASSIVE_LEVEL}
    assert asks(world) == []


@contract(160, "Q-2")
@every_place
def test_who_lowers_a_level_that_it_was_entered_with_is_found_out(world, door, kind):
    level = Level(leaves="lowered")
    findings = door(kind(level), irql="dispatch")
    assert set(level.seen) == {wsk.DISPATCH_LEVEL}
    (one,) = findings
    assert (one.rule, one.count) == ("Q-2", len(level.seen))
    assert "WskDisconnectEvent left PASSIVE_LEVEL behind" in one.found
    assert one.flags & ~1 == wsk.WSK_FLAG_AT_DISPATCH_LEVEL


@contract(160, "Q-2", "D-8")
@every_place
def test_who_also_answers_wrongly_has_two_findings(world, door, kind):
    level = Level(leaves=True, answer=wsk.STATUS_PENDING)
    findings = door(kind(level))
    found = {one.rule: one for one in findings}
    assert sorted(found) == ["D-8", "Q-2"]
    assert len(findings) == 2
    assert found["Q-2"].count == len(level.seen)
    assert found["D-8"].count >= len(level.seen)
    assert [(one.edge, one.handle) for one in findings[:1]] == [(one.edge, one.handle) for one in findings[1:]]


@contract(160, "Q-2", "D-7")
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_entered_at_the_level_of_its_flags_told_or_not(world, kind, told):
    level = Level(leaves=False)
    assert connect_many(kind(level), irql="dispatch", set_dispatch_flag=told) == []
    assert set(level.seen) == {wsk.DISPATCH_LEVEL}


@contract(160, "Q-2")
def test_a_batch_runs_at_dispatch_level_if_one_of_its_rows_does(world):
    levels = []

    def handler(contexts, flags):
        at_dispatch = any(one & wsk.WSK_FLAG_AT_DISPATCH_LEVEL for one in flags)
        levels.append((at_dispatch, wsk.KeGetCurrentIrql()))

    with wsksim.Subsystem(irql="mixed") as subsystem:
        for _ in range(40):
            subsystem.connect_many(2, wsksim.batch_handler(handler)).remote.disconnect()
            subsystem.dispatch()
        assert subsystem.findings == []
    assert {(at, level) for at, level in levels} == {(True, wsk.DISPATCH_LEVEL), (False, wsk.PASSIVE_LEVEL)}


@contract(160, "Q-2", "D-9")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [wsk.APC_LEVEL, wsk.DISPATCH_LEVEL])
def test_the_driving_threads_own_level_comes_back(world, kind, level):
    seen = Level(leaves=True)
    before = wsk.KeRaiseIrql(level)
    try:
        connect_many(kind(seen))
        assert wsk.KeGetCurrentIrql() == level
    finally:
        wsk.KeLowerIrql(before)
    assert set(seen.seen) == {wsk.PASSIVE_LEVEL}


@contract(160, "Q-2")
@pytest.mark.parametrize("kind", KINDS)
def test_a_level_left_behind_ends_the_drive_where_breaches_are_raised(world, kind):
    level = Level(leaves=True)
    with wsksim.Subsystem(check="raise") as subsystem:
        subsystem.connect_many(SOCKETS, kind(level)).remote.disconnect()
        with pytest.raises(wsksim.ContractError, match="Q-2"):
            subsystem.dispatch()
        assert len(level.seen) == 1
        assert subsystem.finding_count == 1
    assert asks(world) == []


@contract(160, "Q-2", "D-8")
def test_the_error_that_ends_the_drive_is_that_of_the_answer(world):
    def handler(SocketContext, Flags):
        wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
        raise KeyError("the application's own")

    with wsksim.Subsystem(check="raise") as subsystem:
        subsystem.connect(None, handler).remote.disconnect()
        with pytest.raises(wsksim.ContractError, match="D-8") as caught:
            subsystem.dispatch()
        assert isinstance(caught.value.__cause__, KeyError)
        assert [one.rule for one in subsystem.findings] == ["D-8", "Q-2"]


@contract(160, "D-10")
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_knows_inside_which_callback_it_is(world, kind):
    heard = []

    class Waits(Level):
        def act(self):
            irp = wsk.IRP()
            pair.a.WskSend(wsk.WSK_BUF(wsk.MDL(bytearray(1)), 0, 1), 0, irp)
            heard.append(irp.wait())
            return wsk.STATUS_SUCCESS

    pair = world.pair()
    world.subsystem.connect_many(1, kind(Waits(leaves=False))).remote.disconnect()
    world.drive()
    [finding] = world.subsystem.findings
    assert heard == [True]
    assert finding.rule == "D-10"
    assert "inside WskDisconnectEvent" in finding.found


@contract(160, "Q-2")
def test_a_handler_that_is_interrupted_is_not_accused_of_its_level(world):
    def handler(SocketContext, Flags):
        wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
        raise KeyboardInterrupt

    world.subsystem.connect(None, handler).remote.disconnect()
    with pytest.raises(KeyboardInterrupt):
        world.drive()
    assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL
    assert asks(world) == []


@contract(160, "O-6")
def test_a_tables_function_is_called_as_it_is(world):
    class Callable:
        __hash__ = None

        def __call__(self, SocketContext, Flags):
            return wsk.STATUS_SUCCESS

    event = wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=Callable())
    listener = world.net.listen(at())
    made = world.connection(None, event)
    assert world.do(made.WskConnect, listener.address, 0).status == wsk.STATUS_SUCCESS
    assert world.en(made, DISC) == wsk.STATUS_SUCCESS
    listener.accept().disconnect()
    assert world.drive() == 1
    assert world.subsystem.findings == []
