"""Storms: every edge accounted for, the same edges for the same seed, contexts refilled."""

import ctypes
import itertools
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wsksim
from wsksim import wsk
from wsksim.errors import ContractError


def good(SocketContext, Flags):
    return wsk.STATUS_SUCCESS


def test_every_disconnect_is_indicated():
    report = wsksim.storm(good, sockets=100, disconnects=1_050, abortive=0.5, seed=3)
    assert report.balanced
    assert sum(report.posted.values()) == sum(report.indicated.values()) == 1_050
    assert report.posted == report.indicated
    assert set(report.withheld.values()) == {0}
    assert set(report.refused.values()) == {0}
    assert report.findings == 0
    assert report.exit_code == 0
    assert report.verb == "run"
    assert report.handler.endswith("good")


def test_as_many_disconnects_as_sockets_if_none_are_named():
    assert sum(wsksim.storm(good, sockets=77).indicated.values()) == 77


@pytest.mark.parametrize(("abortive", "kinds"), [(0.0, (500, 0)), (1.0, (0, 500)), (0, (500, 0)), (1, (0, 500))])
def test_share_of_none_or_all_is_exact(abortive, kinds):
    report = wsksim.storm(good, sockets=50, disconnects=500, abortive=abortive)
    assert (report.indicated["graceful"], report.indicated["abortive"]) == kinds


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 200), st.integers(1, 50), st.floats(0, 1), st.integers(0, 2**64 - 1))
def test_every_plan_is_carried_out_to_the_last_edge(sockets, disconnects, chunk, abortive, seed):
    seen = []
    report = wsksim.storm(
        lambda context, flags: seen.append((context["id"], flags)) or 0,
        sockets=sockets,
        disconnects=disconnects,
        chunk=chunk,
        abortive=abortive,
        seed=seed,
    )
    assert len(seen) == disconnects
    assert report.indicated["abortive"] == sum(flags for _, flags in seen)
    order = itertools.islice(itertools.cycle(range(sockets)), disconnects)
    assert sorted(number for number, _ in seen) == sorted(order)
    assert report.balanced


def edges(*, workers=0, seed=7, chunk=64):
    """Each socket's kinds, in the order of its reopenings."""
    kinds = {}
    wsksim.storm(
        lambda number, flags: kinds.setdefault(number, []).append(flags & wsk.WSK_FLAG_ABORTIVE) or 0,
        sockets=200,
        disconnects=1_000,
        abortive=0.3,
        seed=seed,
        workers=workers,
        chunk=chunk,
        contexts="int",
    )
    return kinds


def test_same_seed_gives_the_same_edges_with_any_number_of_workers():
    alone = edges()
    assert edges() == alone
    assert edges(workers=1) == alone
    assert edges(workers=3) == alone
    assert edges(seed=8) != alone


def test_each_reopening_finds_a_fresh_dict():
    found = []

    def handler(SocketContext, Flags):
        found.append(dict(SocketContext))
        SocketContext["left behind"] = Flags
        return 0

    wsksim.storm(handler, sockets=3, disconnects=9)
    assert found == [{"id": number} for _ in range(3) for number in range(3)]


@pytest.mark.parametrize(
    ("contexts", "expected"),
    [
        ("int", [0, 1, 2]),
        ("none", [None] * 3),
        (lambda number: f"socket {number}", ["socket 0", "socket 1", "socket 2"]),
    ],
    ids=["int", "none", "callable"],
)
def test_context_is_what_was_chosen(contexts, expected):
    seen = []
    wsksim.storm(lambda context, flags: seen.append(context) or 0, sockets=3, contexts=contexts)
    assert seen == expected


def test_batch_handler_gets_the_sockets_numbers():
    seen = []

    @wsksim.batch_handler
    def handler(contexts, flags):
        seen.extend(zip(map(int, contexts), map(int, flags), strict=True))

    report = wsksim.storm(handler, sockets=100, disconnects=250, chunk=30, abortive=1.0)
    assert sum(report.indicated.values()) == 250
    assert report.findings == 0
    assert sorted(seen) == sorted((number % 100, 1) for number in range(250))


