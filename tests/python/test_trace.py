"""Where a trace goes: a file that appears whole, something else that is written to, and never over the input."""

import contextlib
import io
import json
import os
import stat
import subprocess
import sys
import threading

import pytest

import wsksim

TEXT = r"trace: asked .*; found .*; "
posix = pytest.mark.skipif(os.name != "posix", reason="such files are made the POSIX way")


def good(SocketContext, Flags):
    return 0


@pytest.fixture
def capture(captures, tmp_path):
    """A capture that a test may lose."""
    file = tmp_path / "mixed.pcap"
    file.write_bytes((captures / "mixed_v6.pcap").read_bytes())
    return file


@pytest.mark.parametrize("name", ["same", "symbolic link", "hard link"])
@posix
def test_trace_never_overwrites_its_capture(capture, tmp_path, name):
    before = capture.read_bytes()
    trace = capture if name == "same" else tmp_path / "other.jsonl"
    if name == "symbolic link":
        trace.symlink_to(capture)
    elif name == "hard link":
        trace.hardlink_to(capture)
    with pytest.raises(ValueError, match=TEXT):
        wsksim.replay(capture, good, trace=trace)
    assert capture.read_bytes() == before


@posix
def test_trace_into_a_pipe_is_read_at_its_other_end(capture, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    lines = []

    def read():
        with pipe.open() as file:
            lines.extend(file)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    report = wsksim.replay(capture, good, trace=pipe)
    reader.join(timeout=10)
    assert len(lines) == sum(report.indicated.values())
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@posix
def test_trace_whose_reader_leaves_is_refused(capture, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: pipe.open().close(), daemon=True)
    reader.start()

    def handler(SocketContext, Flags):
        reader.join(timeout=10)
        return 0

    with pytest.raises(OSError, match=TEXT):
        wsksim.replay(capture, handler, trace=pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@posix
def test_trace_to_a_device_leaves_the_device(capture, tmp_path):
    # A terminal of the test's own: a mistake in what is tested here must not cost the machine a device.
    main, terminal = os.openpty()
    link = tmp_path / "link"
    link.symlink_to(os.ttyname(terminal))
    read = []

    def drain():
        with contextlib.suppress(OSError), os.fdopen(main, "rb", buffering=0) as file:
            while part := file.read(4096):
                read.append(part)

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    report = wsksim.replay(capture, good, trace=link)
    assert stat.S_ISCHR(link.stat().st_mode)
    assert link.is_symlink()
    os.close(terminal)
    reader.join(timeout=10)
    assert b"".join(read).count(b"packet") == sum(report.indicated.values())


@pytest.mark.parametrize("bad", ["", "folder", "no/such/folder"])
def test_trace_that_names_no_file_is_refused(capture, tmp_path, monkeypatch, bad):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises((ValueError, OSError), match=TEXT):
        wsksim.replay(capture, good, trace=bad)
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "folder", capture])


@pytest.mark.parametrize("bad", [5, [], io.BytesIO()], ids=repr)
def test_trace_of_another_type_is_refused(capture, bad):
    with pytest.raises(TypeError, match=TEXT):
        wsksim.replay(capture, good, trace=bad)


def test_trace_may_be_named_in_bytes(capture, tmp_path):
    wsksim.replay(capture, good, trace=os.fsencode(tmp_path / "trace.jsonl"))
    assert (tmp_path / "trace.jsonl").stat().st_size > 0


def test_dash_traces_to_stdout_before_the_report(wsksim_command, capture):
    done = wsksim_command("replay", capture, "some_handlers:good", "--trace", "-")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    rows = [json.loads(line) for line in lines if line.startswith("{")]
    assert rows[0]["packet"] > 0
    assert lines[: len(rows)] == [json.dumps(row) for row in rows]
    assert lines[-1] == "exit 0"


@posix
def test_trace_to_the_file_that_is_stdout_keeps_the_report(workplace, capture):
    out = workplace / "out.txt"
    command = [sys.executable, "-m", "wsksim", "replay", str(capture), "some_handlers:good", "--trace", str(out)]
    with out.open("w") as file:
        subprocess.run(command, cwd=workplace, check=True, stdout=file, timeout=60)
    assert out.read_text().splitlines()[-1] == "exit 0"
    assert '{"packet"' in out.read_text()


@pytest.mark.parametrize(
    "trace", ["", ".", "no/such/folder/t", "-", "mixed.pcap"], ids=["empty", "folder", "missing", "dash", "input"]
)
def test_trace_that_cannot_be_is_a_usage_error(wsksim_command, capture, workplace, trace):
    before = capture.read_bytes()
    done = wsksim_command("replay", "mixed.pcap", "some_handlers:good", "--json", "--trace", trace)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "trace: asked " in done.stderr
    assert "; found " in done.stderr
    assert capture.read_bytes() == before
