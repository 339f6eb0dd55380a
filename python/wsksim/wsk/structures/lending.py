"""Lending: what the provider shows only while a callback runs.

Addresses in WskAcceptEvent (A-7) and lists of WskReceiveEvent that were not retained (C-24) are the provider's
memory: after the callback returned they may be gone. A lent object asks the loan before it is read; the provider has
ended it when its time is over.
"""

from __future__ import annotations

from typing import Any, TypeVar

from wsksim._native import Loan

__all__ = ["lend"]

Thing = TypeVar("Thing")

_kinds: dict[type, type] = {}


def lend(thing: Thing, loan: Loan) -> Thing:
    """Makes a structure that can be read freely only while its loan lasts.

    Args:
        thing: one of the structures of `wsksim.wsk`; it is changed into its lent form.
        loan: the time of the loan.

    Returns:
        The same object.
    """
    plain = type(thing)
    lent = _kinds.get(plain)
    if lent is None:
        lent = _kinds[plain] = _make_lent(plain)
    object.__setattr__(thing, "_loan", loan)
    object.__setattr__(thing, "__class__", lent)
    return thing


def _make_lent(plain: type) -> type:
    def __getattribute__(self: Any, name: str) -> Any:
        if not name.startswith("_"):
            loan: Loan = object.__getattribute__(self, "_loan")
            if loan.over:
                loan.read(f"{plain.__name__}.{name}")
        return object.__getattribute__(self, name)

    return type(plain.__name__, (plain,), {"__slots__": (), "__getattribute__": __getattribute__})
