"""Closing a whole subsystem: what is pending completes, and every function is refused afterwards."""

import functools
import gc
import subprocess
import sys
import threading
import weakref

import pytest

import wsksim
from harness import DISC, FAR, RECV, Ears, Request, World, at, data, ok
from test_irps import scenarios
from wsksim import wsk

CANCELLED = wsk.STATUS_CANCELLED
NOT_READY = wsk.STATUS_DEVICE_NOT_READY
PENDING = wsk.STATUS_PENDING

LIST_CHANGE = (wsk.WSK_TRANSPORT_LIST_CHANGE, 0, None, 0, None, None)


def pending_requests(world, note=None):
    """One request of each kind that may wait, and what else has to stay alive."""

    def asked(function, *arguments):
        request = world.ask(function, *arguments, then=note)
        assert request.returned == PENDING, function
        return request

    pair, full, datagram, listener = world.remote_pair(), world.remote_pair(), world.datagram(), world.listener()
    full.b.stop_reading()
    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(
        WskInspectEvent=lambda *arguments: wsk.WskInspectPend, WskAbortEvent=lambda *arguments: ok
    )
    conditional = world.listener("C", table, bound=False)
    assert world.option(conditional, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
    assert world.do(conditional.WskBind, at(), 0).status == ok
    change = (wsk.WskIoctl, wsk.SIO_ADDRESS_LIST_CHANGE, 0, 0, None, 0, None, None)
    requests = [
        asked(pair.a.WskReceive, data(4), 0),
        asked(pair.a.WskReceive, data(4), 0),
        asked(full.a.WskSend, data(9), 0),
        asked(full.a.WskDisconnect, None, 0),
        asked(listener.WskAccept, 0, None, None, None, None),
        asked(datagram.WskReceiveFrom, data(4), 0, None, None, None, None),
        asked(datagram.WskControlSocket, *change),
        asked(world.connection().WskConnect, world.address(conditional), 0),
        asked(world.npi.WskControlClient, *LIST_CHANGE),
    ]
    return requests, (pair, full)


@pytest.mark.rule("C-9", "C-10", "I-4")
@pytest.mark.parametrize("way", ["close", "with"])
def test_closing_the_subsystem_completes_what_is_pending(way):
    world, order = World(window=4), []
    requests, (pair, full) = pending_requests(world, order.append)
    if way == "with":
        with world.subsystem:
            pass
    else:
        world.subsystem.close()
    for request in requests:
        assert (request.check().status, request.information) == (CANCELLED, 0)
        assert request.irp.is_completed
        assert request.irp.PendingReturned
    # Those of one socket in the order in which they were made.
    assert [one for one in order if one in requests[:2]] == requests[:2]
    assert [one for one in order if one in requests[2:4]] == requests[2:4]
    assert pair.b.seen == full.b.seen == (False, True)  # C-11
    world.subsystem.close()
    assert [one.calls for one in requests] == [1] * len(requests)
    assert world.subsystem.finding_count == 0
    assert world.subsystem.counters()["open_sockets"] == 0
    left = world.subsystem._provider.pending()
    left.pop("unread")  # bytes at the remote end, which does not read
    assert not any(left.values())


@pytest.mark.rule("C-9", "D-25")
def test_closing_the_subsystem_indicates_nothing_any_more():
    world = World()
    pair = world.pair(DISC | RECV)
    assert world.en(pair.b, DISC) == ok
    world.ask(pair.b.WskSend, data(b"data"), 0)
    before = world.subsystem.counters()["posted"]
    world.subsystem.close()
    assert pair.ears.order == pair.b_ears.order == []
    # The two ends close at one time: neither hears of the other.
    assert world.subsystem.counters()["posted"] == before
    assert world.state(pair.a) == world.state(pair.b) == "CLOSED"


@pytest.mark.rule("O-13", "I-4")
def test_every_function_is_refused_after_the_subsystem_was_closed():
    world = World()
    good, bad = scenarios(world)
    subsystem, registration = world.subsystem, world.registration
    subsystem.close()
    for name, function, arguments in [(one[0], *one[2:]) for one in good] + [("bad", *one) for one in bad]:
        request = world.ask(function, *arguments)
        assert request.check().returned == NOT_READY, name
        assert request.irp.is_completed
        assert request.irp.wait()
    pair = good[9][2].__self__
    assert world.control(pair, DISC) == NOT_READY
    assert world.static(DISC) == NOT_READY
    assert pair.WskRelease(wsk.WSK_DATA_INDICATION(None, data(1))) == NOT_READY
    assert subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT) == (NOT_READY, None)
    assert subsystem.WskQueryProviderCharacteristics(registration) == (NOT_READY, None)
    npi, another = wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH()), wsk.WSK_REGISTRATION()
    assert subsystem.WskRegister(npi, another) == NOT_READY
    with pytest.raises(wsksim.SubsystemClosedError):
        subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
    for call in (world.net.listen, world.net.connect, world.net.datagram):
        with pytest.raises(wsksim.SubsystemClosedError):
            call(at(1))
    subsystem.WskReleaseProviderNPI(registration)
    subsystem.WskDeregister(registration)
    assert subsystem.finding_count == 0


