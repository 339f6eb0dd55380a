"""Odd uses that once hung, aborted, or answered wrongly."""

import os
import subprocess
import sys
import textwrap
import threading
from array import array

import pytest

import wsksim
from wsksim import wsk


def good(SocketContext, Flags):
    return wsk.STATUS_SUCCESS


@pytest.fixture
def subsystem():
    with wsksim.Subsystem(seed=3) as made:
        yield made


def run(program, *, code=0, seconds=60):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False, timeout=seconds
    )
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


def test_mixed_levels_do_not_depend_on_how_a_drive_is_cut():
    def levels(limit):
        with wsksim.Subsystem(seed=9, irql="mixed", journal=True) as subsystem:
            subsystem.connect_many(100, good).remote.disconnect()
            while subsystem.dispatch(limit):
                pass
            return [flags for _, flags in subsystem.take_journal()]

    assert levels(None) == levels(1) == levels(7)


@pytest.mark.slow
def test_a_handler_that_never_ends_does_not_crash_the_exit():
    done = run(
        """
        import sys, time, wsksim
        def forever(SocketContext, Flags):
            while True:
                time.sleep(0.01)
        subsystem = wsksim.Subsystem()
        fleet = subsystem.connect_many(2, forever)
        subsystem.workers(2).__enter__()
        fleet.remote.disconnect()
        time.sleep(0.1)
        sys.exit(5)
        """,
        code=5,
    )
    assert "interrupted" in done.stderr


@pytest.mark.slow
def test_ctrl_c_comes_soon_between_slow_native_calls():
    done = run(
        """
        import ctypes, _thread, threading, time, wsksim
        usleep = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)(("usleep", ctypes.CDLL(None)))
        subsystem = wsksim.Subsystem()
        subsystem.connect_many(1000, wsksim.native_handler(usleep), contexts=[10_000] * 1000).remote.disconnect()
        threading.Timer(0.1, _thread.interrupt_main).start()
        try:
            subsystem.dispatch()
        except KeyboardInterrupt:
            print(subsystem.counters()["indicated"]["graceful"])
        """
    )
    assert int(done.stdout) < 60


def test_leaving_the_workers_block_inside_a_callback_is_refused(subsystem):
    answers = []

    def handler(SocketContext, Flags):
        try:
            workers.__exit__(None, None, None)
        except wsksim.errors.DriveError as refusal:
            answers.append(str(refusal))
        return wsk.STATUS_SUCCESS

    with subsystem.workers(1) as workers:
        subsystem.connect(1, handler).remote.disconnect()
        assert workers.drain(10)
    assert "D-10" in answers[0]


def test_two_threads_may_leave_the_same_block(subsystem):
    fleet = subsystem.connect_many(1000, good)
    workers = subsystem.workers(2).__enter__()
    fleet.remote.disconnect()
    threads = [threading.Thread(target=workers.__exit__, args=(None, None, None)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert subsystem.dispatch() == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
def test_a_child_forked_under_workers_is_refused():
    run(
        """
        import os, time, warnings, wsksim
        warnings.simplefilter("ignore")
        subsystem = wsksim.Subsystem()
        connection = subsystem.connect(1, lambda SocketContext, Flags: 0)
        with subsystem.workers(2) as workers:
            child = os.fork()
            if child == 0:
                refused = 0
                calls = [workers.drain, lambda: connection.enabled, lambda: connection.closed, subsystem.counters,
                         lambda: subsystem.open_sockets, lambda: subsystem.findings, lambda: connection.can_send]
                for call in calls:
                    try:
                        call()
                    except wsksim.errors.ForkError:
                        refused += 1
                os._exit(0 if refused == len(calls) else 1)
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    break
            assert os.waitstatus_to_exitcode(status) == 0 and ended
            connection.remote.disconnect()
        assert subsystem.counters()["indicated"]["graceful"] == 1
        """
    )


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the test's module for subinterpreters moved")
def test_a_subinterpreter_is_refused():
    run(
        """
        import _xxsubinterpreters as interpreters
        other = interpreters.create()
        try:
            interpreters.run_string(other, "import wsksim; wsksim.Subsystem")
        except interpreters.RunFailedError as refusal:
            assert "interpreter" in str(refusal), refusal
        else:
            raise SystemExit("imported")
        """
    )


def test_connections_are_equal_by_handle(subsystem):
    fleet = subsystem.connect_many(2, good)
    assert fleet[0] == fleet[0]
    assert fleet[0] != fleet[1]
    assert len({fleet[0], fleet[0], fleet[1]}) == 2
    assert fleet[0] != 5


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda s, f: f[10**30], IndexError, "fleet of 3"),
        (lambda s, f: wsksim.Subsystem(check=5), ValueError, "check: asked for 5"),
        (lambda s, f: wsksim.Subsystem(irql=3), ValueError, "irql: asked for 3"),
        (lambda s, f: wsksim.Subsystem(journal=3), TypeError, "journal: asked for 3; give True or False"),
        (lambda s, f: s.connect(1, good, enabled=5), TypeError, "asked for 5; give True or False"),
        (lambda s, f: f.remote.disconnect(abortive="yes"), TypeError, "found 'yes'"),
        (
            lambda s, f: s.connect_many(1, wsksim.batch_handler(good), contexts=[2**63]),
            ValueError,
            r"2\*\*63-1",
        ),
        (
            lambda s, f: s.connect_many(1, wsksim.batch_handler(good), contexts=array("Q", [2**63])),
            ValueError,
            r"2\*\*63-1",
        ),
    ],
)
def test_errors_say_what_was_asked(subsystem, call, error, text):
    fleet = subsystem.connect_many(3, good)
    with pytest.raises(error, match=text):
        call(subsystem, fleet)


def test_drain_wants_seconds(subsystem):
    with subsystem.workers(1) as workers, pytest.raises(ValueError, match="asked to wait 'a' seconds"):
        workers.drain("a")


def test_numpy_is_taken_for_what_it_is(subsystem):
    numpy = pytest.importorskip("numpy")
    contexts = numpy.arange(3)
    assert [connection.context for connection in subsystem.connect_many(contexts, good)] == [0, 1, 2]
    fleet = subsystem.connect_many(numpy.int64(4), good)
    assert len(fleet) == 4
    assert fleet.remote.disconnect(abortive=numpy.float32(1.0)) == {wsksim.Answer.QUEUED: 4}
    native = wsksim.native_handler(1)
    with pytest.raises(ValueError, match="byte order"):
        subsystem.connect_many(3, native, contexts=numpy.arange(3, dtype=">u8"))
    spread = subsystem.connect_many(3, native, contexts=numpy.arange(6, dtype="u8")[::2])
    assert [connection.context for connection in spread] == [0, 2, 4]
    assert spread.close() == {wsk.STATUS_SUCCESS: 3}


def test_a_generator_of_bools_is_a_mask(subsystem):
    fleet = subsystem.connect_many(3, good)
    assert [connection.context for connection in fleet[(number != 1 for number in range(3))]] == [0, 2]
