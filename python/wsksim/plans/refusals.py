"""How a plan is refused: what was asked, what was found, what to do."""

from collections.abc import Iterable
from typing import Any, NoReturn

from wsksim.errors import PlanError
from wsksim.kinds import is_a, is_mapping
from wsksim.wording import hint, shown

__all__ = ["one_of", "refuse", "table"]


def refuse(place: str, asked: str, found: str, do: str) -> NoReturn:
    """Refuses a plan.

    Raises:
        PlanError: always.
    """
    raise PlanError(f"{place}: asked for {asked}; found {found}; {do}")


def table(place: str, value: object, known: Iterable[str]) -> dict[str, Any]:
    """Returns a table, all of whose keys are known.

    Raises:
        PlanError: it is no table, or has another key.
    """
    words = list(known)
    if not is_mapping(value):
        refuse(place, "a table", shown(value), f"give one with some of the keys {', '.join(words)}")
    for key in value:
        if not is_a(key, str) or key not in words:
            do = f"leave it out{hint(key, words)}"
            refuse(place, f"some of the keys {', '.join(words)}", f"the key {shown(key)}", do)
    return dict(value)


def one_of(place: str, value: object, words: Iterable[str]) -> str:
    """Returns one of a few words.

    Raises:
        PlanError: it is none of them.
    """
    known = list(words)
    if not is_a(value, str) or value not in known:
        refuse(place, f"one of {', '.join(known)}", shown(value), f"write one of these{hint(value, known)}")
    return value
