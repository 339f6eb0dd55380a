"""Many remote ends in one call: they connect, end and are chosen from as one end does and a fleet's are."""

import signal
import subprocess
import sys
import textwrap
from array import array

import pytest

import wsksim
from wsksim import wsk


def at(port=0, host="127.0.0.1"):
    return wsk.SOCKADDR_IN(wsk.AF_INET, port, host)


@pytest.fixture
def subsystem():
    with wsksim.Subsystem(backlog=100_000) as opened:
        yield opened


@pytest.fixture
def listener(subsystem):
    return subsystem.network.listen(at())


def accepted(listener):
    found = []
    while (end := listener.accept()) is not None:
        found.append(end)
    return found


def test_ends_connect_in_their_order(subsystem, listener):
    ends = subsystem.network.connect_many(listener.address, 5)
    there = accepted(listener)
    assert len(ends) == len(there) == 5
    assert [end.address for end in ends] == [end.peer_address for end in there]
    assert {end.status for end in ends} == {wsk.STATUS_SUCCESS}
    assert ends.states() == {"open": 5}
    assert repr(ends) == "<RemoteEnds of 5 connections>"


def test_each_ends_as_it_is_told(subsystem, listener):
    ends = subsystem.network.connect_many(listener.address, 6)
    there = accepted(listener)
    assert ends[:2].disconnect() == {wsk.STATUS_SUCCESS: 2}
    assert ends[[2, 3]].abort() == {wsk.STATUS_SUCCESS: 2}
    ends[4:5].vanish()
    assert [end.seen for end in there] == [(True, False)] * 2 + [(False, True)] * 2 + [(False, False)] * 2
    ends.close()
    assert ends.states() == {"closed": 6}
    assert set(ends.abort()) <= {wsk.STATUS_FILE_FORCED_CLOSED, wsk.STATUS_SUCCESS, wsk.STATUS_CONNECTION_ABORTED}


def test_some_are_chosen_as_of_a_fleet(subsystem, listener):
    ends = subsystem.network.connect_many(listener.address, 4)
    ids = [end.id for end in ends]
    assert [end.id for end in ends[array("I", [3, 0])]] == [ids[3], ids[0]]
    assert [end.id for end in ends[[True, False, False, True]]] == [ids[0], ids[3]]
    assert [end.id for end in ends[::-1]] == ids[::-1]
    assert ends[-1] == ends[3]
    with pytest.raises(IndexError, match="remote end 4 of a crowd of 4"):
        ends[4]
    with pytest.raises(TypeError, match="a bool"):
        ends[True]
    assert len(subsystem.network.connect_many(listener.address, 0)) == 0


def test_where_not_all_can_be_made_none_stays(subsystem, listener):
    # Only one can come from a port that is named.
    with pytest.raises(wsksim.RemoteError, match="connect_many"):
        subsystem.network.connect_many(listener.address, 2, local=at(5000))
    assert [end.seen[1] for end in accepted(listener)] in ([], [True])
    assert subsystem.network.connect_many(listener.address, 1, local=at(5000)).states() == {"open": 1}
    with pytest.raises(wsksim.RemoteError):
        subsystem.network.connect_many(at(9), 2)
    with pytest.raises(ValueError, match="connect_many"):
        subsystem.network.connect_many(at(9), -1)
    with pytest.raises(TypeError, match="connect_many"):
        subsystem.network.connect_many("there", 1)
    subsystem.close()
    with pytest.raises(wsksim.SubsystemClosedError):
        subsystem.network.connect_many(at(9), 2)


def test_more_come_than_one_host_has_ports(subsystem, listener):
    ends = subsystem.network.connect_many(listener.address, 20_000)
    assert len({(end.address.sin_addr, end.address.sin_port) for end in ends}) == 20_000
    assert len({end.address.sin_addr for end in ends}) > 1
    ends.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent the POSIX way")
def test_an_interrupt_leaves_nothing_half_done():
    program = """
        import os, signal, threading, time
        import wsksim
        from wsksim import wsk
        with wsksim.Subsystem() as subsystem:
            listener = subsystem.network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"))
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                subsystem.network.connect_many(listener.address, 10_000_000)
            except KeyboardInterrupt:
                print("interrupted")
            states = set()
            while (end := listener.accept()) is not None:
                states.add(end.seen[1])
            print(sorted(states) in ([], [True]))
            assert subsystem.network.connect(listener.address).state == "open"
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["interrupted", "True"], (done.stdout, done.stderr[-2000:])


class Application:
    """A client of the provider."""

    def __init__(self, subsystem):
        self.subsystem = subsystem
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        _, self.npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)

    def asked(self, function, *arguments):
        irp = wsk.IRP()
        function(*arguments, irp)
        self.subsystem.dispatch()
        return irp.IoStatus

    def bound(self, flag, host):
        """A socket at port 0 of a host: what its bind ended with, and where it is."""
        kind = wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, flag
        socket = self.asked(self.npi.WskSocket, *kind, None, None, None, None, None).Information
        status = self.asked(socket.WskBind, at(host=host), 0).Status
        address = wsk.SOCKADDR_IN()
        self.asked(socket.WskGetLocalAddress, address)
        return status, address


def test_a_crowd_leaves_the_application_its_ports(subsystem, listener):
    crowd = subsystem.network.connect_many(listener.address, 20_000)
    taken = {end.address.sin_port for end in crowd[:16_384] if str(end.address.sin_addr) == "127.0.0.1"}
    assert len(taken) == 8_191, "the listener has one of this half"
    application = Application(subsystem)
    for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - the simulated network's wildcard
        status, address = application.bound(wsk.WSK_FLAG_CONNECTION_SOCKET, host)
        assert status == wsk.STATUS_SUCCESS
        assert address.sin_port not in taken, host


def test_nobody_connects_from_the_listener_s_own_address(subsystem):
    listener = subsystem.network.listen(at(host="198.18.0.1"))
    crowd = subsystem.network.connect_many(listener.address, 16_385)
    assert [str(crowd[place].address.sin_addr) for place in (0, -1)] == ["192.0.2.100", "198.18.0.2"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that signal here")
def test_none_of_many_stays_in_a_backlog_when_a_signal_ends_it(subsystem):
    _, address = Application(subsystem).bound(wsk.WSK_FLAG_LISTEN_SOCKET, "127.0.0.1")
    seen = []

    def ends(number, frame):
        seen.append(number)
        if len(seen) == 1:
            raise TimeoutError

    def made():
        subsystem.network.connect_many(address, 100_000)
        signal.pause()

    before = signal.signal(signal.SIGALRM, ends)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.001)
    try:
        with pytest.raises(TimeoutError):
            made()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    # There is room for all of them again.
    assert len(subsystem.network.connect_many(address, 100_000)) == 100_000
