"""Storms with a rate: the same edges however they are carried out, both times of each, and what falls behind."""

import itertools
import sys
from collections import Counter

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from hypothesis import given
from hypothesis import strategies as st

import wsksim
from wsksim import wsk
from wsksim.errors import ContractError
from wsksim.runs.rate import read_rate, show_rate
from wsksim.runs.times import in_words, rate_check

FAST = {"sockets": 50, "disconnects": 600, "rate": "1M/s"}


def good(SocketContext, Flags):
    return wsk.STATUS_SUCCESS


def delivered(**options):
    """The plan's number and every (socket, kind) that a handler saw, with how often."""
    seen = []
    asked = {**FAST, "abortive": 0.3, "order": "random", "seed": 7, "contexts": "int", **options}
    report = wsksim.storm(lambda number, flags: seen.append((number, flags & 1)) or 0, **asked)
    assert report.balanced
    assert report.findings == 0
    assert sum(report.indicated.values()) == 600
    return report.storm["plan"], Counter(seen)


@pytest.mark.parametrize("order", ["made", "random", "recent"])
@pytest.mark.parametrize("arrivals", ["constant", "poisson", "burst", None])
def test_plan_and_edges_are_the_same_with_any_number_of_workers(order, arrivals):
    options = {"order": order, "arrivals": arrivals} if arrivals else {"order": order, "rate": None}
    alone = delivered(**options)
    for workers in (1, 2, 4):
        assert delivered(workers=workers, **options) == alone
    assert delivered(seed=8, **options) != alone


@pytest.mark.parametrize("arrivals", ["constant", "poisson", "burst"])
def test_rate_moves_edges_in_time_and_changes_none(arrivals):
    plan, edges = delivered(arrivals=arrivals, **({"burst": 50} if arrivals == "burst" else {}))
    unpaced, same = delivered(rate=None)
    assert edges == same
    assert plan != unpaced


def test_orders_go_through_the_sockets_as_documented():
    def order(name):
        seen = []
        wsksim.storm(
            lambda number, flags: seen.append(number) or 0, sockets=5, disconnects=15, order=name, contexts="int"
        )
        return [seen[at : at + 5] for at in range(0, 15, 5)]

    assert order("made") == [[0, 1, 2, 3, 4]] * 3
    assert order("recent") == [[4, 3, 2, 1, 0], [0, 1, 2, 3, 4], [4, 3, 2, 1, 0]]
    assert [sorted(turns) for turns in order("random")] == [[0, 1, 2, 3, 4]] * 3
    assert order("random") != order("made")


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_both_times_of_every_edge_are_taken(workers):
    storm = wsksim.storm(good, workers=workers, **FAST).storm
    assert storm["model"] == "open"
    for times in (storm["service_ns"], storm["response_ns"]):
        assert times["count"] == 600
        assert 0 < times["p50"] <= times["p90"] <= times["p99"] <= times["p99.9"] <= times["max"]
    assert storm["response_ns"]["max"] >= storm["service_ns"]["p50"]
    assert storm["response_ns"]["mean"] >= storm["service_ns"]["mean"]


@pytest.mark.parametrize("kind", ["batch", "native", "library"])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_every_kind_of_handler_keeps_a_plan(kind, workers, c_library):
    handler = {
        "batch": wsksim.batch_handler(lambda contexts, flags: None),
        "native": wsksim.handlers.native_library(c_library, "Good"),
        "library": f"{c_library}:Good",
    }[kind]
    report = wsksim.storm(handler, workers=workers, order="random", arrivals="poisson", **FAST)
    assert report.balanced
    assert report.findings == 0
    assert sum(report.indicated.values()) == 600
    assert report.storm["service_ns"]["count"] == report.storm["response_ns"]["count"] == 600


@pytest.mark.parametrize("contexts", ["dict", "int", "none", lambda number: 0])
def test_every_kind_of_context_is_renewed(contexts, c_library):
    report = wsksim.storm(f"{c_library}:Pends", contexts=contexts, **FAST)
    assert report.findings == 600
    seen = []
    wsksim.storm(lambda context, flags: seen.append(repr(context)) or 0, contexts=contexts, **FAST)
    assert len(seen) == 600
    assert len(set(seen)) in {1, 50}