@pytest.mark.rule("O-13")
def test_subsystem_that_was_closed_before_its_first_wsk_function_refuses_it():
    subsystem = wsksim.Subsystem()
    subsystem.close()
    registration = wsk.WSK_REGISTRATION()
    npi = wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH())
    assert subsystem.WskRegister(npi, registration) == NOT_READY
    assert subsystem.WskCaptureProviderNPI(registration, 0) == (NOT_READY, None)
    subsystem.WskDeregister(registration)
    with pytest.raises(wsksim.SubsystemClosedError):
        subsystem.network.listen(at())


@pytest.mark.rule("O-17", "O-14")
def test_waits_end_when_the_subsystem_is_closed():
    world = World()
    receive, change = world.receiving(world.pair().a, 4), world.ask(world.npi.WskControlClient, *LIST_CHANGE)
    world.net.provider_ready(ready=False)
    began = [threading.Event() for _ in range(4)]
    other = world.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())

    def after(event, wait):
        def run():
            event.set()
            return wait()

        return world.thread(run)

    waiters = [
        after(began[0], lambda: receive.irp.wait(None)),
        after(began[1], lambda: change.irp.wait(None)),
        after(began[2], lambda: world.subsystem.WskDeregister(world.registration)),
        after(began[3], lambda: world.subsystem.WskCaptureProviderNPI(other, wsk.WSK_INFINITE_WAIT)),
    ]
    assert all(event.wait(FAR) for event in began)
    world.subsystem.close()
    assert all(waiter.join() for waiter in waiters)
    assert [waiter.results for waiter in waiters] == [[True], [True], [None], [(NOT_READY, None)]]
    assert [one.check().status for one in (receive, change)] == [CANCELLED] * 2


@pytest.mark.rule("C-13", "C-14", "C-17")
def test_close_of_the_subsystem_respects_the_callback_that_runs():
    class Context:
        pass

    world, freed = World(), []
    context = Context()
    watch = weakref.ref(context)
    pair = world.pair(DISC, context=context)
    receive = world.receiving(pair.a, 4)
    abort = functools.partial(world.ask, pair.b.WskDisconnect, None, 1)
    with world.held(pair, abort):
        close = world.ask(pair.a.WskCloseSocket)
        assert close.returned == PENDING
        world.subsystem.close()
        assert receive.calls <= 1
        assert close.calls == 0
        freed.append(watch() is None)
    assert close.irp.wait(FAR)
    assert close.check().status == ok
    assert receive.check().status == wsk.STATUS_CONNECTION_RESET
    assert freed == [False]
    pair.ev.clear()
    del pair, context, receive, close, abort
    gc.collect()
    assert watch() is None


