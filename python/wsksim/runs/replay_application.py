"""A replay against an application: each connection of a capture is a remote end that connects, sends, and ends."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Literal

from wsksim._native import CaptureReader, LifeStorm
from wsksim.applications import Application, Started
from wsksim.plans.checks import Check
from wsksim.runs.arguments import COMPLETIONS
from wsksim.runs.checking import judge
from wsksim.runs.ending import Ending
from wsksim.runs.life_results import life_results
from wsksim.runs.report import Report
from wsksim.runs.targets import connect_lives, leave, live_of
from wsksim.runs.watching import watch
from wsksim.subsystem import Subsystem
from wsksim.wsk.objects.allocation import Refusals

__all__ = ["replay_application"]

_PACKETS: Final = 65_536
# Drives of the application between two looks at progress.
_DRIVES: Final = 256


def replay_application(
    reader: CaptureReader,
    make: Callable[[], Application],
    name: str,
    *,
    factor: float | None,
    seed: int,
    irql: Literal["passive", "dispatch", "mixed"],
    check: Literal["report", "raise", "off"],
    checks: tuple[Check, ...],
    options: dict[str, Any],
    progress: Callable[[int, int], object] | None,
    black_box: object,
) -> Report:
    """Replays a capture against an application.

    Without a factor the time of the capture is the clock: it stands still while the application has something to do,
    and jumps from packet to packet. With one, this machine's clock goes `factor` times as fast as that of the capture,
    and service, response and accept latency count from the instants that the packets give.

    Raises:
        ApplicationError: the application does not start, or does not listen.
        ContractError: with `check="raise"`, the application broke a rule.
    """
    begun = time.perf_counter()
    refusals = Refusals(0.0, seed)
    subsystem = Subsystem(seed=seed, check=check, irql=irql, completions=COMPLETIONS, black_box=black_box)
    with subsystem:
        storm = LifeStorm.recorded(subsystem, factor is not None)
        started = Started(make, subsystem, name)
        connect_lives(storm, [started.listening], started)
        watch(progress, lambda: live_of(storm, subsystem))
        with Ending(subsystem) as ending:
            storm.read(reader, _PACKETS, factor or 1.0)
            storm.begin()
            while True:
                while not storm.go_on(_DRIVES):
                    pass
                if progress is not None:
                    progress(reader.bytes_read, reader.bytes_total)
                if reader.done:
                    break
                storm.read(reader, _PACKETS, factor or 1.0)
        leave(started, subsystem, ending)
        report = Report.of(
            **ending.told(begun),
            verb="replay",
            handler=name,
            options=options,
            seed=seed,
            storm=life_results(storm, subsystem, refusals, names=["the capture"], paced=True),
        )
    return replace(report, storm={**report.storm, "checks": judge(checks, report)})
