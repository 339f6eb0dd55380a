"""The Makefile: what is missing on a machine is named in one line."""

import shutil
import subprocess

import pytest

from conftest import ROOT


@pytest.fixture(scope="module")
def make():
    """GNU make."""
    found = shutil.which("make")
    if found is None:
        pytest.skip("there is no make on this machine")
    return found


def run(make, *arguments):
    return subprocess.run([make, "--silent", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("CARGO=no-such-cargo", "no-such-cargo was not found: install Rust"),
        ("RUSTC=no-such-rustc", "no-such-rustc was not found: install Rust"),
        ("RUSTC=echo rustc 1.60.0 x", "rustc 1.60.0 x --version is too old: install Rust"),
        ("PYTHON=no-such-python", "no-such-python was not found: install Python 3.11 or newer"),
        ("PYTHON=false", "false is too old: install Python 3.11 or newer"),
    ],
)
def test_missing_tool_is_named_in_one_line(make, missing, says):
    done = run(make, missing, "tools")
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr


def test_help_lists_every_target(make):
    done = run(make, "help")
    for target in ("help", "demo", "test", "bench", "lint", "wheels", "prove", "clean"):
        assert f"make {target} " in done.stdout
