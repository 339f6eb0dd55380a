"""T-123: table 6.1 (state by function) and table 6.2 (what a trigger does to pending requests), cell by cell."""

import pytest

from harness import ABORTIVE, CTX, DISC, GRACEFUL, Ears, World, at, contract, data, ok
from passages import STATES
from wsksim import wsk

STATE, RESET = wsk.STATUS_INVALID_DEVICE_STATE, wsk.STATUS_CONNECTION_RESET
ABORTED, FORCED = wsk.STATUS_CONNECTION_ABORTED, wsk.STATUS_FILE_FORCED_CLOSED
CANCELLED = wsk.STATUS_CANCELLED
WAITS = "waits"


def connecting(world):
    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(
        lambda *arguments: ok, lambda *arguments: wsk.WskInspectPend, lambda *arguments: ok
    )
    listener = world.listener("L", table, bound=False)
    assert world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
    assert world.do(listener.WskBind, at(), 0).status == ok
    ears = Ears()
    socket = world.connection(CTX, ears.table)
    request = world.ask(socket.WskConnect, world.address(listener), 0)
    assert request.returned == wsk.STATUS_PENDING
    return socket, ears, request


def in_state(world, state):
    """(A, what A hears, B or None, the connect request or None), with A in `state`."""
    ears = Ears()
    if state in {"NEW", "BOUND"}:
        return world.connection(CTX, ears.table, bound=state == "BOUND"), ears, None, None
    if state == "CONNECTING":
        socket, ears, request = connecting(world)
        return socket, ears, None, request
    pair = world.remote_pair(ears=ears)
    if state in {"PEER-FIN", "BOTH-FIN"}:
        pair.b.disconnect()
    if state in {"SELF-FIN", "BOTH-FIN"}:
        assert world.disconnect(pair.a) == ok
    if state == "RESET":
        pair.b.abort()
    if state == "ABORTED":
        assert world.disconnect(pair.a, ABORTIVE) == ok
    if state == "DEAD":
        world.net.break_transport(pair.a)
    if state == "CLOSING":
        # Pending behind the completion of a receive, which nobody has driven.
        assert world.receiving(pair.a, 4).returned == wsk.STATUS_PENDING
        assert world.ask(pair.a.WskCloseSocket).returned == wsk.STATUS_PENDING
    elif state == "CLOSED":
        assert world.close(pair.a) == ok
    else:
        world.drive()
    assert world.state(pair.a) == state
    return pair.a, ears, pair.b, None


# State: send, receive, graceful (and the state after it), abort (and the state after it, and whether B sees it),
# enable (and what is indicated late), close (whether B sees an abort, or the status that refuses it).
TABLE = {
    "NEW": (STATE, STATE, (STATE, "NEW"), (STATE, "NEW", False), (STATE, []), False),
    "BOUND": (STATE, STATE, (STATE, "BOUND"), (STATE, "BOUND", False), (STATE, []), False),
    "CONNECTING": (STATE, STATE, (STATE, "CONNECTING"), (STATE, "CONNECTING", False), (STATE, []), False),
    "OPEN": (ok, WAITS, (ok, "SELF-FIN"), (ok, "ABORTED", True), (ok, []), True),
    "PEER-FIN": (ok, (ok, b""), (ok, "BOTH-FIN"), (ok, "ABORTED", True), (ok, [(CTX, 0)]), True),
    "SELF-FIN": (STATE, WAITS, (STATE, "SELF-FIN"), (ok, "ABORTED", True), (ok, []), True),
    "BOTH-FIN": (STATE, (ok, b""), (STATE, "BOTH-FIN"), (ok, "BOTH-FIN", False), (ok, [(CTX, 0)]), False),
    "RESET": (RESET, RESET, (RESET, "RESET"), (ok, "RESET", False), (ok, [(CTX, 1)]), False),
    "ABORTED": (ABORTED, ABORTED, (ABORTED, "ABORTED"), (ok, "ABORTED", False), (ok, []), False),
    "DEAD": (FORCED, FORCED, (FORCED, "DEAD"), (FORCED, "DEAD", False), (FORCED, []), False),
    "CLOSING": (FORCED, FORCED, (FORCED, "CLOSING"), (FORCED, "CLOSING", False), (FORCED, []), FORCED),
    "CLOSED": (FORCED, FORCED, (FORCED, "CLOSED"), (FORCED, "CLOSED", False), (FORCED, []), FORCED),
}


