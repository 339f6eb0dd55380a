"""What a driver's files include: names in another case or with backslashes, and what Microsoft's tools would make."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wsksim.compiling.flags import KM

__all__ = ["Scan", "scan"]

_INCLUDE: Final = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
_TRACED: Final = re.compile(
    r"^[ \t]*(?://|\*)?[ \t]*FUNC[ \t]+(\w+)[ \t]*(?:\{[^}\n]*\})?[ \t]*\(([^)\n]*)\)", re.MULTILINE
)
_EVENT: Final = re.compile(r"\b(Event(?:Write|Register|Unregister|Enabled)\w*)\s*\(")
_OF_EVENTS: Final = re.compile(r"event|etw|trace|manifest|provider", re.IGNORECASE)


@dataclass
class Scan:
    """What was found in a driver's files, and in those that they include.

    Attributes:
        spelled: includes that only Windows finds as they are written, with the file that is meant.
        traces: the headers (.tmh) that WPP would make.
        events: the headers that the compiler of manifests would make.
        functions: WPP's functions, each with how many arguments stand before the message; None: it has no message.
        writers: functions of events that are called.
    """

    spelled: dict[str, Path] = field(default_factory=dict)
    traces: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    functions: dict[str, int | None] = field(default_factory=dict)
    writers: set[str] = field(default_factory=set)


def _read(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace")


def _resembling(folder: Path, name: str) -> Path | None:
    """The file that Windows would find there: the case of letters does not matter."""
    place = folder
    for part in name.split("/"):
        if part in {"", "."}:
            continue
        if part == "..":
            place = place / ".."
            continue
        exact = place / part
        if not exact.exists():
            try:
                near = [one for one in place.iterdir() if one.name.lower() == part.lower()]
            except OSError:
                return None
            if not near:
                return None
            exact = near[0]
        place = exact
    return place.resolve() if place.is_file() else None


def _includes(path: Path, text: str, outer: list[Path], folders: list[Path]) -> Iterator[tuple[str, Path | None, bool]]:
    """Each include as it is written, the file that is meant, and whether it is found as it is written."""
    for mark, written in _INCLUDE.findall(text):
        name = written.strip().replace("\\", "/")
        places = [*([path.parent, *outer] if mark == '"' else []), *folders]
        exact = next((place / name for place in places if (place / name).is_file()), None)
        if exact is not None:
            yield written, exact.resolve(), "\\" not in written and exact.resolve().name == name.rpartition("/")[2]
        else:
            found = (_resembling(place, name) for place in places)
            yield written, next((one for one in found if one is not None), None), False


def scan(sources: Iterable[Path], includes: Iterable[str]) -> Scan:
    """Reads a driver's files, and those that they include."""
    found = Scan()
    folders = [*map(Path, includes), KM, KM / "crt"]
    waiting, seen, missing = [path.resolve() for path in sources], set[Path](), list[str]()
    # As Microsoft's compiler does, which looks into the folders of all files on the way to an include.
    outer = list(dict.fromkeys(path.parent for path in waiting))
    while waiting:
        path = waiting.pop()
        if path in seen or path.is_relative_to(KM):
            continue
        seen.add(path)
        text = _read(path)
        for name, arguments in _TRACED.findall(text):
            words = [word.strip() for word in arguments.split(",")]
            found.functions.setdefault(name, words.index("MSG") if "MSG" in words else None)
        found.writers.update(_EVENT.findall(text))
        for written, meant, as_written in _includes(path, text, outer, folders):
            if meant is None:
                missing.append(written)
            elif meant.suffix.lower() in {".h", ".hpp", ".hxx", ".inl", ".inc", ".c", ".cpp", ""}:
                waiting.append(meant)
            if meant is not None and not as_written:
                found.spelled.setdefault(written, meant)
    _sort_missing(found, missing)
    return found


def _sort_missing(found: Scan, missing: list[str]) -> None:
    """Keeps of what is not found anywhere what a tool of Microsoft's would make."""
    for written in dict.fromkeys(missing):
        if written.lower().endswith(".tmh"):
            found.traces.append(written)
        elif found.writers and _OF_EVENTS.search(written):
            found.events.append(written)
