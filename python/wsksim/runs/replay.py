"""A replay: the disconnects of a packet capture, in the capture's order."""

import functools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Literal

from wsksim._native import CaptureFeed, CaptureReader
from wsksim.applications import as_application, describe_application
from wsksim.contract.finding import plain_number
from wsksim.handlers import Handler, describe_handler, load_handler, obstacle
from wsksim.runs.arguments import (
    CHECKS,
    COMPLETIONS,
    IRQLS,
    MAX_SEED,
    MAX_UNPACKED,
    choice,
    file_names,
    optional_progress,
    texts,
    truth,
    whole,
)
from wsksim.runs.checking import judge, read_storm_checks
from wsksim.runs.contexts import ContextChoice, describe_contexts, make_contexts, watch_contexts
from wsksim.runs.ending import Ending
from wsksim.runs.histogram import encoded_histograms
from wsksim.runs.notes import capture_notes
from wsksim.runs.pace import Pace, read_speed
from wsksim.runs.replay_application import replay_application
from wsksim.runs.report import Report
from wsksim.runs.trace import Trace, TraceTarget, check_trace
from wsksim.runs.watching import Live, watch
from wsksim.shards.dividing import Shard, read_shard
from wsksim.shards.recording import recorded
from wsksim.shards.rotation import find_captures
from wsksim.subsystem import Subsystem
from wsksim.wording import printable

__all__ = ["replay"]

LOCALS = ("server", "client", "both")
_PACKETS_AT_ONCE = 65_536
_PACKETS_PACED = 256


