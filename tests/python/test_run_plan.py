"""Storms of whole applications: what becomes of the lives of a plan."""

import pytest

import wsksim
from plan_stage import ALONE, ASKING, Deaf, DeafAndStays, Keeping, Leaves, lives, plan
from wsksim import wsk
from wsksim.examples.echo import echo


def test_a_storm_is_whole_and_its_counts_are_the_applications_own():
    ends = {"end": {"disconnect": 0.6, "close": 0.2, "abort": 0.15, "vanish": 0.05}}
    made = plan(count=2_000, open=100, life=[*ASKING, ends], schedule={"irql": "mixed"})
    report = wsksim.run_plan(made, Keeping)
    found = lives(report)
    assert set(found) == {"ended_in_order", "aborted_by_peer", "timed_out"}
    assert sum(found.values()) == 2_000
    server = Keeping.last
    assert (server.accepted, server.closed) == (report.storm["accepted"], 2_000)
    assert server.indicated == sum(report.indicated.values())
    requests = report.storm["requests"]
    assert requests["WskSend"] == {"STATUS_SUCCESS": 2_000}
    assert requests["WskCloseSocket"] == {"STATUS_SUCCESS": server.closed + 1}
    # A request without an IRP counts too.
    assert requests["WskControlSocket"] == {"STATUS_SUCCESS": 1}
    assert report.storm["bytes"]["sent"] == report.storm["bytes"]["received"] > 0
    assert report.storm["left"] == {"sockets": 0, "requests": 0}
    assert (report.findings, report.exit_code) == (0, 0)
    assert report.storm["plan"] == made.digest()


def test_the_same_plan_is_the_same_storm():
    made = plan(count=500, open=50, life=[*ASKING, {"end": {"disconnect": 0.8, "abort": 0.2}}])
    first, second = (wsksim.run_plan(made, echo) for _ in range(2))
    assert first.storm == second.storm
    assert first.indicated == second.indicated
    other = wsksim.run_plan(plan(count=500, open=50, life=made.peers[0].life, seed=8), echo)
    assert other.storm["plan"] != first.storm["plan"]


@pytest.mark.parametrize("completions", ["inline", "windows", "later", "drawn"])
@pytest.mark.parametrize("kind", ["fifo", "explore", "pct:3"])
def test_each_schedule_keeps_the_books(kind, completions):
    schedule = {"kind": kind, "completions": completions, "irql": "mixed"}
    report = wsksim.run_plan(
        plan(count=200, open=30, schedule=schedule, life=[*ASKING, {"end": {"disconnect": 0.5, "abort": 0.5}}]), echo
    )
    assert sum(lives(report).values()) == 200
    assert report.findings == 0


@pytest.mark.parametrize(
    ("ending", "fate"),
    [
        ("disconnect", "ended_in_order"),
        ("close", "ended_in_order"),
        ("abort", "aborted_by_peer"),
        ("vanish", "timed_out"),
    ],
)
def test_each_end_has_its_fate(ending, fate):
    assert lives(wsksim.run_plan(plan(count=20, open=5, life=[{"end": ending}]), echo)) == {fate: 20}


def test_a_close_with_unread_data_is_an_abort():
    life = [{"send": "64B"}, {"wait": "1ms"}, {"end": "close"}]
    assert lives(wsksim.run_plan(plan(count=20, life=life), echo)) == {"aborted_by_peer": 20}


def test_a_vanished_peer_takes_the_plans_time_and_none_of_ours():
    report = wsksim.run_plan(plan(count=3, open=1, life=[{"end": "vanish"}], timeout="1h"), echo)
    assert report.storm["virtual_s"] == 3 * 3600


def test_vanished_peers_without_a_timeout_stay_open():
    report = wsksim.run_plan(plan(count=3, open=3, life=[{"end": "vanish"}], timeout="never"), Leaves)
    assert lives(report) == {"still_open": 3}
    assert report.storm["lives"]["vanished"] == 3
    assert report.storm["left"]["sockets"] > 0


def test_no_more_lives_are_open_than_the_plan_allows():
    most = 0

    class Counting(Keeping):
        def on_accept(self, *arguments):
            nonlocal most
            answer = super().on_accept(*arguments)
            most = max(most, self.accepted - self.closed)
            return answer

    wsksim.run_plan(plan(count=300, open=20, life=[{"wait": "1ms..9ms"}, {"end": "abort"}]), Counting)
    # A reset whose close is under way may stand beside the life that takes its place.
    assert 10 <= most <= 40


