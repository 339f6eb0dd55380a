"""Waiting: for a child process that was started or forked, and what Ctrl-C and other signals mean meanwhile."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, Protocol

__all__ = ["GRACE_S", "End", "Forked", "ends_by_signal", "interrupt_by_turns", "interrupt_once", "started", "wait"]

GRACE_S: Final = 1.0
_LOOK_S: Final = 0.01
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


@dataclass(frozen=True)
class End:
    """How a child ended."""

    code: int
    interrupted: bool = False
    killed: bool = False


class _Process(Protocol):
    """What is asked of a child, however it was made."""

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
        self._number = number

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end, at most so many seconds; returns its exit code, negative for a signal."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            found, status = os.waitpid(self._number, 0 if end is None else os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired("the forked process", timeout or 0.0)
            time.sleep(_LOOK_S)

    def send_signal(self, number: int, /) -> None:
        """Sends it a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._number, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)


def wait(child: _Process, *, passes: int, grace_s: float | None) -> End:
    """Waits for a child.

    Args:
        child: the child.
        passes: so often Ctrl-C is passed on; the next one ends the child.
        grace_s: how long the child may take after one; None for as long as it wants.
    """
    passed = 0
    while True:
        try:
            return End(child.wait(grace_s if passed else None), interrupted=passed > 0)
        except subprocess.TimeoutExpired:
            return _kill(child)
        except KeyboardInterrupt:
            if passed == passes:
                return _kill(child)
            passed += 1
            # A terminal interrupts the whole process group; a signal to the parent alone has to be passed on.
            if os.name == "posix":
                child.send_signal(signal.SIGINT)
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
