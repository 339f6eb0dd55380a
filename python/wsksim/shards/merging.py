"""Merging: the parts of a run as one report, read one after the other.

Counts, histograms and findings add up exactly, in whatever order parts come. What is read is added and forgotten, so
that a thousand parts need no more memory than their machines' histograms have.
"""

import base64
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from wsksim._native import TimesCode, TimesSum
from wsksim.contract import Finding
from wsksim.errors import ReportError
from wsksim.runs.adding import add_reports, alike
from wsksim.runs.arguments import file_names, optional_progress, texts, truth
from wsksim.runs.measured import SERIES
from wsksim.runs.report import Report
from wsksim.shards.coverage import Failure, Shards
from wsksim.shards.hosts import HostSums
from wsksim.shards.judging import judged
from wsksim.shards.parts import Part, Preamble, UnfitError, read_part, read_preamble
from wsksim.shards.ranges import ranges_of, words_of
from wsksim.shards.summing import blank, more_telling
from wsksim.wording import named

__all__ = ["Merger", "NothingMergedError", "merge"]

_KEPT: Final = 100
# Of files that have a shard as well so many are named.
_OWNERS: Final = 3
# Lists of a replay that only grow.
_LISTS: Final = ("capture_notes", "files", "left_out")
# What the histograms say anew when they are added.
_TIMES: Final = tuple(f"{name}_ns" for name in SERIES)


class NothingMergedError(ReportError):
    """None of the files is a part."""


class Merger:
    """Adds parts.

    Attributes:
        complete: the shards that were added.
        of: how many there are; 0 before the first part.
    """

    def __init__(self) -> None:
        self.complete: set[int] = set()
        self.of = 0
        self._plan = ""
        self._total: Report | None = None
        # A report without counts, for when no shard is complete.
        self._blank: Report | None = None
        self._failed: dict[int, Failure] = {}
        self._crashed: tuple[int, dict[str, Any]] | None = None
        self._sums: dict[str, TimesSum] = {}
        self._hosts = HostSums()
        # Of equal findings that of the first shard, and how many there are.
        self._found: dict[tuple[str, ...], tuple[int, Finding, int]] = {}
        self._noted: dict[tuple[str, ...], tuple[int, Finding, int]] = {}
        self._lists: dict[str, list[Any]] = {name: [] for name in _LISTS}
        self._retries = 0
        self._first = -1

    def add(self, part: Part) -> None:
        """Adds a part of the same run, none of whose shards was added before.

        Raises:
            ReportError: its histograms cannot be read.
        """
        bare, shards = _read(part)
        times = _times(part)
        self.of, self._plan = shards.of, self._plan or shards.plan
        self._note_failures(bare, shards)
        self._blank = self._blank or blank(bare)
        if not shards.complete:
            return
        first = shards.complete[0][0]
        numbers = part.preamble.shards
        self.complete |= numbers
        self._failed = {shard: one for shard, one in self._failed.items() if shard not in numbers}
        self._retries += shards.retries
        for kept, name in ((self._found, "finding_list"), (self._noted, "notes")):
            for one in part.values[name]:
                _keep(kept, first, Finding.from_dict(one))
        self._add_times(part, shards, times)
        for name in _LISTS:
            self._lists[name] += part.values.get(name, ())
        if self._total is None:
            self._total, self._first = bare, first
        else:
            # What is no sum is of the first shard, in whatever order they come.
            pair = (bare, self._total) if first < self._first else (self._total, bare)
            self._total, self._first = add_reports(*pair, at_once=True), min(first, self._first)

    def report(
        self,
        *,
        checks: Sequence[str] = (),
        allow_missing: bool = False,
        doubled: Sequence[str] = (),
        left_out: Sequence[str] = (),
        failed: Sequence[Failure] = (),
    ) -> Report:
        """The report of all that was added, its checks judged.

        Raises:
            PlanError: a check is none, or names what the run did not measure.
            NothingMergedError: nothing was added.
        """
        total = self._total or self._blank
        if total is None:
            raise NothingMergedError("merge: asked to add parts; found none that is whole; run the shards again")
        told = {one.shard: one for one in (*failed, *self._failed.values()) if one.shard not in self.complete}
        shards = replace(
            _shards_of(total),
            plan=self._plan,
            complete=ranges_of(self.complete),
            failed=tuple(told[shard] for shard in sorted(told)),
            hosts=self._hosts.hosts(),
            retries=self._retries,
            merged=True,
            allowed=allow_missing,
            doubled=tuple(doubled),
            left_out=tuple(left_out),
        )
        crashed = self._crashed[1] if self._crashed and self._crashed[0] in told else None
        made = replace(
            total,
            finding_list=_kept(self._found),
            notes=_kept(self._noted),
            repeat=total.repeat.replace(f"--shard {self._first}/{self.of}", f"--shards {self.of}"),
            storm=self._storm(total),
            capture=self._capture(total),
            crashed=crashed,
            shards=shards,
        )
        return judged(made, tuple(checks))

    def _note_failures(self, report: Report, shards: Shards) -> None:
        for one in shards.failed:
            if one.shard not in self.complete and more_telling(one, self._failed.get(one.shard)):
                self._failed[one.shard] = one
                if report.crashed and (self._crashed is None or one.shard <= self._crashed[0]):
                    self._crashed = one.shard, report.crashed

    def _add_times(self, part: Part, shards: Shards, times: dict[str, TimesCode]) -> None:
        alone = len(shards.hosts) == 1
        for host, codes in zip(shards.hosts, part.host_codes, strict=True):
            for name, one in self._hosts.sums_for(host, codes or (part.codes if alone else {})).items():
                if alone and name in times:
                    one.add(times[name])
                elif name in codes:
                    one.add(TimesCode(codes[name], host.times[name]["max"]))
        for name, code in times.items():
            self._sums.setdefault(name, TimesSum()).add(code)

    def _storm(self, total: Report) -> dict[str, Any]:
        if not total.storm:
            return {}
        codes = {name: base64.b64encode(one.encoded()).decode() for name, one in self._sums.items()}
        times = {f"{name}_ns": one.summary() for name, one in self._sums.items()}
        return {**total.storm, **times, "histograms": codes or None}

    def _capture(self, total: Report) -> dict[str, Any]:
        if not total.capture:
            return {}
        lists = {name: rows for name, rows in self._lists.items() if name in total.capture}
        lists["capture_notes"] = list(dict.fromkeys(lists.get("capture_notes", ())))
        for name in ("files", "left_out"):
            lists[name] = sorted(lists.get(name, ()), key=lambda row: str(row["file"]))
        return {**total.capture, **lists}