CaptureName = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def replay(
    path: CaptureName | Sequence[CaptureName],
    handler: Handler | str,
    *,
    local: Literal["server", "client", "both"] = "server",
    midstream: bool = False,
    tunnels: bool = True,
    filters: Sequence[str] = (),
    unpack_limit: int | None = None,
    speed: float | str = "max",
    seed: int = 0,
    irql: Literal["passive", "dispatch", "mixed"] = "passive",
    check: Literal["report", "raise", "off"] = "report",
    checks: Sequence[str] | Mapping[str, str] = (),
    contexts: ContextChoice = "dict",
    context_size: int = 64,
    trace: TraceTarget | None = None,
    shard: tuple[int, int] | str | None = None,
    progress: Callable[[int, int], object] | None = None,
    black_box: object = None,
) -> Report:
    """Drives a handler with the disconnects that a packet capture holds, or an application with its connections.

    Each connection of the capture becomes a connection of a subsystem. The remote's first FIN is a graceful
    edge, its RST an abortive one. The handler is called in the capture's order, on the calling thread.

    Given an application, as `run_plan` takes it, each connection of the capture becomes a remote end that connects to
    it, sends as many bytes as its remote did, and ends as that did.

    Args:
        path: a pcap or pcapng file, recognised by its content, may be compressed with gzip or zstd; a pipe; `"-"`
            for the standard input; a folder; or a list of files and folders, which are read as one capture in the
            order of their first packets.
        handler: a callable, a batch or native handler, an application, or the text of one as on the command line.
        local: which side is the application: the `"server"`, the `"client"`, or `"both"`.
        midstream: whether connections count whose handshake is not, or not all, in the file.
        tunnels: whether the connections inside tunnels are read.
        filters: which connections count: `"host=10.0.0.1"`, `"host=fd00::/8"`, `"port=443"`; several of a kind are
            alternatives.
        unpack_limit: bytes that a compressed file may expand to; 64 GiB unless told.
        speed: `"max"` waits for nothing, `"real"` keeps the capture's pace, a factor divides it. The first
            packet of the capture is instant 0.
        seed: 0 to 2**64 - 1.
        irql: level at which indications run; `"mixed"` is drawn from the seed.
        check: whether a breach is reported, raised, or only counted.
        checks: what has to hold of the report, such as `["findings == 0"]`; times only where the speed is not `"max"`.
        contexts: `"dict"` (`{"id": n, "local": "ip|port", "remote": "ip|port"}` for a Python handler, a
            zeroed block for a native one, the number for a batch handler), `"int"`, `"none"`, or a callable
            `number -> context`.
        context_size: bytes of a native handler's block.
        trace: where one JSON line per indication goes: the name of a file, which appears when the replay has
            ended, of a pipe or device, which is written to, or an open text file. Not the capture itself.
        shard: replay one shard alone, such as `(3, 32)` or `"3/32"`, counted from 0: every so many-th file, or set of
            files
            that a tool has rotated, each as a capture of its own. Its report is to be added to those of the other
            shards.
        progress: called as `progress(bytes_read, bytes_total)` after each batch of packets; of a shard as
            `progress(captures_read, captures_total)`.
        black_box: writable buffer that outlives a crash of the process; see `wsksim.runs.black_box`.

    Returns:
        The report; its `capture` is a dict with `packets`, `flows`, `established`, `skipped`, `damage`,
        `capture_notes`, `files` and more. After Ctrl-C, or for a file that is cut, it covers what was read.

    Raises:
        CaptureError: the file cannot be read at all.
        HandlerError: the handler's text cannot be loaded.
        ApplicationError: the application does not start, or does not listen.
        PlanError: a check is none, or names what this replay does not measure.
        TypeError, ValueError: an argument is outside its limits.
        ContractError: with `check="raise"`, the handler broke a rule.

    Rules: D-6, D-21, D-25.
    """
    application = as_application(handler)
    loaded: Any = None if application else load_handler(handler)
    factor = read_speed(speed)
    seed = whole("seed", seed, low=0, high=MAX_SEED)
    choice("local", local, LOCALS)
    choice("irql", irql, IRQLS)
    choice("check", check, CHECKS)
    midstream = truth("midstream", midstream)
    progress = optional_progress(progress)
    tunnels = truth("tunnels", tunnels)
    filters = texts("filters", filters)
    if unpack_limit is not None:
        unpack_limit = whole("unpack_limit", unpack_limit, low=1, high=MAX_UNPACKED)
    names = file_names("path", path)
    asked = read_storm_checks(checks, paced=factor is not None, timed=factor is not None, lives=application is not None)
    reading: dict[str, Any] = {"local": local, "midstream": midstream, "tunnels": tunnels}
    options: dict[str, Any] = {
        "file": names[0],
        "files": names,
        **reading,
        "filters": filters,
        "unpack_limit": unpack_limit,
        "speed": speed,
        "irql": irql,
        "check": check,
    }
    if application is None:
        options |= {"contexts": describe_contexts(contexts), "context_size": context_size}
    options |= {"checks": list(map(str, asked))} if asked else {}
    _check_alone(application is not None, shard is not None, contexts, trace)
    if shard is not None:
        own: dict[str, Any] = {} if application is not None else {"contexts": contexts, "context_size": context_size}
        again = {name: value for name, value in {**options, **own}.items() if name not in {"file", "files", "checks"}}
        replay_files = functools.partial(replay, handler=handler, seed=seed, black_box=black_box, **again)
        blank = {"handler": _described(handler), "options": options, "seed": seed}
        return _replay_shard(names, read_shard(shard), replay_files, blank, progress)
    if application is not None:
        reader = CaptureReader(names, **reading, filters=filters, unpack_limit=unpack_limit, amounts=True)
        report = replay_application(
            reader,
            application,
            describe_application(handler),
            factor=factor,
            seed=seed,
            irql=irql,
            check=check,
            checks=asked,
            progress=progress,
            black_box=black_box,
            options=options,
        )
        return replace(report, capture=_capture(reader, **reading))
    source = make_contexts(contexts, loaded, context_size=context_size)
    reader = CaptureReader(names, **reading, filters=filters, unpack_limit=unpack_limit)
    target = None if trace is None else check_trace(trace, sources=reader.paths)

    begun = time.perf_counter()
    with ExitStack() as stack:
        writer = None if target is None else stack.enter_context(Trace(target))
        subsystem = stack.enter_context(
            Subsystem(
                seed=seed,
                check=check,
                irql=irql,
                completions=COMPLETIONS,
                journal=writer is not None,
                black_box=black_box,
            )
        )
        watch_contexts(source, subsystem)
        feed = CaptureFeed(subsystem, reader, loaded, source, singly=callable(contexts))
        run = _Replay(subsystem, feed, writer, reader.paths)
        watch(progress, lambda: Live(subsystem.counters()["findings"]))
        if factor is not None:
            feed.time(factor)
        with Ending(subsystem) as ending:
            run.all(reader, None if factor is None else Pace(factor), progress)
        run.write_trace()
        report = Report.of(
            **ending.told(begun),
            verb="replay",
            handler=describe_handler(handler),
            obstacle=obstacle(handler, contexts),
            options=options,
            seed=seed,
            capture=_capture(reader, **reading),
            storm=_measured(feed) if factor else {},
        )
    if not asked:
        return report
    return replace(report, storm={"model": "closed", **report.storm, "checks": judge(asked, report)})


def _check_alone(is_application: bool, is_shard: bool, contexts: object, trace: object) -> None:  # noqa: FBT001 - two facts
    """Refuses what an application or a shard does not have."""
    if is_application:
        for name, given in (("contexts", contexts != "dict"), ("trace", trace is not None)):
            if given:
                found = "found an application, which makes its own contexts and whose calls are not traced"
                raise ValueError(f"{name}: asked for {name}; {found}; leave that out")
    if is_shard and trace is not None:
        raise ValueError("trace: asked for the trace of a shard; found that shards are added; leave that out")


