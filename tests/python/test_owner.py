"""Who holds what: contexts, handlers and subsystems die when they should, and not before."""

import ctypes
import gc
import subprocess
import sys
import textwrap
import weakref

import pytest

import wsksim
from wsksim import wsk


class Thing:
    """A context that can be weakly referenced and is part of cycles."""


def good(SocketContext, Flags):
    return wsk.STATUS_SUCCESS


@pytest.mark.rule("C-14")
def test_context_lives_until_close_completed():
    subsystem = wsksim.Subsystem()
    alive = []

    def handler(SocketContext, Flags):
        connection.close()
        gc.collect()
        alive.append(watch() is not None)
        return wsk.STATUS_SUCCESS

    context = Thing()
    watch = weakref.ref(context)
    connection = subsystem.connect(context, handler)
    del context
    gc.collect()
    assert watch() is not None
    connection.remote.disconnect()
    subsystem.dispatch()
    gc.collect()
    assert alive == [True]
    assert watch() is None


@pytest.mark.parametrize("queued", [False, True], ids=["idle", "queued"])
def test_closing_lets_go_of_the_context_at_once(queued):
    subsystem = wsksim.Subsystem()
    context = Thing()
    watch = weakref.ref(context)
    connection = subsystem.connect(context, good)
    del context
    if queued:
        connection.remote.disconnect()
    connection.close()
    assert watch() is None
    with pytest.raises(wsksim.errors.StaleHandleError, match="closed"):
        _ = connection.context


def test_a_handler_lives_as_long_as_its_sockets():
    subsystem = wsksim.Subsystem()

    class Handler:
        def __call__(self, SocketContext, Flags):
            return wsk.STATUS_SUCCESS

    handler = Handler()
    watch = weakref.ref(handler)
    fleet = subsystem.connect_many(3, handler)
    del handler
    fleet[:2].close()
    fleet[2].remote.disconnect()
    assert watch() is not None
    assert subsystem.dispatch() == 1
    fleet.close()
    assert watch() is None


def test_a_ctypes_callback_is_kept_alive_by_its_sockets():
    subsystem = wsksim.Subsystem()
    calls = []
    prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)

    def target(SocketContext, Flags):
        calls.append(SocketContext)
        return 0

    memory = bytearray(64 * 3)
    function = prototype(target)
    watch = weakref.ref(target)
    fleet = subsystem.connect_many(3, wsksim.native_handler(function), contexts=memory)
    del function, target
    gc.collect()
    with pytest.raises(BufferError):
        memory.append(0)
    fleet.remote.disconnect()
    assert subsystem.dispatch() == 3
    assert [call - calls[0] for call in calls] == [0, 64, 128]
    fleet.close()
    gc.collect()
    memory.append(0)
    assert watch() is None


@pytest.mark.parametrize("kind", ["context", "handler", "both"])
def test_cycles_through_handler_and_context_are_collected(kind):
    gc.collect()
    subsystem = wsksim.Subsystem()
    thing = Thing()
    watch = weakref.ref(subsystem)

    def handler(SocketContext, Flags):
        return thing if kind == "none" else wsk.STATUS_SUCCESS  # noqa: F821 - deleted below, to be collected

    thing.subsystem = subsystem
    if kind != "handler":
        thing.connection = subsystem.connect(thing, good if kind == "context" else handler)
        thing.remote = thing.connection.remote
    if kind != "context":
        thing.fleet = subsystem.connect_many(10, handler)
        thing.remotes = thing.fleet.remote
    thing.connection = subsystem.connect(thing, handler)
    thing.connection.remote.disconnect()
    del subsystem, thing, handler
    gc.collect()
    assert watch() is None


def test_ten_thousand_owners_are_collected():
    alive = weakref.WeakSet()
    for _ in range(200):
        subsystem = wsksim.Subsystem()
        thing = Thing()
        thing.connection = subsystem.connect(thing, lambda SocketContext, Flags, thing=thing: 0)
        thing.connection.remote.disconnect()
        alive.add(thing)
    del subsystem, thing
    gc.collect()
    assert len(alive) == 0


@pytest.mark.rule("C-8", "C-15", "D-12")
@pytest.mark.parametrize("kind", ["single", "batch", "native"])
def test_closing_the_subsystem_from_inside_its_handler(kind):
    subsystem = wsksim.Subsystem()
    calls = []

    def close(SocketContext, Flags):
        calls.append(SocketContext)
        subsystem.close()
        return 0

    prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
    handler = {
        "single": close,
        "batch": wsksim.batch_handler(lambda contexts, flags: subsystem.close()),
        "native": wsksim.native_handler(prototype(close)),
    }[kind]
    fleet = subsystem.connect_many(5, handler)
    fleet.remote.disconnect()
    made = subsystem.dispatch()
    books = subsystem.counters()
    assert made == (5 if kind == "batch" else 1)
    assert books["withheld"]["closed"] == 5 - made
    assert books["open_sockets"] == 0
    assert books["pending"] == {"queued": 0, "held": 0}
    assert subsystem.closed
    with pytest.raises(wsksim.errors.SubsystemClosedError, match="closed subsystem"):
        subsystem.dispatch()


def test_dropping_the_subsystem_inside_its_handler():
    holder = [wsksim.Subsystem()]
    calls = []

    def handler(SocketContext, Flags):
        holder.clear()
        gc.collect()
        calls.append(SocketContext)
        return 0

    holder[0].connect_many(3, handler).remote.disconnect()
    assert holder[0].dispatch() == 3
    assert calls == [0, 1, 2]


