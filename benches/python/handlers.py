"""S1 to S4 and S9: one indication with a Python, a batch and a native handler."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Any

import wsksim
from comparison import Bound, Comparison
from plan import Plan, named, python_is_at_least
from reference import random_order, today
from sockets import CONTEXT_BYTES, Peer, Sockets, native_contexts, on_disconnect, on_disconnects, per_call

AT_LEAST = 200_000
FLAGS = (0, 1, 8, 9)


class Loops:
    """The reference loops over the same contexts in the same order as `sockets`."""

    def __init__(self, plan: Plan, contexts: list[Peer], order: array[int]) -> None:
        self._limit = plan.reference.limit
        self._ordered = [contexts[number] for number in order]
        self._by_number = dict(enumerate(contexts))
        self._order = order
        self._kinds = bytes(len(order))

    def limit(self, *, prefetch: bool = False, at_least: int = 1) -> float:
        """The C loop."""
        arguments = (on_disconnect, self._ordered, FLAGS, self._kinds, prefetch)
        return self._timed(lambda: self._limit(*arguments), 0, at_least)

    def today(self, at_least: int = 1) -> float:
        """The Python loop over a dictionary."""
        return self._timed(lambda: today(on_disconnect, self._by_number, self._order, self._kinds), [], at_least)

    def _timed(self, loop: Callable[[], object], expected: object, at_least: int) -> float:
        def checked() -> None:
            if loop() != expected:
                raise RuntimeError("a reference loop got a wrong answer")

        return per_call(checked, len(self._order), at_least=at_least)


def s1(plan: Plan) -> Iterator[Comparison]:
    """Python handler, 1,000 sockets."""
    count = 1000
    contexts = [Peer(number) for number in range(count)]
    sockets = Sockets(count, on_disconnect, contexts=contexts)
    loops = Loops(plan, contexts, array("q", range(count)))
    ours, limits, todays, adds = [], [], [], []
    for _ in plan.rounds(21):
        ours.append(sockets.per_edge(AT_LEAST))
        limits.append(loops.limit(at_least=AT_LEAST))
        todays.append(loops.today(AT_LEAST))
        adds.append(plan.add())
    sockets.close()
    yield Comparison("S1", "an atomic add, beside the limit loop", "ns", list(zip(adds, limits, strict=True)))
    for number, wording in ((2, "at most limit + 2 adds"), (1, "stretch: at most limit + 1 add")):
        allowed = [limit + number * add for limit, add in zip(limits, adds, strict=True)]
        rounds = list(zip(ours, allowed, strict=True))
        case = f"Python handler, {named(count)}, against limit + {adds_of(number)}"
        yield Comparison("S1", case, "ns", rounds, Bound(1) if number == 2 else None, wording)
    case = f"Python handler, {named(count)}, against today"
    yield Comparison("S1", case, "ns", list(zip(ours, todays, strict=True)), Bound(1, faster=True), "faster than today")


def s2(plan: Plan) -> Iterator[Comparison]:
    """Python handler in random order, where caches do not help."""
    faster = 3.5 if python_is_at_least(12) else 2.5
    for count, rounds in ((1_000_000, 8), (10_000_000, 4)):
        count = plan.size(count)  # noqa: PLW2901 - a quick run is smaller
        order = random_order(plan.reference, count)
        contexts = [Peer(number) for number in range(count)]
        sockets = Sockets(count, on_disconnect, contexts=contexts, order=order)
        loops = Loops(plan, contexts, order)
        measured = []
        for _ in plan.rounds(rounds):
            ours = sockets.per_edge()
            measured.append((ours, loops.limit(), loops.limit(prefetch=True), loops.today()))
        sockets.close()
        what = f"Python handler, {named(count)}, random order, against"
        for side, name, bound in (
            (1, "limit", Bound(faster, faster=True)),
            (2, "a C loop that prefetches", Bound(1.6)),
            (3, "today", Bound(10, faster=True)),
        ):
            yield Comparison("S2", f"{what} {name}", "ns", [(row[0], row[side]) for row in measured], bound)


def s3(plan: Plan) -> Iterator[Comparison]:
    """Batch handler in random order."""
    count = plan.size(1_000_000)
    sockets = Sockets(count, wsksim.batch_handler(on_disconnects), order=random_order(plan.reference, count))
    rounds = [(sockets.per_edge(), 3 * plan.add()) for _ in plan.rounds(16)]
    sockets.close()
    case = f"batch handler, {named(count)}, random order, against 3 adds"
    yield Comparison("S3", case, "ns", rounds, Bound(1), "at most 3 adds")


def s4(plan: Plan) -> Iterator[Comparison]:
    """Native handler that touches its context, in random order."""
    handler = wsksim.native_handler(plan.reference.TOUCH)
    for count in (1000, plan.size(1_000_000)):
        order = random_order(plan.reference, count)
        contexts = native_contexts(count)
        sockets = Sockets(count, handler, contexts=contexts, order=order)
        pointers = addresses(contexts, order)
        measured = []
        for _ in plan.rounds(16):
            ours = sockets.per_edge(AT_LEAST)

            def loop(pointers: bytes = pointers) -> Any:
                return plan.reference.pointer_loop(plan.reference.TOUCH, pointers, 0)

            measured.append((ours, per_call(loop, count, at_least=AT_LEAST), plan.add()))
        sockets.close()
        for number, bound in ((3, Bound(1)), (1, None)):
            case = f"native handler, {named(count)}, random order, against the pointer loop + {adds_of(number)}"
            rounds = [(ours, bare + number * add) for ours, bare, add in measured]
            wording = f"{'' if bound else 'stretch: '}at most pointer loop + {adds_of(number)}"
            yield Comparison("S4", case, "ns", rounds, bound, wording)


def s9(plan: Plan) -> Iterator[Comparison]:
    """What the checks cost."""
    count = 1000
    contexts = [Peer(number) for number in range(count)]
    native = wsksim.native_handler(plan.reference.TOUCH)
    for name, handler, given in (
        ("Python", on_disconnect, contexts),
        ("batch", wsksim.batch_handler(on_disconnects), None),
        ("native", native, native_contexts(count)),
    ):
        report = Sockets(count, handler, contexts=given, check="report")
        off = Sockets(count, handler, contexts=given, check="off")
        rounds = [(report.per_edge(AT_LEAST), off.per_edge(AT_LEAST)) for _ in plan.rounds(21)]
        report.close()
        off.close()
        yield Comparison("S9", f'{name} handler, check="report" against "off"', "ns", rounds, Bound(1.05))


def adds_of(number: int) -> str:
    """A number of atomic adds as goals write it."""
    return "1 add" if number == 1 else f"{number} adds"


def addresses(contexts: Any, order: array[int]) -> bytes:
    """The address of each context, in order."""
    import ctypes

    first = ctypes.addressof(ctypes.c_char.from_buffer(contexts))
    return array("Q", [first + CONTEXT_BYTES * number for number in order]).tobytes()
