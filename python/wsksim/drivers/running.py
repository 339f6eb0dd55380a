"""Running: a driver that was started in this process, and the remote ends that a test moves by hand."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Literal, Self

from wsksim._native import DriverObject, StartedDriver
from wsksim.drivers.asking import Asked, Outcome
from wsksim.drivers.report import driver_report
from wsksim.errors import DriverError, RemoteError
from wsksim.kinds import is_a, is_sequence
from wsksim.plans.addresses import Place, read_tcp, show_tcp
from wsksim.plans.quantities import LONGEST
from wsksim.runs.arguments import whole
from wsksim.runs.report import Report
from wsksim.wording import shown
from wsksim.wsk.words.status import NTSTATUS

__all__ = ["Listening", "Peer", "Running"]

_ALL: Final = 1 << 62
_LONGEST_S: Final = LONGEST // 10**9


class Peer:
    """A remote end of a connection with the driver."""

    def __init__(self, driver: StartedDriver, number: int) -> None:
        self._driver, self._number = driver, number

    def send(self, data: bytes) -> None:
        """Sends; the driver sees it when the run settles."""
        if not is_a(data, bytes, bytearray):
            raise TypeError(f"send: asked to send bytes; found {shown(data)}; pass bytes")
        _good(self._driver.send(self._number, data), "send")

    def read(self, most: int | None = None) -> bytes:
        """What has arrived, so many bytes at most; empty if nothing has."""
        return self._driver.read(self._number, _ALL if most is None else whole("read", most, low=0, high=_ALL))

    def disconnect(self) -> None:
        """Finishes, and goes on reading."""
        _good(self._driver.end(self._number, "disconnect"), "disconnect")

    def close(self) -> None:
        """Closes as `closesocket` does."""
        self._driver.end(self._number, "close")

    def abort(self) -> None:
        """Aborts."""
        _good(self._driver.end(self._number, "abort"), "abort")

    def vanish(self) -> None:
        """Goes silent."""
        self._driver.end(self._number, "vanish")

    @property
    def finished(self) -> bool:
        """Whether the driver has finished."""
        return self._driver.seen(self._number)[0]

    @property
    def aborted(self) -> bool:
        """Whether the connection was torn down."""
        return self._driver.seen(self._number)[1]


class Listening:
    """Where remote ends wait for the driver."""

    def __init__(self, driver: StartedDriver, number: int) -> None:
        self._driver, self._number = driver, number

    def accept(self) -> Peer | None:
        """The next connection that the driver has made; None if there is none."""
        number = self._driver.accept(self._number)
        return None if number is None else Peer(self._driver, number)


class Running:
    """A driver between its DriverEntry and its unload routine; a context manager, which unloads it.

    Attributes:
        listeners: where remote ends wait for the driver, in the order in which that was asked for.
        report: what was found and counted, once it is unloaded; None before.
    """

    def __init__(self, asked: Asked, target: str, command: Sequence[str], listen: Sequence[str]) -> None:
        """Runs DriverEntry; `Driver.start` says the rest.

        Raises:
            DriverError: it failed, or the run ended in it.
        """
        self._asked, self._target, self._command = asked, target, command
        self._begun = time.perf_counter()
        options = asked.options()
        del options["peers"]
        if not is_sequence(listen):
            do = "pass a list such as ['tcp://127.0.0.1:9']"
            raise TypeError(f"listen: asked for a list of addresses; found {shown(listen)}; {do}")
        driver, places = DriverObject(asked.path), list(map(_place, listen))
        started, listeners = driver.start(asked.first, **options, hosts=asked.places(), listen=places)
        self._driver, self.listeners = started, [Listening(started, number) for number in listeners]
        self.report: Report | None = None
        failed = started.status is not None and started.status >= 1 << 31
        if started.ended or failed:
            ended = started.ended or f"DriverEntry returned {NTSTATUS(started.status or 0)!r}"
            report = self.stop()
            raise DriverError(f"asked to start {target}; found: {ended}\n{report}")

    @property
    def listening(self) -> list[str]:
        """The addresses where the driver listens, such as `tcp://0.0.0.0:7`."""
        return [show_tcp(place) for place in self._driver.listening()]

    @property
    def now(self) -> float:
        """Virtual time since the beginning, in seconds."""
        return self._driver.now

    @property
    def ended(self) -> str:
        """Why the run ended before its time, such as a bug check; empty if it has not."""
        return self._driver.ended or ""

    def connect(self, address: str | None = None) -> Peer:
        """A remote end connects to the driver.

        Args:
            address: to where, such as `tcp://127.0.0.1:7`; may be left out if it listens at one address.

        Raises:
            RemoteError: it is refused, or nobody is reached there.
            DriverError: the address was left out, and the driver listens at none or several.
        """
        status, number = self._driver.connect(self._only() if address is None else _place(address))
        if status not in {0, 0x103}:
            where = ", ".join(self.listening) or "nowhere"
            found = f"found {NTSTATUS(status)!r}; the driver listens at {where}; use an address of these"
            raise RemoteError(f"connect: asked for {address or where}; {found}", status)
        return Peer(self._driver, number)

    def settle(self, seconds: float = 0.0) -> None:
        """Lets everything happen that can, and so much virtual time pass.

        Raises:
            ValueError: `seconds` is no number from 0 to that of 366 days.
        """
        if is_a(seconds, bool) or not is_a(seconds, int, float) or not 0 <= seconds <= _LONGEST_S:
            asked = f"settle: asked for seconds of virtual time, from 0 to {_LONGEST_S:,}"
            raise ValueError(f"{asked}; found {shown(seconds)}; pass a number such as 0.5")
        self._driver.settle(float(seconds))

    def stop(self) -> Report:
        """Unloads the driver, and looks at what it leaves; returns the report."""
        if self.report is None:
            outcome = Outcome.of(self._asked.first, self._driver.stop())
            self.report = driver_report(
                self._asked,
                [outcome],
                target=self._target,
                command=self._command,
                elapsed_s=time.perf_counter() - self._begun,
            )
        return self.report

    def _only(self) -> Place:
        places = self._driver.listening()
        if len(places) != 1:
            found = ", ".join(self.listening) or "that it listens nowhere"
            raise DriverError(f"connect: asked for the driver's only address; found {found}; name the address")
        return places[0]

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        """Unloads the driver."""
        self.stop()
        return False


def _good(status: int, what: str) -> None:
    if status >= 1 << 31:
        raise RemoteError(f"{what}: asked of a remote end; found {NTSTATUS(status)!r}", status)


def _place(address: str) -> Place:
    place = read_tcp(address)
    if place is None:
        raise ValueError(f"address: asked for one such as tcp://127.0.0.1:7; found {shown(address)}; write it so")
    return place