def merge(
    parts: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    checks: Sequence[str] = (),
    allow_missing: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Report:
    """Adds the parts of a run that shards left, and judges its checks.

    The first complete part of each shard counts, and of sums that of most shards. One whose shard is there already is
    named; if it comes to other counts, or a file is no part or not whole, the report is incomplete.

    Args:
        parts: names of files that `wsksim run --shard`, or `merge`, wrote.
        checks: more of what has to hold, such as `["findings == 0"]`.
        allow_missing: whether the report may lack shards: then its first line says which, and its exit code is that of
            the
            others.
        progress: called as `progress(done, total)`, in parts.

    Returns:
        The report of all shards.

    Raises:
        ReportError: the parts are not of one run, or none of the files is a part.
        PlanError: a check is none, or names what the run did not measure.
        TypeError: what was given are no names of files.
    """
    names, wanted = file_names("merge", parts), texts("checks", checks)
    allow_missing, progress = truth("allow_missing", allow_missing), optional_progress(progress)
    chosen = _Choice(names)
    merger = Merger()
    for done, name in enumerate(chosen.in_order()):
        try:
            merger.add(read_part(name, chosen.preambles[name]))
        except UnfitError as error:
            chosen.left_out.append(f"{named(name)}: {error}")
        if progress is not None:
            progress(done + 1, len(names))
    # What was doubled may be all that there is, if the first turned out to be damaged.
    overlapping: dict[int, str] = {}
    for spare, told in chosen.spares.items():
        shards = chosen.preambles[spare].shards
        if not merger.complete.isdisjoint(shards):
            chosen.doubled.append(told)
            overlapping |= dict.fromkeys(shards, spare)
            continue
        try:
            merger.add(read_part(spare))
        except UnfitError as error:
            chosen.left_out.append(f"{named(spare)}: {error}")
    chosen.left_out += _inseparable(merger.complete, overlapping)
    if merger.of == 0:
        raise NothingMergedError(f"merge: asked to add parts; {'; '.join(chosen.left_out)}")
    return merger.report(checks=wanted, allow_missing=allow_missing, doubled=chosen.doubled, left_out=chosen.left_out)


def _inseparable(complete: set[int], overlapping: dict[int, str]) -> list[str]:
    """The shards that were given, but in sums with others that were added already."""
    lost: dict[str, list[int]] = {}
    for shard, name in overlapping.items():
        if shard not in complete:
            lost.setdefault(name, []).append(shard)
    return [
        f"{named(name)}: found shard {words_of(ranges_of(shards))} added to others that are in another file too; "
        "name the parts that it was made of"
        for name, shards in lost.items()
    ]


class _Choice:
    """Which of the files are added, by their preambles."""

    def __init__(self, names: Sequence[str]) -> None:
        self.preambles: dict[str, Preamble] = {}
        self.left_out: list[str] = []
        self.doubled: list[str] = []
        # Parts whose shards are there already, and what is to be said of that.
        self.spares: dict[str, str] = {}
        for name in dict.fromkeys(names):
            try:
                found = read_preamble(name)
            except UnfitError as error:
                self.left_out.append(f"{named(name)}: {error}")
                continue
            self._check_same_run(name, found)
            self.preambles[name] = found
        owners: dict[int, str] = {}
        # Those with most shards first, in whatever order they come: a sum cannot be taken apart.
        for name, found in sorted(self.preambles.items(), key=lambda item: (-len(item[1].shards), item[1].complete)):
            twice = found.shards & owners.keys()
            if twice:
                self._double(name, found, {shard: owners[shard] for shard in sorted(twice)})
            else:
                owners |= dict.fromkeys(found.shards, name)

    def in_order(self) -> list[str]:
        """The files that are added, machine by machine, since the histograms of one machine are open at a time."""
        names = [name for name in self.preambles if name not in self.spares]
        return sorted(names, key=lambda name: self.preambles[name].host)

    def _double(self, name: str, found: Preamble, owned: dict[int, str]) -> None:
        """Notes a part that has shards of others; `owned` says whose."""
        by: dict[str, list[int]] = {}
        for shard, owner in owned.items():
            by.setdefault(owner, []).append(shard)
        told = [f"shard {words_of(ranges_of(shards))} from {named(owner)}" for owner, shards in by.items()]
        more = [f"others from {len(told) - _OWNERS:,} more files"] if len(told) > _OWNERS else []
        which = f"shard {words_of(ranges_of(owned))} too"
        self.spares[name] = f"{named(name)} has {which}; what counts is {', '.join([*told[:_OWNERS], *more])}"
        first = next(iter(by))
        if found.shards == self.preambles[first].shards and found.counts != self.preambles[first].counts:
            found_ = f"other counts of shard {words_of(ranges_of(found.shards))} than in {named(first)}"
            self.left_out.append(
                f"{named(name)}: found {found_}; a shard repeats its counts, so look for what does not"
            )
            del self.spares[name]
            del self.preambles[name]

    def _check_same_run(self, name: str, found: Preamble) -> None:
        if not self.preambles:
            return
        other, first = next(iter(self.preambles.items()))
        known = next((one for one in self.preambles.values() if one.plan), first)
        pairs = {
            "made by another version": (first.wsksim, found.wsksim),
            "of another run": (first.run, found.run),
            "of another number of shards": (first.of, found.of),
            # Of a shard that crashed nobody knows it.
            "of another plan": (known.plan or found.plan, found.plan or known.plan),
        }
        for what, (one, here) in pairs.items():
            if one != here:
                told = "" if what == "of another plan" else f": {one} and {here}"
                asked = (
                    f"merge: asked to add the parts of one run; found that {named(name)} is {what} than {named(other)}"
                )
                raise ReportError(f"{asked}{told}; name the parts that one command made, with one wsksim")


def _shards_of(report: Report) -> Shards:
    assert report.shards is not None, "Invariant: a merger adds shards"  # noqa: S101
    return report.shards


def _read(part: Part) -> tuple[Report, Shards]:
    """The report of a part, without what the merger adds by itself."""
    values = {**part.values, "finding_list": [], "notes": []}
    values |= {name: None for name in _TIMES if name in values}
    values |= {name: [] for name in _LISTS if name in values}
    try:
        report = Report.from_dict(values)
    except ValueError as error:
        raise UnfitError(f"found {error}; run its shard again") from None
    if report.shards is None:
        raise UnfitError("found a report that is none of shards; run its shard again")
    return report, report.shards


def _times(part: Part) -> dict[str, TimesCode]:
    """The histograms of a part, read before anything of it is added."""
    try:
        return {name: TimesCode(code, part.values[f"{name}_ns"]["max"]) for name, code in part.codes.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise UnfitError(f"found {error}; run its shard again") from None


def _keep(kept: dict[tuple[str, ...], tuple[int, Finding, int]], shard: int, one: Finding) -> None:
    key = alike(one)
    if key not in kept:
        kept[key] = shard, one, one.count
        return
    first, known, count = kept[key]
    shown = (shard, one) if shard < first else (first, known)
    kept[key] = (*shown, count + one.count)


def _kept(kept: dict[tuple[str, ...], tuple[int, Finding, int]]) -> tuple[Finding, ...]:
    rows = sorted(kept.values(), key=lambda row: row[0])
    return tuple(replace(one, count=count) for _, one, count in rows[:_KEPT])
