"""Notes: what a child writes down while a seed runs; should it die, that is all that is known of the seed.

Lines begin with `print`, what the driver printed, or `fault`, what failed on demand. Behind them stand the functions on
the stack of the thread that died, as `_watch_crashes` writes them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["IMAGE", "Notes", "frames_of"]

# The driver's image has no name on a disk: it is a number of a file in memory.
IMAGE: Final = re.compile(r"(?:/proc/self/fd/)?\d+|.*memfd:wsksim-driver.*")
# Frames of the binding stand between the driver and the kernel.
_BINDING: Final = "/km/binding/"
_ESCAPED: Final = re.compile(r"\\(.)")
_PLAIN: Final = {"n": "\n", "r": "\r"}
_PARTS: Final = 4

Place = Callable[[int], tuple[str, str, int]]


@dataclass(frozen=True)
class Notes:
    """What was written down of one seed.

    Attributes:
        printed: lines that the driver printed.
        injected: what failed on demand, and the address in the driver's file behind each call.
        frames: addresses in the driver's file of its functions on the stack that died, innermost first; each behind a
            call.
    """

    printed: tuple[str, ...] = ()
    injected: tuple[tuple[str, int], ...] = ()
    frames: tuple[int, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "Notes":
        """Reads them; what is cut off is left out."""
        try:
            lines = path.read_bytes().decode("utf-8", "replace").split("\n")[:-1]
        except OSError:
            return cls()
        rows = [line.split("\t") for line in lines]
        text = "".join(_plain(line.partition("\t")[2]) for line in lines if line.startswith("print\t"))
        injected = tuple((row[1], int(row[2], 16)) for row in rows if row[0] == "fault" and len(row) == 3)
        stack = [row for row in rows if len(row) == _PARTS and row[0] not in {"print", "fault"}]
        return cls(printed=tuple(text.splitlines()), injected=injected, frames=tuple(_frames(stack)))

    def places(self, place: Place) -> list[tuple[str, str, int]]:
        """The driver's functions on the stack that died."""
        return frames_of(self.frames, place)


def frames_of(addresses: "tuple[int, ...] | list[int]", place: Place) -> list[tuple[str, str, int]]:
    """Functions, files and lines of the driver's own frames."""
    return [one for one in map(place, addresses) if one[1] and _BINDING not in one[1]]


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda one: _PLAIN.get(one[1], one[1]), text)


def _frames(stack: list[list[str]]) -> list[int]:
    """Addresses of the driver's file; that of the instruction which died as if it stood behind itself."""
    ours = [Path(row[0]).name.startswith("_native") for row in stack]
    # First comes what writes this, and how the system called it.
    first = ours.index(False, ours.index(True)) if True in ours and False in ours[ours.index(True) :] else 0
    if first < len(stack) and stack[first][1] in {"", "__restore_rt"} and not IMAGE.fullmatch(stack[first][0]):
        first += 1
    # A stack of one frame is the caller of no function, which stands behind its call.
    is_instruction = first < len(stack) - 1
    return [
        int(row[3], 16) + (1 if number == first and is_instruction else 0)
        for number, row in enumerate(stack)
        if number >= first and IMAGE.fullmatch(row[0])
    ]
