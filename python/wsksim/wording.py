"""How a value that was found appears in an error text."""

from collections.abc import Iterable
from typing import Final

from wsksim.kinds import is_a

__all__ = ["UNREADABLE", "cited", "connection_name", "hint", "in_hex", "named", "printable", "shown", "unreadable"]

_LENGTH: Final = 60
# Of what a user may want to copy, such as a file's name.
_CITED: Final = 500
_BITS: Final = 128
_HALF: Final = (1 << 32) - 1


def shown(value: object) -> str:
    """Returns the value's text form, whatever its `__repr__` does, cut to one line; a huge int by its size."""
    if is_a(value, int) and value.bit_length() > _BITS:
        return f"an int of {value.bit_length():,} bits"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - it is the user's code
        return "a value that cannot be printed"
    return _cut(text, _LENGTH)


def cited(text: str) -> str:
    """Returns a text in quotes, cut where it is longer than a name can be."""
    return repr(_cut(text, _CITED))


def in_hex(number: int) -> str:
    """Returns a number in hexadecimal; a huge one by its size."""
    return shown(number) if number.bit_length() > _BITS else f"{number:#x}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


# What reading a dict of something else may raise.
UNREADABLE: Final = (AttributeError, LookupError, OverflowError, TypeError, ValueError)


def unreadable(name: str, values: object, error: Exception) -> ValueError:
    """Returns what refuses a dict that is none of `to_dict`."""
    found = f"{shown(values)}, which lacks something or has another ({type(error).__name__}: {shown(str(error))})"
    return ValueError(f"{name}.from_dict: asked for what to_dict gave; found {found}; pass that")


def printable(text: str) -> str:
    r"""Returns the text with what is no character as `\xff`: bytes of a file's name that are no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def named(name: str) -> str:
    """Returns the name of a file in quotes."""
    return f"'{printable(_cut(name, _CITED))}'"


def hint(given: object, known: Iterable[str]) -> str:
    """Returns `; did you mean 'raise'?` if one of the words is nearly the one that was given, else nothing."""
    if not is_a(given, str):
        return ""
    import difflib  # start-up: 7 ms, for who is wrong only

    words = list(known)
    lowered = {word.lower(): word for word in words}
    near = difflib.get_close_matches(given.lower(), lowered, n=1, cutoff=0.6)
    begun = [word for word in words if given and word.lower().startswith(given.lower())]
    found = lowered[near[0]] if near else begun[0] if len(begun) == 1 else ""
    return f"; did you mean {found!r}?" if found else ""


def connection_name(handle: int) -> str:
    """Returns a connection's small name, the same in every output: its slot, and from the second on its life."""
    index, life = handle & _HALF, handle >> 32 & _HALF
    return f"connection {index}" if life <= 1 else f"connection {index}.{life}"
