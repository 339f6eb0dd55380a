"""Writes what a fuzzer begins with: `python seeds.py TARGET FOLDER`."""

import gzip
import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors" / "captures"
LONGEST = 16_000
PROGRAMS = 100
LINKS = (0, 1, 9, 12, 14, 50, 51, 101, 105, 108, 113, 127, 228, 229, 276, 1)


def captures() -> Iterator[bytes]:
    """Each vector, cut to a length that a fuzzer can change quickly."""
    for path in sorted(VECTORS.rglob("*.pcap*")):
        if path.suffix != ".json":
            content = path.read_bytes()
            yield gzip.decompress(content) if path.suffix == ".gz" else content[:LONGEST]


def frames() -> Iterator[bytes]:
    """The first packets of the pcap vectors, behind the number of their link type."""
    for content in captures():
        if content[:4] != b"\xd4\xc3\xb2\xa1" or len(content) < 40:
            continue
        link, length = (struct.unpack_from("<I", content, place)[0] for place in (20, 32))
        if link in LINKS:
            yield bytes([LINKS.index(link)]) + content[40 : 40 + length]


def sets() -> Iterator[bytes]:
    """Two captures beside each other, of which one may be compressed, or the same one twice."""
    short = [content[:4_000] for content in captures()]
    for number, content in enumerate(short):
        other = (gzip.compress(content), content, short[number - 1])[number % 3]
        yield bytes([number % 3, 0x10 * (number % 4)]) + content + b"NEXT" + other


def programs() -> Iterator[bytes]:
    """Programs of calls for the provider's door: any bytes are one."""
    for number in range(PROGRAMS):
        yield random.Random(number).randbytes(60 << number % 5)


def main() -> None:
    """Writes the seeds of one target."""
    target, folder = sys.argv[1], Path(sys.argv[2])
    magic = {"pcap": b"\xd4\xc3\xb2\xa1", "pcapng": b"\x0a\x0d\x0d\x0a"}.get(target)
    if target == "frames":
        seeds = list(frames())
    elif target == "sets":
        seeds = list(sets())
    elif target == "door":
        seeds = list(programs())
    elif magic:
        seeds = [b"\x80" + content[4:] for content in captures() if content.startswith(magic)]
    else:
        seeds = [b"\x80" + content for content in captures()]
        seeds += [b"\x80" + gzip.compress(content, 1)[2:] for content in captures() if target == "gzip"]
    for number, seed in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(seed)


main()
