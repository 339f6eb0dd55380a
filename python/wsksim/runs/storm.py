"""A storm: many sockets, many remote disconnects, one handler."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Literal

import wsksim.contract.sites  # noqa: F401 - a first finding must not pay for it while it is timed
from wsksim._native import NativeHandler, Storm
from wsksim.handlers import Handler, describe_handler, load_handler, obstacle
from wsksim.runs.arguments import (
    ARRIVALS,
    CHECKS,
    COMPLETIONS,
    IRQLS,
    MAX_DISCONNECTS,
    MAX_SEED,
    MAX_SOCKETS,
    MAX_WORKERS,
    ORDERS,
    choice,
    optional_progress,
    share,
    slots_of_storm,
    whole,
)
from wsksim.runs.checking import judge, read_storm_checks
from wsksim.runs.contexts import ContextChoice, describe_contexts, make_supply, watch_contexts
from wsksim.runs.ending import Ending
from wsksim.runs.histogram import encoded_histograms
from wsksim.runs.histogram_file import check_histogram
from wsksim.runs.late import advised
from wsksim.runs.rate import read_rate
from wsksim.runs.report import Report
from wsksim.runs.watching import Live, watch
from wsksim.shards.dividing import Shard, divided_storm, portion, read_shard
from wsksim.shards.recording import recorded
from wsksim.subsystem import Subsystem
from wsksim.wording import shown

__all__ = ["storm"]

BURST = 1_000


def storm(
    handler: Handler | str,
    *,
    sockets: int = 1_000,
    disconnects: int | None = None,
    abortive: float = 0.0,
    order: Literal["made", "random", "recent"] = "made",
    rate: float | str | None = None,
    arrivals: Literal["constant", "poisson", "burst"] | None = None,
    burst: int | None = None,
    sample: int | None = None,
    histogram: str | bytes | os.PathLike[str] | os.PathLike[bytes] | None = None,
    seed: int = 0,
    workers: int = 0,
    irql: Literal["passive", "dispatch", "mixed"] = "passive",
    check: Literal["report", "raise", "off"] = "report",
    checks: Sequence[str] | Mapping[str, str] = (),
    contexts: ContextChoice = "dict",
    context_size: int = 64,
    chunk: int = 65_536,
    shard: tuple[int, int] | str | None = None,
    progress: Callable[[int, int], object] | None = None,
    black_box: object = None,
) -> Report:
    """Drives a handler with many remote disconnects and accounts for each.

    All sockets are connected first. Then their remote ends disconnect in rounds, one turn per socket and round,
    until `disconnects` edges were posted; before its next turn a socket is closed and opened again. Which socket
    comes next, its edge's kind and its planned instant depend on the seed and these options alone, so the same
    seed gives the same edges with any number of workers.

    Without a rate, the handler sets the pace: `chunk` edges are posted, all are handled, and so on. With a rate,
    each edge is posted at its planned instant, whether the handler is ready or not, and two times are measured:
    service, from entering the handler to its return, and response, from the planned instant to the return.

    Args:
        handler: a callable, a batch or native handler, or the text of one as on the command line.
        sockets: connections open at a time, 1 to 2**28.
        disconnects: edges to post, 0 to 2**53; as many as there are sockets if None.
        abortive: share of abortive edges, 0 to 1.
        order: how a round goes through the sockets: as they were `"made"`, `"random"`, another order each round,
            or the most `"recent"`ly opened first.
        rate: edges per second, 0.001 to 1e9, or text such as `"2M/s"`; None for no planned instants.
        arrivals: `"constant"` distances, a `"poisson"` process, or `"burst"`s; needs a rate.
        burst: edges of one burst, 1 to 2**53; 1,000 if None.
        sample: time one call in so many, 1 to 2**53. If None, each call with a rate, and no call without one.
        histogram: name of a file for the times as an HdrHistogram log; needs a rate or `sample`.
        seed: 0 to 2**64 - 1.
        workers: threads that drive, 0 to 256; 0 drives on the calling thread.
        irql: level at which indications run; `"mixed"` is drawn from the seed.
        check: whether a breach is reported, raised, or only counted.
        checks: what has to hold of the report, such as `["findings == 0", "response.p99.9 < 50us"]`.
        contexts: `"dict"` (`{"id": i}` for a Python handler, a zeroed block for a native one, the number for
            a batch handler), `"int"`, `"none"`, or a callable `number -> context`.
        context_size: bytes of a native handler's block.
        chunk: edges that are posted and driven at a time; with a rate, sockets that are connected at a time.
        shard: carry out one shard alone, such as `(3, 32)` or `"3/32"`, counted from 0: edges are drawn in blocks then.
            Its report is to be added to those of the other shards; its checks are not judged.
        progress: called as `progress(done, total)` after each chunk, with a rate many times a second.
        black_box: writable buffer that outlives a crash of the process; see `wsksim.runs.black_box`.

    Returns:
        The report; after Ctrl-C it covers what was done and says `interrupted`.

    Raises:
        HandlerError: the handler's text cannot be loaded.
        TypeError, ValueError: an argument is outside its limits, or needs another one.
        PlanError: a check is none, or names what this storm does not measure.
        OSError: the histogram's file cannot be written.
        ContractError: with `check="raise"`, the handler broke a rule.

    Rules: D-8, D-21, D-25.
    """
    loaded = load_handler(handler)
    sockets = whole("sockets", sockets, low=1, high=MAX_SOCKETS)
    total = sockets if disconnects is None else whole("disconnects", disconnects, low=0, high=MAX_DISCONNECTS)
    abortive = share("abortive", abortive)
    seed = whole("seed", seed, low=0, high=MAX_SEED)
    workers = whole("workers", workers, low=0, high=MAX_WORKERS)
    chunk = whole("chunk", chunk, low=1, high=MAX_SOCKETS)
    choice("irql", irql, IRQLS)
    choice("check", check, CHECKS)
    progress = optional_progress(progress)
    supply = make_supply(contexts, loaded, context_size=context_size)
    plan = _read_plan(order, rate, arrivals, burst, sample)
    asked = read_storm_checks(checks, paced=bool(plan["rate"]), timed=plan["sample"] > 0)
    file = check_histogram(histogram, timed=plan["sample"] > 0)
    part = None if shard is None else read_shard(shard)
    own = portion(part or Shard(0, 1), total)
    opened = sockets if part is None else min(own.of(sockets), own.own)
    options = {
        "sockets": sockets,
        "disconnects": total,
        "abortive": abortive,
        **plan,
        "workers": workers,
        "irql": irql,
        "check": check,
        "contexts": describe_contexts(contexts),
        "context_size": context_size,
        **({"checks": list(map(str, asked))} if asked else {}),
    }

    begun = time.perf_counter()
    slots = slots_of_storm(max(opened, 1), workers, paced=bool(plan["rate"]))
    subsystem = Subsystem(
        seed=seed, check=check, irql=irql, completions=COMPLETIONS, max_sockets=slots, black_box=black_box
    )
    with subsystem, file:
        watch_contexts(supply["source"], subsystem)
        of_shard = None if part is None else (*part, opened)
        run = Storm(
            subsystem, loaded, sockets=sockets, disconnects=total, abortive=abortive, **plan, **supply, shard=of_shard
        )
        watch(progress, lambda: Live(subsystem.counters()["findings"], p99_ns=run.p99_ns()))
        with Ending(subsystem) as ending:
            _carry_out(
                run, subsystem, own.own, chunk=chunk, workers=workers, paced=bool(plan["rate"]), progress=progress
            )
        results = run.results()
        kind: Literal["native", "python"] = "native" if isinstance(loaded, NativeHandler) else "python"
        pace = advised(results["pace"], results["noise"], target=kind, workers=workers)
        results["histograms"] = encoded_histograms(results["histograms"])
        report = Report.of(
            **ending.told(begun),
            verb="run",
            handler=describe_handler(handler),
            obstacle=obstacle(handler, contexts),
            options=options,
            seed=seed,
            storm={"model": "open" if plan["rate"] else "closed", **results, "pace": pace},
        )
        file.write(report)
    if part is not None:
        return recorded(report, part, divided_storm(options, part.of))
    return replace(report, storm={**report.storm, "checks": judge(asked, report)}) if asked else report


def _read_plan(order: object, rate: object, arrivals: object, burst: object, sample: object) -> dict[str, Any]:
    """Checks the options that the plan's order and instants depend on."""
    choice("order", order, ORDERS)
    for name, value in (("arrivals", arrivals), ("burst", burst)):
        if value is not None and rate is None:
            raise ValueError(
                f"{name}: asked for {shown(value)}; found no rate that it could spread; give a rate too, such as 2M/s"
            )
    if burst is not None and arrivals != "burst":
        raise ValueError(
            f"burst: asked for bursts of {shown(burst)}; found {shown(arrivals or 'constant')} arrivals; "
            "ask for arrivals in bursts too"
        )
    every = (0 if rate is None else 1) if sample is None else whole("sample", sample, low=1, high=MAX_DISCONNECTS)
    return {
        "order": order,
        "rate": None if rate is None else read_rate(rate),
        "arrivals": choice("arrivals", arrivals or "constant", ARRIVALS),
        "burst": BURST if burst is None else whole("burst", burst, low=1, high=MAX_DISCONNECTS),
        "sample": every,
    }


def _carry_out(
    run: Storm,
    subsystem: Subsystem,
    total: int,
    *,
    chunk: int,
    workers: int,
    paced: bool,
    progress: Callable[[int, int], object] | None,
) -> None:
    """Posts every edge of the plan, and sees each indicated."""
    while run.connect(chunk):
        pass
    with ExitStack() as stack:
        if workers:
            drive: Callable[[], object] = stack.enter_context(subsystem.workers(workers)).drain
        else:
            drive = subsystem.dispatch
        run.begin()
        done = False
        while not done:
            done = run.pace(in_turn=not workers) if paced else run.post(chunk) == 0
            if done or not paced:
                drive()
            if progress is not None and (paced or not done):
                progress(run.posted, total)
