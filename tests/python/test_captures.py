"""Captures that speak: many files, compressed files, filters, notes, and the explanation of a flow."""

import gzip
import io
import itertools
import json
import re
import shutil
import struct
from pathlib import Path

import pytest

import wsksim
from conftest import CAPTURES, ROOT
from wsksim.runs.explain import explain_flow

ODD = CAPTURES / "odd"
FIN, SYN, RST, ACK = 1, 2, 4, 16


def good(SocketContext, Flags):
    return 0


def odd(number):
    return next(ODD.glob(f"{number}-*"))


def edges(report_of, **options):
    trace = io.StringIO()
    wsksim.replay(report_of, good, trace=trace, **options)
    return [json.loads(line) for line in trace.getvalue().splitlines()]


def pieces(capture, count):
    """A pcap file as several, one after the other."""
    content = capture.read_bytes()
    ends, offset = [24], 24
    while offset < len(content):
        offset += 16 + struct.unpack_from("<I", content, offset + 8)[0]
        ends.append(offset)
    cuts = [ends[len(ends) * part // count] for part in range(count)] + [len(content)]
    cuts[0] = 24
    return [content[:24] + content[begin:end] for begin, end in itertools.pairwise(cuts)]


@pytest.fixture
def rotated(tmp_path):
    """A folder with a capture in seven files, one of them compressed."""
    folder = tmp_path / "rotated"
    folder.mkdir()
    for number, piece in enumerate(pieces(CAPTURES / "mixed_v4.pcap", 7)):
        # By name they stand in the wrong order.
        name = f"part{9 - number}.pcap"
        (folder / name).write_bytes(gzip.compress(piece) if number == 3 else piece)
    return folder


def test_rotated_files_are_one_capture(rotated):
    whole = edges(CAPTURES / "mixed_v4.pcap")
    for given in (rotated, [rotated], sorted(rotated.iterdir())):
        rows = edges(given)
        assert [(row["time_ns"], row["local"], row["remote"], row["flags"]) for row in rows] == [
            (row["time_ns"], row["local"], row["remote"], row["flags"]) for row in whole
        ]
        assert {row["file"] for row in rows} <= {str(path) for path in rotated.iterdir()}
    report = wsksim.replay(rotated, good)
    files = report.capture["files"]
    assert [Path(file["file"]).name for file in files] == [f"part{9 - number}.pcap" for number in range(7)]
    assert sum(file["packets"] for file in files) == report.capture["packets"]
    assert [file["compression"] for file in files] == [None, None, None, "gzip", None, None, None]
    assert sum(file["edges"] for file in files) == sum(report.indicated.values()) == len(whole)
    first = files[0]
    assert first["format"] == "pcap"
    assert float(first["first_time"]) <= float(first["last_time"]) <= float(files[1]["first_time"])


def test_what_a_folder_holds_besides_is_named(rotated, wsksim_command):
    (rotated / "notes.txt").write_text("recorded on Monday")
    shutil.copy(rotated / "part9.pcap", rotated / "again.pcap")
    done = wsksim_command("replay", rotated, "some_handlers:good", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert {Path(row["file"]).name for row in values["left_out"]} == {"notes.txt", "part9.pcap"}
    out = ", ".join(repr(str(rotated / name)) for name in ("notes.txt", "part9.pcap"))
    assert f"2 files left out: {out}; --json says why each was" in values["capture_notes"]
    assert [row["why"].split(":")[0] for row in values["left_out"]] == [
        "it is no capture that is known",
        f"it is the same as {rotated / 'again.pcap'}, which is read",
    ]
    (rotated / "again.pcap").unlink()
    report = wsksim.replay(rotated, good)
    assert any(
        note.startswith("1 file left out: ") and "(it is no cap" in note for note in report.capture["capture_notes"]
    )
    assert values["options"]["files"] == [str(rotated)]


def test_files_that_overlap_are_named(tmp_path):
    content = (CAPTURES / "mixed_v4.pcap").read_bytes()
    for name, piece in (("a", content), ("b", pieces(CAPTURES / "mixed_v4.pcap", 2)[1])):
        (tmp_path / name).write_bytes(piece)
    report = wsksim.replay([tmp_path / "b", tmp_path / "a"], good)
    assert any("1 file overlaps the one before in time: " in note for note in report.capture["capture_notes"])
    assert report.indicated == wsksim.replay(tmp_path / "a", good).indicated


def test_a_damaged_file_of_several_is_named_and_the_others_are_read(rotated, wsksim_command):
    cut = rotated / "part8.pcap"
    cut.write_bytes(cut.read_bytes()[:-5])
    done = wsksim_command("replay", rotated, "some_handlers:good")
    assert done.returncode == 3
    assert f"PART  '{cut}' ends at byte " in done.stdout
    assert "packets 2,971," in done.stdout


@pytest.mark.parametrize(
    ("number", "options", "note"),
    [
        ("05", {}, r"1 connection lacks a part of the handshake, .*; --midstream would give 1 connection"),
        ("19", {}, r"4 TCP packets belong to no connection .*; --midstream would give 1 connection"),
        ("20", {}, r"1 disconnect is the server's, .*; --local client would give as many indications"),
        ("20", {"local": "client", "filters": ["port=81"]}, r"the filter left out all 4 TCP packets"),
        (
            "10",
            {"tunnels": False},
            r"6 packets in tunnels were not opened; without --tunnels off they would give 1 connection and 1 disc",
        ),
        ("23", {}, r"1 connect, and none with its whole handshake in the capture"),
        ("21", {"local": "client"}, r"1 disconnect is the client's, .*; --local server would give"),
    ],
)
def test_a_capture_that_gives_nothing_says_what_would_help(number, options, note):
    report = wsksim.replay(odd(number), good, **options)
    assert sum(report.indicated.values()) == 0
    (said,) = report.capture["capture_notes"]
    assert re.match(note, said), said
    # However it is broken into lines.
    assert f"NOTE {said}" in " ".join(str(report).split())
    assert report.exit_code == 0


def half_in_tunnels(data):
    """The capture, with what clients send inside IP in IP, as a load balancer has it."""
    out, at = [data[:24]], 24
    while at < len(data):
        seconds, fraction, kept, length = struct.unpack_from("<4I", data, at)
        frame = data[at + 16 : at + 16 + kept]
        at += 16 + kept
        source, destination = struct.unpack_from("!2H", frame, 14 + (frame[14] & 15) * 4)
        if source > destination:
            outer = struct.pack(
                "!BBHHHBBH4s4s", 0x45, 0, 20 + len(frame) - 14, 0, 0, 64, 4, 0, b"\x0a\0\0\1", b"\x0a\0\0\2"
            )
            frame, length = frame[:14] + outer + frame[14:], length + 20
        out += [struct.pack("<4I", seconds, fraction, len(frame), length), frame]
    return b"".join(out)


def test_tunnels_that_hold_one_direction_are_named_where_they_are_closed(tmp_path):
    capture = tmp_path / "balanced.pcap"
    capture.write_bytes(half_in_tunnels((CAPTURES / "mixed_v4.pcap").read_bytes()))
    opened, bare = wsksim.replay(capture, good), wsksim.replay(CAPTURES / "mixed_v4.pcap", good)
    assert opened.indicated == bare.indicated
    assert opened.capture["capture_notes"] == []
    closed = wsksim.replay(capture, good, tunnels=False)
    assert any("in tunnels were not opened; --tunnels off" in note for note in closed.capture["capture_notes"])


def test_captures_that_give_enough_have_no_note():
    for truth in CAPTURES.glob("*.truth.json"):
        capture = truth.with_name(truth.name.removesuffix(".truth.json"))
        for local in ("server", "client", "both"):
            assert wsksim.replay(capture, good, local=local).capture["capture_notes"] == [], (capture, local)


def test_few_strays_do_not_hide_why_a_capture_gave_nothing(tmp_path):
    whole = (CAPTURES / "mixed_v4.pcap").read_bytes()
    records, offset = [], 24
    while len(records) < 40:
        end = offset + 16 + struct.unpack_from("<I", whole, offset + 8)[0]
        # Without its FINs and RSTs no connection ends, and the first one lacks its beginning.
        if not whole[offset + 16 + 14 + 20 + 13] & (FIN | RST):
            records.append(whole[offset:end])
        offset = end
    capture = tmp_path / "open.pcap"
    capture.write_bytes(whole[:24] + b"".join(records[2:]))
    report = wsksim.replay(capture, good)
    assert report.capture["established"] > 1
    (note,) = (line for line in str(report).splitlines() if line.startswith("NOTE"))
    assert re.fullmatch(r"NOTE  \d+ connections, and the remote ended none of them in the capture", note), note


def test_a_capture_without_packets_says_so(tmp_path):
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(gzip.decompress(odd("16").read_bytes())[:24])
    assert wsksim.replay(empty, good).capture["capture_notes"] == ["the capture holds no packet"]


def test_filters_choose_connections(captures):
    capture = captures / "mixed_v4.pcap"
    rows = edges(capture)
    port = rows[0]["remote"].split("|")[1]
    chosen = edges(capture, filters=[f"port={port}"])
    assert chosen == [row for row in rows if f"|{port}" in row["local"] + row["remote"]]
    assert edges(capture, filters=("host=127.0.0.0/8",)) == rows
    assert edges(capture, filters=("host=10.0.0.1",)) == []
    for wrong in ("port=http", "host=localhost", "vlan=3", ""):
        with pytest.raises(ValueError, match=r"filter: asked for .*; found .*; "):
            wsksim.replay(capture, good, filters=[wrong])
    with pytest.raises(TypeError, match="filters: asked for a list of texts"):
        wsksim.replay(capture, good, filters="port=80")


def test_a_bomb_ends_at_the_limit(tmp_path, wsksim_command):
    bomb = tmp_path / "bomb.pcap.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        file.write(gzip.decompress(odd("16").read_bytes()))
        file.write(bytes(8 << 20))
    done = wsksim_command("replay", bomb, "some_handlers:good", "--unpack-limit", "1M")
    assert done.returncode == 3
    told = " ".join(done.stdout.split())
    assert "of what it unpacks to: it expands to more than the limit of 1,000,000 bytes" in told
    assert "raise --unpack-limit" in told
    assert "posted     1 " in done.stdout
    whole = wsksim.replay(bomb, good)
    assert whole.capture["packets"] > 500_000
    assert whole.exit_code in (0, 3)


def test_explanation_says_how_each_packet_was_read(wsksim_command):
    done = wsksim_command("replay", odd("01"), "some_handlers:good", "--explain-flow", "0")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("flow 0: 192.0.2.1|40000 to 192.0.2.2|80; ")
    assert lines[-1] == "flows 1"
    rules = [re.match(r"(\d+) .* ([\d-]) {5}\w", line).groups() for line in lines[2:-1]]
    assert rules == [("2", "1"), ("3", "2"), ("5", "2"), ("6", "4"), ("7", "3"), ("8", "-")]
    assert lines[-2].endswith("data or an acknowledgment: it neither opens nor ends the connection")
    bare = wsksim_command("replay", odd("01"), "--explain-flow", "0")
    assert bare.stdout == done.stdout
    values = json.loads(wsksim_command("replay", odd("01"), "--explain-flow", "0", "--json").stdout)
    assert values["flows"] == 1
    assert values["lines"][3]["flags"] == ["FIN", "ACK"]
    assert values["lines"][3]["rules"] == [4]
    assert values["lines"][5]["rules"] == [None]
    wrong = wsksim_command("replay", odd("01"), "--explain-flow", "1")
    assert wrong.returncode == 2
    assert "asked for flow 1; found 1, numbered from 0 to 0; " in wrong.stderr


def test_tunnels_that_are_not_opened_are_named_where_a_capture_gives_little(tmp_path):
    header = odd("20").read_bytes()[:24]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 47, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
    frame = bytes(12) + b"\x08\0" + ip + b"\x10\0\x88\xbe" + bytes(60)
    capture = tmp_path / "mirror.pcap"
    capture.write_bytes(header + 3 * (struct.pack("<4I", 1, 0, len(frame), len(frame)) + frame))
    notes = wsksim.replay(capture, good).capture["capture_notes"]
    assert any("3 packets seem to be in tunnels of kinds that are not opened: ERSPAN (3); " in note for note in notes)


def test_taps_of_one_direction_each_are_told_that_edges_may_lack(tmp_path):
    whole = (CAPTURES / "mixed_v4.pcap").read_bytes()
    sides, offset = [whole[:24], whole[:24]], 24
    while offset < len(whole):
        end = offset + 16 + struct.unpack_from("<I", whole, offset + 8)[0]
        source, destination = struct.unpack_from("!2H", whole, offset + 16 + 14 + 20)
        sides[source > destination] += whole[offset:end]
        offset = end
    for name, side in zip("ab", sides, strict=True):
        (tmp_path / name).write_bytes(side)
    (note,) = (note for note in wsksim.replay(tmp_path, good).capture["capture_notes"] if "overlaps" in note)
    assert "such as those of a tap for each direction, may lack edges" in note
    assert "join them first: mergecap -w joined.pcapng FILES" in note


def test_explanation_follows_the_options_and_the_files(rotated):
    flows = explain_flow(str(rotated), 0).flows
    assert flows == explain_flow(str(CAPTURES / "mixed_v4.pcap"), 0).flows == 400
    lines = [line for flow in range(0, flows, 20) for line in explain_flow(str(rotated), flow).lines]
    assert len({line.file for line in lines}) > 3
    (first, *_) = explain_flow(str(odd("19")), 0, midstream=True).lines
    assert first.rules[0] == 8
    assert first.sender == "client"


def test_explanation_of_a_damaged_file_tells_the_damage(wsksim_command, tmp_path):
    cut = tmp_path / "cut.pcap"
    cut.write_bytes((CAPTURES / "mixed_v4.pcap").read_bytes()[:-5])
    done = wsksim_command("replay", cut, "--explain-flow", "0")
    assert done.returncode == 3
    assert "\nPART  the capture ends at byte " in done.stdout
    values = json.loads(wsksim_command("replay", cut, "--explain-flow", "0", "--json").stdout)
    assert len(values["damage"]) == 1


def test_explanation_is_as_long_as_it_may_be(monkeypatch):
    whole = explain_flow(str(CAPTURES / "mixed_v4.pcap"), 0)
    monkeypatch.setattr("wsksim.runs.explain.MAX_LINES", 1)
    short = explain_flow(str(CAPTURES / "mixed_v4.pcap"), 0)
    assert short.lines == whole.lines[:1]
    assert short.more == len(whole.lines) - 1 > 0
    assert f"\n(and {short.more} more packets)\n" in str(short)
    assert (whole.more, whole.damage) == (0, ())


def test_explanation_indicates_nothing_that_could_be_traced(wsksim_command, tmp_path):
    done = wsksim_command("replay", odd("01"), "--explain-flow", "0", "--trace", tmp_path / "trace.jsonl")
    assert done.returncode == 2
    assert "leave out --trace" in done.stderr


def test_damage_of_a_plain_file_beside_a_packed_one_counts_its_own_bytes(tmp_path):
    data = (CAPTURES / "mixed_v4.pcap").read_bytes()
    (tmp_path / "a.pcap.gz").write_bytes(gzip.compress(data))
    (tmp_path / "b.pcap").write_bytes(data[:-5])
    report = wsksim.replay(tmp_path, good)
    (line,) = [line for line in str(report).splitlines() if line.startswith("PART")]
    assert "b.pcap" in line
    assert "unpacks" not in line


def test_every_rule_that_an_explanation_names_is_on_the_page():
    page = (ROOT / "docs" / "captures.md").read_text("utf-8")
    numbers = [line.split(".")[0] for line in page.splitlines() if line[:1].isdigit() and ". " in line[:4]]
    for number in range(1, 10):
        assert str(number) in numbers


def test_missing_handler_and_wrong_input_are_usage_errors(wsksim_command):
    done = wsksim_command("replay", odd("01"))
    assert done.returncode == 2
    assert "HANDLER" in done.stderr
    done = wsksim_command("replay", odd("17"), "some_handlers:good")
    assert done.returncode == 2
    assert "convert it with: editcap" in done.stderr
    with pytest.raises(ValueError, match="path: asked for the names of files; found none"):
        wsksim.replay([], good)
    with pytest.raises(ValueError, match="unpack_limit: asked for"):
        wsksim.replay(odd("16"), good, unpack_limit=0)
    with pytest.raises(TypeError, match="tunnels: asked for"):
        wsksim.replay(odd("16"), good, tunnels="off")


def test_trace_never_overwrites_one_of_several_captures(tmp_path):
    for name in ("a", "b"):
        shutil.copy(odd("20"), tmp_path / name)
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes() + b"x")
    with pytest.raises(ValueError, match="found the capture itself"):
        wsksim.replay(tmp_path, good, trace=tmp_path / "b")
