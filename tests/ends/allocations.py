"""Refuses each large allocation of each call whose memory a user sizes, one after the other.

    python tests/ends/allocations.py [--least 32768] [CALL ...]

Each call has a process of its own, into which an allocator is loaded that refuses the first allocation of `least`
bytes or more, then the second instead, and so on, until the call no longer makes so many; then the same with all from
that one on refused. Each time the call has to raise MemoryError or to do without, and the subsystem has to work
afterwards. Prints how many were refused, and each call that ended its process or broke its subsystem.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).with_name("refusing.c")

START = """
import array, ctypes, io, itertools, random, struct, sys, threading, time, warnings
warnings.simplefilter("ignore")
import wsksim
from wsksim import wsk
sys.path.insert(0, {contract!r})
from harness import World, at, data
refusing = ctypes.CDLL({library!r})
refusing.refuse_allocation.argtypes = ctypes.c_size_t, ctypes.c_long, ctypes.c_int
refusing.stop_refusing.restype = ctypes.c_long
good = lambda SocketContext, Flags: 0
batch = wsksim.batch_handler(lambda contexts, flags: None)
native = wsksim.native_handler(ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)(good))
N = 100_000
subsystem = wsksim.Subsystem()
capture = {capture!r}
"""

LOOP = """
def works():
    before = subsystem.counters()
    connection = subsystem.connect(1, good)
    connection.remote.abort()
    subsystem.dispatch()
    connection.close()
    books = subsystem.counters()
    fates = sum(books["indicated"].values()) + sum(books["withheld"].values()) + sum(books["pending"].values())
    assert fates == sum(books["posted"].values()), books

# What a first use imports is no part of it.
{before}
{call}
{after}

total, raised = 0, 0
for always in (0, 1):
    for which in range(400):
        {before}
        print(f"allocation {{which}}{{' and all after it' if always else ''}}", file=sys.stderr, flush=True)
        refusing.refuse_allocation({least}, which, always)
        try:
            {call}
        except MemoryError:
            raised += 1
        except BaseException as error:
            refused = refusing.stop_refusing()
            caused, found = error, False
            while caused is not None:
                found = found or isinstance(caused, MemoryError)
                caused = caused.__cause__ or caused.__context__
            if not refused or not found:
                raise
            raised += 1
        finally:
            refused = refusing.stop_refusing()
        total += refused
        {after}
        works()
        if not refused:
            break
print("refused", total, raised)
"""

# Histograms have a fixed size, which is less.
LARGEST = {"a storm at a rate": 400_000}

# Each: what comes before every attempt, the call, and what comes after it.
CALLS = {
    "numbers": ("", "made = subsystem.connect_many(N, good)", "made = None"),
    "integers": ("", "subsystem.connect_many(N, batch, contexts=array.array('q', range(N))).close()", ""),
    "a list of integers": ("given = list(range(N))", "subsystem.connect_many(N, batch, contexts=given).close()", ""),
    "objects": ("", "subsystem.connect_many(N, good, contexts=lambda number: number).close()", ""),
    "a list of objects": ("given = [None] * N", "subsystem.connect_many(N, good, contexts=given).close()", ""),
    "a range of objects": ("", "subsystem.connect_many(N, good, contexts=range(N)).close()", ""),
    "a list alone": ("given = [None] * N", "subsystem.connect_many(given, good).close()", ""),
    "C": ("", "subsystem.connect_many(N, native).close()", ""),
    "blocks": (
        "given = (ctypes.c_int64 * N)()",
        "subsystem.connect_many(N, native, contexts=given).close()",
        "",
    ),
    "addresses": (
        "given = list(range(N))",
        "subsystem.connect_many(N, native, contexts=given).close()",
        "",
    ),
    "another subsystem": (
        "",
        "other = wsksim.Subsystem(max_sockets=N); other.connect_many(N, good).remote.disconnect(); other.dispatch()",
        "other = None",
    ),
    "choices": ("given = [0] * N", "wsksim.Subsystem(choices=given).choices", ""),
    "a slice": ("fleet = subsystem.connect_many(N, good)", "fleet[:]", "fleet.close()"),
    "a mask": (
        "fleet = subsystem.connect_many(N, good); given = [True] * N",
        "fleet[given]",
        "fleet.close()",
    ),
    "positions": ("fleet = subsystem.connect_many(N, good)", "fleet[range(N)]", "fleet.close()"),
    "positions of an iterator": (
        "fleet = subsystem.connect_many(N, good)",
        "fleet[iter(range(N))]",
        "fleet.close()",
    ),
    "handles": ("fleet = subsystem.connect_many(N, good)", "fleet.handles", "fleet.close()"),
    "flags": (
        "fleet = subsystem.connect_many(N, good); given = [1, 0] * (N // 2)",
        "fleet.remote.disconnect(given)",
        "subsystem.dispatch(); fleet.close()",
    ),
    "a share": (
        "fleet = subsystem.connect_many(N, good)",
        "fleet.remote.disconnect(0.5)",
        "subsystem.dispatch(); fleet.close()",
    ),
    "dispatch": (
        "fleet = subsystem.connect_many(N, good); fleet.remote.disconnect()",
        "subsystem.dispatch()",
        "subsystem.dispatch(); fleet.close()",
    ),
    "batches": (
        "fleet = subsystem.connect_many(N, batch); fleet.remote.disconnect()",
        "subsystem.dispatch()",
        "subsystem.dispatch(); fleet.close()",
    ),
    "findings": (
        "fleet = subsystem.connect_many(N, lambda a, b: None); fleet.remote.disconnect()",
        "subsystem.dispatch(); subsystem.findings",
        "subsystem.dispatch(); fleet.close()",
    ),
    "workers": (
        "fleet = subsystem.connect_many(N, good); workers = subsystem.workers(2); workers.__enter__()",
        "fleet.remote.disconnect(); workers.drain()",
        "workers.__exit__(None, None, None); fleet.close()",
    ),
    "closing": (
        "fleet = subsystem.connect_many(N, good); fleet.remote.disconnect()",
        "fleet.close()",
        "subsystem.dispatch(); fleet.close()",
    ),
    "closing all": (
        "other = wsksim.Subsystem(); fleet = other.connect_many(N, good)",
        "other.close()",
        "other.close(); fleet = None",
    ),
    "a storm": ("", "wsksim.storm(good, sockets=N, disconnects=N // 2)", ""),
    "a storm in random order": ("", "wsksim.storm(good, sockets=N, order='random')", ""),
    "a storm of C": ("", "wsksim.storm(native, sockets=N, order='random', context_size=64)", ""),
    "a storm of batches": ("", "wsksim.storm(batch, sockets=N, abortive=0.5, workers=2)", ""),
    "a storm at a rate": (
        "",
        "wsksim.storm(native, sockets=5 * N, disconnects=1000, rate='1M/s', contexts='none')",
        "",
    ),
    "data that is indicated": (
        "world = World(window=1 << 22); pair = world.pair(wsk.WSK_EVENT_RECEIVE); given = data(1 << 20)",
        "irp = wsk.IRP(); pair.b.WskSend(given, 0, irp); world.drive()",
        "world.subsystem.close()",
    ),
    "data of a remote": (
        "world = World(window=1 << 22); pair = world.remote_pair(); given = bytes(1 << 20)",
        "pair.b.send(given); world.drive(); pair.b.read()",
        "world.subsystem.close()",
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one call.

    Attributes:
        refused: how many allocations were refused.
        raised: how often that was a MemoryError.
        complaint: what went wrong, or nothing.
    """

    refused: int
    raised: int
    complaint: str


