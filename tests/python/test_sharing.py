"""Long calls: other threads have the interpreter meanwhile."""

import threading
import time

import pytest

import wsksim
from wsksim import wsk

# A call that has all of them takes several turns of the interpreter, however quick the machine is.
MANY = 2_000_000


@pytest.fixture
def beats_during():
    """Says how often a thread that sleeps for milliseconds had its turn during a call, and what that returned."""
    count, ended = [0], threading.Event()

    def beat():
        while not ended.is_set():
            time.sleep(0.001)
            count[0] += 1

    thread = threading.Thread(target=beat)
    thread.start()

    def during(call):
        before = count[0]
        made = call()
        return count[0] - before, made

    yield during
    ended.set()
    thread.join()


@pytest.mark.slow
def test_a_waiting_thread_has_its_turn_while_a_fleet_is_dealt_with(beats_during):
    found = {}
    with wsksim.Subsystem() as subsystem:
        found["connect_many"], fleet = beats_during(lambda: subsystem.connect_many(MANY, lambda c, f: 0))
        found["handles"], handles = beats_during(lambda: fleet.handles)
        found["positions"], _ = beats_during(lambda: fleet[list(range(MANY))])
        found["disconnect"], _ = beats_during(lambda: fleet.remote.disconnect(0.5))
        found["close"], _ = beats_during(fleet.close)
    assert len(handles) == MANY
    assert min(found.values()) >= 2, found


@pytest.mark.slow
def test_a_waiting_thread_has_its_turn_while_a_crowd_comes(beats_during):
    with wsksim.Subsystem() as subsystem:
        listener = subsystem.network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"))
        beats, crowd = beats_during(lambda: subsystem.network.connect_many(listener.address, MANY // 4))
        aborting, _ = beats_during(crowd.abort)
    assert min(beats, aborting) >= 2
