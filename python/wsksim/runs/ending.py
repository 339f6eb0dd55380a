"""How a run ended: to its end, by Ctrl-C, or by what its handler did."""

import time
from types import TracebackType
from typing import Any, Self

from wsksim.errors import DriveError, SubsystemClosedError
from wsksim.subsystem import Subsystem

__all__ = ["Ending"]


class Ending:
    """A block that ends early for a reason which a report can state, and lets every other exception pass.

    Attributes:
        interrupted: whether Ctrl-C ended it.
        stopped: what the handler did to end it; empty if it did not.
        at_least: whether a worker was given up in a call, which its counts do not hold then.
    """

    def __init__(self, subsystem: Subsystem) -> None:
        """Watches the run of one subsystem."""
        self.interrupted = False
        self.stopped = ""
        self.at_least = False
        self._subsystem = subsystem

    def __enter__(self) -> Self:
        """Begins the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Notes why the block ended, and swallows only what is noted."""
        self.interrupted = isinstance(error, KeyboardInterrupt)
        if isinstance(error, SystemExit) and self._left_by_handler():
            self.stopped = "the handler raised SystemExit"
        elif self._subsystem.closed:
            self.stopped = "the handler closed the subsystem"
        elif self.interrupted and self._is_still_driven():
            self.stopped = "after a second Ctrl-C a worker that had not returned from the handler was given up"
            self.at_least = True
        return self.interrupted or bool(self.stopped and isinstance(error, SystemExit | SubsystemClosedError))

    def told(self, begun: float) -> dict[str, Any]:
        """What the report of every run has, as `Report.of` takes it, of a run that began at `begun`."""
        return {
            "counters": self._subsystem.counters(),
            "finding_list": self._subsystem.findings,
            "note_list": self._subsystem.notes,
            "elapsed_s": time.perf_counter() - begun,
            "interrupted": self.interrupted,
            "stopped": self.stopped,
            "at_least": self.at_least,
        }

    def _is_still_driven(self) -> bool:
        try:
            self._subsystem.dispatch(0)
        except DriveError:
            return True
        return False

    def _left_by_handler(self) -> bool:
        """Whether a SystemExit came from the handler rather than from the host program."""
        return self._subsystem._handler_left()  # noqa: SLF001 - ours
