"""Drivers that were built with a sanitizer: examples are clean, and planted faults are findings with their lines."""

import json
import sys

import pytest
from click.testing import CliRunner

import wsksim
from conftest import ROOT
from wsksim.cli.cc import command as cc
from wsksim.cli.run import command as run
from wsksim.compiling.compilers import find_compiler
from wsksim.compiling.refusing import CompilingError

PLANTED = ROOT / "tests" / "drivers" / "planted.c"
SHARED = PLANTED.with_name("shared.c")
EXAMPLES = {
    "server": ["line_server", "line_worker"],
    "client": ["heartbeat_client"],
}
SANITIZERS = ["address", "thread", "undefined"]
# What is planted, which sanitizer sees it, the rule, a word of what is found, and the mark of the other line.
FAULTS = [
    pytest.param("RACE", "thread", "S-2", "data race", "RACE", marks=pytest.mark.rule("S-2")),
    pytest.param("USED", "address", "S-1", "use after free", "FREED", marks=pytest.mark.rule("S-1")),
    pytest.param("BEYOND", "address", "S-1", "buffer overflow", "ALLOCATED", marks=pytest.mark.rule("S-1")),
    pytest.param("SHIFTED", "undefined", "S-3", "shift exponent 32", "", marks=pytest.mark.rule("S-3")),
    pytest.param("DEADLOCK", "thread", "K-7", "KeWaitForSingleObject", "", marks=pytest.mark.rule("K-7")),
    pytest.param("DEADLOCK", "address", "K-7", "KeWaitForSingleObject", "", marks=pytest.mark.rule("K-7")),
]

pytestmark = pytest.mark.slow


def built(folder, sanitizer, sources, *options):
    """Builds a driver, or skips what this machine's compilers cannot do."""
    if sys.platform != "linux":
        pytest.skip("SKIPPED: drivers are run on Linux")
    try:
        find_compiler(None, sanitizer)
    except CompilingError as error:
        pytest.skip(f"SKIPPED: {error}")
    driver = folder / "driver.so"
    done = CliRunner().invoke(cc, [*map(str, sources), "--sanitize", sanitizer, *options, "-o", str(driver)])
    assert (done.exit_code, done.output) == (0, "")
    return driver


def line_of(mark):
    lines = PLANTED.read_text().splitlines()
    return next(number for number, text in enumerate(lines, 1) if text.endswith(f"/* {mark} */"))


@pytest.mark.parametrize(("fault", "sanitizer", "rule", "found", "other"), FAULTS)
def test_planted_fault_is_a_finding_with_its_lines(tmp_path, fault, sanitizer, rule, found, other):
    driver = built(tmp_path, sanitizer, [PLANTED], f"-D{fault}")
    done = CliRunner().invoke(run, [str(driver), "--seeds", "1..3", "--jobs", "1", "--json"])
    report = wsksim.Report.from_dict(json.loads(done.output))
    assert done.exit_code == 1
    finding = next(one for one in report.finding_list if one.rule == rule)
    assert found in finding.found
    assert finding.site.endswith(f"planted.c:{line_of(fault)}")
    assert finding.function in {"Count", "UseMemory", "Wait", "Unload"}
    if other:
        assert finding.other_site.endswith(f"planted.c:{line_of(other)}")
        assert f"planted.c:{line_of(other)}" in finding.found
    if sanitizer == "address" and rule == "S-1":
        assert "in DriverEntry" in finding.traceback
        assert "the sanitizer ended the run: 3 of 3 seeds" in report.storm["failures"][0]


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_driver_without_a_fault_is_accused_of_nothing(tmp_path, sanitizer):
    report = wsksim.Driver(built(tmp_path, sanitizer, [PLANTED])).run(seeds=range(1, 11))
    assert (report.exit_code, report.finding_list) == (0, ()), report


@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("example", sorted(EXAMPLES))
def test_examples_are_clean(tmp_path, example, sanitizer):
    sources = [ROOT / "examples" / "drivers" / f"{name}.c" for name in EXAMPLES[example]]
    driver = wsksim.Driver(built(tmp_path, sanitizer, sources))
    life = [{"send": "64B..600B"}, {"wait": "exp 100ms"}, {"read": "all"}, {"end": {"disconnect": 0.7, "abort": 0.3}}]
    servers = {"listen": "tcp://127.0.0.1:7008", "count": 3, "life": [{"read": "10B"}, life[-1]]}
    clients = {"connect": "application", "count": 8, "open": 3, "life": life}
    peers = {"clients": clients} if example == "server" else {"servers": servers}
    hosts = {"heartbeat.example": "127.0.0.1"}
    report = driver.run(seeds=range(1, 51), plan=wsksim.Plan(peers=peers), irql="mixed", hosts=hosts)
    assert (report.exit_code, report.finding_list) == (0, ()), report
    assert report.storm["driver"]["orders"] == 50


def test_a_driver_whose_runtime_is_not_there_is_refused(tmp_path):
    driver = built(tmp_path, "undefined", [PLANTED])
    content = driver.read_bytes()
    place = content.index(b"runtime=/") + len(b"runtime=/")
    driver.write_bytes(content[:place] + b"X" + content[place + 1 :])
    with pytest.raises(wsksim.DriverError, match="found no runtime at /X"):
        wsksim.Driver(driver)


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_what_the_kernel_orders_is_no_race(tmp_path, sanitizer):
    driver = wsksim.Driver(built(tmp_path, sanitizer, [SHARED]))
    report = driver.run(seeds=range(1, 41))
    assert (report.exit_code, report.finding_list) == (0, ()), report
    assert report.storm["driver"]["orders"] > 30


@pytest.mark.rule("S-2")
def test_a_lock_that_one_work_item_leaves_out_is_a_race(tmp_path):
    report = wsksim.Driver(built(tmp_path, "thread", [SHARED], "-DRACE")).run(seeds=range(1, 11))
    lines = SHARED.read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.endswith("/* RACE */"))
    races = [one for one in report.finding_list if one.rule == "S-2"]
    assert report.exit_code == 1
    assert any(one.site.endswith(f"shared.c:{line}") or one.other_site.endswith(f"shared.c:{line}") for one in races)
