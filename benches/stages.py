"""Where a dispatched edge's instructions go: callgrind's counts by the stage that each instruction was inlined from.

`stages.py <profile binary> [native|host|batch [alone]]` needs valgrind and binutils, and a binary with line tables; see
`docs/performance.md`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

SOCKETS = 1000
LIVES = (10, 20)
COLLECT = "profile::dispatch"

# The first of these found in an instruction's chain of inlined functions, from the innermost, names its stage.
STAGES = {
    "EventQueue::take": "queue: take entries, lap tags, storage",
    "Segment::load": "queue: take entries, lap tags, storage",
    "Ahead::refill": "slot: find each entry's slot",
    "Ahead::next": "object: the next entry, ask for the lines ahead",
    "Ahead::claim": "object: the next entry, ask for the lines ahead",
    "Caller::begin": "begin: first transition of the socket word, flags, tally",
    "Caller::finish": "finish: second transition of the socket word",
    "NativeCallback": "call, and the check of its status",
    "call_native::{closure": "call, and the check of its status",
    "Host>::call": "call, and the check of its status",
    "Columns": "batch: fill the arrays",
    "fill_batch": "loop: same handler, enough calls, signals",
    "call_batch": "loop: same handler, enough calls, signals",
    "call_each": "loop: same handler, enough calls, signals",
    "Drive::run": "loop: same handler, enough calls, signals",
}
OTHER = "the rest"


def main() -> None:
    """Prints instructions per edge by stage."""
    binary, *asked = sys.argv[1:]
    kind, *alone = asked or ["native"]
    few, many = (counts(binary, kind, lives, alone) for lives in LIVES)
    edges = SOCKETS * (LIVES[1] - LIVES[0])
    stages: Counter[str] = Counter()
    for address, stage in stages_of(binary, sorted(many)).items():
        stages[stage] += many[address] - few[address]
    for stage, count in stages.most_common():
        print(f"| {stage} | {count / edges:.0f} |")
    print(f"| all | {stages.total() / edges:.0f} |")


def counts(binary: str, kind: str, lives: int, alone: list[str]) -> Counter[int]:
    """Instructions run at each address of the binary, within the collected function."""
    found: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        options = ["--dump-instr=yes", "--compress-pos=no", "--compress-strings=no", "--collect-atstart=no"]
        collect = [f"--toggle-collect={COLLECT}", f"--callgrind-out-file={out}"]
        command = ["valgrind", "--tool=callgrind", *options, *collect, binary, kind, str(SOCKETS), str(lives), *alone]
        subprocess.run(command, check=True, capture_output=True)
        skip = False
        for line in out.read_text("utf-8").splitlines():
            if line.startswith("calls="):
                skip = True  # the next line repeats what the callee cost
            elif measured := re.match(r"(0x[0-9a-f]+) \d+ (\d+)$", line):
                if not skip:
                    found[int(measured[1], 16)] += int(measured[2])
                skip = False
    return found


def stages_of(binary: str, addresses: list[int]) -> dict[int, str]:
    """The stage of each address, by the chain of functions it was inlined from."""
    asked = "\n".join(map(hex, addresses))
    command = ["addr2line", "--inlines", "--functions", "--demangle", "--addresses", "--exe", binary]
    answered = subprocess.run(command, input=asked, check=True, capture_output=True, text=True).stdout
    found: dict[int, str] = {}
    for address, block in zip(addresses, re.split(r"(?m)^0x[0-9a-f]+\n", answered)[1:], strict=True):
        functions = block.splitlines()[::2]
        names = (stage for function in functions for part, stage in STAGES.items() if part in function)
        found[address] = next(names, OTHER)
    return found


if __name__ == "__main__":
    main()
