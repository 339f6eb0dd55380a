"""What an installed wheel has to show on any machine: each door of the package opens. It needs no compiler."""

import ctypes

import pytest

import wsksim
from same_history import EXPECTED, history
from wsksim import wsk

pytestmark = pytest.mark.smoke

HANDLER = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)


def good(SocketContext, Flags):
    return wsk.STATUS_SUCCESS


def test_storm():
    report = wsksim.storm(good, sockets=1_000, disconnects=5_000, abortive=0.2, seed=7)
    assert report.balanced
    assert sum(report.indicated.values()) == 5_000
    assert (report.findings, report.exit_code) == (0, 0)


def test_replay(tmp_path):
    capture = tmp_path / "one.pcap"
    capture.write_bytes(one_connection())
    report = wsksim.replay(capture, good)
    assert report.indicated == {"graceful": 1, "abortive": 1}
    assert report.exit_code == 0


def test_storm_of_an_application_is_the_same_everywhere():
    """`make wheels` runs this on every interpreter."""
    assert history() == EXPECTED


def test_subsystem():
    ends = []
    with wsksim.Subsystem(seed=7) as subsystem:
        connection = subsystem.connect("one", lambda context, flags: ends.append((context, flags)) or 0)
        connection.remote.abort()
        assert subsystem.dispatch() == 1
        assert subsystem.finding_count == 0
    assert ends == [("one", wsk.WSK_FLAG_ABORTIVE)]


def test_workers():
    with wsksim.Subsystem() as subsystem:
        fleet = subsystem.connect_many(100, good)
        with subsystem.workers(2):
            fleet.remote.disconnect()
        assert subsystem.counters()["indicated"]["graceful"] == 100


def test_native_handler():
    flags = []
    routine = HANDLER(lambda context, given: flags.append(given) or wsk.STATUS_SUCCESS)
    with wsksim.Subsystem() as subsystem:
        subsystem.connect(1, wsksim.native_handler(routine)).remote.abort()
        assert subsystem.dispatch() == 1
        assert subsystem.finding_count == 0
    assert flags == [wsk.WSK_FLAG_ABORTIVE]


def test_wsk():
    with wsksim.Subsystem(check="raise") as subsystem:
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        status, npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT)
        assert status == wsk.STATUS_SUCCESS
        irp = wsk.IRP()
        npi.WskSocket(
            wsk.AF_INET,
            wsk.SOCK_STREAM,
            wsk.IPPROTO_TCP,
            wsk.WSK_FLAG_CONNECTION_SOCKET,
            None,
            wsk.WSK_CLIENT_CONNECTION_DISPATCH(),
            None,
            None,
            None,
            irp,
        )
        irp.wait()
        socket = irp.IoStatus.Information
        wsk.IoReuseIrp(irp, wsk.STATUS_UNSUCCESSFUL)
        assert socket.WskBind(wsk.SOCKADDR_IN(wsk.AF_INET, 7, "127.0.0.1"), 0, irp) == wsk.STATUS_SUCCESS
        wsk.IoReuseIrp(irp, wsk.STATUS_UNSUCCESSFUL)
        socket.WskCloseSocket(irp)
        subsystem.dispatch()
        subsystem.WskReleaseProviderNPI(registration)
        subsystem.WskDeregister(registration)


def one_connection():
    """A capture in pcap form: a handshake, the client's FIN, and its RST."""
    client, server = (b"\x0a\x00\x00\x01", b"\xc0\x00"), (b"\x0a\x00\x00\x02", b"\x00\x07")
    syn, ack, fin, rst = 0x02, 0x10, 0x01, 0x04
    sent = [(client, server, syn), (server, client, syn | ack), (client, server, ack)]
    sent += [(client, server, fin | ack), (client, server, rst)]
    written = b"\xd4\xc3\xb2\xa1" + bytes((2, 0, 4, 0)) + bytes(8) + bytes((255, 255, 0, 0)) + bytes((101, 0, 0, 0))
    for second, ((source, port), (target, to), flags) in enumerate(sent):
        tcp = port + to + bytes(8) + bytes((0x50, flags)) + bytes(6)
        ip = b"\x45\x00\x00\x28" + bytes(4) + b"\x40\x06\x00\x00" + source + target
        packet = ip + tcp
        size = len(packet).to_bytes(4, "little")
        written += second.to_bytes(4, "little") + bytes(4) + size + size + packet
    return written
