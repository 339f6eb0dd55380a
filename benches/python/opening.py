"""S5 to S8: posting, growth, memory, opening and closing."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import wsksim
from comparison import Bound, Comparison, Row, Skipped
from plan import Plan, named
from reference import random_order
from sockets import Peer, Sockets, clock, native_contexts, on_disconnect, on_disconnects

AT_LEAST = 200_000


def s5(plan: Plan) -> Iterator[Comparison]:
    """Posting: in bulk, one by one from Python, from two threads at once."""
    native = wsksim.native_handler(plan.reference.TOUCH)
    large = plan.size(1_000_000)
    for count, order in ((1000, None), (large, random_order(plan.reference, large))):
        sockets = Sockets(count, native, contexts=native_contexts(count), order=order)
        rounds = [(sockets.per_post(AT_LEAST), 1.5 * plan.add()) for _ in plan.rounds(16)]
        sockets.close()
        case = f"bulk post, {named(count)}, {'random order' if order else 'in order'}, against 1.5 adds"
        yield Comparison("S5", case, "ns", rounds, Bound(1), "at most 1.5 adds")
    yield one_by_one(plan, native)
    yield two_threads(plan, native)


def one_by_one(plan: Plan, native: Any) -> Comparison:
    """`remote.disconnect()` on kept remotes, against a call of an extension that does nothing."""
    count, repeats = 1000, 2 if plan.quick else 100
    rounds = []
    empties = [plan.reference.Empty() for _ in range(count)]
    with wsksim.Subsystem() as subsystem:
        for _ in plan.rounds(11):
            posting = calling = 0
            for _ in range(repeats):
                fleet = subsystem.connect_many(count, native, contexts=native_contexts(count))
                remotes = [connection.remote for connection in fleet]
                begun = clock()
                for remote in remotes:
                    remote.disconnect()
                between = clock()
                for empty in empties:
                    empty.nothing()
                posting += between - begun
                calling += clock() - between
                subsystem.dispatch()
                fleet.close()
            rounds.append((posting / count / repeats, calling / count / repeats))
    return Comparison("S5", "remote.disconnect() one by one, against an empty extension call", "ns", rounds, Bound(2))


def two_threads(plan: Plan, native: Any) -> Comparison:
    """Each of two threads that post in bulk at the same time, against one alone."""
    count = plan.size(1_000_000)
    with wsksim.Subsystem() as subsystem:

        def fleets(number: int) -> list[Any]:
            return [subsystem.connect_many(count, native, contexts=native_contexts(count)) for _ in range(number)]

        def post(fleet: Any, barrier: threading.Barrier, times: list[float]) -> None:
            barrier.wait()
            begun = perf_counter_ns()
            fleet.remote.disconnect()
            times.append((perf_counter_ns() - begun) / count)

        def run(number: int) -> float:
            times: list[float] = []
            posted = fleets(number)
            barrier = threading.Barrier(number)
            threads = [threading.Thread(target=post, args=(fleet, barrier, times)) for fleet in posted]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            subsystem.dispatch()
            for fleet in posted:
                fleet.close()
            return max(times)

        run(2)
        rounds = [(run(2), run(1)) for _ in plan.rounds(9)]
    case = f"bulk post by two threads, {named(count)} each, the slower one against one alone"
    return Comparison("S5", case, "ns", rounds, Bound(2))


def s6(plan: Plan) -> Iterator[Comparison]:
    """What an edge costs among 10,000,000 sockets, against among 1,000."""
    small, large = 1000, plan.size(10_000_000)
    peers = [Peer(number) for number in range(large)]
    native = wsksim.native_handler(plan.reference.TOUCH)
    batch = wsksim.batch_handler(on_disconnects)
    for shuffled in (False, True):
        order = random_order(plan.reference, large) if shuffled else None
        few = random_order(plan.reference, small) if shuffled else None
        for name, handler, random_bound in (
            ("Python", on_disconnect, 2),
            ("batch", batch, 2.5),
            ("native", native, 2.5),
        ):
            few_contexts, contexts = _contexts(name, peers, small), _contexts(name, peers, large)
            little = Sockets(small, handler, contexts=few_contexts, order=few)
            big = Sockets(large, handler, contexts=contexts, order=order)
            little.per_edge(AT_LEAST)
            rounds = [(big.per_edge(), little.per_edge(AT_LEAST)) for _ in plan.rounds(4)]
            big.close()
            little.close()
            case = f"{name} handler, {'random order' if shuffled else 'in order'}, {named(large)} against 1 000"
            yield Comparison("S6", case, "ns", rounds, Bound(random_bound if shuffled else 1.4))


def _contexts(name: str, peers: list[Peer], count: int) -> Any:
    if name == "Python":
        return peers[:count]
    return native_contexts(count) if name == "native" else None


def s7(plan: Plan) -> Iterator[Row]:
    """Resident bytes of a connected socket."""
    if not Path("/proc/self/statm").exists():
        yield Skipped("S7", "memory of a socket", "resident memory is read from /proc/self/statm")
        return
    count = plan.size(10_000_000)
    idle, used, queued = resident_per_socket(count, "native")
    # The fleet's own list of handles, and the slot array of Python objects, are no part of the core.
    outside = 16
    case = f"{named(count)}, bytes in the core"
    yield Comparison("S7", f"{case}, idle", "B", [(idle - outside, 48)], Bound(1), "at most 48 B, stretch 40")
    for when, resident_then in (("one edge each queued", used), ("both edges of each queued at once", queued)):
        rounds = [(resident_then - outside, 48)]
        yield Comparison("S7", f"{case}, {when}", "B", rounds, Bound(1), "at most 48 B, stretch 40")
    with_objects, _, _ = resident_per_socket(count, "Python")
    # The slot array is what a context that is a Python object adds to its slot.
    more = [(with_objects - idle + 8, 16)]
    case = f"{named(count)}, contexts that are Python objects, more"
    yield Comparison("S7", case, "B", more, Bound(1), "at most 16 B")


def resident_per_socket(count: int, kind: str) -> tuple[float, float, float]:
    """Bytes per connected socket, with one edge of each queued, and with both; in a process of its own."""
    program = Path(__file__).with_name("resident.py")
    done = subprocess.run([sys.executable, program, kind, str(count)], capture_output=True, text=True, check=True)
    idle, used, queued = map(float, done.stdout.split())
    return idle, used, queued


def s8(plan: Plan) -> Iterator[Comparison]:
    """Opening and closing in bulk."""
    count = plan.size(1_000_000)
    native = wsksim.native_handler(plan.reference.TOUCH)
    contexts = native_contexts(count)
    opening, closing = [], []
    with wsksim.Subsystem() as subsystem:
        subsystem.connect_many(count, native, contexts=contexts).close()
        for _ in plan.rounds(11):
            begun = clock()
            fleet = subsystem.connect_many(count, native, contexts=contexts)
            between = clock()
            fleet.close()
            ended = clock()
            allowed = 5 * plan.add()
            opening.append(((between - begun) / count, allowed))
            closing.append(((ended - between) / count, allowed))
    yield Comparison("S8", f"open {named(count)} in bulk, against 5 adds", "ns", opening, Bound(1), "at most 5 adds")
    yield Comparison("S8", f"close {named(count)} in bulk, against 5 adds", "ns", closing, Bound(1), "at most 5 adds")
    yield fill(plan)


def fill(plan: Plan) -> Comparison:
    """Opens sockets in a fresh subsystem, against filling a dict with the same contexts."""
    count = plan.size(10_000_000)
    peers = [Peer(number) for number in range(count)]
    rounds = []
    for _ in plan.rounds(4):
        subsystem = wsksim.Subsystem()
        begun = clock()
        fleet = subsystem.connect_many(count, on_disconnect, contexts=peers)
        between = clock()
        if len(fleet) != count:
            raise RuntimeError(f"opened {len(fleet)} of {count}")
        fleet.close()
        subsystem.close()
        del fleet, subsystem
        before = clock()
        sockets = dict(enumerate(peers))
        rounds.append(((between - begun) / 1e6, (clock() - before) / 1e6))
        del sockets
    case = f"open {named(count)} at once, against filling a dict"
    return Comparison("S8", case, "ms", rounds, Bound(4, faster=True))
