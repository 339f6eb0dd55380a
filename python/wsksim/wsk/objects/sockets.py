"""Socket objects: WSK_SOCKET, the provider's tables, and what the provider remembers of a socket.

Only the functions of its category's table are there on a socket (O-2, O-3): `Socket.WskSend(...)` is short for
`Socket.Dispatch.WskSend(Socket, ...)`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any

from wsksim.wsk.structures.addresses import SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, Address, packed
from wsksim.wsk.structures.client_tables import tables_of
from wsksim.wsk.words.identifiers import AF_INET, AF_INET6
from wsksim.wsk.words.refused import Refused

if TYPE_CHECKING:
    from wsksim.wsk.objects.provider import Provider

__all__ = ["WSK_SOCKET"]


class WSK_SOCKET:
    """WSK_SOCKET: a socket of the provider; IoStatus.Information of the request that made it.

    Nothing of it can be assigned: the provider made it, and no function changes a context or table (L-10).

    Attributes:
        Dispatch: the constant table of its category's functions.
        id: the provider's number for it.
        context: its SocketContext (L-3 to L-6).
        table: its callbacks, or None.
        family: AF_INET or AF_INET6.

    Rules: O-2, O-3, L-10; page ns-wsk-_wsk_socket.
    """

    Dispatch: Any
    provider: Provider
    id: int
    context: Any
    table: Any
    family: int
    # Inside WskAcceptEvent: reads its out parameters (L-7).
    written: Callable[[], None] | None
    # Of its client; WskDeregister waits for its close (O-17).
    registration: Any
    # Under which findings name it once it is closed.
    handle: int

    def __init__(
        self, provider: Provider, number: int, Dispatch: Any, context: Any, table: Any, family: int = AF_INET
    ) -> None:
        """Made by the provider only."""
        self.hold(Dispatch=Dispatch, provider=provider, id=number, context=context, table=table, family=family)
        self.hold(written=None, registration=None, handle=0)

    def hold(self, **members: Any) -> None:
        """Sets members; for the provider."""
        self.__dict__.update(members)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuses: an application does not write into a socket object."""
        del value
        raise AttributeError(f"WSK_SOCKET: asked to write {name}; the provider owns a socket object; leave it [L-10]")

    def __delattr__(self, name: str) -> None:
        """Refuses, likewise."""
        raise AttributeError(f"WSK_SOCKET: asked to delete {name}; the provider owns a socket object; leave it [L-10]")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The function of that name in the socket's table."""
        function = getattr(self.__dict__.get("Dispatch"), name, None) if name.startswith("Wsk") else None
        if function is None:
            table = type(self.__dict__.get("Dispatch")).__name__
            raise AttributeError(f"WSK_SOCKET: asked for {name}; {table} has no such function [O-2]")
        return MethodType(function, self)

    def __dir__(self) -> list[str]:
        """The functions that the socket has, and Dispatch."""
        return sorted({"Dispatch", *(name for name in dir(self.Dispatch) if name.startswith("Wsk"))})

    def __repr__(self) -> str:
        category = type(self.Dispatch).__name__.removeprefix("WSK_PROVIDER_").removesuffix("_DISPATCH").lower()
        return f"<WSK_SOCKET socket {self.id}, {category} {self.provider.state(self.id)}>"

    def settle(self) -> None:
        """Fixes context and table of a socket that WskAcceptEvent shows, if the callback wrote them (L-7)."""
        if self.written is not None:
            self.written()

    def callback(self, name: str) -> Callable[..., Any] | None:
        """The application's callback of that name, None if its table has none."""
        for table in tables_of(self.table):
            found = getattr(table, name, None)
            if found is not None:
                return found  # type: ignore[no-any-return]
        return None


def to_machine(caller: str, name: str, address: object) -> Address | Refused | None:
    """An address as the provider wants it; None for NULL.

    Raises:
        TypeError: it is no SOCKADDR, or a member is of another type.
    """
    if address is None:
        return None
    try:
        return packed(caller, name, address)
    except ValueError:
        return Refused()


def place_of(caller: str, name: str, address: object) -> int | None:
    """The family of an address that is to be filled, None for NULL; the provider judges whether a result fits it.

    Raises:
        TypeError: it is no SOCKADDR.
    """
    if address is None:
        return None
    if not isinstance(address, SOCKADDR_IN | SOCKADDR_IN6):
        kind = type(address).__name__
        raise TypeError(f"{caller}: asked for a SOCKADDR_IN, SOCKADDR_IN6 or None as {name}; found {kind}; pass one")
    return AF_INET6 if isinstance(address, SOCKADDR_IN6) else AF_INET


def from_machine(address: Address | None) -> SOCKADDR | None:
    """An address from the machine as the application sees it."""
    if address is None:
        return None
    family, raw, port = address
    if family == AF_INET:
        return SOCKADDR_IN(AF_INET, port, raw)  # type: ignore[arg-type] # bytes become text
    return SOCKADDR_IN6(AF_INET6, port, 0, raw)  # type: ignore[arg-type]


def fill_address(target: SOCKADDR | None, address: Address | None) -> None:
    """Writes an address into the application's buffer (A-2, I-9)."""
    made = from_machine(address)
    if target is not None and made is not None:
        target.__dict__.update(made.__dict__)
