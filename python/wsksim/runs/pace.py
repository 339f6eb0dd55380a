"""When the next event of a replay is due.

The planned instant of an event is its distance from the first packet of the capture, divided by the speed. The
clock and the way to wait are arguments, so that a simulation can own the time.
"""

import time
from collections.abc import Callable
from typing import Final

from wsksim.kinds import is_a
from wsksim.wording import shown

__all__ = ["Pace", "read_speed"]

_SLICE_S: Final = 1.0


def read_speed(speed: float | str) -> float | None:
    """Turns `"max"`, `"real"`, a factor, or text such as `"10x"` into a factor; None means no waiting.

    Raises:
        ValueError: it is none of these, or not above 0.
    """
    asked = "speed: asked for 'max', 'real', or a factor such as 10 or '10x'"
    if speed == "max":
        return None
    if speed == "real":
        return 1.0
    try:
        factor = float(speed[:-1] if is_a(speed, str) and speed.endswith("x") else speed)
    except (TypeError, ValueError, OverflowError):
        factor = 0.0
    if is_a(speed, bool, bytes, bytearray) or not 0 < factor < float("inf"):
        raise ValueError(f"{asked}; found {shown(speed)}; pass a number above 0")
    return factor


class Pace:
    """Waits until events are due."""

    def __init__(
        self,
        speed: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Plans at `speed` times the capture's own pace; `begin` sets instant 0, or else the first event does."""
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._first: tuple[int, float] | None = None

    def begin(self, time_ns: int) -> bool:
        """Makes this moment instant 0, at which the capture's time was `time_ns`; only the first call counts.

        Returns:
            Whether this was it.
        """
        if self._first is not None:
            return False
        self._first = (time_ns, self._clock())
        return True

    def remaining_s(self, time_ns: int) -> float:
        """Returns the seconds until an event is due; not above 0 if it is due now."""
        self.begin(time_ns)
        first_ns, begun = self._first or (time_ns, 0.0)
        return (time_ns - first_ns) / 1e9 / self._speed - (self._clock() - begun)

    def wait(self, time_ns: int) -> None:
        """Waits until an event is due, in short slices, so that no planned instant is too far for the clock."""
        while (remaining := self.remaining_s(time_ns)) > 0:
            self._sleep(min(remaining, _SLICE_S))
