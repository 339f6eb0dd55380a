"""A pool of processes of this machine: each shard has a process of its own, so that a crash is that of one shard."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final

from wsksim import errors
from wsksim.contract import Finding
from wsksim.distributed.outcomes import Outcome
from wsksim.shards.work import PERMANENT, Work, carry_out
from wsksim.wording import printable

__all__ = ["on_pool", "usable_processors"]

# The first byte of what a child sends: a part, a failure that another attempt would meet again, or one that it may not.
_PART, _REFUSED, _FAILED = b"P", b"R", b"F"
# What it sends before that, when it has begun.
_BEGUN: Final = b"B"
_EXIT_ORPHAN: Final = 143


def usable_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def on_pool(work: Work, shards: int, retries: int, *, processes: int) -> Iterator[Outcome]:
    """Carries shards out, so many at a time.

    Raises:
        ContractError, HandlerError, PlanError, TypeError, ValueError: what a shard was refused for.
        ReportError: no process could import the program that asks for this.
    """
    _check_program()
    pool = _Pool(work, shards, retries)
    with ThreadPoolExecutor(min(processes, shards), thread_name_prefix="wsksim-shard") as threads:
        try:
            waiting = [threads.submit(pool.carry_out, shard) for shard in range(shards)]
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.stop()
            threads.shutdown(wait=False, cancel_futures=True)


def _check_program() -> None:
    """Refuses a program that was read from a pipe: each process would have to import it."""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if file is None or getattr(main, "__spec__", None) is not None or Path(file).is_file():
        return
    found = f"a program that is no file ({printable(str(file))}), which each process would have to import"
    raise errors.ReportError(f"processes: asked for a pool of them; found {found}; keep the program in a file")


class _Pool:
    """The processes that run."""

    def __init__(self, work: Work, shards: int, retries: int) -> None:
        self._given, self._shards, self._retries = pickle.dumps(work), shards, retries
        # The server that forks the processes has those of the time when it began.
        self._surroundings = str(Path.cwd()), dict(os.environ)
        # A server that has imported the package forks each process at once; where there is none, each begins anew.
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self._context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload([__name__])
        self._lock = threading.Lock()
        self._running: set[Any] = set()
        self._stopped = False

    def carry_out(self, shard: int) -> Outcome:
        """Carries one shard out, in as many attempts as that takes."""
        outcome = Outcome(shard)
        for attempt in range(1, self._retries + 2):
            if self._stopped:
                break
            outcome = self._try(shard, attempt)
            if outcome.part:
                break
        return outcome

    def stop(self) -> None:
        """Ends what runs."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()

    def _try(self, shard: int, attempt: int) -> Outcome:
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_serve, args=(sender, self._surroundings, self._given, shard, self._shards, attempt), daemon=True
        )
        with receiver:
            with self._lock:
                if self._stopped:
                    sender.close()
                    return Outcome(shard, why="it was cancelled")
                process.start()
                self._running.add(process)
            sender.close()
            begun = _told(receiver, process)
            told = _told(receiver, process) if begun else b""
            process.join()
        with self._lock:
            self._running.discard(process)
        if told[:1] == _PART:
            return Outcome(shard, part=told[1:], attempts=attempt)
        if told:
            name, text, finding = pickle.loads(told[1:])  # noqa: S301 - from a process of ours
            if told[:1] == _REFUSED:
                raise _error(name, text, finding)
            return Outcome(shard, why=f"{name}: {text}", attempts=attempt)
        why = f"its process ended by {_ending(process.exitcode)}{' each time' if attempt > 1 else ''}"
        if not begun:
            why += ", before its shard began; what calls wsksim.distributed.run stands under if __name__ == '__main__'"
        return Outcome(shard, status="crashed", why=why, attempts=attempt)


def _told(receiver: Connection, process: Any) -> bytes:
    """What a child sends next; nothing if it ends before it does, whoever else still holds its pipe."""
    wait([receiver, process.sentinel])
    try:
        return receiver.recv_bytes() if receiver.poll() else b""
    except (EOFError, OSError):
        return b""


def _ending(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"
    return f"exit code {code}"


def _error(name: str, text: str, finding: dict[str, Any] | None) -> Exception:
    """What a child raised, by its name; what is none of ours is a handler's."""
    if finding is not None:
        return errors.ContractError(Finding.from_dict(finding))
    known = {one.__name__: one for one in PERMANENT} | {word: getattr(errors, word) for word in errors.__all__}
    made = known.get(name, errors.HandlerError)(text)
    return made if isinstance(made, Exception) else errors.HandlerError(text)


def _failure(error: Exception) -> bytes:
    finding = error.finding.to_dict() if isinstance(error, errors.ContractError) else None
    return pickle.dumps((type(error).__name__, str(error), finding))


def _serve(
    sender: Connection, surroundings: tuple[str, dict[str, str]], work: bytes, shard: int, shards: int, attempt: int
) -> None:
    """A child's life: one shard."""
    folder, variables = surroundings
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    # The parent takes Ctrl-C, and ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sender.send_bytes(_BEGUN)
    try:
        told = _PART + carry_out(pickle.loads(work), shard, shards, attempt)  # noqa: S301 - from the parent
    except PERMANENT as error:
        told = _REFUSED + _failure(error)
    except Exception as error:  # noqa: BLE001 - the parent says what to do about it
        told = _FAILED + _failure(error)
    sender.send_bytes(told)
    sender.close()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(_EXIT_ORPHAN)
