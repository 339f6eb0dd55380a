"""The progress line: shown on a terminal only, rewritten in place, and gone at the end."""

import io
import os
import subprocess
import sys
import threading

import pytest

from wsksim.cli.progress import ProgressLine
from wsksim.runs.watching import Live

posix = pytest.mark.skipif(os.name != "posix", reason="terminals are made the POSIX way")


@pytest.fixture
def clock():
    """A clock that a test sets."""
    return {"now": 0.0}


@pytest.fixture
def make(clock):
    """Makes a line, and what it is written to."""

    def made(width=80):
        stream = io.StringIO()
        return ProgressLine("run", stream, clock=lambda: clock["now"], width=width), stream

    return made


def test_line_says_share_and_time_left(make, clock):
    line, stream = make()
    clock["now"] = 30.0
    line(25, 100)
    assert stream.getvalue() == "\rrun  [#######-----------------------]  25%  1:30 left"


def test_line_tells_of_the_run_what_it_keeps_anyway(make, clock):
    line, stream = make()
    looks = []
    line.watch(lambda: looks.append(1) or Live(findings=3, open=10_000, p99_ns=41_200))
    for tenth in range(11):
        clock["now"] = tenth / 10
        line(tenth * 50_000, 1_000_000)
        line(tenth * 50_000, 1_000_000)
    last = stream.getvalue().split("\r")[-1].rstrip()
    assert last == "run  [#####-----]  50%  500k/s  open 10,000  findings 3  p99 41.2us  0:01 left"
    assert 9 <= len(looks) == stream.getvalue().count("\r") <= 11


def test_line_is_rewritten_ten_times_a_second_at_most(make, clock):
    line, stream = make()
    for hundredth in range(100):
        clock["now"] = hundredth / 100
        line(hundredth, 100)
    assert 9 <= stream.getvalue().count("\r") <= 11


def test_shorter_text_leaves_nothing_of_the_longer_one(make, clock):
    line, stream = make()
    clock["now"] = 10.0
    line(1, 1_000)
    clock["now"] = 20.0
    line(1_000, 1_000)
    first, second = stream.getvalue().split("\r")[1:]
    assert len(second) == len(first)
    line.clear()
    assert stream.getvalue().endswith("\r" + " " * len(second.rstrip()) + "\r")


def test_unknown_total_shows_what_is_done(make):
    for total in (None, 0):
        line, stream = make()
        line(1_234_567, total)
        assert stream.getvalue() == "\rrun  1,234,567"


def test_more_than_all_is_all(make, clock):
    line, stream = make()
    clock["now"] = 1.0
    line(150, 100)
    assert "100%" in stream.getvalue()


def test_line_fits_a_narrow_terminal(make, clock):
    line, stream = make(width=20)
    clock["now"] = 7200.0
    line(1, 3)
    assert len(stream.getvalue()) == 20
    assert "4:00:00" in wide(make, clock)


def wide(make, clock):
    line, stream = make()
    clock["now"] += 7200.0
    line(1, 3)
    return stream.getvalue()


def test_terminal_that_went_away_does_not_end_the_run(clock):
    class Gone(io.StringIO):
        def write(self, text):
            raise OSError("no such terminal")

    ProgressLine("run", Gone(), clock=lambda: clock["now"])(1, 2)


@posix
@pytest.mark.parametrize(
    ("options", "variables", "shown"),
    [([], {"TERM": "xterm"}, True), (["--no-progress"], {"TERM": "xterm"}, False), ([], {"TERM": "dumb"}, False)],
)
def test_only_a_terminal_sees_it(workplace, options, variables, shown):
    main, terminal = os.openpty()
    read = []

    def drain():
        # The other side of a terminal that is closed fails.
        try:
            while part := os.read(main, 4096):
                read.append(part)
        except OSError:
            pass

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    done = subprocess.run(
        [sys.executable, "-m", "wsksim", "run", "some_handlers:good", "--sockets", "1k", *options],
        cwd=workplace,
        env={**os.environ, **variables},
        check=False,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        timeout=60,
    )
    os.close(terminal)
    reader.join(timeout=10)
    os.close(main)
    seen = b"".join(read).decode()
    assert done.returncode == 0, seen
    assert done.stdout.splitlines()[-1] == "exit 0"
    assert "\x1b" not in seen
    if shown:
        assert seen.startswith("\rrun  [")
        assert seen.endswith(" \r")
    else:
        assert seen == ""


@posix
def test_crash_leaves_no_line_behind(c_library):
    main, terminal = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "wsksim", "run", f"{c_library}:AbortsAtFifty", "--sockets", "100"],
        env={**os.environ, "TERM": "xterm"},
        check=False,
        stdout=subprocess.PIPE,
        stderr=terminal,
        timeout=60,
    )
    os.close(terminal)
    seen = os.read(main, 65536)
    os.close(main)
    assert done.returncode == 4
    assert seen.endswith(b"\r" + b" " * 79 + b"\r")
