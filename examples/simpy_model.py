"""A SimPy model that embeds a Subsystem as its connection layer.

SimPy owns the time. Remote ends disconnect at drawn instants; the first edge of an idle moment plans one wake-up of
the driver, a fixed latency later, and that wake-up indicates a whole batch. A driver that may not take all at once
(`BATCH`) plans another wake-up for the rest. The same seed gives the same indications at the same instants.

    python simpy_model.py
"""

import random
from collections.abc import Generator
from typing import Any, Final

import simpy

import wsksim
from wsksim import wsk

CONNECTIONS: Final = 200
MEAN_LIFE_S: Final = 5.0
ABORTIVE: Final = 0.2
LATENCY_S: Final = 0.05
BATCH: Final = 8

Indication = tuple[float, int, str]


class Driver:
    """The application: it is woken once per batch, never per edge."""

    def __init__(self, env: simpy.Environment, subsystem: wsksim.Subsystem) -> None:
        self.env = env
        self.subsystem = subsystem
        self.indications: list[Indication] = []
        self.wake_ups = 0
        self._planned = False

    def on_disconnect(self, SocketContext: int, Flags: int) -> int:
        """Notes when which connection ended, and how."""
        kind = "abortive" if Flags & wsk.WSK_FLAG_ABORTIVE else "graceful"
        self.indications.append((self.env.now, SocketContext, kind))
        return wsk.STATUS_SUCCESS

    def edge_posted(self) -> None:
        """Plans a wake-up unless one is planned."""
        if not self._planned:
            self._planned = True
            self.env.process(self._wake_up())

    def _wake_up(self) -> Generator[Any, Any, None]:
        yield self.env.timeout(LATENCY_S)
        self._planned = False
        self.wake_ups += 1
        if self.subsystem.dispatch(limit=BATCH) == BATCH:
            self.edge_posted()  # perhaps there is more


def remote_end(
    env: simpy.Environment, driver: Driver, connection: wsksim.Connection, draws: random.Random
) -> Generator[Any, Any, None]:
    """Lives for a drawn time, then finishes or aborts."""
    yield env.timeout(draws.expovariate(1 / MEAN_LIFE_S))
    if draws.random() < ABORTIVE:
        connection.remote.abort()
    else:
        connection.remote.disconnect()
    driver.edge_posted()


def run(seed: int) -> Driver:
    """Runs the model to its end."""
    env = simpy.Environment()
    with wsksim.Subsystem(seed=seed) as subsystem:
        driver = Driver(env, subsystem)
        draws = random.Random(seed)  # noqa: S311 - a model's stream, not a secret
        for number in range(CONNECTIONS):
            connection = subsystem.connect(number, driver.on_disconnect)
            env.process(remote_end(env, driver, connection, draws))
        env.run()
    return driver


def order_of_indications(seed: int) -> list[Indication]:
    """Returns (instant, connection, kind) of each indication, in order."""
    return run(seed).indications


if __name__ == "__main__":
    finished = run(seed=7)
    for instant, number, kind in finished.indications[:5]:
        print(f"{instant:8.3f} s  connection {number:3d}  {kind}")
    print(f"{len(finished.indications)} indications in {finished.wake_ups} wake-ups")
