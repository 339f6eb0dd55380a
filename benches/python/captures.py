"""S14: replaying a capture, against a naive scan in C and dpkt; in tunnels and in many files, against itself."""

from __future__ import annotations

import importlib
import struct
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import wsksim
from comparison import Bound, Comparison, Row, Skipped, figure
from plan import Plan
from reference import ROOT
from sockets import clock, on_disconnect

CAPTURE = ROOT / "python" / "wsksim" / "examples" / "mixed_v4.pcap"
HEADER_BYTES = 24
RECORD_BYTES = 16
# Of an IPv4 source address in an Ethernet frame.
SOURCE = 26
REPEATS = 250
FILES = 4000


def s14(plan: Plan) -> Iterator[Row]:
    """Replay of a capture, packets in order, as fast as it goes."""
    path = repeated(2 if plan.quick else REPEATS)
    native = wsksim.native_handler(plan.reference.TOUCH)
    rounds = []
    packets = 0
    for _ in plan.rounds(7):
        begun = clock()
        packets, calls = plan.reference.scan(str(path), plan.reference.TOUCH)
        between = clock()
        report = wsksim.replay(path, native)
        taken = clock() - between
        indicated = sum(report.indicated.values())
        if (report.capture["packets"], indicated) != (packets, calls):
            raise RuntimeError(f"{packets} packets, {calls} calls in C; replayed {report.capture}, {indicated} calls")
        rounds.append((taken / packets, (between - begun) / packets))
    case = f"replay of {figure(packets)} packets, native handler, against a naive C scan"
    yield Comparison("S14", case, "ns per packet", rounds, Bound(1, faster=True), "at least as fast")
    yield from inside(plan, path, native)
    yield from in_files(plan, path, native)
    case = "replay, Python handler, against dpkt"
    try:
        dpkt = importlib.import_module("dpkt")
    except ImportError:
        yield Skipped("S14", case, "dpkt is not installed")
        return
    short = repeated(2 if plan.quick else 20)
    packets = plan.reference.scan(str(short), plan.reference.TOUCH)[0]
    rounds = []
    for _ in plan.rounds(5):
        begun = clock()
        seen = scan_with_dpkt(dpkt, short)
        between = clock()
        wsksim.replay(short, on_disconnect)
        taken = clock() - between
        if seen != packets:
            raise RuntimeError(f"dpkt read {seen} of {packets} packets")
        rounds.append((taken / packets, (between - begun) / packets))
    yield Comparison("S14", case, "ns per packet", rounds, Bound(20, faster=True))


def inside(plan: Plan, path: Path, native: object) -> Iterator[Row]:
    """The same packets inside VXLAN, against the bare ones."""
    tunnelled = inside_vxlan(path)
    rounds = []
    for _ in plan.rounds(7):
        bare, expected = timed(path, native)
        taken, report = timed(tunnelled, native)
        if report.indicated != expected.indicated or report.capture["tunnelled"] != report.capture["packets"]:
            raise RuntimeError(f"inside VXLAN {report.indicated}, bare {expected.indicated}")
        packets = report.capture["packets"]
        rounds.append((taken / packets, bare / packets))
    case = f"the same {figure(packets)} packets inside VXLAN, against the bare ones"
    yield Comparison("S14", case, "ns per packet", rounds, Bound(1.5))


def in_files(plan: Plan, path: Path, native: object) -> Iterator[Row]:
    """A folder of many files, against one file of the same packets and as many opens."""
    folder = split(path, 40 if plan.quick else FILES)
    names = sorted(folder.iterdir())
    rounds = []
    for _ in plan.rounds(7):
        one, expected = timed(path, native)
        begun = clock()
        for name in names:
            name.open("rb").close()
        opens = clock() - begun
        taken, report = timed(folder, native)
        if (report.indicated, len(report.capture["files"])) != (expected.indicated, len(names)):
            raise RuntimeError(f"of a folder {report.indicated}, of one file {expected.indicated}")
        rounds.append((taken / 1e6, (one + opens) / 1e6))
    case = f"the same packets in a folder of {figure(len(names))} files, against one file and as many opens"
    yield Comparison("S14", case, "ms", rounds, Bound(1.5))


def timed(path: Path, native: object) -> tuple[float, wsksim.Report]:
    """How long a replay takes, in nanoseconds, and what it gave."""
    begun = clock()
    report = wsksim.replay(path, native)
    return clock() - begun, report


