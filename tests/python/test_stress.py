"""Eight posting threads, random close, disable and reopen, and the history checker over all of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "stress.py"


@pytest.mark.slow
@pytest.mark.rule("D-21", "D-24", "D-25", "E-14", "C-13")
@pytest.mark.parametrize("workers", [2, 3, 4])
@pytest.mark.parametrize("kind", ["single", "batch", "native"])
def test_a_crowd_keeps_the_rules_and_the_books(kind, workers):
    history = os.environ.get("WSKSIM_HISTORY")
    if history is None:
        pytest.skip("WSKSIM_HISTORY names no extension that records its history; run make test")
    command = [sys.executable, PROGRAM, kind, workers, 7 + workers, 20000]
    done = subprocess.run(
        list(map(str, command)),
        env={**os.environ, "PYTHONPATH": history},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    sockets, edges, calls = (int(part.split()[0]) for part in done.stdout.split(", "))
    assert sockets > 1000
    assert edges >= calls > 1000
