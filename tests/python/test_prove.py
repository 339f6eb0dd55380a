"""`make prove` says what its steps really did."""

import importlib.util
import sys
import tomllib

import pytest

from conftest import ROOT


@pytest.fixture(scope="module")
def prove():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("prove", ROOT / "tests" / "ends" / "prove.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["prove"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["prove"]


@pytest.mark.parametrize(
    ("printed", "result"),
    [
        ("..F.", "FOUND SOMETHING (stopped"),
        ("..F.  [ 10%]\\n..", "FOUND SOMETHING (stopped"),
        ("WRONG  a case\\n", "FOUND SOMETHING (stopped"),
        ("....\\nfine", "STOPPED"),
        ("test one ... FAILED\\n", "FOUND SOMETHING (stopped"),
    ],
)
def test_a_step_that_was_stopped_keeps_what_it_had_found(prove, printed, result):
    command = [sys.executable, "-c", f"print('{printed}', end=''); import time; time.sleep(60)"]
    assert prove.run(prove.Step(command, 1), 1.5).startswith(result)


def test_what_a_step_says_of_being_stopped_is_nothing_that_it_found(prove):
    text = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("F", flush=True)
"""
    assert prove.run(prove.Step([sys.executable, "-c", text], 1), 1.5).startswith("STOPPED")


def test_the_fuzzers_lock_file_knows_what_the_package_needs():
    package = tomllib.loads((ROOT / "Cargo.toml").read_text("utf-8"))
    linux = package.get("target", {}).values()
    tables = [package["dependencies"], *(one.get("dependencies", {}) for one in linux)]
    needed = {
        name: one
        for table in tables
        for name, one in table.items()
        if not (isinstance(one, dict) and one.get("optional")) and name != "loom"
    }
    locked = tomllib.loads((ROOT / "tests" / "fuzz" / "Cargo.lock").read_text("utf-8"))["package"]
    of_package = next(one for one in locked if one["name"] == package["package"]["name"])
    assert of_package["version"] == package["package"]["version"]
    assert needed.keys() <= {name.partition(" ")[0] for name in of_package["dependencies"]}


def test_a_step_that_came_to_its_end(prove):
    assert prove.run(prove.Step([sys.executable, "-c", "print('F')"], 1), 30).startswith("ok, 1 run")
    failed = prove.run(prove.Step([sys.executable, "-c", "raise SystemExit(1)"], 1), 30)
    assert failed.startswith("FOUND SOMETHING (exit 1")