def _described(target: Handler | str) -> str:
    return describe_handler(target) if as_application(target) is None else describe_application(target)


def _replay_shard(
    names: list[str],
    shard: Shard,
    replay_files: Callable[[list[str]], Report],
    blank: dict[str, Any],
    progress: Callable[[int, int], object] | None,
) -> Report:
    """Replays every so many-th capture, and adds what came of them; `blank` is what their reports have in common."""
    begun = time.perf_counter()
    captures = find_captures(names)
    options = {**blank["options"], "captures": captures.described}
    mine = captures.sets[shard.number :: shard.of]
    total: Report | None = None
    for done, files in enumerate(mine):
        report = replace(replay_files(files), options=options)
        total = report if total is None else total + report
        if progress is not None:
            progress(done + 1, len(mine))
        if report.interrupted or report.stopped:
            break
    if total is None:
        counts: dict[str, Any] = dict.fromkeys(("packets", "tcp_packets", "tunnelled", "flows", "established"), 0)
        counts |= {"skipped": {}, "skipped_link_types": {}, "damage": None}
        counts |= {name: [] for name in ("capture_notes", "files", "left_out")}
        with Subsystem(seed=blank["seed"]) as subsystem:
            given = {**blank, "options": options, "capture": counts, "elapsed_s": time.perf_counter() - begun}
            total = Report.of(subsystem.counters(), finding_list=(), verb="replay", **given)
    if shard.number == 0:
        left_out = [*total.capture["left_out"], *captures.left_out]
        total = replace(total, capture={**total.capture, "left_out": left_out})
    return recorded(total, shard)


def _measured(feed: CaptureFeed) -> dict[str, Any]:
    times = feed.times()
    times["histograms"] = encoded_histograms(times.get("histograms", {}))
    return {"model": "open", **dict.fromkeys(("plan", "pace", "series")), **times}


def _capture(reader: CaptureReader, *, local: str, midstream: bool, tunnels: bool) -> dict[str, Any]:
    damage, files = reader.damage, reader.files
    return {
        "packets": reader.packets,
        "tcp_packets": reader.tcp_packets,
        "tunnelled": reader.tunnelled,
        "flows": reader.flows,
        "established": reader.established,
        "skipped": dict(reader.skipped),
        "skipped_link_types": {str(number): count for number, count in reader.skipped_link_types.items()},
        "damage": None if damage is None else {"offset": damage[0], "found": damage[1]},
        "capture_notes": capture_notes(reader, files, local=local, midstream=midstream, tunnels=tunnels),
        "files": files,
        "left_out": [{"file": file, "why": why} for file, why in reader.left_out],
    }


class _Replay:
    """A capture on its way into a subsystem, and the drives in between."""

    def __init__(self, subsystem: Subsystem, feed: CaptureFeed, trace: Trace | None, files: list[str]) -> None:
        self._subsystem = subsystem
        self._feed = feed
        self._trace = trace
        # A packet's number needs its file, if there are several.
        self._files = files if len(files) > 1 else []

    def all(self, reader: CaptureReader, pace: Pace | None, progress: Callable[[int, int], object] | None) -> None:
        """Reads to the end, and sees each edge indicated."""
        while not reader.done:
            if pace is None:
                self._feed.read(_PACKETS_AT_ONCE)
                self._apply()
            else:
                self._feed.read(_PACKETS_PACED)
                self._apply_in_time(pace, reader.first_time_ns)
            self._dispatch()
            if progress is not None:
                progress(reader.bytes_read, reader.bytes_total)

    def write_trace(self) -> None:
        """Writes a line for each indication since the last call."""
        if self._trace is None:
            return
        for file, packet, time_ns, local, remote, flags, socket in self._feed.take_trace():
            row: dict[str, Any] = {"file": printable(self._files[file])} if self._files else {}
            row |= {"packet": packet, "time_ns": plain_number(time_ns), "local": local, "remote": remote}
            row |= {"flags": flags, "socket": socket}
            self._trace.write(row)
        self._trace.flush()

    def _apply(self, limit: int | None = None) -> None:
        while not self._feed.apply(limit):
            self._dispatch()

    def _apply_in_time(self, pace: Pace, first_ns: int | None) -> None:
        if first_ns is not None and pace.begin(first_ns):
            self._feed.begin(first_ns)
        while (due_ns := self._feed.next_ns) is not None:
            if pace.remaining_s(due_ns) > 0:
                self._dispatch()
                pace.wait(due_ns)
            self._apply(1)

    def _dispatch(self) -> None:
        if self._feed.take_waiting():
            self._subsystem.dispatch()
            self.write_trace()