class Silent(Keeping):
    """Takes connections, and answers nothing."""

    def on_receive(self, *_):
        return wsk.STATUS_SUCCESS

    def on_disconnect(self, *_):
        return wsk.STATUS_SUCCESS

    def stop(self):
        pass


@pytest.mark.parametrize(
    "life",
    [[{"send": "1B"}, {"read": "1B"}, {"end": "abort"}], [{"end": "disconnect"}], [{"read": "end"}], []],
    ids=str,
)
def test_a_peer_that_waits_in_vain_gives_up(life):
    report = wsksim.run_plan(plan(count=4, open=2, life=life, timeout="2s"), Silent)
    assert lives(report) == {"timed_out": 4}
    assert report.storm["virtual_s"] == 4


def test_a_peer_that_reads_so_much_waits_for_it():
    report = wsksim.run_plan(
        plan(count=10, life=[{"send": "1MiB"}, {"read": "1MiB"}, {"end": "disconnect"}], timeout="1s"), echo
    )
    assert lives(report) == {"ended_in_order": 10}
    assert report.storm["bytes"] == {"sent": 10 * 2**20, "received": 10 * 2**20}
    assert report.storm["virtual_s"] == 0


class Ends(Keeping):
    """Ends each connection as soon as something arrives."""

    flags = 0

    def on_receive(self, connection, flags, first, total, accepted):
        if first is not None:
            connection.socket.WskDisconnect(None, self.flags, wsk.IRP(self.sent, connection))
        return wsk.STATUS_SUCCESS

    def on_disconnect(self, connection, flags):
        self.close(connection)
        return wsk.STATUS_SUCCESS


class Aborts(Ends):
    """Tears each connection down as soon as something arrives."""

    flags = wsk.WSK_FLAG_ABORTIVE


@pytest.mark.parametrize("life", [[{"send": "1B"}], [{"send": "1B"}, {"read": "end"}, {"end": "disconnect"}]], ids=str)
def test_the_application_ends_a_life_in_order(life):
    assert lives(wsksim.run_plan(plan(count=5, life=life), Ends)) == {"ended_in_order": 5}


def test_the_application_aborts():
    life = [{"send": "1B"}, {"wait": "1s"}, {"end": "disconnect"}]
    assert lives(wsksim.run_plan(plan(count=5, life=life), Aborts)) == {"aborted_by_us": 5}


def test_a_backlog_refuses_and_says_so():
    report = wsksim.run_plan(plan(count=250, open=250, life=[{"wait": "1s"}, {"end": "abort"}]), Deaf)
    assert lives(report) == {"aborted_by_peer": 200, "refused": 50}
    assert report.storm["refusals"] == {"backlog": 50, "nobody": 0}
    assert (report.storm["accepted"], report.lives.unaccepted) == (0, 200)
    report.check("refused.backlog <= 20%", "lives.aborted_by_peer == 80%", "requests.WskAccept == 0")


@pytest.mark.parametrize("target", [Deaf, DeafAndStays])
@pytest.mark.parametrize(
    ("timeout", "end", "fate"),
    [
        ("2s", "vanish", "timed_out"),
        ("2s", "disconnect", "timed_out"),
        ("never", "vanish", "still_open"),
        ("2s", "abort", "aborted_by_peer"),
    ],
)
def test_lives_that_were_never_accepted_are_counted(target, timeout, end, fate):
    report = wsksim.run_plan(plan(count=5, open=5, life=[{"wait": "1s"}, {"end": end}], timeout=timeout), target)
    assert lives(report) == {fate: 5}
    assert (report.storm["accepted"], report.lives.unaccepted) == (0, 5)


def test_a_life_that_aborts_as_it_connects_is_never_accepted():
    report = wsksim.run_plan(plan(count=20, open=5, life=[{"end": "abort"}]), Keeping)
    assert (lives(report), Keeping.last.accepted) == ({"aborted_by_peer": 20}, 0)
    assert report.lives.unaccepted == 20


def test_a_connection_that_the_application_refuses_is_aborted_by_it():
    class Refuses(Keeping):
        def on_accept(self, *arguments):
            return wsk.STATUS_REQUEST_NOT_ACCEPTED

    report = wsksim.run_plan(plan(count=5, open=5), Refuses)
    assert lives(report) == {"aborted_by_us": 5}
    assert (report.storm["accepted"], report.lives.unaccepted) == (0, 0)


def test_a_listener_that_closes_refuses_the_rest():
    class Once(Keeping):
        def on_accept(self, *arguments):
            answer = super().on_accept(*arguments)
            self.listener.WskCloseSocket(wsk.IRP(self.sent, None))
            return answer

        def stop(self):
            self.subsystem.WskReleaseProviderNPI(self.registration)
            self.subsystem.WskDeregister(self.registration)

    report = wsksim.run_plan(plan(count=5, open=1), Once)
    assert lives(report) == {"ended_in_order": 1, "refused": 4}
    assert report.storm["refusals"] == {"backlog": 0, "nobody": 4}


