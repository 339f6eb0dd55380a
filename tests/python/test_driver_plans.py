"""Plans with drivers in C as their target: the peers' lives, the report, and the driver under a test's own hand."""

import json
import re
import shutil
import sys

import pytest
from click.testing import CliRunner

import wsksim
from conftest import ROOT
from wsksim.cli.cc import command as cc
from wsksim.cli.run import command as run

EXAMPLES = ROOT / "examples" / "drivers"
CLIENTS = {
    "connect": "application",
    "count": 24,
    "open": 5,
    "life": [
        {"send": "64B..1KiB"},
        {"wait": "exp 100ms"},
        {"read": "all"},
        {"end": {"disconnect": 0.7, "close": 0.1, "abort": 0.1, "vanish": 0.1}},
    ],
}
SERVERS = {
    "listen": "tcp://127.0.0.1:7008",
    "count": 6,
    "life": [{"read": "10B"}, {"end": {"disconnect": 0.5, "abort": 0.5}}],
}
HOSTS = {"heartbeat.example": "127.0.0.1"}


@pytest.fixture(autouse=True)
def needs():
    """Skips where no driver can be built and run."""
    if sys.platform != "linux" or not (shutil.which("clang") or shutil.which("gcc")):
        pytest.skip("SKIPPED: drivers are run on Linux, with clang or gcc")


def built(folder, *names):
    made = folder / f"{names[0]}.so"
    sources = [str(EXAMPLES / f"{name}.c") for name in names]
    done = CliRunner().invoke(cc, [*sources, "-o", str(made)])
    assert (done.exit_code, done.output) == (0, "")
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return built(tmp_path_factory.mktemp("server"), "line_server", "line_worker")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return built(tmp_path_factory.mktemp("client"), "heartbeat_client")


def plan(seed=7, checks=(), **groups):
    return wsksim.Plan(seed=seed, peers=groups, checks=checks)


def test_lives_of_a_plan_meet_the_driver_and_balance(server):
    asked = plan(clients=CLIENTS, checks={"findings": "== 0", "lives.still_open": "== 0", "left.sockets": "== 0"})
    report = wsksim.run_plan(asked, server)
    assert report.exit_code == 0, report
    assert report.balanced
    lives = report.storm["lives"]
    assert lives["begun"] == 24
    assert lives["ended_in_order"] > 10
    assert report.storm["plan"] == asked.digest()
    assert report.storm["bytes"]["sent"] >= report.storm["bytes"]["received"] > 0
    assert report.storm["requests"]["WskCloseSocket"] == {"STATUS_SUCCESS": report.storm["accepted"] + 1}
    assert report.timeline is not None
    # Of the same seed everything is the same.
    assert wsksim.run_plan(asked, wsksim.Driver(server)).storm == report.storm


def test_each_seed_draws_its_own_lives_and_order(server):
    report = wsksim.Driver(server).run(seeds=range(1, 31), plan=plan(clients=CLIENTS), checks=["findings == 0"])
    assert report.exit_code == 0, report
    assert report.storm["driver"]["seeds"] == report.storm["driver"]["orders"] == 30
    assert report.storm["lives"]["begun"] == 30 * 24
    assert report.balanced
    digests = [wsksim.Plan(seed=seed, peers={"clients": CLIENTS}).digest() for seed in range(1, 31)]
    assert int(report.storm["plan"], 16) == sum(int(one, 16) for one in digests) % (1 << 128)


def test_driver_connects_to_peers_that_listen(client):
    asked = plan(servers=SERVERS)
    report = wsksim.Driver(client).run(seeds=range(1, 21), plan=asked, hosts=HOSTS)
    assert report.exit_code == 0, report
    assert report.balanced
    assert report.storm["lives"]["begun"] >= 60
    assert report.storm["bytes"]["received"] >= 20 * 10


def test_planned_instants_are_of_virtual_time(server):
    group = {**CLIENTS, "arrivals": "10/s", "open": 24, "life": [{"wait": "50ms"}, {"end": "disconnect"}]}
    report = wsksim.run_plan(plan(clients=group), server)
    assert (report.exit_code, report.storm["model"]) == (0, "open")
    assert report.storm["lives"]["ended_in_order"] == 24
    assert 2.3 <= report.storm["virtual_s"] < 3
    with pytest.raises(wsksim.PlanError, match="a driver's time is virtual"):
        wsksim.run_plan(plan(clients=group, checks={"response.p99": "< 5us"}), server)


