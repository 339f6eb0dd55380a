"""The end of the process: as that of a program without us, whatever runs when it comes."""

import shutil
import subprocess
import sys
import textwrap

import pytest

START = """
import atexit, contextlib, sys, threading, time, warnings
warnings.filterwarnings("ignore", ".*debug build")
import wsksim
from wsksim import wsk
subsystem = wsksim.Subsystem()
entered = threading.Event()
atexit.register(print, "atexit")
"""


def end(program, *options, within=30):
    """Runs a program in a process of its own."""
    return run(START + textwrap.dedent(program), *options, within=within)


def run(program, *options, within=30):
    """Runs a program that imports wsksim itself, or not at all."""
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=within,
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


ARGUMENTS = [
    "fleet[Slow()]",
    "fleet[[0, Slow()]]",
    "fleet[iter(pause, None)]",
    "subsystem.connect_many(Slow(), print)",
    "subsystem.connect_many(9, print, contexts=lambda _: pause())",
]


@pytest.mark.parametrize("call", ARGUMENTS)
def test_a_daemon_thread_whose_argument_calls_python_costs_nothing(call):
    done = end(f"""
        def pause():
            entered.set()
            time.sleep(0.0005)
        class Slow:
            def __index__(self):
                pause()
                return 0
        fleet = subsystem.connect_many(2, print)
        def ask():
            while True:
                with contextlib.suppress(Exception):
                    {call}
        for _ in range(4):
            threading.Thread(target=ask, daemon=True).start()
        entered.wait()
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "atexit\n", "")


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
            from wsksim import _exit, _native
            atexit.register(
                _native._interpreter_ends, _exit.stop_workers, _native._stop_workers, _native._interrupt_workers
            )
        else:
            atexit.register(hook)
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "refused\n" if before else "atexit\n", "")


@pytest.mark.parametrize("how", ["thread", "workers", "drive"])
def test_wsksim_that_an_exit_hook_imports_first(how):
    # Its own hook comes too late to be run then.
    done = run(f"""
        import atexit, contextlib, sys, threading, time
        go = threading.Event()
        def drive(start):
            import warnings
            warnings.simplefilter("ignore")
            import wsksim
            subsystem = wsksim.Subsystem()
            subsystem.connect_many(5000, lambda SocketContext, Flags: time.sleep(0.001) or 0).remote.disconnect()
            start(subsystem)
        def hook():
            if "{how}" == "thread":
                go.set()
            elif "{how}" == "workers":
                drive(lambda subsystem: subsystem.workers(2).__enter__())
            else:
                drive(lambda subsystem: threading.Thread(target=subsystem.dispatch, daemon=True).start())
            time.sleep(0.3)
        def late():
            go.wait()
            drive(wsksim_dispatch)
        def wsksim_dispatch(subsystem):
            subsystem.dispatch()
        if "{how}" == "thread":
            threading.Thread(target=late, daemon=True).start()
        atexit.register(hook)
        sys.exit(5)
    """)
    # CPython 3.12 and later start no thread of Python's at that time.
    refused = how == "drive" and sys.version_info >= (3, 12)
    assert (done.returncode, done.stdout) == (5, ""), done.stderr
    assert refused or not done.stderr


def test_hooks_that_are_all_taken_away():
    done = end("""
        subsystem.connect_many(5000, lambda SocketContext, Flags: time.sleep(0.001) or 0).remote.disconnect()
        threading.Thread(target=subsystem.dispatch, daemon=True).start()
        time.sleep(0.05)
        atexit._clear()
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "", "")