def test_native_handler_gets_a_zeroed_block_each_time(c_library):
    prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
    found = []

    def handler(context, flags):
        block = (ctypes.c_ubyte * 96).from_address(context)
        found.append(bytes(block))
        ctypes.memset(context, 0xFF, 96)
        return 0

    report = wsksim.storm(wsksim.native_handler(prototype(handler)), sockets=5, disconnects=20, context_size=96)
    assert report.findings == 0
    assert found == [bytes(96)] * 20


@pytest.mark.parametrize(("contexts", "expected"), [("int", [None, 1, 2]), ("none", [None] * 3)])
def test_native_handler_gets_numbers_or_null(contexts, expected):
    seen = []
    prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
    function = prototype(lambda context, flags: seen.append(context) or 0)
    wsksim.storm(wsksim.native_handler(function), sockets=3, contexts=contexts)
    assert seen == expected


def test_workers_call_a_native_handler(c_library):
    report = wsksim.storm(f"{c_library}:Good", sockets=1_000, disconnects=5_000, workers=2)
    assert report.indicated == {"graceful": 5_000, "abortive": 0}
    assert report.findings == 0


@pytest.mark.rule("D-8")
def test_breaches_are_counted_beyond_the_first_hundred():
    report = wsksim.storm(lambda context, flags: None, sockets=150)
    assert report.findings == 150
    assert [(finding.rule, finding.count) for finding in report.finding_list] == [("D-8", 150)]
    assert report.exit_code == 1
    assert report.balanced


@pytest.mark.rule("D-8")
def test_runs_complete_as_mostly_in_windows(captures):
    # I-18; a bare subsystem completes inline.
    capture = captures / "mixed_v4.pcap"
    for report in (wsksim.storm(lambda context, flags: None), wsksim.replay(capture, lambda context, flags: None)):
        [finding] = report.finding_list
        assert finding.policies["completions"] == "windows"
        assert "completions windows" in str(finding)


def test_breach_raises_if_asked_for():
    with pytest.raises(ContractError) as caught:
        wsksim.storm(lambda context, flags: wsk.STATUS_PENDING, sockets=10, check="raise")
    assert caught.value.finding.rule == "D-8"


@pytest.mark.rule("D-7")
@pytest.mark.parametrize(("irql", "flags"), [("passive", {0}), ("dispatch", {8}), ("mixed", {0, 8})])
def test_level_is_told_by_the_flags(irql, flags):
    seen = []
    wsksim.storm(lambda context, flags: seen.append(flags) or 0, sockets=200, irql=irql, seed=1)
    assert set(seen) == flags


def test_progress_is_told_after_each_chunk():
    told = []
    wsksim.storm(good, sockets=10, disconnects=25, chunk=4, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (25, 25)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_ctrl_c_ends_in_a_report_that_balances():
    calls = itertools.count(1)

    def handler(SocketContext, Flags):
        if next(calls) == 70:
            raise KeyboardInterrupt
        return 0

    report = wsksim.storm(handler, sockets=50, disconnects=1_000)
    assert report.interrupted
    assert report.partial
    assert report.balanced
    assert report.exit_code == 130
    assert sum(report.indicated.values()) == 70
    assert sum(report.posted.values()) == 100
    assert report.pending["queued"] == 30


def test_handler_that_closes_the_subsystem_ends_the_run(closer):
    handler, contexts = closer
    for disconnects in (10, 100):
        report = wsksim.storm(handler, sockets=10, disconnects=disconnects, contexts=contexts)
        assert report.stopped == "the handler closed the subsystem"
        assert report.exit_code == 3
        assert report.balanced
        assert sum(report.indicated.values()) == 1
        assert report.withheld["closed"] == 9


@pytest.mark.parametrize("workers", [0, 2])
def test_handler_that_leaves_ends_the_run_with_a_finding(workers):
    report = wsksim.storm(lambda context, flags: sys.exit(0), sockets=10, workers=workers)
    assert report.stopped == "the handler raised SystemExit"
    assert report.findings >= 1
    assert report.balanced
    assert sum(report.indicated.values()) >= 1
    assert report.exit_code == 3


def test_program_that_leaves_is_not_held_back():
    with pytest.raises(SystemExit):
        wsksim.storm(good, sockets=10, progress=lambda done, total: sys.exit(3))
