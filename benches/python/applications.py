"""A1 to A8: whole applications, in Python and as compiled C callbacks, against limits and servers on loopback TCP."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterator
from functools import cache
from time import thread_time_ns
from typing import Any

import tcp
from comparison import Bound, Comparison, Row, Skipped
from handlers import Loops
from plan import Plan, named
from reference import ROOT, random_order
from server import Server, Storm
from sockets import Peer

COUNT = 10_000
MODES = ("inline", "windows")
SECONDS = 300


@cache
def limits(plan: Plan) -> Loops:
    """The loop of S1's limit, at 1,000 sockets."""
    return Loops(plan, [Peer(number) for number in range(1000)], array("q", range(1000)))


def limit(plan: Plan) -> float:
    """Nanoseconds of a limit call, measured now."""
    return limits(plan).limit(at_least=200_000)


class Compiled:
    """The driver in C of `benches/applications`, built in release."""

    def __init__(self) -> None:
        cargo = shutil.which("cargo")
        if cargo is None:
            raise FileNotFoundError("cargo was not found")
        command = [cargo, "bench", "--locked", "--no-run", "--message-format=json", "--bench", "applications"]
        built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        lines = (json.loads(line) for line in built.stdout.splitlines())
        self._program = next(
            line["executable"] for line in lines if line.get("target", {}).get("name") == "applications"
        )

    def run(self, *arguments: object) -> list[dict[str, float]]:
        """A line for each round."""
        command = [self._program, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
        return [json.loads(line) for line in done.stdout.splitlines()]


def compiled(goal: str, case: str) -> Compiled | Skipped:
    """The driver in C, or why there is none."""
    try:
        return Compiled()
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        return Skipped(goal, case, f"the driver in C could not be built: {error}")


def lives(plan: Plan, count: int, mode: Any, *, made: bool = False) -> Iterator[float]:
    """Nanoseconds a life of the application in Python, round after round."""
    server = Server(count, mode)
    order = None if made else random_order(plan.reference, count)
    total = 0
    while True:
        taken = server.lives(count, order)
        total += count
        server.check(total)
        yield taken / count


def peers(plan: Plan, goal: str, ours: Callable[[], float], count: int, wanted: dict[str, float]) -> Iterator[Row]:
    """Ours against servers on loopback TCP that live as many lives in the same order; both in turn."""
    for kind, bound in wanted.items():
        case = f"a life, {named(count)}, random order, against {kind} on loopback TCP"
        try:
            rounds = [(ours(), tcp.measure(kind, count)) for _ in plan.rounds(5)]
        except ImportError as error:
            yield Skipped(goal, case, f"{error.name} is not installed")
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            yield Skipped(goal, case, str(error))
        else:
            yield Comparison(goal, case, "ns", rounds, Bound(bound, faster=True))


def a1(plan: Plan) -> Iterator[Row]:
    """An application in Python: accept, disconnect, close."""
    count = plan.size(COUNT)
    for mode in MODES:
        running = lives(plan, count, mode)
        next(running)
        rounds = [(next(running), 100 * limit(plan)) for _ in plan.rounds(9)]
        case = f"a life in Python, {mode}, {named(count)}, random order, against 100 limit calls"
        yield Comparison("A1", case, "ns", rounds, Bound(1), "at most 100 limit calls")
        if mode == "inline":
            server, order = Server(count), random_order(plan.reference, count)
            rounds_one = [(server.lives_one_by_one(count, order) / count, 100 * limit(plan)) for _ in plan.rounds(5)]
            case = "the same, each remote end an object and a call of its own, against 100 limit calls"
            yield Comparison("A1", case, "ns", rounds_one)
            yield from peers(plan, "A1", running.__next__, count, {"asyncio": 10, "uvloop": 5})


def a2(plan: Plan) -> Iterator[Row]:
    """The same application as C callbacks."""
    count = plan.size(COUNT)
    driver = compiled("A2", "a life in C")
    if isinstance(driver, Skipped):
        yield driver
        return
    for mode in MODES:
        found = driver.run("life", count, "random", mode, len(plan.rounds(9)) + 1)[1:]
        rounds = [(line["ns"], 100 * line["add"]) for line in found]
        case = f"a life in C, {mode}, {named(count)}, random order, against 100 adds"
        yield Comparison("A2", case, "ns", rounds, Bound(1), "at most 100 adds")
        if mode == "inline":

            def ours() -> float:
                return driver.run("life", count, "random", "inline", 2)[1]["ns"]

            yield from peers(plan, "A2", ours, count, {"epoll": 25})


def a3(plan: Plan) -> Iterator[Row]:
    """Growth of A1 and A2."""
    driver = compiled("A3", "growth in C")
    large = plan.size(1_000_000)
    for order, bound in (("made", 1.5), ("random", 2.5)):
        what = f"{named(large)} against {named(1000)}, {order} order"
        rounds = []
        for _ in plan.rounds(3):
            few, many = (lives(plan, count, "inline", made=order == "made") for count in (1000, large))
            rounds.append((min((next(many), next(many))), min(next(few) for _ in range(9))))
        yield Comparison("A3", f"growth of a life in Python, {what}", "ns", rounds, Bound(bound))
        if isinstance(driver, Skipped):
            yield driver
            continue
        rounds = []
        for _ in plan.rounds(3):
            many, few = (driver.run("life", count, order, times) for count, times in ((large, 2), (1000, 9)))
            rounds.append((min(line["ns"] for line in many), min(line["ns"] for line in few)))
        yield Comparison("A3", f"growth of a life in C, {what}", "ns", rounds, Bound(bound))


def a4(plan: Plan) -> Iterator[Row]:
    """Memory of an idle accepted connection."""
    count = plan.size(100_000)
    driver = compiled("A4", "an idle connection in C")
    if isinstance(driver, Skipped):
        yield driver
    else:
        rounds = [(driver.run("idle", count)[0]["bytes"], 256.0) for _ in plan.rounds(3)]
        yield Comparison("A4", f"an idle accepted connection in C, {named(count)}", "bytes", rounds, Bound(1))
    rounds = [(_idle(count), 656.0) for _ in plan.rounds(3)]
    yield Comparison("A4", f"an idle accepted connection in Python, {named(count)}", "bytes", rounds, Bound(1))


def _idle(count: int) -> float:
    program = (
        "import gc; gc.disable()\n"
        "from resident import resident\n"
        "from server import Server\n"
        f"server = Server({count})\n"
        "before = resident()\n"
        f"remotes = server.arrive({count})\n"
        # What stands for the remote ends is the harness's: one pointer in a list, and its object.
        f"print((resident() - before) / {count})\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT / "benches" / "python", capture_output=True, text=True, check=True)
    return float(done.stdout)


def a5(plan: Plan) -> Iterator[Row]:
    """One message: 64 bytes come and go back."""
    count = 1000
    for mode in MODES:
        server, order = Server(count, mode), random_order(plan.reference, count)
        rounds = [(server.messages(order), 60 * limit(plan)) for _ in plan.rounds(15)]
        case = f"a message in Python, {mode}, random order, against 60 limit calls"
        yield Comparison("A5", case, "ns", rounds, Bound(1), "at most 60 limit calls")
    driver = compiled("A5", "a message in C")
    if isinstance(driver, Skipped):
        yield driver
        return
    for mode in MODES:
        found = driver.run("message", 100_000 // (100 if plan.quick else 1), "random", mode, len(plan.rounds(9)))
        rounds = [(line["ns"], 60 * line["add"]) for line in found]
        yield Comparison("A5", f"a message in C, {mode}, against 60 adds", "ns", rounds, Bound(1), "at most 60 adds")


def a6(plan: Plan) -> Iterator[Row]:
    """Bulk: 64 KiB an indication and a send."""
    driver = compiled("A6", "64 KiB in C")
    if isinstance(driver, Skipped):
        yield driver
        return
    found = driver.run("bulk", 400 if plan.quick else 8_000, len(plan.rounds(9)))
    # Each comes and goes back: two copies.
    rounds = [(line["ns"] / 2, line["copy"]) for line in found]
    yield Comparison(
        "A6", "64 KiB indicated or sent in C, against memcpy", "ns", rounds, Bound(2), "at least half of memcpy"
    )


def a7(plan: Plan) -> Iterator[Row]:
    """One WskSend of a byte with an IRP and a routine."""
    server = Server(1)
    rounds = [(server.sends(200 if plan.quick else 20_000), 25 * limit(plan)) for _ in plan.rounds(15)]
    case = "WskSend of one byte from Python, against 25 limit calls"
    yield Comparison("A7", case, "ns", rounds, Bound(1), "at most 25 limit calls")


def a8(plan: Plan) -> Iterator[Row]:
    """A million open at once, twice; then with aborts and kills."""
    count = plan.size(1_000_000)
    for what, aborted, killed in (("", 0.0, 0.0), (", 15 % aborted and 5 % killed", 0.15, 0.05)):
        server = Storm(count)
        order, rounds = random_order(plan.reference, count), []
        chance = random.Random(7)  # noqa: S311 - a seed that is the same everywhere
        begun = thread_time_ns()
        server.live(order, chance, aborted, killed)
        first = thread_time_ns() - begun
        begun = thread_time_ns()
        server.live(order, chance, aborted, killed)
        rounds.append(((thread_time_ns() - begun) / count, first / count))
        server.check(2 * count)
        server.balanced()
        case = f"{named(count)} open at once{what}, the second time against the first"
        yield Comparison("A8", case, "ns", rounds, Bound(1.5), "balanced, no slower")
    if shutil.which("cargo") is None:
        return
    driver = compiled("A8", "memory after a million lives in C")
    if isinstance(driver, Skipped):
        yield driver
        return
    found = driver.run("returns", count)[0]
    rounds = [(found["left"], found["open"])]
    case = f"bytes a connection that stay when {named(count)} are closed, against those while open, in C"
    yield Comparison("A8", case, "bytes", rounds, Bound(0.1), "memory returns")
