"""What sockets cost, measured on ten million of them."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "memory.py"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_ten_million_sockets_cost_at_most_64_bytes_each_and_a_second_wave_nothing():
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    first, second = map(float, done.stdout.split())
    assert first <= 64
    assert second <= 1
