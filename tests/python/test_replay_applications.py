"""Replays against applications: each connection of a capture is a remote end that connects, sends, and ends."""

import json

import dpkt
import pytest

import wsksim
from plan_stage import FATES, Keeping
from wsksim.examples.echo import Echo, echo

FIN, SYN, RST, ACK = dpkt.tcp.TH_FIN, dpkt.tcp.TH_SYN, dpkt.tcp.TH_RST, dpkt.tcp.TH_ACK


@pytest.fixture
def mixed(captures):
    return captures / "mixed_v4.pcap"


def clients(path):
    """What an independent reader sees of each client that was accepted: bytes that arrived, its first end."""
    flows = {}
    with path.open("rb") as file:
        for _, frame in dpkt.pcap.Reader(file):
            packet = dpkt.ethernet.Ethernet(frame).data
            segment = packet.data
            sent = (packet.src, segment.sport, packet.dst, segment.dport)
            if segment.flags & (SYN | ACK) == SYN:
                flows[sent] = {"base": segment.seq + 1, "sent": 0, "taken": 0, "acked": False, "end": None}
                flows[sent]["answered"] = False
            elif flow := flows.get(sent[2:] + sent[:2]):
                flow["answered"] |= bool(segment.flags & SYN)
                flow["taken"] = max(flow["taken"], segment.ack - flow["base"] if segment.flags & ACK else 0)
            elif flow := flows.get(sent):
                flow["acked"] |= flow["answered"] and bool(segment.flags & ACK)
                if flow["end"] is None:
                    flow["sent"] = max(flow["sent"], segment.seq - flow["base"] + len(segment.data))
                if flow["end"] is None and segment.flags & (FIN | RST):
                    flow["end"] = "abort" if segment.flags & RST else "disconnect"
    return [flow for flow in flows.values() if flow["acked"]]


def test_each_connection_of_a_capture_is_a_remote_end(mixed):
    seen = clients(mixed)
    report = wsksim.replay(mixed, Keeping, checks=["findings == 0", "lives == 380", "left.sockets == 0"])
    told, server = report.storm["lives"], Keeping.last
    assert report.balanced
    assert told["begun"] == report.capture["established"] == len(seen) == 380
    ends = [flow["end"] for flow in seen]
    assert told["ended_in_order"] == ends.count("disconnect")
    assert told["aborted_by_peer"] == ends.count("abort")
    assert told["still_open"] == ends.count(None)
    assert report.storm["bytes"]["sent"] == sum(min(flow["sent"], flow["taken"]) for flow in seen)
    assert (server.accepted, server.indicated) == (report.storm["accepted"], sum(report.indicated.values()))
    assert report.storm["accepted"] == 380
    assert (report.findings, report.exit_code) == (0, 0)
    assert report.storm["service_ns"] is report.storm["accept_ns"] is None


def test_the_same_capture_is_the_same_history(mixed):
    first, second = (wsksim.replay(mixed, echo) for _ in range(2))
    assert first.storm == second.storm
    assert eval(first.repeat, {"wsksim": wsksim}).storm == first.storm  # noqa: S307 - ours


def test_at_its_own_speed_a_replay_measures_accepts_and_edges(mixed):
    report = wsksim.replay(mixed, echo, speed="real", checks=["accept.max > 0us", "response.max > 0us"])
    storm = report.storm
    assert report.balanced
    assert storm["lives"]["begun"] == 380
    assert storm["accept_ns"]["count"] == storm["accepted"] + storm["lives"]["unaccepted"]
    assert storm["response_ns"]["count"] == storm["service_ns"]["count"] == sum(report.indicated.values())
    assert storm["virtual_s"] > 0.24
    assert all(check["good"] for check in storm["checks"])
    handler = wsksim.replay(mixed, lambda context, flags: 0, speed="real", checks=["response.max > 0us"])
    assert handler.storm["response_ns"]["count"] == handler.storm["service_ns"]["count"] == 288
    assert handler.storm["noise"]["level"]


def test_an_application_that_listens_twice_gets_each_flow_at_its_port(mixed, captures):
    class Two:
        def start(self, subsystem):
            Two.servers = [Echo(subsystem), Echo(subsystem)]
            return [server.address for server in Two.servers]

        def stop(self):
            for server in Two.servers:
                server.stop()

    report = wsksim.replay(mixed, Two)
    assert sum(server.accepted for server in Two.servers) == 380
    assert all(server.accepted > 100 for server in Two.servers)
    assert report.findings == 0


@pytest.mark.parametrize("local", ["client", "both"])
def test_the_other_side_may_be_the_remote(mixed, local):
    report = wsksim.replay(mixed, echo, local=local)
    assert report.balanced
    assert report.storm["lives"]["begun"] == sum(report.storm["lives"][fate] for fate in FATES)


def test_checks_of_a_replay(mixed):
    report = wsksim.replay(mixed, lambda context, flags: 0, checks=["posted == 288", "findings > 0"])
    assert [check["good"] for check in report.storm["checks"]] == [True, False]
    assert report.exit_code == 1
    with pytest.raises(wsksim.PlanError, match="asked for lives; found a handler"):
        wsksim.replay(mixed, lambda context, flags: 0, checks=["lives == 1"])
    with pytest.raises(wsksim.PlanError, match=r"asked for accept\.p99; found no rate"):
        wsksim.replay(mixed, echo, checks=["accept.p99 < 1s"])
    with pytest.raises(ValueError, match="contexts: asked for contexts; found an application"):
        wsksim.replay(mixed, echo, contexts="int")
    with pytest.raises(ValueError, match="trace: asked for trace; found an application"):
        wsksim.replay(mixed, echo, trace="x.jsonl")


def test_the_command_replays_against_an_application(wsksim_command, mixed):
    target = "wsksim.examples.echo:echo"
    done = wsksim_command("replay", mixed, target, "--check", "findings == 0", "--check", "lives == 380", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values["lives"]["begun"] == 380
    assert values["repeat"].endswith(f"{target} --check 'findings == 0' --check 'lives == 380' --seed 0")
    assert wsksim.replay(mixed, echo).storm["plan"] == values["plan"]
    wrong = wsksim_command("replay", mixed, target, "--check", "nothing == 0")
    assert wrong.returncode == 2
