"""Parts: the file that a shard leaves, and the one that all shards together are (ADR 0023).

    8 bytes    the mark, which a transfer as text or of seven bits would damage
    4          version of the format, and zero
    3 x 8      the lengths of the sections
    section 1  what a merge has to know of the part before it reads on, as JSON
    section 2  the report as JSON, without its histograms
    section 3  the histograms, one after the other, in HdrHistogram's V2 encoding
    32         SHA-256 of all that

Numbers are big-endian. A reader knows from the first 36 bytes how long the file is, so that one that is cut is told
from one that was changed.
"""

import base64
import hashlib
import json
import os
import stat
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Self

from wsksim.errors import ReportError
from wsksim.shards.ranges import numbers_of
from wsksim.wording import shown

__all__ = ["MARK", "Part", "Preamble", "UnfitError", "decode", "encode", "read_part", "read_preamble"]

MARK: Final = b"\x89WSK\r\n\x1a\n"
_VERSION: Final = 1
_HEAD: Final = struct.Struct(">8sHHQQQ")
_CHECK: Final = 32
# A preamble of 65,536 shards, every second of which is missing, has 0.5 MB.
_MOST_PREAMBLE: Final = 4 * 2**20
_MOST_BYTES: Final = 2**31
# As much as most preambles have.
_SHORT: Final = 2_048


class UnfitError(ReportError):
    """A file that is no part, or not a whole one."""


@dataclass(frozen=True, kw_only=True)
class Preamble:
    """What a merge knows of a part before it reads it.

    Attributes:
        wsksim: the version that made it.
        plan: what tells its run from others; empty where a crash left it unknown.
        run: the same in words: verb, target and seed.
        of: how many shards there are.
        complete: those that it has.
        failed: those that ended early in it.
        host: where it was made.
        counts: what any other attempt has to come to as well; empty if that is not known.
    """

    wsksim: str
    plan: str
    run: str
    of: int
    complete: list[list[int]]
    failed: list[int]
    host: str
    counts: str

    @classmethod
    def of_report(cls, values: Mapping[str, Any]) -> Self:
        """The preamble of a report, given as plain values."""
        shards = values["shards"]
        return cls(
            wsksim=values["environment"]["wsksim"],
            plan=shards["plan"],
            run=f"{values['verb']} {values['handler']}, seed {values['seed']}",
            of=shards["of"],
            complete=shards["complete"],
            failed=[one["shard"] for one in shards["failed"]],
            host=shards["hosts"][0]["name"] if shards["hosts"] else "",
            counts=_counts(values),
        )

    @property
    def shards(self) -> set[int]:
        """The shards that are complete in it."""
        return numbers_of(self.complete)


@dataclass(frozen=True)
class Part:
    """What a part holds.

    Attributes:
        preamble: its first section.
        values: the report as plain values, without histograms.
        codes: the histograms of the report, by series.
        host_codes: those of each of its machines, if it has several.
    """

    preamble: Preamble
    values: dict[str, Any]
    codes: dict[str, bytes]
    host_codes: list[dict[str, bytes]]

    def whole(self) -> dict[str, Any]:
        """The plain values that a report is read from."""
        values = dict(self.values)
        if self.codes:
            values["histograms"] = {name: base64.b64encode(code).decode() for name, code in self.codes.items()}
        hosts = values["shards"]["hosts"]
        with_codes = [{**host, "codes": codes} for host, codes in zip(hosts, self.host_codes, strict=True)]
        values["shards"] = {**values["shards"], "hosts": with_codes}
        return values


def encode(values: Mapping[str, Any], host_codes: Sequence[Mapping[str, bytes]]) -> bytes:
    """Makes a part of a report, given as plain values, and of the histograms of each of its machines."""
    texts = values.get("histograms") or {}
    codes = {name: base64.b64decode(text) for name, text in texts.items()}
    rest = {**values, **({"histograms": None} if "histograms" in values else {})}
    tables = [codes, *host_codes]
    rest["sections"] = [{name: len(code) for name, code in table.items()} for table in tables]
    sections = [
        _json(vars(Preamble.of_report(values))),
        _json(rest),
        b"".join(code for table in tables for code in table.values()),
    ]
    head = _HEAD.pack(MARK, _VERSION, 0, *map(len, sections))
    content = b"".join([head, *sections])
    return content + hashlib.sha256(content).digest()


