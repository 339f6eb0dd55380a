"""Checks of reports: of a handler's storm, of a replay, on the command line and in Python."""

import re

import pytest

import wsksim
from conftest import ROOT
from test_schema import checked
from wsksim.plans.checks import read_check
from wsksim.runs.measured import Judged


def good(context, flags):
    return 0


def bad(context, flags):
    return 1


def test_a_report_is_checked():
    report = wsksim.storm(good, sockets=10, rate="1M/s")
    report.check(
        "findings == 0", "posted == 10", "indicated >= 10", "withheld < 1", "late <= 100%", "response.max > 0ns"
    )
    with pytest.raises(wsksim.CheckError, match="asked for posted == 11; found 10"):
        report.check("findings == 0", "posted == 11")
    with pytest.raises(AssertionError, match=r"asked for service.p50 < 0ns; found \d"):
        report.check("service.p50 < 0ns")


@pytest.mark.parametrize(
    "check", ["response.p50 < 1s", "lives == 0", "late == 0", "left.sockets == 0", "finding == 0", "findings"]
)
def test_what_a_report_does_not_have_is_no_failure_but_a_mistake(check):
    with pytest.raises(wsksim.PlanError, match="asked for"):
        wsksim.storm(good, sockets=1).check(check)


def test_a_storm_is_judged_by_its_checks():
    report = wsksim.storm(good, sockets=10, checks=["findings == 0", "posted > 10"])
    assert report.storm["checks"] == [
        {"check": "findings == 0", "value": 0, "good": True},
        {"check": "posted > 10", "value": 10, "good": False},
    ]
    assert report.exit_code == 1
    assert "checks=['findings == 0', 'posted > 10']" in report.repeat
    assert wsksim.Report.from_dict(report.to_dict()).to_dict() == report.to_dict()
    assert wsksim.storm(good, sockets=10, checks={"findings": "== 0"}).exit_code == 0


def test_checks_that_allow_findings_do_not_excuse_them():
    assert wsksim.storm(bad, sockets=2, checks=["findings <= 2"]).exit_code == 1


@pytest.mark.parametrize(
    ("checks", "do"),
    [
        (["response.p99 < 1s"], "give a rate too"),
        (["late <= 1%"], "give a rate too"),
        (["service.p99 < 1s"], "give a rate or sample too"),
        (["lives.refused == 0"], "run an application under a plan"),
        ("findings == 0", "give a list of texts"),
        ([7], "a check such as"),
    ],
)
def test_a_check_that_names_nothing_is_refused_before_the_storm(checks, do):
    with pytest.raises(wsksim.PlanError, match=do):
        wsksim.storm(good, sockets=1, checks=checks)


@pytest.mark.parametrize(
    ("handler", "checks", "code"),
    [
        ("some_handlers:good", ["findings == 0", "response.p99.9 < 1h", "late <= 100%"], 0),
        ("some_handlers:good", ["findings == 0", "response.p99.9 < 1ns"], 1),
        ("some_handlers:raises", ["findings == 0"], 1),
        ("some_handlers:good", ["responce.p99.9 < 1h"], 2),
        ("some_handlers:good", ["response.p99.9 < 1"], 2),
    ],
)
def test_a_check_is_an_exit_code(wsksim_command, handler, checks, code):
    asked = [word for check in checks for word in ("--check", check)]
    done = wsksim_command("run", handler, "--sockets", "20", "--rate", "1M/s", *asked)
    assert done.returncode == code, done.stdout + done.stderr
    if code < 2:
        lines = done.stdout.splitlines()
        assert [line[6 : 6 + len(check)] for line, check in zip(lines, checks, strict=False)] == checks
        assert any(line.startswith("FAIL") for line in lines) == (code == 1)
    else:
        assert done.stdout == ""
        assert "asked for" in done.stderr


def test_checks_are_in_the_json_and_in_the_line_that_repeats_it(wsksim_command):
    done = wsksim_command("run", "some_handlers:good", "--sockets", "5", "--json", "--check", "posted == 5")
    values = checked(done.stdout)
    assert values["checks"] == [{"check": "posted == 5", "value": 5, "good": True}]
    assert "--check 'posted == 5'" in values["repeat"]


def test_a_c_handler_is_checked_as_well(wsksim_command, c_library):
    done = wsksim_command("run", f"{c_library}:Pends", "--sockets", "5", "--check", "findings < 5")
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL  findings < 5   5\n")


# --- the names of an application's storm ---

CHECKED = wsksim.Plan(
    peers={
        "clients": {
            "connect": "application",
            "count": 100,
            "open": 10,
            "life": [{"send": "8B"}, {"wait": "1ms"}, {"read": "all"}, {"end": {"disconnect": 0.8, "abort": 0.2}}],
        }
    }
)


