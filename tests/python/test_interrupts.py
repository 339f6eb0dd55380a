"""Ctrl-C: it comes soon whatever runs, costs the call that it hits, and leaves nothing half done."""

import os
import subprocess
import sys
import textwrap

import pytest

from conftest import build_library

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")

START = """
import ctypes, os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
import wsksim
from wsksim import wsk
"""


def run(program, within=60):
    """Runs a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=within,
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


@pytest.mark.parametrize(
    "first",
    [
        "connection.remote.disconnect()",
        "subsystem.connect_many(2).remote.disconnect()",
        "subsystem.connect(1, lambda a, b: 0)",
        "subsystem.connect(1, lambda a: 0)",
        "subsystem.findings",
        "subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())",
        "subsystem.dispatch(-1)",
    ],
)
def test_a_first_use_may_come_back_to_us(first):
    run(f"""
        subsystem = wsksim.Subsystem()
        connection = subsystem.connect(1, lambda SocketContext, Flags: 0)
        class Finder:
            def find_spec(self, name, path=None, target=None):
                connection.remote.abort()
                subsystem.connect_many(3)
                return None
        sys.meta_path.insert(0, Finder())
        try:
            {first}
        except (ValueError, TypeError):
            pass
    """)


@pytest.mark.slow
@pytest.mark.parametrize("calls", [1, 2_000], ids=["slow", "slow after quick ones"])
def test_a_slow_c_handler(calls, c_handler):
    # The steps of time are long, so that a busy machine does not matter: without a look there are 40 of them.
    path = c_handler(
        "#include <unistd.h>\n"
        "static int calls;\n"
        f"int H(void *c, unsigned f) {{ (void)c; (void)f; if (++calls > {calls}) usleep(100000); return 0; }}\n"
    )
    run(f"""
        H = ctypes.CDLL({str(path)!r}).H
        H.argtypes, H.restype = [ctypes.c_void_p, ctypes.c_uint32], ctypes.c_int32
        subsystem = wsksim.Subsystem()
        subsystem.connect_many({calls} + 40, wsksim.native_handler(H)).remote.disconnect()
        threading.Timer(0.15, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            subsystem.dispatch()
        except KeyboardInterrupt:
            pass
        indicated = subsystem.counters()["indicated"]["graceful"]
        assert indicated < {calls} + 15, indicated
    """)


@pytest.fixture
def c_handler(cc, tmp_path):
    """Compiles a C handler."""
    return lambda text: build_library(cc, tmp_path / "h.so", text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        "subsystem.connect_many(20_000_000)",
        "subsystem.connect_many(20_000_000, good)",
        "subsystem.connect_many(20_000_000, batch)",
        "fleet.handles",
        "fleet.enable()",
        "fleet.remote.disconnect(0.5)",
        "fleet.close()",
        "fleet[range(4_000_000)]",
        "fleet[iter(int, 1)]",
        "subsystem.close()",
    ],
)
def test_a_long_call_is_left(call):
    run(f"""
        good = lambda SocketContext, Flags: 0
        batch = wsksim.batch_handler(lambda contexts, flags: None)
        subsystem = wsksim.Subsystem()
        fleet = subsystem.connect_many(4_000_000, batch)
        before = subsystem.open_sockets
        # The second one interrupts: a call that looks for none sees one, when it returns.
        seen = 0
        def interrupt(number, frame):
            global seen
            seen += 1
            if seen == 2:
                raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        try:
            {call}
        except KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            raise AssertionError("it was not left")
        assert subsystem.open_sockets == before or "close" in {call!r}
        if "subsystem.close" in {call!r}:
            assert subsystem.closed and subsystem.open_sockets > 0
            subsystem.close()
            assert subsystem.open_sockets == 0
        else:
            subsystem.connect(1, good)
        books = subsystem.counters()
        fates = sum(books["indicated"].values()) + sum(books["withheld"].values()) + sum(books["pending"].values())
        assert fates == sum(books["posted"].values()), books
        os._exit(0)
    """)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(int(os.environ.get("WSKSIM_SEEDS", "3"))))
def test_interrupts_at_random_moments(seed):
    run(
        f"""
        import random
        random.seed({seed})
        subsystem = wsksim.Subsystem(seed={seed})
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT)[1]
        address = subsystem.network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 7007, "127.0.0.1")).address
        armed, interrupts, returned, asked = False, 0, [], []
        def ask(function, *arguments):
            irp = wsk.IRP()
            function(*arguments, irp)
            asked.append(irp)
            subsystem.dispatch()
        def alarm(number, frame):
            global armed, interrupts
            if armed:
                armed = False
                interrupts += 1
                raise KeyboardInterrupt
        def fates(books):
            return sum(books["indicated"].values()) + sum(books["withheld"].values()) + sum(books["pending"].values())
        signal.signal(signal.SIGALRM, alarm)
        for _ in range(300):
            irp = None
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00001, 0.004))
            try:
                armed = True
                for _ in range(4):
                    irp = wsk.IRP()
                    npi.WskSocket(wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET,
                                  None, None, None, None, None, irp)
                    returned.append(irp)
                    socket = irp.IoStatus.Information
                    ask(socket.WskBind, wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"), 0)
                    ask(socket.WskConnect, address, 0)
                    ask(socket.WskSend, wsk.WSK_BUF(wsk.MDL(b"sent"), 0, 4), 0)
                    ask(socket.WskCloseSocket)
                    fleet = subsystem.connect_many(20, lambda SocketContext, Flags: 0)
                    fleet.remote.disconnect()
                    subsystem.dispatch(10)
                    with subsystem.workers(2):
                        fleet.remote.abort()
                    fleet.close()
                armed = False
            except KeyboardInterrupt:
                pass
            armed = False
            subsystem.dispatch()
            books = subsystem.counters()
            assert fates(books) == sum(books["posted"].values()), books
            assert books["pending"] == {{"queued": 0, "held": 0}}, books
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert interrupts > 30, interrupts
        assert all(irp.wait(0) and irp.IoStatus.Status == wsk.STATUS_SUCCESS for irp in returned)
        assert all(irp.wait(0) for irp in asked)
        assert sum(irp.IoStatus.Information == 4 for irp in asked) > 30, "sends"
        # A thread's last steps come after those that we see.
        for _ in range(1000):
            if sys.platform != "linux" or len(os.listdir("/proc/self/task")) == 1:
                break
            time.sleep(0.01)
        else:
            raise AssertionError("a thread was left")
    """
    )


@pytest.mark.parametrize(
    ("hit", "act"),
    [
        ("__repr__", "subsystem.connect(Hit(), lambda a, b: None).remote.disconnect()"),
        ("__repr__", "subsystem.connect_many(2, lambda a, b: None, contexts=[Hit()] * 2).remote.disconnect()"),
        ("__repr__", "subsystem.connect(1, lambda a, b: Hit()).remote.disconnect()"),
        ("__str__", "subsystem.connect(1, raises).remote.disconnect()"),
        ("__iter__", "subsystem.connect(1, wsksim.batch_handler(lambda a, b: Hit())).remote.disconnect()"),
        ("__len__", "subsystem.connect_many(Hit())"),
        ("__index__", "subsystem.connect_many(3, enabled=False)[Hit()]"),
        ("__float__", "subsystem.connect_many(3, enabled=False).remote.disconnect(Hit())"),
        ("__repr__", "subsystem.connect_many(Hit())"),
    ],
)
@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit"])
def test_ctrl_c_in_what_may_fail_is_put_off_and_not_lost(hit, act, error):
    # An interrupt or an exit at that moment, as a signal's handler raises it; an Exception there costs a text at most.
    run(f"""
        hits = 0
        def interrupted(self, *arguments):
            global hits
            hits += 1
            raise {error}
        Hit = type("Hit", (Exception,), {{{hit!r}: interrupted}})
        def raises(SocketContext, Flags):
            raise Hit
        subsystem = wsksim.Subsystem()
        try:
            try:
                {act}
                subsystem.dispatch()
            except (TypeError, ValueError, IndexError):
                pass
            for _ in range(100):
                pass
        except {error}:
            assert hits > 0
        else:
            raise AssertionError(f"it was lost {{hits}} times")
        subsystem.dispatch()
        books = subsystem.counters()
        assert books["pending"] == {{"queued": 0, "held": 0}}, books
    """)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
@pytest.mark.parametrize("thread", [False, True], ids=["before anybody waits for the child", "where it ends no wait"])
def test_ctrl_c_of_a_command_is_never_too_early(tmp_path, thread):
    # Of a wait that begins just after the signal nothing is told by the system; a thread that takes it stands for that.
    (tmp_path / "tells.py").write_text(
        "import pathlib\ndef handler(SocketContext, Flags):\n    pathlib.Path('runs').touch()\n    return 0\n"
    )
    done = run(
        f"""
        from wsksim.__main__ import main
        os.chdir({str(tmp_path)!r})
        fork = os.fork
        def interrupt(number):
            while not os.path.exists("runs"):
                time.sleep(0.005)
            time.sleep(0.1 * {thread})
            number(signal.SIGINT)
        def forked():
            child = fork()
            if child and {thread}:
                send = lambda number: signal.pthread_kill(threading.get_ident(), number)
                threading.Thread(target=interrupt, args=(send,), daemon=True).start()
            elif child:
                interrupt(signal.raise_signal)
            return child
        os.fork = forked
        sys.argv = ["wsksim", "run", "tells:handler", "--sockets", "10", "--disconnects", "1G"]
        try:
            main()
        except SystemExit as end:
            assert end.code == 130, end.code
        """
    )
    assert done.stdout.startswith("PART  interrupted")
    assert "ok    balance" in done.stdout
    assert done.stderr == ""
