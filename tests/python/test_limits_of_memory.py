"""Memory: what a user asks for may not be there, and that costs the call alone."""

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is limited Linux's way")

START = """
import array, ctypes, itertools, resource, sys, warnings
warnings.simplefilter("ignore")
import wsksim
from wsksim import wsk
subsystem = wsksim.Subsystem()
good = lambda SocketContext, Flags: 0
batch = wsksim.batch_handler(lambda contexts, flags: None)
native = wsksim.native_handler(ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)(good))

def limit(megabytes):
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (megabytes << 20), resource.RLIM_INFINITY))
"""
END = """
before = subsystem.open_sockets
subsystem.connect(1, good).remote.abort()
books = subsystem.counters()
assert subsystem.dispatch() >= 1
assert subsystem.open_sockets == before + 1
"""


def run(program):
    """Runs a program in a process of its own; what stderr said."""
    done = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(program) + END],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])


@pytest.mark.parametrize("megabytes", [20, 100, 400])
@pytest.mark.parametrize(
    "call",
    [
        "subsystem.connect_many(1 << 27, good)",
        "subsystem.connect_many(1 << 27)",
        "subsystem.connect_many(1 << 27, batch)",
        "subsystem.connect_many(1 << 27, native)",
        "subsystem.connect_many(1 << 27, good, contexts=lambda number: None)",
        "subsystem.connect_many(1 << 27, good, contexts=range(1 << 27))",
        "subsystem.connect_many(1 << 27, batch, contexts=range(1 << 27))",
        "subsystem.connect_many(range(1 << 27), good)",
    ],
)
def test_sockets_that_there_is_no_memory_for(call, megabytes):
    run(f"""
        limit({megabytes})
        try:
            {call}
        except MemoryError:
            pass
        else:
            raise AssertionError("there was memory")
        assert subsystem.open_sockets == 0
    """)


@pytest.mark.parametrize(
    "call",
    [
        "fleet.handles",
        "fleet[itertools.repeat(0, 2_000_000)]",
        "fleet[iter(int, 1)]",
        "fleet.remote.disconnect(flags)",
        "fleet.close()",
    ],
)
def test_uses_of_a_fleet_that_there_is_no_memory_for(call):
    # Or for which there is: then they work.
    run(f"""
        fleet = subsystem.connect_many(2_000_000, native)
        flags = [1] * 2_000_000
        for megabytes in (1, 5, 20):
            limit(megabytes)
            try:
                {call}
            except MemoryError:
                pass
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        del fleet
    """)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        ("connect_many(3, good, contexts=range(2**40))", "ValueError", "asked for 3 connections; found 1099511627776"),
        ("connect_many(3, batch, contexts=range(2**40))", "ValueError", "asked for 3 connections; found 1099511627776"),
        (
            "connect_many(3, native, contexts=range(2**40))",
            "ValueError",
            "asked for 3 connections; found 1099511627776",
        ),
        ("connect_many(3, batch, contexts=itertools.count())", "ValueError", "asked for 3 connections; found 4"),
        ("connect_many(range(2**40), good)", "LimitError", "asked to open 1099511627776 sockets"),
        ("connect_many(range(2**40), batch)", "LimitError", "asked to open 1099511627776 sockets"),
        ("connect_many(3, good).remote.disconnect(range(2**40))", "ValueError", "asked for 1099511627776 flags"),
        ("connect_many(3, good).remote.disconnect(itertools.count())", "ValueError", "asked for 4 flags"),
        ("connect_many(3, good)[range(2**40)]", "IndexError", "asked for connection 3 of a fleet of 3"),
        ("__class__(choices=range(2**40))", "ValueError", "asked for at most 1048576 numbers; found 1099511627776"),
        ("__class__(choices=itertools.repeat(1))", "ValueError", "asked for at most 1048576 numbers; found 1048577"),
    ],
)
def test_a_length_is_compared_before_anything_is_copied(call, error, text):
    run(f"""
        limit(200)
        try:
            subsystem.{call}
        except Exception as raised:
            assert type(raised).__name__ == {error!r}, repr(raised)
            assert {text!r} in str(raised), str(raised)
        else:
            raise AssertionError("it was taken")
    """)


@pytest.mark.parametrize("kind", ["context", "its repr", "answer", "exception", "level", "word"])
def test_a_text_is_cut_before_it_is_copied(kind):
    run(f"""
        import resource
        size = 60 << 20
        class Long:
            def __repr__(self):
                return "x" * size
        class Longer(Exception):
            def __str__(self):
                return "x" * size
        def answers(SocketContext, Flags):
            return Long()
        def raises(SocketContext, Flags):
            raise Longer
        def raises_level(SocketContext, Flags):
            wsksim.wsk.KeRaiseIrql(2)
            return 0
        handlers = {{"answer": answers, "exception": raises, "level": raises_level}}
        context = {{"context": "x" * size, "its repr": Long(), "level": Long()}}.get({kind!r}, 1)
        handler = handlers.get({kind!r}, lambda SocketContext, Flags: None)
        subsystem.connect(context, handler).remote.disconnect()
        text = "x" * size
        limit(90)
        if {kind!r} == "word":
            try:
                wsksim.Subsystem(schedule=text)
            except (ValueError, MemoryError) as raised:
                assert len(str(raised)) < 1000
        else:
            subsystem.dispatch()
            assert len(str(subsystem.findings[0])) < 25_000
    """)


def test_a_worker_nests_calls_as_deep_as_a_thread_of_pythons():
    run("""
        class Deep:
            def __getattr__(self, name):
                return getattr(self, name + "x")
        sys.setrecursionlimit(8000)
        deep = wsksim.Subsystem()
        connection = deep.connect(Deep(), lambda SocketContext, Flags: SocketContext.a)
        with deep.workers(1):
            connection.remote.abort()
        assert deep.findings[0].found.startswith("it raised RecursionError"), deep.findings
    """)


@pytest.mark.skipif(sys.platform != "linux", reason="the number of threads is limited Linux's way")
def test_threads_that_cannot_be_started():
    run("""
        limit(100)
        try:
            subsystem.workers(200).__enter__()
        except OSError as raised:
            assert "asked for 200 threads" in str(raised), raised
            assert "refused number" in str(raised), raised
            assert "give fewer" in str(raised), raised
        else:
            raise AssertionError("there was memory")
        connection = subsystem.connect(1, good)
        with subsystem.workers(2):
            connection.remote.disconnect()
        assert subsystem.counters()["indicated"]["graceful"] == 1
        connection.close()
    """)
