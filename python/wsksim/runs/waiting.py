"""Waiting: for a child process that was started or forked, and what Ctrl-C and other signals mean meanwhile.

Ctrl-C is counted here and raises nothing: an exception may come while a child was made and nobody knows it yet. The
count is looked at every now and then, for a wait that begins just after a signal came would not be ended by it.
"""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Final, Protocol, Self

__all__ = [
    "GRACE_S",
    "End",
    "Forked",
    "Interrupts",
    "ends_by_signal",
    "interrupt_by_turns",
    "interrupt_once",
    "started",
    "wait",
]

GRACE_S: Final = 1.0
# Ctrl-C, and the end of a child where the system does not tell it, are seen so late at most.
_LOOK_S: Final = 0.02
# Two signals of one Ctrl-C are no further apart.
_TOGETHER_S: Final = 0.2


def interrupt_once() -> None:
    """Lets only the first Ctrl-C interrupt: the terminal sends one to each process, the parent passes on its own."""
    signal.signal(signal.SIGINT, _interrupt_and_ignore)


def _interrupt_and_ignore(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def interrupt_by_turns() -> None:
    """Lets each Ctrl-C interrupt once, whether it comes from the terminal, from the parent, or from both."""
    last = -_TOGETHER_S

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last
        del number, frame
        before, last = last, time.monotonic()
        if last - before >= _TOGETHER_S:
            raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


@contextlib.contextmanager
def ends_by_signal() -> Iterator[None]:
    """Lets a signal that ends this process leave the block first; its exit code is the shell's for that signal."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        raise SystemExit(128 + number)

    # A signal that is ignored, as under nohup, stays ignored.
    before = {number: signal.signal(number, end) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Interrupts:
    """Counts Ctrl-C until the block is left; what nobody took is raised then."""

    def __init__(self) -> None:
        """Begins with none."""
        self._count = 0
        self._before: Any = None

    def __enter__(self) -> Self:
        """Begins to count, unless somebody else sees to Ctrl-C."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._count += 1

    def take(self) -> bool:
        """Takes one, if there is one."""
        taken = self._count > 0
        self._count -= taken
        return taken

    def forget(self) -> None:
        """Forgets those that nobody took: what they would end has ended."""
        self._count = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Ends the count."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self._count and error is None:
            raise KeyboardInterrupt


@dataclass(frozen=True)
class End:
    """How a child ended."""

    code: int
    interrupted: bool = False
    killed: bool = False


class _Process(Protocol):
    """What is asked of a child, however it was made."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


def started(command: list[str], options: dict[str, Any]) -> "subprocess.Popen[bytes]":
    """Starts a child."""
    return subprocess.Popen(command, **options)  # noqa: S603 - this very program


class Forked:
    """A forked child, as `subprocess.Popen` has a started one."""

    def __init__(self, number: int) -> None:
        """Takes its number."""
        self.pid = number

    def poll(self) -> int | None:
        """Returns its exit code, negative for a signal; None while it runs."""
        found, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if found else None

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end, at most so many seconds; returns its exit code."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired("the forked process", timeout or 0.0)
            time.sleep(_LOOK_S)
        return code

    def send_signal(self, number: int, /) -> None:
        """Sends it a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)


@contextlib.contextmanager
def _naps(child: _Process) -> Iterator[Callable[[], object]]:
    """Gives a function that waits a moment, or until the child has ended if the system tells."""
    try:
        told = os.pidfd_open(child.pid)
    except (AttributeError, OSError):  # another system, an old kernel, or one that forbids it
        yield lambda: time.sleep(_LOOK_S)
        return
    try:
        yield lambda: select.select([told], [], [], _LOOK_S)
    finally:
        os.close(told)


def wait(child: _Process, interrupts: Interrupts, *, passes: int, grace_s: float | None) -> End:
    """Waits for a child.

    Args:
        child: the child.
        interrupts: counts Ctrl-C since before the child was made.
        passes: so often Ctrl-C is passed on; the next one ends the child.
        grace_s: how long the child may take after one; None for as long as it wants.
    """
    passed, ends = 0, None
    try:
        with _naps(child) as nap:
            while (code := child.poll()) is None:
                if interrupts.take():
                    if passed == passes:
                        return _kill(child)
                    passed += 1
                    ends = None if grace_s is None else time.monotonic() + grace_s
                    # A terminal interrupts the whole process group; a signal to the parent alone has to be passed on.
                    if os.name == "posix":
                        child.send_signal(signal.SIGINT)
                elif ends is not None and time.monotonic() >= ends:
                    return _kill(child)
                nap()
        interrupted = passed > 0 or interrupts.take()
        interrupts.forget()
        return End(code, interrupted=interrupted)
    except BaseException:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)
        child.kill()
        with contextlib.suppress(ChildProcessError):
            child.wait()
        raise


def _kill(child: _Process) -> End:
    child.kill()
    return End(child.wait(), interrupted=True, killed=True)
