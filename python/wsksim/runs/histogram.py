"""Histogram: how often each time was measured, to three digits, in the layout that HdrHistogram has for it.

All have one range, from 1 ns to a day, so that any two add up exactly. The text of one is HdrHistogram's V2 encoding in
base 64, as its logs hold it: a header, then one number per bucket, of which a negative one stands for so many empty
buckets (https://github.com/HdrHistogram/HdrHistogram, `EncodableHistogram`).
"""

import base64
import binascii
import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["LONGEST_NS", "Histogram", "encoded_histograms"]

LONGEST_NS: Final = 86_400_000_000_000
_DIGITS: Final = 3
# Three digits need 2,000 buckets of one size, rounded up to a power of two; from there each power has the upper half.
_HALF: Final = 1_024
_BUCKETS: Final = (LONGEST_NS.bit_length() - 9) * _HALF
_PACKED: Final = struct.Struct(">ii")
_HEADER: Final = struct.Struct(">iiiiqqd")
_COOKIE: Final = 0x1C849303 | 0x10
_COOKIE_PACKED: Final = 0x1C849304 | 0x10
# The counts of a whole histogram take no more, each at most nine bytes.
_MOST_BYTES: Final = _HEADER.size + 9 * _BUCKETS


@dataclass(frozen=True)
class Histogram:
    """Counts of times in nanoseconds.

    Attributes:
        counts: how many lie in each bucket that is not empty, in the order of the buckets.
    """

    counts: dict[int, int]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads the encoding.

        Raises:
            ValueError: it is none, or of another range.
        """
        try:
            packed = base64.b64decode(text, validate=True)
            cookie, length = _PACKED.unpack_from(packed)
            unpacker = zlib.decompressobj()
            code = unpacker.decompress(packed[_PACKED.size : _PACKED.size + length], _MOST_BYTES)
            inner, size, offset, digits, lowest, highest, _ = _HEADER.unpack_from(code)
        except (binascii.Error, struct.error, zlib.error, ValueError, TypeError) as error:
            raise ValueError(f"it is none: {error}") from None
        if (cookie, inner, offset) != (_COOKIE_PACKED, _COOKIE, 0):
            raise ValueError("it is of another version")
        if (digits, lowest, highest) != (_DIGITS, 1, LONGEST_NS):
            raise ValueError("it is of another range or precision")
        counts, at = {}, 0
        for number in _numbers(code[_HEADER.size : _HEADER.size + size]):
            if number > 0:
                counts[at] = number
            at += 1 if number >= 0 else -number
            if at > _BUCKETS:
                raise ValueError("it goes beyond its range")
        return cls(counts)

    def to_text(self) -> str:
        """Writes the encoding."""
        code, at = bytearray(), 0
        for bucket, count in self.counts.items():
            if bucket > at:
                code += _bytes(at - bucket)
            code += _bytes(count)
            at = bucket + 1
        header = _HEADER.pack(_COOKIE, len(code), 0, _DIGITS, 1, LONGEST_NS, 1.0)
        packed = zlib.compress(header + code)
        return base64.b64encode(_PACKED.pack(_COOKIE_PACKED, len(packed)) + packed).decode()

    @property
    def count(self) -> int:
        """How many times it holds."""
        return sum(self.counts.values())

    @property
    def mean(self) -> float:
        """Their mean, to the histogram's precision; 0 of none."""
        total = self.count
        return sum(_middle(at) * count / total for at, count in self.counts.items())

    @property
    def deviation(self) -> float:
        """Their standard deviation, to the histogram's precision; 0 of none."""
        mean, total = self.mean, self.count
        return math.sqrt(sum((_middle(at) - mean) ** 2 * count / total for at, count in self.counts.items()))

    def percentile(self, percent: float) -> int:
        """The time that so many percent do not exceed, to the histogram's precision; 0 of none."""
        # In whole numbers: 99.9 / 100 * 1,000 is a little more than 999, and the rank would be the next one.
        rank = max(-(-round(percent * 1e6) * self.count // 10**8), 1)
        passed = 0
        for at, count in self.counts.items():
            passed += count
            if passed >= rank:
                return _highest(at)
        return 0

    def steps(self) -> Iterator[tuple[int, int]]:
        """Each time that was measured, to the histogram's precision, and how many were not longer."""
        passed = 0
        for at, count in self.counts.items():
            passed += count
            yield _highest(at), passed

    def __add__(self, other: "Histogram") -> "Histogram":
        """All times of both."""
        buckets = sorted(self.counts.keys() | other.counts.keys())
        return Histogram({at: self.counts.get(at, 0) + other.counts.get(at, 0) for at in buckets})


def encoded_histograms(codes: Mapping[str, bytes]) -> dict[str, str] | None:
    """The series that were measured as reports have them, from the core's encoding; None if there are none."""
    return {name: base64.b64encode(code).decode() for name, code in codes.items()} or None


def _size(at: int) -> int:
    return 1 << max(at // _HALF - 1, 0)


def _lowest(at: int) -> int:
    return at if at < 2 * _HALF else (at % _HALF + _HALF) << (at // _HALF - 1)


def _middle(at: int) -> int:
    return _lowest(at) + (_size(at) >> 1)


def _highest(at: int) -> int:
    return _lowest(at) + _size(at) - 1


def _numbers(code: bytes) -> Iterator[int]:
    """Reads signed numbers of seven bits a byte, the sign in the lowest bit; a ninth byte has eight."""
    at = 0
    while at < len(code):
        number = shift = 0
        for place in range(9):
            if at >= len(code):
                raise ValueError("it is cut")
            byte = code[at]
            at += 1
            number |= (byte if place == 8 else byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield number >> 1 ^ -(number & 1)


def _bytes(number: int) -> bytes:
    rest = number << 1 if number >= 0 else ~(number << 1)
    code = bytearray()
    while rest > 0x7F and len(code) < 8:
        code.append(rest & 0x7F | 0x80)
        rest >>= 7
    code.append(rest)
    return bytes(code)
