"""The same seed gives the same history, also in other processes; another one, with schedule="explore", another.

A history holds every call with what it answered, every completion and every indication, in the order in which the
application saw them, each with its socket.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ABORTIVE, DISC, GRACEFUL, RECV, World, data

PAIRS = 6


def history(seed, schedule="fifo"):
    world, seen = World(seed=seed, schedule=schedule, irql="mixed", window=4), []

    def ask(socket, name, *arguments):
        def routine(request):
            seen.append((socket, name, "completed", request.status, request.information))

        function = getattr(sockets[socket], name)
        seen.append((socket, name, "called", world.ask(function, *arguments, then=routine).returned))

    def listen(socket, ears):
        def on_disconnect(SocketContext, Flags):
            seen.append((socket, "WskDisconnectEvent", Flags))
            ask(socket, "WskCloseSocket")
            return 0

        def on_receive(DataIndication, BytesAccepted):
            seen.append((socket, "WskReceiveEvent", DataIndication and DataIndication.Buffer.tobytes()))
            return 0

        ears.on_disconnect, ears.on_receive = on_disconnect, on_receive

    sockets = {}
    for number in range(PAIRS):
        pair = world.pair(DISC | RECV)
        sockets["a", number], sockets["b", number] = pair.a, pair.b
        listen(("a", number), pair.ears)
    for number in range(PAIRS):
        ask(("b", number), "WskReceive", data(9), 0)
        ask(("b", number), "WskSend", data(bytes([number]) * 7), 0)
        ask(("a", number), "WskSend", data(bytes([number]) * 5), 0)
        ask(("b", number), "WskDisconnect", None, ABORTIVE if number % 2 else GRACEFUL)
    world.drive()
    world.end()
    return seen


def digest(seed, schedule):
    return hashlib.sha256(repr(history(seed, schedule)).encode()).hexdigest()


def test_a_history_holds_calls_completions_and_indications():
    seen = history(7)
    assert {entry[1] for entry in seen if entry[2] == "called"} == {
        "WskReceive", "WskSend", "WskDisconnect", "WskCloseSocket",
    }  # fmt: skip
    assert sum(entry[2] == "called" for entry in seen) == sum(entry[2] == "completed" for entry in seen)
    assert sum(entry[1] == "WskDisconnectEvent" for entry in seen) == PAIRS
    assert {entry[2] & 8 for entry in seen if entry[1] == "WskDisconnectEvent"} == {0, 8}
    assert any(entry[1] == "WskReceiveEvent" for entry in seen)


@pytest.mark.parametrize("schedule", ["fifo", "explore"])
def test_the_same_seed_gives_the_same_history(schedule):
    assert digest(7, schedule) == digest(7, schedule)


def test_another_seed_explores_another_history():
    assert len({digest(seed, "explore") for seed in range(20)}) == 20
    orders = {repr([entry[:2] for entry in history(seed, "explore")]) for seed in range(20)}
    assert len(orders) > 10, "the order differs, not only the levels"


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["fifo", "explore"])
def test_the_same_seed_gives_the_same_history_in_two_processes(schedule):
    folder = Path(__file__).parent
    program = f"import test_same_seed; print(*(test_same_seed.digest(seed, {schedule!r}) for seed in (7, 8)))"
    found = []
    for hashes in "12":  # Python's own hashes differ from process to process
        paths = os.pathsep.join([str(folder), str(folder.parent)])
        variables = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": hashes}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
        found.append(done.stdout.split())
    assert found[0] == found[1] == [digest(7, schedule), digest(8, schedule)]
    assert found[0][0] != found[0][1]
