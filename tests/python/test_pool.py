"""Shards on the processors of this machine: a process each, one that crashes costs one shard, Ctrl-C ends all."""

import json
import multiprocessing
import os
import re
import subprocess
import sys

import pytest

import wsksim
import wsksim.distributed
from conftest import EXAMPLES
from shard_stage import COUNTS, RUNS, carried_out, grouped, repeats
from wsksim import errors
from wsksim.distributed.pool import on_pool
from wsksim.shards.work import make_work

STORM = {"sockets": 100_000, "disconnects": 150_000}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
def test_any_number_of_shards_on_a_pool_is_the_same_run(kind):
    known = None
    for of in COUNTS:
        seen = []
        report = wsksim.distributed.run(
            *RUNS[kind], shards=of, processes=2, progress=lambda done, total, seen=seen: seen.append((done, total))
        )
        assert seen == [(done + 1, of) for done in range(of)]
        found = repeats(report)
        assert found.pop("ended") == (True, ((0, of - 1),), ())
        known = known or found
        assert found == known
    here = repeats(sum(carried_out(kind, shard, 2) for shard in range(2)))
    del here["ended"]
    assert known == here


@pytest.mark.slow
def test_a_shard_that_always_crashes_is_named_and_the_others_count():
    report = wsksim.distributed.run(STORM, "shard_stage:crashes", shards=4, processes=2, retries=1)
    assert report.exit_code == 4
    assert report.shards.complete == ((0, 0), (2, 3))
    (failure,) = report.shards.failed
    assert (failure.shard, failure.status, failure.attempts) == (1, "crashed", 2)
    assert "SIGSEGV" in failure.why
    assert sum(report.posted.values()) == 150_000 - 65_536
    assert report.balanced
    text = " ".join(report.text().split())
    assert text.startswith(
        "PART 3 of 4 shards: 1 is missing; the counts cover the others PART shard 1 crashed in 2 attempts"
    )
    assert "? findings" in text
    assert json.loads(json.dumps(report.to_dict()))["findings"] is None


@pytest.mark.slow
def test_a_retry_changes_nothing_but_latencies(tmp_path, monkeypatch):
    monkeypatch.setenv("SHARD_MARK", str(tmp_path / "mark"))
    report = wsksim.distributed.run(STORM, "shard_stage:crashes_once", shards=4, processes=2)
    assert (tmp_path / "mark").exists()
    assert (report.exit_code, report.shards.retries, report.shards.missing) == (0, 1, ())
    again = wsksim.distributed.run(STORM, "shard_stage:crashes_once", shards=4, processes=2)
    assert again.shards.retries == 0
    assert repeats(report) == repeats(again)


@pytest.mark.slow
def test_a_script_that_does_not_guard_its_lines_is_told_to(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "import wsksim.distributed\n"
        "report = wsksim.distributed.run({'sockets': 3}, 'wsksim.examples.handler:on_disconnect', shards=1)\n"
        "print(report.shards.failed[0].why)\n"
    )
    done = subprocess.run([sys.executable, script], check=False, capture_output=True, text=True, timeout=60)
    assert "before its shard began; what calls wsksim.distributed.run stands under if __name__" in done.stdout


def test_a_program_from_a_pipe_is_refused_before_any_process_begins():
    program = "import wsksim.distributed\nwsksim.distributed.run({'sockets': 3}, 'nowhere:handler', shards=2)\n"
    done = subprocess.run([sys.executable, "-"], check=False, input=program, capture_output=True, text=True, timeout=60)
    assert "found a program that is no file (<stdin>), which each process would have to import" in done.stderr
    assert "nowhere" not in done.stderr


def test_a_report_of_crashes_alone_says_so():
    report = wsksim.distributed.run({"sockets": 70_000}, "shard_stage:crashes", shards=1, retries=0, allow_missing=True)
    assert report.exit_code == 4
    assert report.text().startswith("PART  0 of 1 shards: 0 is missing; there is nothing to count")


