"""The contexts that a run gives its sockets.

A Python handler gets a dict of its own per socket, emptied and filled again each time the socket is reopened.
A native handler gets the address of a zeroed block, a batch handler the socket's number.
"""

import ctypes
from array import array
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from wsksim._native import BatchHandler, NativeHandler
from wsksim.errors import HandlerError
from wsksim.handlers import Handler
from wsksim.runs.arguments import MAX_CONTEXT_SIZE, choice, whole

__all__ = ["ContextChoice", "Contexts", "Dicts", "describe_contexts", "make_contexts"]

ContextChoice = str | Callable[[int], object]

MODES = ("dict", "int", "none")


class Contexts(Protocol):
    """Makes the contexts of `count` sockets, whose numbers begin at `first`."""

    def fill(self, first: int, count: int) -> Any:
        """Returns what `connect_many` takes; a second call for the same `first` reuses the objects."""

    def forget(self, first: int) -> None:
        """Lets go of what was filled for `first`: its sockets keep it as long as they need it."""


def make_contexts(contexts: object, handler: Handler, *, context_size: int) -> Contexts:
    """Chooses the contexts for a handler.

    Args:
        contexts: `"dict"`, `"int"`, `"none"`, or a callable `number -> context`.
        handler: decides what `"dict"` means: a dict, a number, or the address of a block.
        context_size: bytes of a block, 1 to 1,048,576.

    Raises:
        TypeError, ValueError: another mode, or a size outside its limits.
    """
    size = whole("context_size", context_size, low=1, high=MAX_CONTEXT_SIZE)
    native = isinstance(handler, NativeHandler)
    if callable(contexts):
        return _Called(contexts, native=native)
    mode = choice("contexts", contexts, MODES)
    if mode == "none":
        return _Null(native=native)
    if mode == "int" or isinstance(handler, BatchHandler):
        return _Numbers(native=native)
    return _Blocks(size) if native else Dicts()


def describe_contexts(contexts: object) -> str:
    """Names the choice for a report."""
    if isinstance(contexts, str):
        return contexts
    return getattr(contexts, "__qualname__", None) or type(contexts).__qualname__


class Dicts:
    """A dict with the number of each socket."""

    def __init__(self) -> None:
        """Has filled nothing."""
        self._filled: dict[int, list[dict[str, object]]] = {}

    def fill(self, first: int, count: int) -> list[dict[str, object]]:
        """Returns a dict each; a second call for the same `first` empties and reuses them."""
        filled = self._filled.get(first)
        if filled is None or len(filled) != count:
            filled = self._filled[first] = [{} for _ in range(count)]
        for number, context in enumerate(filled, first):
            context.clear()
            context["id"] = number
        return filled

    def forget(self, first: int) -> None:
        """Lets go of what was filled for `first`."""
        self._filled.pop(first, None)


class _Numbers:
    def __init__(self, *, native: bool) -> None:
        self._native = native

    def fill(self, first: int, count: int) -> Sequence[int]:
        numbers = range(first, first + count)
        return array("Q", numbers) if self._native else numbers

    def forget(self, first: int) -> None:
        del first  # nothing is kept


class _Null:
    def __init__(self, *, native: bool) -> None:
        self._native = native

    def fill(self, first: int, count: int) -> Sequence[object]:
        del first
        return array("Q", bytes(8 * count)) if self._native else [None] * count

    def forget(self, first: int) -> None:
        del first  # nothing is kept


class _Called:
    def __init__(self, function: Callable[[int], object], *, native: bool) -> None:
        self._function = function
        self._native = native

    def fill(self, first: int, count: int) -> Sequence[object]:
        made: list[Any] = [self._make(number) for number in range(first, first + count)]
        if not self._native:
            return made
        try:
            return array("Q", made)
        except (TypeError, OverflowError) as error:
            raise TypeError(
                f"contexts: asked for addresses, ints from 0 to 2**64 - 1, for a native handler; found {error}; "
                "return an address from the callable"
            ) from error

    def _make(self, number: int) -> object:
        try:
            return self._function(number)
        except Exception as error:
            raise HandlerError(
                f"contexts: asked the callable for the context of socket {number}; found {type(error).__name__}: "
                f"{error}; return a context for every number"
            ) from error

    def forget(self, first: int) -> None:
        del first  # nothing is kept


class _Blocks:
    def __init__(self, size: int) -> None:
        self._size = size
        self._filled: dict[int, Any] = {}

    def fill(self, first: int, count: int) -> Any:
        blocks = self._filled.get(first)
        if blocks is None or len(blocks) != count:
            blocks = self._filled[first] = (ctypes.c_ubyte * self._size * count)()
        else:
            ctypes.memset(blocks, 0, ctypes.sizeof(blocks))
        return blocks

    def forget(self, first: int) -> None:
        self._filled.pop(first, None)
