"""Checks of reports: of a handler's storm, of a replay, on the command line and in Python."""

import pytest

import wsksim
from test_schema import checked


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
