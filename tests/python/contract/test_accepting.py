"""T-132 to T-142: accepting by request and by event, and conditional accept."""

from types import SimpleNamespace

import pytest

import wsksim
from harness import ACCEPT, CTX, DISC, Ears, Request, World, at, contract, ok
from wsksim import wsk

INVALID, STATE = wsk.STATUS_INVALID_PARAMETER, wsk.STATUS_INVALID_DEVICE_STATE
REJECT, ADMIT, PEND = wsk.WskInspectReject, wsk.WskInspectAccept, wsk.WskInspectPend


@contract(132, "A-1", "A-2")
def test_accept_before_and_after_arrival(world):
    listener = world.listener()
    address = world.address(listener)
    for early in (True, False):
        local, remote = wsk.SOCKADDR_IN(), wsk.SOCKADDR_IN()
        far = None if early else world.net.connect(address)
        world.drive()
        request = world.ask(listener.WskAccept, 0, CTX, Ears().table, local, remote)
        assert request.returned == (wsk.STATUS_PENDING if early else ok)
        assert request.calls == (0 if early else 1)
        far = far or world.net.connect(address)
        world.drive()
        assert request.check().status == ok
        assert local == address
        assert remote == far.address
        assert type(request.information) is wsk.WSK_SOCKET
    assert world.do(listener.WskAccept, 1, None, None, None, None).status == INVALID


@contract(133, "A-7", "A-4")
def test_addresses_are_lent_to_the_accept_event(world):
    for check in ("report", "raise"):
        other, kept, seen = World(check=check), [], []

        def answer(AcceptSocket, Context, Dispatch, Local, Remote, kept=kept, seen=seen):
            kept.extend((Local, Remote))
            seen.extend((Local.sin_family, Local.sin_port, Remote.sin_family, Remote.sin_port))
            return ok

        listener = other.by_event(ACCEPT, answer)
        address = other.address(listener)
        far = other.net.connect(address)
        other.drive()
        assert seen == [wsk.AF_INET, address.sin_port, wsk.AF_INET, far.address.sin_port]
        assert other.subsystem.finding_count == 0
        if check == "report":
            assert kept[0].sin_port == address.sin_port
        else:
            with pytest.raises(wsksim.ContractError, match="A-7"):
                _ = kept[1].sin_addr
        assert {one.rule for one in other.subsystem.findings} == {"A-7"}
        other.end()


@contract(134, "A-8")
def test_non_functional_listener_is_announced_once(world):
    calls = []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        calls.append((AcceptSocket, Local, Remote))
        return wsk.STATUS_REQUEST_NOT_ACCEPTED

    listener = world.by_event(ACCEPT, answer)
    world.net.break_transport(listener)
    world.drive()
    world.drive()
    assert calls == [(None, None, None)]
    forced = wsk.STATUS_FILE_FORCED_CLOSED
    assert world.do(listener.WskAccept, 0, None, None, None, None).status == forced
    assert world.en(listener, ACCEPT) == forced
    assert world.close(listener) == ok


@contract(135, "A-9", "E-28")
def test_pending_accept_wins_over_the_event(world):
    made = []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        made.append(AcceptSocket)
        return ok

    listener = world.by_event(ACCEPT, answer)
    request = world.ask(listener.WskAccept, 0, None, None, None, None)
    world.net.connect(world.address(listener))
    world.drive()
    assert request.check().status == ok
    assert made == []
    world.net.connect(world.address(listener))
    world.drive()
    assert len(made) == 1
    assert made[0] is not request.information


@contract(136, "A-11", "U-28")
def test_static_events_reach_sockets_of_both_accept_paths(world):
    assert world.static(DISC) == ok
    by_event, by_request = Ears(), Ears()

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        Context.value, Dispatch.value = "event", by_event.table
        return ok

    listener = world.by_event(ACCEPT, answer)
    first = world.net.connect(world.address(listener))
    world.drive()
    pending = world.ask(listener.WskAccept, 0, "request", by_request.table, None, None)
    second = world.net.connect(world.address(listener))
    world.drive()
    assert pending.check().status == ok
    first.disconnect()
    second.disconnect()
    world.drive()
    assert by_event.ev == [("event", 0)]
    assert by_request.ev == [("request", 0)]


