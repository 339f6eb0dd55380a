"""Gives every argument of every public function values that nobody should give.

    python tests/ends/hostile.py [GROUP ...]

Each function has a process of its own with limited memory. A call may work or be refused with an Exception of
Python's or ours. It may not crash, hang, panic, or take all memory; and a refusal says what was asked, what was found
and what to do. Prints how many calls were made, and each that went wrong.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CALLS = Path(__file__).with_name("hostile_calls.py")
GROUPS = (
    "Subsystem",
    "connect",
    "connect_many",
    "drive",
    "fleet",
    "handlers",
    "storm",
    "replay",
    "wsk",
    "functions",
    "network",
    "plans",
    "reports",
    "merge",
    "distributed",
    "drivers",
    "numbers",
)


def run(group: str) -> tuple[int, list[str]]:
    """Tries one group of functions; how many calls, and what went wrong."""
    done = subprocess.run(
        [sys.executable, CALLS, group], check=False, capture_output=True, text=True, errors="replace", timeout=580
    )
    lines = done.stdout.splitlines()
    wrong = [line for line in lines if line.startswith(("WRONG", "WORDS"))]
    calls = sum(int(line.split()[1]) for line in lines if line.startswith("calls "))
    if done.returncode != 0:
        last = [line for line in done.stderr.splitlines() if line.startswith(group)][-1:]
        wrong.append(f"CRASH {group}: exit {done.returncode} in {last}: {done.stderr[-300:]}")
    return calls, wrong


def main() -> int:
    """Tries all; 1 if a call went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=GROUPS)
    asked = parser.parse_args()
    calls, wrong = 0, []
    with ThreadPoolExecutor(2) as pool:
        for count, complaints in pool.map(run, asked.groups):
            calls += count
            wrong += complaints
            print("".join(f"{complaint}\n" for complaint in complaints), end="", flush=True)
    print(f"hostile values: {calls} calls, {len(wrong)} went wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
