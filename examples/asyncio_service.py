"""An asyncio program that embeds a Subsystem.

The event loop owns the time and the thread. Posting an edge plans one call of the pump with `call_soon`; the pump
indicates a batch on the loop's thread, and if there may be more, plans itself again, so that other tasks run in
between. The indications arrive in a queue that ordinary coroutines read. The remote ends wait by turns of the loop
instead of by the clock, so the same seed gives the same order.

    python asyncio_service.py
"""

import asyncio
import random
from typing import Final

import wsksim
from wsksim import wsk

CONNECTIONS: Final = 200
TURNS: Final = 50
ABORTIVE: Final = 0.2
BATCH: Final = 16

Indication = tuple[int, str]


class Pump:
    """Calls `dispatch` on the loop's thread, once per batch."""

    def __init__(self, subsystem: wsksim.Subsystem) -> None:
        self.subsystem = subsystem
        self.arrived: asyncio.Queue[Indication] = asyncio.Queue()
        self.wake_ups = 0
        self._planned = False

    def on_disconnect(self, SocketContext: int, Flags: int) -> int:
        """Hands the indication to the coroutines; a handler itself must never wait (D-10)."""
        self.arrived.put_nowait((SocketContext, "abortive" if Flags & wsk.WSK_FLAG_ABORTIVE else "graceful"))
        return wsk.STATUS_SUCCESS

    def edge_posted(self) -> None:
        """Plans a call of the pump unless one is planned."""
        if not self._planned:
            self._planned = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._planned = False
        self.wake_ups += 1
        if self.subsystem.dispatch(limit=BATCH) == BATCH:
            self.edge_posted()  # perhaps there is more


async def remote_end(pump: Pump, connection: wsksim.Connection, *, turns: int, abortive: bool) -> None:
    """Lives for some turns of the loop, then finishes or aborts."""
    for _ in range(turns):
        await asyncio.sleep(0)
    if abortive:
        connection.remote.abort()
    else:
        connection.remote.disconnect()
    pump.edge_posted()


async def run(seed: int) -> tuple[list[Indication], int]:
    """Runs all remote ends, and collects as many indications as there are connections."""
    draws = random.Random(seed)  # noqa: S311 - a model's stream, not a secret
    with wsksim.Subsystem(seed=seed) as subsystem:
        pump = Pump(subsystem)
        async with asyncio.TaskGroup() as group:
            for number in range(CONNECTIONS):
                connection = subsystem.connect(number, pump.on_disconnect)
                turns, abortive = draws.randrange(TURNS), draws.random() < ABORTIVE
                group.create_task(remote_end(pump, connection, turns=turns, abortive=abortive))
            order = [await pump.arrived.get() for _ in range(CONNECTIONS)]
    return order, pump.wake_ups


def order_of_indications(seed: int) -> list[Indication]:
    """Returns (connection, kind) of each indication, in order."""
    return asyncio.run(run(seed))[0]


if __name__ == "__main__":
    indications, wake_ups = asyncio.run(run(seed=7))
    for number, kind in indications[:5]:
        print(f"connection {number:3d}  {kind}")
    print(f"{len(indications)} indications in {wake_ups} wake-ups")
