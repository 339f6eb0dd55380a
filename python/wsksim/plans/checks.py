"""Checks: what has to hold of a report, such as `findings == 0` or `response.p99.9 < 50us`."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from wsksim.plans.quantities import read_time, show_time
from wsksim.plans.refusals import refuse
from wsksim.plans.steps import read_share
from wsksim.wording import hint, shown

__all__ = ["FATES", "NAMES", "Check", "read_check", "read_checks"]

# What becomes of a life, each of exactly one.
FATES: Final = (
    "ended_in_order",
    "aborted_by_peer",
    "aborted_by_us",
    "timed_out",
    "killed",
    "refused",
    "never_connected",
    "still_open",
)
_SERIES: Final = ("p50", "p90", "p99", "p99.9", "max", "mean")

# What a check may name, and in which unit it is.
NAMES: Final[Mapping[str, Literal["count", "time", "share"]]] = {
    "findings": "count",
    "notes": "count",
    "posted": "count",
    "indicated": "count",
    "withheld": "count",
    "pending": "count",
    "lives": "count",
    **dict.fromkeys((f"lives.{fate}" for fate in FATES), "count"),
    "accepted": "count",
    "refused.backlog": "count",
    "refused.nobody": "count",
    "bytes.sent": "count",
    "bytes.received": "count",
    "left.sockets": "count",
    "left.requests": "count",
    "late": "share",
    **dict.fromkeys((f"{series}.{name}" for series in ("service", "response", "accept") for name in _SERIES), "time"),
}

_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_FACTORS: Final = {"k": 10**3, "M": 10**6, "G": 10**9}
_FORM: Final = re.compile(r"\s*([^\s=!<>]+)\s*(==|!=|<=|>=|<|>)\s*(\S.*?)\s*")
_CONDITION: Final = re.compile(r"\s*(?:==|!=|<=|>=|<|>)\s*\S.*")


@dataclass(frozen=True)
class Check:
    """One condition.

    Attributes:
        name: what of the report.
        operator: `==`, `!=`, `<`, `<=`, `>` or `>=`.
        limit: with what it is compared: a count, a share, or nanoseconds.
    """

    name: str
    operator: str
    limit: float

    def __str__(self) -> str:
        """The text that `read_check` reads the same from."""
        return f"{self.name} {self.condition}"

    @property
    def condition(self) -> str:
        """The operator and the limit, as they stand in a plan."""
        unit = NAMES[self.name]
        if unit == "share":
            percent = f"{self.limit * 100:.12g}%"
            return f"{self.operator} {percent if read_share(self.name, percent) == self.limit else self.limit}"
        return f"{self.operator} {show_time(int(self.limit)) if unit == 'time' else self.limit}"

    def holds(self, value: float) -> bool:
        """Whether it holds of a value."""
        return _OPERATORS[self.operator](value, self.limit)


def read_checks(place: str, value: object) -> tuple[Check, ...]:
    """Reads checks from a list of texts, or a table of conditions by name.

    Raises:
        PlanError: one of them is none.
    """
    if isinstance(value, Mapping):
        for name, condition in value.items():
            if not isinstance(name, str) or not isinstance(condition, str) or not _CONDITION.fullmatch(condition):
                refuse(
                    f"{place}.{name}", "a comparison such as '== 0' or '< 50us'", shown(condition), "write one as text"
                )
        return tuple(read_check(place, f"{name} {condition}") for name, condition in value.items())
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        refuse(place, "checks such as 'findings == 0'", shown(value), "give a list of texts, or a table")
    return tuple(one if isinstance(one, Check) else read_check(place, one) for one in value)


def read_check(place: str, text: object) -> Check:
    """Reads one check from its text.

    Raises:
        PlanError: it is none, or names nothing that a report has.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        refuse(
            place,
            "a check such as 'findings == 0'",
            shown(text),
            f"write a name, one of {' '.join(_OPERATORS)}, and a limit",
        )
    name, compared, limit = found[1], found[2], found[3]
    if name not in NAMES:
        do = f"name one of {', '.join(NAMES)}{hint(name, NAMES)}"
        refuse(place, "something that a report has", shown(name), do)
    return Check(name, compared, _limit(f"{place}.{name}", NAMES[name], limit))


def _limit(place: str, unit: str, text: str) -> float:
    if unit == "time":
        found = read_time(place, text)
        if found.kind != "fixed":
            refuse(place, "one time", shown(text), "write it without a range")
        return found.low
    if unit == "share":
        return read_share(place, text)
    digits = text.replace("_", "").replace(",", "")
    factor = _FACTORS.get(digits[-1:], 1)
    whole = digits[:-1] if factor > 1 else digits
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 16):
        refuse(place, "a count such as 0, 1000 or 100k", shown(text), "write a whole number")
    return int(whole) * factor