def build(folder: Path) -> Path:
    """Compiles the allocator."""
    library = folder / "refusing.so"
    compiler = shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("allocations: asked for a C compiler; there is no cc; install one")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)
    return library


def program(name: str, library: Path, least: int) -> str:
    """The text of one call's program."""
    before, call, after = CALLS[name]
    capture = str(ROOT / "python" / "wsksim" / "examples" / "mixed_v4.pcap")
    contract = str(ROOT / "tests" / "python" / "contract")
    loop = LOOP.format(before=before, call=call, after=after, least=max(least, LARGEST.get(name, 0)))
    return START.format(library=str(library), capture=capture, contract=contract) + loop


def run(name: str, library: Path, least: int) -> Outcome:
    """Runs one call in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", program(name, library, least)],
            check=False,
            capture_output=True,
            text=True,
            timeout=500,
            env={**os.environ, "LD_PRELOAD": str(library)},
        )
    except subprocess.TimeoutExpired as late:
        return Outcome(0, 0, f"it hung: {(late.stderr or b'')[-200:]!r}")
    told = re.search(r"^refused (\d+) (\d+)$", done.stdout, re.MULTILINE)
    if done.returncode != 0 or told is None:
        at = [line for line in done.stderr.splitlines() if line.startswith("allocation ")]
        return Outcome(0, 0, f"exit {done.returncode} at {at[-1:]}: {reason(done.stderr)}")
    return Outcome(int(told[1]), int(told[2]), "")


def reason(err: str) -> str:
    """What is worth reading of an end: how much was asked for, and in which functions of ours; or the exception."""
    asked = re.findall(r"^memory allocation of .*", err, re.MULTILINE)
    ours = [line.split(": ", 1)[1] for line in err.splitlines() if re.match(r"\s*\d+: <?wsksim::", line)]
    return "; ".join([*asked, *ours[:6]]) or err[-500:]


def main() -> int:
    """Runs the calls that were asked for, or all; 1 if one went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least", type=int, default=32_768)
    parser.add_argument("calls", nargs="*", choices=[*CALLS, []])
    asked = parser.parse_args()
    names = asked.calls or list(CALLS)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        library = build(Path(folder))
        outcomes = dict(zip(names, pool.map(lambda name: run(name, library, asked.least), names), strict=True))
    for name, outcome in outcomes.items():
        if outcome.complaint:
            print(f"WRONG  {name}: {outcome.complaint}")
    refused = sum(outcome.refused for outcome in outcomes.values())
    wrong = sum(bool(outcome.complaint) for outcome in outcomes.values())
    print(f"allocations: {refused} of {asked.least} bytes or more refused in {len(names)} calls, {wrong} went wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
