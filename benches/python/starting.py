"""S15: what importing the package and asking for help cost over a bare interpreter."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator

from comparison import Bound, Comparison
from plan import Plan

BARE = ("-c", "pass")


def s15(plan: Plan) -> Iterator[Comparison]:
    """Start of the package and of the command line."""
    # `import wsksim` imports no more than its own name. What a program needs is loaded when it is used first: the row
    # in the middle tells what that costs, against the same 30 ms, and has no goal.
    for name, arguments, allowed, bound in (
        ("import wsksim", ("-c", "import wsksim"), 30, Bound(1)),
        ("import wsksim and open a subsystem", ("-c", "import wsksim; wsksim.Subsystem().close()"), 30, None),
        ("wsksim --help", ("-m", "wsksim", "--help"), 150, Bound(1)),
    ):
        run(arguments)
        rounds = []
        for _ in plan.rounds(21):
            bare = run(BARE)
            rounds.append((run(arguments) - bare, float(allowed)))
        case = f"{name}, over a bare interpreter"
        yield Comparison("S15", case, "ms", rounds, bound, f"at most {allowed} ms" if bound else "-")


def run(arguments: tuple[str, ...]) -> float:
    """Milliseconds of processor time of one process; waiting for the disk is left out."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
