"""Native handlers in a child process: a crash ends in a report that names its edge."""

import json
import os
import signal
import struct
import subprocess
import sys

import pytest

from conftest import build_library
from wsksim.runs.black_box import BlackBox
from wsksim.runs.last_words import read_stack

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")


def row(*words):
    return struct.pack("=16Q", *words, *[0] * (16 - len(words)))


def test_box_adds_the_calls_of_all_rows():
    first = [1, 120, 0x500000007, 9, 4096, 90, 14, 0, 100, 20, 60, 10, 3, 2, 5, 1]
    box = BlackBox(row(*first) + row(1, 121, 8, 0, 0, 12, 1) + row(0, 119, 9, 1, 0, 1, 1))
    counters = box.counters()
    assert counters["posted"] == {"graceful": 100, "abortive": 20}
    # Of the calls that began, two have not returned.
    assert counters["indicated"] == {"graceful": 103 - 16 - 1, "abortive": 16 - 1}
    assert counters["pending"] == {"queued": 120 - 103 - 3 - 2, "held": 2, "running": 2}
    assert counters["withheld"]["unknown"] == 3
    assert counters["refused"]["unknown"] == 5
    assert counters["findings"] == 1
    assert [call.edge for call in box.calls] == [121, 120]
    assert box.calls[1].socket == "connection 7.5"
    assert str(box.calls[1]) == "edge 120, connection 7.5, Flags 0x9, context 0x1000"


def test_box_never_posts_less_than_was_called_and_never_has_less_than_nothing_pending():
    box = BlackBox(row(1, 7, 8, 1, 0, 5, 2, 0, 1, 0, 0, 0, 4, 1, 0, 0))
    counters = box.counters()
    assert counters["indicated"] == {"graceful": 3, "abortive": 1}
    assert counters["posted"] == {"graceful": 3, "abortive": 2, "unknown": 5}
    assert counters["pending"] == {"queued": 0, "held": 1, "running": 1}


def test_box_has_a_row_for_each_worker():
    assert BlackBox.size(0) == 128
    assert BlackBox.size(4) == 640
    assert BlackBox(bytes(130)).calls == []


@pytest.mark.rule("D-8")
def test_findings_of_the_child_are_reported(wsksim_command, c_library):
    done = wsksim_command("run", f"{c_library}:Pends", "--sockets", "20", "--json")
    assert done.returncode == 1
    values = json.loads(done.stdout)
    assert values["findings"] == 20
    assert "00000103" in values["finding_list"][0]["found"]
    assert "--no-isolate" not in values["repeat"]


@pytest.mark.parametrize("arguments", [[], ["--no-isolate"], ["--workers", "2"]], ids=["dispatch", "here", "workers"])
def test_good_handler_gives_the_same_report_wherever_it_runs(wsksim_command, c_library, arguments):
    done = wsksim_command("run", f"{c_library}:Good", "--sockets", "2k", "--disconnects", "5k", *arguments)
    assert done.returncode == 0, done.stderr
    assert "indicated  5,000 (graceful 5,000, abortive 0)" in done.stdout


def test_abort_names_signal_and_edge(wsksim_command, c_library):
    done = wsksim_command("run", f"{c_library}:AbortsAtFifty", "--sockets", "200", "--json")
    assert done.returncode == 4, done.stderr
    values = json.loads(done.stdout)
    assert values["crashed"]["name"] == "SIGABRT"
    assert values["crashed"]["signal"] == signal.SIGABRT
    assert values["crashed"]["edge"] == 50
    assert values["crashed"]["flags"] == 0
    assert values["crashed"]["socket"] == "connection 49"
    assert "Fatal Python error: Aborted" in values["crashed"]["stack"]
    assert values["crashed"]["stack"].endswith(":\n  (no line of the application's in Python)")
    assert f" in {c_library}+0x" in values["crashed"]["stack"]
    assert "AbortsAtFifty+0x" in values["crashed"]["stack"]
    assert values["crashed"]["again"] == values["repeat"]
    assert values["indicated"] == {"graceful": 49, "abortive": 0}
    assert values["posted"] == {"graceful": 200, "abortive": 0}
    assert values["pending"] == {"queued": 150, "held": 0, "running": 1}
    assert values["balanced"] is None
    assert values["at_least"]
    assert values["partial"]


