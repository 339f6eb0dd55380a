"""Sanitizers: a driver that was built with one is run in a process with its runtime; its reports become findings."""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wsksim.contract.rules import BY_ID
from wsksim.drivers.notes import IMAGE, frames_of

__all__ = ["Sanitizer", "findings_of"]

# What each rule of sanitizers is about, by the sanitizer.
_RULES: Final = {"address": "S-1", "thread": "S-2", "undefined": "S-3"}
_OPTIONS: Final = {
    "address": ("ASAN_OPTIONS", "detect_leaks=0:symbolize=0:detect_stack_use_after_return=0:exitcode=99"),
    "thread": (
        "TSAN_OPTIONS",
        "symbolize=0:ignore_noninstrumented_modules=1:report_thread_leaks=0:detect_deadlocks=0:halt_on_error=0:exitcode=0",
    ),
    "undefined": ("UBSAN_OPTIONS", "symbolize=0:print_stacktrace=1:halt_on_error=0"),
}
_NOTES: Final = "WSKSIM_SANITIZER_NOTES"
_FRAME: Final = re.compile(r"^\s*#\d+ .*?\(([^()]*)\+0x([0-9a-f]+)\)", re.MULTILINE)
_UNDEFINED: Final = re.compile(r"^(.+?):(\d+):\d+: runtime error: (.+)$", re.MULTILINE)
_ADDRESS: Final = re.compile(r"ERROR: AddressSanitizer: ([\w-]+)(?: on (?:unknown )?address (0x[0-9a-f]+))?")
_THREAD: Final = re.compile(r"WARNING: ThreadSanitizer: ([^(\n]+)")
_BLOCK: Final = re.compile(r"^block (\d+) (-?\d+) ([0-9a-f]+) ([0-9a-f]+)$", re.MULTILINE)
_ACCESS: Final = re.compile(r"^\s*(?:Previous )?(?:atomic )?(read|write) of size (\d+)", re.MULTILINE | re.IGNORECASE)
_ENDS: Final = 99

Place = Callable[[int], tuple[str, str, int]]


@dataclass(frozen=True)
class Sanitizer:
    """What a driver's object was built with.

    Attributes:
        name: `address`, `thread` or `undefined`.
        runtime: the file that has to be loaded before the driver.
    """

    name: str
    runtime: str

    @classmethod
    def of(cls, words: str) -> "Sanitizer | None":
        """Reads what an object says of how it was built."""
        told = dict(line.split("=", 1) for line in words.splitlines() if "=" in line)
        return cls(told["sanitizer"], told.get("runtime", "")) if told.get("sanitizer") in _OPTIONS else None

    def missing(self) -> str:
        """Why a driver cannot be run with it here; empty if it can."""
        if Path(self.runtime).is_file():
            return ""
        found = f"found no runtime at {self.runtime}" if self.runtime else "found that it names no runtime"
        return f"asked for a driver with the sanitizer {self.name}; {found}; build it again on this machine"

    def environment(self, folder: Path) -> dict[str, str]:
        """What is added to a child's environment; its reports go to the folder."""
        name, options = _OPTIONS[self.name]
        given = os.environ.get(name, "")
        options = f"{options}:log_path={folder / 'report'}" + (f":{given}" if given else "")
        before = os.environ.get("LD_PRELOAD", "")
        preload = f"{self.runtime}:{before}" if before else self.runtime
        return {"LD_PRELOAD": preload, name: options, _NOTES: str(folder / "notes")}

    def ended(self, code: int) -> bool:
        """Whether a child ended because of a report."""
        return code == _ENDS


def findings_of(sanitizer: Sanitizer, text: str, notes: str, place: Place) -> list[dict[str, Any]]:
    """The findings of what a sanitizer wrote.

    Args:
        sanitizer: which.
        text: what it wrote.
        notes: what the pool knew of the addresses.
        place: the function, file and line of an address of the driver's file, one behind a call.
    """
    read = {"address": _of_address, "thread": _of_threads, "undefined": _undefined}[sanitizer.name]
    return list(read(text, notes, place))


