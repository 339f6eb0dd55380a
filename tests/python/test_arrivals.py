"""Storms with a rate: lives with planned instants, and times that count from these."""

import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import wsksim
from plan_stage import Keeping, lives, plan
from wsksim.examples.echo import echo

ASKS = [{"send": "64B"}, {"read": "64B"}, {"end": "disconnect"}]


def paced(rate="20k/s", shape="poisson", **group):
    return {"arrivals": {"rate": rate, "shape": shape}, "life": ASKS, "timeout": "5s", **group}


def test_a_storm_with_a_rate_measures_every_edge_and_every_accept():
    report = wsksim.run_plan(plan(count=400, open=400, **paced(), checks=["accept.max > 0us", "late <= 100%"]), Keeping)
    assert lives(report) == {"ended_in_order": 400}
    storm = report.storm
    assert storm["model"] == "open"
    assert storm["response_ns"]["count"] == storm["service_ns"]["count"] == sum(report.indicated.values()) == 400
    assert storm["accept_ns"]["count"] == storm["accept_service_ns"]["count"] == storm["accepted"] == 400
    assert storm["response_ns"]["p50"] >= storm["service_ns"]["p50"] > 0
    assert storm["accept_ns"]["max"] >= storm["accept_service_ns"]["max"]
    assert storm["pace"]["of"] == 400
    assert (storm["pace"]["things"], storm["pace"]["planned_s"] > 0) == ("lives", True)
    assert storm["noise"]["level"] in {"low", "some", "high"}
    assert storm["noise"]["listened_s"] >= 0.04
    assert [check["good"] for check in storm["checks"]] == [True, True]
    assert Keeping.last.closed == 400
    assert "host noise" in str(report)


class Stalls(Keeping):
    """Its first disconnect keeps everybody waiting."""

    stalled = False

    def on_disconnect(self, connection, flags):
        if not self.stalled:
            self.stalled = True
            time.sleep(0.05)
        return super().on_disconnect(connection, flags)


def test_a_stall_shows_in_response_and_in_accept_latency():
    storm = wsksim.run_plan(plan(count=300, open=300, **paced("2k/s", "constant")), Stalls).storm
    assert storm["service_ns"]["max"] >= 50_000_000
    assert storm["response_ns"]["max"] >= 50_000_000
    # The callback of no accept took that long: those that were planned meanwhile have waited, the first of them all the
    # time but for the distance of two planned instants.
    assert storm["accept_ns"]["p90"] > storm["accept_service_ns"]["p50"]
    assert storm["accept_ns"]["max"] >= 50_000_000 - 500_000


def test_peers_that_hang_up_before_they_are_accepted_have_waited_too():
    hasty = [{"wait": "1ms"}, {"end": "abort"}]
    report = wsksim.run_plan(plan(count=300, open=300, **paced("2k/s", "constant", life=hasty)), Stalls)
    storm, missed = report.storm, report.lives.unaccepted
    assert lives(report) == {"aborted_by_peer": 300}
    assert missed > 0
    assert storm["accepted"] == storm["accept_service_ns"]["count"] == Stalls.last.accepted == 300 - missed
    assert storm["accept_ns"]["count"] == report.accept.histogram.count == 300
    assert storm["accept_ns"]["max"] >= 50_000_000 - 500_000
    text = str(report)
    assert f"of these {missed:,} were never accepted: over before that, or waiting still" in text
    [below] = [at for at, line in enumerate(text.splitlines()) if line.startswith("accept  ")]
    assert "of these" in text.splitlines()[below + 1]
    with pytest.raises(wsksim.CheckError, match=f"lives.unaccepted == 0; found {missed:,}"):
        report.check("lives.unaccepted == 0")
    report.check("lives.unaccepted <= 100%", f"lives.unaccepted == {missed}")
    both = report + report
    assert both.lives.unaccepted == 2 * missed
    assert both.accept.count == 600


