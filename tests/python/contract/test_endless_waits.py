"""A wait that nothing in the program can end says so; one that something may end never does."""

import _thread
import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

import wsksim
from harness import FAR, World, at, ok
from wsksim import wsk
from wsksim.wsk.objects import waiting


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """However busy the machine is, only a test that is about the warning sees it."""
    monkeypatch.setattr(waiting, "_LONG", FAR)


@pytest.fixture
def alone(monkeypatch):
    """No other thread of pytest's own is in the way."""
    monkeypatch.setattr(waiting.threading, "active_count", lambda: 1)
    monkeypatch.setattr(waiting.sys, "_current_frames", lambda: {0: None})
    monkeypatch.setattr(waiting, "_threads_of_the_system", lambda: 1)


@pytest.mark.rule("I-12")
def test_wait_that_nothing_can_end_is_a_finding_and_returns(alone):
    world = World()
    pair = world.remote_pair()
    waiting = world.receiving(pair.a, 4)
    assert not waiting.irp.wait()
    (finding,) = world.subsystem.findings
    assert finding.rule == "I-12"
    assert "a wait for WskReceive cannot end" in finding.found
    assert "cancel" in finding.advice
    # The request goes on, and may be waited for again.
    pair.b.send(b"data")
    assert waiting.irp.wait()
    assert world.received(waiting) == (ok, b"data")
    world.end()


@pytest.mark.rule("I-12")
def test_wait_that_nothing_can_end_raises_in_checked_mode(alone):
    world = World(check="raise")
    listener = world.listener()
    accept = world.ask(listener.WskAccept, 0, None, None, None, None)
    with pytest.raises(wsksim.ContractError, match="I-12"):
        accept.irp.wait()
    assert wsk.IoCancelIrp(accept.irp)
    assert accept.irp.wait()
    assert accept.check().status == wsk.STATUS_CANCELLED
    world.end()


@pytest.mark.rule("I-12")
@pytest.mark.parametrize("completions", ["inline", "windows", "later", "drawn"])
def test_wait_for_what_a_drive_brings_is_none(alone, completions):
    world = World(completions=completions)
    pair = world.remote_pair()
    for request in (world.ask(pair.a.WskSend, wsk.WSK_BUF(wsk.MDL(bytearray(4)), 0, 4), 0), world.receiving(pair.a, 4)):
        pair.b.send(b"data")
        assert request.irp.wait()
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("I-12")
def test_wait_with_a_timeout_or_beside_a_timer_is_none(alone):
    world = World()
    pair = world.remote_pair()
    waiting = world.receiving(pair.a, 4)
    assert not waiting.irp.wait(0.05)
    rung = []

    def ring(number, frame):
        rung.append(number)
        pair.b.send(b"data")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        assert waiting.irp.wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (len(rung), world.subsystem.findings) == (1, [])
    world.end()


@pytest.mark.rule("I-12")
def test_wait_that_another_thread_ends_is_none():
    world = World()
    pair = world.remote_pair()
    waiting = world.receiving(pair.a, 4)
    go = threading.Event()
    thread = world.thread(lambda: (go.wait(FAR), pair.b.send(b"data")))
    threading.Timer(0.2, go.set).start()
    assert waiting.irp.wait()
    assert thread.join()
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("I-12")
def test_wait_that_a_thread_ends_which_threading_does_not_know_is_none():
    world = World()
    pair = world.remote_pair()
    waiting_for = world.receiving(pair.a, 4)
    _thread.start_new_thread(lambda: (time.sleep(0.3), pair.b.send(b"data")), ())
    assert waiting_for.irp.wait()
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("I-12")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads of the system cannot be counted here")
def test_wait_that_a_thread_ends_which_has_not_begun_to_run_python_is_none(monkeypatch):
    # On a busy machine that takes a while, and Python does not know of it meanwhile.
    monkeypatch.setattr(waiting.threading, "active_count", lambda: 1)
    monkeypatch.setattr(waiting.sys, "_current_frames", lambda: {0: None})
    world = World()
    pair = world.remote_pair()
    waiting_for = world.receiving(pair.a, 4)
    _thread.start_new_thread(lambda: (time.sleep(0.3), pair.b.send(b"data")), ())
    assert waiting_for.irp.wait()
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("I-12")
@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="other processes send no such signal here")
def test_wait_that_a_signal_of_another_process_ends_is_none(alone):
    world = World()
    pair = world.remote_pair()
    waiting_for = world.receiving(pair.a, 4)
    before = signal.signal(signal.SIGUSR1, lambda number, frame: pair.b.send(b"data"))
    sends = f"import os, signal, time; time.sleep(0.3); os.kill({os.getpid()}, signal.SIGUSR1)"
    try:
        with subprocess.Popen([sys.executable, "-c", sends]):
            assert waiting_for.irp.wait()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("O-17")