def test_a_handler_that_raises_each_time_makes_one_finding_that_counts_them():
    subsystem = wsksim.Subsystem()

    def handler(SocketContext, Flags):
        raise ZeroDivisionError(SocketContext)

    subsystem.connect_many(5000, handler).remote.abort()
    assert subsystem.dispatch() == 5000
    assert subsystem.finding_count == 5000
    assert [(one.found, one.count) for one in subsystem.findings] == [("it raised ZeroDivisionError: 0", 5000)]


@pytest.mark.parametrize("error", ["MemoryError", "RecursionError", "GeneratorExit", "StopIteration"])
def test_odd_exceptions_are_findings_too(error):
    subsystem = wsksim.Subsystem()

    def handler(SocketContext, Flags):
        raise {"MemoryError": MemoryError, "RecursionError": RecursionError}.get(error, StopIteration)

    subsystem.connect_many(2, handler).remote.abort()
    assert subsystem.dispatch() == 2
    assert subsystem.finding_count == 2


def test_a_keyboard_interrupt_in_a_handler_ends_the_drive_without_a_finding():
    subsystem = wsksim.Subsystem()
    answers = iter([0, KeyboardInterrupt, 0, SystemExit, 0])

    def handler(SocketContext, Flags):
        answer = next(answers)
        if answer:
            raise answer
        return 0

    subsystem.connect_many(5, handler).remote.disconnect()
    with pytest.raises(KeyboardInterrupt):
        subsystem.dispatch()
    assert subsystem.counters()["pending"]["queued"] == 3
    assert subsystem.finding_count == 0
    with pytest.raises(SystemExit):
        subsystem.dispatch()
    assert subsystem.finding_count == 1
    assert subsystem.dispatch() == 1


def test_an_object_that_cannot_be_printed_still_makes_a_finding():
    class Odd:
        def __repr__(self):
            raise ValueError("no")

    class Worse(Exception):
        def __str__(self):
            raise ValueError("no")

    def handler(SocketContext, Flags):
        if Flags:
            raise Worse
        return Odd()

    subsystem = wsksim.Subsystem()
    remote = subsystem.connect(Odd(), handler).remote
    remote.disconnect()
    remote.abort()
    subsystem.dispatch()
    assert [finding.found for finding in subsystem.findings] == [
        "it returned a value that cannot be printed",
        "it raised Worse",
    ]


def test_handles_of_other_subsystems_are_refused():
    one, other = wsksim.Subsystem(), wsksim.Subsystem()
    connection = one.connect(1, good)
    other.connect(1, good)
    assert one.connection(connection.handle).context == 1
    with pytest.raises(wsksim.errors.ForeignHandleError, match="another subsystem"):
        other.connection(connection.handle)
    connection.close()
    with pytest.raises(wsksim.errors.StaleHandleError, match="closed"):
        one.connection(connection.handle)
    one.connect(2, good)
    with pytest.raises(wsksim.errors.StaleHandleError, match="reused"):
        one.connection(connection.handle)


def run(program, *, code=0):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["pass", "sys.exit(7)", "raise ValueError", "fleet.close()", "subsystem.close()"])
def test_exit_with_a_million_edges_pending(ending):
    program = f"""
        import sys, wsksim
        subsystem = wsksim.Subsystem()
        fleet = subsystem.connect_many(1_000_000, lambda SocketContext, Flags: 0)
        fleet.remote.disconnect(abortive=0.5)
        subsystem.dispatch(1000)
        {ending}
    """
    run(program, code={"sys.exit(7)": 7, "raise ValueError": 1}.get(ending, 0))


@pytest.mark.slow
@pytest.mark.parametrize("handler", ["python", "native"])
@pytest.mark.parametrize("ending", ["pass", "sys.exit(7)", "raise ValueError"])
def test_exit_with_workers_running(handler, ending):
    program = f"""
        import ctypes, sys, wsksim
        def slow(SocketContext, Flags):
            sum(range(100))
            return 0
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
        handler = slow if "{handler}" == "python" else wsksim.native_handler(kind(slow))
        subsystem = wsksim.Subsystem()
        fleet = subsystem.connect_many(200_000, handler)
        workers = subsystem.workers(2)
        workers.__enter__()
        fleet.remote.disconnect()
        {ending}
    """
    run(program, code={"sys.exit(7)": 7, "raise ValueError": 1}.get(ending, 0))


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork()")
def test_a_forked_child_is_refused_and_the_parent_goes_on():
    run("""
        import os, warnings, wsksim
        warnings.simplefilter("ignore")
        subsystem = wsksim.Subsystem()
        fleet = subsystem.connect_many(10, lambda SocketContext, Flags: 0)
        child = os.fork()
        if child == 0:
            refused = 0
            calls = [subsystem.dispatch, fleet.close, fleet.remote.disconnect, fleet[0].remote.abort, fleet[0].close,
                     lambda: subsystem.connect(1), lambda: subsystem.workers(1), subsystem.close]
            for call in calls:
                try:
                    call()
                except wsksim.errors.ForkError:
                    refused += 1
            fresh = wsksim.Subsystem()
            fresh.connect(1, lambda SocketContext, Flags: 0).remote.disconnect()
            os._exit(0 if refused == len(calls) and fresh.dispatch() == 1 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        fleet.remote.disconnect()
        assert subsystem.dispatch() == 10
    """)
