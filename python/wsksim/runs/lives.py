"""The lives of a plan's storm, as lines of a report."""

from collections.abc import Mapping
from typing import Any, Final

from wsksim.runs.times import in_words

__all__ = ["LIFE_FIELDS", "life_rows", "lives_balance"]

# What a report of a plan's storm holds besides; null for that of a handler.
LIFE_FIELDS: Final = (
    "lives",
    "accepted",
    "accept_ns",
    "accept_service_ns",
    "refusals",
    "bytes",
    "requests",
    "allocations",
    "left",
    "half_open",
    "virtual_s",
    "checks",
)

_FATES: Final = {
    "ended_in_order": "ended in order",
    "aborted_by_peer": "aborted by the peer",
    "aborted_by_us": "aborted by us",
    "timed_out": "timed out",
    "killed": "killed",
    "refused": "refused",
    "never_connected": "never connected",
    "still_open": "still open",
}


def lives_balance(storm: Mapping[str, Any]) -> bool:
    """Whether each life has exactly one fate."""
    lives = storm.get("lives")
    return lives is None or lives["begun"] == sum(lives[fate] for fate in _FATES)


def life_rows(storm: Mapping[str, Any]) -> list[str]:
    """Returns the lines about lives, connections and bytes."""
    lives = storm.get("lives")
    if lives is None:
        return []
    fates = [f"{lives[fate]:,} {words}" for fate, words in _FATES.items() if lives[fate]]
    if lives["vanished"]:
        fates[-1] += f" ({lives['vanished']:,} of them vanished)"
    refusals, moved, left = storm["refusals"], storm["bytes"], storm["left"]
    rows = [("lives", f"{lives['begun']:,}" + (f" ({', '.join(fates)})" if fates else ""))]
    rows.append(("accepted", f"{storm['accepted']:,}"))
    if lives["refused"]:
        rows.append(
            ("turned off", f"{refusals['backlog']:,} by the backlog, {refusals['nobody']:,} because nobody took them")
        )
    rows.append(("bytes", f"{moved['sent']:,} sent by the peers, {moved['received']:,} read by them"))
    rows.append(("left", f"{left['sockets']:,} sockets, {left['requests']:,} requests at the end"))
    rows.append(("clock", f"{in_words(storm['virtual_s'] * 1e9)} of the plan's time"))
    return [f"{name:<10} {text}" for name, text in rows]
