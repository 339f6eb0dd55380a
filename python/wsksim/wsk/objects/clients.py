"""Clients: an application's registration, the provider it captured, and requests that a client makes."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import MethodType
from typing import Any

from wsksim._native import _request_of_nobody
from wsksim.wsk.objects.irp import IRP
from wsksim.wsk.objects.provider import Provider
from wsksim.wsk.structures.slips import client_once

__all__ = ["WSK_CLIENT", "WSK_PROVIDER_NPI", "WSK_REGISTRATION"]


class WSK_REGISTRATION:
    """WSK_REGISTRATION: an application's registration; opaque: nothing of it can be assigned.

    Attributes:
        id: the provider's number for it; 0 if it is not registered.
        captures: how many captures were not released.
        version: the version that the application asked for.

    Rules: O-12; page ns-wsk-_wsk_registration.
    """

    __slots__ = ("__weakref__", "_captures", "_id", "_over", "_provider", "_version")

    def __init__(self) -> None:
        self._id = self._captures = self._version = 0
        self._over = False
        self._provider: weakref.ref[Provider] | None = None

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

    @property
    def numbers(self) -> tuple[int, int]:
        """The provider's numbers for its registration and for it."""
        return self._registration.id, self._id

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


def provider_of(name: str, client: object) -> Provider:
    """The provider of a client.

    Raises:
        TypeError: it is no WSK_CLIENT of a provider.
    """
    provider = getattr(client, "_provider", None) if isinstance(client, WSK_CLIENT) else None
    if isinstance(provider, Provider):
        return provider
    raise TypeError(f"{name}: asked for a WSK_CLIENT as Client; found {type(client).__name__}; pass npi.Client")


def of_nobody(name: str, irp: IRP | None) -> int:
    """A request that names no client: its IRP is completed with STATUS_INVALID_HANDLE (L-19).

    Raises:
        TypeError: `irp` is no IRP.
    """
    return _request_of_nobody(name, irp)