def decode(content: bytes, preamble: Preamble | None = None) -> Part:
    """Reads a part, all of it; its preamble, if that was read before, is not read again.

    Raises:
        UnfitError: it is none, or is not whole.
    """
    lengths = _lengths(content[: _HEAD.size], len(content))
    body, check = content[:-_CHECK], content[-_CHECK:]
    if hashlib.sha256(body).digest() != check:
        _unfit("that its bytes were changed", "copy it again, or run its shard again")
    first, second = _HEAD.size, _HEAD.size + lengths[0]
    try:
        preamble = preamble or _preamble(content[first:second])
        values = json.loads(content[second : second + lengths[1]])
        at, tables = second + lengths[1], []
        for table in values.pop("sections"):
            codes = {}
            for name, length in table.items():
                codes[name] = content[at : at + length]
                at += length
            tables.append(codes)
        return Part(preamble, values, tables[0], tables[1:])
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        _unfit(f"sections that do not fit ({type(error).__name__}: {shown(str(error))})", "run its shard again")


def read_part(path: str | os.PathLike[str], preamble: Preamble | None = None) -> Part:
    """Reads the part in a file; its preamble, if that was read before, is not read again.

    Raises:
        UnfitError: it is none, is not whole, or cannot be read.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as in `read_preamble`
            return decode(file.read(), preamble)
    except (OSError, ValueError) as error:
        _unreadable(error)


def read_preamble(path: str | os.PathLike[str]) -> Preamble:
    """Reads what a merge has to know of a part first; the rest may still turn out to be damaged.

    Raises:
        UnfitError: it is none, is not whole, or cannot be read.
    """
    try:
        # Of a thousand files this is read before any is: in one piece, if it is as short as most are.
        with open(path, "rb", buffering=0, opener=_opened) as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                _unfit("no regular file", "name what wsksim run --shard, or wsksim merge, wrote as NAME.wsk")
            first = file.read(_SHORT)
            lengths = _lengths(first[: _HEAD.size], facts.st_size)
            end = _HEAD.size + lengths[0]
            while len(first) < end and (more := file.read(end - len(first))):
                first += more
            return _preamble(first[_HEAD.size : end])
    except (OSError, ValueError) as error:
        _unreadable(error)


def _opened(path: str, flags: int) -> int:
    """Opens a pipe as well without waiting for whoever writes into it, so that it can be refused."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unreadable(error: Exception) -> NoReturn:
    if isinstance(error, UnfitError):
        raise error
    _unfit(getattr(error, "strerror", None) or str(error), "name a file that can be read")


def _preamble(code: bytes) -> Preamble:
    try:
        return Preamble(**json.loads(code))
    except (TypeError, ValueError, RecursionError) as error:
        _unfit(f"a preamble that is none ({type(error).__name__})", "run its shard again")


def _lengths(head: bytes, size: int) -> tuple[int, int, int]:
    do = "name what wsksim run --shard, or wsksim merge, wrote as NAME.wsk"
    if not size:
        _unfit("an empty file", do)
    if not head.startswith(MARK[: len(head)]):
        _unfit("something else", do)
    if len(head) < _HEAD.size:
        _unfit(f"only its first {size:,} bytes", "copy it again, or run its shard again")
    _, version, _, *lengths = _HEAD.unpack(head)
    if version != _VERSION:
        _unfit(
            f"version {version} of the format, where this wsksim reads {_VERSION}", "merge with the wsksim that made it"
        )
    expected = _HEAD.size + sum(lengths) + _CHECK
    if lengths[0] > _MOST_PREAMBLE or expected > _MOST_BYTES:
        _unfit("lengths that no part has", "copy it again, or run its shard again")
    if size != expected:
        which = (
            f"only {size:,} of its {expected:,} bytes"
            if size < expected
            else f"{size - expected:,} bytes behind its end"
        )
        _unfit(which, "copy it again, or run its shard again")
    return lengths[0], lengths[1], lengths[2]


def _counts(values: Mapping[str, Any]) -> str:
    """A hash of what repeats: edges, findings, the plan's digest, and the fates of lives on the plan's own clock."""
    if not values["shards"]["complete"]:
        return ""
    repeats: list[Any] = [values[name] for name in ("posted", "indicated", "withheld", "findings")]
    repeats.append(values.get("plan"))
    repeats += [] if values.get("pace") else [values.get("lives"), values.get("packets")]
    return hashlib.sha256(_json(repeats)).hexdigest()[:32]


def _json(values: object) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()


def _unfit(found: str, do: str) -> NoReturn:
    raise UnfitError(f"found {found}; {do}")