def test_without_a_rate_nothing_is_timed_unless_asked():
    storm = wsksim.storm(good, sockets=50).storm
    assert (storm["model"], storm["pace"], storm["service_ns"], storm["response_ns"]) == ("closed", None, None, None)
    sampled = wsksim.storm(good, sockets=50, disconnects=500, sample=10).storm
    assert sampled["service_ns"]["count"] == 50
    assert sampled["response_ns"] is None
    assert wsksim.storm(good, sample=20, **FAST).storm["response_ns"]["count"] == 30


@pytest.mark.parametrize(
    ("workers", "helps"),
    [(0, "workers would not help"), (1, "leave the workers out")],
)
def test_generator_that_fell_behind_says_so_and_response_counts_from_the_plan(workers, helps):
    # Two sockets, and a handler whose first call takes longer than the rest of the plan.
    calls = itertools.count()
    busy = []

    def handler(SocketContext, Flags):
        if next(calls) == 0:
            busy.extend(sum(range(1_000)) for _ in range(3_000))
        return 0

    report = wsksim.storm(handler, sockets=2, disconnects=200, rate="1M/s", workers=workers)
    pace, response = report.storm["pace"], report.storm["response_ns"]
    assert not pace["kept"]
    assert pace["late"] > 190
    assert pace["worst_lag_ns"] > pace["late_after_ns"]
    assert pace["posted_rate"] < pace["planned_rate"] == 1e6
    # Nobody's time begins when the generator came round to it: the slow call is in nearly every response.
    assert response["p50"] > pace["late_after_ns"] > report.storm["service_ns"]["p50"]
    for text in (str(report), report.text(brief=True)):
        told = " ".join(text[text.index("LATE") :].split())
        assert "the generator fell behind: planned 1,000,000/s" in told
        assert helps in told
        assert ("more sockets, or a faster handler" in told) == (pace["stalled_s"] > 0)
        assert "give it workers" not in told
    assert report.exit_code == 0


PACE = {
    "things": "lives",
    "planned_rate": 1000.6,
    "posted_rate": 1000.6,
    "late_after_ns": 10**6,
    "late": 300,
    "worst_lag_ns": 10**9,
    "kept": False,
    "advice": ["measure on a quiet host"],
}


def test_a_rate_that_was_caught_up_with_is_told_apart_from_one_that_was_not_kept():
    behind, caught_up = rate_check({**PACE, "posted_rate": 800.0}), rate_check(PACE)
    assert behind[1].startswith("the generator fell behind: planned 1,001/s, posted 800/s; 300 lives posted more than")
    assert "fell behind and caught up: 1,001/s on the whole, as planned, but not at each instant; 300" in caught_up[1]
    assert [behind[0], caught_up[0]] == [False, False]
    assert rate_check({**PACE, "kept": True})[1].startswith("1,001/s kept")


def test_rate_that_was_kept_says_so():
    report = wsksim.storm(good, sockets=3, rate="1k/s")
    assert report.storm["pace"]["planned_s"] == 0.002
    assert report.storm["pace"]["posted_s"] >= 0.002
    text = "ok    rate       1,000/s kept: 0 edges posted more than 1ms late, worst "
    late = "LATE  rate       the generator fell behind"  # a machine may be that busy
    assert text in str(report) or late in str(report)


def test_handler_that_closes_the_subsystem_ends_a_paced_run(closer):
    handler, contexts = closer
    for workers in (0, 1):
        report = wsksim.storm(handler, contexts=contexts, workers=workers, **FAST)
        assert report.stopped == "the handler closed the subsystem"
        assert report.balanced
        assert report.exit_code == 3


@pytest.mark.parametrize("workers", [0, 1])
def test_ctrl_c_and_exit_end_a_paced_run_in_a_report_that_balances(workers):
    calls = itertools.count(1)

    def handler(SocketContext, Flags):
        if next(calls) == 70:
            sys.exit(3)
        return 0

    report = wsksim.storm(handler, workers=workers, **FAST)
    assert report.stopped == "the handler raised SystemExit"
    assert report.balanced
    assert sum(report.indicated.values()) == 70


@pytest.mark.rule("D-8")
@pytest.mark.parametrize("workers", [0, 1])
def test_breach_raises_from_a_paced_run_if_asked_for(workers):
    with pytest.raises(ContractError) as caught:
        wsksim.storm(lambda context, flags: wsk.STATUS_PENDING, check="raise", workers=workers, **FAST)
    assert caught.value.finding.rule == "D-8"


def read_log(path):
    """Reads a log with HdrHistogram's own reader: each histogram by its tag."""
    reader = HistogramLogReader(str(path), HdrHistogram(1, 86_400_000_000_000, 3))
    found = {}
    while (histogram := reader.get_next_interval_histogram()) is not None:
        found[histogram.get_tag()] = histogram
    reader.close()
    return found


