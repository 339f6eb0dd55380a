"""T-71 to T-87: what WskDisconnectEvent says, at which level, and what may be done inside it."""

import pytest

import wsksim
from harness import ABORTIVE, ACCEPT, CTX, DISC, GRACEFUL, Ears, Request, World, at, contract, data, ok
from wsksim import wsk


def said(world, *, abortive, **how):
    """The raw Flags of one indication, and the level inside."""
    heard = []

    def handler(SocketContext, Flags):
        heard.append((Flags, wsk.KeGetCurrentIrql()))
        return ok

    ears = Ears()
    table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=handler)
    listener = world.net.listen(at())
    a = world.connection(CTX, table)
    assert world.do(a.WskConnect, listener.address, 0).status == ok
    assert world.en(a, DISC) == ok
    far = listener.accept()
    (far.abort if abortive else far.disconnect)()
    world.drive()
    assert ears.ev == []
    assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL
    return heard


@contract(71, "D-5", "D-6", "D-2", "C-4")
def test_graceful(world):
    pair = world.pair(DISC)
    assert world.disconnect(pair.b, GRACEFUL) == ok
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(72, "D-5", "D-6")
def test_abortive(world):
    pair = world.pair(DISC)
    assert world.disconnect(pair.b, ABORTIVE) == ok
    world.drive()
    assert pair.ev == [(CTX, 1)]


@contract(73, "C-11", "D-6")
def test_close_without_disconnect_is_abortive(world):
    pair = world.pair(DISC)
    assert world.close(pair.b) == ok
    world.drive()
    assert pair.ev == [(CTX, 1)]


@contract(74, "D-7", "D-9", "Q-2", irql="dispatch")
def test_level_dispatch_is_told(world):
    assert said(world, abortive=False) == [(8, wsk.DISPATCH_LEVEL)]
    assert said(world, abortive=True) == [(9, wsk.DISPATCH_LEVEL)]


@contract(75, "D-7", irql="passive")
def test_level_passive(world):
    assert said(world, abortive=False) == [(0, wsk.PASSIVE_LEVEL)]
    assert said(world, abortive=True) == [(1, wsk.PASSIVE_LEVEL)]


@contract(76, "U-21", irql="dispatch", set_dispatch_flag=False)
def test_level_dispatch_need_not_be_told(world):
    assert said(world, abortive=False) == [(0, wsk.DISPATCH_LEVEL)]
    assert said(world, abortive=True) == [(1, wsk.DISPATCH_LEVEL)]


@contract(77, "D-8", "E-27", "U-22")
def test_other_answers_are_ignored_and_reported(world):
    for check, findings in (("report", 1), ("off", 1), ("raise", 1)):
        other = World(check=check)
        pair = other.pair(DISC)
        pair.ears.on_disconnect = lambda SocketContext, Flags: wsk.STATUS_UNSUCCESSFUL
        assert other.disconnecting(pair.b).status == ok
        if check == "raise":
            with pytest.raises(wsksim.ContractError, match="D-8"):
                other.drive()
        else:
            other.drive()
        assert other.subsystem.finding_count == findings
        assert other.state(pair.a) == "PEER-FIN"
        assert other.net.enabled_events(pair.a) == DISC
        assert other.send(pair.a, b"still").status == ok
        other.end()


@contract(78, "D-10", "Q-3", check="raise")
def test_waiting_inside_the_callback(world):
    pair, found = world.pair(DISC), []
    waiting = world.receiving(pair.b, 5)

    def handler(SocketContext, Flags):
        try:
            waiting.irp.wait(60)
        except wsksim.ContractError as error:
            found.append(error.finding.rule)
        return ok

    pair.ears.on_disconnect = handler
    assert world.comes_to(world.disconnecting(pair.b), ok)
    world.drive()
    assert found == ["D-10"]
    assert world.subsystem.finding_count == 1
    old = wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
    with pytest.raises(wsksim.ContractError, match="Q-3"):
        waiting.irp.wait(60)
    wsk.KeLowerIrql(old)
    assert world.close(pair.b) == ok


@contract(78, "D-10")
def test_waiting_inside_the_callback_fails_at_once(world):
    pair, found = world.pair(DISC), []
    waiting = world.receiving(pair.b, 5)

    def handler(SocketContext, Flags):
        found.append(waiting.irp.wait(60))
        return ok

    pair.ears.on_disconnect = handler
    assert world.comes_to(world.disconnecting(pair.b), ok)
    world.drive()
    assert found == [False]
    assert [one.rule for one in world.subsystem.findings] == ["D-10"]
    assert world.close(pair.b) == ok


