"""Findings that can be acted on: one per mistake, naming function, socket and context, with the application's error."""

import asyncio
import subprocess
import sys
import threading
import traceback

import pytest

import wsksim
from harness import DISC, FAR, RECV, World, data, ok
from wsksim import wsk

KEEPS = wsk.STATUS_MORE_PROCESSING_REQUIRED


def raiser(*arguments):
    raise KeyError("the application's own")


def handle_of(socket):
    return socket.provider.handle(socket.id)


def only(world):
    [finding] = world.subsystem.findings
    return finding


def in_disconnect(world, action):
    """Runs `action` in A's WskDisconnectEvent; gives the pair."""
    pair = world.pair(DISC)
    pair.ears.on_disconnect = lambda SocketContext, Flags: action(pair) or ok
    assert world.disconnecting(pair.b).status == ok
    world.drive()
    return pair


# --- waiting, whatever is waited for (D-10, Q-3) ---


def wait_for_what_is_over(pair):
    irp = wsk.IRP()
    assert pair.a.WskSend(data(b"x"), 0, irp) == ok
    assert irp.wait()


@pytest.mark.rule("D-10", "Q-3")
def test_waiting_in_a_callback_for_what_is_over_is_a_finding(world):
    pair = in_disconnect(world, wait_for_what_is_over)
    found = only(world)
    assert (found.rule, found.handle, found.edge, found.flags) == ("D-10", handle_of(pair.a), 1, 0)
    assert "IRP.wait for WskSend was called inside WskDisconnectEvent" in found.found


@pytest.mark.rule("D-10", "Q-3")
@pytest.mark.parametrize("world", [{"check": "raise"}], indirect=True)
def test_waiting_in_a_callback_for_what_is_over_raises(world):
    with pytest.raises(wsksim.ContractError, match="D-10"):
        in_disconnect(world, wait_for_what_is_over)
    assert only(world).rule == "D-10"


@pytest.mark.rule("Q-3")
def test_waiting_at_dispatch_for_what_is_over_is_a_finding(world):
    pair = world.pair()
    request = world.ask(pair.a.WskSend, data(b"x"), 0)
    old = wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
    assert request.irp.wait(FAR)
    wsk.KeLowerIrql(old)
    assert (only(world).rule, only(world).handle) == ("Q-3", handle_of(pair.a))


@pytest.mark.rule("D-10")
def test_awaiting_in_a_completion_routine_what_is_over_is_a_finding(world):
    pair = world.pair()
    sent = world.ask(pair.a.WskSend, data(b"x"), 0)

    async def awaits():
        return await sent.irp

    world.ask(pair.a.WskSend, data(b"x"), 0, then=lambda request: asyncio.run(awaits()))
    assert only(world).rule == "D-10"
    assert "the completion routine of WskSend" in only(world).found


@pytest.mark.rule("D-10", "Q-3")
def test_a_look_is_no_wait(world):
    looks = []

    def look(pair):
        waiting, sent = wsk.IRP(), wsk.IRP()
        assert pair.a.WskReceive(data(b""), 0, waiting) == ok
        assert pair.b.WskReceive(data(4), 0, sent) == wsk.STATUS_PENDING
        looks.extend([waiting.wait(0), sent.wait(0), sent])

    pair = in_disconnect(world, look)
    old = wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
    assert looks[2].wait(0) is False
    wsk.KeLowerIrql(old)
    assert looks[:2] == [True, False]
    assert world.subsystem.findings == []
    assert world.close(pair.b) == ok


# --- the application's exception (D-8, U-22, I-3) ---


def disconnect_that_raises(world):
    in_disconnect(world, raiser)


def plain_handler_that_raises(world):
    world.subsystem.connect(None, raiser).remote.disconnect()
    world.drive()


def batch_handler_that_raises(world):
    world.subsystem.connect(1, wsksim.batch_handler(raiser)).remote.disconnect()
    world.drive()


def handler_that_raises_in_a_worker(world):
    with world.subsystem.workers(1):
        world.subsystem.connect(None, raiser).remote.disconnect()


def receive_that_raises(world):
    pair = world.pair(RECV)
    pair.ears.on_receive = raiser
    assert world.send(pair.b, b"x").status == ok
    world.drive()


