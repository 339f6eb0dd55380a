"""Shards on a cluster of Dask's: each is a task, and a worker that is lost has its tasks done again by the others."""

import contextlib
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import distributed
from distributed.deploy.cluster import Cluster
from distributed.protocol import pickle as dask_pickle
from distributed.worker import thread_state  # type: ignore[attr-defined]

from wsksim.distributed.outcomes import Outcome
from wsksim.errors import HandlerError, ReportError
from wsksim.shards.work import PERMANENT, Work, carry_out
from wsksim.wording import shown

__all__ = ["dumps", "on_dask", "serve"]

# How long a cluster may be without a worker, at the beginning and later.
PATIENCE_S: Final = 60.0
_LOOK_S: Final = 1.0
# How long it may take to fetch a part.
_FETCH_S: Final = 60.0


@dataclass(frozen=True)
class _Try:
    """One submission of a shard.

    Attributes:
        shard: which.
        attempt: how often it was submitted, this time included.
        deaths: how many workers ended while they had it.
        alone: whether no other shard of the run was submitted then.
    """

    shard: int
    attempt: int = 1
    deaths: int = 0
    alone: bool = False


def on_dask(work: Work, shards: int, retries: int, *, client: Any) -> Iterator[Outcome]:
    """Carries shards out on the workers of a client.

    A worker that ends takes with it what waits for it too, and the scheduler counts that against each of these tasks.
    So a shard that the scheduler gave up is tried again when nothing else runs: then it is known whose fault it was.

    Raises:
        ReportError: the cluster has no worker, or none any more.
        ContractError, HandlerError, PlanError, TypeError, ValueError: what a shard was refused for.
    """
    _check_client(client)
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except (TimeoutError, distributed.TimeoutError):
        raise ReportError(_nobody(client)) from None
    run = _Run(work, shards, retries, client)
    try:
        run.begin()
        lonely_since = None
        while run.left:
            there = bool(_workers(client))
            yield from run.look(fetch=there)
            lonely_since = None if there else lonely_since or time.monotonic()
            if lonely_since is not None and time.monotonic() - lonely_since > PATIENCE_S:
                yield from run.lost(f"the cluster has had no worker for {PATIENCE_S:.0f} s")
                return
    finally:
        run.cancel()


class _Run:
    """The tasks that wait, and the shards that have to be tried alone."""

    def __init__(self, work: Work, shards: int, retries: int, client: Any) -> None:
        self._task, self._given = _by_value(), pickle.dumps(work)
        self._shards, self._retries, self._client = shards, retries, client
        self._waiting: dict[Any, _Try] = {}
        self._suspects: list[_Try] = []

    @property
    def left(self) -> bool:
        """Whether there is more to do."""
        return bool(self._waiting or self._suspects)

    def begin(self) -> None:
        """Hands all shards to the scheduler."""
        for shard in range(self._shards):
            self._submit(_Try(shard))

    def look(self, *, fetch: bool) -> Iterator[Outcome]:
        """Looks what is done, and tries again what may do better.

        Args:
            fetch: whether parts can be had; else what is done is gone with the workers that had it, and to ask for it
                would wait for other ones.
        """
        if not self._waiting:
            self._submit(replace(self._suspects.pop(0), alone=True))
        if fetch:
            done = _done(list(self._waiting))
        else:
            time.sleep(_LOOK_S)
            done = [future for future in self._waiting if future.done() and future.status != "finished"]
        for future in done:
            one = self._waiting.pop(future)
            outcome = _outcome(future, one)
            # Else a worker that ends has its old parts made again, as long as anything refers to them.
            future.release()
            if self._is_last(one, outcome):
                yield outcome
            elif outcome.status == "crashed":
                self._suspects.append(_Try(one.shard, one.attempt + 1, outcome.attempts))
            else:
                self._submit(_Try(one.shard, one.attempt + 1, one.deaths))

    def lost(self, why: str) -> list[Outcome]:
        """What is told of all that is left."""
        return [
            Outcome(one.shard, why=f"{why}{_before(one.deaths)}", attempts=one.attempt)
            for one in (*self._waiting.values(), *self._suspects)
        ]

    def cancel(self) -> None:
        """Cancels what runs."""
        self._client.cancel(list(self._waiting), force=True)

    def _submit(self, one: _Try) -> None:
        # Not `pure`: an equal task may be one of a run that is over.
        rest: dict[str, Any] = {"pure": False, "key": None}
        future = self._client.submit(self._task, self._given, one.shard, self._shards, one.attempt, **rest)
        self._waiting[future] = one

    def _is_last(self, one: _Try, outcome: Outcome) -> bool:
        if outcome.part or one.attempt > self._retries:
            return True
        return outcome.status == "crashed" and one.alone and outcome.attempts > self._retries


