"""How a run ends when a process is interrupted, ended, or left, and what stays behind: nothing."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wsksim.runs.lifeline import Lifeline

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")


@pytest.fixture
def scratch(tmp_path):
    """The folder for temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def started(workplace, scratch):
    """Starts the command line in a process group of its own."""
    children = []

    def start(*arguments):
        child = subprocess.Popen(
            [sys.executable, "-m", "wsksim", *map(str, arguments)],
            cwd=workplace,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
            env={**os.environ, "TMPDIR": str(scratch)},
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


def ends(pid, within_s=10.0):
    """Whether a process that is not our child ends in time."""
    end = time.monotonic() + within_s
    while runs(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not runs(pid)


def runs(pid):
    """Whether a process runs; one that nobody waited for does not."""
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pid_of_handler(child):
    word, pid = child.stderr.readline().split()
    assert word == "running"
    return int(pid)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_to_the_parent_ends_the_child_and_leaves_nothing(started, scratch, lifetimes, number):
    child = started("run", f"{lifetimes}:Hangs", "--sockets", "5")
    pid = pid_of_handler(child)
    assert list(scratch.iterdir())
    child.send_signal(number)
    child.communicate(timeout=10)
    assert child.returncode == 128 + number
    assert ends(pid)
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
def test_child_dies_with_a_parent_that_was_killed(started, lifetimes):
    child = started("run", f"{lifetimes}:Hangs", "--sockets", "5")
    pid = pid_of_handler(child)
    child.kill()
    child.wait(timeout=10)
    assert ends(pid)


@pytest.mark.slow
def test_end_of_the_pipe_alone_ends_the_child():
    with Lifeline() as lifeline:
        code = f"from wsksim.runs.lifeline import hold; hold({lifeline.argument!r}); import time; time.sleep(60)"
        child = subprocess.Popen([sys.executable, "-c", code], **lifeline.options)
    assert child.wait(timeout=10) == 143


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("group", [True, False], ids=["terminal", "parent alone"])
def test_first_ctrl_c_reports_a_handler_that_hangs(started, scratch, lifetimes, group, workers):
    child = started("run", f"{lifetimes}:Hangs", "--sockets", "500", "--workers", workers)
    pid = pid_of_handler(child)
    if group:
        os.killpg(child.pid, signal.SIGINT)
    else:
        child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=10)
    assert child.returncode == 130, err
    lines = out.splitlines()
    assert lines[0].startswith("PART  interrupted")
    assert "had not returned from " in lines[1]
    # With several workers it may be on a line of its own.
    assert "edge 1," in " ".join(lines[1:])
    assert "?     balance    unknown" in out
    assert lines[-1] == "exit 130"
    assert ends(pid)
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("code", [0, 2, 3, 130])
def test_library_that_leaves_while_it_is_loaded_is_a_crash(wsksim_command, lifetimes, code):
    environment = {**os.environ, "LEAVES_WITH": str(code)}
    done = wsksim_command("run", f"{lifetimes}:Prints", "--json", env=environment)
    assert done.returncode == 4, done.stderr
    crashed = json.loads(done.stdout)["crashed"]
    assert (crashed["signal"], crashed["exit"], crashed["edge"]) == (None, code, None)
    assert "before its first call" in crashed["text"]


def test_handler_that_leaves_with_the_code_of_an_interrupt_is_a_crash(wsksim_command, lifetimes):
    done = wsksim_command("run", f"{lifetimes}:Leaves", "--sockets", "5")
    assert done.returncode == 4
    assert done.stdout.startswith("CRASH the handler ended its process by exit code 130 in edge 1,")
    assert "interrupted" not in done.stdout


def test_library_that_cannot_be_used_is_refused_in_the_child_and_not_a_crash(wsksim_command, lifetimes, tmp_path):
    text = tmp_path / "text.so"
    text.write_text("no library")
    for handler in (f"{lifetimes}:Missing", f"{text}:Good"):
        done = wsksim_command("run", handler)
        assert done.returncode == 2
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr


INTERRUPTS = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
sys.argv = ["wsksim", "run", "some_handlers:good"]
from wsksim.__main__ import main
main()
"""


@pytest.mark.parametrize("name", ["click", "wsksim._native", "wsksim.cli.run", "wsksim.runs.storm", "some_handlers"])
def test_ctrl_c_while_something_is_imported_is_no_traceback(workplace, name):
    code = INTERRUPTS.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], cwd=workplace, check=False, capture_output=True, text=True)
    assert done.returncode == 130, done.stderr
    assert done.stderr.strip() == "wsksim: interrupted before the run began"


@pytest.mark.slow
def test_second_ctrl_c_gives_up_a_worker_and_claims_no_balance(started, workplace):
    (workplace / "waits.py").write_text(
        "import sys, time\n"
        "def handler(SocketContext, Flags):\n"
        "    print('running', file=sys.stderr, flush=True)\n"
        "    time.sleep(2)\n"
        "    return 0\n"
    )
    child = started("run", "waits:handler", "--sockets", "50", "--workers", "1")
    assert child.stderr.readline() == "running\n"
    for _ in range(2):
        child.send_signal(signal.SIGINT)
        time.sleep(0.3)
    out, err = child.communicate(timeout=20)
    assert child.returncode == 130, err
    assert "a worker that had not returned from the handler was given up" in out
    assert "?     balance    unknown" in out


def test_import_of_the_command_is_light():
    code = "import sys; before = set(sys.modules); import wsksim.__main__; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for heavy in ("click", "wsksim._native", "wsksim.wsk", "wsksim.runs", "dataclasses", "typing", "pathlib"):
        assert f"'{heavy}'" not in done.stdout


@pytest.mark.parametrize("arguments", [[], ["--no-isolate"]], ids=["child", "here"])
def test_json_is_alone_on_stdout_when_a_c_handler_prints(wsksim_command, lifetimes, arguments):
    done = wsksim_command("run", f"{lifetimes}:Prints", "--sockets", "3", "--json", *arguments)
    assert json.loads(done.stdout)["indicated"]["graceful"] == 3
    assert done.stderr.count("printed by C") == 3


def test_json_is_printed_without_stderr(workplace):
    command = f"{sys.executable} -m wsksim run some_handlers:good --sockets 3 --json 2>&-"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=workplace, check=True, stdout=subprocess.PIPE)
    assert json.loads(done.stdout)["indicated"]["graceful"] == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    ["run nosuch:handler", "nosuch", "run", "replay nosuch.pcap nosuch:handler", "run some_handlers:good --seed x"],
)
def test_a_refusal_that_nobody_can_read_keeps_its_exit_code(workplace, arguments):
    command = f"{sys.executable} -m wsksim {arguments} 2>/dev/full"
    assert subprocess.run(["/bin/sh", "-c", command], cwd=workplace, check=False).returncode == 2


def test_json_is_alone_on_stdout_when_a_python_handler_prints(wsksim_command, workplace):
    (workplace / "prints.py").write_text(
        "import os, sys\n"
        "print('imported')\n"
        "def handler(SocketContext, Flags):\n"
        "    print('printed'); os.write(1, b'written\\n'); sys.__stdout__.write('original\\n')\n"
        "    os.system('echo shell')\n"
        "    return 0\n"
    )
    done = wsksim_command("run", "prints:handler", "--sockets", "2", "--json")
    assert json.loads(done.stdout)["indicated"]["graceful"] == 2
    for word, times in (("imported", 1), ("printed", 2), ("written", 2), ("original", 2), ("shell", 2)):
        assert done.stderr.count(word) == times
    plain = wsksim_command("run", "prints:handler", "--sockets", "2")
    assert "printed" in plain.stdout
