"""Long storms with a C handler that counts for itself: the books are exact and memory stands still."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "accounting.py"


@pytest.mark.slow
@pytest.mark.rule("D-21", "D-24")
@pytest.mark.parametrize("workers", [0, 2])
def test_every_edge_is_in_the_books_and_in_the_handlers_own(cc, workers):
    command = [sys.executable, str(PROGRAM), "2M", "20k", str(workers)]
    done = subprocess.run(
        command, env={**os.environ, "CC": cc}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["graceful"] + result["abortive"] == 2_000_000
    # The plan of seed 7: the same with any number of workers, and in every version.
    assert (result["plan"], result["abortive"]) == ("0b84fa49fb106f11", 300_124)