ABORTS = """
import os
calls = 0

def aborts(SocketContext, Flags):
    global calls
    calls += 1
    if calls == 50:
        os.abort()
    return 0
"""


@pytest.mark.parametrize("abortive", [0.0, 1.0])
def test_a_crash_of_a_python_handler_tells_the_calls_that_had_returned(wsksim_command, workplace, abortive):
    (workplace / "aborts.py").write_text(ABORTS, "utf-8")
    storm = ("run", "aborts.py:aborts", "--sockets", "200", "--abortive", str(abortive), "--json")
    values = json.loads(wsksim_command(*storm).stdout)
    assert (values["crashed"]["name"], values["crashed"]["edge"]) == ("SIGABRT", 50)
    kind, other = ("abortive", "graceful") if abortive else ("graceful", "abortive")
    assert values["indicated"] == {kind: 49, other: 0}
    assert values["posted"] == {kind: 200, other: 0}
    assert values["pending"] == {"queued": 150, "held": 0, "running": 1}
    assert values["at_least"]


@pytest.mark.rule("D-8")
def test_a_crash_names_its_socket_as_a_finding_does(wsksim_command, workplace, cc):
    # A slot's second life, so that the name has both parts.
    source = "#include <stdlib.h>\nint n; unsigned F(void *c, unsigned f) { if (++n == 8) abort(); return n == 7; }"
    library = build_library(cc, workplace / "eighth.so", source)
    storm = ["run", f"{library}:F", "--sockets", "5", "--disconnects", "10", "--json"]
    crashed = json.loads(wsksim_command(*storm).stdout)["crashed"]
    source = source.replace("if (++n == 8) abort();", "++n;").replace("n == 7", "n == 8")
    build_library(cc, workplace / "eighth.so", source)
    [finding] = json.loads(wsksim_command(*storm).stdout)["finding_list"]
    for name in ("edge", "socket", "flags"):
        assert crashed[name] == finding[name]
    assert crashed["socket"] == "connection 2.2"
    assert f"edge 8, {finding['socket']}, Flags 0x0, context " in crashed["text"]


def test_findings_before_a_crash_are_told(wsksim_command, workplace, cc):
    source = "#include <stdlib.h>\nint n; unsigned F(void *c, unsigned f) { if (++n == 3000) abort(); return 1; }"
    library = build_library(cc, workplace / "later.so", source)
    done = wsksim_command("run", f"{library}:F", "--sockets", "3k")
    assert done.returncode == 4
    assert "FAIL  findings   at least " in done.stdout
    assert " in at least 2," in done.stdout
    assert "   in " + f"{library}:F" in done.stdout
    values = json.loads(wsksim_command("run", f"{library}:F", "--sockets", "3k", "--json").stdout)
    [finding] = values["finding_list"]
    assert (finding["rule"], finding["edge"], finding["socket"]) == ("D-8", 1, "connection 0")
    assert finding["found"].startswith("it returned 0x00000001")
    assert finding["again"] == values["repeat"]
    assert values["findings"] == finding["count"] > 1