def test_ctrl_c_ends_what_runs_and_the_report_covers_what_was_complete():
    def interrupt(done, total):
        raise KeyboardInterrupt

    report = wsksim.distributed.run(grouped(), "wsksim.examples.echo:echo", shards=16, processes=2, progress=interrupt)
    assert report.exit_code == 130
    assert report.shards.count == 1
    assert report.balanced
    assert [child for child in multiprocessing.active_children() if child.is_alive()] == []


def test_an_engine_that_is_closed_ends_its_processes():
    outcomes = on_pool(make_work(grouped(), "wsksim.examples.echo:echo"), 8, 0, processes=2)
    assert next(outcomes).part
    outcomes.close()
    assert [child for child in multiprocessing.active_children() if child.is_alive()] == []


def test_what_another_attempt_would_meet_again_is_raised():
    for target, text in (
        ("no_such_module:handler", "to import the module 'no_such_module'"),
        ("shard_stage:nothing", "found no such attribute"),
    ):
        with pytest.raises(errors.HandlerError, match=text):
            wsksim.distributed.run({"sockets": 10}, target, shards=3)
    with pytest.raises(errors.PlanError, match="found no rate to measure it by"):
        wsksim.distributed.run({"sockets": 10}, "shard_stage:pends", shards=3, checks=["response.p99 < 1s"])
    with pytest.raises(errors.ContractError, match="STATUS_PENDING") as raised:
        wsksim.distributed.run({"sockets": 98, "check": "raise"}, "shard_stage:pends", shards=1)
    assert raised.value.finding.rule == "D-8"


def test_a_target_without_a_name_is_refused_or_sent():
    with pytest.raises(
        errors.HandlerError, match=r"cannot be pickled .*; define it at the top level of a module, and pass"
    ):
        wsksim.distributed.run({"sockets": 10}, lambda context, flags: 0, shards=2)
    # What has one is found by it.
    from shard_stage import Careless, pends

    assert make_work({}, pends).target == "shard_stage:pends"
    assert make_work(grouped(), Careless).target == "shard_stage:Careless"
    assert isinstance(make_work(grouped(), Careless).target, str)
    assert make_work({}, f"{EXAMPLES}/echo_server.py:main").target == f"{EXAMPLES.resolve()}/echo_server.py:main"


