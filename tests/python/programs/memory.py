"""Opens ten million sockets twice and prints resident bytes per socket, and what the second wave added."""

import ctypes
import os
from pathlib import Path

import wsksim
from wsksim import wsk

SOCKETS = 10_000_000


def resident():
    """Resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


labs = ctypes.cast(ctypes.CDLL(None).labs, ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32))
handler = wsksim.native_handler(labs)
subsystem = wsksim.Subsystem()
subsystem.connect_many(10, handler).close()
before = resident()
fleet = subsystem.connect_many(SOCKETS, handler)
fleet.remote.disconnect()
assert subsystem.dispatch() == SOCKETS
# The caller's own list of handles, and the slot array of Python objects, are no part of the core.
outside = 8 * SOCKETS + 8 * SOCKETS
first = resident() - before - outside
stale = fleet[0]
assert fleet.close() == {wsk.STATUS_SUCCESS: SOCKETS}
between = resident()
del fleet
fleet = subsystem.connect_many(SOCKETS, handler)
fleet.remote.abort()
assert subsystem.dispatch() == SOCKETS
second = resident() - between
assert stale.remote.abort() is wsksim.Answer.STALE
assert stale.close() == wsk.STATUS_FILE_FORCED_CLOSED
print(f"{first / SOCKETS:.1f} {second / SOCKETS:.2f}")
