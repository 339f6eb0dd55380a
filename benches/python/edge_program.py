"""What `instructions.py` counts: `python edge_program.py KIND ROUNDS`, each round one edge to each of 5,000 sockets."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

import wsksim

COUNT = 5000
# Sockets are opened for so many rounds, however many are run.
MOST = 6


def on_disconnect(context: Any, flags: int) -> int:  # noqa: ARG001
    """The smallest handler there is."""
    return 0


def on_disconnects(contexts: Any, flags: Any) -> None:
    """Likewise, of a batch."""


def main() -> None:
    """Opens, and does so many rounds."""
    kind, rounds = sys.argv[1], int(sys.argv[2])
    gc.disable()
    subsystem = wsksim.Subsystem(irql="mixed") if kind == "mixed" else wsksim.Subsystem()
    handler: Any = on_disconnect
    if kind == "batch":
        handler = wsksim.batch_handler(on_disconnects)
    elif kind == "native":
        handler = wsksim.native_handler(ctypes.CDLL(None).labs)
    contexts: list[Any] | None = [object() for _ in range(COUNT * MOST)]
    if kind in ("batch", "native"):
        # A batch's contexts are numbers.
        contexts = list(range(COUNT * MOST)) if kind == "batch" else None
    fleet = subsystem.connect_many(COUNT * MOST, handler, contexts=contexts)
    remotes = [fleet[at * COUNT : (at + 1) * COUNT].remote for at in range(MOST)]
    for remote in remotes[:rounds]:
        remote.disconnect()
        if kind != "post":
            subsystem.dispatch()


if __name__ == "__main__":
    main()
