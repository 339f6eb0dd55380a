"""The IRQL of the virtual processor that this thread stands for.

It is a number that the thread carries, 0 to 2, never a thread priority. Callbacks and completion routines
raise it for as long as they run; an application raises it itself to see what its calls answer then.
"""

from __future__ import annotations

from typing import Final

from wsksim._native import Processor
from wsksim.wsk.words.arguments import absent, integer

__all__ = ["KeGetCurrentIrql", "KeLowerIrql", "KeRaiseIrql"]

LEVEL_NAMES: Final = ("PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL")


def KeGetCurrentIrql() -> int:
    """KeGetCurrentIrql: the level at which this thread runs.

    Returns:
        PASSIVE_LEVEL outside callbacks, unless KeRaiseIrql changed it; inside a callback the level at which the
        dispatcher entered it. It has no status.

    Rules: D-7, Q-2; page nf-wdm-kegetcurrentirql. IRQL: any.
    """
    return Processor.level()


def KeRaiseIrql(NewIrql: int, OldIrql: None = None) -> int:
    """KeRaiseIrql: raises the level of this thread.

    Args:
        NewIrql: PASSIVE_LEVEL to DISPATCH_LEVEL; not below the present level.
        OldIrql: left out; the old level is returned.

    Returns:
        The level before, for KeLowerIrql. It has no status.

    Raises:
        TypeError: `NewIrql` is no int, or `OldIrql` was given.
        ValueError: the level is below the present one, or none that is simulated.

    Rules: Q-1, Q-2; page nf-wdm-keraiseirql. IRQL: up to DISPATCH here.
    """
    absent("KeRaiseIrql", "OldIrql", OldIrql)
    return Processor.raise_level(integer("KeRaiseIrql", "NewIrql", NewIrql, "KIRQL"))


def KeLowerIrql(NewIrql: int) -> None:
    """KeLowerIrql: lowers the level of this thread to what KeRaiseIrql returned.

    Args:
        NewIrql: PASSIVE_LEVEL to the present level.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: `NewIrql` is no int.
        ValueError: the level is above the present one, or none that is simulated.

    Rules: Q-2; page nf-wdm-kelowerirql. IRQL: up to DISPATCH here.
    """
    Processor.lower_level(integer("KeLowerIrql", "NewIrql", NewIrql, "KIRQL"))
