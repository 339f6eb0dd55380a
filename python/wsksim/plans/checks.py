"""Checks: what has to hold of a report, such as `findings == 0` or `response.p99.9 < 50us`."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from wsksim.kinds import is_a, is_mapping, is_sequence
from wsksim.plans.figures import Unit, unit_of, whole_of
from wsksim.plans.quantities import read_time, show_time
from wsksim.plans.refusals import refuse
from wsksim.plans.steps import read_share
from wsksim.wording import shown

__all__ = ["Check", "read_check", "read_checks"]

_OPERATORS: Final[Mapping[str, Callable[[float | Decimal, float], bool]]] = {
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
        is_share: whether it is the share that a count has in what it is a part of.
    """

    name: str
    operator: str
    limit: float
    is_share: bool = False

    @property
    def unit(self) -> Unit:
        """In which unit the limit is."""
        return "share" if self.is_share else unit_of("check", self.name)

    def __str__(self) -> str:
        """The text that `read_check` reads the same from."""
        return f"{self.name} {self.condition}"

    @property
    def condition(self) -> str:
        """The operator and the limit, as they stand in a plan."""
        unit = self.unit
        if unit == "share":
            return f"{self.operator} {_percent(self.limit) or self.limit}"
        return f"{self.operator} {show_time(int(self.limit)) if unit == 'time' else self.limit}"

    def holds(self, value: float | Decimal) -> bool:
        """Whether it holds of a value."""
        return _OPERATORS[self.operator](value, self.limit)


def read_checks(place: str, value: object) -> tuple[Check, ...]:
    """Reads checks from a list of texts, or a table of conditions by name.

    Raises:
        PlanError: one of them is none.
    """
    if is_mapping(value):
        for name, condition in value.items():
            if not is_a(name, str) or not is_a(condition, str) or not _CONDITION.fullmatch(condition):
                refuse(
                    f"{place}.{name}", "a comparison such as '== 0' or '< 50us'", shown(condition), "write one as text"
                )
        return tuple(read_check(place, f"{name} {condition}") for name, condition in value.items())
    if not is_sequence(value):
        refuse(place, "checks such as 'findings == 0'", shown(value), "give a list of texts, or a table")
    return tuple(one if isinstance(one, Check) else read_check(place, one) for one in value)


def read_check(place: str, text: object) -> Check:
    """Reads one check from its text.

    Raises:
        PlanError: it is none, or names nothing that a report has.
    """
    found = _FORM.fullmatch(text) if is_a(text, str) else None
    if found is None:
        refuse(
            place,
            "a check such as 'findings == 0'",
            shown(text),
            f"write a name, one of {' '.join(_OPERATORS)}, and a limit",
        )
    name, compared, limit = found[1], found[2], found[3]
    unit = unit_of(place, name)
    if unit == "count" and limit.endswith("%") and whole_of(name):
        return Check(name, compared, read_share(f"{place}.{name}", limit), is_share=True)
    return Check(name, compared, _limit(f"{place}.{name}", unit, limit, whole_of(name)))


def _percent(share: float) -> str:
    """The per cent that are read as just this share; nothing if none are."""
    near = share * 100
    texts = [f"{near:.12g}", *(repr(one) for one in (near, math.nextafter(near, 0.0), math.nextafter(near, 200.0)))]
    return next((f"{text}%" for text in texts if float(text) / 100 == share), "")


def _limit(place: str, unit: str, text: str, whole: str) -> float:
    if unit == "time":
        found = read_time(place, text)
        if found.kind != "fixed":
            refuse(place, "one time", shown(text), "write it without a range")
        return found.low
    if unit == "share":
        return read_share(place, text)
    digits = text.replace("_", "").replace(",", "")
    factor = _FACTORS.get(digits[-1:], 1)
    number = digits[:-1] if factor > 1 else digits
    if not (number.isascii() and number.isdigit() and len(number) <= 16):
        also = f", or its share in {whole}, such as 15%" if whole else ""
        refuse(place, "a count such as 0, 1000 or 100k", shown(text), f"write a whole number{also}")
    return int(number) * factor
