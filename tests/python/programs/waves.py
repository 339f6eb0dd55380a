"""Opens and closes three million sockets five times; prints what stays, with and without what the allocator keeps.

Resident bytes per socket with the first wave open, without the caller's list of handles; then, with everything closed,
how many bytes more than that stay in all, and how many per socket once glibc was asked to give back what is free.
"""

import ctypes
import os
from pathlib import Path

import wsksim

SOCKETS = 3_000_000
WAVES = 5
HANDLE = 8  # bytes of one handle in the caller's fleet


def resident():
    """Resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


libc = ctypes.CDLL(None)
labs = ctypes.cast(libc.labs, ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32))
handler = wsksim.native_handler(labs)
subsystem = wsksim.Subsystem()
subsystem.connect_many(10, handler).close()
before = resident()
opened = None
for _ in range(WAVES):
    fleet = subsystem.connect_many(SOCKETS, handler)
    opened = opened or resident() - before - HANDLE * SOCKETS
    fleet.close()
    del fleet
kept = resident() - before - opened
libc.malloc_trim(0)
left = resident() - before
print(f"{opened / SOCKETS:.1f} {kept} {left / SOCKETS:.1f}")
