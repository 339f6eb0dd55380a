"""Replays: the captures' truth, indication by indication, for both points of view."""

import io
import json
import os
import shutil
import struct
import subprocess

import pytest

import wsksim
from conftest import CAPTURES
from wsksim._native import CaptureReader
from wsksim.errors import CaptureError

NAMES = sorted(truth.name.removesuffix(".truth.json") for truth in CAPTURES.glob("*.truth.json"))


def good(SocketContext, Flags):
    return 0


def truth_of(capture):
    return json.loads(capture.with_name(capture.name + ".truth.json").read_text())


def nanoseconds(seconds):
    whole, fraction = seconds.split(".")
    return int(whole) * 10**9 + int(fraction.ljust(9, "0"))


@pytest.mark.parametrize("local", ["server", "client"])
@pytest.mark.parametrize("name", NAMES)
def test_replay_agrees_with_the_truth(captures, name, local):
    capture = captures / name
    truth = truth_of(capture)
    trace = io.StringIO()
    report = wsksim.replay(capture, good, local=local, trace=trace)
    rows = [json.loads(line) for line in trace.getvalue().splitlines()]
    found = [[row["packet"], int(row["time_ns"]), row["local"], row["remote"], row["flags"]] for row in rows]
    expected = [[row[0], nanoseconds(row[1]), *row[2:]] for row in truth[f"local_{local}"]["events"]]
    assert found == expected
    assert report.indicated == {kind: truth[f"local_{local}"][kind] for kind in ("graceful", "abortive")}
    assert report.capture["tcp_packets"] == truth["tcp_packets"]
    assert report.capture["flows"] == truth["flows"]
    assert report.capture["established"] == truth["established"]
    assert report.capture["damage"] is None
    assert report.balanced
    assert report.exit_code == 0


def test_handler_is_called_in_the_captures_order(captures):
    capture = captures / "mixed_v4.pcap"
    seen = []
    wsksim.replay(capture, lambda context, flags: seen.append([context["local"], context["remote"], flags]) or 0)
    assert seen == [row[2:] for row in truth_of(capture)["local_server"]["events"]]


def test_both_views_together_are_the_sum(captures):
    capture = captures / "mixed_v6.pcap"
    truth = truth_of(capture)
    report = wsksim.replay(capture, good, local="both")
    for kind in ("graceful", "abortive"):
        assert report.indicated[kind] == truth["local_server"][kind] + truth["local_client"][kind]


def test_contexts_number_the_connections(captures):
    seen = set()
    wsksim.replay(captures / "mixed_v4.pcap", lambda context, flags: seen.add(context["id"]) or 0)
    assert seen <= set(range(truth_of(captures / "mixed_v4.pcap")["established"]))
    assert len(seen) > 200


def test_batch_and_native_handlers_are_called_as_often(captures, c_library):
    capture = captures / "mixed_v6.pcap"
    expected = wsksim.replay(capture, good).indicated
    numbers = []
    batch = wsksim.batch_handler(lambda contexts, flags: numbers.extend(contexts))
    assert wsksim.replay(capture, batch).indicated == expected
    assert len(numbers) == sum(expected.values())
    native = wsksim.replay(capture, f"{c_library}:Good")
    assert native.indicated == expected
    assert native.findings == 0


def test_trace_file_appears_whole_and_leaves_nothing_beside_it(captures, tmp_path):
    trace = tmp_path / "trace.jsonl"
    report = wsksim.replay(captures / "mixed_v6.pcap", good, trace=trace)
    rows = [json.loads(line) for line in trace.read_text().splitlines()]
    assert len(rows) == sum(report.indicated.values())
    assert set(rows[0]) == {"packet", "time_ns", "local", "remote", "flags", "socket"}
    assert list(tmp_path.iterdir()) == [trace]


def test_trace_of_a_failed_replay_is_removed(captures, tmp_path):
    trace = tmp_path / "trace.jsonl"
    with pytest.raises(wsksim.errors.ContractError):
        wsksim.replay(captures / "mixed_v6.pcap", lambda context, flags: 1, check="raise", trace=trace)
    assert list(tmp_path.iterdir()) == []


def test_trace_of_an_interrupted_replay_has_what_was_indicated(captures, tmp_path):
    seen = []

    def handler(SocketContext, Flags):
        seen.append(SocketContext["remote"])
        if len(seen) == 40:
            raise KeyboardInterrupt
        return 0

    trace = tmp_path / "trace.jsonl"
    report = wsksim.replay(captures / "mixed_v4.pcap", handler, trace=trace)
    assert report.interrupted
    assert report.balanced
    assert [json.loads(line)["remote"] for line in trace.read_text().splitlines()] == seen


def test_speed_changes_no_indication(captures):
    capture = captures / "mixed_v6.pcap"
    assert wsksim.replay(capture, good, speed="10000x").indicated == wsksim.replay(capture, good).indicated


def test_level_is_in_the_trace(captures):
    trace = io.StringIO()
    wsksim.replay(captures / "mixed_v6.pcap", good, irql="dispatch", trace=trace)
    assert {json.loads(line)["flags"] for line in trace.getvalue().splitlines()} == {8, 9}


def test_progress_ends_with_the_whole_file(captures):
    told = []
    capture = captures / "mixed_v6.pcap"
    wsksim.replay(capture, good, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (capture.stat().st_size,) * 2


def test_cut_capture_is_read_until_the_cut(captures, tmp_path):
    whole = captures / "mixed_v4.pcap"
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2 + 5])
    report = wsksim.replay(cut, good)
    assert report.exit_code == 3
    assert report.balanced
    assert 0 < sum(report.indicated.values()) < sum(wsksim.replay(whole, good).indicated.values())
    assert 0 < report.capture["damage"]["offset"] <= cut.stat().st_size


