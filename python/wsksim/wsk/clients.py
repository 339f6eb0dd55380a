"""Clients: an application's registration, the provider it captured, and requests that a client makes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from wsksim.wsk.chains import in_chain
from wsksim.wsk.flight import Completion, Flight
from wsksim.wsk.identifiers import DISPATCH_LEVEL
from wsksim.wsk.irp import IRP, begin, complete
from wsksim.wsk.irql import KeGetCurrentIrql
from wsksim.wsk.provider import Answer, Provider, entered, refusal
from wsksim.wsk.requests import Refused
from wsksim.wsk.status import (
    STATUS_DEVICE_NOT_READY,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
)

__all__ = ["WSK_CLIENT", "WSK_PROVIDER_NPI", "WSK_REGISTRATION"]


class WSK_REGISTRATION:
    """WSK_REGISTRATION: an application's registration; opaque.

    Rules: O-12; page ns-wsk-_wsk_registration.
    """

    __slots__ = ("__weakref__", "captures", "id", "requests", "version")

    def __init__(self) -> None:
        self.id = 0
        self.captures = 0
        self.version = 0
        # Of its client: WskDeregister waits for them (O-17).
        self.requests: set[Flight] = set()

    def __repr__(self) -> str:
        return f"<WSK_REGISTRATION {self.id or 'not registered'}>"


class WSK_CLIENT:
    """WSK_CLIENT: the binding between a registration and the provider; opaque (O-1).

    Rules: O-1; page wsk-client.
    """

    __slots__ = ("id", "provider", "registration")

    def __init__(self, provider: Provider, number: int, registration: WSK_REGISTRATION) -> None:
        """Made by the provider only."""
        self.provider = provider
        self.id = number
        self.registration = registration

    def check_captured(self) -> None:
        """Refuses a request of a client whose NPI was released (O-16)."""
        if self.registration.captures == 0:
            raise Refused(STATUS_DEVICE_NOT_READY)

    def __repr__(self) -> str:
        return f"<WSK_CLIENT {self.id}>"


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
        return functools.partial(function, self.Client)

    def __dir__(self) -> list[str]:
        """The functions, Client and Dispatch."""
        return ["Client", "Dispatch", *(name for name in dir(self.Dispatch) if name.startswith("Wsk"))]

    def __repr__(self) -> str:
        return f"<WSK_PROVIDER_NPI of {self.Client!r}>"


class _Nobody:
    """Completes requests that name no client, so no subsystem."""

    subsystem = None

    def cancel(self, flight: Flight) -> bool:
        del flight
        return False

    def is_completing(self, flight: Flight) -> bool:
        return not flight.done

    def report(self, rule: str, condition: str, found: str) -> None:
        del rule, condition, found

    def call_routine(self, flight: Flight, routine: Callable[..., Any], irp: Any, context: Any) -> Any:
        del flight
        with entered(routine, KeGetCurrentIrql()):
            return routine(None, irp, context)


_NOBODY = _Nobody()


def client_request(
    name: str,
    client: object,
    irp: IRP | None,
    ask: Callable[[WSK_CLIENT, int], Answer],
    *,
    limit: int = DISPATCH_LEVEL,
    deliver: Callable[[Provider], Callable[[Completion], Any]] | None = None,
) -> int:
    """Makes a request of a client; `ask` may raise Refused.

    A NULL client is answered with STATUS_INVALID_HANDLE (L-19).

    Raises:
        TypeError: `client` is no WSK_CLIENT.
    """
    if client is None:
        return _without_client(name, irp)
    if not isinstance(client, WSK_CLIENT):
        raise TypeError(f"{name}: asked for a WSK_CLIENT as Client; found {type(client).__name__}; pass npi.Client")
    found = client

    def asking(number: int) -> Answer:
        try:
            return ask(found, number)
        except Refused as refused:
            return refusal(refused.status)(number)

    made = deliver(found.provider) if deliver is not None else None
    waiters = found.registration.requests
    return found.provider.perform(name, irp, asking, limit=limit, deliver=made, waiters=waiters)


def _without_client(name: str, irp: IRP | None) -> int:
    if irp is None:
        return STATUS_INVALID_PARAMETER
    if not isinstance(irp, IRP):
        raise TypeError(f"{name}: asked for an IRP or None as Irp; found {type(irp).__name__}; pass wsk.IRP()")
    if irp.in_use:
        return STATUS_INVALID_PARAMETER
    flight = Flight(irp, _NOBODY)
    begin(flight)
    # No machine to leave it to, so on this stack, also inside a completion routine.
    in_chain(functools.partial(complete, flight, STATUS_INVALID_HANDLE, 0, pending=False))
    return STATUS_INVALID_HANDLE
