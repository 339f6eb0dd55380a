"""Arguments: what C's compiler checks, and what C's types hold.

A value that C would not compile raises TypeError. A number that compiles but does not fit its type is refused with
STATUS_INVALID_PARAMETER (U-26): nothing is cut off or masked away. Structures are checked where they are used, since
their members can be assigned at any time.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from wsksim.kinds import is_a, is_whole
from wsksim.wsk.words.refused import Misfit

__all__ = ["absent", "boolean", "byte_view", "instance", "integer", "size_t", "ulong", "ushort"]

_USHORT: Final = 0xFFFF
_ULONG: Final = 0xFFFFFFFF
_SIZE_T: Final = 0xFFFFFFFFFFFFFFFF

Kind = TypeVar("Kind")


def integer(name: str, parameter: str, value: object, kind: str = "number") -> int:
    """A whole number.

    Raises:
        TypeError: no int.
    """
    if not is_whole(value):
        raise TypeError(f"{name}: asked for an int as {parameter}; found {type(value).__name__}; pass a {kind}")
    return value


def _within(name: str, parameter: str, value: object, kind: str, most: int) -> int:
    number = integer(name, parameter, value, kind)
    if not 0 <= number <= most:
        raise Misfit
    return number


def ushort(name: str, parameter: str, value: object) -> int:
    """A number that a USHORT holds.

    Raises:
        TypeError: no int.
        Misfit: it does not fit 16 bits.
    """
    return _within(name, parameter, value, "USHORT", _USHORT)


def ulong(name: str, parameter: str, value: object) -> int:
    """A number that a ULONG holds.

    Raises:
        TypeError: no int.
        Misfit: it does not fit 32 bits.
    """
    return _within(name, parameter, value, "ULONG", _ULONG)


def size_t(name: str, parameter: str, value: object) -> int:
    """A number that a SIZE_T holds.

    Raises:
        TypeError: no int.
        Misfit: it does not fit 64 bits.
    """
    return _within(name, parameter, value, "SIZE_T", _SIZE_T)


def instance(name: str, parameter: str, value: object, kind: type[Kind]) -> Kind | None:
    """A structure, or None for NULL.

    Raises:
        TypeError: it is another thing.
    """
    if value is None or is_a(value, kind):
        return value
    found = type(value).__name__
    raise TypeError(f"{name}: asked for a {kind.__name__} or None as {parameter}; found {found}; pass one")


def boolean(name: str, parameter: str, value: object) -> bool:
    """A BOOLEAN, which C takes from any number.

    Raises:
        TypeError: neither bool nor int.
    """
    if not is_a(value, int):
        kind = type(value).__name__
        raise TypeError(f"{name}: asked for True or False as {parameter}; found {kind}; pass one")
    return bool(value)


def absent(name: str, parameter: str, value: object) -> None:
    """Checks that a pointer that C fills was left out: here the function returns what it found.

    Raises:
        TypeError: something was passed.
    """
    if value is not None:
        kind = type(value).__name__
        raise TypeError(f"{name}: asked for nothing as {parameter}, it is returned; found {kind}; leave it out")


def byte_view(name: str, parameter: str, buffer: Any) -> memoryview:
    """The bytes of a buffer; its memory cannot move while the view is kept (I-9).

    Raises:
        TypeError: it has no buffer protocol, or its bytes do not lie together.
    """
    try:
        return memoryview(buffer).cast("B")
    except (TypeError, ValueError, BufferError) as error:
        kind = type(buffer).__name__
        text = f"{name}: asked for a bytes-like object as {parameter}; found {kind}; pass contiguous memory"
        raise TypeError(text) from error
