"""A replay opens and posts in bulk; the plain loop here does one thing at a time, and nobody may see a difference."""

import gc
import io
import itertools
import json
import struct

import pytest

import wsksim
from conftest import CAPTURES
from wsksim._native import CaptureReader
from wsksim.wording import connection_name

FIN, SYN, RST, ACK = 1, 2, 4, 16


def plain(path, handler, *, local="server", contexts=None, **options):
    """The trace, the findings and the books of a replay, one event at a time."""
    rows, places, edges, sockets, waiting = [], {}, {}, {}, 0
    reader = CaptureReader(path, local=local)
    with wsksim.Subsystem(journal=True, **options) as subsystem:

        def dispatch():
            nonlocal waiting
            if waiting:
                subsystem.dispatch()
                waiting = 0
                for handle, flags in subsystem.take_journal():
                    rows.append([*edges.pop((handle, flags & 1)), *places[handle], flags, connection_name(handle)])

        while not reader.done:
            for kind, number, packet, time_ns, *rest in reader.read(65_536):
                if kind == "open":
                    local_end, remote_end = rest
                    context = {"id": number, "local": local_end, "remote": remote_end}
                    made = context if contexts is None else contexts(number)
                    sockets[number] = subsystem.connect_many(1, handler, contexts=[made])[0]
                    places[sockets[number].handle] = (local_end, remote_end)
                elif kind == "edge":
                    edges[sockets[number].handle, rest[0]] = (packet, time_ns)
                    remote = sockets[number].remote
                    waiting += (remote.abort() if rest[0] else remote.disconnect()).accepted
                else:
                    dispatch()
                    sockets[number].close()
            dispatch()
        findings = [told(finding) for finding in subsystem.findings]
        return rows, findings, subsystem.counters()


def told(finding):
    """What a finding says, without the number that each subsystem has of its own in its handles."""
    return (finding.rule, finding.found, finding.handle % 2**64, finding.context, finding.edge, finding.flags)


def replayed(path, handler, **options):
    """The same of `replay`."""
    trace = io.StringIO()
    report = wsksim.replay(path, handler, trace=trace, **options)
    rows = [list(json.loads(line).values()) for line in trace.getvalue().splitlines()]
    rows = [[packet, int(time_ns), *rest] for packet, time_ns, *rest in rows]
    return rows, [told(finding) for finding in report.finding_list], report


def frame(source, destination, flags, sequence):
    hosts = [bytes([10, 0, 0, 2 if port == 80 else 1]) for port in (source, destination)]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, *hosts)
    tcp = struct.pack(">HHIIBBHHH", source, destination, sequence, 1, 0x50, flags, 0, 0, 0)
    return bytes(12) + b"\x08\x00" + ip + tcp


def conversations(port):
    """One connection after the other from one port, each of which closes the one before."""
    for life in range(1, 40):
        segments = [(port, 80, SYN), (80, port, SYN | ACK), (port, 80, ACK)]
        ends = [[], [FIN | ACK], [RST], [FIN | ACK, RST]][(life + port) % 4]
        for source, destination, flags in [*segments, *((port, 80, flags) for flags in ends)]:
            yield frame(source, destination, flags, life)


@pytest.fixture
def crowded(tmp_path):
    """A capture in which ports are used again and again, and take turns."""
    rounds = itertools.zip_longest(*(conversations(port) for port in range(1000, 1005)))
    frames = [each for among in rounds for each in among if each]
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)
    records = [struct.pack("<IIII", at, 0, len(each), len(each)) + each for at, each in enumerate(frames)]
    path = tmp_path / "crowded.pcap"
    path.write_bytes(header + b"".join(records))
    return path


def breaks(SocketContext, Flags):
    """Breaks the contract for some sockets."""
    return 1 if SocketContext["id"] % 7 == 3 else 0


@pytest.mark.parametrize("local", ["server", "client", "both"])
@pytest.mark.parametrize("name", ["mixed_v4.pcap", "mixed_v6.pcap", "web_keepalive.pcap", None])
def test_bulk_does_what_one_at_a_time_does(name, local, crowded):
    path = crowded if name is None else CAPTURES / name
    rows, findings, books = plain(path, breaks, local=local, irql="mixed", seed=5)
    assert local == "client" or rows
    found, breaches, report = replayed(path, breaks, local=local, irql="mixed", seed=5)
    assert found == rows
    assert breaches == findings
    for part in ("posted", "indicated", "withheld", "pending", "refused", "findings"):
        assert getattr(report, part) == books[part]


def test_connections_are_closed_when_their_ports_are_taken(crowded):
    events = []
    reader = CaptureReader(crowded)
    while not reader.done:
        events += reader.read()
    kinds = [event[0] for event in events]
    assert kinds.count("close") > 50
    assert kinds.count("edge") > 50


@pytest.mark.parametrize("kind", ["int", "none", "called"])
def test_contexts_are_those_of_one_at_a_time(crowded, kind):
    def notes(seen):
        return lambda context, flags: seen.append((context, flags)) or 0

    one, bulk = [], []
    make = {"int": int, "none": lambda number: None, "called": lambda number: f"socket {number}"}[kind]
    plain(crowded, notes(one), contexts=make)
    wsksim.replay(crowded, notes(bulk), contexts=make if kind == "called" else kind)
    assert bulk == one


def test_a_callable_that_makes_contexts_sees_what_came_before(crowded):
    calls = []

    def make(number):
        calls.append(number)
        if number == 60:
            raise KeyboardInterrupt
        return {"id": number}

    report = wsksim.replay(crowded, breaks, contexts=make)
    assert calls == list(range(61))
    assert report.interrupted
    assert report.balanced
    assert sum(report.posted.values()) > 20


def test_handler_that_closes_the_subsystem_ends_the_replay(crowded):
    calls = []

    def closes(SocketContext, Flags):
        calls.append(SocketContext["id"])
        if len(calls) == 30:
            next(each for each in gc.get_objects() if isinstance(each, wsksim.Subsystem) and not each.closed).close()
        return 0

    report = wsksim.replay(crowded, closes)
    assert report.stopped == "the handler closed the subsystem"
    assert len(calls) == 30
    assert report.balanced


def test_blocks_of_a_native_handler_begin_zeroed(crowded, c_library):
    report = wsksim.replay(crowded, f"{c_library}:Good", context_size=8)
    assert report.findings == 0
    assert report.balanced
    assert sum(report.indicated.values()) > 50
