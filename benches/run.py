"""Runs the benchmarks and writes RESULTS.md: see `make bench`.

Each goal runs in a process of its own, so that neither memory nor a crash of one reaches the next.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "python"))

import machine
import results
from comparison import Row, Skipped, from_json, unreached
from goal import GOALS

RESULTS = Path(__file__).with_name("RESULTS.md")
ORDER = sorted(GOALS, key=lambda name: (name[0] != "S", int(name[1:])))
SECONDS = 400


def main() -> int:
    """Measures what was asked for; 2 if this build must not be measured, else 0."""
    parser = argparse.ArgumentParser(description="Measures S1 to S16, A1 to A9 and A11 to A14, and writes RESULTS.md.")
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="ID", help="goals to measure, all others keep their rows"
    )
    parser.add_argument("--against", metavar="REV", help="the revision that S16 compares with")
    parser.add_argument(
        "--quick", action="store_true", help="few and small: shows that the benches work, writes nothing"
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--operations", action="store_true", help="also the benches that compare with nothing")
    asked = parser.parse_args()
    refusal = unfit()
    if refusal:
        sys.stderr.write(f"bench: {refusal}\n")
        return 2
    unknown = [name for name in asked.only if name not in GOALS]
    if unknown:
        parser.error(f"asked for {', '.join(unknown)}; the goals are {', '.join(ORDER)}")
    start, begun = machine.Start(), time.monotonic()
    rows = [row for name in asked.only or ORDER for row in measure(name, quick=asked.quick, against=asked.against)]
    missed = unreached(rows)
    note = "; too small and too few to judge by" if asked.quick else ""
    sys.stdout.write(f"{len(missed)} of {len(rows)} rows missed their goal{note}, {time.monotonic() - begun:.0f} s\n")
    if asked.quick:
        return 0
    cells = [row.cells() for row in rows]
    if asked.only:
        note = machine.note(start)
        results.merge_goals(asked.results, machine.interpreter(), note, cells)
    else:
        results.write_goals(
            asked.results,
            machine.interpreter(),
            machine.describe(" ".join(["benches/run.py", *sys.argv[1:]]), start),
            cells,
        )
    if asked.operations:
        write_operations(asked.results)
        write_core(asked.results)
    return 0


def unfit() -> str | None:
    """Why the installed package must not be measured."""
    import wsksim
    from wsksim import _native

    where = Path(wsksim.__file__).parent
    if _native.BUILD_PROFILE != "release":
        return f"{where} is a {_native.BUILD_PROFILE} build, many times slower; install a release wheel"
    if _native.HISTORY:
        return f"{where} records its history, which costs time; install a wheel without it"
    return None


def measure(name: str, *, quick: bool, against: str | None) -> list[Row]:
    """The rows of one goal, printed as they come."""
    command = [sys.executable, str(Path(__file__).parent / "python" / "goal.py"), name]
    command += ["--quick"] if quick else []
    command += ["--against", against] if against else []
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    rows: list[Row] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        if process.stdout is None:
            raise RuntimeError("the goal's process has no output")
        for line in process.stdout:
            rows.append(from_json(json.loads(line)))
            show(rows[-1])
    if process.returncode:
        rows.append(Skipped(name, "all that is missing", f"its process ended with {process.returncode}"))
        show(rows[-1])
    return rows


def show(row: Row) -> None:
    """Prints a row."""
    goal, case, ours, reference, ratio, spread, wanted, reached = row.cells()
    if isinstance(row, Skipped):
        sys.stdout.write(f"{goal:4} {case}: {reached}\n")
    else:
        sys.stdout.write(f"{goal:4} {case}: {ours} / {reference}, ratio {ratio} ({spread}), {wanted}: {reached}\n")
    sys.stdout.flush()


def write_operations(path: Path) -> None:
    """Runs pytest-benchmark and writes its medians."""
    folder = machine.ROOT / "build" / "bench"
    found = folder / f"operations-{sys.implementation.cache_tag}.json"
    found.unlink(missing_ok=True)
    start = machine.Start()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--benchmark-json", str(found)]
    done = subprocess.run([*command, "benches/python"], cwd=machine.ROOT, check=False)
    if done.returncode or not found.exists():
        sys.stdout.write(f"SKIPPED (pytest-benchmark ended with {done.returncode})\n")
        return
    rows = []
    for bench in json.loads(found.read_text("utf-8"))["benchmarks"]:
        edges = bench["extra_info"]["edges"]
        times = [bench["stats"][name] * 1e9 / edges for name in ("median", "min", "max")]
        rows.append([bench["name"].removeprefix("test_"), *(f"{each:.1f}" for each in times)])
    heading = f"Operations on {machine.interpreter()}"
    headings = ["operation", "median ns per edge", "min", "max"]
    results.write_table(path, heading, machine.describe("pytest benches/python", start), headings, rows)


def write_core(path: Path) -> None:
    """Writes the medians that criterion left behind: of the core, and of the provider."""
    headings = ["operation, sockets", "median ns per socket", "low", "high"]
    rows = criterion_rows()
    for bench in ("core", "provider"):
        own = [row for row in rows if row[0].startswith("provider: ") == (bench == "provider")]
        if own:
            intro = machine.describe(f"cargo bench --bench {bench}", machine.Start(), machine.WALL_CLOCK)
            results.write_table(path, f"Operations of the {bench}, without Python", intro, headings, own)


def criterion_rows() -> list[list[str]]:
    """What criterion left behind: operation, median, low, high."""
    folder, rows = machine.ROOT / "target" / "criterion", []
    for found in sorted(folder.glob("*/*_*/new/estimates.json")):
        group, name = found.relative_to(folder).parts[:2]
        bench, _, count = name.rpartition("_")
        times = json.loads(found.read_text("utf-8"))["median"]
        interval = times["confidence_interval"]
        values = (times["point_estimate"], interval["lower_bound"], interval["upper_bound"])
        rows.append([f"{group}: {bench}, {count}", *(f"{value / int(count):.1f}" for value in values)])
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
