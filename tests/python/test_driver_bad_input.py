"""What no driver may do, and what is no driver: told in words or the outcome of its seed, and the parent lives on."""

import shutil
import struct
import sys

import pytest
from click.testing import CliRunner

import wsksim
from conftest import ROOT
from wsksim.cli.cc import command as cc
from wsksim.cli.run import command as run
from wsksim.drivers.asking import Asked
from wsksim.drivers.seeds import run_seeds
from wsksim.handlers import load_handler

HOSTILE = ROOT / "tests" / "drivers" / "hostile.c"
CALLS = 13


@pytest.fixture(autouse=True)
def needs():
    """Skips where no driver can be built and run."""
    if sys.platform != "linux" or not (shutil.which("clang") or shutil.which("gcc")):
        pytest.skip("SKIPPED: drivers are run on Linux, with clang or gcc")


def built(folder, *defines):
    driver = folder / "hostile.so"
    done = CliRunner().invoke(cc, [str(HOSTILE), *(f"-D{one}" for one in defines), "-o", str(driver)])
    assert (done.exit_code, done.output) == (0, "")
    return driver


@pytest.mark.parametrize(
    ("define", "failure", "rule"),
    [
        ("FAILS", "DriverEntry returned 0xC0000001 (STATUS_UNSUCCESSFUL): 2 of 2 seeds", None),
        ("RAISED", None, "K-9"),
        ("EXITS", "the driver ended the process, with exit code 0: 2 of 2 seeds", None),
    ],
)
def test_what_a_driver_does_is_the_outcome_of_its_seed(tmp_path, define, failure, rule):
    report = wsksim.Driver(built(tmp_path, define)).run(seeds=range(1, 3))
    assert report.exit_code == 1
    assert report.storm["driver"]["seeds"] == 2
    assert failure is None or any(failure in one for one in report.storm["failures"]), report
    assert rule is None or [one.rule for one in report.finding_list] == [rule], report


def test_a_loop_that_calls_nothing_is_ended(tmp_path):
    asked = Asked(path=str(built(tmp_path, "SPINS")), first=1, last=2, computes_s=1)
    assert [one.ended for one in run_seeds(asked)] == ["it computed for 1 s without an end"] * 2


def test_a_megabyte_of_messages_is_cut_and_nothing_else_happens(tmp_path):
    [outcome] = run_seeds(Asked(path=str(built(tmp_path, "PRINTS")), first=1, last=1))
    assert (outcome.status, outcome.ended, outcome.findings) == (0, "", ())
    assert 0 < sum(map(len, outcome.printed)) <= 2**20


def test_threads_of_libcs_own_are_no_threads_of_the_kernels(tmp_path):
    [outcome] = run_seeds(Asked(path=str(built(tmp_path, "THREADS")), first=1, last=1))
    assert (outcome.status, outcome.ended, outcome.findings) == (0, "", ())


def test_a_jump_over_the_kernels_frames_ends_no_more_than_its_seed(tmp_path):
    outcomes = run_seeds(Asked(path=str(built(tmp_path, "JUMPS")), first=1, last=2, computes_s=5), jobs=1)
    assert [one.seed for one in outcomes] == [1, 2]


@pytest.mark.slow
def test_a_wild_pointer_is_a_finding_or_the_crash_of_its_seed(tmp_path):
    driver = built(tmp_path, "WILD")
    content = driver.read_bytes()
    chosen = struct.pack("<3Q", 0x1EAFBEEF1EAFBEEF, 0, 0)
    assert content.count(chosen) == 1
    for call in range(CALLS):
        for wild in (0x10, 0xDEADBEEFDEADBEEF):
            driver.write_bytes(content.replace(chosen, struct.pack("<3Q", 0x1EAFBEEF1EAFBEEF, call, wild)))
            outcomes = run_seeds(Asked(path=str(driver), first=1, last=2, computes_s=20), jobs=1)
            assert [one.seed for one in outcomes] == [1, 2]
            assert all(one.failure or one.findings for one in outcomes), (call, outcomes)


def test_an_object_without_an_entry_or_of_another_machine_is_refused(tmp_path):
    driver = built(tmp_path)
    content = driver.read_bytes()
    driver.write_bytes(content.replace(b"DriverEntry\0", b"DriverExit_\0"))
    with pytest.raises(wsksim.DriverError, match="it has no DriverEntry"):
        wsksim.Driver(driver)
    machine = {62: 183, 183: 62}[content[18]]
    driver.write_bytes(content[:18] + bytes([machine]) + content[19:])
    with pytest.raises(wsksim.DriverError, match=r"it is for (aarch64|x86_64), and this is"):
        wsksim.Driver(driver)
    driver.write_bytes(content[: len(content) // 2])
    with pytest.raises(wsksim.DriverError, match="cut off or damaged"):
        wsksim.Driver(driver)


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("missing.so", ["asked to run 'missing.so'; found no such file, in ", "wsksim cc FILE.c -o missing.so"]),
        ("./missing.c", ["asked to run './missing.c'; found no such file, in ", "correct the path"]),
        ("/nowhere/missing.cpp", ["asked to run '/nowhere/missing.cpp'; found no such file; correct the path"]),
        ("folder.c", ["found a folder; correct the path"]),
    ],
)
@pytest.mark.parametrize("options", [[], ["--plan", "plan.toml"], ["--seeds", "1..3"]])
def test_a_file_that_is_not_there_is_told_so(tmp_path, monkeypatch, target, parts, options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.c").mkdir()
    done = CliRunner().invoke(run, [target, *options])
    assert done.exit_code == 2
    text = " ".join(done.output.split())
    assert all(part in text for part in parts), text
    assert "another form" not in text
    with pytest.raises(wsksim.DriverError) as raised:
        wsksim.Driver(target)
    assert all(part in str(raised.value) for part in parts)


@pytest.mark.parametrize("call", [load_handler, lambda name: wsksim.storm(name, sockets=1)])
def test_a_driver_where_a_handler_is_asked_for_is_told_how_it_is_run(call):
    with pytest.raises(wsksim.HandlerError, match=r"found what is called as a driver in C is.*wsksim\.Driver"):
        call("driver.so")
