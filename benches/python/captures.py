"""S14: replaying a capture, against a naive scan in C and against dpkt."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter_ns
from types import ModuleType

import wsksim
from comparison import Bound, Comparison, Row, Skipped
from plan import Plan
from reference import ROOT
from sockets import on_disconnect

CAPTURE = ROOT / "tests" / "vectors" / "captures" / "web_close.pcap"
HEADER_BYTES = 24
REPEATS = 40


def s14(plan: Plan) -> Iterator[Row]:
    """Replay of a capture, packets in order, as fast as it goes."""
    path = repeated(2 if plan.quick else REPEATS)
    native = wsksim.native_handler(plan.reference.TOUCH)
    rounds = []
    packets = 0
    for _ in plan.rounds(7):
        begun = perf_counter_ns()
        packets, calls = plan.reference.scan(str(path), plan.reference.TOUCH)
        between = perf_counter_ns()
        report = wsksim.replay(path, native)
        taken = perf_counter_ns() - between
        if report.capture["packets"] != packets or not calls:
            raise RuntimeError(f"replayed {report.capture['packets']} of {packets} packets, {calls} calls in C")
        rounds.append((taken / packets, (between - begun) / packets))
    case = f"replay of {packets:,} packets, native handler, against a naive C scan".replace(",", " ")
    yield Comparison("S14", case, "ns per packet", rounds, Bound(1, faster=True), "at least as fast")
    case = "replay, Python handler, against dpkt"
    try:
        dpkt = importlib.import_module("dpkt")
    except ImportError:
        yield Skipped("S14", case, "dpkt is not installed")
        return
    short = repeated(2)
    packets = plan.reference.scan(str(short), plan.reference.TOUCH)[0]
    rounds = []
    for _ in plan.rounds(5):
        begun = perf_counter_ns()
        seen = scan_with_dpkt(dpkt, short)
        between = perf_counter_ns()
        wsksim.replay(short, on_disconnect)
        taken = perf_counter_ns() - between
        if seen != packets:
            raise RuntimeError(f"dpkt read {seen} of {packets} packets")
        rounds.append((taken / packets, (between - begun) / packets))
    yield Comparison("S14", case, "ns per packet", rounds, Bound(20, faster=True))


def repeated(times: int) -> Path:
    """A capture of `times` copies of one that the tests use: its connections come again on the same addresses."""
    data = CAPTURE.read_bytes()
    path = ROOT / "build" / "bench" / f"web_close_{times}.pcap"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_size != HEADER_BYTES + times * (len(data) - HEADER_BYTES):
        path.write_bytes(data[:HEADER_BYTES] + times * data[HEADER_BYTES:])
    return path


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
