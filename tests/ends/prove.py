"""Runs what takes too long for every commit, each step within its share of the time, and prints what it really did.

    python tests/ends/prove.py [--minutes 60] [STEP ...]

Steps: loom, orders, fuzz, exits, forks, signals, memory, allocations, hostile, valgrind, asan, planted. A step
whose tool is missing is SKIPPED with the reason. Ends with 1 if a step found something.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENDS = ROOT / "tests" / "ends"
TESTS = ROOT / "tests" / "python"
# Of the fuzzers: five formats of captures, folders of them, and the provider's door.
TARGETS = 7
# A script that lacks a tool ends with this, and said which.
NOTHING_TO_RUN = 3


@dataclass(frozen=True)
class Step:
    """One thing to run.

    Attributes:
        command: what.
        environment: what it gets unless ours has it.
        repeats: it is run again, with other schedules, while its share lasts.
        share: of the whole time, as a limit of the repeats.
        needs: a tool without which it cannot run.
    """

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    repeats: bool = False
    share: float = 0.1
    needs: str | None = None


def steps(minutes: float) -> dict[str, Step]:
    """The steps, each as large as the time allows."""
    python = sys.executable
    tests = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    sanitizer = {"PYTHON": python, "DOOR_SECONDS": str(max(5, int(minutes)))}
    exits = ["--exits", str(max(60, int(minutes * 20)))]
    return {
        "loom": Step(
            ["sh", "tests/loom/prove.sh"],
            {"CARGO_TARGET_DIR": str(ROOT / "target" / "loom"), "DOOR_SECONDS": str(int(minutes * 2))},
        ),
        "orders": Step(["sh", "tests/rust/wsk/mutants.sh"]),
        "fuzz": Step(
            ["sh", "tests/fuzz/prove.sh"],
            {
                "CARGO_TARGET_DIR": str(ROOT / "target" / "fuzz"),
                "FUZZ_SECONDS": str(max(4, int(minutes * 6 / TARGETS))),
            },
        ),
        "exits": Step([python, str(ENDS / "exits.py"), *exits, "--seed", str(int(time.time()))]),
        "forks": Step([*tests, str(TESTS / "test_forks.py")], repeats=True, share=0.05),
        "signals": Step(
            [*tests, str(TESTS / "test_interrupts.py")], {"WSKSIM_SEEDS": str(max(3, int(minutes / 5)))}, share=0.05
        ),
        "memory": Step([*tests, str(TESTS / "test_limits_of_memory.py")], repeats=True, share=0.03),
        "allocations": Step([python, str(ENDS / "allocations.py")], needs="cc"),
        "hostile": Step([python, str(ENDS / "hostile.py")]),
        "valgrind": Step(
            ["cargo", "test", "--locked", "--profile", "ci", "--test", "core"],
            {f"CARGO_TARGET_{host()}_RUNNER": "valgrind --quiet --error-exitcode=9"},
            needs="valgrind",
        ),
        "asan": Step(["sh", "tests/ends/sanitize.sh"], sanitizer, needs="sh"),
        "planted": Step(["sh", "tests/ends/mutants.sh"], {"PYTHON": python}, needs="sh"),
    }


def host() -> str:
    """Rust's name of this machine, as cargo's variables spell it."""
    told = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout  # noqa: S607
    line = next(line for line in told.splitlines() if line.startswith("host: "))
    return line.removeprefix("host: ").upper().replace("-", "_")


def run(step: Step, minutes: float) -> str:
    """Runs a step; what became of it."""
    if step.needs is not None and shutil.which(step.needs) is None:
        return f"SKIPPED: {step.needs} was not found"
    began, times = time.monotonic(), 0
    while True:
        done = subprocess.run(step.command, cwd=ROOT, check=False, env={**step.environment, **os.environ})
        times += 1
        took = time.monotonic() - began
        if done.returncode == NOTHING_TO_RUN:
            return "SKIPPED: it said above why"
        if done.returncode != 0:
            return f"FOUND SOMETHING (exit {done.returncode}, run {times}, {took:.0f} s)"
        if not step.repeats or took + took / times > minutes * 60 * step.share:
            return f"ok, {times} {'run' if times == 1 else 'runs'} in {took:.0f} s"


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
    results = {}
    for name in asked.steps or known:
        print(f"prove: {name}", flush=True)
        results[name] = run(known[name], asked.minutes)
    print("\n".join(f"prove: {name:11} {result}" for name, result in results.items()))
    for tool, why in NOT_RUN.items():
        print(f"prove: {tool:11} SKIPPED: {why}")
    return int(any(result.startswith("FOUND") for result in results.values()))


NOT_RUN = {
    "tsan": "std's locks wait in code that is not instrumented, so it reports races on what they guard",
    "soak": "it takes an hour or more and is started by hand",
}

if __name__ == "__main__":
    sys.exit(main())
