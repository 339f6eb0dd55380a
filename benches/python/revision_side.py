"""One side of S16: reads `handler count` from its input and answers with nanoseconds per edge."""

from __future__ import annotations

import gc
import sys
from array import array
from functools import cache

import wsksim
from plan import Plan
from reference import random_order
from sockets import Peer, Sockets, native_contexts, on_disconnect, on_disconnects

AT_LEAST = 100_000


@cache
def sockets(handler: str, count: int) -> Sockets:
    """The sockets of one bench, made once."""
    plan = Plan()
    order: array[int] = random_order(plan.reference, count)
    if handler == "Python":
        return Sockets(count, on_disconnect, contexts=[Peer(number) for number in range(count)], order=order)
    if handler == "batch":
        return Sockets(count, wsksim.batch_handler(on_disconnects), order=order)
    native = wsksim.native_handler(plan.reference.TOUCH)
    return Sockets(count, native, contexts=native_contexts(count), order=order)


gc.disable()
for line in sys.stdin:
    kind, number = line.split()
    measured = sockets(kind, int(number)).per_edge(AT_LEAST)
    sys.stdout.write(f"{measured}\n")
    sys.stdout.flush()
