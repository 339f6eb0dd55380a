"""Ends many runs of drivers in many ways: the exit code tells how, and no process is left.

    python tests/ends/driver_exits.py [--exits 120] [--seed 7] [--at-once 2]

A case is what the driver does, which signal comes, to the command alone or to all of its process group as from a
terminal, and how the driver is given: as an object or as source. The signal comes at a random moment once a child
runs. Prints how many ended, which did not, and the slowest. Ends with 3 where no driver can be built.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

NOTHING_TO_RUN = 3
SOURCE = """
#include <ntddk.h>
extern void exit(int);
extern int fork(void), setsid(void);
extern unsigned sleep(unsigned);
EXTERN_C DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Wait;
    volatile int *Nothing = NULL;
    Wait.QuadPart = -10000;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    switch (%s) {
    case 'C': for (;;) ;
    case 'S': for (;;) KeDelayExecutionThread(KernelMode, FALSE, &Wait);
    case 'E': exit(0);
    case 'F': if (fork() == 0) { setsid(); sleep(1000); } break;
    case 'X': *Nothing = 1; break;
    default: break;
    }
    return STATUS_SUCCESS;
}
"""
# What the driver does, its letter, and the exit code of a run that nobody ends.
DRIVERS = {
    "computes without an end": ("C", None),
    "waits without an end": ("S", None),
    "is good": ("G", 0),
    "ends its process": ("E", 1),
    "forks": ("F", 0),
    "crashes": ("X", 1),
}
SIGNALS = (None, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
# A shell may have this process ignore Ctrl-C, and what it starts.
START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from wsksim.__main__ import main
sys.argv[1:1] = ["run"]
main()
"""
# Nobody is left who could end what a driver has forked.
BEYOND = ("forks", signal.SIGKILL)
# Of seeds that end by themselves: more than a run has done when its signal comes.
MANY = 100_000
# So long what is left of a run may take to end, in seconds, and the run itself.
GRACE, LONGEST = 20, 60


def can_build() -> bool:
    """Whether drivers can be built and run here."""
    return sys.platform == "linux" and bool(shutil.which("clang") or shutil.which("gcc"))


def source(letter: str) -> str:
    """The text of a driver."""
    return SOURCE % f"'{letter}'"


def build(folder: Path, letter: str) -> Path:
    """The object of a driver, and its source beside it."""
    text, made = folder / f"{letter}.c", folder / f"{letter}.so"
    text.write_text(source(letter))
    subprocess.run([sys.executable, "-m", "wsksim", "cc", str(text), "-o", str(made)], check=True)
    return made


def start(driver: Path, *options: str, first: str = "") -> tuple["subprocess.Popen[str]", str]:
    """Starts a run in a process group of its own; its processes have the mark in their environment.

    Args:
        driver: what is run.
        options: of the command.
        first: what its process does before.
    """
    name, value = "WSKSIM_TEST", os.urandom(8).hex()
    process = subprocess.Popen(
        [sys.executable, "-c", first + START, str(driver), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, name: value},
        start_new_session=True,
    )
    return process, f"{name}={value}"


def processes(mark: str, command: str = "") -> list[int]:
    """Which processes have the mark, and this in their command line."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            is_marked = process.name.isdigit() and mark.encode() in (process / "environ").read_bytes()
            if is_marked and command.encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def are_gone(mark: str) -> bool:
    """Whether no process of a run is left after a while."""
    deadline = time.monotonic() + GRACE
    while processes(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes(mark)


@dataclass(frozen=True)
class Case:
    """One way to end.

    Attributes:
        driver: what the driver does.
        number: the signal that comes, if one does.
        group: whether it comes to all of the process group.
        compiled: whether the driver is given as an object.
        moment: after how many seconds it comes.
    """

    driver: str
    number: signal.Signals | None = None
    group: bool = False
    compiled: bool = True
    moment: float = 0.3

    def __str__(self) -> str:
        """Names it."""
        to = "" if self.number is None else f", {self.number.name} to {'all' if self.group else 'the command'}"
        return f"a driver that {self.driver}, {'an object' if self.compiled else 'source'}{to}"

    @property
    def code(self) -> int:
        """The exit code that it has to have."""
        if self.number is None:
            return DRIVERS[self.driver][1] or 0
        return -self.number if self.number == signal.SIGKILL else 128 + self.number

    def run(self, folder: Path) -> tuple[float, str]:
        """Runs it; how long it took, and what was wrong."""
        began = time.monotonic()
        letter = DRIVERS[self.driver][0]
        # Of several seeds that give one order a run complains.
        seeds = ["--seed", "1"] if self.number is None else ["--seeds", f"1..{MANY}", "--jobs", "2"]
        driver = folder / f"{letter}{'.so' if self.compiled else '.c'}"
        process, mark = start(driver, *seeds)
        try:
            if self.number is not None:
                while not processes(mark, "wsksim.drivers.child") and process.poll() is None:
                    time.sleep(0.02)
                time.sleep(self.moment)
                (os.killpg if self.group else os.kill)(process.pid, self.number)
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            return time.monotonic() - began, "it hung"
        finally:
            process.kill()
            process.wait()
            left = not are_gone(mark)
        took = time.monotonic() - began
        if process.returncode != self.code:
            return took, f"ended with {process.returncode}, not {self.code}: {out[-300:]} {err[-500:]}"
        if "Traceback" in err:
            return took, err[-500:]
        return took, "a process is left" if left else ""


def drawn(count: int, seed: int) -> Iterator[Case]:
    """So many cases: each driver with each signal that can end it in turn, the rest drawn."""
    random_ = random.Random(seed)
    while count > 0:
        some = [
            Case(driver, number, random_.random() < 0.5, random_.random() < 0.7, random_.uniform(0, 0.6))
            for driver, (_, code) in DRIVERS.items()
            for number in SIGNALS
            if (number is not None or code is not None) and (driver, number) != BEYOND
        ]
        random_.shuffle(some)
        yield from some[:count]
        count -= len(some)


def main() -> int:
    """Runs them; 1 if one did not end as it has to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exits", type=int, default=120)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-once", type=int, default=2)
    asked = parser.parse_args()
    if not can_build():
        print("exits of drivers SKIPPED: drivers are run on Linux, with clang or gcc")
        return NOTHING_TO_RUN
    chosen = list(drawn(asked.exits, asked.seed))
    slowest, wrong = (0.0, ""), 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(asked.at_once) as pool:
        for letter, _ in DRIVERS.values():
            build(Path(folder), letter)
        ends = pool.map(lambda case: case.run(Path(folder)), chosen)
        for case, (took, complaint) in zip(chosen, ends, strict=True):
            slowest = max(slowest, (took, str(case)))
            if complaint:
                wrong += 1
                print(f"WRONG  {case}: {complaint}", flush=True)
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"exits of drivers: {len(chosen)} on CPython {version}, seed {asked.seed}, {wrong} wrong")
    print(f"slowest: {slowest[0]:.1f} s, {slowest[1]}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
