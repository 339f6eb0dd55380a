"""Wrong arguments: each is refused with what was asked, what was found, and what to do."""

import random

import pytest

import wsksim
from wsksim.errors import CaptureError

TEXT = r"asked for .*; found .*; "


def good(SocketContext, Flags):
    return 0


@pytest.mark.parametrize(
    "bad",
    [
        {"sockets": 0},
        {"sockets": -1},
        {"sockets": 2**28 + 1},
        {"sockets": 10**30},
        {"disconnects": -1},
        {"disconnects": 2**53 + 1},
        {"disconnects": 10**400},
        {"workers": -1},
        {"workers": 10**6},
        {"seed": -1},
        {"seed": 2**64},
        {"chunk": 0},
        {"context_size": 0},
        {"context_size": 2**40},
        {"abortive": -0.1},
        {"abortive": 1.1},
        {"abortive": float("nan")},
        {"irql": "high"},
        {"check": "sometimes"},
        {"contexts": "list"},
    ],
    ids=lambda bad: next(iter(bad)) + "=" + repr(next(iter(bad.values())))[:20],
)
def test_number_or_word_outside_its_limits_is_refused(bad):
    with pytest.raises(ValueError, match=TEXT):
        wsksim.storm(good, **bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"sockets": 1.5},
        {"sockets": 1000.0},
        {"sockets": "1000"},
        {"sockets": True},
        {"disconnects": 0.5},
        {"seed": None},
        {"workers": False},
        {"abortive": "15%"},
        {"abortive": True},
        {"abortive": None},
        {"progress": 5},
    ],
    ids=str,
)
def test_argument_of_another_type_is_refused(bad):
    with pytest.raises(TypeError, match=TEXT):
        wsksim.storm(good, **bad)


@pytest.mark.parametrize("handler", [None, 5, object(), [good]], ids=repr)
def test_handler_that_cannot_be_called_is_refused(handler):
    with pytest.raises(TypeError, match=r"handler: asked for .*; found .*; "):
        wsksim.storm(handler)


def test_address_contexts_of_a_native_handler_have_to_be_addresses(c_library):
    for wrong in ("text", -1, 2**64, None):
        with pytest.raises(TypeError, match="asked for addresses"):
            wsksim.storm(f"{c_library}:Good", sockets=2, contexts=lambda number, wrong=wrong: wrong)


@pytest.mark.rule("D-8")
@pytest.mark.parametrize("returned", [None, True, False, 1, -1, 10**40, "0", 0.0, [0]], ids=repr)
def test_wrong_return_value_is_one_finding_and_stops_nothing(returned):
    report = wsksim.storm(lambda context, flags: returned, sockets=3)
    assert report.findings == 3
    assert sum(report.indicated.values()) == 3
    assert report.balanced
    for finding in report.finding_list:
        assert finding.rule == "D-8"
        assert finding.found


@pytest.mark.rule("D-8", "U-22")
@pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), RecursionError("deep"), StopIteration()], ids=repr)
def test_exception_is_one_finding_and_stops_nothing(error):
    def handler(SocketContext, Flags):
        raise error

    report = wsksim.storm(handler, sockets=3)
    assert report.findings == 3
    assert sum(report.indicated.values()) == 3
    assert type(error).__name__ in report.finding_list[0].found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_damaged_capture_neither_crashes_nor_hangs(captures, tmp_path, seed):
    draws = random.Random(seed)
    content = bytearray((captures / "mixed_v6.pcap").read_bytes())
    for _ in range(draws.randrange(1, 20)):
        place = draws.randrange(len(content)) if draws.random() < 0.7 else draws.randrange(200)
        width = draws.choice((1, 2, 4, 8))
        content[place : place + width] = draws.choice((b"\0", b"\xff", b"\x7f")) * width
    file = tmp_path / "damaged.pcap"
    file.write_bytes(content[: draws.randrange(1, len(content) + 1)])
    try:
        report = wsksim.replay(file, good)
    except CaptureError as error:
        assert str(error)
    else:
        assert report.balanced
        assert report.exit_code in (0, 3)


@pytest.mark.parametrize("name", ["remember_disconnects", "graceful_after_data", "set_dispatch_flag", "always_pend"])
@pytest.mark.parametrize("wrong", [None, "yes", "False", 1, 0, 1.0, object()], ids=str)
def test_policy_is_true_or_false(name, wrong):
    with pytest.raises(TypeError, match=f"{name}: asked for .*; give True or False"):
        wsksim.Subsystem(**{name: wrong})


@pytest.mark.parametrize("wrong", [0, -1, 1 << 40, None, "64", 1.5, True], ids=str)
def test_window_is_a_number_of_bytes(wrong):
    with pytest.raises((TypeError, ValueError), match="window: asked for"):
        wsksim.Subsystem(window=wrong)


def test_options_that_are_none_are_refused_unless_none_means_something():
    for name in ("seed", "check", "irql", "journal", "schedule"):
        with pytest.raises((TypeError, ValueError), match=f"{name}: asked for None"):
            wsksim.Subsystem(**{name: None})
    subsystem = wsksim.Subsystem(max_sockets=None, max_pending=None, black_box=None)
    for wrong in (None, "yes", 1):
        with pytest.raises(TypeError, match="True or False"):
            subsystem.connect(None, lambda SocketContext, Flags: 0, enabled=wrong)
        with pytest.raises(TypeError, match="True or False"):
            subsystem.connect_many(2, lambda SocketContext, Flags: 0, enabled=wrong)
    assert subsystem.open_sockets == 0