@pytest.mark.parametrize("number", ["SIGINT", "SIGALRM"])
def test_a_signal_that_comes_just_before_our_hook(number):
    done = end(f"""
        import ctypes, signal
        def interrupt(*_):
            raise KeyboardInterrupt
        signal.signal(signal.{number}, interrupt)
        subsystem.connect_many(5000, lambda SocketContext, Flags: time.sleep(0.001) or 0).remote.disconnect()
        threading.Thread(target=subsystem.dispatch, daemon=True).start()
        time.sleep(0.05)
        atexit.unregister(print)
        # A function of C: nothing looks for signals until the next hook begins, which is ours.
        atexit.register(ctypes.PyDLL(None)["raise"], signal.{number})
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout) == (5, ""), done.stderr
    assert done.stderr.count("KeyboardInterrupt") == 1


JUMP = """
#include <setjmp.h>
int jump(void) { jmp_buf place; if (setjmp(place) == 0) longjmp(place, 1); return 0; }
int handler(void *context, unsigned flags) { return jump(); }
"""


@pytest.fixture(scope="module")
def jumping(tmp_path_factory):
    """A library of C whose function jumps, as error handling in C does."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("jump")
    (folder / "jump.c").write_text(JUMP)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", "jump.so", "jump.c"], cwd=folder, check=True)
    return folder / "jump.so"


@pytest.mark.parametrize("handler", ["python", "batch", "breach", "native", "in an entry of ours"])
@pytest.mark.parametrize("where", ["thread", "worker"])
def test_c_code_that_jumps_takes_no_protection_away(jumping, handler, where):
    # The C library drops the cleanup handlers that lie below the frame that is jumped to, and ours, on the heap, with
    # them.
    done = end(f"""
        import ctypes
        library = ctypes.CDLL("{jumping}")
        def python(SocketContext, Flags):
            library.jump()
            entered.set()
            time.sleep(0.0005)
            return 0
        def breach(SocketContext, Flags):
            library.jump()
            entered.set()
            return Late()
        class Late:
            def __del__(self):
                time.sleep(0.0005)
            def __repr__(self):
                time.sleep(0.0005)
                return "late"
        def inside(SocketContext, Flags):
            library.jump()
            entered.set()
            wsksim.Subsystem().connect_many(1, python, contexts=[Late()])
            return 0
        def batch(contexts, flags):
            return python(0, 0)
        chosen = {{
            "python": python,
            "breach": breach,
            "batch": wsksim.batch_handler(batch),
            "native": wsksim.native_handler(library.handler),
            "in an entry of ours": inside,
        }}["{handler}"]
        subsystem.connect_many(20_000, chosen).remote.disconnect()
        subsystem.connect_many(20_000, python).remote.disconnect()
        if "{where}" == "thread":
            threading.Thread(target=subsystem.dispatch, daemon=True).start()
        else:
            subsystem.workers(1).__enter__()
        entered.wait()
        time.sleep(0.02)
        atexit.unregister(wsksim._native._interpreter_ends)
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (5, "atexit\n", "")


def test_c_code_that_jumps_while_the_interpreter_ends_goes_on(jumping):
    # The main thread, which ends it, has the protection too.
    done = end(f"""
        import ctypes
        library = ctypes.CDLL("{jumping}")
        class Late:
            def __del__(self, jump=library.jump, write=sys.stdout.write):
                jump()
                write("jumped\\n")
        subsystem.connect(Late(), lambda SocketContext, Flags: 0)
        subsystem.counters()
        late = Late()
        sys.exit(5)
    """)
    assert (done.returncode, done.stdout.splitlines()[:2]) == (5, ["atexit", "jumped"]), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["has no flush", "raises"])
def test_a_stderr_of_the_programs_own(stream):
    done = end(f"""
        said = []
        class Odd:
            def write(self, text):
                said.append(text)
                if "{stream}" == "raises":
                    raise RuntimeError("mine")
        def stubborn(SocketContext, Flags):
            try:
                while True:
                    time.sleep(0.01)
            finally:
                print("interrupted", flush=True)
        subsystem.connect(1, stubborn).remote.disconnect()
        subsystem.workers(1).__enter__()
        time.sleep(0.1)
        sys.stderr = Odd()
        sys.exit(5)
    """)
    # Python itself ends with 120 if it cannot flush a stream.
    assert (done.returncode, done.stdout) == (120, "atexit\ninterrupted\n")


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
