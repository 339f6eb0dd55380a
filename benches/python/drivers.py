"""A2, A5, A6 and A9 with drivers that `wsksim cc` compiles: what the kernel adds to the provider."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import applications
from applications import compiled
from comparison import Bound, Comparison, Row, Skipped
from plan import Plan, named
from reference import ROOT


@cache
def driver(name: str) -> Path | None:
    """The object of a driver of `benches/drivers`; None where there is no compiler."""
    if sys.platform != "linux" or not (shutil.which("clang") or shutil.which("gcc")):
        return None
    made = Path(tempfile.mkdtemp(prefix="wsksim-bench-"), f"{name}.so")
    source = ROOT / "benches" / "drivers" / f"{name}.c"
    subprocess.run([sys.executable, "-m", "wsksim", "cc", str(source), "-O", "2", "-o", str(made)], check=True)
    return made


def lines(
    goal: str, what: str, work: str, count: int, *arguments: object, name: str
) -> list[dict[str, float]] | Skipped:
    """A line for each round of a work with a driver's object."""
    made = driver(name)
    if made is None:
        return Skipped(goal, what, "no compiler that builds drivers was found")
    program = compiled(goal, what)
    return program if isinstance(program, Skipped) else program.run(work, count, *arguments, made)


def a2(plan: Plan) -> Iterator[Row]:
    """A life."""
    yield from applications.a2(plan)
    count = plan.size(10_000)
    found = lines(
        "A2", "a life in a driver's object", "object-life", count, "random", len(plan.rounds(9)), name="server"
    )
    if isinstance(found, Skipped):
        yield found
        return
    rounds = [(line["ns"], 100 * line["add"]) for line in found]
    case = f"a life in a driver's object, {named(count)}, random order, against 100 adds"
    yield Comparison("A2", case, "ns", rounds, Bound(1), "at most 100 adds")


def a5(plan: Plan) -> Iterator[Row]:
    """A message."""
    yield from applications.a5(plan)
    count = 1_000 if plan.quick else 50_000
    what = "a message in a driver's object"
    found = lines("A5", what, "object-message", count, "random", len(plan.rounds(9)), name="server")
    if isinstance(found, Skipped):
        yield found
        return
    rounds = [(line["ns"], 60 * line["add"]) for line in found]
    yield Comparison("A5", f"{what}, against 60 adds", "ns", rounds, Bound(1), "at most 60 adds")


def a6(plan: Plan) -> Iterator[Row]:
    """Bulk: each comes and goes back."""
    yield from applications.a6(plan)
    count = 400 if plan.quick else 8_000
    what = "64 KiB in a driver's object"
    found = lines("A6", what, "object-bulk", count, len(plan.rounds(9)), name="server")
    if isinstance(found, Skipped):
        yield found
        return
    rounds = [(line["ns"] / 2, line["copy"]) for line in found]
    yield Comparison("A6", f"{what}, against memcpy", "ns", rounds, Bound(2), "at least half of memcpy")


def a9(plan: Plan) -> Iterator[Row]:
    """Seeds of a driver of twenty steps, each with a fresh image, explored."""
    count = 200 if plan.quick else 2_000
    found = lines("A9", "a seed of a driver", "seeds", count, len(plan.rounds(9)), name="steps")
    if isinstance(found, Skipped):
        yield found
        return
    rounds = [(line["ns"], line["image"] + line["switches"]) for line in found]
    case = "a seed of a driver of twenty steps, against a dlopen of its image and 40 switches"
    yield Comparison("A9", case, "ns", rounds, Bound(3), "at most 3 x")
