"""Long storms with a C handler that counts for itself: the books are exact and memory stands still."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "accounting.py"
HISTORY = PROGRAM.with_name("storm_history.py")


@pytest.mark.slow
@pytest.mark.rule("D-21", "D-24")
@pytest.mark.parametrize(
    ("arguments", "plan"),
    [
        (["2M", "20k", "0"], "5a193be961cb3089"),
        (["2M", "20k", "2"], "5a193be961cb3089"),
        (["1M", "1k", "0", "2M/s"], "e437b8fca252fe6e"),
        (["1M", "1k", "2", "2M/s"], "e437b8fca252fe6e"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_every_edge_is_in_the_books_and_in_the_handlers_own(cc, arguments, plan):
    command = [sys.executable, str(PROGRAM), *arguments]
    done = subprocess.run(
        command, env={**os.environ, "CC": cc}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["graceful"] + result["abortive"] == result["edges"]
    # The plan of seed 7: the same with any number of workers, and in every version.
    assert result["plan"] == plan


@pytest.mark.slow
@pytest.mark.rule("D-21", "D-24", "D-25", "C-13")
@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("kind", ["single", "batch", "native"])
def test_history_of_a_paced_storm_keeps_the_rules(kind, workers):
    history = os.environ.get("WSKSIM_HISTORY")
    if history is None:
        pytest.skip("WSKSIM_HISTORY names no extension that records its history; run make test")
    done = subprocess.run(
        [sys.executable, str(HISTORY), kind, str(workers), "30000"],
        env={**os.environ, "PYTHONPATH": history},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["30000", "30000"]