def _by_value() -> Callable[[bytes, int, int, int], bytes | str]:
    """The task. It has no name that a worker could look up, so it is sent by value, to workers without wsksim too."""

    def carry_out_shard(given: bytes, shard: int, shards: int, attempt: int) -> bytes | str:
        try:
            from wsksim.distributed.dask import serve  # on the worker, where it may be missing
        except ImportError as error:
            return f"{type(error).__name__}: {error}"
        return serve(given, shard, shards, attempt)

    return carry_out_shard


def serve(given: bytes, shard: int, shards: int, attempt: int) -> bytes:
    """Carries a shard out on a worker; ends itself when it is cancelled, for others cannot end a worker's thread."""
    worker = distributed.get_worker()
    key = thread_state.key

    def look(done: int, total: int) -> None:
        del done, total
        task = worker.state.tasks.get(key)
        if task is None or task.state in {"cancelled", "released", "forgotten"}:
            raise _CancelledError

    return carry_out(pickle.loads(given), shard, shards, attempt, look)  # noqa: S301 - from whoever asked for the run


def dumps(target: object) -> bytes:
    """Makes bytes of a target, also of one without a name."""
    made: bytes = dask_pickle.dumps(target)  # type: ignore[no-untyped-call]
    return made


class _CancelledError(Exception):
    """The task is not wanted any more."""


def _done(futures: list[Any]) -> list[Any]:
    with contextlib.suppress(TimeoutError, distributed.TimeoutError):
        distributed.wait(futures, timeout=_LOOK_S, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
    return [future for future in futures if future.done()]


def _outcome(future: Any, one: _Try) -> Outcome:
    """What became of a task."""
    if future.status in {"cancelled", "lost"}:
        return Outcome(one.shard, why=f"its task was {future.status}", attempts=one.attempt)
    try:
        # It may be done and yet be gone: with its worker, and then the scheduler has it done again.
        made = future.result(timeout=_FETCH_S)
    except (TimeoutError, distributed.TimeoutError):
        return Outcome(one.shard, why=f"its part was not to be had for {_FETCH_S:.0f} s", attempts=one.attempt)
    except distributed.KilledWorker as error:
        # The scheduler has tried it as often as it does; which worker it took last is in its text.
        why, deaths = "each worker that was given it ended", one.deaths + _deaths(error)
        return Outcome(one.shard, status="crashed", why=why, attempts=deaths)
    except ImportError as error:
        raise HandlerError(_not_installed(f"{type(error).__name__}: {error}")) from error
    except PERMANENT:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the others count
        return Outcome(one.shard, why=f"{type(error).__name__}: {error}", attempts=one.attempt)
    if isinstance(made, str):
        raise HandlerError(_not_installed(made))
    return Outcome(one.shard, part=made, attempts=one.attempt)


def _not_installed(found: str) -> str:
    do = "install the same wsksim, and what the target imports, on each worker"
    return f"worker: asked to carry out a shard; found {found}; {do}"


def _before(deaths: int) -> str:
    return f"; of those before, {deaths:,} ended while they had it" if deaths else ""


def _deaths(error: Any) -> int:
    return int(getattr(error, "allowed_failures", 0)) + 1


def _check_client(client: Any) -> None:
    """Refuses what could not answer.

    Raises:
        TypeError: it is no client, or an asynchronous or closed one.
    """
    if isinstance(client, Cluster):
        found, do = "a cluster", "pass distributed.Client(cluster)"
    elif not hasattr(client, "wait_for_workers"):
        found, do = shown(client), "pass a distributed.Client"
    elif getattr(client, "asynchronous", False):
        found, do = "an asynchronous client", "pass one without asynchronous=True, and call from outside its event loop"
    elif getattr(client, "status", "") in {"closed", "closing"}:
        found, do = "a client that is closed", "make the call before that"
    else:
        return
    raise TypeError(f"client: asked for a distributed.Client to run on; found {found}; {do}")


def _workers(client: Any) -> int:
    try:
        return len(client.scheduler_info()["workers"])
    except (KeyError, OSError):
        return 0


def _nobody(client: Any) -> str:
    found = f"no worker within {PATIENCE_S:.0f} s"
    return f"client {client!r}: asked to carry out shards; found {found}; start workers, or leave the client out"
