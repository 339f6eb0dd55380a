"""Forks: a child has a life of its own, whatever the parent's threads were doing."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")

START = """
import os, sys, threading, time, warnings
warnings.simplefilter("ignore")
import wsksim
from wsksim import wsk

def ended(child):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "hung"

def life():
    subsystem = wsksim.Subsystem()
    fleet = subsystem.connect_many(100, lambda SocketContext, Flags: 0)
    with subsystem.workers(2) as workers:
        fleet.remote.disconnect()
        workers.drain()
    return subsystem.counters()["indicated"]["graceful"]
"""


def run(program, code=0):
    """Runs a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 4])
def test_a_child_has_workers_of_its_own(workers):
    # The parent's threads wait for work, and some of them wait for the interpreter.
    run(f"""
        subsystem = wsksim.Subsystem()
        busy = wsksim.Subsystem()
        fleet = busy.connect_many(200_000, lambda SocketContext, Flags: 0)
        with subsystem.workers({workers}), busy.workers({workers}):
            fleet.remote.disconnect()
            for _ in range(15):
                child = os.fork()
                if child == 0:
                    os._exit(0 if life() == life() == 100 else 3)
                assert ended(child) == 0
    """)


def test_a_child_of_a_child():
    run("""
        with wsksim.Subsystem().workers(2):
            child = os.fork()
            if child == 0:
                with wsksim.Subsystem().workers(2):
                    grandchild = os.fork()
                    if grandchild == 0:
                        os._exit(7 if life() == 100 else 3)
                    os._exit(ended(grandchild))
            assert ended(child) == 7
            assert life() == 100
    """)


@pytest.mark.parametrize("block", ["subsystem", "subsystem.workers(2)"])
@pytest.mark.parametrize(
    ("ending", "code"), [("sys.exit(9)", 9), ("raise KeyError('mine')", 1), ("pass", 0)], ids=["exit", "raise", "leave"]
)
def test_a_child_that_leaves_the_parents_block_keeps_its_code(block, ending, code):
    done = run(f"""
        subsystem = wsksim.Subsystem()
        fleet = subsystem.connect_many(10, lambda SocketContext, Flags: 0)
        fleet.remote.disconnect()
        with {block}:
            child = os.fork()
            if child == 0:
                {ending}
        if child == 0:
            sys.exit(0)
        assert ended(child) == {code}
        assert subsystem.closed or subsystem.counters()["indicated"]["graceful"] == 10
    """)
    assert "ForkError" not in done.stderr


@pytest.mark.parametrize(
    "drive", ["subsystem.dispatch()", "with subsystem.workers(1): pass"], ids=["dispatch", "worker"]
)
@pytest.mark.parametrize(
    ("ending", "code"),
    [("os._exit(9)", 9), ("sys.exit(9)", 9), ("return 0", "forked"), ("raise KeyError('mine')", "raised")],
    ids=["_exit", "exit", "return", "raise"],
)
def test_a_child_that_a_handler_forks(drive, ending, code):
    # On a worker it ends as one that a thread of Python's forks: with 0. In a dispatch the caller is told.
    expected = {"forked": 0 if "workers" in drive else 8, "raised": 0 if "workers" in drive else 1}.get(code, code)
    run(f"""
        children = []
        calls = 0
        def handler(SocketContext, Flags):
            global calls
            calls += 1
            if SocketContext == 3:
                child = os.fork()
                if child == 0:
                    {ending}
                children.append(child)
            assert not children or os.getpid() == parent, "a call in the child"
            return 0
        parent = os.getpid()
        subsystem = wsksim.Subsystem()
        subsystem.connect_many(50, handler).remote.disconnect()
        try:
            {drive}
        except wsksim.ForkError:
            os._exit(8 if os.getpid() != parent and calls == 4 else 3)
        assert os.getpid() == parent
        assert ended(children[0]) == {expected}
        assert subsystem.counters()["indicated"]["graceful"] == 50
        assert subsystem.finding_count == 0
    """)


@pytest.mark.parametrize(("given", "code", "err"), [("9", 9, ""), ("", 0, ""), ("'a word'", 1, "a word\n")])
def test_an_exit_in_the_child_that_a_workers_handler_forked_is_a_whole_one(given, code, err):
    # CPython 3.13 crashes in its own end there.
    done = run(f"""
        import atexit
        children = []
        def handler(SocketContext, Flags):
            child = os.fork()
            if child == 0:
                atexit.register(print, "hook")
                print("child", end=" ")
                threading.Thread(target=lambda: time.sleep(0.05) or print("thread", end=" ")).start()
                sys.exit({given})
            children.append(child)
            return 0
        subsystem = wsksim.Subsystem()
        subsystem.connect(1, handler).remote.disconnect()
        with subsystem.workers(1):
            pass
        assert ended(children[0]) == {code}
        os._exit(0)
    """)
    assert (done.stdout, done.stderr) == ("child thread hook\n", err)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_pools_of_processes(method, tmp_path):
    program = tmp_path / "pool.py"
    program.write_text(
        textwrap.dedent(f"""
        import multiprocessing, sys, warnings
        warnings.simplefilter("ignore")
        import wsksim

        def life(number):
            subsystem = wsksim.Subsystem(seed=number)
            fleet = subsystem.connect_many(50, lambda SocketContext, Flags: 0)
            with subsystem.workers(2):
                fleet.remote.disconnect()
            return subsystem.counters()["indicated"]["graceful"]

        if __name__ == "__main__":
            method = multiprocessing.get_context({method!r})
            with wsksim.Subsystem().workers(2):
                for _ in range({10 if method == "fork" else 1}):
                    with method.Pool(2) as pool:
                        assert pool.map(life, range(8)) == [50] * 8
            sys.exit(5)
        """)
    )
    done = subprocess.run([sys.executable, program], check=False, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stderr) == (5, "")


@pytest.mark.skipif(sys.platform != "linux", reason="only there the C library tells of forks")
@pytest.mark.parametrize("then", ["leaves the block", "drives", "ends"])
def test_a_child_that_c_code_forks(then):
    # Python does not see it, and calls none of its own hooks.
    run(f"""
        import ctypes
        subsystem = wsksim.Subsystem()
        subsystem.connect_many(10, lambda SocketContext, Flags: 0)
        workers = subsystem.workers(2)
        workers.__enter__()
        child = ctypes.CDLL(None).fork()
        if child == 0:
            assert life() == 100
            if {then!r} == "leaves the block":
                workers.__exit__(None, None, None)
            elif {then!r} == "drives":
                try:
                    subsystem.dispatch()
                except wsksim.ForkError:
                    pass
                else:
                    os._exit(3)
            else:
                sys.exit(9)
            os._exit(9)
        assert ended(child) == 9
        workers.__exit__(None, None, None)
    """)
