"""The end of the process: as that of a program without us, whatever runs when it comes."""

import subprocess
import sys
import textwrap

import pytest

START = """
import atexit, sys, threading, time, warnings
warnings.filterwarnings("ignore", ".*debug build")
import wsksim
from wsksim import wsk
subsystem = wsksim.Subsystem()
entered = threading.Event()
atexit.register(print, "atexit")
"""


def end(program, *options, within=30):
    """Runs a program in a process of its own."""
    code = START + textwrap.dedent(program)
    return subprocess.run(
        [sys.executable, *options, "-c", code], check=False, capture_output=True, text=True, timeout=within
    )


HANDLERS = {
    "sleeps": "lambda SocketContext, Flags: entered.set() or time.sleep(0.0005) or 0",
    "computes": "lambda SocketContext, Flags: entered.set() or sum(range(20_000)) and 0",
    "raises": "lambda SocketContext, Flags: entered.set() or time.sleep(0.0005) or [][0]",
    "calls us": "lambda SocketContext, Flags: entered.set() or subsystem.connect(1).close() and 0",
    "breaks a rule": "lambda SocketContext, Flags: entered.set() or time.sleep(0.0005)",
    "comes back by a finalizer": "lambda SocketContext, Flags: entered.set() or Late() and None",
}


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("handler", HANDLERS)
def test_a_daemon_thread_in_a_drive_costs_nothing(handler, threads):
    done = end(f"""
        class Late:
            def __del__(self):
                time.sleep(0.0005)
        def drive():
            subsystem = wsksim.Subsystem()
            subsystem.connect_many(100_000, {HANDLERS[handler]}).remote.disconnect()
            subsystem.dispatch()
        for _ in range({threads}):
            threading.Thread(target=drive, daemon=True).start()
        entered.wait()
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "atexit\n", "")


@pytest.mark.parametrize("call", ["subsystem.workers(1).__enter__().drain()", "blocked(subsystem)", "waits()"])
def test_a_daemon_thread_in_a_call_that_waits_costs_nothing(call):
    done = end(f"""
        def blocked(subsystem):
            with subsystem.workers(1):
                subsystem.connect(1, lambda SocketContext, Flags: time.sleep(0.2) or 0).remote.disconnect()
        def waits():
            irp = wsk.IRP()
            irp.wait()
        def call():
            entered.set()
            while True:
                {call}
        threading.Thread(target=call, daemon=True).start()
        entered.wait()
        time.sleep(0.05)
        sys.exit(5)
    """)
    assert done.returncode == 5, done.stderr
    assert done.stdout == "atexit\n"


def test_workers_are_stopped_after_the_threads_that_wait_for_them_have_ended():
    done = end("""
        fleet = subsystem.connect_many(300, lambda SocketContext, Flags: time.sleep(0.001) or 0)
        def work():
            with subsystem.workers(1):
                fleet.remote.disconnect()
                entered.set()
            print(subsystem.counters()["indicated"]["graceful"])
        threading.Thread(target=work).start()
        entered.wait()
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "300\natexit\n", "")


@pytest.mark.slow
def test_handlers_that_return_while_the_interpreter_ends():
    done = end("""
        subsystem.connect_many(60, lambda SocketContext, Flags: time.sleep(6.02 + SocketContext * 0.001) or 0) \\
            .remote.disconnect()
        subsystem.workers(60).__enter__()
        time.sleep(0.1)
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout) == (5, "atexit\n")
    assert "a handler still runs 5 seconds" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.slow
def test_handlers_that_swallow_the_exit():
    done = end(
        """
        def stubborn(SocketContext, Flags):
            while True:
                try:
                    time.sleep(0.01)
                except SystemExit:
                    pass
        subsystem.connect_many(4, stubborn).remote.disconnect()
        subsystem.workers(4).__enter__()
        time.sleep(0.1)
        sys.exit(5)
        """,
        "-W",
        "error",
    )
    assert (done.returncode, done.stdout) == (5, "atexit\n")
    assert "the process ends without it" in done.stderr


@pytest.mark.parametrize("before", [True, False], ids=["before us", "after us"])
def test_workers_that_an_exit_hook_starts(before):
    done = end(f"""
        def hook():
            subsystem = wsksim.Subsystem()
            subsystem.connect_many(10_000, lambda SocketContext, Flags: time.sleep(0.0002) or 0).remote.disconnect()
            try:
                subsystem.workers(4).__enter__()
            except wsksim.DriveError as refusal:
                print("refused" if "interpreter" in str(refusal) else refusal)
            time.sleep(0.02)
        if {before}:
            atexit._clear()
            atexit.register(hook)
            from wsksim import _native
            ours = (_native._stop_workers, _native._interrupt_workers, _native._interpreter_ends)
            sys.modules["wsksim._exit"].watch(*ours)
        else:
            atexit.register(hook)
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "refused\n" if before else "atexit\n", "")


def test_every_finally_runs_in_its_order():
    done = end("""
        def handler(SocketContext, Flags):
            try:
                entered.set()
                time.sleep(0.3)
                return 0
            finally:
                print("handler")
        subsystem.connect(1, handler).remote.disconnect()
        try:
            try:
                subsystem.workers(1).__enter__()
                entered.wait()
                sys.exit(5)
            finally:
                print("main")
        finally:
            print("last")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "main\nlast\natexit\nhandler\n", "")
