"""What the functions of sockets share: whose function it is, and buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wsksim.wsk.arguments import instance
from wsksim.wsk.flight import Completion
from wsksim.wsk.identifiers import DISPATCH_LEVEL
from wsksim.wsk.irp import IRP
from wsksim.wsk.provider import Answer, Ask, Provider, refusal
from wsksim.wsk.refused import Refused
from wsksim.wsk.sockets import WSK_SOCKET
from wsksim.wsk.structures import WSK_BUF

__all__ = ["owner_of", "payload", "request", "required", "scatter", "target"]


def owner_of(name: str, socket: object) -> Provider:
    """The provider of a socket.

    Raises:
        TypeError: it is no WSK_SOCKET of a provider.
    """
    # An object that the application made itself belongs to nobody.
    provider = vars(socket).get("provider") if isinstance(socket, WSK_SOCKET) else None
    if isinstance(provider, Provider):
        return provider
    raise TypeError(
        f"{name}: asked for a WSK_SOCKET as Socket; found {type(socket).__name__}; pass IoStatus.Information"
    )


def request(
    name: str,
    socket: WSK_SOCKET,
    irp: IRP | None,
    ask: Ask,
    *,
    limit: int = DISPATCH_LEVEL,
    deliver: Callable[[Completion], Any] | None = None,
) -> int:
    """Makes a request of a socket, see `Provider.perform`; `ask` may raise Refused."""
    provider = owner_of(name, socket)

    def asking(number: int) -> Answer:
        try:
            return ask(number)
        except Refused as refused:
            return refusal(refused.status)(number)

    return provider.perform(name, irp, asking, socket=socket, limit=limit, deliver=deliver)


def payload(name: str, buffer: object, parameter: str = "Buffer") -> bytes | None:
    """The bytes that a buffer holds; None for NULL.

    Raises:
        TypeError: no WSK_BUF.
        Refused: its memory is shorter than its Length.
    """
    given = instance(name, parameter, buffer, WSK_BUF)
    if given is None:
        return None
    pieces = given.pieces(name)
    if pieces is None:
        raise Refused
    return b"".join(pieces)


def target(name: str, buffer: object) -> tuple[int, list[memoryview]]:
    """Length and memory of a buffer that is to be filled.

    Raises:
        TypeError: no WSK_BUF.
        Refused: NULL, read-only, or shorter than its Length.
    """
    given = instance(name, "Buffer", buffer, WSK_BUF)
    pieces = given.pieces(name) if given is not None else None
    if given is None or pieces is None or any(piece.readonly for piece in pieces):
        raise Refused
    return given.Length, pieces


def scatter(pieces: list[memoryview], data: bytes | None) -> None:
    """Writes what arrived into the application's memory."""
    rest = memoryview(data or b"")
    for piece in pieces:
        part = rest[: piece.nbytes]
        piece[: part.nbytes] = part
        rest = rest[part.nbytes :]


def required(irp: IRP | None) -> None:
    """Refuses a request whose IRP is missing (I-15).

    Raises:
        Refused: NULL.
    """
    if irp is None:
        raise Refused
