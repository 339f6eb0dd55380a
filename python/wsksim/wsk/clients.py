"""Clients: an application's registration, the provider it captured, and requests that a client makes."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from types import MethodType
from typing import Any

from wsksim.errors import ContractError
from wsksim.wsk.chains import in_chain
from wsksim.wsk.flight import Completion, Flight
from wsksim.wsk.identifiers import DISPATCH_LEVEL
from wsksim.wsk.irp import IRP, Raised, admitted, begin, complete, taken
from wsksim.wsk.irql import KeGetCurrentIrql
from wsksim.wsk.provider import Answer, Provider, entered, refusal
from wsksim.wsk.refused import Refused
from wsksim.wsk.slips import client_once
from wsksim.wsk.status import (
    STATUS_DEVICE_NOT_READY,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
)

__all__ = ["WSK_CLIENT", "WSK_PROVIDER_NPI", "WSK_REGISTRATION"]


class WSK_REGISTRATION:
    """WSK_REGISTRATION: an application's registration; opaque: nothing of it can be assigned.

    Attributes:
        id: the provider's number for it; 0 if it is not registered.
        captures: how many captures were not released.
        version: the version that the application asked for.

    Rules: O-12; page ns-wsk-_wsk_registration.
    """

    __slots__ = ("__weakref__", "_captures", "_id", "_over", "_provider", "_version", "requests")

    def __init__(self) -> None:
        self._id = self._captures = self._version = 0
        self._over = False
        self._provider: weakref.ref[Provider] | None = None
        # Of its client: WskDeregister waits for them (O-17).
        self.requests: set[Flight] = set()

    @property
    def id(self) -> int:
        """The provider's number for it; 0 if it is not registered."""
        return self._id

    @property
    def captures(self) -> int:
        """How many captures were not released."""
        return self._captures

    @property
    def version(self) -> int:
        """The version that the application asked for."""
        return self._version

    def begin(self, provider: Provider, number: int, version: int) -> None:
        """Registers it; for the provider."""
        self._provider, self._id, self._version, self._captures = weakref.ref(provider), number, version, 0
        self._over = False

    @property
    def is_over(self) -> bool:
        """Whether it was deregistered and not registered again."""
        return self._over

    def is_of(self, provider: Provider) -> bool:
        """Whether it is registered there: the numbers of two subsystems may be the same."""
        return self._provider is not None and self._provider() is provider

    def capture(self, change: int) -> None:
        """Counts a capture or a release; for the provider."""
        self._captures += change

    def end(self) -> None:
        """It is registered no more; for the provider."""
        self._id = self._captures = 0
        self._over = True
        self._provider = None

    def __repr__(self) -> str:
        return f"<WSK_REGISTRATION {self._id or 'not registered'}>"


class WSK_CLIENT:
    """WSK_CLIENT: the binding between a registration and the provider; opaque: nothing of it can be assigned.

    Attributes:
        id: the provider's number for it.
        registration: the WSK_REGISTRATION.

    Rules: O-1; page wsk-client.
    """

    __slots__ = ("_id", "_provider", "_registration")

    def __init__(self, provider: Provider, number: int, registration: WSK_REGISTRATION) -> None:
        """Made by the provider only."""
        self._provider = provider
        self._id = number
        self._registration = registration

    @property
    def id(self) -> int:
        """The provider's number for it."""
        return self._id

    @property
    def provider(self) -> Provider:
        """Whose client it is."""
        return self._provider

    @property
    def registration(self) -> WSK_REGISTRATION:
        """The registration that captured it."""
        return self._registration

    def check_captured(self) -> None:
        """Refuses a request of a client whose NPI was released (O-16)."""
        if self._registration.captures == 0:
            raise Refused(STATUS_DEVICE_NOT_READY)

    def __repr__(self) -> str:
        return f"<WSK_CLIENT {self._id}>"


