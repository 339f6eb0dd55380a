"""Hosts: the times of each machine by itself, for a tail that is added up hides the one machine that is slow."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wsksim._native import TimesCode, TimesSum
from wsksim.shards.coverage import LEVELS, Host
from wsksim.shards.ranges import numbers_of, ranges_of

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["HostSums", "add_hosts", "codes_of_hosts"]


class _Known:
    """What is known of a machine so far: what ran on it, and its histograms unless they are open."""

    __slots__ = ("codes", "elapsed_s", "first", "longest_s", "noise", "shards", "times")

    def __init__(self, host: Host, codes: Mapping[str, bytes]) -> None:
        self.first, self.codes, self.times = host, codes, host.times
        self.shards = numbers_of(host.shards)
        self.elapsed_s, self.longest_s, self.noise = host.elapsed_s, host.longest_s, host.noise

    def add(self, host: Host) -> None:
        self.shards |= numbers_of(host.shards)
        self.elapsed_s += host.elapsed_s
        self.longest_s = max(self.longest_s, host.longest_s)
        self.noise = max(self.noise, host.noise, key=LEVELS.index)

    def host(self) -> Host:
        return replace(
            self.first,
            shards=ranges_of(self.shards),
            elapsed_s=self.elapsed_s,
            longest_s=self.longest_s,
            noise=self.noise,
            times=self.times,
            codes=dict(self.codes),
        )


class HostSums:
    """Adds up what ran on each machine; of one machine at a time the histograms are open, of the others in bytes."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], _Known] = {}
        # Whose histograms are open, and these.
        self._open: _Known | None = None
        self._sums: dict[str, TimesSum] = {}

    def sums_for(self, host: Host, codes: Mapping[str, bytes]) -> dict[str, TimesSum]:
        """Adds a machine's part; returns the sums to which the caller adds these histograms, if there are any yet."""
        known = self._known.get(host.key)
        if known is None:
            self._known[host.key] = _Known(host, codes)
            return {}
        if self._open is not known:
            self._close()
            self._open = known
            for name, code in known.codes.items():
                self._sums.setdefault(name, TimesSum()).add(TimesCode(code, known.times[name]["max"]))
        for name in codes:
            self._sums.setdefault(name, TimesSum())
        known.add(host)
        return self._sums

    def hosts(self) -> tuple[Host, ...]:
        """All machines, by name; one that is alone has no histograms beside those of the report."""
        self._close()
        hosts = sorted((known.host() for known in self._known.values()), key=lambda host: (host.name, repr(host.key)))
        return tuple(hosts) if len(hosts) > 1 else tuple(replace(host, codes={}) for host in hosts)

    def _close(self) -> None:
        if self._open is not None:
            self._open.times = {name: one.summary() for name, one in self._sums.items()}
            self._open.codes = {name: one.encoded() for name, one in self._sums.items()}
        self._open, self._sums = None, {}


def codes_of_hosts(hosts: Iterable[Host], codes: Mapping[str, bytes]) -> list[Mapping[str, bytes]]:
    """The histograms of each machine; those of the report are its own if it is alone."""
    given = list(hosts)
    return [host.codes or (codes if len(given) == 1 else {}) for host in given]


def add_hosts(reports: "Iterable[Report]") -> tuple[Host, ...]:
    """The machines of reports of shards."""
    sums = HostSums()
    for report in reports:
        assert report.shards is not None, "Invariant: of shards"  # noqa: S101
        texts: dict[str, Any] = report.storm.get("histograms") or {}
        codes = {name: base64.b64decode(text) for name, text in texts.items()}
        for host, own in zip(report.shards.hosts, codes_of_hosts(report.shards.hosts, codes), strict=True):
            for name, one in sums.sums_for(host, own).items():
                if name in own:
                    one.add(TimesCode(own[name], host.times[name]["max"]))
    return sums.hosts()
