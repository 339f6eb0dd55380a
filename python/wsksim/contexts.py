"""Contexts of native handlers: addresses, and who keeps the memory behind them alive.

The extension asks here, because `ctypes` knows the layout of every buffer and array already.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from wsksim.kinds import is_sequence, is_whole
from wsksim.wording import shown

Layout = tuple[int, int, list[int] | None, object]

# The base classes of ctypes have no public names.
_CTYPES_DATA: tuple[type[Any], ...] = (ctypes.c_int.__mro__[1], ctypes.Structure, ctypes.Union, ctypes.Array)
_CTYPES_POINTER: type[Any] = ctypes.POINTER(ctypes.c_int).__mro__[1]
_FOREIGN_ORDER = ">!" if sys.byteorder == "little" else "<"
_ADDRESS_FORMATS = frozenset("qQlLnNP")


def native_context(context: object) -> Layout:
    """One context: None (NULL), an address, or an object whose memory is the context.

    Returns:
        (address, 0, None, what keeps the address valid or None).

    Raises:
        TypeError: neither an address nor writable memory.
        ValueError: no 64-bit address.
    """
    if context is None:
        return 0, 0, None, None
    if is_whole(context):
        return _address(context), 0, None, None
    if isinstance(context, _CTYPES_DATA):
        return ctypes.addressof(context), 0, None, context
    if isinstance(context, _CTYPES_POINTER):
        return ctypes.cast(context, ctypes.c_void_p).value or 0, 0, None, context
    base, _size, keep = _memory(context)
    return base, 0, None, keep


def native_contexts(contexts: object, count: int) -> Layout:
    """Contexts of `count` sockets: None (all NULL), addresses, or memory divided into `count` items.

    A ctypes array gives each item's address. A buffer of 64-bit integers, or a sequence of ints, is
    taken as addresses, 0 for NULL. Any other writable buffer is divided into `count` equal items.

    Returns:
        (address of the first, bytes from one to the next, None, what keeps them valid), or
        (0, 0, addresses, what keeps them valid or None).

    Raises:
        TypeError: none of these.
        ValueError: not `count` of them.
    """
    if contexts is None:
        return 0, 0, None, None
    if isinstance(contexts, ctypes.Array):
        if len(contexts) != count:
            raise ValueError(_wrong_count(count, len(contexts)))
        return ctypes.addressof(contexts), ctypes.sizeof(contexts._type_), None, contexts
    view = _view(contexts)
    if view is not None and view.format.lstrip("@=<>!") in _ADDRESS_FORMATS and view.itemsize == 8:
        return 0, 0, _addresses(view, count), None
    if view is not None:
        base, size, keep = _memory(contexts)
        if count and size % count:
            msg = (
                f"connect_many: asked for {count} contexts in {size} bytes of memory; they do not divide "
                "evenly; give a buffer of count * item size bytes"
            )
            raise ValueError(msg)
        return base, size // count if count else 0, None, keep
    if is_sequence(contexts):
        if len(contexts) != count:
            raise ValueError(_wrong_count(count, len(contexts)))
        return 0, 0, [_address(item) for item in contexts], None
    msg = (
        f"connect_many: asked for native contexts from {type(contexts).__name__}; give None, addresses, "
        "a ctypes array, or a writable buffer"
    )
    raise TypeError(msg)


def writable_words(buffer: object, words: int) -> tuple[int, int, Any]:
    """Address and words of a writable buffer of at least `words` 64-bit words, and what keeps it valid.

    Raises:
        TypeError: no writable buffer.
        ValueError: too short.
    """
    base, size, keep = _memory(buffer)
    if size < 8 * words or base % 8:
        asked = f"black_box: asked for an aligned buffer of at least {8 * words} bytes"
        msg = f"{asked}; found {size} bytes at {base:#x}; give a larger one, such as an mmap"
        raise ValueError(msg)
    return base, size // 8, keep


def _view(buffer: object) -> memoryview | None:
    try:
        return memoryview(buffer)  # type: ignore[arg-type]  # anything may be asked
    except TypeError:
        return None


def _memory(buffer: object) -> tuple[int, int, object]:
    view = _view(buffer)
    if view is None or view.readonly or not view.c_contiguous:
        msg = (
            f"asked for the memory of {type(buffer).__name__}; it is not writable and contiguous; give a "
            "ctypes object, a bytearray, an mmap or a NumPy array"
        )
        raise TypeError(msg)
    size = view.nbytes
    # Holds an export of the buffer, so that it can be neither freed nor resized.
    keep = (ctypes.c_char * size).from_buffer(buffer)  # type: ignore[arg-type]  # checked above
    return ctypes.addressof(keep) if size else 0, size, keep


def _addresses(view: memoryview, count: int) -> list[int]:
    if view.format[0] in _FOREIGN_ORDER:
        msg = f"connect_many: asked for contexts of format {view.format!r}; give addresses in this machine's byte order"
        raise ValueError(msg)
    if view.ndim != 1 or len(view) != count:
        raise ValueError(_wrong_count(count, view.nbytes // 8))
    # A copy in order, whatever the strides.
    return memoryview(view.tobytes()).cast("Q").tolist()


def _address(value: object) -> int:
    if is_whole(value) and 0 <= value < 1 << 64:
        return int(value)
    msg = f"asked for the address {shown(value)}; give an int from 0 to 2**64-1, or None for NULL"
    raise ValueError(msg)


def _wrong_count(count: int, found: int) -> str:
    return f"connect_many: asked for {count} connections; found {found} contexts; give one each"
