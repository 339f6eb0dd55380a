"""The contract machine's binding: who performs errands, who keeps objects, what is collected."""

import gc
import threading
import weakref

import pytest

import wsksim
from wsksim import wsk

ANY = (2, bytes(4), 0)
HERE = bytes([127, 0, 0, 1])
OK = wsk.STATUS_SUCCESS


class Thing:
    """A context that can be weakly referenced and is part of cycles."""


class Stage:
    """A subsystem whose errands are performed and written down."""

    def __init__(self, **options):
        self.subsystem = wsksim.Subsystem(**options)
        self.machine = self.subsystem._machine()
        self.subsystem._set_errand_host(self.perform)
        self.registration = self.machine.register(0x0100)
        self.client = self.machine.capture(self.registration)[1]
        self.done = []
        self.irp = 0

    def perform(self):
        errand = self.machine.next_errand()
        if errand is None:
            return None
        self.done.append((threading.current_thread().name, errand))
        self.machine.finish_errand(errand[1])
        return errand[0] != "complete"

    def pair(self, context, handler, callbacks=0xD0):
        listener, address = self.machine.remote_listen((2, HERE, 0))[1:]
        self.irp += 1
        status, completions, _ = self.machine.socket_connect(
            self.client, 1, 6, ANY, address, 0, context, handler, callbacks, self.irp
        )
        assert status == OK
        self.machine.completed(completions[0][7])
        return completions[0][3], self.machine.remote_accept(listener)


def good(SocketContext, Flags):
    return OK


def test_workers_perform_errands():
    stage = Stage()
    seen = []
    socket, remote = stage.pair("context", lambda context, flags: seen.append((context, flags)) or OK)
    assert stage.machine.event_callback(socket, 1, 0xC0, 0)[0] == OK
    with stage.subsystem.workers(2) as workers:
        stage.machine.remote_send(remote, b"data")
        stage.machine.remote_disconnect(remote)
        assert workers.drain(10)
    (thread, errand) = stage.done[0]
    assert (errand[0], errand[6]) == ("receive", [b"data"])
    assert thread.startswith("wsksim-worker") or thread != "MainThread"
    assert seen == [("context", 0)]


def test_a_callback_counts_towards_the_limit_and_a_completion_does_not():
    stage = Stage()
    socket, remote = stage.pair(None, good)
    assert stage.machine.receive(socket, 1, 0, 90)[0] == wsk.STATUS_PENDING
    stage.machine.event_callback(socket, 1, 0x40, 0)
    stage.machine.remote_send(remote, b"ab")
    assert stage.subsystem.dispatch(1) == 1
    assert [errand[0] for _, errand in stage.done] == ["complete", "receive"]


def test_an_errand_host_that_raises_makes_a_finding():
    stage = Stage()
    socket, remote = stage.pair(None, good)
    stage.machine.event_callback(socket, 1, 0x40, 0)

    def perform():
        errand = stage.machine.next_errand()
        if errand is None:
            return
        stage.machine.finish_errand(errand[1])
        raise RuntimeError("broken")

    stage.subsystem._set_errand_host(perform)
    stage.machine.remote_send(remote, b"ab")
    stage.subsystem.dispatch()
    (finding,) = stage.subsystem.findings
    assert (finding.rule, finding.handle) == ("D-8", 0)
    assert "broken" in finding.found


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_errand_host_may_stop_the_drive(stop):
    stage = Stage()
    socket, remote = stage.pair(None, good)
    stage.machine.event_callback(socket, 1, 0x40, 0)

    def perform():
        raise stop

    stage.subsystem._set_errand_host(perform)
    stage.machine.remote_send(remote, b"ab")
    with pytest.raises(stop):
        stage.subsystem.dispatch()


def test_errands_without_a_host_are_an_error():
    stage = Stage()
    socket, _ = stage.pair(None, good)
    stage.machine.receive(socket, 1, 0, 90)
    stage.machine.cancel(90)
    stage.subsystem._set_errand_host(None)
    with pytest.raises(wsksim.errors.DriveError, match="errands"):
        stage.subsystem.dispatch()


