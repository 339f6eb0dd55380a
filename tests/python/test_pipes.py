"""Pipes, named and unnamed: edges as they come, and Ctrl-C while nothing comes."""

import contextlib
import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import time
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
        values = json.loads(done.stdout)
        assert values["indicated"] == expected
        assert values["repeat"].startswith("with the same capture on stdin: wsksim replay - some_handlers:good")


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


@posix
@pytest.mark.parametrize("asked", [["some_handlers:good"], ["--explain-flow", "0"]])
def test_ctrl_c_ends_a_replay_of_a_pipe_that_nobody_writes(workplace, tmp_path, asked):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "wsksim", "replay", str(pipe), *asked]
    with subprocess.Popen(command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until_it_reads(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert "PART  interrupted; " in out


@posix
def test_a_pipe_that_says_that_it_has_nothing_is_waited_for(workplace):
    command = [sys.executable, "-m", "wsksim", "replay", "-", "some_handlers:good", "--trace", "-"]
    reading, writing = os.pipe()
    # As a parent leaves it that reads its own pipes without waiting.
    os.set_blocking(reading, False)
    start, fin, rest = conversation_parts()
    with subprocess.Popen(command, cwd=workplace, stdin=reading, stdout=subprocess.PIPE, text=True) as process:
        os.close(reading)
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            wait_until_it_reads(process)
            pipe.write(start + fin)
            assert json.loads(process.stdout.readline())["packet"] == 4
            pipe.write(rest)
        out = process.stdout.read()
        assert process.wait(timeout=60) == 0
    assert "packets 6," in out


HOLE = 1 << 40


@pytest.fixture
def with_a_hole(tmp_path):
    """A compressed capture with a tebibyte of nothing in it, before its packets or behind them."""

    def make(kind):
        content = gzip.decompress(odd("16").read_bytes())
        path = tmp_path / kind
        with path.open("wb") as file:
            if kind == "padding":
                file.write(gzip.compress(content))
            else:  # frames that are to be skipped
                for number in range(1 << 10):
                    file.seek(number << 30)
                    file.write(struct.pack("<2I", 0x184D2A50, (1 << 30) - 8))
            try:
                file.truncate(HOLE)
            except OSError as error:
                pytest.skip(f"no file of a tebibyte can be made here: {error}")
        return path

    return make


def wait_until_it_has_read(process, path, length):
    """Waits until so much of the file was read, perhaps by a child."""
    if not Path(f"/proc/{process.pid}/task/{process.pid}/children").exists():
        pytest.skip("what a process reads cannot be seen here")
    hangs = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < hangs:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            for number in [process.pid, *children]:
                for link in Path(f"/proc/{number}/fd").iterdir():
                    if link.readlink() == path:
                        position = Path(f"/proc/{number}/fdinfo/{link.name}").read_text().split()[1]
                        if int(position) >= length:
                            return
        os.sched_yield()


@posix
@pytest.mark.parametrize("kind", ["padding", "skipped"])
@pytest.mark.parametrize("asked", [["some_handlers:good"], ["--explain-flow", "0"]])
def test_ctrl_c_ends_a_replay_that_skips_what_gives_nothing(workplace, with_a_hole, kind, asked):
    path = with_a_hole(kind)
    command = [sys.executable, "-m", "wsksim", "replay", str(path), *asked]
    with subprocess.Popen(command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until_it_has_read(process, path, 1 << 29)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert "PART  interrupted; " in out
    if kind == "padding":
        assert "packets 6," in out or "graceful edge" in out


@posix
@pytest.mark.parametrize("kind", ["padding", "skipped"])
def test_ctrl_c_ends_the_ordering_of_files_that_give_nothing(workplace, with_a_hole, kind):
    path = with_a_hole(kind)
    (path.parent / "again").hardlink_to(path)
    command = [sys.executable, "-m", "wsksim", "replay", str(path.parent), "some_handlers:good"]
    with subprocess.Popen(command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until_it_has_read(process, path.parent / "again", 1 << 29)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "wsksim: interrupted before the run began"
