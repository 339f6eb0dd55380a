"""Single operations, for finding out what changed; the goals are measured by `benches/run.py`."""

import ctypes
import gc
from time import sleep, thread_time

import pytest

import wsksim
from lives import Echo
from plan import Plan
from reference import random_order
from sockets import Peer, Sockets, native_contexts, on_disconnect, on_disconnects
from workers import PAUSE_US, drained

KINDS = ["Python", "batch", "native"]
COUNT = 100_000
# One thread's work is timed by its own processor time, as in `sockets.py`.
alone = pytest.mark.benchmark(timer=thread_time)


@pytest.fixture(scope="module")
def plan():
    """The reference module, compiled once."""
    return Plan()


@pytest.fixture(autouse=True)
def _no_collection():
    gc.disable()
    yield
    gc.enable()


def sockets_of(plan, kind, count, *, shuffled=False):
    """Sockets with the handler of a kind."""
    order = random_order(plan.reference, count) if shuffled else None
    if kind == "Python":
        return Sockets(count, on_disconnect, contexts=[Peer(number) for number in range(count)], order=order)
    if kind == "batch":
        return Sockets(count, wsksim.batch_handler(on_disconnects), order=order)
    native = wsksim.native_handler(plan.reference.TOUCH)
    return Sockets(count, native, contexts=native_contexts(count), order=order)


def run(benchmark, function, *, setup=None, edges, rounds=9):
    """Each round is one call; `edges` is what it deals with."""
    benchmark.extra_info["edges"] = edges
    benchmark.pedantic(function, setup=setup, rounds=rounds, iterations=1, warmup_rounds=1)


@alone
@pytest.mark.parametrize("count", [1000, 1_000_000])
def test_post(benchmark, plan, count):
    with wsksim.Subsystem() as subsystem:
        native, contexts = wsksim.native_handler(plan.reference.TOUCH), native_contexts(count)

        def opened():
            subsystem.dispatch()
            return (subsystem.connect_many(count, native, contexts=contexts),), {}

        def post(fleet):
            fleet.remote.disconnect()

        run(benchmark, post, setup=opened, edges=count)


@alone
@pytest.mark.parametrize("kind", KINDS)
def test_dispatch(benchmark, plan, kind):
    sockets = sockets_of(plan, kind, COUNT)

    def posted():
        sockets.post()

    run(benchmark, sockets.subsystem.dispatch, setup=posted, edges=COUNT)


@alone
@pytest.mark.parametrize("kind", KINDS)
def test_open_and_close(benchmark, plan, kind):
    handler, contexts = {
        "Python": (on_disconnect, [Peer(number) for number in range(COUNT)]),
        "batch": (wsksim.batch_handler(on_disconnects), None),
        "native": (wsksim.native_handler(plan.reference.TOUCH), native_contexts(COUNT)),
    }[kind]
    subsystem = wsksim.Subsystem()
    run(benchmark, lambda: subsystem.connect_many(COUNT, handler, contexts=contexts).close(), edges=COUNT)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_workers(benchmark, plan, kind, count):
    sockets = sockets_of(plan, kind, COUNT)
    run(benchmark, lambda: drained(sockets, count), edges=COUNT)


def test_wake_up_and_drain(benchmark, plan):
    rounds = 200
    stamps = (ctypes.c_int64 * (rounds + 1))()
    with wsksim.Subsystem() as subsystem:
        fleet = subsystem.connect_many(rounds + 1, wsksim.native_handler(plan.reference.STAMP), contexts=stamps)
        remotes = iter([connection.remote for connection in fleet])
        with subsystem.workers(1) as team:

            def asleep():
                sleep(PAUSE_US / 1e6)
                return (next(remotes),), {}

            def post(remote):
                remote.disconnect()
                team.drain()

            run(benchmark, post, setup=asleep, edges=1, rounds=rounds)


@alone
def test_life(benchmark):
    echo, lives = Echo(), 100

    def live():
        for _ in range(lives):
            echo.live()
        echo.check(lives)

    run(benchmark, live, edges=lives)


@alone
@pytest.mark.parametrize("count", [10**exponent for exponent in range(3, 8)])
@pytest.mark.parametrize("shuffled", [False, True], ids=["in_order", "random"])
@pytest.mark.parametrize("kind", ["native"])
def test_growth(benchmark, plan, kind, shuffled, count):
    sockets = sockets_of(plan, kind, count, shuffled=shuffled)
    run(benchmark, sockets.subsystem.dispatch, setup=lambda: sockets.post() * 0 or None, edges=count, rounds=5)
    sockets.close()
