"""Numbers as people type them: counts such as 1.5M, shares such as 15%."""

from typing import TYPE_CHECKING, Any, Final

import click

from wsksim.wording import shown

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["Count", "Rate", "Share"]

_FACTORS: Final = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


class Count(click.ParamType[int]):
    """A whole number, with k, M or G for thousands, millions and thousand millions."""

    name = "count"

    def __init__(self, low: int, high: int) -> None:
        """Keeps the limits, both included."""
        self._low, self._high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Reads the number; click reports what is wrong with it."""
        if isinstance(value, int):
            return value
        asked = f"asked for a whole number from {self._low:,} to {self._high:,}, such as 1000, 100k or 1.5M"
        text = str(value).strip().replace("_", "").replace(",", "")
        factor = _FACTORS.get(text[-1:].lower(), 1)
        number = _decimal(text[:-1] if factor > 1 else text)
        if number is None or not self._low <= number * factor <= self._high:
            self.fail(f"{asked}; found {shown(value)}", param, ctx)
        if number * factor != int(number * factor):
            self.fail(f"{asked}; found {shown(value)}, which is not whole", param, ctx)
        return int(number * factor)


class Share(click.ParamType[float]):
    """A probability: 0.15 or 15%."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads the share; click reports what is wrong with it."""
        text = str(value).strip()
        number = _decimal(text.removesuffix("%"))
        if number is not None and text.endswith("%"):
            number /= 100
        if number is None or not 0 <= number <= 1:
            self.fail(f"asked for a share from 0 to 1, such as 0.15 or 15%; found {shown(value)}", param, ctx)
        return float(number)


class Rate(click.ParamType[float]):
    """Edges per second: 2M/s, 500k/s, 100/ms or 1e6."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads the rate; click reports what is wrong with it."""
        from wsksim.runs.rate import read_rate  # start-up: 2 ms of --help

        try:
            return read_rate(value)
        except (TypeError, ValueError) as error:
            self.fail(str(error).removeprefix("rate: "), param, ctx)


def _decimal(text: str) -> "Decimal | None":
    from decimal import Decimal, InvalidOperation  # start-up: 1 ms of --help

    if len(text) > 40:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None
