"""T-9 to T-15: registering, capturing, releasing, deregistering."""

import threading
import time

import pytest

from harness import CTX, DISC, FAR, GRACEFUL, at, contract, ok
from wsksim import wsk


@contract(9, "O-13", "O-10", "O-15")
def test_capture_gives_the_provider_in_the_asked_version(world):
    assert world.npi.Dispatch.Version >= 0x0100
    assert wsk.WSK_MAJOR_VERSION(world.npi.Dispatch.Version) == 1
    assert world.npi.Dispatch.Reserved == 0
    made = wsk.WSK_REGISTRATION()
    bad = wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH(Reserved=1))
    assert world.subsystem.WskRegister(bad, made) == wsk.STATUS_INVALID_PARAMETER
    good = wsk.WSK_CLIENT_NPI(None, wsk.WSK_CLIENT_DISPATCH())
    assert world.subsystem.WskRegister(good, made) == ok
    assert world.subsystem.WskRegister(good, made) == wsk.STATUS_INVALID_PARAMETER
    world.subsystem.WskDeregister(made)


@contract(10, "O-13", "O-19")
def test_unknown_major_version_is_not_offered(world):
    registration = world.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH(Version=wsk.MAKE_WSK_VERSION(9, 0)))
    assert world.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT) == (wsk.STATUS_NOINTERFACE, None)
    status, versions = world.subsystem.WskQueryProviderCharacteristics(registration)
    assert status == ok
    assert versions.LowestVersion <= 0x0100 <= versions.HighestVersion
    assert wsk.WSK_MAJOR_VERSION(versions.HighestVersion) == 1
    world.subsystem.WskDeregister(registration)


@contract(11, "O-13")
def test_capture_waits_as_long_as_it_was_told(world):
    registration = world.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
    world.net.provider_ready(ready=False)
    assert world.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT) == (wsk.STATUS_DEVICE_NOT_READY, None)
    status, versions = world.subsystem.WskQueryProviderCharacteristics(registration)
    assert (status, versions) == (wsk.STATUS_DEVICE_NOT_READY, None)
    began = time.monotonic()
    assert world.subsystem.WskCaptureProviderNPI(registration, 50) == (wsk.STATUS_DEVICE_NOT_READY, None)
    assert 0.04 < time.monotonic() - began < FAR
    waiter = world.thread(lambda: world.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT))
    world.net.provider_ready(ready=True)
    assert waiter.join()
    assert waiter.results[0][0] == ok


@contract(12, "O-14")
def test_deregistering_ends_a_waiting_capture(world):
    registration = world.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
    world.net.provider_ready(ready=False)
    began = threading.Event()

    def capture():
        began.set()
        return world.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT)

    waiter = world.thread(capture)
    assert began.wait(FAR)
    world.subsystem.WskDeregister(registration)
    assert waiter.join()
    assert waiter.results == [(wsk.STATUS_DEVICE_NOT_READY, None)]
    assert world.subsystem.WskCaptureProviderNPI(registration, 0) == (wsk.STATUS_DEVICE_NOT_READY, None)


@contract(13, "O-16")
def test_sockets_outlive_the_npi(world):
    pair = world.pair(DISC)
    world.subsystem.WskReleaseProviderNPI(world.registration)
    arguments = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, 2, None, None, None, None, None)
    assert world.do(world.npi.WskSocket, *arguments).status == wsk.STATUS_DEVICE_NOT_READY
    assert world.send(pair.b, b"still").status == ok
    assert world.receive(pair.a, 9) == (ok, b"still")
    assert world.disconnect(pair.b, GRACEFUL) == ok
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(14, "O-12", "O-17", "O-18")
def test_deregistering_waits_for_every_socket_and_cancels_the_list_change(world):
    remote = world.listener()
    far = world.net.connect(world.address(remote))
    accepted = world.accept(remote)
    assert world.close(remote) == ok
    change = world.ask(world.npi.WskControlClient, wsk.WSK_TRANSPORT_LIST_CHANGE, 0, None, 0, None, None)
    assert change.returned == wsk.STATUS_PENDING
    world.subsystem.WskReleaseProviderNPI(world.registration)
    waiter = world.thread(lambda: world.subsystem.WskDeregister(world.registration))
    assert change.irp.wait(FAR)
    assert change.check().status == wsk.STATUS_CANCELLED
    waiter.thread.join(0.1)
    assert waiter.thread.is_alive()
    assert far.state == "open"
    close = world.ask(accepted.WskCloseSocket)
    assert waiter.join()
    assert close.irp.wait(FAR)
    assert close.check().status == ok


