"""UNICODE_STRING, which names are passed in, and functions that swap bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wsksim._native import _counted_fits
from wsksim.kinds import is_a
from wsksim.wording import in_hex
from wsksim.wsk.words.arguments import instance, integer
from wsksim.wsk.words.refused import Misfit

__all__ = ["UNICODE_STRING", "RtlInitUnicodeString", "RtlUlongByteSwap", "RtlUshortByteSwap"]

_LONGEST: Final = 0xFFFC  # bytes: a USHORT counts them and the NUL after them


@dataclass
class UNICODE_STRING:
    """UNICODE_STRING: a counted string; the functions that take one take Python text as well.

    Args:
        Length: USHORT; bytes of the string in UTF-16, without a NUL.
        MaximumLength: USHORT; bytes of the memory that it stands in.
        Buffer: its text, or None.

    Rules: 1.9, U-26; page ns-ntdef-_unicode_string.
    """

    Length: int = 0
    MaximumLength: int = 0
    Buffer: str | None = None


def RtlInitUnicodeString(DestinationString: UNICODE_STRING, SourceString: str | None) -> None:
    """RtlInitUnicodeString: makes a counted string of a text.

    Args:
        DestinationString: a UNICODE_STRING; its members are written.
        SourceString: text of at most 65,532 bytes in UTF-16, or None, which gives a string of Length 0 without Buffer.

    Returns:
        Nothing; it has no status.

    Raises:
        TypeError: an argument is of another type.
        ValueError: the text is longer than Length can count.

    Rules: 1.9; page nf-wdm-rtlinitunicodestring. IRQL: up to DISPATCH.
    """
    name = "RtlInitUnicodeString"
    target = instance(name, "DestinationString", DestinationString, UNICODE_STRING)
    if target is None:
        raise TypeError(f"{name}: asked for a UNICODE_STRING as DestinationString; found None; pass one to be written")
    text = instance(name, "SourceString", SourceString, str)
    length = len(_encoded(text or ""))
    if length > _LONGEST:
        raise ValueError(f"{name}: asked for a text of {length} bytes; Length counts {_LONGEST} at most; cut it")
    target.Length = length
    target.MaximumLength = length + 2 if text is not None else 0
    target.Buffer = text


def text_of(caller: str, parameter: str, value: object) -> str | None:
    """The text of a name, which is Python's or a UNICODE_STRING; None for NULL.

    Raises:
        TypeError: it is neither, or a member was assigned that is of another type.
        Misfit: Length counts more than there is (U-26).
    """
    if value is None or is_a(value, str):
        return value
    if not is_a(value, UNICODE_STRING):
        kind = type(value).__name__
        raise TypeError(f"{caller}: asked for text, a UNICODE_STRING or None as {parameter}; found {kind}; pass one")
    encoded = _encoded(instance(caller, f"{parameter}.Buffer", value.Buffer, str) or "")
    length = integer(caller, f"{parameter}.Length", value.Length, "USHORT")
    if length < 0 or not _counted_fits(length, len(encoded)):
        raise Misfit
    return encoded[:length].decode("utf-16-le", "surrogatepass")


def RtlUshortByteSwap(Source: int) -> int:
    """RtlUshortByteSwap: the two bytes of a USHORT in the other order, such as of a port that lies in a packet.

    A port in a SOCKADDR of this package has no byte order: 80 is port 80, and what this gives is another port.

    Args:
        Source: USHORT.

    Returns:
        The number; 0x1234 becomes 0x3412. It has no status.

    Raises:
        TypeError: no int.
        ValueError: the number does not fit 16 bits.

    Rules: L-15, U-26; page nf-wdm-rtlushortbyteswap. IRQL: any.
    """
    return _swapped("RtlUshortByteSwap", Source, 2)


def RtlUlongByteSwap(Source: int) -> int:
    """RtlUlongByteSwap: the four bytes of a ULONG in the other order, such as of an address that lies in a packet.

    An int as `sin_addr` of this package has no byte order: INADDR_LOOPBACK is 127.0.0.1 as it is.

    Args:
        Source: ULONG.

    Returns:
        The number; 0x12345678 becomes 0x78563412. It has no status.

    Raises:
        TypeError: no int.
        ValueError: the number does not fit 32 bits.

    Rules: L-15, U-26; page nf-wdm-rtlulongbyteswap. IRQL: any.
    """
    return _swapped("RtlUlongByteSwap", Source, 4)


def _encoded(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _swapped(caller: str, source: object, size: int) -> int:
    number = integer(caller, "Source", source, "USHORT" if size == 2 else "ULONG")
    if not 0 <= number < 1 << 8 * size:
        raise ValueError(f"{caller}: asked for a number of {size} bytes; found {in_hex(number)}; pass one that fits")
    return int.from_bytes(number.to_bytes(size, "little"), "big")