def routine_that_raises(world):
    world.pair().a.WskSend(data(b"x"), 0, wsk.IRP(raiser))


RAISING = [
    disconnect_that_raises,
    plain_handler_that_raises,
    batch_handler_that_raises,
    handler_that_raises_in_a_worker,
    receive_that_raises,
    routine_that_raises,
]


@pytest.mark.rule("D-8", "U-22", "I-3")
@pytest.mark.parametrize("world", [{"check": "raise"}], indirect=True, ids=["raise"])
@pytest.mark.parametrize("mistake", RAISING)
def test_the_applications_exception_is_the_cause(world, mistake):
    with pytest.raises(wsksim.ContractError) as caught:
        mistake(world)
    cause = caught.value.__cause__
    assert isinstance(cause, KeyError)
    assert any(frame.name == "raiser" for frame in traceback.extract_tb(cause.__traceback__))
    assert only(world).found.count("the application's own") == 1


# --- socket and context ---


@pytest.mark.rule("Q-2")
@pytest.mark.parametrize("world", [{"check": "raise"}], indirect=True)
def test_a_level_left_behind_in_the_disconnect_event_is_one_finding(world):
    with pytest.raises(wsksim.ContractError, match="Q-2"):
        in_disconnect(world, lambda pair: wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL) and 0)
    assert (only(world).rule, only(world).edge) == ("Q-2", 1)
    assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL


@pytest.mark.rule("Q-2", "I-3")
def test_a_completion_routine_is_named_with_its_socket(world):
    pair = world.pair(context="A")
    pair.a.WskSend(data(b"x"), 0, wsk.IRP(lambda *rest: wsk.KeRaiseIrql(wsk.APC_LEVEL) or KEEPS))
    pair.a.WskSend(data(b"x"), 0, wsk.IRP(lambda *rest: ok))
    left, wrong = world.subsystem.findings
    for one in (left, wrong):
        assert (one.handle, one.context) == (handle_of(pair.a), "'A'")
        assert "WskSend" in one.found
    assert (left.rule, wrong.rule) == ("Q-2", "I-3")


@pytest.mark.rule("U-42")
def test_deregistering_inside_a_callback_names_the_callback(world):
    pair = in_disconnect(world, lambda pair: world.subsystem.WskDeregister(world.registration))
    assert (only(world).handle, only(world).edge) == (handle_of(pair.a), 1)
    assert "WskDisconnectEvent" in only(world).found
    receiver = world.pair(RECV, context="R")
    receiver.ears.on_receive = lambda *rest: world.subsystem.WskDeregister(world.registration) or ok
    assert world.send(receiver.b, b"x").status == ok
    world.drive()
    last = world.subsystem.findings[-1]
    assert (last.rule, last.handle, last.context) == ("U-42", handle_of(receiver.a), "'R'")
    assert "WskReceiveEvent" in last.found


@pytest.mark.rule("U-41")
def test_a_closed_socket_keeps_its_name(world):
    pair = world.pair(context="A")
    handle = handle_of(pair.a)
    assert world.close(pair.a) == ok
    assert world.send(pair.a, b"x").status == wsk.STATUS_FILE_FORCED_CLOSED
    assert (only(world).handle, only(world).context) == (handle, "'A'")
    assert handle
    assert only(world).socket == f"socket {pair.a.id}"
    assert f"; socket {pair.a.id}; context 'A'" in " ".join(str(only(world)).split())
    assert f"<WSK_SOCKET socket {pair.a.id}, " in repr(pair.a)


@pytest.mark.rule("A-7")
def test_a_socket_without_a_connection_is_named_by_its_number(world):
    kept = []
    listener = world.by_event(wsk.WSK_EVENT_ACCEPT, lambda socket, context, table, local, remote: kept.append(local))
    world.net.connect(world.address(listener))
    world.drive()
    assert kept[0].sin_port
    last = world.subsystem.findings[-1]
    assert (last.rule, last.handle, last.context) == ("A-7", 0, "'L'")
    assert last.socket == f"socket {listener.id}"
    assert f"<WSK_SOCKET {last.socket}, listen " in repr(listener)