def test_faults_of_a_plan_befall_a_driver(server):
    group = {**CLIENTS, "count": 100, "life": [{"send": "300B"}, {"wait": "1s"}, {"end": "disconnect"}]}
    faults = {"allocation": 0.3, "kill": {"rate": "2/s", "who": "clients"}}
    report = wsksim.run_plan(wsksim.Plan(seed=7, peers={"clients": group}, faults=faults), server)
    assert report.exit_code == 0, report
    assert report.balanced
    assert report.storm["lives"]["killed"] > 10
    allocations = report.storm["allocations"]
    assert 10 < allocations["refused"] < allocations["asked"]
    assert report.storm["lives"]["refused"] == 0
    # Without memory it takes no connection.
    assert report.storm["lives"]["aborted_by_us"] > 10


def test_command_has_the_plan_its_checks_and_every_form(server, tmp_path):
    file, page, kept = tmp_path / "plan.toml", tmp_path / "page.html", tmp_path / "report.json"
    file.write_text(plan(clients=CLIENTS, checks={"findings": "== 0"}).to_toml())
    arguments = [str(server), "--plan", str(file), "--seeds", "1..5", "--check", "lives.timed_out == 0"]
    done = CliRunner().invoke(run, [*arguments, "-o", str(page), "-o", str(kept), "--json"])
    told = json.loads(done.output)
    assert done.exit_code == told["exit"] == 1
    assert [(one["check"], one["good"]) for one in told["checks"]] == [
        ("findings == 0", True),
        ("lives.timed_out == 0", False),
    ]
    assert "Driver in C, 5 seeds, 5 orders" in page.read_text()
    assert wsksim.Report.load(kept).to_dict() == told
    assert told["repeat"].startswith(f"wsksim run {server} --plan {file} --schedule explore --completions drawn")
    assert "5 seeds, 5 orders" in CliRunner().invoke(run, arguments).output


@pytest.mark.parametrize(
    ("group", "found"),
    [
        ({**CLIENTS, "connect": "tcp://127.0.0.1:9"}, "port 9; found that the driver listens at port 7007"),
        (None, "found that the driver listens nowhere"),
    ],
)
def test_peers_that_find_nobody_are_a_failure(server, client, group, found):
    driver = server if group else client
    report = wsksim.run_plan(plan(clients=group or CLIENTS), driver)
    assert report.exit_code == 1
    assert found in report.storm["failures"][0]
    assert found in str(report)


def test_what_belongs_to_handlers_is_refused(server):
    done = CliRunner().invoke(run, [str(server), "--sockets", "5"])
    assert (done.exit_code, "--sockets: found a driver" in done.output) == (2, True)
    done = CliRunner().invoke(run, [str(server), "--check", "lives == 0"])
    assert (done.exit_code, "found no plan" in done.output) == (2, True)


# --- a driver in a test's own hand ---


def test_remote_ends_are_moved_by_hand(server):
    driver = wsksim.Driver(server)
    with driver.start(seed=3) as running:
        assert running.listening == ["tcp://0.0.0.0:7007"]
        peer = running.connect()
        peer.send(b"one\ntwo\n")
        running.settle()
        assert peer.read() == b"one\ntwo\n"
        peer.disconnect()
        running.settle()
        assert (peer.read(), peer.finished, peer.aborted) == (b"bye\n", True, False)
        other = running.connect("tcp://127.0.0.1:7007")
        other.vanish()
        with pytest.raises(wsksim.RemoteError, match="the driver listens at"):
            running.connect("tcp://127.0.0.1:9")
    report = running.report
    assert (report.exit_code, report.findings) == (0, 0), report
    with pytest.raises(wsksim.DriveError, match="after it was stopped"):
        running.settle()


def test_driver_connects_to_a_test(client):
    with wsksim.Driver(client).start(listen=["tcp://127.0.0.1:7008"], hosts=HOSTS) as running:
        running.settle(2.5)
        peer = running.listeners[0].accept()
        assert peer.read().startswith(b"beat\n")
        assert running.now >= 2
        peer.abort()
        running.settle(4)
        assert running.listeners[0].accept() is not None
    assert running.report.exit_code == 0, running.report


def test_what_is_no_driver_is_refused(tmp_path):
    with pytest.raises(wsksim.DriverError, match="found no such file"):
        wsksim.Driver(tmp_path / "none.so")
    source = tmp_path / "wrong.c"
    source.write_text("#include <ntddk.h>\nnonsense\n")
    with pytest.raises(wsksim.DriverError, match=r"asked .* to compile the driver"):
        wsksim.Driver(source)


def test_the_page_on_drivers_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "drivers.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    exec(compile("\n".join(blocks), "drivers.md", "exec"), {"__name__": "drivers"})  # noqa: S102 - the page is ours
