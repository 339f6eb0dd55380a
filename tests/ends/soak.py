"""A long mixed load in one process: whatever it did, the books balance and memory does not grow.

    python tests/ends/soak.py [--minutes 60] [--seed 7] [--life 10]

A subsystem lives `life` seconds. Threads connect, disconnect, close, enable and disable while workers or `dispatch()`
drive; handlers are Python's, over arrays, and C's; some raise, some answer nonsense; applications of WSK connect to
each other; children are forked; SIGINT comes now and then. At the end of each life every edge has one fate and every
IRP that was taken is completed. Prints what was done, and the memory after each tenth of the time.
"""

import argparse
import ctypes
import gc
import os
import random
import signal
import sys
import threading
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import wsksim
from wsksim import wsk

# What memory may grow by after the first tenth, in MiB.
GROWTH = 16
ROOM = 200


def good(SocketContext, Flags):
    return 0


def odd(SocketContext, Flags):
    if SocketContext % 97 == 0:
        raise KeyError(SocketContext)
    return None if SocketContext % 89 == 0 else 0


batch = wsksim.batch_handler(lambda contexts, flags: None)
# Of the C library: 0 for a context of 0. A callback that ctypes makes of a Python function would lose Ctrl-C.
returns_0 = ctypes.CDLL(None).ffs
returns_0.argtypes, returns_0.restype = [ctypes.c_void_p, ctypes.c_uint32], ctypes.c_int32
native = wsksim.native_handler(returns_0)


def resident():
    """Memory of this process, in MiB; 0 where that is not to be had."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    except OSError:
        return 0.0


class Life:
    """One subsystem and the threads that use it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.subsystem = wsksim.Subsystem(
            seed=seed, irql="mixed", completions=self.random.choice(("inline", "windows"))
        )
        self.over = threading.Event()
        self.failures = []
        self.irps = 0

    def posts(self, seed):
        """Opens fleets and lets their remote ends leave, until the life is over."""
        draw = random.Random(seed)
        fleets = []
        while not self.over.is_set():
            handler = draw.choice((good, odd, batch, native))
            contexts = [0] * ROOM if handler is native else range(ROOM)
            fleets.append(self.subsystem.connect_many(ROOM, handler, contexts=contexts))
            fleet = draw.choice(fleets)
            draw.choice((fleet.remote.disconnect, fleet.remote.abort, fleet.disable, fleet.enable))()
            if len(fleets) > 5:
                fleets.pop(draw.randrange(5)).close()
            if draw.random() < 0.05:
                gc.collect()
            time.sleep(0.001)

    def calls(self):
        """Sockets of WSK are made and closed, until the life is over."""
        registration = self.subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        npi = self.subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT)[1]
        kind = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET)
        while not self.over.is_set():
            irp = wsk.IRP()
            npi.WskSocket(*kind, None, None, None, None, None, irp)
            if irp.wait(5) is False:
                raise AssertionError("an IRP was not completed")
            socket, irp = irp.IoStatus.Information, wsk.IRP()
            socket.Dispatch.WskCloseSocket(socket, irp)
            if irp.wait(5) is False:
                raise AssertionError("a close was not completed")
            self.irps += 2

    def guarded(self, work, *given):
        """Runs a thread's work and keeps what it raised."""
        try:
            work(*given)
        except BaseException as error:
            self.failures.append(error)

    def run(self, seconds):
        """Lives so long; returns edges, IRPs, and how often it was interrupted."""
        threads = [
            threading.Thread(target=self.guarded, args=(self.posts, self.random.random()), daemon=True),
            threading.Thread(target=self.guarded, args=(self.posts, self.random.random()), daemon=True),
            threading.Thread(target=self.guarded, args=(self.calls,), daemon=True),
        ]
        for thread in threads:
            thread.start()
        end, interrupted = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            try:
                signal.setitimer(signal.ITIMER_REAL, self.random.uniform(0.05, 0.6))
                with self.subsystem.workers(self.random.randint(1, 4)):
                    time.sleep(self.random.uniform(0.0, 0.5))
                for _ in range(20):
                    self.subsystem.dispatch(1000)
                    time.sleep(0.001)
                signal.setitimer(signal.ITIMER_REAL, 0)
                forks()
            except KeyboardInterrupt:
                interrupted += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        self.over.set()
        while any(thread.is_alive() for thread in threads):
            self.subsystem.dispatch()
            time.sleep(0.001)
        self.subsystem.dispatch()
        if self.failures:
            raise self.failures[0]
        books = self.subsystem.counters()
        posted = sum(books["posted"].values())
        fates = sum(sum(books[part].values()) for part in ("indicated", "withheld", "pending"))
        assert posted == fates, books
        assert books["pending"]["queued"] == 0, books
        assert {finding.rule for finding in self.subsystem.findings} <= {"D-8"}, self.subsystem.findings
        self.subsystem.close()
        return posted, self.irps, interrupted


def forks():
    """A child has a life of its own."""
    if not hasattr(os, "fork"):
        return
    child = os.fork()
    if child == 0:
        subsystem = wsksim.Subsystem()
        fleet = subsystem.connect_many(50, good)
        with subsystem.workers(2):
            fleet.remote.disconnect()
        os._exit(subsystem.counters()["indicated"]["graceful"] != 50)
    assert os.waitpid(child, 0)[1] == 0


def interrupt(number, frame):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--life", type=float, default=10)
    asked = parser.parse_args()
    signal.signal(signal.SIGALRM, interrupt)
    began = told = time.monotonic()
    seconds = asked.minutes * 60 * 0.97
    lives = edges = irps = interrupted = 0
    memory = []
    while time.monotonic() - began < seconds:
        done = Life(asked.seed + lives).run(asked.life)
        lives, edges, irps, interrupted = lives + 1, edges + done[0], irps + done[1], interrupted + done[2]
        if time.monotonic() - told >= seconds / 10:
            told = time.monotonic()
            gc.collect()
            memory.append(resident())
            print(f"soak: {told - began:.0f} s, {lives} lives, {memory[-1]:.1f} MiB", flush=True)
    grown = max(memory[1:], default=0.0) - memory[0] if memory else 0.0
    print(
        f"soak: {time.monotonic() - began:.0f} s, seed {asked.seed}: {lives} lives, {edges:,} edges, {irps:,} IRPs, "
        f"{interrupted:,} interrupts, grown by {grown:.1f} MiB since the first tenth"
    )
    return int(grown > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
