"""The rules of the contract, one sentence each: the one table that the core reads too.

The pages named with a rule are pages of the public Windows driver documentation; they stay the authority. The mark
says how much of the sentence stands there: `stated`, `derived` (it follows, but is not spelled out), or `choice` (the
documentation is silent and this is what wsksim does).
"""

from dataclasses import dataclass
from typing import Final, Literal, cast

from wsksim._native import _rules

__all__ = ["BY_ID", "RULES", "Binds", "Mark", "Rule"]

Binds = Literal["provider", "application", "both"]
Mark = Literal["stated", "derived", "choice"]

_SITE: Final = "https://learn.microsoft.com/windows-hardware/drivers"
# Pages of the reference are named for their kind, then their header.
_REFERENCE: Final = ("nc-", "nf-", "ns-")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract.

    Attributes:
        id: the id that findings, docstrings and tests carry.
        binds: who has to keep it.
        statement: the rule in one sentence.
        advice: what an application does to keep it; empty if it binds the provider alone.
        pages: names of the documentation's pages; empty if none speaks of it.
        mark: how far the pages carry the statement.
        note: what comes of a breach, or why none can be seen; may be empty.
        pending: with what else the rule arrives, if it is not kept yet; else empty.
    """

    id: str
    binds: Binds
    statement: str
    advice: str
    pages: tuple[str, ...]
    mark: Mark
    note: str
    pending: str

    @property
    def urls(self) -> tuple[str, ...]:
        """Where its pages are published."""
        return tuple(map(page_url, self.pages))


def page_url(page: str) -> str:
    """Where a page of the documentation is published."""
    if page.startswith(_REFERENCE):
        return f"{_SITE}/ddi/{page.split('-')[1]}/{page}"
    return f"{_SITE}/network/{page}"


def _rule(row: list[str]) -> Rule:
    name, binds, statement, advice, pages, mark, note, pending = row
    bound, marked = cast("Binds", binds), cast("Mark", mark)
    return Rule(name, bound, statement, advice, tuple(pages.split()), marked, note, pending)


RULES: Final[tuple[Rule, ...]] = tuple(map(_rule, _rules()))

BY_ID: Final[dict[str, Rule]] = {rule.id: rule for rule in RULES}
