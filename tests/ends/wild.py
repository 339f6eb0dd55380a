"""Wild calls of a driver in C: functions of the kernel and of WSK with drawn arguments, which never end the parent.

    python tests/ends/wild.py [--seeds 2000]

Each seed ends with findings or a crash of its own, and none by a panic of the simulator.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "drivers" / "wild.c"
# How a run is told that ended by a panic.
OURS = "the simulation failed"
# Where sums are checked, as in builds for tests, an address at the end of memory is told so; elsewhere it is wild.
WILD = "attempt to add with overflow"


def wsksim(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Runs the command line of the package that is installed."""
    command = [sys.executable, "-m", "wsksim", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def main() -> int:
    """Every seed comes to its own end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000)
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        driver = Path(folder, "wild.so")
        built = wsksim("cc", SOURCE, "-o", driver)
        if built.returncode != 0:
            sys.stdout.write(f"SKIPPED: {built.stdout}{built.stderr}\n")
            return 3
        ran = wsksim("run", driver, "--seeds", f"1..{seeds}", "--json")
        if ran.returncode not in (0, 1):
            sys.stdout.write(f"exit {ran.returncode}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}\n")
            return 1
        told = json.loads(ran.stdout)
    failures = told.get("failures") or told["storm"]["failures"]
    sys.stdout.write(f"wild: {seeds:,} seeds, {len(failures)} kinds of failures\n")
    ours = [one for one in failures if OURS in json.dumps(one) and WILD not in json.dumps(one)]
    sys.stdout.writelines(f"{one}\n" for one in ours)
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