DYING = """
import ctypes, os
def reads_null(context, flags):
    if context["id"] == 6:
        ctypes.string_at(0)
    return 0
def leaves(context, flags):
    os._exit(5)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells nothing of a dying process elsewhere")
@pytest.mark.parametrize("workers", [0, 1])
def test_crash_in_a_python_handler_names_its_edge_and_line(wsksim_command, workplace, workers):
    (workplace / "dying.py").write_text(DYING)
    done = wsksim_command("run", "dying:reads_null", "--sockets", "9", "--json", "--workers", workers)
    assert done.returncode == 4, done.stderr
    values = json.loads(done.stdout)
    crashed = values["crashed"]
    assert (crashed["name"], crashed["edge"], crashed["socket"]) == ("SIGSEGV", 7, "connection 6")
    assert (crashed["flags"], crashed["context"]) == (0, None)
    assert ", line 5 in reads_null" in crashed["stack"]
    assert "C functions of the thread that died" in crashed["stack"]
    assert values["pending"]["running"] == 1
    assert crashed["again"] == values["repeat"]
    assert values["at_least"]


def test_python_handler_that_leaves_the_process_is_a_crash_too(wsksim_command, workplace):
    (workplace / "dying.py").write_text(DYING)
    done = wsksim_command("run", "dying:leaves", "--sockets", "9")
    assert done.returncode == 4
    assert done.stdout.startswith("CRASH the process of the handler ended by exit code 5 during the run;")
    assert "?     findings   unknown" in done.stdout
    here = wsksim_command("run", "dying:leaves", "--sockets", "9", "--no-isolate")
    assert (here.returncode, here.stdout) == (5, "")


FORKING = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int calls;
int Returns(void *c, unsigned f) { (void)c; (void)f; if (++calls == 5) fork(); return 0; }
int Stays(void *c, unsigned f)
{
    (void)c; (void)f;
    if (++calls == 5 && fork() == 0) {
        FILE *told = fopen("told", "w");
        fprintf(told, "%d", (int)getpid());
        fclose(told);
        for (;;) pause();
    }
    return 0;
}
int Scribbles(void *c, unsigned f)
{
    char line[512]; void *from, *to;
    FILE *maps;
    (void)c; (void)f;
    if (++calls < 5) return 0;
    maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        if (strstr(line, "rw-s") && strstr(line, "/box") && sscanf(line, "%p-%p", &from, &to) == 2)
            memset(from, 0xff, (char *)to - (char *)from);
    abort();
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system lists no children elsewhere")
@pytest.mark.parametrize("name", ["Returns", "Stays"])
def test_what_a_c_handler_forks_is_not_left_behind(wsksim_command, workplace, cc, name):
    library = build_library(cc, workplace / "forking.so", FORKING)
    done = wsksim_command("run", f"{library}:{name}", "--sockets", "2k", "--json")
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(done.stdout)["indicated"].values()) == 2000
    assert "Traceback" not in done.stderr
    if name == "Stays" and (workplace / "told").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((workplace / "told").read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the system lists no mappings elsewhere")
def test_a_c_handler_that_scribbles_over_the_shared_page_makes_figures_that_are_not_trusted(
    wsksim_command, workplace, cc
):
    library = build_library(cc, workplace / "scribbling.so", FORKING)
    done = wsksim_command("run", f"{library}:Scribbles", "--sockets", "20")
    assert done.returncode == 4, done.stderr
    assert "SIGABRT" in done.stdout
    assert "the figures cannot be trusted" in done.stdout


DIES = """
import os, sys, threading
from wsksim.runs.last_words import keep_stack
keep_stack(sys.argv[1])
def waits():
    threading.Event().wait()
def dies(deeper=100):
    dies(deeper - 1) if deeper else os.abort()
