"""What a WSK call costs at the border between Python and Rust, in crossings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "crossings.py"


def crossings(asked, **environment):
    """The calls in and the calls out of one WskSend of one byte with a completion routine."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), asked],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return tuple(map(int, done.stdout.split()))


def test_a_send_is_one_call_in_and_one_routine_out_as_the_interpreter_sees_it():
    assert crossings("python") == (1, 1)


def test_a_send_is_one_call_in_and_one_routine_out_as_the_extension_counts_it():
    history = os.environ.get("WSKSIM_HISTORY")
    if history is None:
        pytest.skip("WSKSIM_HISTORY names no extension that counts its crossings; run make test")
    assert crossings("rust", PYTHONPATH=history) == (1, 1)
