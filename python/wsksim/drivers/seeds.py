"""Seeds: each is run in a child process, many in one; the death of a child is the outcome of its seed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Final

from wsksim.drivers.asking import Asked, Outcome

__all__ = ["run_seeds"]

# What one seed has used of the heap the next one uses again: without this glibc gives it back, and half of the time are
# page faults.
_MEMORY: Final = {"MALLOC_TRIM_THRESHOLD_": str(1 << 28)}


def run_seeds(asked: Asked, jobs: int | None = None) -> list[Outcome]:
    """Runs every seed; outcomes in the order of the seeds.

    Args:
        asked: which seeds of which driver.
        jobs: how many children at a time; as many as processors, if not given.
    """
    count = jobs or os.cpu_count() or 1
    shares = list(asked.shares(count))
    with ThreadPoolExecutor(len(shares)) as pool:
        return [outcome for outcomes in pool.map(lambda share: list(_run(share)), shares) for outcome in outcomes]


def _run(asked: Asked) -> Iterator[Outcome]:
    """Runs the seeds in one child after another, each up to the one that it dies of."""
    while asked.first <= asked.last:
        begun = asked.first
        command = [sys.executable, "-m", "wsksim.drivers.child"]
        with subprocess.Popen(  # noqa: S603 - this very interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**_MEMORY, **os.environ}
        ) as child:
            assert child.stdin is not None  # noqa: S101 - for the type checker
            assert child.stdout is not None  # noqa: S101 - likewise
            json.dump(asdict(asked), child.stdin)
            child.stdin.close()
            for line in child.stdout:
                told = json.loads(line)
                begun = told.get("begins", begun)
                if "outcome" in told:
                    yield Outcome.of(told["seed"], told["outcome"])
                    begun = told["seed"] + 1
        if child.returncode == 0:
            return
        yield Outcome(seed=begun, ended=_death(child.returncode))
        asked = replace(asked, first=begun + 1)


def _death(code: int) -> str:
    """How a child died."""
    if code >= 0:
        return f"the process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the process died of {name}"