def test_deregistering_that_cannot_end_returns_and_can_be_called_again(alone, monkeypatch):
    monkeypatch.setattr("wsksim.wsk.functions.registering.is_alone", lambda: True)
    subsystem = wsksim.Subsystem()
    registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
    assert subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)[0] == ok
    with pytest.warns(RuntimeWarning, match="1 capture that WskReleaseProviderNPI did not give back"):
        subsystem.WskDeregister(registration)
    assert [one.rule for one in subsystem.findings] == ["O-17"]
    subsystem.WskReleaseProviderNPI(registration)
    subsystem.WskDeregister(registration)
    assert "not registered" in repr(registration)
    assert subsystem.finding_count == 1


@pytest.mark.rule("I-12")
def test_wait_that_others_could_end_warns_after_a_while(monkeypatch):
    monkeypatch.setattr(waiting, "_LONG", 0.05)
    world = World()
    pair = world.remote_pair()
    waiting_for = world.receiving(pair.a, 4)
    over = threading.Event()
    thread = world.thread(lambda: (over.wait(FAR), pair.b.send(b"data")))
    threading.Timer(0.5, over.set).start()
    with pytest.warns(RuntimeWarning, match=r"IRP.wait has waited a second for WskReceive; .* \[I-12\]"):
        assert waiting_for.irp.wait()
    assert thread.join()
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("I-12")
def test_only_task_that_awaits_for_long_is_warned_and_others_are_not(monkeypatch):
    monkeypatch.setattr(waiting, "_LONG", 0.05)
    world = World()
    pair = world.remote_pair()

    async def one():
        irp = wsk.IRP()
        pair.a.WskReceive(wsk.WSK_BUF(wsk.MDL(bytearray(4)), 0, 4), 0, irp)
        threading.Timer(0.5, pair.b.send, (b"data",)).start()
        return await irp

    async def timer():
        irp = wsk.IRP()
        pair.a.WskReceive(wsk.WSK_BUF(wsk.MDL(bytearray(4)), 0, 4), 0, irp)
        asyncio.get_running_loop().call_later(0.3, pair.b.send, b"data")
        return await irp

    async def two():
        async def later():
            await asyncio.sleep(0.3)
            pair.b.send(b"data")

        irp = wsk.IRP()
        pair.a.WskReceive(wsk.WSK_BUF(wsk.MDL(bytearray(4)), 0, 4), 0, irp)
        task = asyncio.create_task(later())
        status = await irp
        await task
        return status

    with pytest.warns(RuntimeWarning, match="await has waited"):
        assert asyncio.run(one()) == ok
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(timer()) == ok
        assert asyncio.run(two()) == ok
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("I-12")
def test_request_ends_in_silence_after_the_loop_of_a_task_that_gave_up(world, capfd):
    pair = world.pair()

    async def gives_up():
        request = world.receiving(pair.a, 4)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(request.irp, 0.01)
        return request

    request = asyncio.run(gives_up())
    assert world.send(pair.b, b"late").status == ok
    assert world.received(request) == (ok, b"late")
    assert capfd.readouterr() == ("", "")


@pytest.mark.rule("I-12")
def test_connect_that_nobody_answers_is_found_by_its_wait(alone):
    world = World()
    world.net.silence(at(7))
    client = world.connection()
    request = world.ask(client.WskConnect, at(7), 0)
    assert not request.irp.wait()
    assert [one.rule for one in world.subsystem.findings] == ["I-12"]
    world.end()