@contract(79, "D-12", "D-11", "U-35")
def test_callback_disconnects_its_own_side(world):
    pair, request = world.pair(DISC), Request()
    assert world.en(pair.b, DISC) == ok

    def handler(SocketContext, Flags):
        request.returned = pair.a.WskDisconnect(None, GRACEFUL, request.irp)
        return ok

    pair.ears.on_disconnect = handler
    assert world.comes_to(world.disconnecting(pair.b), ok)
    world.drive()
    assert request.check().status == ok
    assert world.state(pair.a) == "BOTH-FIN"
    assert pair.b_ears.ev == [("B", 0)]


@contract(80, "D-12", "C-15", "C-8")
def test_callback_closes_its_own_socket(world):
    pair, request, inside = world.pair(DISC), Request(), []

    def handler(SocketContext, Flags):
        request.returned = pair.a.WskCloseSocket(request.irp)
        inside.append(request.calls)
        return ok

    pair.ears.on_disconnect = handler
    assert world.comes_to(world.disconnecting(pair.b), ok)
    world.drive()
    assert request.returned == wsk.STATUS_PENDING
    assert inside == [0]
    assert request.check().status == ok


@contract(81, "D-13")
def test_sending_goes_on_after_a_graceful_indication(world):
    pair = world.pair(DISC)
    assert world.disconnect(pair.b) == ok
    world.drive()
    request = world.send(pair.a, b"after")
    assert (request.status, request.information) == (ok, 5)
    assert world.receive(pair.b, 9) == (ok, b"after")


@contract(82, "D-13")
def test_receiving_ends_after_a_graceful_indication(world):
    pair = world.pair(DISC)
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert world.receive(pair.a, 9) == (ok, b"")


@contract(83, "D-14")
def test_nothing_goes_on_after_an_abortive_indication(world):
    pair = world.pair(DISC)
    assert world.disconnect(pair.b, ABORTIVE) == ok
    world.drive()
    assert world.send(pair.a, b"x").status == wsk.STATUS_CONNECTION_RESET
    assert world.do(pair.a.WskReceive, data(1), 0).status == wsk.STATUS_CONNECTION_RESET


@contract(84, "D-15", "C-5")
def test_indication_does_nothing_by_itself(world):
    pair = world.pair(DISC)
    assert world.en(pair.b, DISC) == ok
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert pair.b_ears.ev == []
    assert world.state(pair.a) == "PEER-FIN"
    assert world.disconnect(pair.a) == ok
    world.drive()
    assert pair.b_ears.ev == [("B", 0)]
    assert world.do(pair.a.WskGetLocalAddress, wsk.SOCKADDR_IN()).status == ok
    assert world.close(pair.a) == ok


@contract(85, "D-16")
def test_own_acts_are_not_indicated(world):
    graceful, abortive, closed, cancelled = (world.pair(DISC) for _ in range(4))
    assert world.disconnect(graceful.a) == ok
    assert world.disconnect(abortive.a, ABORTIVE) == ok
    assert world.close(closed.a) == ok
    waiting = world.receiving(cancelled.a, 5)
    assert wsk.IoCancelIrp(waiting.irp)
    world.drive()
    assert waiting.check().status == wsk.STATUS_CANCELLED
    assert [pair.ev for pair in (graceful, abortive, closed, cancelled)] == [[]] * 4


@contract(86, "D-17", "U-43")
def test_refused_connect_is_not_indicated(world):
    assert world.static(DISC) == ok
    ears = Ears()
    listener = world.net.listen(at())
    nobody = listener.address
    listener.close()
    a = world.connection(CTX, ears.table)
    assert world.do(a.WskConnect, nobody, 0).status == wsk.STATUS_CONNECTION_REFUSED
    world.drive()
    assert ears.ev == []
    assert world.state(a) == "BOUND"


@contract(87, "D-18", "A-6", "A-5")
def test_connection_refused_in_the_accept_event(world):
    ears, made = Ears(), []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        Context.value, Dispatch.value = CTX, ears.table
        made.append(AcceptSocket)
        return wsk.STATUS_REQUEST_NOT_ACCEPTED

    listener = world.by_event(ACCEPT | DISC, answer)
    client = Ears()
    a = world.connect(world.address(listener), "client", client)
    assert world.en(a, DISC) == ok
    world.drive()
    assert len(made) == 1
    assert ears.ev == []
    assert client.ev == [("client", 1)]
