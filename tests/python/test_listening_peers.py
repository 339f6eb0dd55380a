"""Peers that listen: the application connects to them."""

import pytest

import wsksim
from plan_stage import ALONE, FATES, lives
from wsksim import wsk
from wsksim.examples.echo import echo

SUCCESS, KEPT = wsk.STATUS_SUCCESS, wsk.STATUS_MORE_PROCESSING_REQUIRED
SERVERS = {"listen": "tcp://127.0.0.1:9", "count": 20, "open": 4, "life": [{"send": "10B"}, {"end": "disconnect"}]}


class Link:
    """The context of a connection."""

    def __init__(self):
        self.socket = None


class Client:
    """Connects four times, and again whenever a connection is over; with IRPs of IoAllocateIrp."""

    last = None

    def start(self, subsystem):
        Client.last = self
        self.connected = self.indicated = self.bytes = self.without = 0
        self.links = set()
        self.subsystem = subsystem
        self.registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        _, self.npi = subsystem.WskCaptureProviderNPI(self.registration, wsk.WSK_INFINITE_WAIT)
        self.table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(self.on_receive, self.on_disconnect)
        for _ in range(4):
            self.connect()

    def irp(self, routine, link):
        irp = wsk.IoAllocateIrp(1)
        if irp is None:
            self.without += 1
            irp = wsk.IRP()
        wsk.IoSetCompletionRoutine(irp, routine, link, True, True, True)
        return irp

    def connect(self):
        link, server = Link(), wsk.SOCKADDR_IN(wsk.AF_INET, 9, "127.0.0.1")
        irp, kind = self.irp(self.on_connect, link), (wsk.SOCK_STREAM, wsk.IPPROTO_TCP)
        self.npi.WskSocketConnect(*kind, wsk.SOCKADDR_IN(), server, 0, link, self.table, None, None, None, irp)

    def on_connect(self, device, irp, link):
        if wsk.NT_SUCCESS(irp.IoStatus.Status):
            self.connected += 1
            link.socket = irp.IoStatus.Information
            self.links.add(link)
            mask = wsk.WSK_EVENT_RECEIVE | wsk.WSK_EVENT_DISCONNECT
            control = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, mask)
            option = (wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, wsk.sizeof(control), control)
            link.socket.WskControlSocket(*option, 0, None, None, None)
        return KEPT

    def on_receive(self, link, flags, first, total, accepted):
        self.bytes += total if first is not None else 0
        return SUCCESS

    def on_disconnect(self, link, flags):
        self.indicated += 1
        if flags & wsk.WSK_FLAG_ABORTIVE:
            link.socket.WskCloseSocket(self.irp(self.on_close, link))
        else:
            link.socket.WskDisconnect(None, 0, self.irp(self.on_end, link))
        return SUCCESS

    def on_end(self, device, irp, link):
        link.socket.WskCloseSocket(self.irp(self.on_close, link))
        return KEPT

    def on_close(self, device, irp, link):
        self.links.discard(link)
        self.connect()
        return KEPT

    def stop(self):
        for link in self.links:
            irp = wsk.IRP()
            link.socket.WskCloseSocket(irp)
            irp.wait()
        self.subsystem.WskReleaseProviderNPI(self.registration)
        self.subsystem.WskDeregister(self.registration)


@pytest.mark.parametrize(
    ("ending", "fate"),
    [("disconnect", "ended_in_order"), ("abort", "aborted_by_peer"), ("vanish", "timed_out")],
)
@pytest.mark.parametrize("kind", ["fifo", "explore", "pct:3"])
def test_a_client_lives_with_servers_of_every_kind(kind, ending, fate):
    group = {**SERVERS, "life": [{"send": "10B"}, {"wait": "1ms"}, {"end": ending}]}
    plan = wsksim.Plan(peers={"servers": group}, schedule={"kind": kind, "irql": "mixed", "completions": "drawn"})
    report = wsksim.run_plan(plan, Client)
    assert lives(report) == {fate: 20}
    assert report.findings == 0
    # Those that it made when all lives were lived stay without an answer, until it is stopped.
    assert Client.last.connected == 24
    assert Client.last.indicated == sum(report.indicated.values()) == 20
    assert Client.last.bytes == report.storm["bytes"]["sent"] == 200
    assert report.storm["left"] == {"sockets": 0, "requests": 0}
    assert (report.storm["accepted"], report.exit_code) == (0, 0)


def test_clients_and_servers_live_side_by_side():
    class Both(Client):
        def start(self, subsystem):
            self.echo = echo()
            address = self.echo.start(subsystem)
            super().start(subsystem)
            return address

        def stop(self):
            super().stop()
            self.echo.stop()

    report = wsksim.run_plan(wsksim.Plan(peers={"servers": SERVERS, "clients": {**ALONE, "count": 30}}), Both)
    assert lives(report) == {"ended_in_order": 50}


def test_a_server_that_this_machine_loses_is_killed():
    group = {**SERVERS, "life": [{"wait": "1s"}, {"end": "disconnect"}]}
    kill = {"rate": "2/s", "who": "servers"}
    report = wsksim.run_plan(wsksim.Plan(peers={"servers": group}, faults={"kill": kill}), Client)
    assert set(lives(report)) == {"ended_in_order", "killed"}


def test_an_application_that_does_not_connect_is_told():
    report = wsksim.run_plan(wsksim.Plan(peers={"servers": SERVERS}), echo)
    assert report.storm["lives"]["begun"] == 0
    assert report.stopped.startswith("20 lives never began: the application did not connect so often")
    assert report.exit_code == 3


def test_two_groups_cannot_listen_at_one_address():
    with pytest.raises(wsksim.PlanError, match=r"asked for an address of its own; found tcp://"):
        wsksim.Plan(peers={"one": SERVERS, "two": SERVERS})


# --- IRPs that are not there ---


def test_a_share_of_irps_is_refused_by_the_seed():
    plan = wsksim.Plan(peers={"servers": {**SERVERS, "count": 200}}, faults={"allocation": 0.2}, seed=3)
    first, second = (wsksim.run_plan(plan, Client) for _ in range(2))
    assert sum(first.storm["lives"][fate] for fate in FATES) == 200
    asked, refused = first.storm["allocations"].values()
    assert asked >= 3 * 200
    assert Client.last.without == refused
    assert 0.1 < refused / asked < 0.3
    assert first.storm == second.storm
    assert (first.findings, first.exit_code) == (0, 0)
    assert wsk.IoAllocateIrp(1) is not None
