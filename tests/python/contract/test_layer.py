"""The Python side of WSK: the documented example, waiting, and owning."""

import asyncio
import gc
import re
import weakref

import pytest

import wsksim
from conftest import ROOT
from harness import DISC, FAR, Ears, Request, World, at, data, ok
from wsksim import wsk
from wsksim.contract.rules import BY_ID


@pytest.mark.smoke
def test_documented_example():
    heard = []

    def on_disconnect(SocketContext, Flags):
        heard.append((SocketContext, Flags))
        return wsk.STATUS_SUCCESS

    with wsksim.Subsystem(seed=7) as subsystem:
        listener = subsystem.network.listen(at())
        local, remote, context = at(), listener.address, {"id": 1}
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH(Version=wsk.MAKE_WSK_VERSION(1, 0)))
        _, client = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT)
        irp = wsk.IRP()
        # fmt: off
        client.WskSocketConnect(wsk.SOCK_STREAM, wsk.IPPROTO_TCP, local, remote, 0, context,
                                wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=on_disconnect), Irp=irp)
        irp.wait(); socket = irp.IoStatus.Information  # noqa: E702
        control = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, wsk.WSK_EVENT_DISCONNECT)
        status = socket.WskControlSocket(wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET,
                                         16, control, 0, None, None, None)
        # fmt: on
        assert status == wsk.STATUS_SUCCESS
        listener.accept().disconnect()
        assert subsystem.dispatch() == 1
        assert heard == [({"id": 1}, 0)]
        assert subsystem.finding_count == 0


def test_names_of_the_three_ways_to_call_are_one(world):
    pair = world.pair()
    assert pair.a.WskSend(data(b"a"), 0, wsk.IRP()) == ok
    assert pair.a.Dispatch.WskSend(pair.a, data(b"b"), 0, wsk.IRP()) == ok
    assert wsk.WskSend(pair.a, data(b"c"), 0, wsk.IRP()) == ok
    assert world.receive(pair.b, 9) == (ok, b"abc")
    assert "WskSend" in dir(pair.a)
    assert "WskAccept" not in dir(pair.a)
    assert "connection OPEN" in repr(pair.a)


def test_awaiting_requests(world):
    pair = world.pair()
    receive = world.receiving(pair.a, 4)

    async def both():
        async def sends():
            irp = wsk.IRP()
            pair.b.WskSend(data(b"data"), 0, irp)
            return await irp

        async def receives():
            return await receive.irp

        return await asyncio.gather(sends(), receives())

    assert asyncio.run(both()) == [ok, ok]
    assert world.received(receive) == (ok, b"data")


def test_waiting_while_someone_else_drives(world):
    pair = world.pair()
    receive = world.receiving(pair.a, 4)
    assert receive.irp.wait(0) is False
    with world.subsystem.workers(2):
        world.thread(lambda: world.ask(pair.b.WskSend, data(b"data"), 0))
        assert receive.irp.wait(FAR)
    assert world.received(receive) == (ok, b"data")
    assert wsk.IRP().wait(0) is False


@pytest.mark.rule("D-10")
def test_waiting_inside_a_completion_routine_or_a_plain_handler_fails_at_once(world):
    pair, found = world.pair(), []
    waiting = world.receiving(pair.b, 5)
    world.ask(pair.a.WskSend, data(b""), 0, then=lambda request: found.append(waiting.irp.wait(60)))
    connection = world.subsystem.connect(None, lambda SocketContext, Flags: found.append(waiting.irp.wait(60)) or 0)
    connection.remote.disconnect()
    world.drive()
    assert found == [False, False]
    assert [one.rule for one in world.subsystem.findings] == ["D-10"] * 2
    assert world.close(pair.b) == ok


@pytest.mark.rule("Q-2")
def test_level_that_a_callback_leaves_behind_is_a_finding_and_restored(world):
    pair = world.pair(DISC)
    pair.ears.on_disconnect = lambda SocketContext, Flags: wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
    assert world.disconnect(pair.b) == ok
    world.ask(pair.a.WskSend, data(b"x"), 0, then=lambda request: wsk.KeRaiseIrql(wsk.APC_LEVEL))
    assert [one.rule for one in world.subsystem.findings] == ["Q-2"] * 2
    assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL


@pytest.mark.rule("U-22")
def test_callbacks_that_raise_cost_one_finding(world):
    pair = world.pair(wsk.WSK_EVENT_RECEIVE)

    def raises(DataIndication, BytesAccepted):
        raise KeyError("no such thing")

    pair.ears.on_receive = raises
    assert world.send(pair.b, b"data").status == ok
    assert [one.rule for one in world.subsystem.findings] == ["U-22"]
    assert "KeyError" in world.subsystem.findings[0].found
    pair.ears.on_receive = None
    assert world.send(pair.b, b"more").status == ok
    assert pair.ears.received == [b"data", b"more"]


@pytest.mark.rule("I-3", "U-22")
def test_breach_in_an_errand_is_one_finding_and_ends_the_drive():
    world = World(check="raise")
    pair, irp = world.pair(), wsk.IoAllocateIrp(1)
    wsk.IoSetCompletionRoutine(irp, lambda DeviceObject, Irp, Context: ok, None, True, True, True)
    assert pair.a.WskReceive(data(4), 0, irp) == wsk.STATUS_PENDING
    world.ask(pair.b.WskSend, data(b"data"), 0)
    with pytest.raises(wsksim.ContractError) as raised:
        world.drive()
    assert irp.is_completed
    assert raised.value.finding.rule == "I-3"
    assert [one.rule for one in world.subsystem.findings] == ["I-3"]
    world.end()


def test_every_rule_that_a_finding_names_binds_the_application():
    named = set()
    for folder, ending, call in (
        ("python/wsksim", "py", r"report\(\s*\"(.*?)\""),
        ("python/wsksim", "py", r"rule=\"(.*?)\""),
        ("src", "rs", r"breach = Some\(\"(.*?)\""),
        # A note accuses nobody.
        ("src", "rs", r"Report::of\(\"([^\"]*)\"(?![^;]*\.note\()"),
    ):
        for file in (ROOT / folder).rglob(f"*.{ending}"):
            named |= set(re.findall(call, file.read_text(encoding="utf-8")))
    assert len(named) > 12
    assert {rule: BY_ID[rule].binds for rule in named if BY_ID[rule].binds == "provider"} == {}


@pytest.mark.rule("C-14")
def test_context_and_table_may_go_after_the_close(world):
    class Thing:
        pass

    thing, ears = Thing(), Ears()
    watch, listener = weakref.ref(thing), world.net.listen(at())
    socket = world.connect(listener.address, thing, ears)
    del thing
    gc.collect()
    assert watch() is not None
    assert world.close(socket) == ok
    del socket
    gc.collect()
    assert watch() is None


def test_cycles_through_sockets_and_requests_are_collected():
    world = World()
    pair = world.pair(DISC)
    receive = world.receiving(pair.a, 4)
    kept = [world, pair, receive]
    pair.ears.on_disconnect = lambda SocketContext, Flags, kept=kept: kept
    watch = weakref.ref(world.subsystem)
    del world, pair, receive, kept
    gc.collect()
    assert watch() is None


@pytest.mark.rule("C-9", "I-4")
def test_closed_subsystem_completes_what_is_pending():
    world = World()
    pair, request = world.pair(DISC), Request()
    pair.a.WskReceive(data(4), 0, request.irp)
    world.subsystem.close()
    assert world.subsystem.closed
    assert request.irp.wait(0)
    assert request.check().status == wsk.STATUS_CANCELLED
