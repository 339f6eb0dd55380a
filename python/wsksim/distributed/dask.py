"""Shards on a cluster of Dask's: each is a task, and a worker that is lost has its tasks done again by the others."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final

import distributed
from distributed.protocol import pickle
from distributed.worker import thread_state  # type: ignore[attr-defined]

from wsksim.distributed.outcomes import Outcome
from wsksim.errors import HandlerError, ReportError
from wsksim.shards.work import PERMANENT, Work, carry_out

__all__ = ["dumps", "on_dask"]

# How long a cluster may be without a worker, at the beginning and later.
PATIENCE_S: Final = 60.0
_LOOK_S: Final = 1.0


def on_dask(work: Work, shards: int, retries: int, *, client: Any) -> Iterator[Outcome]:
    """Carries shards out on the workers of a client.

    Raises:
        ReportError: the cluster has no worker, or none any more.
        HandlerError, PlanError, TypeError, ValueError: what a shard was refused for.
    """
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except (TimeoutError, distributed.TimeoutError):
        raise ReportError(_nobody(client)) from None
    waiting: dict[Any, tuple[int, int]] = {}

    def submit(shard: int, attempt: int) -> None:
        # Not `pure`: an equal task may be one of a run that is over.
        future = client.submit(_carry_out, work, shard, shards, attempt, pure=False, key=None)
        waiting[future] = shard, attempt

    try:
        for shard in range(shards):
            submit(shard, 1)
        alone_since = None
        while waiting:
            done = _done(list(waiting))
            alone_since = (alone_since or time.monotonic()) if not done and not _workers(client) else None
            if alone_since is not None and time.monotonic() - alone_since > PATIENCE_S:
                for shard, attempt in waiting.values():
                    yield Outcome(shard, why=f"the cluster has had no worker for {PATIENCE_S:.0f} s", attempts=attempt)
                return
            for future in done:
                shard, attempt = waiting.pop(future)
                outcome = _outcome(future, shard, attempt)
                if outcome is None or (not outcome.part and outcome.status == "lost" and attempt <= retries):
                    submit(shard, attempt + 1)
                else:
                    yield outcome
    finally:
        client.cancel(list(waiting), force=True)


def _carry_out(work: Work, shard: int, shards: int, attempt: int) -> bytes:
    """A task; it ends itself when it is cancelled, for a thread of a worker cannot be ended by others."""
    worker = distributed.get_worker()
    key = thread_state.key

    def look(done: int, total: int) -> None:
        del done, total
        task = worker.state.tasks.get(key)
        if task is None or task.state in {"cancelled", "released", "forgotten"}:
            raise _CancelledError

    return carry_out(work, shard, shards, attempt, look)


def dumps(target: object) -> bytes:
    """Makes bytes of a target, also of one without a name."""
    made: bytes = pickle.dumps(target)  # type: ignore[no-untyped-call]
    return made


class _CancelledError(Exception):
    """The task is not wanted any more."""


def _done(futures: list[Any]) -> list[Any]:
    with contextlib.suppress(TimeoutError, distributed.TimeoutError):
        distributed.wait(futures, timeout=_LOOK_S, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
    return [future for future in futures if future.done()]


def _outcome(future: Any, shard: int, attempt: int) -> Outcome | None:
    """What became of a task; None if it has to be asked for again."""
    if future.status == "finished":
        return Outcome(shard, part=future.result(), attempts=attempt)
    if future.status in {"cancelled", "lost"}:
        return Outcome(shard, why=f"its task was {future.status}", attempts=attempt)
    error = future.exception()
    if isinstance(error, distributed.KilledWorker):
        # The scheduler has tried it as often as it does; which worker it took last is in its text.
        why = "each worker that was given it ended"
        return Outcome(shard, status="crashed", why=why, attempts=_deaths(error))
    if isinstance(error, ImportError):
        do = "install wsksim, and what the target imports, on each worker"
        raise HandlerError(
            f"worker: asked to carry out a shard; found {type(error).__name__}: {error}; {do}"
        ) from error
    if isinstance(error, PERMANENT):
        raise error
    return Outcome(shard, why=f"{type(error).__name__}: {error}", attempts=attempt)


def _deaths(error: Any) -> int:
    return int(getattr(error, "allowed_failures", 0)) + 1


def _workers(client: Any) -> int:
    try:
        return len(client.scheduler_info()["workers"])
    except (KeyError, OSError):
        return 0


def _nobody(client: Any) -> str:
    found = f"no worker within {PATIENCE_S:.0f} s"
    return f"client {client!r}: asked to carry out shards; found {found}; start workers, or leave the client out"