@pytest.mark.rule("I-3")
def test_an_unfit_irp_is_reported_with_the_socket(world):
    pair = world.pair()
    irp = wsk.IRP()
    pair.a.WskReceive(data(4), 0, irp)
    pair.a.WskSend(data(b"x"), 0, irp)
    wsk.IoFreeIrp(irp)
    assert [one.handle for one in world.subsystem.findings] == [handle_of(pair.a)] * 2
    assert world.close(pair.a) == ok


def test_a_finding_of_nobody_names_none(world):
    old = wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
    world.subsystem.WskRegister(wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH()), wsk.WSK_REGISTRATION())
    wsk.KeLowerIrql(old)
    assert (only(world).handle, only(world).edge, only(world).context) == (0, 0, "None")
    assert "0x0" not in str(only(world))


# --- registrations (O-12, O-13, O-17) ---


@pytest.mark.rule("O-12", "O-13")
def test_what_no_registration_pairs_with_is_a_finding():
    world = World()
    subsystem, registration = world.subsystem, world.registration
    subsystem.WskReleaseProviderNPI(registration)
    subsystem.WskReleaseProviderNPI(registration)
    subsystem.WskDeregister(registration)
    assert [one.rule for one in subsystem.findings] == ["O-13"]
    subsystem.WskDeregister(registration)
    subsystem.WskReleaseProviderNPI(registration)
    subsystem.WskDeregister(wsk.WSK_REGISTRATION())
    assert [one.rule for one in subsystem.findings[1:]] == ["O-12", "O-13", "O-12"]
    assert "deregistered before" in subsystem.findings[1].found
    assert "not registered" in subsystem.findings[3].found
    # Registered anew, it is as good as another.
    assert subsystem.WskRegister(wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH()), registration) == ok
    subsystem.WskDeregister(registration)
    assert subsystem.finding_count == 4
    world.end()
    subsystem.WskDeregister(registration)
    assert subsystem.finding_count == 4


@pytest.mark.rule("O-12")
def test_deregistering_twice_raises():
    world = World(check="raise")
    world.subsystem.WskReleaseProviderNPI(world.registration)
    world.subsystem.WskDeregister(world.registration)
    with pytest.raises(wsksim.ContractError, match="O-12"):
        world.subsystem.WskDeregister(world.registration)
    world.end()


FORGETFUL = """
import wsksim
from wsksim import wsk
subsystem = wsksim.Subsystem(check="raise")
registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)[1]
irp = wsk.IRP()
npi.WskSocket(wsk.AF_INET, 1, 6, wsk.WSK_FLAG_LISTEN_SOCKET, "mine", None, None, None, None, irp)
try:
    subsystem.WskDeregister(registration)
except wsksim.ContractError as error:
    print(error)
subsystem.WskReleaseProviderNPI(registration)
irp.IoStatus.Information.WskCloseSocket(wsk.IRP())
subsystem.WskDeregister(registration)
print("over", registration, subsystem.finding_count)
"""


@pytest.mark.rule("O-17")
def test_a_wait_that_cannot_end_names_what_holds_it():
    done = subprocess.run([sys.executable, "-c", FORGETFUL], capture_output=True, text=True, timeout=60, check=True)
    *told, over = done.stdout.splitlines()
    for part in ("O-17  WskDeregister waits", "listen", "'mine'", "1 capture that", "   at <string>:10 in <module>"):
        assert part in "\n".join(told)
    assert over == "over <WSK_REGISTRATION not registered> 1"


@pytest.mark.rule("O-17")
def test_a_wait_for_another_thread_is_no_mistake_but_is_told(world, monkeypatch):
    monkeypatch.setattr("wsksim.wsk.functions.registering._LONG", 0)
    listener = world.listener("mine")
    told = threading.Event()
    monkeypatch.setattr("warnings.warn", lambda text, *rest, **named: told.set() if "'mine'" in text else None)
    world.subsystem.WskReleaseProviderNPI(world.registration)
    waiting = world.thread(lambda: world.subsystem.WskDeregister(world.registration))
    assert told.wait(FAR)
    assert listener.WskCloseSocket(wsk.IRP()) in {ok, wsk.STATUS_PENDING}
    assert waiting.join()
    assert world.subsystem.findings == []