@pytest.fixture(scope="module")
def checked_report():
    return wsksim.run_plan(CHECKED, "wsksim.examples.echo:echo")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("lives.aborted_by_peer <= 30%", lambda storm: storm["lives"]["aborted_by_peer"] / 100),
        ("lives.unaccepted == 0", lambda storm: 0),
        ("lives.vanished == 0%", lambda storm: 0),
        ("refused.backlog <= 0.5%", lambda storm: 0),
        ("requests > 100", lambda storm: sum(sum(each.values()) for each in storm["requests"].values())),
        ("requests.WskSend == 100", lambda storm: 100),
        ("requests.WskSend.STATUS_SUCCESS == 100%", lambda storm: 1),
        ("requests.WskSend.STATUS_CONNECTION_RESET == 0", lambda storm: 0),
        ("requests.WskReceive.0xC0000999 == 0", lambda storm: 0),
        ("requests.WskSend <= 90%", lambda storm: 100 / sum(sum(each.values()) for each in storm["requests"].values())),
        ("posted.abortive <= 30%", lambda storm: storm["lives"]["aborted_by_peer"] / 100),
        ("withheld.closed == 0", lambda storm: 0),
        ("allocations.refused == 0", lambda storm: 0),
        ("half_open == 0", lambda storm: 0),
    ],
)
def test_what_an_applications_storm_has_can_be_checked(checked_report, check, value):
    storm = checked_report.storm
    [row] = checked_report.checked(check).checks
    assert (row.check, row.value, row.good) == (check, value(storm), True)
    assert row.found.endswith("%") == check.endswith("%")
    checked_report.check(check)
    # It is in the plan, before anything runs, and in a sum.
    again = wsksim.run_plan(
        wsksim.Plan(peers={"clients": CHECKED.peers[0]}, checks=[check]), "wsksim.examples.echo:echo"
    )
    assert again.exit_code == 0
    assert (again + again).checks[0].value == row.value * (1 if check.endswith("%") else 2)


def test_how_long_a_run_took_can_be_checked(checked_report):
    checked_report.check("elapsed > 0ns", "elapsed < 1h")
    [row] = checked_report.checked("elapsed < 1h").checks
    assert row.value == checked_report.elapsed_s * 1e9
    assert wsksim.storm(good, sockets=1, checks=["elapsed < 1h"]).exit_code == 0


@pytest.mark.parametrize(
    ("check", "word"),
    [
        ("requests.WskSnd == 0", "did you mean 'WskSend'?"),
        ("requests.WskSend.STATUS_SUCESS == 0", "did you mean 'STATUS_SUCCESS'?"),
        ("requests.WskSend.0x12 == 0", "its number as 0xC0000120"),
        ("requests. == 0", "requests of a function of WSK"),
        ("lives.aborted_by_pear == 0", "did you mean 'lives.aborted_by_peer'?"),
        ("lives.aborted_by_peer <= 0.16", "or its share in lives, such as 15%"),
        ("lives <= 16%", "a count such as"),
        ("findings <= 16%", "a count such as"),
        ("lives.killed <= 160%", "a share from 0 to 1"),
        ("half_opened == 0", "did you mean 'half_open'?"),
    ],
)
def test_a_name_that_no_report_has_is_refused_with_the_nearest(check, word):
    with pytest.raises(wsksim.PlanError, match="asked for") as caught:
        wsksim.Plan(peers={"clients": CHECKED.peers[0]}, checks=[check])
    assert word in str(caught.value)


@pytest.mark.parametrize("share", [0.16, 1 / 3, 0.1 + 0.2, 1e-7, 0.07, 0.29, 1.0, 0.0])
def test_a_share_is_written_as_it_is_read(share):
    made = read_check("check", f"lives.killed <= {share * 100!r}%")
    assert made.is_share
    assert read_check("check", str(made)) == made


@pytest.mark.parametrize(
    ("check", "value", "found"),
    [
        ("late <= 1%", 0.01004, "1.004%"),
        ("late <= 1%", 0.01, "1%"),
        ("late <= 1%", 0.0099999, "1%"),
        ("late < 1%", 0.0099999, "0.99999%"),
        ("late <= 1%", 0.0123456, "1.23%"),
        ("late <= 29%", 0.29, "29%"),
        ("lives.killed == 33.3%", 1 / 3, "33.33%"),
        ("late == 0%", 0.0, "0%"),
        ("response.p99 <= 50us", 50_020, "50.02us"),
        ("response.p99 < 50us", 50_020, "50us"),
        ("response.p99 < 50us", 49_999, "49.999us"),
        ("response.p99 >= 4.1us", 4_100, "4.1us"),
        ("response.mean <= 412us", 412_300.25, "412.3us"),
        ("response.max <= 86400s", 86_400_000_000_001, "86,400.000000001s"),
        ("response.p50 <= 4ns", 4.25, "4.25ns"),
        ("response.p50 <= 999us", 999_499, "999.5us"),
        ("posted <= 999999", 1_000_000, "1,000,000"),
    ],
)
def test_a_value_and_its_verdict_agree(check, value, found):
    assert Judged(check, value, read_check("check", check).holds(value)).found == found


def test_every_function_that_has_requests_can_be_named():
    table = (ROOT / "src" / "provider" / "functions.rs").read_text()
    without = {"WskRegister", "WskDeregister", "WskCaptureProviderNPI", "WskReleaseProviderNPI", "WskRelease"}
    without |= {"WskQueryProviderCharacteristics", "WskFreeAddressInfo"}
    named = set(re.findall(r'^ +[A-Z_]+ "(Wsk\w+)"', table, re.MULTILINE))
    assert len(named) == 30
    for name in named - without:
        assert read_check("check", f"requests.{name} == 0").name == f"requests.{name}"
