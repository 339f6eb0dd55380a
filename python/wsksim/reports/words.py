"""Words: what several forms of a report say alike."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wsksim.runs.measured import Lives
from wsksim.runs.times import in_words

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = [
    "FATES",
    "count",
    "driver_words",
    "edges_per_second",
    "fate_words",
    "life_words",
    "missed_words",
    "noise_words",
    "request_words",
    "since_words",
]

FATES: Final = {
    "ended_in_order": "ended in order",
    "aborted_by_peer": "aborted by the peer",
    "aborted_by_us": "aborted by us",
    "timed_out": "timed out",
    "killed": "killed",
    "refused": "refused",
    "never_connected": "never connected",
    "still_open": "still open",
}


def count(number: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def edges_per_second(report: "Report") -> str:
    """How fast the run was."""
    return f"{report.rate:,.0f} indications/s in {report.elapsed_s:.6f} s"


def driver_words(driver: Mapping[str, int]) -> str:
    """How much of a driver's orders was seen."""
    return ", ".join(count(driver[f"{noun}s"], noun) for noun in ("seed", "order", "call"))


def fate_words(lives: Lives) -> str:
    """How many lives there were, and what became of them."""
    fates = [f"{number:,} {words}" for name, words in FATES.items() if (number := getattr(lives, name))]
    if lives.vanished:
        fates[-1] += f" ({lives.vanished:,} of them vanished)"
    return f"{lives.begun:,}" + (f" ({', '.join(fates)})" if fates else "")


def request_words(requests: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    """Each function that the application asked, and how its requests ended."""
    told = {
        kind: ", ".join(f"{number:,} {status}" for status, number in statuses.items())
        for kind, statuses in requests.items()
    }
    return list(told.items())


def missed_words(missed: int) -> str:
    """How many connections the application never took."""
    return f"{missed:,} were never accepted: over before that, or waiting still"


def noise_words(noise: Mapping[str, Any]) -> str:
    """How often the host was somewhere else."""
    heard = f"{in_words(noise['largest_gap_ns'])} in {in_words(noise['listened_s'] * 1e9)} of listening"
    return f"{noise['level']}, largest gap {heard}"


def since_words(seconds: float) -> str:
    """Since which instant of the plan's clock."""
    return in_words(seconds * 1e9) if seconds > 0 else "the beginning"


def life_words(report: "Report") -> list[tuple[str, str]]:
    """What else the lives of a plan left, each a name and a sentence."""
    storm = report.storm
    refusals, moved, left = storm["refusals"], storm["bytes"], storm["left"]
    missed = storm["lives"].get("unaccepted")
    rows = [("accepted", f"{storm['accepted']:,}" + (f"; {missed_words(missed)}" if missed else ""))]
    if storm["lives"]["refused"]:
        text = f"{refusals['backlog']:,} by the backlog, {refusals['nobody']:,} because nobody took them"
        rows.append(("turned off", text))
    rows.append(("bytes", f"{moved['sent']:,} sent by the peers, {moved['received']:,} read by them"))
    requests = storm.get("requests") or {}
    if requests:
        rows.append(("requests", f"{sum(sum(statuses.values()) for statuses in requests.values()):,}"))
    allocations = storm.get("allocations") or {}
    if allocations.get("refused"):
        rows.append(("allocated", f"{allocations['asked']:,} asked for, {allocations['refused']:,} refused"))
    told = f"{count(left['sockets'], 'socket')}, {count(left['requests'], 'request')} of the application at the end"
    rows.append(("left", told))
    standing = storm.get("half_open") or {}
    if standing.get("count"):
        oldest = [f"{one['what']}, {one['state']} since {since_words(one['since_s'])}" for one in standing["oldest"]]
        # Lives may be open although the application has closed its sockets: a peer need not have heard of it, or ended.
        what = "lives, or sockets without a life"
        rows.append(("left open", f"{standing['count']:,} {what} ({'; '.join(oldest)})"))
    rows.append(("clock", f"{in_words(storm['virtual_s'] * 1e9)} of the plan's time"))
    return rows
