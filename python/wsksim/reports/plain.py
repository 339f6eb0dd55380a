"""Plain: text from outside in a form that does nothing but stand there, whatever a handler put into it."""

from typing import Final

from wsksim.wording import printable

__all__ = ["plain", "plain_line"]

# A terminal obeys control characters, and the marks of direction let text look like other text.
_ACTIVE: Final = {
    **{code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0)) if code not in (9, 10)},
    **{
        code: f"\\u{code:04x}"
        for code in (0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    },
}


def plain(text: str) -> str:
    """Returns the text with everything that is no character to be seen written as an escape; lines stay lines."""
    return printable(text).translate(_ACTIVE)


def plain_line(text: str) -> str:
    """The same, on one line."""
    return plain(text).replace("\n", "\\n")