def test_unreadable_capture_is_refused(tmp_path):
    with pytest.raises((CaptureError, OSError)):
        wsksim.replay(tmp_path / "missing.pcap", good)
    for name, content in [("empty", b""), ("text", b"GET / HTTP/1.1\r\n" * 10), ("zeros", bytes(4096))]:
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(CaptureError) as caught:
            wsksim.replay(file, good)
        assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "bad",
    [
        {"local": "peer"},
        {"speed": "fast"},
        {"seed": -1},
        {"irql": 2},
        {"contexts": "list"},
        {"speed": 10**400},
        {"speed": b"10"},
    ],
)
def test_argument_outside_its_limits_is_refused(captures, bad):
    with pytest.raises(ValueError, match=r"asked for .*; found .*; "):
        wsksim.replay(captures / "mixed_v6.pcap", good, **bad)


@pytest.mark.parametrize("bad", [{"midstream": "no"}, {"midstream": None}, {"progress": 5}, {"seed": "1"}], ids=str)
def test_argument_of_another_type_is_refused(captures, bad):
    with pytest.raises(TypeError, match=r"asked for .*; found .*; "):
        wsksim.replay(captures / "mixed_v6.pcap", good, **bad)


def block(kind, body):
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def pcapng(capture, *, known):
    """Some packets of a pcap file under link type 147, and under Ethernet if `known`."""
    content = capture.read_bytes()
    parts = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    parts += [block(1, struct.pack("<HHI", link, 0, 0)) for link in (147, 1)]
    offset = 24
    for _ in range(50):
        length = struct.unpack_from("<I", content, offset + 8)[0]
        frame = content[offset + 16 : offset + 16 + length]
        offset += 16 + length
        packet = struct.pack("<IIII", 0, 0, length, length) + frame + bytes(-length % 4)
        for interface in range(1 + known):
            parts.append(block(6, struct.pack("<I", interface) + packet))
    return b"".join(parts)


def test_capture_of_unread_link_types_alone_is_refused(captures, tmp_path, wsksim_command):
    file = tmp_path / "odd.pcapng"
    file.write_bytes(pcapng(captures / "mixed_v4.pcap", known=False))
    with pytest.raises(
        CaptureError, match=r"asked to read pcapng; found .* link type 147 \(private\); record .* 1 \(Ethernet\)"
    ):
        wsksim.replay(file, good)
    done = wsksim_command("replay", file, "some_handlers:good", "--trace", "trace.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "trace.jsonl").exists()


def test_skipped_link_types_are_named_even_when_quiet(captures, tmp_path, wsksim_command):
    file = tmp_path / "odd.pcapng"
    file.write_bytes(pcapng(captures / "mixed_v4.pcap", known=True))
    done = wsksim_command("replay", file, "some_handlers:good", "--quiet")
    assert done.returncode == 0
    assert "NOTE  50 of 100 packets were not read, for their link type: 147 private (50)" in done.stdout
    values = json.loads(wsksim_command("replay", file, "some_handlers:good", "--json").stdout)
    assert values["skipped_link_types"] == {"147": 50}
    assert values["skipped"]["link type"] == 50


@pytest.fixture
def odd_name(captures, tmp_path):
    """A capture whose name is no text."""
    name = os.fsencode(tmp_path) + b"/\xff\xfe it's.pcap"
    try:
        with open(name, "wb") as file:  # noqa: PTH123 - bytes
            file.write((captures / "mixed_v6.pcap").read_bytes())
    except OSError:
        pytest.skip("this file system takes no such names")
    return name


def test_name_that_is_no_text_is_read_in_each_form(odd_name):
    expected = wsksim.replay(odd_name, good).indicated
    assert sum(expected.values()) > 0
    assert wsksim.replay(os.fsdecode(odd_name), good).indicated == expected
    for form in (odd_name, os.fsdecode(odd_name)):
        assert not CaptureReader(form).done


def test_name_that_is_no_text_is_printed_and_repeated(odd_name, wsksim_command, workplace):
    name = os.fsdecode(odd_name)
    done = wsksim_command("replay", name, "some_handlers:returns_none")
    assert done.returncode == 1, done.stderr
    repeat = next(line for line in done.stdout.splitlines() if line.startswith("again ")).removeprefix("again ")
    assert r"\xff\xfe" in repeat
    values = json.loads(wsksim_command("replay", name, "some_handlers:returns_none", "--json").stdout)
    assert os.fsencode(values["options"]["file"]) == odd_name
    bash = shutil.which("bash")
    if bash is not None:
        script = f"printf '%s' {repeat.split(maxsplit=2)[2]}"
        assert odd_name in subprocess.run([bash, "-c", script], check=True, capture_output=True).stdout
    missing = wsksim_command("replay", name + "x", "some_handlers:good")
    assert missing.returncode == 2
    assert r"\xff\xfe it's.pcapx: asked to read a file; found No such file" in missing.stderr


@pytest.mark.parametrize("bad", [None, 5, [5]], ids=repr)
def test_path_of_another_type_is_refused(bad):
    for read in (CaptureReader, lambda path: wsksim.replay(path, good)):
        with pytest.raises(TypeError, match=r"path: asked for .*; found .*; pass "):
            read(bad)


def test_lengths_of_a_block_that_differ_are_told_in_words(captures, tmp_path):
    content = bytearray(pcapng(captures / "mixed_v4.pcap", known=True))
    content[-4:] = bytes(4)
    file = tmp_path / "lies.pcapng"
    file.write_bytes(content)
    found = wsksim.replay(file, good).capture["damage"]["found"]
    assert found.endswith(" bytes at its start and 0 at its end")
