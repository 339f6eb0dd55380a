"""Workers: threads that drive a subsystem, and how they stop."""

import _thread
import ctypes
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import wsksim
from wsksim import wsk


def good(SocketContext, Flags):
    return wsk.STATUS_SUCCESS


@pytest.fixture
def subsystem():
    with wsksim.Subsystem(seed=7) as made:
        yield made


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("kind", ["single", "batch", "native"])
def test_leaving_the_block_empties_the_queue(subsystem, kind, count):
    prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
    handler = {
        "single": good,
        "batch": wsksim.batch_handler(lambda contexts, flags: None),
        "native": wsksim.native_handler(prototype(good)),
    }[kind]
    fleet = subsystem.connect_many(20_000, handler)
    with subsystem.workers(count) as workers:
        assert workers.count == count
        fleet.remote.disconnect()
        fleet.remote.abort()
    books = subsystem.counters()
    assert books["indicated"] == {"graceful": 20_000, "abortive": 20_000}
    assert books["pending"] == {"queued": 0, "held": 0}
    assert subsystem.dispatch() == 0


@pytest.mark.rule("D-21", "D-24", "U-5")
def test_graceful_comes_before_abortive_on_any_number_of_threads(subsystem):
    seen = {}
    overlaps = []

    def handler(SocketContext, Flags):
        inside = seen.setdefault(SocketContext, [])
        if inside and inside[-1] is None:
            overlaps.append(SocketContext)
        inside.append(None)
        time.sleep(0)
        inside[-1] = Flags
        return wsk.STATUS_SUCCESS

    fleet = subsystem.connect_many(3000, handler)
    with subsystem.workers(4):
        threads = [threading.Thread(target=fleet.remote.disconnect), threading.Thread(target=fleet.remote.abort)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not overlaps
    assert set(map(tuple, seen.values())) <= {(0, 1), (1,)}


@pytest.mark.rule("D-24")
def test_another_sockets_handler_runs_while_one_is_blocked(subsystem):
    release, entered = threading.Event(), threading.Event()

    def handler(SocketContext, Flags):
        if SocketContext == 0:
            assert release.wait(10)
        else:
            entered.set()
        return wsk.STATUS_SUCCESS

    fleet = subsystem.connect_many(2, handler)
    with subsystem.workers(2):
        fleet[0].remote.disconnect()
        fleet[1].remote.disconnect()
        assert entered.wait(10)
        release.set()
    assert subsystem.findings == []


@pytest.mark.rule("C-13", "E-13", "E-14", "E-18")
def test_close_and_disable_while_the_call_is_held_elsewhere(subsystem):
    entered, release = threading.Event(), threading.Event()

    def handler(SocketContext, Flags):
        entered.set()
        assert release.wait(10)
        return wsk.STATUS_SUCCESS

    connection = subsystem.connect("it", handler)
    with subsystem.workers(1) as workers:
        connection.remote.disconnect()
        assert entered.wait(10)
        assert connection.disable() == wsk.STATUS_EVENT_PENDING
        assert wsk.NT_SUCCESS(wsk.STATUS_EVENT_PENDING)
        connection.remote.abort()
        assert subsystem.counters()["pending"]["held"] == 1
        assert connection.close() == wsk.STATUS_PENDING
        assert connection.close() == wsk.STATUS_FILE_FORCED_CLOSED
        assert not workers.drain(timeout=0)
        release.set()
        assert workers.drain(timeout=10)
    assert subsystem.counters()["indicated"] == {"graceful": 1, "abortive": 0}
    assert subsystem.counters()["withheld"]["closed"] == 1


def test_an_exception_leaves_the_rest_queued(subsystem):
    entered, release = threading.Event(), threading.Event()

    def handler(SocketContext, Flags):
        entered.set()
        assert release.wait(10)
        return wsk.STATUS_SUCCESS

    fleet = subsystem.connect_many(1000, handler)

    def leave():
        with subsystem.workers(1):
            fleet.remote.disconnect()
            assert entered.wait(10)
            threading.Timer(0.05, release.set).start()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leave()
    books = subsystem.counters()
    indicated = books["indicated"]["graceful"]
    assert 1 <= indicated < 1000
    assert books["pending"]["queued"] == 1000 - indicated
    assert subsystem.dispatch() == 1000 - indicated


def test_only_one_drive_at_a_time(subsystem):
    refused = []

    def inside(SocketContext, Flags):
        calls = [
            subsystem.dispatch,
            lambda: subsystem.dispatch(limit=0),
            lambda: subsystem.workers(1).__enter__(),
            wsksim.Subsystem().dispatch,
        ]
        for call in calls:
            with pytest.raises(wsksim.errors.DriveError, match="asked"):
                call()
            refused.append(call)
        return wsk.STATUS_SUCCESS

    connection = subsystem.connect(1, inside)
    connection.remote.disconnect()
    subsystem.dispatch()
    assert len(refused) == 4
    with subsystem.workers(1) as workers:
        with pytest.raises(wsksim.errors.DriveError, match="being driven already"):
            subsystem.dispatch()
        with pytest.raises(wsksim.errors.DriveError, match="being driven already"):
            subsystem.workers(1).__enter__()
        connection.remote.abort()
        assert workers.drain(10)
    assert len(refused) == 8
    with pytest.raises(wsksim.errors.DriveError, match="none run"):
        workers.drain()
    assert subsystem.findings == []


@pytest.mark.rule("D-10")
def test_waiting_for_the_workers_inside_a_callback_is_refused(subsystem):
    answers = []

    def handler(SocketContext, Flags):
        try:
            workers.drain()
        except wsksim.errors.DriveError as refusal:
            answers.append(str(refusal))
        return wsk.STATUS_SUCCESS

    with subsystem.workers(1) as workers:
        subsystem.connect(1, handler).remote.disconnect()
        assert workers.drain(10)
    assert "D-10" in answers[0]


def test_a_workers_system_exit_is_raised_by_the_block(subsystem):
    def handler(SocketContext, Flags):
        raise SystemExit(3)

    fleet = subsystem.connect_many(5, handler)
    with pytest.raises(SystemExit), subsystem.workers(1):
        fleet.remote.disconnect()
    assert subsystem.finding_count == 1
    assert subsystem.counters()["pending"]["queued"] == 4


def test_check_raise_is_raised_by_the_block():
    with wsksim.Subsystem(check="raise") as subsystem:
        fleet = subsystem.connect_many(5, lambda SocketContext, Flags: 1)
        with pytest.raises(wsksim.errors.ContractError), subsystem.workers(1):
            fleet.remote.disconnect()
        assert subsystem.counters()["pending"]["queued"] == 4


def test_sleeping_workers_wake_for_every_edge(subsystem):
    arrived = threading.Semaphore(0)

    def handler(SocketContext, Flags):
        arrived.release()
        return wsk.STATUS_SUCCESS

    fleet = subsystem.connect_many(500, handler)
    with subsystem.workers(2):
        for connection in fleet:
            connection.remote.disconnect()
            assert arrived.acquire(timeout=10)


def test_spinning_workers_do_the_same(subsystem):
    fleet = subsystem.connect_many(2000, good)
    with subsystem.workers(1, spin_us=50) as workers:
        fleet.remote.disconnect()
        assert workers.drain(10)
    assert subsystem.counters()["indicated"]["graceful"] == 2000


def test_workers_can_be_used_again_and_again(subsystem):
    workers = subsystem.workers(2)
    fleet = subsystem.connect_many(20, good)
    for connection in fleet:
        with workers:
            connection.remote.disconnect()
    assert subsystem.counters()["indicated"]["graceful"] == 20


def test_closing_the_subsystem_under_its_workers(subsystem):
    fleet = subsystem.connect_many(100_000, good)
    with subsystem.workers(2):
        fleet.remote.disconnect()
        subsystem.close()
    books = subsystem.counters()
    assert books["indicated"]["graceful"] + books["withheld"]["closed"] == 100_000
    assert books["open_sockets"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("where", ["python", "native", "workers"])
def test_ctrl_c_ends_a_drive_and_keeps_the_books(where):
    program = f"""
        import ctypes, sys, wsksim
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
        libc = ctypes.CDLL(None)
        handler = abs if "{where}" == "builtin" else (lambda SocketContext, Flags: 0)
        if "{where}" == "native":
            handler = wsksim.native_handler(ctypes.cast(libc.usleep, kind))
        subsystem = wsksim.Subsystem()
        contexts = [100] * 2_000_000 if "{where}" == "native" else None
        fleet = subsystem.connect_many(2_000_000, handler, contexts=contexts)
        fleet.remote.disconnect()
        print("ready", flush=True)
        try:
            if "{where}" == "workers":
                with subsystem.workers(2) as workers:
                    while True:
                        workers.drain()
                        fleet.close()
                        fleet = subsystem.connect_many(100_000, handler)
                        fleet.remote.disconnect()
            else:
                while True:
                    subsystem.dispatch()
                    fleet.close()
                    fleet = subsystem.connect_many(100_000, handler)
                    fleet.remote.disconnect()
        except KeyboardInterrupt:
            books = subsystem.counters()
            fates = sum(books["indicated"].values()) + sum(books["withheld"].values()) + sum(books["pending"].values())
            sys.exit(0 if fates == sum(books["posted"].values()) else 5)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
    assert child.returncode == 0, errors


def test_an_interrupt_inside_a_handler_reaches_the_caller(subsystem):
    def handler(SocketContext, Flags):
        _thread.interrupt_main()
        return wsk.STATUS_SUCCESS

    subsystem.connect_many(5000, handler).remote.disconnect()
    with pytest.raises(KeyboardInterrupt):
        subsystem.dispatch()
    books = subsystem.counters()
    assert books["indicated"]["graceful"] + books["pending"]["queued"] == 5000


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda subsystem: subsystem.workers(0), "asked for 0 threads"),
        (lambda subsystem: subsystem.workers(-1), "asked for -1"),
        (lambda subsystem: subsystem.workers(257), "at most 256"),
        (lambda subsystem: subsystem.workers(1.5), "give a whole number"),
        (lambda subsystem: subsystem.workers(1, spin_us=-1), "asked for -1"),
        (lambda subsystem: subsystem.dispatch(-1), "asked for -1"),
        (lambda subsystem: subsystem.dispatch(1.5), "give a whole number"),
        (lambda subsystem: subsystem.dispatch(2**80), "at most"),
        (lambda subsystem: subsystem.dispatch(True), "give a whole number"),
    ],
)
def test_odd_numbers_are_refused(subsystem, call, error):
    with pytest.raises((ValueError, TypeError), match=error):
        call(subsystem)


def test_a_worker_calls_the_handler_of_the_socket_that_has_its_predecessors_number():
    """D-4, L-6: what an errand closes gives its handler's number away, and the next edge may be of who got it."""
    calls, remotes, sockets = [], [], []

    def first(SocketContext, Flags):
        calls.append(("first", SocketContext))
        # The accept of this one closes the socket of this very handler, and its finish is the next edge.
        remotes.append(subsystem.network.connect(address))
        remotes[-1].disconnect()
        return wsk.STATUS_SUCCESS

    def second(SocketContext, Flags):
        calls.append(("second", SocketContext))
        return wsk.STATUS_SUCCESS

    waiting = [("b", wsk.WSK_CLIENT_CONNECTION_DISPATCH(None, second, None))]
    waiting.append(("a", wsk.WSK_CLIENT_CONNECTION_DISPATCH(None, first, None)))

    def accept(*arguments):
        *_, accepted, context, table = arguments
        if sockets:
            sockets.pop().WskCloseSocket(wsk.IRP())
        sockets.append(accepted)
        context.value, table.value = waiting.pop()
        return wsk.STATUS_SUCCESS

    with wsksim.Subsystem() as subsystem:
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        _, npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)
        kind = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_LISTEN_SOCKET)
        made, listening = wsk.IRP(), wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=accept)
        npi.WskSocket(*kind, None, listening, None, None, None, made)
        listener = made.IoStatus.Information
        listener.WskBind(wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"), 0, wsk.IRP())
        address = wsk.SOCKADDR_IN()
        listener.WskGetLocalAddress(address, wsk.IRP())
        mask = wsk.WSK_EVENT_ACCEPT | wsk.WSK_EVENT_DISCONNECT
        block = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, mask)
        listener.WskControlSocket(
            wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, block, 0, None, None, None
        )
        del first, second
        with subsystem.workers(1) as workers:
            remotes.append(subsystem.network.connect(address))
            remotes[-1].disconnect()
            assert workers.drain(10)
        assert calls == [("first", "a"), ("second", "b")]
        assert subsystem.finding_count == 0
