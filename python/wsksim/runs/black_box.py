"""Black box: what a child process keeps up to date for its parent, and what that reads there after a crash.

The box holds rows of 16 native-endian 64-bit words, one row per worker; row 0 is also the row of `dispatch()`.
Words 0 to 6 describe the row's running C call and how many calls were ever begun in it, words 8 to 15 of row 0 hold
the subsystem's counters as they stood when a batch was last taken. Later posts are not in the box. What a dying process
can still say of itself it adds: in word 7 of row 0 the signal, in words 0 to 3 the call of a Python handler, in words 5
and 6 how many of these calls its thread began, and beside the report the functions on its stack. Each different finding
is written down when it is made, in one more file.
"""

import mmap
import os
import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from wsksim.contract.finding import Finding, Kind
from wsksim.contract.rules import BY_ID
from wsksim.runs.report import CAUSES, REASONS
from wsksim.subsystem import Subsystem
from wsksim.wording import connection_name

__all__ = ["BlackBox", "Call", "open_black_box", "read_findings"]

WORDS: Final = 16
ROW: Final = struct.Struct(f"={WORDS}Q")
# In word 0 of a row: the call is a Python handler's, whose context nobody wrote down.
_PYTHON: Final = 2
# No run counts as far, and a callback's Flags fill a byte.
_MOST: Final = 1 << 48
_MOST_FLAGS: Final = 0xFF
# Of a line that tells a finding.
_PARTS: Final = 14


class _Box(mmap.mmap):
    """A mapped black box.

    Attributes:
        findings_file: where each different finding is written down when it is made.
    """

    findings_file: int


def open_black_box(path: str) -> mmap.mmap:
    """Maps a black box for the subsystem to write to.

    Raises:
        OSError: the file cannot be opened for writing.
    """
    with Path(path).open("r+b") as file:
        box = _Box(file.fileno(), 0)
    # It stays open until the process ends.
    box.findings_file = os.open(_findings_file(Path(path)), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return box


def _findings_file(box: Path) -> Path:
    return box.with_suffix(".findings")


_ESCAPED: Final = re.compile(r"\\(.)")
_PLAIN: Final = {"t": "\t", "n": "\n", "r": "\r"}


def read_findings(box: Path, total: int, blank: dict[str, Any]) -> tuple[list[Finding], list[Finding]]:
    """The findings and the notes that a dead process had made, each different one; the last line may be cut."""
    try:
        lines = _findings_file(box).read_bytes().decode("utf-8", "backslashreplace").splitlines(keepends=True)
    except OSError:
        return [], []
    # The other options of a run are those of any subsystem.
    policies = Subsystem(**blank["policies"])._policies  # noqa: SLF001
    found: list[Finding] = []
    for line in lines:
        parts = [_ESCAPED.sub(lambda one: _PLAIN.get(one[1], one[1]), part) for part in line.rstrip("\n").split("\t")]
        if not line.endswith("\n") or len(parts) != _PARTS:
            continue
        rule, kind, what, advice, socket, context, inside, edge, flags, function, site, other, other_site, trace = parts
        finding = Finding(
            rule=rule,
            kind=cast("Kind", kind),
            condition=BY_ID[rule].statement,
            found=what,
            advice=advice,
            # A C handler has no line; its name is the command's.
            function=function or blank["handler"],
            site=site,
            other_function=other,
            other_site=other_site,
            socket=socket,
            context=context,
            inside=inside,
            edge=int(edge),
            flags=int(flags),
            seed=blank["seed"],
            policies=policies,
            traceback=trace,
        )
        found.append(finding)
    breaches = [one for one in found if one.kind != "note"]
    if len(breaches) == 1:
        breaches = [replace(breaches[0], count=max(total, 1))]
    return breaches, [one for one in found if one.kind == "note"]


@dataclass(frozen=True)
class Call:
    """A call that had not returned when the process ended."""

    edge: int
    handle: int
    flags: int
    address: int | None

    @property
    def socket(self) -> str:
        """The name that findings have for the connection too."""
        return connection_name(self.handle)

    @property
    def context(self) -> str | None:
        """Its SocketContext, if the box holds it."""
        return None if self.address is None else f"0x{self.address:x}"

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values."""
        return {"edge": self.edge, "socket": self.socket, "flags": self.flags, "context": self.context}

    def __str__(self) -> str:
        """Names the edge as a finding does."""
        context = "" if self.context is None else f", context {self.context}"
        return f"edge {self.edge:,}, {self.socket}, Flags 0x{self.flags:x}{context}"


class BlackBox:
    """What a black box says after its process ended."""

    def __init__(self, content: bytes) -> None:
        """Reads the rows; a rest that is no whole row is ignored."""
        whole = len(content) - len(content) % ROW.size
        self.rows = list(ROW.iter_unpack(content[:whole]))

    @staticmethod
    def size(workers: int) -> int:
        """Returns the bytes that a box for so many workers needs."""
        return ROW.size * (workers + 1)

    @property
    def calls(self) -> list[Call]:
        """The calls that were running, the newest edge first."""
        running = [
            Call(edge, handle, flags, None if kind == _PYTHON else address)
            for kind, edge, handle, flags, address, *_ in self.rows
            if kind
        ]
        return sorted(running, key=lambda call: call.edge, reverse=True)

    @property
    def trusted(self) -> bool:
        """Whether the figures can be what the core wrote; a C handler may write there too."""
        kinds = all(row[0] in {0, 1, _PYTHON} for row in self.rows)
        calls = all(call.flags <= _MOST_FLAGS and call.edge < _MOST for call in self.calls)
        begun = all(row[6] <= row[5] < _MOST for row in self.rows)
        return kinds and calls and begun and all(word < _MOST for word in self.rows[0][7:])

    @property
    def signal(self) -> int:
        """The signal that the process wrote down; 0 if it wrote none."""
        number: int = self.rows[0][7]
        return number

    def counters(self) -> dict[str, Any]:
        """Returns the counters as `Subsystem.counters()` does, each as much as is known, and the calls that run.

        A call that did not return is pending, as `running`, and not indicated; those that had returned before it are
        indicated, save for other threads' calls of a Python handler, of which whole batches are known. A cause, a
        reason, or a kind of edge that the box does not hold is `unknown`. Posts are at least as many as the calls that
        they led to.
        """
        posted_graceful, posted_abortive, graceful, abortive, withheld, held, refused, findings = self.rows[0][8:16]
        running = [sum(call.flags & 1 == kind for call in self.calls) for kind in (0, 1)]
        begun = sum(row[5] for row in self.rows)
        begun_abortive = sum(row[6] for row in self.rows)
        graceful = max(graceful, begun - begun_abortive - running[0])
        abortive = max(abortive, begun_abortive - running[1])
        posted = {
            "graceful": max(posted_graceful, graceful + running[0]),
            "abortive": max(posted_abortive, abortive + running[1]),
        }
        queued = sum(posted.values()) - graceful - abortive - withheld - held - sum(running)
        if queued < 0:
            posted["unknown"] = -queued
        return {
            "posted": posted,
            "indicated": {"graceful": graceful, "abortive": abortive},
            "withheld": {**dict.fromkeys(CAUSES, 0), "unknown": withheld},
            "pending": {"queued": max(queued, 0), "held": held, "running": sum(running)},
            "refused": {**dict.fromkeys(REASONS, 0), "unknown": refused},
            "findings": findings,
        }
