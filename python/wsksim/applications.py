"""Applications: what a storm is let loose upon. A generator function, or a class with `start` and `stop`.

@wsksim.application
def transport(subsystem):
    server = Server(subsystem)      # set up
    yield server.address            # the addresses where it listens
    server.close()                  # tear down
"""

from __future__ import annotations

import functools
import inspect
import ipaddress
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from wsksim._native import BatchHandler, NativeHandler
from wsksim.errors import ApplicationError
from wsksim.handlers import describe_handler, is_alone, is_library, load_target
from wsksim.kinds import is_a
from wsksim.plans.addresses import Place, read_tcp
from wsksim.subsystem import Subsystem
from wsksim.wording import cited, shown
from wsksim.wsk.structures.addresses import SOCKADDR_IN, SOCKADDR_IN6

__all__ = ["Application", "Started", "application", "as_application", "describe_application", "load_application"]

_HOW: Final = "yield an address, or several, as SOCKADDR_IN, SOCKADDR_IN6 or 'tcp://127.0.0.1:7'"


class Application(Protocol):
    """An application as a class: one object for each storm."""

    def start(self, subsystem: Subsystem) -> object:
        """Sets up; returns the addresses where it listens."""

    def stop(self) -> object:
        """Tears down."""


class _Generated:
    """An application that is a generator function."""

    def __init__(self, function: Callable[[Subsystem], Iterator[object]]) -> None:
        self._function = function
        self._running: Iterator[object] | None = None
        functools.update_wrapper(self, function)

    def __call__(self) -> _Generated:
        """Makes another one, as calling a class does: each storm has its own."""
        return _Generated(self._function)

    def start(self, subsystem: Subsystem) -> object:
        self._running = self._function(subsystem)
        try:
            return next(self._running)
        except StopIteration:
            raise ApplicationError(
                f"application {describe_application(self)}: asked for the addresses where it listens; found that it "
                f"returned and yielded nothing; {_HOW}"
            ) from None

    def stop(self) -> None:
        if self._running is None:
            return
        try:
            again = next(self._running)
        except StopIteration:
            return
        raise ApplicationError(
            f"application {describe_application(self)}: asked to tear down and return; found that it yielded "
            f"{shown(again)}; yield once, all addresses together"
        )


def application(function: Callable[[Subsystem], Iterator[object]]) -> Any:
    """Makes an application of a generator function.

    Args:
        function: called with the subsystem of the storm; it sets up, yields the addresses where it listens, once, and
            tears down when it goes on.

    Returns:
        What `run_plan` and `wsksim run MODULE:NAME --plan FILE` take.

    Raises:
        TypeError: it is no generator function.
    """
    if not inspect.isgeneratorfunction(function):
        kind = "a function that yields nothing" if inspect.isfunction(function) else shown(function)
        raise TypeError(f"application: asked for a generator function (subsystem); found {kind}; {_HOW}")
    return _Generated(function)


def load_application(target: object) -> Callable[[], Application]:
    """Turns what a storm was given into what makes one application.

    Args:
        target: `"module:name"` or `"file.py:name"`, what `@wsksim.application` made, a class with `start` and `stop`,
            an object with both, or a disconnect handler in Python, whose connections are held for it.

    Raises:
        ApplicationError: it is none of these.
        HandlerError: the text cannot be loaded.
    """
    what = f"application {cited(target)}" if is_a(target, str) else "application"
    found = load_target(what, target) if is_a(target, str) else target
    if isinstance(found, _Generated):
        return found
    if is_alone(found):
        from wsksim.runs.held import Held  # start-up: 1 ms, for plans of handlers only

        return functools.partial(Held, found)
    if not callable(getattr(found, "start", None)) or not callable(getattr(found, "stop", None)):
        do = "decorate a generator function with @wsksim.application, or write a class with start(subsystem) and stop()"
        if inspect.isgeneratorfunction(found):
            kind = "a generator function that is not decorated"
        elif isinstance(found, BatchHandler | NativeHandler):
            kind = f"the {'batch' if isinstance(found, BatchHandler) else 'native'} handler {describe_handler(found)}"
            do = "name a plain function (SocketContext, Flags), or run this one without a plan"
        elif inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found):
            kind = "an async def, which nobody awaits"
        else:
            kind = "a function" if inspect.isfunction(found) else shown(found)
            do += ", or name a disconnect handler (SocketContext, Flags)"
        raise ApplicationError(f"{what}: asked for an application; found {kind}; {do}")
    if not isinstance(found, type):
        return lambda: found  # type: ignore[return-value]
    try:
        inspect.signature(found).bind()
    except (TypeError, ValueError):
        text = f"{what}: asked for a class that is made without arguments; found {shown(found)}"
        raise ApplicationError(f"{text}; give its arguments defaults") from None
    return found


