"""S10 to S12: threads that drive, and how fast a sleeping one wakes."""

from __future__ import annotations

import ctypes
import os
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter_ns, sleep
from typing import Any

import wsksim
from comparison import Bound, Comparison, Row, Skipped
from plan import Plan, named
from reference import random_order
from sockets import Peer, Sockets, native_contexts, on_disconnect

PAUSE_US = 200
CHUNK = 20_000


def drained(sockets: Sockets, count: int) -> float:
    """Nanoseconds per edge of `count` workers that empty the queue while the main thread waits."""
    sockets.post()
    before = made(sockets)
    begun = perf_counter_ns()
    with sockets.subsystem.workers(count) as team:
        team.drain()
        taken = perf_counter_ns() - begun
    sockets.check(made(sockets) - before)
    return taken / sockets.count


def dispatched(sockets: Sockets) -> float:
    """Nanoseconds per edge of `dispatch()`, by the wall clock as that of workers."""
    sockets.post()
    begun = perf_counter_ns()
    calls = sockets.subsystem.dispatch()
    taken = perf_counter_ns() - begun
    sockets.check(calls)
    return taken / sockets.count


def made(sockets: Sockets) -> int:
    """Calls made so far."""
    return sum(sockets.subsystem.counters()["indicated"].values())


def s10(plan: Plan) -> Iterator[Comparison]:
    """Two workers against one, native handler."""
    for wanted, shuffled in ((1_000_000, False), (1_000_000, True)):
        count = plan.size(wanted)
        order = random_order(plan.reference, count) if shuffled else None
        native = wsksim.native_handler(plan.reference.TOUCH)
        sockets = Sockets(count, native, contexts=native_contexts(count), order=order)
        drained(sockets, 1)
        rounds = [(drained(sockets, 2), drained(sockets, 1)) for _ in plan.rounds(12)]
        sockets.close()
        case = f"native handler, {named(count)}, {'random order' if shuffled else 'in order'}, two workers against one"
        yield Comparison("S10", case, "ns", rounds, Bound(1.7, faster=True))


def s11(plan: Plan) -> Iterator[Row]:
    """Workers with a Python handler, where one thread at a time runs Python."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        yield Skipped("S11", "workers with a Python handler", "this interpreter has no GIL")
        return
    count = plan.size(1_000_000)
    sockets = Sockets(count, on_disconnect, contexts=[Peer(number) for number in range(count)])
    sockets.per_edge()
    for threads, number in (("one worker", 1), ("two workers", 2)):
        rounds = [(drained(sockets, number), dispatched(sockets)) for _ in plan.rounds(8)]
        case = f"Python handler, {threads} while the main thread waits in drain(), speed against dispatch()"
        yield Comparison("S11", case, "ns", rounds, Bound(0.9, faster=True), "at least 0.9 x")
    workers, main = [], []
    for _ in plan.rounds(8):
        alone = dispatched(sockets)
        free = chunk_ns()
        together, busy = contended(sockets)
        workers.append((together, alone))
        main.append((busy, free))
    sockets.close()
    case = "Python handler, two workers while the main thread computes, speed against dispatch()"
    yield Comparison("S11", case, "ns", workers, Bound(0.4, faster=True), "at least 0.4 x")
    case = "the main thread's own speed meanwhile, against alone"
    unit = f"ns per {CHUNK} additions"
    yield Comparison("S11", case, unit, main, Bound(0.4, faster=True), "at least 0.4 x")


def chunk() -> int:
    """Work of the main thread."""
    total = 0
    for number in range(CHUNK):
        total += number
    return total


def chunk_ns(times: int = 100) -> float:
    """Nanoseconds of `chunk` with nothing beside it."""
    begun = perf_counter_ns()
    for _ in range(times):
        chunk()
    return (perf_counter_ns() - begun) / times


def contended(sockets: Sockets) -> tuple[float, float]:
    """Nanoseconds per edge, and per chunk of the main thread, while both want the interpreter."""
    sockets.post()
    before, chunks, indicated = made(sockets), 0, 0
    begun = perf_counter_ns()
    with sockets.subsystem.workers(2):
        while indicated < sockets.count:
            chunk()
            chunks += 1
            indicated = made(sockets) - before
        taken = perf_counter_ns() - begun
    sockets.check(indicated)
    return taken / sockets.count, taken / chunks


def s12(plan: Plan) -> Iterator[Comparison]:
    """From a post to the handler on a worker that sleeps."""
    samples = 20 if plan.quick else 300
    native = wsksim.native_handler(plan.reference.STAMP)
    kinds: tuple[tuple[str, Any], ...] = (("native", native), ("Python", stamp))
    for name, handler in kinds:
        rounds = []
        for _ in plan.rounds(7):
            with apart(set()):
                bare = plan.reference.futex_wakes(samples, PAUSE_US)
            rounds.append((median(wakes(handler, samples, 0)) / 1000, median(bare) / 1000))
        case = f"post to {name} handler on a sleeping worker, against a bare futex wake"
        yield Comparison("S12", case, "us", rounds, Bound(1.3))
    for name, handler in kinds:
        rounds = [(median(wakes(handler, samples, 50_000)) / 1000, 2.0) for _ in plan.rounds(5)]
        case = f"post to {name} handler on a worker that spins"
        yield Comparison("S12", case, "us", rounds, Bound(1), "at most 2 us")


def threads() -> set[int]:
    """This process's threads, where the system tells."""
    folder = Path("/proc/self/task")
    return {int(path.name) for path in folder.iterdir()} if folder.exists() else set()


@contextmanager
def apart(others: set[int]) -> Iterator[None]:
    """Keeps this thread and `others` on two processors, as `futex_wakes` does with its two."""
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(allowed) < 2:
        yield
        return
    os.sched_setaffinity(0, {allowed[0]})
    for thread in others:
        os.sched_setaffinity(thread, {allowed[1]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(allowed))


def stamp(SocketContext: ctypes.c_int64, Flags: int) -> int:  # noqa: ARG001
    """Notes when it ran."""
    SocketContext.value = perf_counter_ns()
    return 0


def wakes(handler: Any, samples: int, spin_us: int) -> list[int]:
    """Nanoseconds from each of `samples` posts to its call."""
    native = not callable(handler)
    stamps: Any = (ctypes.c_int64 * samples)() if native else [ctypes.c_int64() for _ in range(samples)]
    times = []
    with wsksim.Subsystem() as subsystem:
        fleet = subsystem.connect_many(samples, handler, contexts=stamps)
        remotes = [connection.remote for connection in fleet]
        before = threads()
        with subsystem.workers(1, spin_us=spin_us) as team, apart(threads() - before):
            for number, remote in enumerate(remotes):
                # The worker has to have come to rest; with `spin_us` it still looks for work.
                sleep(PAUSE_US / 1e6)
                begun = perf_counter_ns()
                remote.disconnect()
                if not spin_us:
                    team.drain()
                # `drain` waits for the workers to sleep, which would end the spinning.
                while not (called := stamps[number] if native else stamps[number].value):
                    sleep(PAUSE_US / 1e6)
                times.append(called - begun)
    return times
