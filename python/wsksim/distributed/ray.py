"""Shards on a cluster of Ray's: each is a task in a process of its own."""

from collections.abc import Iterator
from typing import Any

import cloudpickle  # comes with Ray and with Dask

from wsksim.distributed.outcomes import Outcome
from wsksim.shards.work import PERMANENT, Work, carry_out

__all__ = ["dumps", "on_ray"]

_LOOK_S = 1.0


def dumps(target: object) -> bytes:
    """Makes bytes of a target, also of one without a name."""
    made: bytes = cloudpickle.dumps(target)
    return made


def on_ray(work: Work, shards: int, retries: int, *, ray: Any) -> Iterator[Outcome]:
    """Carries shards out on the cluster to which Ray is connected.

    Raises:
        ContractError, HandlerError, PlanError, TypeError, ValueError: what a shard was refused for.
    """
    # A worker that dies has its task done again, by Ray; what a task raises comes back here.
    task = ray.remote(carry_out).options(max_retries=retries, retry_exceptions=False)
    waiting = {task.remote(work, shard, shards, 1): (shard, 1) for shard in range(shards)}
    try:
        while waiting:
            done, _ = ray.wait(list(waiting), timeout=_LOOK_S)
            for reference in done:
                shard, attempt = waiting.pop(reference)
                outcome = _outcome(ray, reference, shard, attempt, retries)
                if outcome.part or outcome.status == "crashed" or attempt > retries:
                    yield outcome
                else:
                    waiting[task.remote(work, shard, shards, attempt + 1)] = shard, attempt + 1
    finally:
        for reference in waiting:
            ray.cancel(reference, force=True)


def _outcome(ray: Any, reference: Any, shard: int, attempt: int, retries: int) -> Outcome:
    try:
        return Outcome(shard, part=ray.get(reference), attempts=attempt)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, PERMANENT):
            raise cause from error
        return Outcome(shard, why=f"{type(cause).__name__}: {cause}", attempts=attempt)
    except ray.exceptions.WorkerCrashedError:
        return Outcome(shard, status="crashed", why="each worker that was given it ended", attempts=retries + 1)
    except ray.exceptions.RayError as error:
        return Outcome(shard, why=f"{type(error).__name__}: {error}", attempts=attempt)
