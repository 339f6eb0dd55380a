"""Rates as people type them: 2M/s, 500k/s, 100/ms, 1e6."""

from decimal import Decimal, InvalidOperation
from typing import Final

from wsksim.kinds import is_a
from wsksim.wording import shown

__all__ = ["MAX_RATE", "MIN_RATE", "read_rate", "show_rate"]

MIN_RATE: Final = 0.001
MAX_RATE: Final = 1e9
_FACTORS: Final = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_PER_SECOND: Final = {"s": Decimal(1), "ms": Decimal(1_000), "us": Decimal(1_000_000), "min": 1 / Decimal(60)}


def read_rate(rate: object) -> float:
    """Turns a rate into edges per second.

    Args:
        rate: a number, or text: a number, k, M or G if wanted, and /s, /ms, /us or /min if wanted.

    Raises:
        TypeError: it is neither a number nor text.
        ValueError: it is no rate, or outside its limits.
    """
    asked = "rate: asked for so many per second, from 0.001 to 1G, such as 2M/s, 500k/s, 100/ms or 1e6"
    if is_a(rate, str):
        found = _read(rate)
    elif is_a(rate, int, float) and not is_a(rate, bool):
        found = float(rate) if abs(rate) <= MAX_RATE else None
    else:
        raise TypeError(f"{asked}; found {shown(rate)}; pass a number or text like these")
    if found is None or not MIN_RATE <= found <= MAX_RATE:
        raise ValueError(f"{asked}; found {shown(rate)}; pass a rate like these")
    return found


def show_rate(rate: float) -> str:
    """Returns the shortest text that `read_rate` turns into the same rate."""
    return str(int(rate)) if rate == int(rate) else repr(rate)


def _read(text: str) -> float | None:
    number, slash, unit = text.strip().partition("/")
    number = number.strip().replace("_", "").replace(",", "")
    if len(number) > 40 or (slash and unit.strip() not in _PER_SECOND):
        return None
    factor = _FACTORS.get(number[-1:].lower(), 1)
    try:
        value = Decimal(number[:-1] if factor > 1 else number)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value.adjusted()) > 40:
        return None
    return float(value * factor * (_PER_SECOND[unit.strip()] if slash else 1))
