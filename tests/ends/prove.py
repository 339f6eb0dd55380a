"""Runs what takes too long for every commit, each step within its share of the time, and prints what it really did.

    python tests/ends/prove.py [--minutes 60] [STEP ...]

Steps are named in `steps` below, and told whoever names none of them; soak is run only by name. A step whose tool is
missing is SKIPPED with the reason. What a step leaves of its share goes to those after it; one that takes longer is
STOPPED, and what it had found until then counts. Ends with 1 if a step found something.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
ENDS = ROOT / "tests" / "ends"
TESTS = ROOT / "tests" / "python"
# Of the fuzzers: five formats of captures, folders of them, and the provider's door.
TARGETS = 7
# A script that lacks a tool ends with this, and said which.
NOTHING_TO_RUN = 3
# What says of a step that is not over that it found something: a test of pytest's or cargo's, a word of our scripts,
# a sanitizer, a fuzzer.
FOUND = re.compile(
    rb"^[.sxX]*[FE][.sxXFE]*(\s+\[ *\d+%\])?$|^test .* FAILED$|^WRONG|^WORDS|^CRASH|WAS NOT CAUGHT|DOES NOT|SURVIVED"
    rb"|(Address|Leak|Thread)Sanitizer: |found something"
)
# So long a step that was told to end may take to tidy up, in seconds.
GRACE = 10


@dataclass(frozen=True)
class Step:
    """One thing to run.

    Attributes:
        command: what.
        share: of an hour, in minutes.
        environment: what it gets unless ours has it.
        repeats: it is run again, with other schedules, while its share lasts.
        needs: a tool without which it cannot run.
    """

    command: list[str]
    share: float
    environment: dict[str, str] = field(default_factory=dict)
    repeats: bool = False
    needs: str | None = None


def steps(minutes: float) -> dict[str, Step]:
    """The steps, each as large as the time allows; first those that take least."""
    python = sys.executable
    tests = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    door = {"DOOR_SECONDS": str(max(5, int(minutes)))}
    exits = ["--exits", str(max(60, int(minutes * 20)))]
    bound = {} if minutes >= 40 else {"LOOM_MAX_PREEMPTIONS": "2"}
    return {
        "signals": Step(
            [*tests, str(TESTS / "test_interrupts.py")], 3, {"WSKSIM_SEEDS": str(max(3, int(minutes / 5)))}
        ),
        "memory": Step([*tests, str(TESTS / "test_limits_of_memory.py")], 1, repeats=True),
        "forks": Step([*tests, str(TESTS / "test_forks.py")], 2, repeats=True),
        # Otherwise each test of the contract takes the slow paths or the fast ones by its name.
        "plain": Step([*tests, str(TESTS / "contract")], 3, {"WSKSIM_PATHS": "plain"}),
        "quick": Step([*tests, str(TESTS / "contract")], 3, {"WSKSIM_PATHS": "quick"}),
        "hostile": Step([python, str(ENDS / "hostile.py")], 3),
        "allocations": Step([python, str(ENDS / "allocations.py")], 3, needs="cc"),
        "growth": Step([python, str(ENDS / "growth.py")], 4, needs="valgrind"),
        "exits": Step([python, str(ENDS / "exits.py"), *exits, "--seed", str(int(time.time()))], 8),
        "driver_exits": Step(
            [
                python,
                str(ENDS / "driver_exits.py"),
                "--exits",
                str(max(27, int(minutes * 4))),
                "--seed",
                str(int(time.time())),
            ],
            2,
        ),
        "fuzz": Step(
            ["sh", "tests/fuzz/prove.sh"],
            6,
            {
                "CARGO_TARGET_DIR": str(ROOT / "target" / "fuzz"),
                "FUZZ_SECONDS": str(max(4, int(minutes * 4 / TARGETS))),
            },
        ),
        "tsan": Step(["sh", "tests/ends/sanitize.sh", "thread"], 7, door),
        "asan": Step(["sh", "tests/ends/sanitize.sh", "address"], 6, door),
        "planted": Step(["sh", "tests/ends/mutants.sh"], 7),
        "drivers": Step([python, str(ENDS / "drivers.py"), "--seeds", str(max(50, int(minutes * 17)))], 6),
        "valgrind": Step(
            ["cargo", "test", "--locked", "--profile", "ci", "--test", "core"],
            2,
            {f"CARGO_TARGET_{host()}_RUNNER": "valgrind --quiet --error-exitcode=9"},
            needs="valgrind",
        ),
        "ray": Step([python, str(ENDS / "ray_shards.py")], 2),
        "orders": Step(["sh", "tests/rust/wsk/mutants.sh"], 3),
        "loom": Step(
            ["sh", "tests/loom/prove.sh"],
            9,
            {
                "CARGO_TARGET_DIR": str(ROOT / "target" / "loom"),
                "DOOR_SECONDS": str(max(5, int(minutes * 2))),
                **bound,
            },
        ),
        "wild": Step([python, str(ENDS / "wild.py"), "--seeds", str(max(50, int(minutes * 30)))], 2, needs="cc"),
        "soak": Step([python, str(ENDS / "soak.py"), "--minutes", str(minutes)], 60),
    }


# Takes all the time that there is.
BY_NAME = {"soak"}


def host() -> str:
    """Rust's name of this machine, as cargo's variables spell it."""
    told = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout  # noqa: S607
    line = next(line for line in told.splitlines() if line.startswith("host: "))
    return line.removeprefix("host: ").upper().replace("-", "_")


def run(step: Step, seconds: float) -> str:  # noqa: PLR0911 - one for each outcome
    """Runs a step for so long at most; what became of it."""
    if step.needs is not None and shutil.which(step.needs) is None:
        return f"SKIPPED: {step.needs} was not found"
    if seconds < 1:
        return "SKIPPED: the time was over"
    began, times = time.monotonic(), 0
    environment = {**step.environment, **os.environ, "PYTHON": sys.executable, "PYTHONUNBUFFERED": "1"}
    while True:
        # In a group of its own, so that what it has started ends with it.
        with subprocess.Popen(
            step.command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.PIPE, bufsize=0
        ) as process:
            told = Told(process.stdout)
            told.start()
            try:
                code = process.wait(max(1.0, seconds - (time.monotonic() - began)))
            except BaseException as error:
                # What it says of its end, such as a test that was interrupted, is nothing that it found.
                had_found = told.found
                end(process)
                told.join(GRACE)
                took = time.monotonic() - began
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                if had_found:
                    return f"FOUND SOMETHING (stopped after {took:.0f} s, run {times + 1})"
                return f"STOPPED after {took:.0f} s, run {times + 1}; it had said of nothing that it is wrong"
            told.join(GRACE)
        times += 1
        took = time.monotonic() - began
        if code == NOTHING_TO_RUN:
            return "SKIPPED: it said above why"
        if code != 0:
            return f"FOUND SOMETHING (exit {code}, run {times}, {took:.0f} s)"
        if not step.repeats or took + took / times > seconds:
            return f"ok, {times} {'run' if times == 1 else 'runs'} in {took:.0f} s"


class Told(threading.Thread):
    """Passes on what a step prints, and sees whether it tells of something found."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self.found = False

    def run(self) -> None:
        """Reads to the end; a line that is not ended may be pytest's, of one letter a test."""
        rest = b""
        while read := self._stream.read(1 << 16):
            sys.stdout.buffer.write(read)
            sys.stdout.buffer.flush()
            *lines, rest = (rest + read).split(b"\n")
            self.found = self.found or any(FOUND.search(line) for line in (*lines, rest))


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a step and all that it has started."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def main() -> int:
    """Runs the steps that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("steps", nargs="*")
    asked = parser.parse_args()
    known = steps(asked.minutes)
    unknown = set(asked.steps) - set(known)
    if unknown:
        parser.error(f"asked for the step {unknown.pop()}; there are {', '.join(known)}; name some of them")
    left = asked.steps or [name for name in known if name not in BY_NAME]
    until = time.monotonic() + asked.minutes * 60
    results = {}
    while left:
        share = known[left[0]].share / sum(known[name].share for name in left)
        name, left = left[0], left[1:]
        seconds = (until - time.monotonic()) * share
        print(f"prove: {name}, {max(0.0, seconds):.0f} s at most", flush=True)
        results[name] = run(known[name], seconds)
    print("\n".join(f"prove: {name:12} {result}" for name, result in results.items()))
    if "soak" not in results:
        print("prove: soak         SKIPPED: it takes all the time; run it by name, STEPS=soak MINUTES=60")
    return int(any(result.startswith("FOUND") for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