def records(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the records of a little-endian pcap file begin and end."""
    place = HEADER_BYTES
    while place < len(data):
        end = place + RECORD_BYTES + int.from_bytes(data[place + 8 : place + 12], "little")
        yield place, end
        place = end


def inside_vxlan(path: Path) -> Path:
    """A copy of a capture of Ethernet, each packet in a frame of VXLAN."""
    wrapped = path.with_name(f"{path.stem}_vxlan.pcap")
    if wrapped.exists():
        return wrapped
    data = path.read_bytes()
    ethernet = bytes(12) + b"\x08\x00"
    vxlan = b"\x08\0\0\0\0\0\1\0"
    with wrapped.with_suffix(".part").open("wb") as file:
        file.write(data[:HEADER_BYTES])
        for begin, end in records(data):
            frame = data[begin + RECORD_BYTES : end]
            udp = struct.pack(">HHHH", 50_000, 4789, 16 + len(frame), 0)
            ip = struct.pack(">BBHHHBBHII", 0x45, 0, 36 + len(frame), 1, 0, 64, 17, 0, 0xC6336401, 0xC6336402)
            packet = ethernet + ip + udp + vxlan + frame
            file.write(data[begin : begin + 8] + struct.pack("<II", len(packet), len(packet)) + packet)
    wrapped.with_suffix(".part").rename(wrapped)
    return wrapped


def split(path: Path, count: int) -> Path:
    """A folder with the packets of a capture in so many files, whose packets are of later times in each."""
    folder = path.with_name(f"{path.stem}_in_{count}")
    if folder.exists():
        return folder
    part = folder.with_suffix(".part")
    part.mkdir(parents=True)
    data = path.read_bytes()
    places = list(records(data))
    for number in range(count):
        share = places[len(places) * number // count : len(places) * (number + 1) // count]
        content = bytearray(data[:HEADER_BYTES] + data[share[0][0] : share[-1][1]])
        for begin, _ in records(bytes(content)):
            content[begin : begin + 4] = (1_700_000_000 + number).to_bytes(4, "little")
        (part / f"{number:05}.pcap").write_bytes(content)
    part.rename(folder)
    return folder


def repeated(times: int) -> Path:
    """A capture of `times` copies of an example, each on addresses of its own, so that all its connections are new."""
    path = ROOT / "build" / "bench" / f"mixed_v4_{times}.pcap"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    data = bytearray(CAPTURE.read_bytes())
    places = list(address_places(data))
    with path.with_suffix(".part").open("wb") as file:
        file.write(data[:HEADER_BYTES])
        for number in range(times):
            for place in places:
                data[place + 1 : place + 3] = number.to_bytes(2)
            file.write(data[HEADER_BYTES:])
    path.with_suffix(".part").rename(path)
    return path


def address_places(data: bytearray) -> Iterator[int]:
    """Where the source and destination addresses of a pcap file's packets lie."""
    place = HEADER_BYTES
    while place < len(data):
        packet = place + RECORD_BYTES
        yield packet + SOURCE
        yield packet + SOURCE + 4
        place = packet + int.from_bytes(data[place + 8 : place + 12], "little")


def scan_with_dpkt(dpkt: ModuleType, path: Path) -> int:
    """Calls the handler for each first FIN, and each RST, of a connection's client, as dpkt's users write it."""
    packets = 0
    connections: dict[tuple[bytes, int, bytes, int], dict[str, int]] = {}
    with path.open("rb") as file:
        for _, frame in dpkt.pcap.Reader(file):
            packets += 1
            ip = dpkt.ethernet.Ethernet(frame).data
            if not isinstance(ip, dpkt.ip.IP) or not isinstance(ip.data, dpkt.tcp.TCP):
                continue
            tcp = ip.data
            key = (ip.src, tcp.sport, ip.dst, tcp.dport)
            if tcp.flags & dpkt.tcp.TH_SYN and not tcp.flags & dpkt.tcp.TH_ACK:
                connections[key] = {"ended": 0}
            elif tcp.flags & (dpkt.tcp.TH_FIN | dpkt.tcp.TH_RST) and key in connections:
                flags = 1 if tcp.flags & dpkt.tcp.TH_RST else 0
                if not connections[key]["ended"] & flags + 1:
                    connections[key]["ended"] |= flags + 1
                    on_disconnect(connections[key], flags)
    return packets
