"""Measures with several interpreters, one after another, each in an environment of its own under build/bench.

`interpreters.py --pythons python3.11 python3.12 -- <arguments of run.py>`
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from peers import PROJECT, extra, install

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"
TELL = "import sys; print(sys.implementation.cache_tag)"


def main() -> int:
    """Prepares and runs; the worst exit code of all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pythons", nargs="+", required=True)
    parser.add_argument("rest", nargs="*")
    asked, passed_on = parser.parse_known_args()
    worst = 0
    for python in asked.pythons:
        found = shutil.which(python)
        if found is None:
            print(f"SKIPPED {python}: it was not found")
            continue
        print(f"== {python}", flush=True)
        run = [str(environment(found)), str(ROOT / "benches" / "run.py"), *asked.rest, *passed_on]
        code = subprocess.run(run, cwd=ROOT, check=False).returncode
        if code:
            print(f"{python}: its run ended with {code}, and wrote no table", flush=True)
        # A process that a signal ended has a negative code.
        worst = max(worst, abs(code))
    return worst


def environment(python: str) -> Path:
    """The interpreter of an environment that has this checkout's wheel and the peers."""
    told = subprocess.run([python, "-c", TELL], capture_output=True, text=True, check=True)
    folder = BUILD / f"venv-{told.stdout.strip()}"
    inside = folder / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        needed = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]
        pip(inside, *needed, "pytest>=9", "pytest-benchmark>=5")
        install(str(inside), extra("bench"))
    wheels = BUILD / f"wheel-{told.stdout.strip()}"
    shutil.rmtree(wheels, ignore_errors=True)
    maturin = Path(sys.executable).with_name("maturin")
    command = [str(maturin), "build", "--release", "--locked", "--interpreter", str(inside), "--out", str(wheels)]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target")})
    pip(inside, "--force-reinstall", "--no-deps", *map(str, wheels.glob("*.whl")))
    return inside


def pip(python: Path, *arguments: str) -> None:
    """Installs, or raises."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    raise SystemExit(main())
