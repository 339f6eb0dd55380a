"""Drivers in C under many seeds: what has no mistake is silent, and wild calls never end the parent.

    python tests/ends/drivers.py shipper|wild [--seeds 10000]

`shipper` runs the shipper of the examples plain, and a tenth as many seeds with the address sanitizer where its runtime
is there. `wild` runs a driver that calls functions of the kernel with drawn arguments: each seed ends with findings or
a crash of its own, and none by a panic of the simulator.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPER = [ROOT / "examples" / "drivers" / "shipper.c", ROOT / "examples" / "drivers" / "shipper_worker.c"]
WILD = [ROOT / "tests" / "drivers" / "wild.c"]
# How a run is told that ended by a panic.
OURS = "the simulation failed"


def wsksim(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Runs the command line of the package that is installed."""
    command = [sys.executable, "-m", "wsksim", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def build(folder: Path, sources: list[Path], *options: str) -> Path | None:
    """The driver, or nothing where it cannot be built so."""
    driver = folder / f"driver{len(options)}.so"
    done = wsksim("cc", *sources, *options, "-o", driver)
    if done.returncode == 0:
        return driver
    sys.stdout.write(f"SKIPPED {' '.join(options)}: {done.stdout}{done.stderr}\n")
    return None


def run(driver: Path, seeds: int) -> tuple[int, dict[str, object]]:
    """Runs so many seeds; the exit code and what was told."""
    done = wsksim("run", driver, "--seeds", f"1..{seeds}", "--json")
    if done.returncode not in (0, 1):
        sys.exit(f"exit {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode, json.loads(done.stdout)


def shipper(folder: Path, seeds: int) -> int:
    """Nothing is found in the shipper without mistakes."""
    wrong = 0
    for count, options in ((seeds, []), (max(1, seeds // 10), ["--sanitize", "address"])):
        driver = build(folder, SHIPPER, *options)
        if driver is None:
            continue
        code, told = run(driver, count)
        sys.stdout.write(f"shipper {' '.join(options)}: {told['seeds']} seeds, {told['traces']} traces, exit {code}\n")
        if code or told["seeds"] != count:
            wrong = 1
            sys.stdout.write(json.dumps({"findings": told["findings"], "failures": told["failures"]}, indent=1))
    return wrong


def wild(folder: Path, seeds: int) -> int:
    """Every seed comes to its own end."""
    driver = build(folder, WILD)
    if driver is None:
        return 3
    _, told = run(driver, seeds)
    failures = told["failures"]
    sys.stdout.write(f"wild: {told['seeds']} seeds, {len(told['findings'])} findings, {len(failures)} failures\n")
    ours = [one for one in failures if OURS in json.dumps(one)]
    sys.stdout.writelines(f"{one}\n" for one in ours)
    return 1 if ours or told["seeds"] != seeds else 0


def main() -> int:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["shipper", "wild"])
    parser.add_argument("--seeds", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return (shipper if given.what == "shipper" else wild)(Path(folder), given.seeds)


if __name__ == "__main__":
    sys.exit(main())
