"""Rotation: which captures of a folder belong together, because a tool went on in the next file when one was full.

A connection may go on in the next file, so that a set is one capture and stays in one shard. Sets are told by their
names, as the tools make them; each set is read by itself.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from wsksim._native import CaptureReader
from wsksim.errors import CaptureError
from wsksim.wording import printable

__all__ = ["Captures", "find_captures"]

_FORMS: Final = (
    # tcpdump -C, with or without -W: name.pcap, name.pcap1, name.pcap02; logrotate: name.pcap.1, name.pcap.2.gz.
    (re.compile(r"(\.(?:pcapng|pcap|cap|dmp|trc))\.?\d+((?:\.gz|\.zst)?)$", re.IGNORECASE), r"\1"),
    # What is packed is of the same set.
    (re.compile(r"(?:\.gz|\.zst)$", re.IGNORECASE), ""),
    # dumpcap -b: name_00001_20261127120000.pcapng.
    (re.compile(r"_\d{5,}_\d{14}(?=\.)"), "_#"),
    # tcpdump -G with a time in its name: 20261127-120000, 2026-11-27_12.00.00, 2026-11-27T12:00:00, or %s.
    (re.compile(r"\d{4}-?\d\d-?\d\d[-_T. ]?\d\d[-:._]?\d\d[-:._]?\d\d"), "#"),
    (re.compile(r"(?<!\d)1\d{9}(?!\d)"), "#"),
)


class Captures(NamedTuple):
    """The captures that are replayed.

    Attributes:
        sets: the files of each.
        left_out: files of folders that are no captures, and why.
        described: what tells them from others: how many sets, files and bytes.
    """

    sets: list[list[str]]
    left_out: list[dict[str, Any]]
    described: str


def find_captures(names: Sequence[str]) -> Captures:
    """Finds the files of folders, and puts what was rotated together.

    Raises:
        CaptureError: a file or folder that was named cannot be read, or is no regular file.
    """
    files: list[str] = []
    left_out: list[dict[str, Any]] = []
    for name in names:
        path = Path(name)
        if name == "-" or (path.exists() and not path.is_file() and not path.is_dir()):
            raise CaptureError(
                f"capture '{printable(name)}': asked for a shard of it; found a pipe; name files or folders"
            )
        if not path.is_dir():
            CaptureReader([name])
            files.append(name)
            continue
        for found in sorted(
            (each for each in os.scandir(path) if each.is_file()), key=lambda each: os.fsencode(each.name)
        ):
            try:
                CaptureReader([found.path])
            except CaptureError as error:
                left_out.append({"file": printable(found.path), "why": str(error)})
            else:
                files.append(found.path)
    sets: dict[str, list[str]] = {}
    for file in files:
        sets.setdefault(_set_of(file), []).append(file)
    sizes = sum(Path(file).stat().st_size for file in files)
    return Captures(list(sets.values()), left_out, f"{len(sets)} sets, {len(files)} files, {sizes} bytes")


def _set_of(file: str) -> str:
    """What the files of one set have in common."""
    folder, name = os.path.split(file)
    for form, common in _FORMS:
        name = form.sub(common, name)
    return os.path.join(folder, name)  # noqa: PTH118 - a name that is no text stays what it is