def test_lives_that_can_never_begin_are_told():
    report = wsksim.run_plan(plan(count=5, open=2, timeout="never"), Silent)
    assert lives(report) == {"still_open": 2}
    assert report.stopped.startswith("3 lives never began")
    assert report.exit_code == 3


def test_groups_live_side_by_side():
    groups = {"good": {**ALONE, "count": 30}, "bad": {**ALONE, "count": 20, "life": [{"wait": "1s"}, {"end": "abort"}]}}
    report = wsksim.run_plan(wsksim.Plan(peers=groups), echo)
    assert lives(report) == {"ended_in_order": 30, "aborted_by_peer": 20}


def test_a_breach_is_a_finding_or_raises():
    class Bad(Keeping):
        def on_disconnect(self, connection, flags):
            super().on_disconnect(connection, flags)
            return wsk.STATUS_PENDING

    report = wsksim.run_plan(plan(count=3), Bad)
    assert (report.findings, report.finding_list[0].rule, report.exit_code) == (3, "D-8", 1)
    with pytest.raises(wsksim.ContractError):
        wsksim.run_plan(plan(count=3), Bad, check="raise")


def test_an_interrupt_leaves_a_report_of_what_was_done():
    def interrupt(done, total):
        assert 0 <= done < total == 100_000
        raise KeyboardInterrupt

    report = wsksim.run_plan(plan(count=100_000, open=10), echo, progress=interrupt)
    assert report.interrupted
    assert report.exit_code == 130
    assert 0 < report.storm["lives"]["begun"] < 100_000
    # The connections of its lives are still there, which is none of the application's doing.
    assert report.findings == 0
    assert report.storm["left"]["sockets"] > 0
    assert report.balanced


def test_a_connection_that_an_interrupt_leaves_counts_once():
    def interrupt(done, total):
        raise KeyboardInterrupt

    life = [{"wait": "1ms..9s"}, {"end": "disconnect"}]
    report = wsksim.run_plan(plan(count=20_000, open=100, life=life), echo, progress=interrupt)
    assert report.lives.still_open > 90
    # With the listener.
    assert report.storm["half_open"]["count"] == report.storm["left"]["sockets"] == report.lives.still_open + 1


def test_the_call_that_repeats_a_storm_is_python():
    report = wsksim.run_plan(plan(count=3), "wsksim.examples.echo:echo")
    again = eval(report.repeat, {"wsksim": wsksim})  # noqa: S307 - ours
    assert again.storm == report.storm


@pytest.mark.parametrize("check", ["response.p99 < 1s", "late < 1%"])
def test_what_a_run_does_not_measure_is_refused_in_words(check):
    with pytest.raises(wsksim.PlanError, match=f"asked for {check.split()[0]}; found that no peers have arrivals"):
        wsksim.run_plan(plan(checks=[check]), echo)


# --- connections that this machine ends ---


def killing(rate, checks=(), **group):
    made = {**ALONE, "count": 200, "open": 20, "life": [{"wait": "1s"}, {"end": "disconnect"}], **group}
    return wsksim.Plan(peers={"clients": made}, faults={"kill": {"rate": rate, "who": "clients"}}, checks=checks)


@pytest.mark.rule("U-45")
def test_this_machine_ends_connections_at_the_rate_of_the_plan():
    report = wsksim.run_plan(killing("5/s"), Keeping)
    found = lives(report)
    assert set(found) == {"ended_in_order", "killed"}
    assert abs(found["killed"] - 5 * report.storm["virtual_s"]) <= 1
    assert report.indicated["abortive"] == found["killed"]
    assert Keeping.last.closed == 200
    assert report.findings == 0


def test_the_same_seed_kills_the_same():
    first, second = (wsksim.run_plan(killing("50/s"), echo) for _ in range(2))
    assert first.storm == second.storm


def test_kills_do_not_keep_a_storm_going():
    report = wsksim.run_plan(killing("1k/s", count=3, open=3, timeout="never", life=[{"end": "vanish"}]), Leaves)
    assert lives(report) == {"still_open": 3}


def test_a_vanished_peer_is_killed_like_another():
    report = wsksim.run_plan(killing("10/s", count=5, open=1, timeout="1h", life=[{"end": "vanish"}]), echo)
    assert lives(report) == {"killed": 5}
    assert report.storm["virtual_s"] == 0.5
