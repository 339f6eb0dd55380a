"""How a value that was found appears in an error text."""

from typing import Final

__all__ = ["named", "printable", "shown"]

_LENGTH: Final = 60
_BITS: Final = 128


def shown(value: object) -> str:
    """Returns the value's text form, cut to one line; a huge int is described by its size."""
    if isinstance(value, int) and value.bit_length() > _BITS:
        return f"an int of {value.bit_length():,} bits"
    text = repr(value)
    return text if len(text) <= _LENGTH else text[: _LENGTH - 3] + "..."


def printable(text: str) -> str:
    r"""Returns the text with what is no character as `\xff`: bytes of a file's name that are no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def named(name: str) -> str:
    """Returns the name of a file in quotes."""
    return f"'{printable(name)}'"
