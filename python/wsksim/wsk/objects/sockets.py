"""Socket objects: WSK_SOCKET, the provider's tables, and what the provider remembers of a socket.

Only the functions of its category's table are there on a socket (O-2, O-3): `Socket.WskSend(...)` is short for
`Socket.Dispatch.WskSend(Socket, ...)`.
"""

from __future__ import annotations

from typing import Any

from wsksim import _native
from wsksim.wsk.words.identifiers import AF_INET

__all__ = ["WSK_SOCKET"]


class WSK_SOCKET(_native.Socket):
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

    __slots__ = ()

    def __init__(
        self, provider: object, number: int, Dispatch: Any, context: Any, table: Any, family: int = AF_INET
    ) -> None:
        """Made by the provider only."""

    def __setattr__(self, name: str, value: object) -> None:
        """Refuses: an application does not write into a socket object."""
        del value
        raise AttributeError(f"WSK_SOCKET: asked to write {name}; the provider owns a socket object; leave it [L-10]")

    def __delattr__(self, name: str) -> None:
        """Refuses, likewise."""
        raise AttributeError(f"WSK_SOCKET: asked to delete {name}; the provider owns a socket object; leave it [L-10]")

    def __dir__(self) -> list[str]:
        """The functions that the socket has, and Dispatch."""
        return sorted({"Dispatch", *(name for name in dir(self.Dispatch) if name.startswith("Wsk"))})

    def __repr__(self) -> str:
        category = type(self.Dispatch).__name__.removeprefix("WSK_PROVIDER_").removesuffix("_DISPATCH").lower()
        return f"<WSK_SOCKET socket {self.id}, {category} {self.provider.state(self.id)}>"
