"""The contexts that a run gives its sockets.

A Python handler gets a dict of its own per socket, emptied and filled again each time the socket is reopened.
A native handler gets the address of a zeroed block, a batch handler the socket's number.
"""

import ctypes
from array import array
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypedDict

from wsksim._native import BatchHandler, NativeHandler, Processor
from wsksim.errors import HandlerError
from wsksim.handlers import Handler
from wsksim.kinds import is_a
from wsksim.runs.arguments import MAX_CONTEXT_SIZE, choice, whole
from wsksim.signatures import check_contexts
from wsksim.subsystem import Subsystem
from wsksim.wsk.functions.irql import LEVEL_NAMES

__all__ = [
    "ContextChoice",
    "Contexts",
    "Renewed",
    "Supply",
    "describe_contexts",
    "make_contexts",
    "make_supply",
    "watch_contexts",
]

ContextChoice = str | Callable[[int], object]

MODES = ("dict", "int", "none")


class Contexts(Protocol):
    """Makes the contexts of a replay, whose sockets have one life each."""

    def fill(self, first: int, count: int) -> Any:
        """Returns what `connect_many` takes for `count` sockets, whose numbers begin at `first`."""


class Renewed(Protocol):
    """Makes the contexts of a storm, whose sockets are opened again and again."""

    def renew(self, numbers: list[int]) -> list[Any]:
        """Returns the contexts of the sockets so numbered, which begin a new life; makes or reuses objects."""


class Supply(TypedDict):
    """What the contexts of a storm's sockets come from."""

    source: Renewed | None
    words: str | None
    block: int


def make_contexts(contexts: object, handler: Handler, *, context_size: int) -> Contexts | None:
    """Chooses the contexts of a replay; None stands for the dicts that the replay makes itself.

    Args:
        contexts: `"dict"`, `"int"`, `"none"`, or a callable `number -> context`.
        handler: decides what `"dict"` means: a dict, a number, or the address of a block.
        context_size: bytes of a block, 1 to 1,048,576.

    Raises:
        TypeError, ValueError: another mode, or a size outside its limits.
    """
    made = _made(contexts, handler, context_size=context_size)
    return None if isinstance(made, _Dicts) else made


def make_supply(contexts: object, handler: Handler, *, context_size: int) -> Supply:
    """Chooses where a storm's contexts come from: the core itself wherever Python is not needed.

    Args:
        contexts: as in `make_contexts`.
        handler: as there.
        context_size: as there.

    Raises:
        TypeError, ValueError: as there.
    """
    made = _made(contexts, handler, context_size=context_size)
    if isinstance(made, _Blocks):
        return {"source": None, "words": "block", "block": context_size}
    if is_a(contexts, str):
        if isinstance(handler, NativeHandler):
            return {"source": None, "words": {"int": "number", "none": "null"}[contexts], "block": context_size}
        if isinstance(handler, BatchHandler) and contexts != "none":
            return {"source": None, "words": None, "block": context_size}
    return {"source": made, "words": None, "block": context_size}


def _made(contexts: object, handler: Handler, *, context_size: int) -> "_Called | _Null | _Numbers | _Blocks | _Dicts":
    size = whole("context_size", context_size, low=1, high=MAX_CONTEXT_SIZE)
    native = isinstance(handler, NativeHandler)
    if callable(contexts):
        check_contexts("contexts", contexts)
        return _Called(contexts, native=native)
    mode = choice("contexts", contexts, MODES)
    if mode == "none":
        return _Null(native=native)
    if mode == "int" or isinstance(handler, BatchHandler):
        return _Numbers(native=native)
    return _Blocks(size) if native else _Dicts()


def watch_contexts(source: object, subsystem: Subsystem) -> None:
    """Tells a callable's contexts whose finding it is if the callable leaves another IRQL behind (Q-2)."""
    if isinstance(source, _Called):
        source.subsystem = subsystem


def describe_contexts(contexts: object) -> str:
    """Names the choice for a report."""
    if is_a(contexts, str):
        return contexts
    return getattr(contexts, "__qualname__", None) or type(contexts).__qualname__


class _Dicts:
    def __init__(self) -> None:
        self._kept: list[dict[str, object]] = []

    def renew(self, numbers: list[int]) -> list[dict[str, object]]:
        # The same one each time, emptied and filled again.
        renewed = []
        for number in numbers:
            while len(self._kept) <= number:
                self._kept.append({})
            context = self._kept[number]
            context.clear()
            context["id"] = number
            renewed.append(context)
        return renewed


class _Numbers:
    def __init__(self, *, native: bool) -> None:
        self._native = native

    def fill(self, first: int, count: int) -> Sequence[int]:
        numbers = range(first, first + count)
        return array("Q", numbers) if self._native else numbers

    def renew(self, numbers: list[int]) -> list[int]:
        return numbers


class _Null:
    def __init__(self, *, native: bool) -> None:
        self._native = native

    def fill(self, first: int, count: int) -> Sequence[object]:
        del first
        return array("Q", bytes(8 * count)) if self._native else [None] * count

    def renew(self, numbers: list[int]) -> list[object]:
        return [None] * len(numbers)


class _Called:
    subsystem: Subsystem | None = None

    def __init__(self, function: Callable[[int], object], *, native: bool) -> None:
        self._function = function
        self._native = native

    def fill(self, first: int, count: int) -> Sequence[object]:
        made = [self._make(number) for number in range(first, first + count)]
        return self._addresses(made) if self._native else made

    def renew(self, numbers: list[int]) -> list[Any]:
        made = [self._make(number) for number in numbers]
        return self._addresses(made).tolist() if self._native else made

    @staticmethod
    def _addresses(made: list[Any]) -> "array[int]":
        try:
            return array("Q", made)
        except (TypeError, OverflowError) as error:
            raise TypeError(
                f"contexts: asked for addresses, ints from 0 to 2**64 - 1, for a native handler; found {error}; "
                "return an address from the callable"
            ) from error

    def _make(self, number: int) -> Any:
        before = Processor.level()
        try:
            return self._function(number)
        except Exception as error:
            raise HandlerError(
                f"contexts: asked the callable for the context of socket {number}; found {type(error).__name__}: "
                f"{error}; return a context for every number"
            ) from error
        finally:
            if Processor.level() != before:
                self._left_behind(before)

    def _left_behind(self, before: int) -> None:
        left = Processor.level()
        Processor.set_level(before)
        if self.subsystem is not None:
            found = f"the callable of contexts left {LEVEL_NAMES[left]} behind"
            self.subsystem._report("Q-2", found, culprit=self._function)  # noqa: SLF001 - ours


class _Blocks:
    def __init__(self, size: int) -> None:
        self._size = size

    def fill(self, first: int, count: int) -> Any:
        del first
        return (ctypes.c_ubyte * self._size * count)()
