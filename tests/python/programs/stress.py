"""Posts, closes, disables and reopens from eight threads under workers, then checks the history.

Run with the extension that records its history: `stress.py KIND WORKERS SEED ROUNDS`.
"""

import ctypes
import random
import sys
import threading

import wsksim
from wsksim import _native

POSTERS = 8
SOCKETS = 64


def handler_of(kind, called):
    """A handler of one kind, which counts its calls where that costs nothing."""
    if kind == "batch":

        def batch(contexts, flags):
            called.append(len(contexts))

        return wsksim.batch_handler(batch)
    if kind == "native":
        libc = ctypes.CDLL(None)
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
        # labs(0) is 0: a C function that takes a word and answers STATUS_SUCCESS for NULL.
        return wsksim.native_handler(ctypes.cast(libc.labs, prototype))

    def single(SocketContext, Flags):
        called.append(1)
        return 0

    return single


def post(subsystem, handler, seed, rounds):
    """One thread: its own sockets and, for posts, those of the others."""
    draw = random.Random(seed)
    fleets = [subsystem.connect_many(SOCKETS, handler, contexts=CONTEXTS)]
    everyone.append(fleets)
    for _ in range(rounds):
        other = draw.choice(everyone)[-1]
        one = other[draw.randrange(SOCKETS)]
        what = draw.randrange(10)
        if what < 3:
            one.remote.disconnect()
        elif what < 5:
            one.remote.abort()
        elif what == 5:
            other.remote.disconnect(abortive=0.3)
        elif what == 6:
            one.disable()
        elif what == 7:
            one.enable()
        elif what == 8:
            one.close()
        else:
            fleets[-1].close()
            fleets[-1] = subsystem.connect_many(SOCKETS, handler, contexts=CONTEXTS, enabled=draw.random() < 0.8)


kind, workers, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
CONTEXTS = [0] * SOCKETS if kind == "native" else None
everyone = []
called = []
assert _native.HISTORY, "this extension records no history"
sys.setswitchinterval(1e-5)
subsystem = wsksim.Subsystem(seed=seed, irql="mixed")
handler = handler_of(kind, called)
everyone.append([subsystem.connect_many(SOCKETS, handler, contexts=CONTEXTS)])
threads = [
    threading.Thread(target=post, args=(subsystem, handler, seed * 100 + number, rounds)) for number in range(POSTERS)
]
with subsystem.workers(workers):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
books = subsystem.counters()
posted, indicated = sum(books["posted"].values()), sum(books["indicated"].values())
assert posted == indicated + sum(books["withheld"].values()) + sum(books["pending"].values()), books
assert books["pending"]["queued"] == 0, books
# Threads use connections that others have closed, on purpose; nothing else is wrong.
assert {finding.rule for finding in subsystem.findings} <= {"C-16"}, subsystem.findings
assert kind == "native" or sum(called) == indicated, (sum(called), books)
sockets, checked_posts, checked_calls = _native._check_history(subsystem)
assert (checked_posts, checked_calls) == (posted, indicated)
print(f"{sockets} sockets, {posted} edges, {indicated} calls")
