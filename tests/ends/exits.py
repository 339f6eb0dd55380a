"""Ends many processes in many ways, each of which has to end as it would without us.

    python tests/ends/exits.py [--exits 1200] [--seed 7] [--at-once 2]

A case is a state (what the handlers do), a way to end, and a number of workers; 0 workers are a daemon thread
that dispatches. Each runs in a process of its own, whose exit code, signal, stdout and stderr are compared with what
a program without us has. Prints how many ended, which did not, and the slowest.
"""

import argparse
import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

START = """
import atexit, os, signal, sys, threading, time, warnings
warnings.filterwarnings("ignore", ".*debug build")
import wsksim
from wsksim import wsk
atexit.register(lambda: print("atexit", flush=True))
entered = threading.Event()
subsystem = wsksim.Subsystem()

def sleeps(SocketContext, Flags):
    entered.set()
    time.sleep(0.002)
    return 0

def good(SocketContext, Flags):
    entered.set()
    return 0

def raises(SocketContext, Flags):
    entered.set()
    time.sleep(0.0002)
    raise KeyError("mine")

def computes(SocketContext, Flags):
    entered.set()
    sum(range(5000))
    return subsystem.connect(1).close() and 0

def never(SocketContext, Flags):
    entered.set()
    while True:
        time.sleep(0.01)

def swallows(SocketContext, Flags):
    entered.set()
    while True:
        try:
            time.sleep(0.01)
        except BaseException:
            pass

def dispatches():
    # Another thread may drive already. A daemon thread must not print that while the interpreter ends: CPython ends
    # it with the lock of stderr, and then itself.
    try:
        subsystem.dispatch()
    except wsksim.DriveError:
        pass

def drive(workers, fleet):
    fleet.remote.disconnect()
    if workers:
        subsystem.workers(workers).__enter__()
    else:
        threading.Thread(target=dispatches, daemon=True).start()
"""

STATES = {
    "idle": (0, "good"),
    "a million pending": (1_000_000, "good"),
    "asleep": (2000, "sleeps"),
    "raising": (50_000, "raises"),
    "computing": (50_000, "computes"),
    "never returning": (40, "never"),
    "swallowing": (40, "swallows"),
}
STUCK = ("never returning", "swallowing")

# How the main thread ends once the handlers run, and the exit code.
ENDINGS = {
    "exit": ("sys.exit(5)", 5),
    "error": ("raise ValueError('mine')", 1),
    "end": ("pass", 0),
    "SIGINT": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(20)", -signal.SIGINT),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(20)", -signal.SIGTERM),
    "in a hook": ("atexit.register(drive, {workers}, subsystem.connect_many(100, sleeps)); sys.exit(5)", 5),
    "pool": (
        "from concurrent.futures import ThreadPoolExecutor; "
        "ThreadPoolExecutor(2).submit(lambda: time.sleep(0.05) or print('pool', flush=True)); sys.exit(5)",
        5,
    ),
    "daemons that drain": (
        "[threading.Thread(target=lambda: other.workers(1).__enter__().drain(), daemon=True).start() "
        "for other in [wsksim.Subsystem()]]; time.sleep(0.01); sys.exit(5)",
        5,
    ),
    "daemons that open and close": (
        "threading.Thread(target=lambda: [subsystem.connect_many(50_000, good).close() for _ in range(10**6)], "
        "daemon=True).start(); time.sleep(0.03); sys.exit(5)",
        5,
    ),
    "daemons that raise": (
        "exec('def refused():\\n while True:\\n  try: subsystem.connect(1, 1)\\n  except TypeError: pass'); "
        "[threading.Thread(target=refused, daemon=True).start() for _ in range(3)]; time.sleep(0.02); sys.exit(5)",
        5,
    ),
    "daemons that wait": (
        "exec('def waits():\\n other = wsksim.Subsystem()\\n"
        " npi = other.WskCaptureProviderNPI(other.WskRegister(wsk.WSK_CLIENT_DISPATCH()), 1)[1]\\n"
        " while True:\\n  irp = wsk.IRP()\\n"
        "  npi.WskSocket(wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET, "
        "None, None, None, None, None, irp)\\n  irp.wait()'); "
        "[threading.Thread(target=waits, daemon=True).start() for _ in range(2)]; time.sleep(0.05); sys.exit(5)",
        5,
    ),
    "inside pytest": (
        "import pytest; sys.exit(5 + pytest.main(['-q', '-p', 'no:cacheprovider', '--co', '/dev/null']) * 0)",
        5,
    ),
}
WORKERS = (0, 1, 4, 32)