@pytest.mark.rule("C-9", "C-15")
@pytest.mark.parametrize("limit", [None, 1])
def test_close_of_the_subsystem_inside_a_callback(limit):
    world = World()
    pair, other = world.pair(DISC), world.remote_pair()
    receive, close = world.receiving(other.a, 4), Request()

    def handler(SocketContext, Flags):
        close.returned = pair.a.WskCloseSocket(close.irp)
        world.subsystem.close()
        assert world.state(pair.a) == "CLOSING"
        return ok

    pair.ears.on_disconnect = handler
    assert world.disconnecting(pair.b).status == ok
    world.subsystem.dispatch(limit)
    assert (receive.check().status, close.check().status) == (CANCELLED, ok)
    assert close.returned == PENDING
    assert world.state(pair.a) == "CLOSED"
    with pytest.raises(wsksim.SubsystemClosedError):
        world.drive()
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("C-9", "I-11")
def test_close_of_the_subsystem_inside_a_completion_routine():
    world = World()
    pair = world.pair()
    receive = world.receiving(pair.a, 4)
    world.ask(pair.a.WskSend, data(b""), 0, then=lambda request: world.subsystem.close())
    assert receive.check().status == CANCELLED
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("C-9", "I-4")
def test_close_of_the_subsystem_beside_workers():
    world = World()
    sockets = [world.pair().a for _ in range(20)]
    with world.subsystem.workers(2):
        receives = [world.receiving(socket, 4) for socket in sockets]
        world.subsystem.close()
    assert [one.check().status for one in receives] == [CANCELLED] * 20
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("O-13", "I-4")
def test_routine_that_goes_on_while_the_subsystem_closes_is_refused_once():
    world = World()
    pair, heard = world.pair(), []

    def again(request):
        heard.append(request.status)
        if len(heard) < 1000:
            wsk.IoReuseIrp(request.irp, wsk.STATUS_UNSUCCESSFUL)
            heard.append(pair.a.WskReceive(data(4), 0, request.irp))
        else:
            close = Request()
            assert pair.a.WskCloseSocket(close.irp) == PENDING

    world.receiving(pair.a, 4, then=again)
    world.subsystem.close()
    assert heard[0] == CANCELLED
    assert set(heard[1:]) == {PENDING, NOT_READY}
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("I-3", "I-4")
def test_breach_while_the_subsystem_closes_is_raised_when_all_is_completed():
    world = World(check="raise")
    pair, wrong = world.pair(), wsk.IRP(lambda DeviceObject, Irp, Context: ok)
    assert pair.a.WskReceive(data(4), 0, wrong) == PENDING
    receive = world.receiving(pair.a, 4)
    with pytest.raises(wsksim.ContractError, match="I-3"):
        world.subsystem.close()
    assert receive.check().status == CANCELLED
    assert world.subsystem.closed


@pytest.mark.rule("C-14")
def test_contexts_may_go_after_the_close_of_the_subsystem():
    class Context:
        pass

    world, context = World(), Context()
    watch, pair = weakref.ref(context), world.pair(DISC, context=context)
    world.subsystem.close()
    del context, pair
    gc.collect()
    assert watch() is None
    assert world.subsystem.closed


@pytest.mark.rule("C-9")
def test_abandoned_subsystem_completes_nothing_and_goes():
    calls, ears = [], Ears()
    world = World()
    pair = world.pair(DISC | RECV, ears=ears)
    irp = wsk.IRP(lambda DeviceObject, Irp, Context: calls.append(1) or wsk.STATUS_MORE_PROCESSING_REQUIRED)
    assert pair.b.WskReceive(data(4), 0, irp) == PENDING
    watch = weakref.ref(world.subsystem)
    del world, pair, irp
    gc.collect()
    assert watch() is None
    assert calls == []


ABANDONS = """
import wsksim
from wsksim import wsk
subsystem = wsksim.Subsystem()
listener = subsystem.network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"))
registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
_, npi = subsystem.WskCaptureProviderNPI(registration, 0)
irp = wsk.IRP()
npi.WskSocketConnect(1, 6, wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"), listener.address, 0, None, None, Irp=irp)
socket = irp.IoStatus.Information
waiting = wsk.IRP(lambda *arguments: print("completed"))
assert socket.WskReceive(wsk.WSK_BUF(wsk.MDL(bytearray(4)), 0, 4), 0, waiting) == wsk.STATUS_PENDING
{end}
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", ["", "keep = [subsystem]; keep.append(keep); del subsystem, socket, npi"])
def test_program_that_abandons_a_subsystem_ends_in_order(end):
    command = [sys.executable, "-c", ABANDONS.format(end=end)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