@pytest.mark.rule("O-17", "O-18")
@pytest.mark.parametrize("cause", ["deregister", "change", "cancel"])
def test_deregistering_waits_for_the_routine_of_the_list_change(world, cause):
    entered, go, ended = threading.Event(), threading.Event(), []

    def slow(request):
        entered.set()
        assert go.wait(FAR)
        ended.append(request.status)

    change = world.ask(world.npi.WskControlClient, wsk.WSK_TRANSPORT_LIST_CHANGE, 0, None, 0, None, None, then=slow)
    world.subsystem.WskReleaseProviderNPI(world.registration)
    if cause == "change":
        world.net.change_transports()
    elif cause == "cancel":
        assert wsk.IoCancelIrp(change.irp)

    def deregister():
        world.subsystem.WskDeregister(world.registration)
        return list(ended)

    waiters = [world.thread(deregister)]
    assert entered.wait(FAR)
    # Another thread drives by now, so this one finds the client without sockets and captures.
    number = world.registration.id
    assert not world.subsystem._provider.deregistered(number)
    waiters.append(world.thread(deregister))
    go.set()
    assert all(waiter.join() for waiter in waiters)
    status = ok if cause == "change" else wsk.STATUS_CANCELLED
    assert [waiter.results for waiter in waiters] == [[[status]]] * 2
    assert change.check().status == status


@pytest.mark.rule("O-17")
def test_deregistering_waits_for_the_call_that_completes_its_irp(world):
    entered, go, ended = threading.Event(), threading.Event(), []

    def slow(request):
        entered.set()
        assert go.wait(FAR)
        ended.append(request.status)

    arguments = ("no literal", None, 0, None, None, wsk.Out(), None, None)
    caller = world.thread(lambda: world.ask(world.npi.WskGetAddressInfo, *arguments, then=slow))
    assert entered.wait(FAR)
    world.subsystem.WskReleaseProviderNPI(world.registration)
    began = threading.Event()

    def deregister():
        began.set()
        world.subsystem.WskDeregister(world.registration)
        return list(ended)

    waiter = world.thread(deregister)
    assert began.wait(FAR)
    go.set()
    assert caller.join()
    assert waiter.join()
    assert waiter.results == [[wsk.STATUS_NOT_FOUND]]


@contract(15, "O-11")
def test_client_event_is_never_called(world):
    calls = []

    def WskClientEvent(ClientContext, EventType, Information, InformationLength):
        calls.append(EventType)
        return wsk.STATUS_NOT_IMPLEMENTED

    registration = wsk.WSK_REGISTRATION()
    npi = wsk.WSK_CLIENT_NPI("client", wsk.WSK_CLIENT_DISPATCH(WskClientEvent=WskClientEvent))
    assert world.subsystem.WskRegister(npi, registration) == ok
    status, provider = world.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)
    assert status == ok
    listener = world.net.listen(at())
    arguments = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, at(), listener.address, 0, None, None, None, None, None)
    made = world.do(provider.WskSocketConnect, *arguments)
    assert made.status == ok
    world.net.change_transports()
    listener.accept().abort()
    world.drive()
    assert world.close(made.information) == ok
    world.subsystem.WskReleaseProviderNPI(registration)
    world.subsystem.WskDeregister(registration)
    assert calls == []


@pytest.mark.rule("O-17", "O-12")
def test_deregistering_waits_for_the_release_of_the_npi(world):
    began = threading.Event()

    def deregister():
        began.set()
        world.subsystem.WskDeregister(world.registration)

    waiter = world.thread(deregister)
    assert began.wait(FAR)
    waiter.thread.join(0.05)
    assert waiter.thread.is_alive()
    world.subsystem.WskReleaseProviderNPI(world.registration)
    assert waiter.join()
