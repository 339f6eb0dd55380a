"""Runs of drivers that never end, end their process, or fork: nothing is left of them, and none is a success."""

import importlib.util
import json
import signal
import subprocess
import sys

import pytest

import wsksim
from conftest import ROOT


def the_matrix():
    spec = importlib.util.spec_from_file_location("driver_exits", ROOT / "tests" / "ends" / "driver_exits.py")
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ends = the_matrix()
pytestmark = pytest.mark.skipif(not ends.can_build(), reason="drivers are run on Linux, with a compiler")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with all the drivers."""
    made = tmp_path_factory.mktemp("ends")
    for letter, _ in ends.DRIVERS.values():
        ends.build(made, letter)
    return made


@pytest.mark.parametrize("driver", ["computes without an end", "waits without an end"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_driver_that_never_ends_is_left_at_the_first_signal(folder, driver, number):
    _, complaint = ends.Case(driver, number).run(folder)
    assert complaint == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_ends_or_interrupts_all_its_processes(folder, number):
    # The second comes while a child begins.
    for case in (
        ends.Case("waits without an end", number, group=True, compiled=False),
        ends.Case("computes without an end", number, group=True, moment=0.0),
    ):
        _, complaint = case.run(folder)
        assert complaint == "", case


# A thread of its own sends it the signal once it has a child: the main thread's wait is not interrupted by that.
ANOTHER_THREAD = """
import pathlib, signal, threading, time
def send():
    def has_child():
        return any((task / "children").read_text() for task in pathlib.Path("/proc/self/task").iterdir())
    while not has_child():
        time.sleep(0.02)
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
threading.Thread(target=send, daemon=True).start()
"""


def test_a_signal_that_comes_to_another_thread_ends_the_run(folder):
    process, mark = ends.start(folder / "S.so", "--seeds", "1..40", "--jobs", "2", first=ANOTHER_THREAD)
    try:
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 143, errors
    assert ends.are_gone(mark)


def test_a_driver_that_crashes_fails_its_seeds(folder):
    _, complaint = ends.Case("crashes").run(folder)
    assert complaint == ""


@pytest.mark.parametrize("options", [[], ["--seeds", "1..3", "--jobs", "2"]])
def test_a_driver_that_ends_its_process_fails_its_seed(folder, options):
    process, mark = ends.start(folder / "E.so", *options, "--json")
    output, errors = process.communicate(timeout=60)
    told = json.loads(output)
    assert (process.returncode, told["driver"]["seeds"]) == (1, 3 if options else 1), errors
    assert "the driver ended the process, with exit code 0" in json.dumps(told["failures"])
    assert ends.are_gone(mark)


def test_what_a_driver_forks_ends_with_the_run(folder):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process, mark = ends.start(folder / "F.so", "--seeds", "1..4", "--jobs", "2")
        output, errors = process.communicate(timeout=60)
        assert process.returncode in {0, 1}, errors
        assert "4 seeds" in output
        assert ends.are_gone(mark)
        # Of a program's own children none is touched.
        wsksim.Driver(folder / "F.so").run(seeds=range(1, 3), jobs=2)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_every_driver_and_signal_is_in_the_matrix():
    drawn = list(ends.drawn(200, seed=5))
    assert len(drawn) == 200
    assert {case.driver for case in drawn} == set(ends.DRIVERS)
    assert {case.number for case in drawn} == set(ends.SIGNALS)
