"""Echo applications under drawn schedules and two workers: balances, and no finding."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "echoes.py"


@pytest.mark.slow
@pytest.mark.rule("D-24", "C-13", "C-22", "E-15", "G-17", "A-5")
@pytest.mark.parametrize("seed", [1, 2])
def test_echoes_say_all_and_leave_nothing_behind(seed):
    command = [sys.executable, str(PROGRAM), str(seed), "400"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    accepted, refused, echoed, paused = (int(part.split()[0]) for part in done.stdout.split(", "))
    assert accepted + refused <= 400
    assert accepted > 200
    assert echoed > 10_000
    assert refused > 10
    assert paused > 50