@pytest.mark.rule("C-14")
def test_a_context_lives_until_the_close_is_complete():
    stage = Stage()
    context, handler = Thing(), lambda context, flags: OK
    watches = [weakref.ref(context), weakref.ref(handler)]
    socket, _ = stage.pair(context, handler)
    refused = stage.machine.socket(stage.client, 2, 1, 6, 3, context, handler, 0, 70)
    assert refused[0] == wsk.STATUS_INVALID_PARAMETER
    del context, handler
    gc.collect()
    assert all(watch() is not None for watch in watches)
    assert stage.machine.receive(socket, 4, 0, 90)[0] == wsk.STATUS_PENDING
    assert stage.machine.close(socket, 91)[0] == wsk.STATUS_PENDING
    assert stage.machine.state(socket) == "CLOSING"
    stage.subsystem.dispatch()
    assert stage.machine.state(socket) == "CLOSED"
    assert all(watch() is None for watch in watches)


def test_cancelled_accepts_let_go_of_their_contexts():
    stage = Stage()
    listener = stage.machine.socket(stage.client, 2, 1, 6, 1, None, None, 0, 1)[1][0][3]
    assert stage.machine.bind(listener, ANY, 0, 2)[0] == OK
    context = Thing()
    watch = weakref.ref(context)
    assert stage.machine.accept(listener, 0, context, good, 0x80, 3)[0] == wsk.STATUS_PENDING
    del context
    assert watch() is not None
    assert stage.machine.cancel(3)
    assert watch() is None


def test_cycles_through_the_machine_are_collected():
    stage = Stage()
    thing = Thing()
    thing.machine, thing.subsystem, thing.stage = stage.machine, stage.subsystem, stage
    watches = [weakref.ref(thing), weakref.ref(stage), weakref.ref(stage.subsystem)]
    thing.socket = stage.pair(thing, lambda context, flags, thing=thing: OK)
    del thing, stage
    gc.collect()
    assert [watch() for watch in watches] == [None, None, None]


def test_closing_the_subsystem_first_does_no_harm():
    stage = Stage()
    context = Thing()
    watch = weakref.ref(context)
    socket, _ = stage.pair(context, good)
    del context
    stage.subsystem.close()
    assert watch() is None
    assert stage.machine.close(socket, 50)[0] == wsk.STATUS_DEVICE_NOT_READY
    assert stage.subsystem.counters()["open_sockets"] == 0


def test_a_wait_ends_with_a_change_or_its_time():
    stage = Stage()
    seen = stage.machine.changes
    assert stage.machine.wait_change(seen, 1) == seen
    thread = threading.Thread(target=stage.machine.set_provider_ready, args=(False,))
    thread.start()
    assert stage.machine.wait_change(seen, 10_000) != seen
    thread.join()


@pytest.mark.rule("D-7")
@pytest.mark.parametrize("told", [True, False])
def test_the_level_is_known_although_it_is_not_told(told):
    stage = Stage(irql="dispatch", set_dispatch_flag=told)
    seen = []
    socket, remote = stage.pair(None, lambda context, flags: seen.append((flags, wsk.KeGetCurrentIrql())) or OK)
    stage.machine.event_callback(socket, 1, 0x80, 0)
    stage.machine.remote_abort(remote)
    stage.subsystem.dispatch()
    assert seen == [(9 if told else 1, 2)]
    assert wsk.KeGetCurrentIrql() == 0


def test_an_explored_schedule_is_decided_by_the_seed():
    def history(seed):
        stage = Stage(schedule="explore", seed=seed)
        seen = []
        pairs = [
            stage.pair(number, lambda context, flags: seen.append(("event", context)) or OK) for number in range(6)
        ]
        for number, (socket, remote) in enumerate(pairs):
            stage.machine.event_callback(socket, 1, 0x80, 0)
            if number % 2:
                stage.machine.receive(socket, 1, 0, 100 + number)
                stage.machine.cancel(100 + number)
            else:
                stage.machine.remote_disconnect(remote)
        perform = stage.perform

        def noted():
            before = len(stage.done)
            answer = perform()
            seen.extend(errand[0] for _, errand in stage.done[before:])
            return answer

        stage.subsystem._set_errand_host(noted)
        stage.subsystem.dispatch()
        return seen

    assert history(1) == history(1)
    assert len({str(history(seed)) for seed in range(12)}) > 3
