"""Disconnect handlers in Python: one for single sockets, one for whole batches.

Run them:

    wsksim run wsksim.examples.handler:on_disconnect --sockets 100k --abortive 15%
    wsksim run wsksim.examples.handler:count_disconnects --sockets 1M
    wsksim replay "$(wsksim --examples)/mixed_v4.pcap" wsksim.examples.handler:on_disconnect
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import wsksim
from wsksim import wsk


def on_disconnect(SocketContext: dict[str, Any], Flags: int) -> int:
    """Notes in the socket's context how its connection ended.

    A graceful disconnect ends the remote's half only, so this side would now send what it still has and
    disconnect too. After an abortive one nothing is left to send.
    """
    SocketContext["ended"] = "abortive" if Flags & wsk.WSK_FLAG_ABORTIVE else "graceful"
    return wsk.STATUS_SUCCESS


ended: Counter[str] = Counter()


@wsksim.batch_handler
def count_disconnects(contexts: Sequence[int], flags: Sequence[int]) -> None:
    """Counts many disconnects at a time; returning None means STATUS_SUCCESS for each."""
    abortive = sum(one & wsk.WSK_FLAG_ABORTIVE for one in flags)
    ended["abortive"] += abortive
    ended["graceful"] += len(contexts) - abortive