class WSK_PROVIDER_NPI:
    """WSK_PROVIDER_NPI: the client object, and the provider's functions that take it.

    `npi.WskSocket(...)` is short for `npi.Dispatch.WskSocket(npi.Client, ...)`.

    Attributes:
        Client: the WSK_CLIENT.
        Dispatch: the WSK_PROVIDER_DISPATCH.

    Rules: O-1, O-13, O-15; page ns-wsk-_wsk_provider_npi.
    """

    def __init__(self, Client: WSK_CLIENT, Dispatch: Any) -> None:
        self.Client = Client
        self.Dispatch = Dispatch

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The function of that name, for this client."""
        function = getattr(self.__dict__.get("Dispatch"), name, None) if name.startswith("Wsk") else None
        if function is None:
            raise AttributeError(f"WSK_PROVIDER_NPI: asked for {name}; WSK_PROVIDER_DISPATCH has no such function")
        return MethodType(client_once(function), self.Client)

    def __dir__(self) -> list[str]:
        """The functions, Client and Dispatch."""
        return ["Client", "Dispatch", *(name for name in dir(self.Dispatch) if name.startswith("Wsk"))]

    def __repr__(self) -> str:
        return f"<WSK_PROVIDER_NPI of {self.Client!r}>"


class _Nobody:
    """Completes a request that names no client, so no subsystem; findings are of whom the IRP was last given to."""

    subsystem = None

    def __init__(self, irp: IRP) -> None:
        self._owner = irp._owner

    def cancel(self, flight: Flight) -> bool:
        del flight
        return False

    def is_completing(self, flight: Flight) -> bool:
        return not flight.done

    def report(
        self, rule: str, condition: str, found: str, socket: Any = None, cause: BaseException | None = None
    ) -> None:
        if self._owner is not None:
            self._owner.report(rule, condition, found, socket, cause)

    def call_routine(self, flight: Flight, routine: Callable[..., Any], irp: Any, context: Any) -> Any:
        if self._owner is not None:
            return self._owner.call_routine(flight, routine, irp, context)
        try:
            with entered(f"the completion routine of {flight.name}", KeGetCurrentIrql()):
                return routine(None, irp, context)
        except (KeyboardInterrupt, SystemExit, ContractError):
            raise
        except BaseException as error:  # noqa: BLE001 - as where a subsystem completes it
            return Raised(error)


def client_request(
    name: str,
    client: object,
    irp: IRP | None,
    ask: Callable[[WSK_CLIENT, int], Answer],
    *,
    limit: int = DISPATCH_LEVEL,
    deliver: Callable[[WSK_CLIENT], Callable[[Completion], Any]] | None = None,
) -> int:
    """Makes a request of a client; `ask` may raise Refused.

    A NULL client is answered with STATUS_INVALID_HANDLE (L-19).

    Raises:
        TypeError: `client` is no WSK_CLIENT.
    """
    if client is None:
        return _without_client(name, irp)
    if not (isinstance(client, WSK_CLIENT) and isinstance(getattr(client, "_provider", None), Provider)):
        raise TypeError(f"{name}: asked for a WSK_CLIENT as Client; found {type(client).__name__}; pass npi.Client")
    found = client

    def asking(number: int) -> Answer:
        try:
            return ask(found, number)
        except Refused as refused:
            return refusal(refused.status)(number)

    made = deliver(found) if deliver is not None else None
    waiters = found.registration.requests
    return found.provider.perform(name, irp, asking, limit=limit, deliver=made, waiters=waiters)


def _without_client(name: str, irp: IRP | None) -> int:
    if irp is None:
        return STATUS_INVALID_PARAMETER
    if not isinstance(irp, IRP):
        raise TypeError(f"{name}: asked for an IRP or None as Irp; found {type(irp).__name__}; pass wsk.IRP()")
    nobody = _Nobody(irp)
    if not admitted(name, irp, nobody):
        return STATUS_INVALID_PARAMETER
    flight = Flight(irp, nobody, name)
    if not begin(flight):
        taken(name, nobody)
        return STATUS_INVALID_PARAMETER
    # No machine to leave it to, so on this stack, also inside a completion routine.
    in_chain(functools.partial(complete, flight, STATUS_INVALID_HANDLE, 0, pending=False))
    return STATUS_INVALID_HANDLE
