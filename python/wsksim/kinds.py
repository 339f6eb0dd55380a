"""Kinds: what a value is by its type.

`isinstance` also believes what a value says of itself, its `__class__`: a mock says that it is what it stands for, and
then lacks what that has.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard, TypeVar

__all__ = ["is_a", "is_mapping", "is_path", "is_sequence", "is_whole"]

Kind = TypeVar("Kind")


def is_a(value: object, *kinds: type[Kind]) -> TypeGuard[Kind]:
    """Whether a value is of one of these kinds."""
    return issubclass(type(value), kinds)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value is an int and no bool."""
    return issubclass(type(value), int) and not issubclass(type(value), bool)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value is a table of keys and values."""
    return issubclass(type(value), Mapping)


def is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether a value is a sequence that is no text."""
    return issubclass(type(value), Sequence) and not issubclass(type(value), str | bytes | bytearray)


def is_path(value: object) -> TypeGuard[str | bytes | os.PathLike[str] | os.PathLike[bytes]]:
    """Whether a value can name a file."""
    return issubclass(type(value), str | bytes | os.PathLike)
