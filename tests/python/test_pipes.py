"""Pipes, named and unnamed: edges as they come, and Ctrl-C while nothing comes."""

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import wsksim
from conftest import CAPTURES
from wsksim.errors import CaptureError

posix = pytest.mark.skipif(os.name != "posix", reason="such files are made the POSIX way")


def good(SocketContext, Flags):
    return 0


def odd(number):
    return next((CAPTURES / "odd").glob(f"{number}-*"))


def test_standard_input_is_read_compressed_or_not(workplace):
    content = (CAPTURES / "mixed_v6.pcap").read_bytes()
    expected = wsksim.replay(CAPTURES / "mixed_v6.pcap", good).indicated
    command = [sys.executable, "-m", "wsksim", "replay", "-", "some_handlers:good", "--json"]
    for given in (content, gzip.compress(content)):
        done = subprocess.run(command, input=given, cwd=workplace, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["indicated"] == expected


@posix
def test_native_handler_in_a_child_reads_the_standard_input(workplace, c_library):
    command = [sys.executable, "-m", "wsksim", "replay", "-", f"{c_library}:Good", "--json"]
    with (CAPTURES / "mixed_v6.pcap").open("rb") as file:
        done = subprocess.run(command, stdin=file, cwd=workplace, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["indicated"] == wsksim.replay(CAPTURES / "mixed_v6.pcap", good).indicated


def conversation_parts():
    """A pcap in parts: up to the open, the FIN, the rest."""
    content = odd("16").read_bytes()
    content = gzip.decompress(content)
    record = 16 + 54
    return content[: 24 + 3 * record], content[24 + 3 * record : 24 + 4 * record], content[24 + 4 * record :]


@posix
def test_edges_of_a_live_pipe_come_as_they_are_recorded(workplace):
    command = [sys.executable, "-m", "wsksim", "replay", "-", "some_handlers:good", "--trace", "-"]
    start, fin, rest = conversation_parts()
    with subprocess.Popen(command, cwd=workplace, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(start)
        process.stdin.flush()
        process.stdin.write(fin)
        process.stdin.flush()
        # The pipe is still open, and the edge is told.
        assert json.loads(process.stdout.readline())["packet"] == 4
        process.stdin.write(rest)
        process.stdin.close()
        text = process.stdout.read().decode()
        assert process.wait(timeout=60) == 0
    assert "packets 6," in text


@posix
@pytest.mark.parametrize("after", [0, 10, 24, 24 + 3 * 70 + 5, 24 + 6 * 70])
def test_ctrl_c_ends_a_replay_whose_pipe_stalls(workplace, after):
    command = [sys.executable, "-m", "wsksim", "replay", "-", "some_handlers:good", "--trace", "-"]
    content = b"".join(conversation_parts())
    with subprocess.Popen(
        command, cwd=workplace, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdin.write(content[:after])
        process.stdin.flush()
        if after > 24 + 4 * 70:
            process.stdout.readline()
        else:
            wait_until_it_reads(process)
        process.send_signal(signal.SIGINT)
        out = process.stdout.read().decode()
        process.stdin.close()
        assert process.wait(timeout=60) == 130, process.stderr.read()
    assert "PART  interrupted" in out
    assert out.splitlines()[-1] == "exit 130"


def wait_until_it_reads(process):
    """Waits until the thread that reads the pipe is there, and the main thread waits for it; it may be a child's."""
    if not Path(f"/proc/{process.pid}/task/{process.pid}/children").exists():
        pytest.skip("what the threads of a process do cannot be seen here")
    asleep = 0
    while process.poll() is None and asleep < 5:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            asleep = asleep + 1 if any(map(_reads, [process.pid, *children])) else 0
        os.sched_yield()


def _reads(number):
    tasks = Path(f"/proc/{number}/task")
    names = {(task / "comm").read_text().strip() for task in tasks.iterdir()}
    main = (tasks / str(number) / "stat").read_text().rpartition(")")[2].split()[0]
    return "wsksim-pipe" in names and main == "S"


@posix
def test_a_named_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["/bin/sh", "-c", f"cat '{odd('20')}' > '{pipe}'"]) as writer:
        report = wsksim.replay(pipe, good, local="client")
        assert writer.wait(timeout=60) == 0
    assert report.indicated == {"graceful": 1, "abortive": 0}
    with pytest.raises(CaptureError, match="read it alone"):
        wsksim.replay([pipe, odd("20")], good)


@posix
def test_explanation_of_a_live_pipe_comes_packet_by_packet_and_ends_with_ctrl_c(workplace):
    command = [sys.executable, "-m", "wsksim", "replay", "-", "--explain-flow", "0"]
    start, fin, _ = conversation_parts()
    with subprocess.Popen(
        command, cwd=workplace, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        for number, part in enumerate((start[: 24 + 70], start[24 + 70 : 24 + 140], start[24 + 140 :], fin), 1):
            process.stdin.write(part)
            process.stdin.flush()
            # The pipe is still open, and nothing but this packet has come.
            row = process.stdout.readline()
            while not row.startswith(str(number).encode()):
                assert row, process.stderr.read()
                row = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read().decode()
        process.stdin.close()
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == b""
    assert rest.splitlines() == ["PART  interrupted; read until there", "flows 1"]


@posix
def test_explanation_that_is_interrupted_before_a_packet_says_so(workplace):
    command = [sys.executable, "-m", "wsksim", "replay", "-", "--explain-flow", "0"]
    with subprocess.Popen(command, cwd=workplace, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_until_it_reads(process)
        process.send_signal(signal.SIGINT)
        out = process.stdout.read().decode()
        process.stdin.close()
        assert process.wait(timeout=60) == 130
    assert out.splitlines()[0].startswith("flow 0: no packet of it was read; ")
    assert "PART  interrupted; read until there" in out


@posix
@pytest.mark.parametrize("handler", ["some_handlers:good", "c_library"])
def test_reader_of_the_trace_that_has_seen_enough_ends_the_replay_quietly(workplace, c_library, handler):
    named = f"{c_library}:Good" if handler == "c_library" else handler
    many = [str(CAPTURES / "mixed_v4.pcap"), named, "--trace", "-", "--speed", "max"]
    command = [sys.executable, "-m", "wsksim", "replay", *many]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command, cwd=workplace, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
