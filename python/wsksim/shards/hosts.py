"""Hosts: the times of each machine by itself, for a tail that is added up hides the one machine that is slow."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wsksim._native import TimesSum
from wsksim.shards.coverage import Host

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["HostSums", "add_hosts", "codes_of_hosts"]


class HostSums:
    """Adds up what ran on each machine; of one machine at a time the histograms are open, of the others in bytes."""

    def __init__(self) -> None:
        self._hosts: dict[tuple[object, ...], Host] = {}
        # Whose histograms are open, and these.
        self._open: tuple[object, ...] | None = None
        self._sums: dict[str, TimesSum] = {}

    def sums_for(self, host: Host, codes: Mapping[str, bytes]) -> dict[str, TimesSum]:
        """Adds a machine's part; returns the sums to which the caller adds these histograms, if there are any yet."""
        known = self._hosts.get(host.key)
        if known is None:
            self._hosts[host.key] = replace(host, codes=dict(codes))
            return {}
        if self._open != host.key:
            self._close()
            self._open = host.key
            for name, code in known.codes.items():
                self._sums[name] = TimesSum.read(code, known.times[name]["max"])
        for name in codes:
            self._sums.setdefault(name, TimesSum())
        self._hosts[host.key] = known.plus(host, known.times, {})
        return self._sums

    def hosts(self) -> tuple[Host, ...]:
        """All machines, by name; one that is alone has no histograms beside those of the report."""
        self._close()
        hosts = sorted(self._hosts.values(), key=lambda host: (host.name, repr(host.key)))
        return tuple(hosts) if len(hosts) > 1 else tuple(replace(host, codes={}) for host in hosts)

    def _close(self) -> None:
        if self._open is not None:
            known = self._hosts[self._open]
            self._hosts[self._open] = replace(
                known,
                times={name: one.summary() for name, one in self._sums.items()},
                codes={name: one.encoded() for name, one in self._sums.items()},
            )
        self._open, self._sums = None, {}


def codes_of_hosts(hosts: Iterable[Host], codes: Mapping[str, bytes]) -> list[Mapping[str, bytes]]:
    """The histograms of each machine; those of the report are its own if it is alone."""
    given = list(hosts)
    return [host.codes or (codes if len(given) == 1 else {}) for host in given]


def add_hosts(first: "Report", second: "Report") -> tuple[Host, ...]:
    """The machines of two reports of shards."""
    sums = HostSums()
    for report in (first, second):
        assert report.shards is not None, "Invariant: of shards"  # noqa: S101
        texts: dict[str, Any] = report.storm.get("histograms") or {}
        codes = {name: base64.b64decode(text) for name, text in texts.items()}
        for host, own in zip(report.shards.hosts, codes_of_hosts(report.shards.hosts, codes), strict=True):
            for name, one in sums.sums_for(host, own).items():
                if name in own:
                    one.add(TimesSum.read(own[name], host.times[name]["max"]))
    return sums.hosts()