def _of_address(text: str, notes: str, place: Place) -> Iterator[dict[str, Any]]:
    """Memory that is used where it is not there (S-1)."""
    for found in _parts(_ADDRESS, text):
        head = _ADDRESS.search(found)
        assert head is not None, "Invariant: parts begin so"  # noqa: S101
        frames = _frames(found.partition("\n\n")[0], place)
        block = _BLOCK.search(notes)
        told, other = _told_of(block, place)
        kind = "use-after-free" if block and int(block[4], 16) and "poison" in head[1] else head[1]
        yield _finding("address", f"{kind.replace('-', ' ')}{_access(found)}{told}", frames, other)


def _told_of(block: "re.Match[str] | None", place: Place) -> tuple[str, tuple[str, str]]:
    """What the pool knows of the address, and where it was freed, or else allocated."""
    if block is None:
        return "", ("", "")
    length, at, allocated, freed = int(block[1]), int(block[2]), int(block[3], 16), int(block[4], 16)
    where = (
        f"{at:,} bytes into" if 0 <= at < length else f"{at - length + 1:,} bytes behind" if at >= length else "before"
    )
    site = freed or allocated
    told = f", {where} a block of {length:,} bytes that was {'freed' if freed else 'allocated'}"
    function, file, line = place(site) if site else ("", "", 0)
    return f"{told} at {Path(file).name}:{line}" if file else told, (function, f"{file}:{line}" if file else "")


def _of_threads(text: str, _: str, place: Place) -> Iterator[dict[str, Any]]:
    """What two threads use and nothing orders (S-2)."""
    for found in _parts(_THREAD, text):
        head = _THREAD.search(found)
        assert head is not None, "Invariant: parts begin so"  # noqa: S101
        stacks = [part for part in found.split("\n\n") if _ACCESS.search(part)]
        frames = [_frames(part, place) for part in stacks]
        if not frames or not frames[0]:
            continue
        verbs = [f"a {match[1].lower()} of {match[2]} bytes" for part in stacks if (match := _ACCESS.search(part))]
        other = frames[1][0] if len(frames) > 1 and frames[1] else ("", "", 0)
        against = (other[0], f"{other[1]}:{other[2]}" if other[1] else "")
        where = f" at {Path(other[1]).name}:{other[2]}" if other[1] else ""
        yield _finding("thread", f"{head[1].strip()}: {' and '.join(verbs[:2])}{where}", frames[0], against)


def _undefined(text: str, _: str, place: Place) -> Iterator[dict[str, Any]]:
    """What the language leaves undefined (S-3)."""
    for found in _parts(_UNDEFINED, text):
        head = _UNDEFINED.search(found)
        assert head is not None, "Invariant: parts begin so"  # noqa: S101
        frames = _frames(found, place)
        function = frames[0][0] if frames else ""
        here = (function, head[1], int(head[2]))
        yield _finding("undefined", head[3], [here, *frames[1:]], ("", ""))


def _parts(begins: "re.Pattern[str]", text: str) -> Iterator[str]:
    """Each report by itself."""
    starts = [match.start() for match in begins.finditer(text)]
    for start, end in itertools.pairwise([*starts, len(text)]):
        yield text[start:end]


def _access(found: str) -> str:
    match = re.search(r"^(READ|WRITE) of size (\d+)", found, re.MULTILINE)
    return f" by a {match[1].lower()} of {match[2]} bytes" if match else ""


def _frames(text: str, place: Place) -> list[tuple[str, str, int]]:
    """The driver's own frames, innermost first."""
    frames = []
    for number, (module, offset) in enumerate(_FRAME.findall(text)):
        if not IMAGE.fullmatch(module):
            continue
        # The innermost frame is the instruction itself; the others stand behind their calls.
        frames.append(int(offset, 16) + (1 if number == 0 else 0))
    return frames_of(frames, place)


def _finding(sanitizer: str, found: str, frames: list[tuple[str, str, int]], other: tuple[str, str]) -> dict[str, Any]:
    function, file, line = frames[0] if frames else ("", "", 0)
    known = BY_ID[_RULES[sanitizer]]
    return {
        "rule": known.id,
        "kind": "breach",
        "condition": known.statement,
        "found": found,
        "advice": known.advice,
        "function": function,
        "site": f"{file}:{line}" if file else "",
        "other_function": other[0],
        "other_site": other[1],
        "socket": "",
        "context": "",
        "step": 0,
        "inside": "",
        "flags": 0,
        "choices": None,
        "traceback": "\n".join(f"{file}:{line} in {function}" for function, file, line in frames[1:]),
        "count": 1,
    }