@dataclass(frozen=True)
class Case:
    """One way to end.

    Attributes:
        state: what the handlers do.
        ending: how the main thread ends.
        workers: how many drive; 0 is a daemon thread.
    """

    state: str
    ending: str
    workers: int

    def __str__(self) -> str:
        """Names it."""
        return f"{self.state}, {self.ending}, {self.workers} workers"

    @property
    def is_slow(self) -> bool:
        """Whether the exit has to wait for handlers until its patience ends."""
        return self.state in STUCK and self.workers > 0 and self.ending != "SIGTERM"

    def program(self) -> str:
        """Returns the text of the program."""
        sockets, handler = STATES[self.state]
        ending, _ = ENDINGS[self.ending]
        return START + (
            f"drive({self.workers}, subsystem.connect_many({sockets}, {handler}))\n"
            f"{'entered.wait()' if sockets else ''}\n"
            f"{ending.format(workers=self.workers)}\n"
        )

    def run(self) -> tuple[float, str]:
        """Runs it; how long it took, and what was wrong."""
        began = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-c", self.program()], check=False, capture_output=True, text=True, timeout=60
            )
        except subprocess.TimeoutExpired:
            return time.monotonic() - began, "it hung"
        took = time.monotonic() - began
        return took, self.judge(done.returncode, done.stdout, done.stderr)

    def judge(self, code: int, out: str, err: str) -> str:
        """Compares an end with what it has to be."""
        wanted = ENDINGS[self.ending][1]
        if code != wanted:
            return f"ended with {code}, not {wanted}: {err[-500:]}"
        if ("atexit" in out) != (self.ending != "SIGTERM"):
            return f"its hooks did not run as they should: {out!r}"
        said = [line for line in err.splitlines() if line.startswith("wsksim: ")]
        # Handlers that want the interpreter all the time may not get it in five seconds on a busy machine.
        may_say = self.is_slow or self.state in {"computing", "raising"}
        if (said and not may_say) or (self.is_slow and not said):
            return f"a word too many or too few on stderr: {err!r}"
        if "Fatal Python error" in err or "FATAL" in err or "panicked" in err:
            return err[-500:]
        return ""


def cases() -> list[Case]:
    """Every case."""
    return [Case(*case) for case in itertools.product(STATES, ENDINGS, WORKERS)]


def drawn(count: int, seed: int) -> Iterator[Case]:
    """So many cases: all as often as they fit, then some that are drawn; of the slow ones one in ten."""
    random_ = random.Random(seed)
    left = count
    while left > 0:
        some = [case for case in cases() if not case.is_slow or random_.random() < 0.1]
        random_.shuffle(some)
        yield from some[:left]
        left -= len(some)


def main() -> int:
    """Runs the matrix; 1 if an exit was not as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exits", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-once", type=int, default=2)
    asked = parser.parse_args()
    chosen = list(drawn(asked.exits, asked.seed))
    slowest, wrong = (0.0, None), 0
    with ThreadPoolExecutor(asked.at_once) as pool:
        for case, (took, complaint) in zip(chosen, pool.map(Case.run, chosen), strict=True):
            slowest = max(slowest, (took, str(case)))
            if complaint:
                wrong += 1
                print(f"WRONG  {case}: {complaint}")
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"exits: {len(chosen)} on CPython {version}, seed {asked.seed}, {wrong} wrong")
    print(f"slowest: {slowest[0]:.1f} s, {slowest[1]}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
