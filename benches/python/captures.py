"""S14: replaying a capture, against a naive scan in C and against dpkt."""

from __future__ import annotations

import importlib
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