def test_histogram_is_written_as_other_tools_read_it(tmp_path):
    report = wsksim.storm(good, histogram=tmp_path / "times.hlog", **FAST)
    assert [file.name for file in tmp_path.iterdir()] == ["times.hlog"]
    log = read_log(tmp_path / "times.hlog")
    assert list(log) == ["service", "response"]
    for name, histogram in log.items():
        times = report.storm[f"{name}_ns"]
        assert histogram.get_total_count() == times["count"] == 600
        # It rounds a rank, where ours is the next whole one: these are whole.
        for mark in (50, 90, 99):
            assert min(histogram.get_value_at_percentile(mark), times["max"]) == times[f"p{mark}"]


def test_histogram_without_a_rate_has_service_only(tmp_path):
    wsksim.storm(good, sockets=10, sample=1, histogram=str(tmp_path / "times"))
    assert list(read_log(tmp_path / "times")) == ["service"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rate": 0}, "rate: asked for so many per second"),
        ({"rate": -5}, "found -5"),
        ({"rate": float("nan")}, "found nan"),
        ({"rate": "fast"}, "found 'fast'"),
        ({"rate": "2M/h"}, "found '2M/h'"),
        ({"rate": "2G/s"}, "found '2G/s'"),
        ({"rate": 10**40}, "from 0.001 to 1G"),
        ({"arrivals": "poisson"}, "found no rate"),
        ({"burst": 10}, "found no rate"),
        ({"rate": 1e6, "burst": 10}, "found 'constant' arrivals"),
        ({"rate": 1e6, "arrivals": "poisson", "burst": 10}, "found 'poisson' arrivals"),
        ({"rate": 1e6, "arrivals": "burst", "burst": 0}, "burst: asked for a whole number"),
        ({"rate": 1e6, "arrivals": "often"}, "arrivals: asked for one of"),
        ({"order": "oldest"}, "order: asked for one of 'made', 'random', 'recent'"),
        ({"sample": 0}, "sample: asked for a whole number"),
        ({"histogram": "times.hlog"}, "found that none are taken"),
        ({"histogram": "", "rate": 1e6}, "empty name"),
        ({"histogram": "/", "rate": 1e6}, "a folder"),
    ],
    ids=str,
)
def test_what_cannot_be_planned_is_refused(options, says):
    with pytest.raises(ValueError, match=r"asked .*; found .*; ") as caught:
        wsksim.storm(good, **options)
    assert says in str(caught.value)


@pytest.mark.parametrize("options", [{"rate": True}, {"rate": [1]}, {"rate": 1e6, "histogram": 5}, {"sample": 1.5}])
def test_what_is_of_another_type_is_refused(options):
    with pytest.raises(TypeError, match=r"asked .*; found .*; "):
        wsksim.storm(good, **options)


def test_histogram_that_cannot_be_written_is_refused_before_the_run(tmp_path):
    called = []
    with pytest.raises(OSError, match="histogram: asked to write"):
        wsksim.storm(lambda *_: called.append(1) or 0, histogram=tmp_path / "no" / "times", **FAST)
    assert called == []


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("2M/s", 2e6),
        ("500k/s", 5e5),
        ("1e6", 1e6),
        ("1.5M", 1.5e6),
        ("100/ms", 1e5),
        ("0.5/us", 5e5),
        ("30/min", 0.5),
        (" 2_000 / s", 2e3),
        ("1G/s", 1e9),
        (7, 7.0),
        (0.25, 0.25),
    ],
)
def test_rates_are_read_as_people_type_them(text, rate):
    assert read_rate(text) == rate
    assert read_rate(show_rate(rate)) == rate


@given(st.floats(0.001, 1e9))
def test_shown_rate_is_the_rate(rate):
    assert read_rate(show_rate(rate)) == rate


@pytest.mark.parametrize(
    ("time_ns", "words"),
    [
        (0, "0ns"),
        (38, "38ns"),
        (999, "999ns"),
        (1_940, "1.94us"),
        (12_340, "12.3us"),
        (412_300, "412us"),
        (999_499, "999us"),
        (999_600, "1ms"),
        (8_160_000, "8.16ms"),
        (1_250_000_000, "1.25s"),
        (86_400_000_000_000, "86,400s"),
    ],
)
def test_times_have_three_digits_and_a_unit(time_ns, words):
    assert in_words(time_ns) == words
