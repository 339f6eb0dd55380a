"""A long storm with a C handler that counts for itself: are the books exact, and does memory stand still?

`accounting.py EDGES SOCKETS WORKERS [RATE]` needs a C compiler (`cc`, or the one that CC names) and prints one JSON
object.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import wsksim
from wsksim.cli.numbers import Count

ABORTIVE = 0.15
SEED = 7
# What Python and the allocator may take and give back while nothing of ours grows.
NOISE = 8 << 20

HANDLER = """
#include "wsksim.h"

LONG64 graceful, abortive;

NTSTATUS WSKAPI Counts(PVOID SocketContext, ULONG Flags)
{
    LONG *calls = (LONG *)SocketContext;
    InterlockedIncrement64(Flags & WSK_FLAG_ABORTIVE ? &abortive : &graceful);
    return ++*calls == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; /* each life has a fresh block and one edge */
}
"""


def resident():
    """Resident bytes of this process; 0 where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def build(folder):
    """Compiles the handler."""
    source, library = Path(folder, "counts.c"), Path(folder, "counts.so")
    source.write_text(HANDLER)
    include = Path(wsksim.__file__).parent / "include"
    command = [os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", f"-I{include}", "-o", library, source]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


rate = sys.argv[4] if len(sys.argv) > 4 else None
edges, sockets, workers = (Count(0, 2**53).convert(text, None, None) for text in sys.argv[1:4])
with tempfile.TemporaryDirectory() as place:
    counting = build(place)
function = ctypes.cast(counting.Counts, ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32))
# Resident bytes once every socket was opened a second time, and the most that was seen from then on.
settled = most = 0


def look(done, total):
    """Notes resident memory from the second round on."""
    global settled, most  # noqa: PLW0603 - a program's own
    if done < 2 * sockets:
        return
    now = resident()
    settled = settled or now
    most = max(most, now)


began, processor = time.perf_counter(), time.process_time()
handler = wsksim.native_handler(function)
report = wsksim.storm(
    handler,
    sockets=sockets,
    disconnects=edges,
    abortive=ABORTIVE,
    rate=rate,
    seed=SEED,
    workers=workers,
    progress=look,
)
elapsed, processor = time.perf_counter() - began, time.process_time() - processor

own = {
    "graceful": ctypes.c_int64.in_dll(counting, "graceful").value,
    "abortive": ctypes.c_int64.in_dll(counting, "abortive").value,
}
assert report.posted == report.indicated == own, (report.posted, report.indicated, own)
assert sum(own.values()) == edges, own
assert report.balanced, report
assert {*report.withheld.values(), *report.pending.values(), *report.refused.values()} == {0}, report
assert report.findings == 0, report.finding_list
assert most - settled <= NOISE, f"resident memory grew by {most - settled:,} bytes"
result = {
    "edges": edges,
    "sockets": sockets,
    "workers": workers,
    **own,
    "plan": report.storm["plan"],
    "elapsed_s": round(elapsed, 2),
    "processor_s": round(processor, 2),
    "grown_bytes": most - settled,
    "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}
print(json.dumps(result))
