"""What the functions of sockets share: whose function it is, and buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from wsksim._native import Calls
from wsksim._native import _beyond as _beyond_mdls
from wsksim._native import _owner_of as owner_of
from wsksim.wsk.structures.buffers import WSK_BUF
from wsksim.wsk.words.arguments import instance
from wsksim.wsk.words.refused import Misfit, Refused

__all__ = ["CALLS", "fitting", "owner_of", "payload", "scatter", "target"]

Made = TypeVar("Made")

# The functions that are called most go straight into the extension.
CALLS: Final = Calls()

_ULONG_MAX: Final = 2**32 - 1
_SIZE_MAX: Final = 2**64 - 1


def fitting(make: Callable[[], Made]) -> Made | Refused:
    """What `make` makes of an argument, or that it does not fit."""
    try:
        return make()
    except Misfit as misfit:
        return misfit.refused


def payload(name: str, buffer: object, parameter: str = "Buffer") -> bytes | Refused | None:
    """The bytes that a buffer holds; None for NULL.

    Raises:
        TypeError: no WSK_BUF.
    """
    given = instance(name, parameter, buffer, WSK_BUF)
    if given is None:
        return None
    pieces = given.pieces(name)
    return _beyond(name, given) if pieces is None else b"".join(pieces)


def target(name: str, buffer: object) -> tuple[int | Refused, list[memoryview]]:
    """Length and memory of a buffer that is to be filled; NULL and what is read-only do not fit.

    Raises:
        TypeError: no WSK_BUF.
    """
    given = instance(name, "Buffer", buffer, WSK_BUF)
    pieces = given.pieces(name) if given is not None else None
    if given is not None and pieces is None:
        return _beyond(name, given), []
    if given is None or pieces is None or any(piece.readonly for piece in pieces):
        return Refused(), []
    return given.Length, pieces


def _beyond(name: str, buffer: WSK_BUF) -> Refused:
    """A buffer whose Length goes beyond its MDLs: the kernel would read on (U-48)."""
    offset, length = _unsigned(buffer.Offset, _ULONG_MAX), _unsigned(buffer.Length, _SIZE_MAX)
    return _beyond_mdls(name, offset, length, buffer.memory(), buffer.is_freed()) or Refused()


def _unsigned(number: int, most: int) -> int:
    """What a negative number is in C, where the member has no sign; a larger one than it holds stays the largest."""
    return max(number + most + 1, 0) if number < 0 else min(number, _SIZE_MAX)


def scatter(pieces: list[memoryview], data: bytes | None) -> None:
    """Writes what arrived into the application's memory."""
    rest = memoryview(data or b"")
    for piece in pieces:
        part = rest[: piece.nbytes]
        piece[: part.nbytes] = part
        rest = rest[part.nbytes :]