def test_what_fell_behind_is_told_what_helps_an_application():
    report = wsksim.run_plan(plan(count=300, open=300, **paced("2k/s", "constant")), Stalls)
    pace = report.storm["pace"]
    assert not pace["kept"]
    assert pace["worst_lag_ns"] > 1_000_000
    line = next(line for line in report.text(width=10_000).splitlines() if line.startswith("LATE"))
    assert "lives posted more than 1ms late" in line
    assert "lower the rate" in line
    assert "workers" not in line


def test_as_many_as_may_be_open_keep_the_rest_waiting():
    report = wsksim.run_plan(
        plan(
            count=40, open=1, arrivals={"rate": "10k/s"}, life=[{"send": "1B"}, {"read": "1B"}, {"end": "disconnect"}]
        ),
        Keeping,
    )
    assert lives(report) == {"ended_in_order": 40}


def test_what_is_left_to_wait_takes_none_of_our_time():
    began = time.monotonic()
    report = wsksim.run_plan(plan(count=3, open=3, arrivals="1k/s", life=[{"end": "vanish"}], timeout="1h"), echo)
    assert time.monotonic() - began < 600
    assert lives(report) == {"timed_out": 3}
    assert report.storm["virtual_s"] >= 3600


MANY = """
import re
from pathlib import Path
import wsksim

def interrupt(done, total):
    raise KeyboardInterrupt

peers = {"connect": "application", "count": 2**28, "open": 2**28, "arrivals": "1k/s", "life": [{"end": "disconnect"}]}
report = wsksim.run_plan(wsksim.Plan(peers={"clients": peers}), "wsksim.examples.echo:echo", progress=interrupt)
# Not ru_maxrss, which begins with what the process had before it became this one.
print(report.interrupted, re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in kilobytes on Linux")
def test_room_for_many_lives_takes_memory_when_they_are_there():
    done = subprocess.run([sys.executable, "-c", MANY], check=True, capture_output=True, text=True)
    interrupted, kilobytes = done.stdout.split()
    # 16 GB of planned instants otherwise.
    assert (interrupted, int(kilobytes) < 300_000) == ("True", True)


def test_lives_have_the_draws_and_instants_of_the_plan():
    made = plan(count=200, open=200, **paced())
    assert wsksim.run_plan(made, echo).storm["plan"] == made.digest()


def test_times_without_a_rate_are_refused_and_so_is_their_histogram(tmp_path):
    with pytest.raises(wsksim.PlanError, match=r"asked for accept\.p99; found that no peers have arrivals"):
        wsksim.run_plan(plan(checks=["accept.p99 < 1s"]), echo)
    with pytest.raises(ValueError, match="histogram: asked to write times"):
        wsksim.run_plan(plan(), echo, histogram=tmp_path / "times.hlog")


def test_the_histogram_has_accepts_too(tmp_path):
    wsksim.run_plan(plan(count=20, open=20, **paced()), echo, histogram=tmp_path / "times.hlog")
    tags = [line.partition(",")[0] for line in (tmp_path / "times.hlog").read_text().splitlines() if line[:4] == "Tag="]
    assert tags == ["Tag=service", "Tag=response", "Tag=accept", "Tag=accept_service"]


# --- how a storm went ---


@pytest.mark.parametrize("arrivals", [None, "20k/s"])
def test_the_course_of_a_storm_adds_up(arrivals):
    more = {} if arrivals is None else {"arrivals": arrivals}
    report = wsksim.run_plan(
        plan(
            count=300,
            open=300,
            life=[*ASKS[:2], {"wait": "1ms..9ms"}, {"end": {"disconnect": 0.9, "abort": 0.1}}],
            **more,
        ),
        Keeping,
    )
    series, storm = report.storm["series"], report.storm
    columns = [series[name] for name in ("begun", "ended", "accepted", "edges", "open")]
    assert len({len(column) for column in columns}) == 1
    assert len(series["open"]) <= 240
    assert sum(series["begun"]) == sum(series["ended"]) == 300
    assert sum(series["accepted"]) == storm["accepted"]
    assert sum(series["edges"]) == sum(report.posted.values())
    assert series["open"][-1] == 0
    assert max(series["open"]) > 0
    assert (len(series["open"]) - 1) * series["step_s"] <= storm["virtual_s"]


def test_requests_are_counted_by_function_and_status():
    report = wsksim.run_plan(plan(count=50, open=10, life=ASKS), Keeping)
    requests = report.storm["requests"]
    assert requests["WskSend"] == {"STATUS_SUCCESS": 50}
    assert requests["WskDisconnect"] == {"STATUS_SUCCESS": 50}
    # The listener's too.
    assert requests["WskCloseSocket"] == {"STATUS_SUCCESS": Keeping.last.closed + 1}
    assert requests["WskControlSocket"] == {"STATUS_SUCCESS": 1}


def test_what_is_left_half_open_is_told_with_its_age():
    class Forgets(Keeping):
        """Never ends its half, and does not stop."""

        def on_disconnect(self, connection, flags):
            self.indicated += 1
            return 0

        def stop(self):
            pass

    report = wsksim.run_plan(
        plan(count=3, open=3, life=[{"wait": "2s"}, {"end": "disconnect"}], timeout="never"), Forgets
    )
    left = report.storm["half_open"]
    # A connection with a life at its other end is one thing.
    assert left["count"] == 3 + 1
    assert len(left["oldest"]) == 4
    listener, *rest = left["oldest"]
    assert listener["state"] == "LISTENING"
    assert {one["since_s"] for one in rest} == {2.0}
    assert {one["state"] for one in rest} == {"half open: the peer has finished"}
    assert "life 0 of clients" in {one["what"] for one in rest}
    told = " ".join(str(report).split())
    assert "left 4 sockets, 0 requests of the application at the end" in told
    what = f"{listener['what']}, LISTENING since the beginning; life 0 of clients, half open"
    assert f"left open 4 lives, or sockets without a life ({what}" in told
    report.check("half_open == 4")


@pytest.mark.parametrize("closes", [False, True])
def test_a_connection_has_one_name_whatever_the_clock(closes):
    class Raises(Keeping):
        def on_disconnect(self, connection, flags):
            if closes:
                self.close(connection)
            raise KeyError("nothing")

    names = []
    for more in ({}, {"arrivals": "1k/s"}):
        [finding] = wsksim.run_plan(plan(count=1, open=1, life=ASKS, **more), Raises).finding_list
        names.append(finding.socket)
    assert names == ["socket 2", "socket 2"]


def test_a_storm_of_a_handler_has_its_course_if_it_has_a_clock():
    report = wsksim.storm(lambda context, flags: 0, sockets=50, disconnects=120, rate="100k/s")
    series = report.storm["series"]
    assert sum(series["edges"]) == 120
    assert sum(series["begun"]) - sum(series["ended"]) == 50
    assert report.storm["noise"]["level"]
    assert wsksim.storm(lambda context, flags: 0, sockets=5).storm["series"] is None


# --- a crowd that is lost at once ---


def test_a_mass_disconnect_keeps_newcomers_waiting():
    """`ranked` and its twin: compared with what each did itself, for no machine is idle when tests run."""
    text = (Path(wsksim.__file__).parent / "examples" / "crowd.toml").read_text()
    told = tomllib.loads(text)
    told["peers"]["crowd"] |= {"count": 2_000, "open": 2_000}
    told["peers"]["newcomers"] |= {"count": 1_000, "open": 1_000}
    told["checks"] = {"findings": "== 0", "left.sockets": "== 0", "lives.refused": "== 0"}
    slow, quick = (
        wsksim.run_plan(wsksim.Plan.from_dict(told), f"wsksim.examples.crowd:{name}") for name in ("ranked", "crowd")
    )
    for report in (slow, quick):
        # The crowd that was lost before it was accepted, on a busy machine, has no edge.
        assert lives(report) == {"ended_in_order": 1_000, "aborted_by_peer": 2_000}
        assert report.exit_code == 0
        assert report.storm["accept_ns"]["count"] == report.storm["accepted"] + report.lives.unaccepted
    service = slow.storm["service_ns"]
    # Who came when it began stood behind a good part of all that the disconnects took.
    assert slow.storm["accept_ns"]["max"] > service["mean"] * service["count"] / 4
    assert service["p90"] > 3 * quick.storm["service_ns"]["p90"]
