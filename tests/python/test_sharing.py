"""Long calls: other threads have the interpreter meanwhile."""

import threading
import time

import pytest

import wsksim
from wsksim import wsk

MANY = 2_000_000
# A call that takes so long, in seconds, has to let others have several turns of the interpreter.
LONG = 0.2


@pytest.fixture
def shared_during():
    """Says whether a thread that sleeps had its turns during a call, if that was long, and what it returned."""
    count, ended = [0], threading.Event()

    def beat():
        while not ended.is_set():
            time.sleep(0.001)
            count[0] += 1

    thread = threading.Thread(target=beat)
    thread.start()

    def during(call):
        before, began = count[0], time.monotonic()
        made = call()
        beats, seconds = count[0] - before, time.monotonic() - began
        return seconds < LONG or beats >= 2, made

    yield during
    ended.set()
    thread.join()


@pytest.mark.slow
def test_a_waiting_thread_has_its_turn_while_a_fleet_is_dealt_with(shared_during):
    found = {}
    with wsksim.Subsystem() as subsystem:
        found["connect_many"], fleet = shared_during(lambda: subsystem.connect_many(MANY, lambda c, f: 0))
        found["handles"], handles = shared_during(lambda: fleet.handles)
        found["positions"], _ = shared_during(lambda: fleet[list(range(MANY))])
        found["disconnect"], _ = shared_during(lambda: fleet.remote.disconnect(0.5))
        found["close"], _ = shared_during(fleet.close)
    assert len(handles) == MANY
    assert all(found.values()), found


@pytest.mark.slow
def test_a_waiting_thread_has_its_turn_while_a_crowd_comes(shared_during):
    with wsksim.Subsystem() as subsystem:
        listener = subsystem.network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"))
        connecting, crowd = shared_during(lambda: subsystem.network.connect_many(listener.address, MANY // 2))
        aborting, _ = shared_during(crowd.abort)
    assert (connecting, aborting) == (True, True)
