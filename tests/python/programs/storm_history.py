"""A storm with a rate, its sockets closed and opened again while workers call, then the history checker over it.

Run with the extension that records its history: `storm_history.py KIND WORKERS EDGES`.
"""

import contextlib
import ctypes
import sys

import wsksim
from wsksim import _native
from wsksim.runs.contexts import make_supply

SOCKETS = 200

kind, workers, edges = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
assert _native.HISTORY, "this extension records no history"
sys.setswitchinterval(1e-5)
# labs(0) is 0: a C function that takes a word and answers STATUS_SUCCESS for NULL.
labs = ctypes.cast(ctypes.CDLL(None).labs, ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32))
handler = {
    "single": lambda context, flags: 0,
    "batch": wsksim.batch_handler(lambda contexts, flags: None),
    "native": wsksim.native_handler(labs),
}[kind]
subsystem = wsksim.Subsystem(seed=7, irql="mixed", max_sockets=SOCKETS + 4_096)
supply = make_supply("none" if kind == "native" else "int", handler, context_size=64)
storm = _native.Storm(
    subsystem,
    handler,
    sockets=SOCKETS,
    disconnects=edges,
    abortive=0.3,
    order="random",
    rate=5e6,
    arrivals="poisson",
    burst=1,
    sample=3,
    **supply,
)
storm.connect(SOCKETS)
with subsystem.workers(workers) if workers else contextlib.nullcontext():
    storm.begin()
    while not storm.pace(in_turn=not workers):
        pass
    if not workers:
        subsystem.dispatch()
books = subsystem.counters()
assert books["posted"] == books["indicated"], books
assert books["findings"] == 0, subsystem.findings
_, posts, calls = _native._check_history(subsystem)
print(posts, calls)
