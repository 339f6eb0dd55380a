"""Places: the `file:line` of a finding as other tools want it."""

from typing import NamedTuple

__all__ = ["Place", "place"]


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


def place(site: str) -> Place | None:
    """Reads a site; None if there is none, as of a C handler."""
    file, _, line = site.rpartition(":")
    return Place(file, int(line)) if file and line.isdecimal() and int(line) > 0 else None
