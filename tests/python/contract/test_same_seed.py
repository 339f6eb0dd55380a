"""The same seed gives the same history, also in other processes, and so do the same choices, with any seed.

A history holds every call with what it answered, every completion and every indication, in the order in which the
application saw them, each with its socket.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wsksim
from harness import ABORTIVE, DISC, GRACEFUL, RECV, World, data

PAIRS = 6


def history(seed, schedule="fifo"):
    return chosen(seed, schedule)[0]


def chosen(seed, schedule, choices=None):
    """The history, and all that was chosen."""
    world, seen = World(seed=seed, schedule=schedule, choices=choices, irql="mixed", window=4), []

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
    listed = world.subsystem.choices
    world.end()
    return seen, listed


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


SCHEDULES = ["fifo", "explore", "pct:0", "pct:3"]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_same_seed_gives_the_same_history(schedule):
    assert digest(7, schedule) == digest(7, schedule)


@pytest.mark.parametrize("schedule", ["explore", "pct:3"])
def test_another_seed_explores_another_history(schedule):
    assert len({digest(seed, schedule) for seed in range(20)}) == 20
    orders = {repr([entry[:2] for entry in history(seed, schedule)]) for seed in range(20)}
    assert len(orders) > 10, "the order differs, not only the levels"


# --- choices ---


@pytest.mark.slow
@pytest.mark.parametrize("schedule", SCHEDULES)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**64 - 1), other=st.integers(0, 2**64 - 1))
def test_a_list_of_choices_repeats_a_history_with_any_seed(schedule, seed, other):
    seen, listed = chosen(seed, schedule)
    assert chosen(other, schedule, listed) == (seen, listed)
    if schedule != "fifo":
        assert chosen(other, "explore", listed) == (seen, listed)


def test_no_choices_are_the_plainest_history():
    seen, listed = chosen(7, "explore", [])
    assert set(listed) == {0}
    assert not any(entry[2] & 8 for entry in seen if entry[1] == "WskDisconnectEvent")
    world_order = [entry[:2] for entry in seen if entry[2] != "completed"]
    plain = [entry[:2] for entry in history(7) if entry[2] != "completed"]
    assert world_order == plain


@settings(max_examples=40, deadline=None, derandomize=True)
@given(choices=st.lists(st.integers(0, 2**32 - 1), max_size=300))
def test_any_list_of_choices_is_a_history_that_can_be_repeated(choices):
    seen, listed = chosen(0, "explore", choices)
    assert sum(entry[1] == "WskDisconnectEvent" for entry in seen) == PAIRS
    assert chosen(1, "explore", listed) == (seen, listed)


def test_choices_are_made_once_and_kept_as_numbers():
    subsystem = wsksim.Subsystem(schedule="pct:2")
    assert (subsystem.schedule, subsystem.choices) == ("pct:2", [])
    subsystem.connect_many(3, lambda SocketContext, Flags: 0).remote.disconnect()
    assert subsystem.dispatch() == 3
    assert len(subsystem.choices) == 2, "of three, of two; what is left is no choice"
    with wsksim.Subsystem() as plain:
        plain.connect_many(3, lambda SocketContext, Flags: 0).remote.disconnect()
        assert plain.dispatch() == 3
        assert plain.choices == []


def test_what_workers_do_cannot_be_chosen_again():
    with wsksim.Subsystem(schedule="explore", choices=[1]) as subsystem:
        with pytest.raises(wsksim.DriveError, match=r"workers: .* use dispatch\(\)"), subsystem.workers(1):
            pass
        assert subsystem.dispatch() == 0
    with wsksim.Subsystem(schedule="explore") as subsystem:
        with subsystem.workers(1):
            subsystem.connect(None, lambda SocketContext, Flags: 0).remote.disconnect()
        with pytest.raises(wsksim.DriveError, match=r"choices: .* drive with dispatch"):
            _ = subsystem.choices


@pytest.mark.parametrize(
    "wrong", ["pct", "pct:", "pct:-1", "pct:+1", "pct:101", "pct:1.5", "PCT:1", "lifo", "", 3, None]
)
def test_a_schedule_is_one_of_three(wrong):
    with pytest.raises(ValueError, match=r'schedule: asked for .*; give "fifo", "explore", or "pct:N"'):
        wsksim.Subsystem(schedule=wrong)


@pytest.mark.parametrize("wrong", ["12", 7, 1.5, [1.5], ["1"], [None], [-1], [2**32], [2**70]])
def test_choices_are_numbers(wrong):
    with pytest.raises((TypeError, ValueError), match="choices: "):
        wsksim.Subsystem(choices=wrong)


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["fifo", "explore", "pct:3"])
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