def test_an_application_of_the_program_itself_is_named_by_its_file(tmp_path):
    script = tmp_path / "own.py"
    script.write_text(
        "import wsksim\n"
        "from wsksim.shards.work import make_work\n"
        "@wsksim.application\n"
        "def local(subsystem):\n"
        "    yield\n"
        "make_work({}, local)\n"
    )
    done = subprocess.run([sys.executable, script], check=False, capture_output=True, text=True, timeout=60)
    assert "; pass it as 'own.py:local'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"plan": 7}, TypeError, "asked for what befalls the target; found 7"),
        ({"plan": {"socket": 3}}, TypeError, r"found 'socket'; leave it out; did you mean 'sockets'\?"),
        ({"plan": {"shard": (0, 1)}}, TypeError, "found 'shard'"),
        ({"plan": {"contexts": lambda number: number}}, TypeError, "found something to call"),
        ({"plan": "no-such-file.toml"}, errors.PlanError, "name a file that is there"),
        ({"shards": 0}, ValueError, "shards: asked for a whole number from 1 to 65,536; found 0"),
        ({"processes": 0}, ValueError, "processes: asked for a whole number from 1 to 256; found 0"),
        ({"retries": -1}, ValueError, "retries: asked for a whole number from 0"),
        ({"client": object()}, TypeError, "pass a distributed.Client, the module ray, or None"),
        ({"checks": ["nothing == 0"]}, errors.PlanError, "something that a report has"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_runs(arguments, error, text):
    given = {"plan": {"sockets": 3}, "target": "shard_stage:pends", "shards": 2, **arguments}
    with pytest.raises(error, match=text):
        wsksim.distributed.run(**given)


def test_another_version_is_refused():
    from dataclasses import replace

    from wsksim.shards.work import carry_out

    work = replace(make_work({"sockets": 3}, "shard_stage:pends"), wsksim="0.1.9")
    with pytest.raises(
        errors.HandlerError, match=r"asked for wsksim 0\.1\.9; found .*; install the same version on each"
    ):
        carry_out(work, 0, 1)


@pytest.mark.slow
def test_all_shards_from_the_shell(wsksim_command, workplace, tmp_path):
    (workplace / "dying.py").write_text(
        "import os\ndef on_disconnect(context, flags):\n    return os._exit(3) if context['id'] == 66_000 else 0\n"
    )
    plan = tmp_path / "storm.toml"
    plan.write_text(grouped(groups=4, count=6).to_toml())
    outputs = ("-o", tmp_path / "all.wsk", "-o", tmp_path / "all.json")
    done = wsksim_command(
        "run",
        "wsksim.examples.echo:echo",
        "--plan",
        plan,
        "--shards",
        "3",
        "--processes",
        "2",
        *outputs,
        "--check",
        "lives == 24",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok    lives == 24")
    assert done.stderr == ""
    saved = json.loads((tmp_path / "all.json").read_text())
    assert saved["repeat"].endswith("--check 'lives == 24' --seed 7 --shards 3")
    assert wsksim.Report.load(tmp_path / "all.wsk").to_dict() == saved
    storm = ("run", "dying:on_disconnect", "--sockets", "100k", "--disconnects", "140k", "--shards", "3")
    done = wsksim_command(*storm, "--processes", "2", "-q")
    assert done.returncode == 4, done.stdout + done.stderr
    assert re.search(r"PART +shard 1 crashed in 3 attempts: its process ended by exit code 3 each time", done.stdout)
    done = wsksim_command(
        "replay", RUNS["captures"][0]["path"], "wsksim.examples.handler:on_disconnect", "--shards", "2", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shards"]["complete"] == [[0, 1]]
    done = wsksim_command("run", "nowhere:handler", "--shards", "2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "to import the module 'nowhere'" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")
def test_progress_over_shards_on_a_terminal(workplace):

    import pty

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "wsksim", "run", "wsksim.examples.handler:on_disconnect", "--shards", "3"]
    with subprocess.Popen(command, cwd=workplace, stdout=subprocess.DEVNULL, stderr=follower) as process:
        os.close(follower)
        told = b""
        try:
            while chunk := os.read(leader, 4096):
                told += chunk
        except OSError:  # the other end is closed
            pass
        os.close(leader)
        assert process.wait(60) == 0
    assert b"run, 3 shards  [" in told


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent the POSIX way")
def test_ctrl_c_in_a_shell_ends_the_processes_of_all_shards(tmp_path):
    (tmp_path / "sleeping.py").write_text(
        "import os, time\n"
        "def on_disconnect(context, flags):\n"
        "    if context['id'] == 66_000:\n"
        "        open('asleep.part', 'w').write(str(os.getpid()))\n"
        "        os.rename('asleep.part', 'asleep')\n"
        "        time.sleep(600)\n"
        "    return 0\n"
    )
    script = tmp_path / "interrupted.py"
    script.write_text(
        "import os, signal, sys, threading, time\n"
        "from wsksim.__main__ import main\n"
        "def interrupt():\n"
        "    while not os.path.exists('asleep'):\n"
        "        time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    threading.Thread(target=interrupt, daemon=True).start()\n"
        "    storm = ['--sockets', '100k', '--disconnects', '140k', '--shards', '3', '--processes', '1']\n"
        "    sys.argv = ['wsksim', 'run', 'sleeping:on_disconnect', *storm]\n"
        "    main()\n"
    )
    done = subprocess.run(
        [sys.executable, script], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 130, done.stdout + done.stderr
    assert done.stdout.startswith(
        "PART  1 of 3 shards: 1 to 2 are missing; the counts cover the others\nPART  interrupted"
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "asleep").read_text()), 0)