def cell(world, state, function):
    """One cell of table 6.1, on a machine of its own."""
    a, ears, b, connect = in_state(world, state)
    send, receive, graceful, abort, enable, close = TABLE[state]
    seen = b.seen if b is not None else None
    if function == "WskSend":
        request = world.do(a.WskSend, data(b"x"), 0)
        assert request.status == send
        assert request.information == (1 if send == ok else 0)
    elif function == "WskReceive":
        request = world.receiving(a, 4)
        world.drive()
        if receive == WAITS:
            assert request.calls == 0
        else:
            assert world.received(request) == (receive if isinstance(receive, tuple) else (receive, b""))
    elif function == "WskDisconnect 0":
        assert world.comes_to(world.disconnecting(a, GRACEFUL), graceful[0])
        assert world.state(a) == graceful[1]
        if b is not None:
            assert b.seen == (graceful[0] == ok or seen[0], seen[1])
    elif function == "WskDisconnect ABORTIVE":
        assert world.comes_to(world.disconnecting(a, ABORTIVE), abort[0])
        assert world.state(a) == abort[1]
        if b is not None:
            assert b.seen[1] == (abort[2] or seen[1])
    elif function == "enable DISCONNECT":
        assert world.en(a, DISC) == enable[0]
        world.drive()
        assert ears.ev == enable[1]
    elif state in {"CLOSING", "CLOSED"}:
        assert world.comes_to(world.ask(a.WskCloseSocket), close)
    else:
        closing(world, a, b, connect, close)
    early = {"E-8"} if function == "enable DISCONNECT" else set()
    illegal = {"CLOSING": {"C-16"}, "CLOSED": {"C-16"}, "NEW": early, "BOUND": early, "CONNECTING": early}
    assert {one.rule for one in world.subsystem.findings} == illegal.get(state, set())
    world.drive()


def closing(world, a, b, connect, abortive):
    """The column of WskCloseSocket."""
    seen = b.seen if b is not None else None
    assert world.close(a) == ok
    assert world.state(a) == "CLOSED"
    if b is not None:
        assert b.seen[1] == (abortive or seen[1])
        assert abortive or b.seen == seen
    if connect is not None:
        assert connect.check().status == CANCELLED


FUNCTIONS = (
    "WskSend",
    "WskReceive",
    "WskDisconnect 0",
    "WskDisconnect ABORTIVE",
    "enable DISCONNECT",
    "WskCloseSocket",
)


@contract(123, "C-1", "U-25")
@pytest.mark.parametrize("state", TABLE)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_cell_of_table_6_1(world, state, function):
    cell(world, state, function)


def test_tables_have_all_cells_of_the_contract():
    # 6.1: twelve states by six functions. 6.2: seven triggers by three requests, one of which cannot be.
    assert [len(row) for row in TABLE.values()] == [len(FUNCTIONS)] * 12 == [6] * 12
    assert set(TABLE) == STATES
    assert len(CELLS) == 7 * 3 - 1 + len(["a send that has not begun"])


def trigger(world, pair, name, requests):
    if name == "remote graceful":
        assert world.disconnecting(pair.b).returned in {ok, wsk.STATUS_PENDING}
    elif name == "remote abortive":
        assert world.comes_to(world.disconnecting(pair.b, ABORTIVE), ok)
    elif name == "local graceful":
        world.disconnecting(pair.a)
    elif name == "local abortive":
        assert world.comes_to(world.disconnecting(pair.a, ABORTIVE), ok)
    elif name == "close":
        world.ask(pair.a.WskCloseSocket)
    elif name == "cancel":
        for request in requests:
            wsk.IoCancelIrp(request.irp)
    else:
        world.net.break_transport(pair.a)
    world.drive()


# Trigger: receive, send that has begun, graceful disconnect behind it. None: it keeps waiting.
PENDING = {
    "remote graceful": (ok, None, None),
    "remote abortive": (RESET, RESET, RESET),
    "local graceful": (None, None, "-"),
    "local abortive": (ABORTED, ABORTED, ABORTED),
    "close": (CANCELLED, CANCELLED, CANCELLED),
    "cancel": (CANCELLED, None, CANCELLED),
    "non-functional": (FORCED, FORCED, FORCED),
}
KINDS = ("WskReceive", "WskSend", "WskDisconnect 0")
CELLS = [
    (name, kind, status)
    for name, row in PENDING.items()
    for kind, status in zip(KINDS, row, strict=True)
    if status != "-"
]
# I-14: of a send nothing was taken yet.
CELLS.append(("cancel", "WskSend behind another", CANCELLED))


@pytest.mark.parametrize(("name", "kind", "expected"), CELLS, ids=[f"{name}-{kind}" for name, kind, _ in CELLS])
@pytest.mark.rule("C-9", "C-10", "G-1", "G-3", "G-4", "G-8", "I-12", "I-14", "L-21")
def test_cell_of_table_6_2(name, kind, expected):
    world = World(window=16)
    pair = world.pair()
    if kind == "WskReceive":
        last = world.receiving(pair.a, 9)
    else:
        last = world.ask(pair.a.WskSend, data(64), 0)
        if kind == "WskDisconnect 0":
            last = world.disconnecting(pair.a)
        elif kind != "WskSend":
            last = world.ask(pair.a.WskSend, data(1), 0)
    assert last.returned == wsk.STATUS_PENDING
    trigger(world, pair, name, [last])
    if expected is None:
        assert last.calls == 0
        # It goes on: what B reads lets it finish.
        if kind != "WskReceive":
            while last.calls == 0:
                assert world.receive(pair.b, 16)[0] == ok
            assert last.check().status == ok
        else:
            assert world.send(pair.b, b"more").status == ok
            assert world.received(last) == (ok, b"more")
    else:
        assert (last.check().status, last.information) == (expected, 0)
    world.end()


@pytest.mark.rule("G-1")
def test_remote_graceful_gives_a_receive_what_arrived():
    world = World()
    pair = world.pair()
    request = world.receiving(pair.a, 9, wsk.WSK_FLAG_WAITALL)
    assert world.send(pair.b, b"part").status == ok
    trigger(world, pair, "remote graceful", [])
    assert world.received(request) == (ok, b"part")
    world.end()
