"""S13: the libraries that people would call their handlers with, one call per event, which is their only way."""

from __future__ import annotations

import asyncio
import importlib
import queue
import threading
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from types import ModuleType
from typing import Any

import wsksim
from comparison import Bound, Comparison, Row, Skipped
from plan import Plan
from sockets import Peer, clock, on_disconnect, per_call

COUNT = 1000
AT_LEAST = 50_000
Run = Callable[[], object]

# Each library, and how many times faster ours has to be.
GOALS = {
    "asyncio call_soon": 12,
    "uvloop call_soon": 4,
    "rloop call_soon": 4,
    "blinker": 30,
    "pyee": 15,
    "psygnal": 35,
    "queue.Queue": 50,
    "asyncio call_soon_threadsafe": 100,
}
THREADED = ("queue.Queue", "asyncio call_soon_threadsafe")


def s13(plan: Plan) -> Iterator[Row]:
    """Bulk post and dispatch, 1,000 sockets, against each library."""
    peers = [Peer(number) for number in range(COUNT)]
    ours_bulk, single = Ours(peers), Ours(peers)
    for name, bound in GOALS.items():
        case = f"post in bulk + dispatch, 1 000 sockets, against {name}"
        try:
            run, close = MAKERS[name](peers)
        except ImportError as error:
            yield Skipped("S13", case, f"{error.name} is not installed")
            continue
        rounds = []
        for _ in plan.rounds(9):
            # Where a library uses two threads, the wall clock times both sides.
            used = perf_counter_ns if name in THREADED else clock
            ours = ours_bulk.per_edge(AT_LEAST, used)
            rounds.append((ours, per_call(run, COUNT, at_least=AT_LEAST, clock=used)))
        close()
        yield Comparison("S13", case, "ns", rounds, Bound(bound, faster=True))
    rounds = [
        (single.per_edge(AT_LEAST, clock, bulk=False), ours_bulk.per_edge(AT_LEAST, clock)) for _ in plan.rounds(9)
    ]
    yield Comparison("S13", "post one by one from Python + dispatch, against in bulk", "ns", rounds)


class Ours:
    """Posts and dispatches; opening and closing are not counted, as connecting is not for the libraries."""

    def __init__(self, peers: list[Peer]) -> None:
        self._peers = peers
        self._subsystem = wsksim.Subsystem()

    def per_edge(self, edges: int, clock: Callable[[], int], *, bulk: bool = True) -> float:
        """Nanoseconds from post to return of the handler, per edge."""
        taken = made = 0.0
        while made < edges:
            fleet = self._subsystem.connect_many(COUNT, on_disconnect, contexts=self._peers)
            remotes = [connection.remote for connection in fleet]
            taken += per_call(lambda: self._once(fleet, None if bulk else remotes), 1, clock=clock)  # noqa: B023 - called at once
            made += COUNT
            fleet.close()
        return taken / made

    def _once(self, fleet: wsksim.Fleet, remotes: list[wsksim.Remote] | None) -> None:
        if remotes is None:
            fleet.remote.disconnect()
        else:
            for remote in remotes:
                remote.disconnect()
        if self._subsystem.dispatch() != COUNT:
            raise RuntimeError("an edge was lost")


def _loop(make: Callable[[], asyncio.AbstractEventLoop], peers: list[Peer]) -> tuple[Run, Run]:
    loop = make()

    def run() -> None:
        call_soon = loop.call_soon
        for peer in peers:
            call_soon(on_disconnect, peer, 0)
        call_soon(loop.stop)
        loop.run_forever()

    return run, loop.close


def _from(module: str) -> Callable[[list[Peer]], tuple[Run, Run]]:
    return lambda peers: _loop(importlib.import_module(module).new_event_loop, peers)


def _threadsafe(peers: list[Peer]) -> tuple[Run, Run]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run() -> None:
        done = threading.Event()
        for peer in peers:
            loop.call_soon_threadsafe(on_disconnect, peer, 0)
        loop.call_soon_threadsafe(done.set)
        done.wait()

    def close() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    return run, close


def _queue(peers: list[Peer]) -> tuple[Run, Run]:
    waiting: queue.Queue[Any] = queue.Queue()

    def consume() -> None:
        while (item := waiting.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
            else:
                on_disconnect(item, 0)

    thread = threading.Thread(target=consume)
    thread.start()

    def run() -> None:
        done = threading.Event()
        for peer in peers:
            waiting.put(peer)
        waiting.put(done)
        done.wait()

    def close() -> None:
        waiting.put(None)
        thread.join()

    return run, close


def _blinker(peers: list[Peer]) -> tuple[Run, Run]:
    signal = importlib.import_module("blinker").Signal()

    def receiver(sender: Peer, flags: int) -> int:
        return on_disconnect(sender, flags)

    signal.connect(receiver)

    def run(keep: object = receiver) -> None:
        del keep
        for peer in peers:
            signal.send(peer, flags=0)

    return run, lambda: None


def _pyee(peers: list[Peer]) -> tuple[Run, Run]:
    emitter = importlib.import_module("pyee").EventEmitter()
    emitter.on("disconnect", on_disconnect)

    def run() -> None:
        for peer in peers:
            emitter.emit("disconnect", peer, 0)

    return run, lambda: None


def _psygnal(peers: list[Peer]) -> tuple[Run, Run]:
    psygnal: ModuleType = importlib.import_module("psygnal")
    signal = psygnal.SignalInstance((object, int))
    signal.connect(on_disconnect)

    def run() -> None:
        for peer in peers:
            signal.emit(peer, 0)

    return run, lambda: None


MAKERS: dict[str, Callable[[list[Peer]], tuple[Run, Run]]] = {
    "asyncio call_soon": lambda peers: _loop(asyncio.new_event_loop, peers),
    "uvloop call_soon": _from("uvloop"),
    "rloop call_soon": _from("rloop"),
    "blinker": _blinker,
    "pyee": _pyee,
    "psygnal": _psygnal,
    "queue.Queue": _queue,
    "asyncio call_soon_threadsafe": _threadsafe,
}
