"""Machine: what a figure has to be read with."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
WALL_CLOCK = "- Timed by the wall clock: with a load near or above the number of processors, an indication only."
TIMED = """- Each thread's work is timed by its own processor time, so that other load changes it little. Where
  several threads work (two threads in S5, S10, S11, S12, threads in S13) the wall clock is used, and a load near or
  above the number of processors makes the row an indication only."""


def answer(*command: str) -> str:
    """What a command prints, or `unknown`."""
    if shutil.which(command[0]) is None:
        return "unknown"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def commit() -> str:
    """The revision that is checked out, and whether files differ from it."""
    dirty = answer("git", "status", "--porcelain", "--untracked-files=no", "--", "src", "python", "Cargo.toml")
    return answer("git", "rev-parse", "--short", "HEAD") + ("" if dirty == "unknown" else " with changes")


def load() -> str:
    """Load averages over 1 and 5 minutes."""
    one, five, _ = os.getloadavg()
    return f"{one:.2f}, {five:.2f}"


def processor() -> str:
    """Name and number of processors."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    virtual = any("hypervisor" in line.split() for line in lines if line.startswith("flags"))
    return f"{name}, {os.cpu_count()} processors{', virtual machine' if virtual else ''}"


def today() -> str:
    """The date."""
    return dt.datetime.now(tz=dt.UTC).date().isoformat()


def interpreter() -> str:
    """Implementation and minor version, such as `CPython 3.12`."""
    return f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}"


@dataclass(frozen=True)
class Start:
    """What is noted before anything is measured."""

    revision: str = field(default_factory=commit)
    load: str = field(default_factory=load)


def note(start: Start) -> str:
    """What rows that are measured again have to be read with: they may be of another machine than their neighbours."""
    where = f"Python {platform.python_version()}, {processor()}"
    return f"{today()}, commit {start.revision}, {where}, load {start.load} before, {load()} after"


def describe(command: str, start: Start, timed: str = TIMED) -> str:
    """The lines above a table."""
    tools = f"{answer('rustc', '--version')}, {answer('cc', '--version').splitlines()[0]}"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return "\n".join(
        [
            f"`{command}`, {today()}, commit {start.revision}",
            "",
            f"- Python {platform.python_version()}, {tools}",
            f"- {processor()}, {memory:.0f} GiB, {platform.system()} {platform.machine()}",
            f"- load (1 and 5 minutes) {start.load} before, {load()} after",
            timed,
        ]
    )