threading.Thread(target=threading.Event().wait, daemon=True).start()
threading.Thread(target=waits, daemon=True).start()
dies()
"""


def test_the_stack_is_the_applications_and_bounded(tmp_path):
    report = tmp_path / "report.json"
    assert read_stack(report) == ""
    done = subprocess.run([sys.executable, "-c", DIES, report], check=False, capture_output=True)
    assert done.returncode == -signal.SIGABRT
    *lines, more = read_stack(report).splitlines()
    assert lines[0] == "Fatal Python error: Aborted"
    # The thread that runs a line of the application's stays, the one that runs none goes.
    assert sum(line.startswith("Thread ") for line in lines) == 1
    assert '  File "<string>", line 6 in waits' in lines
    assert '  File "<string>", line 8 in dies' in lines
    assert not any("threading.py" in line for line in lines)
    assert len(lines) == 40
    assert more.startswith("... and ")


@pytest.mark.parametrize("workers", [0, 1])
def test_abort_at_a_rate_names_the_edge_too(wsksim_command, c_library, workers):
    storm = [f"{c_library}:AbortsAtFifty", "--sockets", "200", "--rate", "1M/s", "--workers", workers]
    done = wsksim_command("run", *storm, "--json")
    assert done.returncode == 4, done.stderr
    values = json.loads(done.stdout)
    assert values["crashed"]["edge"] == 50
    assert values["model"] is values["plan"] is values["service_ns"] is values["response_ns"] is None


def test_crash_in_a_worker_is_named_too(wsksim_command, c_library):
    done = wsksim_command("run", f"{c_library}:AbortsAtFifty", "--sockets", "200", "--workers", "2", "--json")
    assert done.returncode == 4, done.stderr
    values = json.loads(done.stdout)
    assert values["crashed"]["edge"] >= 49
    assert values["balanced"] is None
    assert 50 in {call["edge"] for call in values["crashed"]["candidates"]} or values["crashed"]["edge"] > 50


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_crash_in_the_first_call_counts_what_was_known(wsksim_command, c_library, workers):
    handler = [f"{c_library}:ReadsNull", "--sockets", "60k", "--workers", workers]
    done = wsksim_command("run", *handler, "--json")
    assert done.returncode == 4, done.stderr
    values = json.loads(done.stdout)
    calls = values["pending"]["running"]
    assert 1 <= calls <= max(workers, 1)
    assert sum(values["indicated"].values()) == 0
    assert len(values["crashed"]["candidates"]) == calls
    assert sum(values["posted"].values()) >= calls
    assert min(values["pending"].values()) >= 0
    assert values["balanced"] is None
    if not workers:
        assert values["posted"] == {"graceful": 60_000, "abortive": 0}
        assert values["pending"] == {"queued": 59_999, "held": 0, "running": 1}
    text = wsksim_command("run", *handler).stdout
    assert "?     findings   unknown: the process that kept them is gone" in text
    assert "ok    findings" not in text
    assert "      | Fatal Python error: Segmentation fault\n" in text
    assert f"\nagain {values['repeat']}\n" in text
    assert "?     balance    unknown" in text
    assert "ok    balance" not in text
    assert "posted     at least " in text


def test_first_call_that_crashes_is_edge_one(wsksim_command, c_library):
    done = wsksim_command("run", f"{c_library}:ReadsNull", "--sockets", "5", "--abortive", "1")
    assert done.returncode == 4
    assert done.stdout.startswith("CRASH the handler ended its process by SIGSEGV in edge 1,")
    assert "Flags 0x1" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1] == "exit 4"


def test_handler_that_leaves_the_process_is_a_crash(wsksim_command, c_library):
    done = wsksim_command("run", f"{c_library}:ExitsAtFifty", "--sockets", "200", "--json")
    assert done.returncode == 4
    values = json.loads(done.stdout)
    assert (values["crashed"]["signal"], values["crashed"]["exit"], values["crashed"]["edge"]) == (None, 7, 50)


def test_replay_is_isolated_too(wsksim_command, c_library, captures):
    done = wsksim_command("replay", captures / "mixed_v4.pcap", f"{c_library}:AbortsAtFifty", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["crashed"]["edge"] == 50
    good = wsksim_command("replay", captures / "mixed_v4.pcap", f"{c_library}:Good", "--json")
    assert good.returncode == 0
    assert json.loads(good.stdout)["flows"] == 400


@pytest.mark.slow
@pytest.mark.parametrize("group", [True, False], ids=["terminal", "parent alone"])
def test_ctrl_c_ends_with_the_childs_report(workplace, c_library, group):
    command = [sys.executable, "-m", "wsksim", "run", f"{c_library}:Tells", "--sockets", "100k", "--json"]
    child = subprocess.Popen(
        command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    with child:
        assert child.stderr.readline() == "running\n"
        if group:
            os.killpg(child.pid, signal.SIGINT)
        else:
            child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert child.returncode == 130, err
    values = json.loads(out)
    assert values["interrupted"]
    assert values["balanced"]
    assert 0 < sum(values["indicated"].values()) < 100_000


LIMITED = """
import resource, sys
from wsksim.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1_024, 1_024))
sys.exit(main())
"""


@pytest.mark.parametrize("target", ["some_handlers:good", "{library}:Good"])
def test_a_report_that_finds_no_room_on_its_way_to_the_parent_is_no_crash(workplace, c_library, target):
    command = [sys.executable, "-c", LIMITED, "run", target.format(library=c_library), "--sockets", "3"]
    done = subprocess.run(command, cwd=workplace, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "asked to hand the report over in " in done.stderr
    assert "found File too large; make room there, or name another folder as TMPDIR" in done.stderr