def as_application(target: object) -> Callable[[], Application] | None:
    """What makes an application, if the target is one; None if it may be a handler.

    Raises:
        ApplicationError: it is an application that cannot be made.
        HandlerError: the text cannot be loaded.
    """
    if is_a(target, str) and is_library(target):
        return None
    found = load_target(f"handler {cited(target)}", target) if is_a(target, str) else target
    # A mock and its like answer every name: only what is written counts.
    both = all(
        inspect.getattr_static(found, name, None) and callable(getattr(found, name)) for name in ("start", "stop")
    )
    return load_application(target) if isinstance(found, _Generated) or both else None


def describe_application(target: object) -> str:
    """Names an application for a report."""
    if isinstance(target, _Generated):
        return describe_handler(target._function)  # noqa: SLF001 - ours
    if is_a(target, str, type) or is_alone(target):
        return describe_handler(target)
    return describe_handler(type(target))


class Started:
    """An application that runs on a subsystem.

    Attributes:
        listening: the addresses where it says that it listens.
    """

    def __init__(
        self, make: Callable[[], Application], subsystem: Subsystem, name: str, *, listens: bool = True
    ) -> None:
        """Starts it; `listens`: somebody wants to connect to it, so that it has to say where.

        Raises:
            ApplicationError: it raised, or gave no addresses.
        """
        self._name, self._stopped = name, False
        try:
            self._application = make()
            given = self._application.start(subsystem)
        except ApplicationError:
            raise
        except (Exception, SystemExit) as error:
            found = f"{type(error).__name__}: {error}"
            raise ApplicationError(
                f"application {name}: asked it to start; it raised {found}; correct what it does before it listens"
            ) from error
        if inspect.isgenerator(given):
            do = "decorate it with @wsksim.application"
            raise ApplicationError(f"application {name}: asked for addresses; found a generator that start made; {do}")
        self.listening = self._addresses(given, needed=listens)

    def stop(self) -> None:
        """Has it tear down.

        Raises:
            ApplicationError: it was stopped before, or yields again.
        """
        if self._stopped:
            raise ApplicationError(f"application {self._name}: asked to stop; it was stopped before; stop it once")
        self._stopped = True
        self._application.stop()

    def _addresses(self, given: object, *, needed: bool) -> list[Place]:
        if given is None:
            found: list[object] = []
        else:
            found = list(given) if is_a(given, list, tuple, set, frozenset) else [given]
        if not found and needed:
            text = f"application {self._name}: asked for the addresses where it listens; found {shown(given)}"
            raise ApplicationError(f"{text}; {_HOW}")
        return [self._address(one) for one in found]

    def _address(self, given: object) -> Place:
        match given:
            case SOCKADDR_IN():
                return given.sin_family, ipaddress.ip_address(given.sin_addr).packed, given.sin_port
            case SOCKADDR_IN6():
                return given.sin6_family, ipaddress.ip_address(given.sin6_addr).packed, given.sin6_port
        found = read_tcp(given)
        if found is None:
            text = (
                f"application {self._name}: asked for the addresses where it listens; found {shown(given)} among them"
            )
            raise ApplicationError(f"{text}; {_HOW}")
        return found
