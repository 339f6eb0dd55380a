"""A storm: many sockets, many remote disconnects, one handler."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Literal

from wsksim._native import Fleet
from wsksim.handlers import Handler, describe_handler, load_handler
from wsksim.runs.arguments import (
    CHECKS,
    IRQLS,
    MAX_DISCONNECTS,
    MAX_SEED,
    MAX_SOCKETS,
    MAX_WORKERS,
    choice,
    optional_call,
    share,
    whole,
)
from wsksim.runs.contexts import ContextChoice, Contexts, describe_contexts, make_contexts
from wsksim.runs.ending import Ending
from wsksim.runs.report import Report
from wsksim.subsystem import Subsystem

__all__ = ["storm"]


def storm(
    handler: Handler | str,
    *,
    sockets: int = 1_000,
    disconnects: int | None = None,
    abortive: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    irql: Literal["passive", "dispatch", "mixed"] = "passive",
    check: Literal["report", "raise", "off"] = "report",
    contexts: ContextChoice = "dict",
    context_size: int = 64,
    chunk: int = 65_536,
    progress: Callable[[int, int], object] | None = None,
    black_box: object = None,
) -> Report:
    """Drives a handler with many remote disconnects and accounts for each.

    All sockets are connected first. Then chunk by chunk the remote ends disconnect, the handler is called, and
    the chunk's sockets are closed and opened again, until `disconnects` edges were posted. The seed draws each
    edge's kind where it is posted, so the same seed gives the same edges with any number of workers.

    Args:
        handler: a callable, a batch or native handler, or the text of one as on the command line.
        sockets: connections open at a time, 1 to 2**28.
        disconnects: edges to post, 0 to 2**53; as many as there are sockets if None.
        abortive: share of abortive edges, 0 to 1.
        seed: 0 to 2**64 - 1.
        workers: threads that drive, 0 to 256; 0 drives on the calling thread.
        irql: level at which indications run; `"mixed"` is drawn from the seed.
        check: whether a breach is reported, raised, or only counted.
        contexts: `"dict"` (`{"id": i}` for a Python handler, a zeroed block for a native one, the number for
            a batch handler), `"int"`, `"none"`, or a callable `number -> context`.
        context_size: bytes of a native handler's block.
        chunk: sockets that are posted to and driven at a time.
        progress: called as `progress(done, total)` after each chunk.
        black_box: writable buffer that outlives a crash of the process; see `wsksim.runs.isolation`.

    Returns:
        The report; after Ctrl-C it covers what was done and says `interrupted`.

    Raises:
        HandlerError: the handler's text cannot be loaded.
        TypeError, ValueError: an argument is outside its limits.
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
    progress = optional_call("progress", progress)
    source = make_contexts(contexts, loaded, context_size=context_size)
    options = {
        "sockets": sockets,
        "disconnects": total,
        "abortive": abortive,
        "workers": workers,
        "irql": irql,
        "check": check,
        "contexts": describe_contexts(contexts),
        "context_size": context_size,
    }

    begun = time.perf_counter()
    with Subsystem(seed=seed, check=check, irql=irql, max_sockets=sockets, black_box=black_box) as subsystem:
        with Ending(subsystem) as ending:
            _Storm(subsystem, loaded, source, sockets=sockets, chunk=chunk).run(total, abortive, workers, progress)
        return Report.of(
            subsystem.counters(),
            finding_list=subsystem.findings,
            verb="run",
            handler=describe_handler(handler),
            options=options,
            seed=seed,
            elapsed_s=time.perf_counter() - begun,
            interrupted=ending.interrupted,
            stopped=ending.stopped,
            at_least=ending.at_least,
        )


class _Storm:
    """The sockets of one storm, in chunks."""

    def __init__(self, subsystem: Subsystem, handler: Handler, source: Contexts, *, sockets: int, chunk: int) -> None:
        self._subsystem = subsystem
        self._handler = handler
        self._source = source
        self._spans = [(first, min(chunk, sockets - first)) for first in range(0, sockets, chunk)]

    def run(self, total: int, abortive: float, workers: int, progress: Callable[[int, int], object] | None) -> None:
        """Posts `total` edges, and sees each indicated."""
        fleets = [self._open(index) for index in range(len(self._spans))]
        with ExitStack() as stack:
            if workers:
                drive: Callable[[], object] = stack.enter_context(self._subsystem.workers(workers)).drain
            else:
                drive = self._subsystem.dispatch
            done = 0
            while done < total:
                for index, (_, size) in enumerate(self._spans):
                    if done == total:
                        break
                    share = min(size, total - done)
                    fleet = fleets[index]
                    (fleet if share == size else fleet[:share]).remote.disconnect(abortive=abortive)
                    drive()
                    done += share
                    if progress is not None:
                        progress(done, total)
                    if done < total:
                        fleet.close()
                        fleets[index] = self._open(index)

    def _open(self, index: int) -> Fleet:
        first, count = self._spans[index]
        contexts = self._source.fill(first, count)
        return self._subsystem.connect_many(count, self._handler, contexts=contexts)
