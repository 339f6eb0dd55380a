"""A child: runs seeds of a driver, one after another, and prints a line before and behind each."""

import json
import mmap
import os
import signal
import sys
from typing import Any, Final

from wsksim._native import DriverObject, _watch_crashes
from wsksim.drivers.asking import KEPT, Asked
from wsksim.drivers.sanitizers import Sanitizer
from wsksim.runs.lifeline import hold, is_left_behind

__all__ = ["RESTS_S", "main"]

# A seed that rests for so long never ends: what it does calls nothing of the kernel.
RESTS_S: Final = 900


def main() -> None:
    """Reads what is asked for from stdin."""
    # Ctrl-C is the parent's to judge, which then ends this process; a terminal sends it here too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # as which it was made
    hold(sys.argv[1])
    # It stays open until the process ends.
    notes = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)
    asked = Asked(**json.load(sys.stdin))
    # What a driver prints by itself, or libc for it, is no line of ours.
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    driver = DriverObject(asked.path)
    if Sanitizer.of(driver.words) is None:  # which watches for signals itself
        _watch_crashes(mmap.mmap(-1, mmap.PAGESIZE), notes)
    with_plan, hosts = _planned(asked), asked.places()
    for seed in asked.seeds():
        say(lines, {"begins": seed})
        os.ftruncate(notes, 0)
        # Both end the process, which the parent tells apart.
        signal.setitimer(signal.ITIMER_PROF, asked.computes_s)
        signal.setitimer(signal.ITIMER_REAL, RESTS_S)
        outcome = driver.run(seed, **asked.options(), hosts=hosts, notes=notes, **with_plan(seed))
        if is_left_behind():  # a copy that the driver has forked
            os._exit(0)
        outcome["printed"] = outcome["printed"][-KEPT:] if asked.shows(outcome) else []
        say(lines, {"seed": seed, "outcome": outcome})
    # What a driver's own threads, or its exit handlers, would do now is nobody's business.
    os._exit(0)


def _planned(asked: Asked) -> Any:
    """What a seed's plan adds to the options of its run."""
    if asked.plan is None:
        return lambda _: {}
    from wsksim.drivers.planning import given_plan  # start-up: 30 ms, for a run with a plan only
    from wsksim.plans.plan import Plan  # start-up: 30 ms, for a run with a plan only

    plan = Plan.from_dict(asked.plan)
    return lambda seed: given_plan(plan, seed)


def say(lines: Any, values: object) -> None:
    """Prints a line; it is out before the next seed may crash."""
    try:
        lines.write(json.dumps(values) + "\n")
        lines.flush()
    except BrokenPipeError:  # the parent was killed, and this process is about to be
        os._exit(1)


if __name__ == "__main__":
    main()
