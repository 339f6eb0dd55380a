"""Running: hands the shards of a run to an engine, and adds what they leave."""

import functools
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, cast

from wsksim.distributed.outcomes import RETRIES, Engine
from wsksim.distributed.pool import on_pool, usable_processors
from wsksim.plans.plan import Plan
from wsksim.runs.arguments import MAX_WORKERS, optional_progress, texts, truth, whole
from wsksim.runs.report import Report
from wsksim.shards.coverage import Failure, Shards
from wsksim.shards.dividing import MOST_SHARDS
from wsksim.shards.merging import Merger, NothingMergedError
from wsksim.shards.parts import decode
from wsksim.shards.work import Work, make_work
from wsksim.subsystem import Subsystem
from wsksim.wording import shown

__all__ = ["run"]


def run(
    plan: Plan | str | os.PathLike[str] | Mapping[str, Any],
    target: object,
    *,
    shards: int,
    client: object = None,
    processes: int | None = None,
    checks: Sequence[str] = (),
    retries: int = RETRIES,
    allow_missing: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Report:
    """Carries a run out in shards, and adds their reports.

    However many shards there are, and however often one is tried, the lives of the plan are the same, and so are the
    counts where lives do not depend on each other; `docs/scale.md` says when they do.

    Args:
        plan: what befalls the target: a Plan, the name of its file, a table of the arguments of `wsksim.storm` for a
            handler,
            or one of those of `wsksim.replay`, which has `path`.
        target: an application or a handler. Best its text, `"module:name"`, which each worker loads.
        shards: how many, 1 to 65,536. A few for each processor: what is lost with a worker is then little.
        client: where they run: a `distributed.Client` of Dask, the module `ray` after `ray.init()`, or None for a pool
            of
            processes of this machine.
        processes: of that pool; one for each usable processor if None.
        checks: what has to hold besides what the plan asks for.
        retries: how often a shard is tried again whose process crashed, or which failed for a reason that may have
            passed.
        allow_missing: whether the report may lack shards.
        progress: called as `progress(done, total)`, in shards.

    Returns:
        The report of all shards. One that crashes each time, or is lost, is named in it, and the others count. After
        Ctrl-C what runs is cancelled, and the report covers what was complete.

    Raises:
        HandlerError: the target cannot be loaded by a worker, or a worker has another version of wsksim.
        PlanError: the plan cannot be read or carried out, or a check names what it does not measure.
        ContractError: the target broke a rule, and the run was asked for with `check="raise"`.
        ReportError: there is no worker, or no process that could import the program that asks.
        TypeError, ValueError: an argument is none, or the client is asynchronous or closed.
    """
    shards = whole("shards", shards, low=1, high=MOST_SHARDS)
    retries = whole("retries", retries, low=0, high=100)
    engine, dumps = _engine(client, processes)
    allow_missing = truth("allow_missing", allow_missing)
    progress = optional_progress(progress)
    work = make_work(plan, target, checks=texts("checks", checks), dumps=dumps)
    merger, failed, done, interrupted = Merger(), [], 0, False
    try:
        with closing(cast("Any", engine(work, shards, retries))) as outcomes:
            for outcome in outcomes:
                if outcome.part:
                    merger.add(decode(outcome.part))
                else:
                    failed.append(
                        Failure(shard=outcome.shard, status=outcome.status, why=outcome.why, attempts=outcome.attempts)
                    )
                done += 1
                if progress is not None:
                    progress(done, shards)
    except KeyboardInterrupt:
        if merger.of == 0:
            raise
        interrupted = True
    try:
        report = merger.report(allow_missing=allow_missing, failed=failed)
    except NothingMergedError:
        report = _nothing(work, failed, shards=shards, allow_missing=allow_missing)
    return replace(report, interrupted=interrupted)


def _nothing(work: Work, failed: Sequence[Failure], *, shards: int, allow_missing: bool) -> Report:
    """The report of a run of which no shard left anything."""
    seed = Plan.from_toml(work.options["plan"]).seed if work.kind == "plan" else work.options.get("seed", 0)
    told = Shards(
        plan="",
        of=shards,
        complete=(),
        failed=tuple(sorted(failed, key=lambda one: one.shard)),
        merged=True,
        allowed=allow_missing,
    )
    with Subsystem(seed=seed) as subsystem:
        return Report.of(
            subsystem.counters(),
            finding_list=(),
            verb="replay" if work.kind == "replay" else "run",
            handler=work.target if isinstance(work.target, str) else "a target without a name",
            options=work.options,
            seed=seed,
            elapsed_s=0.0,
            shards=told,
        )


def _engine(client: object, processes: int | None) -> tuple[Engine, Callable[[object], bytes]]:
    if client is None:
        count = usable_processors() if processes is None else whole("processes", processes, low=1, high=MAX_WORKERS)
        return functools.partial(on_pool, processes=count), pickle.dumps
    if processes is not None:
        raise ValueError("processes: asked for a pool of processes; found a client, which has its own; leave one out")
    module = type(client).__module__.partition(".")[0]
    if module == "distributed":
        from wsksim.distributed.dask import dumps, on_dask  # start-up: 600 ms, for Dask only

        return functools.partial(on_dask, client=client), dumps
    if getattr(client, "__name__", "") == "ray":
        from wsksim.distributed.ray import dumps, on_ray  # start-up: 400 ms, for Ray only

        return functools.partial(on_ray, ray=client), dumps
    do = "pass a distributed.Client, the module ray, or None for processes of this machine"
    raise TypeError(f"client: asked for where to run; found {shown(client)}; {do}")
