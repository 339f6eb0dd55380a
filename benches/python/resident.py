"""Prints resident bytes per socket, idle, with one edge of each queued, with both: `resident.py <kind> <count>`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import wsksim
from plan import Plan
from sockets import Peer, on_disconnect


def resident() -> int:
    """Resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Measures what the command line names."""
    kind, count = sys.argv[1], int(sys.argv[2])
    handler: Any = on_disconnect if kind == "Python" else wsksim.native_handler(Plan().reference.TOUCH)
    # What the application has anyway is made before the first look.
    contexts = [Peer(number) for number in range(count)] if kind == "Python" else None
    with wsksim.Subsystem() as subsystem:
        subsystem.connect_many(10, handler, contexts=contexts and contexts[:10]).close()
        before = resident()
        fleet = subsystem.connect_many(count, handler, contexts=contexts)
        print((resident() - before) / count)
        fleet.remote.disconnect()
        print((resident() - before) / count)
        fleet.remote.abort()
        print((resident() - before) / count)


if __name__ == "__main__":
    main()