@contract(137, "A-12", "A-19")
def test_options_of_a_listener(world):
    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(*[lambda *arguments: ok] * 3)
    late, early = world.listener("L", table), world.listener("L", table, bound=False)
    option = (wsk.WskSetOption, wsk.SO_CONDITIONAL_ACCEPT, wsk.SOL_SOCKET, 4, 1, 0, None, None)
    assert world.option(late, wsk.SO_CONDITIONAL_ACCEPT, 1) == STATE
    assert early.WskControlSocket(*option, None) == INVALID
    assert world.read_option(early, wsk.SO_CONDITIONAL_ACCEPT) == (ok, 0)
    assert world.option(early, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
    assert world.read_option(early, wsk.SO_CONDITIONAL_ACCEPT) == (ok, 1)
    assert world.option(late, wsk.SO_KEEPALIVE, 1) == ok
    assert world.option(late, wsk.SO_RCVBUF, 4096) == ok
    world.net.connect(world.address(late))
    accepted = world.accept(late)
    assert world.read_option(accepted, wsk.SO_KEEPALIVE) == (ok, 1)
    assert world.read_option(accepted, wsk.SO_RCVBUF) == (ok, 4096)


def inspecting(world, action):
    """A listener under conditional accept, and what its callbacks heard."""
    heard = SimpleNamespace(inspected=[], aborted=[], accepted=[], action=action)

    def WskAcceptEvent(SocketContext, Flags, Local, Remote, AcceptSocket, Context, Dispatch):
        heard.accepted.append(AcceptSocket)
        return ok

    def WskInspectEvent(SocketContext, LocalAddress, RemoteAddress, InspectID):
        heard.inspected.append(InspectID)
        return heard.action

    def WskAbortEvent(SocketContext, InspectID):
        heard.aborted.append(InspectID)
        return ok

    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent, WskInspectEvent, WskAbortEvent)
    heard.listener = world.listener("L", table, bound=False)
    assert world.option(heard.listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
    assert world.do(heard.listener.WskBind, at(), 0).status == ok
    assert world.en(heard.listener, ACCEPT) == ok
    heard.address = world.address(heard.listener)
    return heard


@contract(138, "A-14", "A-17", "A-15")
def test_inspection(world):
    rejected = inspecting(world, REJECT)
    far = world.net.connect(rejected.address)
    world.drive()
    assert far.state == "refused"
    assert (len(rejected.inspected), rejected.accepted, rejected.aborted) == (1, [], [])

    admitted = inspecting(world, ADMIT)
    far = world.net.connect(admitted.address)
    world.drive()
    assert far.state == "open"
    assert (len(admitted.inspected), len(admitted.accepted), admitted.aborted) == (1, 1, [])

    pending = inspecting(world, PEND)
    far = world.net.connect(pending.address)
    world.drive()
    assert far.state == "connecting"
    assert (len(pending.inspected), pending.accepted) == (1, [])
    far.close()
    world.drive()
    assert pending.aborted == pending.inspected
    assert pending.accepted == []
    assert pending.aborted[0] == wsk.WSK_INSPECT_ID(pending.inspected[0].Key, pending.inspected[0].SerialNumber)

    decided = inspecting(world, PEND)
    far = world.net.connect(decided.address)
    world.drive()
    number = decided.inspected[0]
    copy = wsk.WSK_INSPECT_ID(number.Key, number.SerialNumber)
    assert world.do(decided.listener.WskInspectComplete, copy, ADMIT).status == ok
    assert far.state == "open"
    assert len(decided.accepted) == 1


@contract(138, "A-16", "A-17")
def test_inspection_of_an_end_that_is_gone(world):
    for leave, when_it_leaves in (("vanish", False), ("abort", True)):
        pending = inspecting(world, PEND)
        far = world.net.connect(pending.address)
        world.drive()
        number = pending.inspected[0]
        getattr(far, leave)()
        world.drive()
        assert far.state == {"vanish": "vanished", "abort": "aborted"}[leave]
        # Nothing tells of an end that only falls silent, until the handshake is not answered.
        assert pending.aborted == ([number] if when_it_leaves else [])
        assert world.do(pending.listener.WskInspectComplete, number, ADMIT).status == ok
        world.drive()
        assert pending.aborted == [number]
        assert pending.accepted == []
        assert not far.read()


@contract(139, "A-16")
def test_inspect_complete_of_an_aborted_request(world):
    pending = inspecting(world, PEND)
    far = world.net.connect(pending.address)
    world.drive()
    number = pending.inspected[0]
    for action in (PEND, wsk.WskInspectMax, 7):
        assert world.do(pending.listener.WskInspectComplete, number, action).status == INVALID
    assert world.do(pending.listener.WskInspectComplete, None, ADMIT).status == INVALID
    far.close()
    world.drive()
    world.do(pending.listener.WskInspectComplete, number, ADMIT)
    assert pending.accepted == []
    assert pending.aborted == [number]


@contract(140, "A-18")
def test_querying_the_inspect_id(world):
    conditional = inspecting(world, ADMIT)
    world.net.connect(conditional.address)
    world.drive()
    accepted, ordinary, out = conditional.accepted[0], world.pair().b, wsk.Out()
    query = (wsk.WskIoctl, wsk.SIO_WSK_QUERY_INSPECT_ID, 0, 0, None, 16, out, None)
    assert accepted.WskControlSocket(*query, None) == ok
    assert out.value == conditional.inspected[0]
    raw = bytearray(16)
    assert accepted.WskControlSocket(*query[:-2], raw, None, None) == ok
    assert int.from_bytes(raw[8:12], "little") == out.value.SerialNumber
    assert ordinary.WskControlSocket(*query, None) == wsk.STATUS_INVALID_DEVICE_REQUEST
    request = Request()
    request.returned = accepted.WskControlSocket(*query, request.irp)
    assert request.check().status == INVALID


def enabling(world, ears, *, first):
    """A listener by event that enables DISC inside the callback, after or before it wrote the out parameters."""
    statuses = []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        if not first:
            Context.value, Dispatch.value = CTX, ears.table
        statuses.append(world.en(AcceptSocket, DISC))
        Context.value, Dispatch.value = CTX, ears.table
        return ok

    return world.by_event(ACCEPT, answer), statuses


@contract(141, "A-20", "L-7")
def test_enabling_inside_the_accept_event(world):
    ears = Ears()
    listener, statuses = enabling(world, ears, first=False)
    far = world.net.connect(world.address(listener))
    world.drive()
    assert statuses == [ok]
    far.disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]


@contract(142, "L-7")
def test_enabling_before_the_out_parameters_are_written(world):
    ears = Ears()
    listener, statuses = enabling(world, ears, first=True)
    far = world.net.connect(world.address(listener))
    world.drive()
    assert statuses == [INVALID]
    far.disconnect()
    world.drive()
    assert ears.ev == []
