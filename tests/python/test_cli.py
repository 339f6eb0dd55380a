"""The command line: what it prints, and with which code it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import wsksim
from conftest import SHIPPED

TELLS = """
import sys

told = []


def handler(SocketContext, Flags):
    if not told:
        told.append(True)
        print("running", file=sys.stderr, flush=True)
    return 0
"""


def test_run_prints_a_report_whose_last_line_is_the_exit_code(wsksim_command):
    done = wsksim_command("run", "some_handlers:good", "--sockets", "1k", "--disconnects", "2.5k", "--abortive", "15%")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "ok    findings   0 findings in 2,500 indications"
    assert lines[-1] == "exit 0"
    assert "seed       0" in done.stdout


@pytest.mark.smoke
def test_json_is_one_object_with_nested_counts(wsksim_command):
    done = wsksim_command("run", "some_handlers:good", "--sockets", "200", "--abortive", "0.5", "--seed", "9", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values["schema_version"] == 2
    assert sum(values["posted"].values()) == sum(values["indicated"].values()) == 200
    assert set(values["posted"]) == set(values["indicated"]) == {"graceful", "abortive"}
    assert set(values["pending"]) == {"queued", "held"}
    assert {"superseded", "closed"} <= set(values["withheld"])
    assert set(values["refused"]) == {"stale", "closed", "repeated", "limit"}
    assert (values["findings"], values["finding_list"], values["seed"], values["exit"]) == (0, [], 9, 0)
    assert values["elapsed_s"] > 0
    assert values["balanced"] is True
    assert values["partial"] is False


def test_rate_adds_a_check_a_table_and_the_plan(wsksim_command, workplace):
    storm = [
        "--sockets",
        "50",
        "--disconnects",
        "500",
        "--rate",
        "100k/s",
        "--arrivals",
        "poisson",
        "--order",
        "random",
    ]
    done = wsksim_command("run", "some_handlers:good", *storm, "--histogram", "times.hlog")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(
        r"(ok   |LATE ) rate       (100,000/s kept: |the generator fell behind: planned 100,000/s)", lines[2]
    )
    table = next(at for at, line in enumerate(lines) if line.startswith("time "))
    assert lines[table].split() == ["time", "count", "p50", "p90", "p99", "p99.9", "max"]
    for line, name in zip(lines[table + 1 :], ("service", "response"), strict=False):
        assert re.fullmatch(name + r" +500( +[\d.,]+(ns|us|ms|s)){5}", line), line
    assert re.fullmatch(r"host noise (low|some|high), largest gap .* of listening", lines[table + 3])
    assert re.fullmatch(r"plan       [0-9a-f]{16} \(open model\)", lines[table + 4])
    assert (workplace / "times.hlog").read_text().count("\nTag=") == 2


@pytest.mark.parametrize("handler", ["python", "isolated"])
def test_json_of_a_rate_has_both_series_and_repeats(wsksim_command, c_library, handler):
    named = "some_handlers:good" if handler == "python" else f"{c_library}:Good"
    storm = ["--sockets", "50", "--disconnects", "500", "--rate", "0.1/us", "--arrivals", "burst", "--burst", "20"]
    done = wsksim_command("run", named, *storm, "--order", "recent", "--workers", "1", "--sample", "5", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert (values["model"], values["balanced"]) == ("open", True)
    assert set(values["service_ns"]) == set(values["response_ns"])
    assert set(values["service_ns"]) == {"count", "mean", "p50", "p90", "p99", "p99.9", "max"}
    assert values["service_ns"]["count"] >= 100
    pace = {"planned_rate", "posted_rate", "planned_s", "posted_s", "worst_lag_ns", "late_after_ns", "late", "kept"}
    assert set(values["pace"]) == {*pace, "stalled_s", "things", "of", "advice"}
    assert values["repeat"].endswith(
        "--sockets 50 --disconnects 500 --rate 100000 --arrivals burst --burst 20 --order recent --sample 5 "
        "--workers 1 --seed 0"
    )
    again = json.loads(wsksim_command(*values["repeat"].split()[1:], "--json").stdout)
    assert again["plan"] == values["plan"]
    assert again["options"] == values["options"]


def test_json_without_a_rate_has_a_plan_and_no_times(wsksim_command):
    values = json.loads(wsksim_command("run", "some_handlers:good", "--sockets", "5", "--json").stdout)
    assert (values["model"], len(values["plan"])) == ("closed", 16)
    assert values["pace"] is values["service_ns"] is values["response_ns"] is None


@pytest.mark.rule("D-8")
def test_findings_end_with_one_and_print_the_command_that_repeats_them(wsksim_command):
    done = wsksim_command("run", "some_handlers:returns_none", "--sockets", "100", "--seed", "3", "-q")
    assert done.returncode == 1
    assert "FAIL  findings   100 findings in 100 indications" in done.stdout
    assert "D-8   The handler must return STATUS_SUCCESS" in done.stdout
    assert "found 100 times" in done.stdout
    assert "\nagain wsksim run some_handlers:returns_none --sockets 100 --seed 3\n" in done.stdout
    assert "\nindicated" not in done.stdout


def test_command_that_repeats_a_run_repeats_it(wsksim_command):
    first = wsksim_command("run", "some_handlers:raises", "--sockets=50", "--abortive=30%", "--irql=mixed", "--json")
    values = json.loads(first.stdout)
    again = wsksim_command(*values["repeat"].split()[1:], "--json")
    same = ("posted", "indicated", "findings", "finding_list", "options", "repeat")
    assert {name: json.loads(again.stdout)[name] for name in same} == {name: values[name] for name in same}


def test_replay_prints_the_captures_counts(wsksim_command, captures, workplace):
    done = wsksim_command("replay", captures / "mixed_v4.pcap", "some_handlers:good", "--trace", "t.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    truth = json.loads((captures / "mixed_v4.pcap.truth.json").read_text())
    assert (values["flows"], values["established"]) == (truth["flows"], truth["established"])
    assert values["packets"] >= values["tcp_packets"] == truth["tcp_packets"]
    rows = [json.loads(line) for line in (workplace / "t.jsonl").read_text().splitlines()]
    assert [row["packet"] for row in rows] == [row[0] for row in truth["local_server"]["events"]]


def test_cut_capture_ends_with_three_and_names_the_offset(wsksim_command, captures, workplace):
    content = (captures / "mixed_v4.pcap").read_bytes()
    (workplace / "cut.pcap").write_bytes(content[: len(content) // 2 + 5])
    done = wsksim_command("replay", "cut.pcap", "some_handlers:good")
    assert done.returncode == 3
    assert "PART  the capture ends at byte" in done.stdout
    assert done.stdout.splitlines()[-1] == "exit 3"
    values = json.loads(wsksim_command("replay", "cut.pcap", "some_handlers:good", "--json").stdout)
    assert values["damage"]["offset"] > 24


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run"], "Missing argument"),
        (["run", "some_handlers:good", "--sockets", "0"], "whole number"),
        (["run", "some_handlers:good", "--sockets", "-5"], "whole number"),
        (["run", "some_handlers:good", "--sockets", "1.5"], "not whole"),
        (["run", "some_handlers:good", "--sockets", "1.0005k"], "not whole"),
        (["run", "some_handlers:good", "--sockets", "1e400"], "whole number"),
        (["run", "some_handlers:good", "--disconnects", "99999999999999999G"], "whole number"),
        (["run", "some_handlers:good", "--sockets", "many"], "whole number"),
        (["run", "some_handlers:good", "--abortive", "115%"], "share"),
        (["run", "some_handlers:good", "--abortive", "nan"], "share"),
        (["run", "some_handlers:good", "--workers", "257"], "whole number"),
        (["run", "some_handlers:good", "--irql", "high"], "irql"),
        (["run", "some_handlers:good", "--rate", "fast"], "--rate: asked for so many per second"),
        (["run", "some_handlers:good", "--rate", "0/s"], "from 0.001 to 1G"),
        (["run", "some_handlers:good", "--rate", "2M/h"], "such as 2M/s"),
        (["run", "some_handlers:good", "--arrivals", "poisson"], "found no rate"),
        (["run", "some_handlers:good", "--rate", "1k", "--arrivals", "rarely"], "--arrivals"),
        (["run", "some_handlers:good", "--rate", "1k", "--burst", "5"], "arrivals in bursts"),
        (["run", "some_handlers:good", "--order", "oldest"], "--order"),
        (["run", "some_handlers:good", "--sample", "0"], "whole number"),
        (["run", "some_handlers:good", "--histogram", "times.hlog"], "give a rate, or sample calls"),
        (["run", "some_handlers:good", "--rate", "1k", "--histogram", "no/such/place"], "No such file"),
        (["run", "some_handlers:good", "--contexts", "list"], "--contexts 'list': asked for dict, int, none or 'mod"),
        (["run", "some_handlers:good", "--contexts", "some_handlers:nope"], "--contexts 'some_handlers:nope': asked"),
        (["run", "some_handlers:good", "--contexts", "./lib.so:Make"], "found a library's function; name a function"),
        (["run", "some_handlers:good", "--contexts", "some_handlers:__name__"], "found a str; name a function"),
        (["run", "some_handlers:good", "--contexts", "some_handlers:no_context"], "KeyError: 0"),
        (["run", "some_handlers:missing"], "no such attribute"),
        (["run", "some_handlers:not_callable"], "a int"),
        (["run", "no_such_module:f"], "ModuleNotFoundError"),
        (["run", "nonsense"], "another form"),
        (["run", "./missing.so:Good"], "no file"),
        (["replay", "missing.pcap", "some_handlers:good"], "missing.pcap"),
        (["replay", "some_handlers.py", "some_handlers:good"], "some_handlers.py"),
        (["replay", "some_handlers.py"], "Missing argument"),
        (["replay", "", "some_handlers:good"], "asked to read a file"),
        (["replay", ".", "some_handlers:good"], "the captures of a folder"),
        (["replay", "some_handlers.py", "some_handlers:good", "--speed", "fast"], "speed"),
        (["replay", "some_handlers.py", "some_handlers:good", "--local", "peer"], "--local"),
        (["run", "some_handlers:good", "--seed", "-1"], "whole number"),
        (["run", "some_handlers:good", "--context-size", "0"], "whole number"),
        (["run", "some_handlers:good", "--sockets"], "requires an argument"),
        (["surf"], "No such command"),
        (["run", "some_handlers:good", "--xyzzy"], "No such option"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else None,
)
def test_usage_error_ends_with_two_and_says_why(wsksim_command, arguments, says):
    done = wsksim_command(*arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert says in done.stderr
    assert re.search(r"asked .*; found.*; ", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_failing_module_is_named_with_its_line(wsksim_command, workplace):
    (workplace / "fails_early.py").write_text("one = 1\none / 0\n")
    done = wsksim_command("run", "fails_early:handler")
    assert done.returncode == 2
    assert "ZeroDivisionError" in done.stderr
    assert "at fails_early.py:2 in <module>" in done.stderr


def test_contexts_may_come_from_a_callable(wsksim_command):
    done = wsksim_command(
        "run", "some_handlers:returns_none", "--contexts", "some_handlers:addresses", "--sockets", "5"
    )
    assert done.returncode == 1
    assert "context 0" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="a pipe is closed the POSIX way")
@pytest.mark.parametrize(
    "arguments",
    [
        ["explain"],
        ["explain", "D-8", "--json"],
        ["--help"],
        ["run", "--help"],
        ["--version"],
        ["run", "some_handlers:good"],
    ],
)
def test_reader_that_has_seen_enough_ends_every_command_alike(wsksim_command, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = wsksim_command(*arguments, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
def test_report_that_cannot_be_written_is_no_finding(wsksim_command):
    with Path("/dev/full").open("w") as full:
        done = wsksim_command(
            "run", "some_handlers:good", "--sockets", "5", capture_output=False, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 2
    assert "asked to write the report" in done.stderr


@pytest.mark.smoke
def test_include_prints_the_folder_of_the_header(wsksim_command):
    folder = Path(wsksim_command("--include").stdout.strip())
    assert (folder / "wsksim.h").is_file()


def test_examples_prints_the_folder_of_the_examples(wsksim_command):
    folder = Path(wsksim_command("--examples").stdout.strip())
    assert {"handler.py", "driver.c", "mixed_v4.pcap"} <= {path.name for path in folder.iterdir()}


def test_version_is_the_packages(wsksim_command):
    assert wsksim_command("--version").stdout.split()[-1] == wsksim.__version__


def test_no_progress_without_a_terminal(wsksim_command):
    done = wsksim_command("run", "some_handlers:good", "--sockets", "1000", env={**os.environ, "NO_COLOR": "1"})
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        ["run", "tells:handler", "--sockets", "1k", "--disconnects", "1000M"],
        ["run", "tells:handler", "--sockets", "1k", "--disconnects", "1000M", "--workers", "2"],
        ["run", "tells:handler", "--sockets", "1k", "--disconnects", "1000M", "--rate", "1k/s"],
        ["run", "tells:handler", "--sockets", "1k", "--disconnects", "1000M", "--rate", "1M", "--workers", "2"],
        ["replay", str(SHIPPED / "mixed_v4.pcap"), "tells:handler", "--speed", "0.0001x"],
    ],
    ids=["run", "workers", "rate", "rate and workers", "replay at a slow pace"],
)
def test_ctrl_c_prints_the_report_so_far(workplace, asked):
    (workplace / "tells.py").write_text(TELLS)
    command = [sys.executable, "-m", "wsksim", *asked]
    child = subprocess.Popen(
        command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    with child:
        try:
            # A build for tests says before that it is one.
            assert "running\n" in iter(child.stderr.readline, "")
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=30)
        finally:
            child.kill()
    assert child.returncode == 130, err
    assert out.startswith("PART  interrupted")
    assert "ok    balance" in out
    assert out.splitlines()[-1] == "exit 130"


def test_help_needs_neither_numpy_nor_a_run():
    code = (
        "import sys; sys.argv = ['wsksim', 'run', '--help']; import wsksim.__main__ as m\n"
        "try: m.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'wsksim.runs.storm', 'subprocess', 'ctypes'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Drive HANDLER" in done.stdout


@pytest.mark.parametrize(
    ("name", "do"),
    [
        ("driver.c", 'cc -shared -fPIC -I"$(wsksim --include)" -o driver.so driver.c and name ./driver.so:F'),
        ("./driver.c", "-o driver.so ./driver.c and name ./driver.so:F"),
        ("driver.cpp", "c++ -shared"),
        ("my driver.c", "-o 'my driver.so' 'my driver.c' and name ./my driver.so:F"),
    ],
)
def test_c_source_is_told_to_be_compiled(wsksim_command, workplace, name, do):
    (workplace / name).write_text("unsigned F(void *c, unsigned f) { return 0; }")
    done = wsksim_command("run", f"{name}:F")
    assert (done.returncode, done.stdout) == (2, "")
    assert "found C source, which is not compiled; compile it with" in done.stderr
    assert do in done.stderr


def test_a_module_that_is_called_c_is_a_module(wsksim_command, workplace):
    (workplace / "drivers").mkdir()
    (workplace / "drivers" / "c.py").write_text("def good(SocketContext, Flags): return 0\n")
    assert wsksim_command("run", "drivers.c:good", "--sockets", "3").returncode == 0


def test_a_library_that_is_named_as_a_module_is_told_how_to_be_named(wsksim_command, workplace, c_library):
    (workplace / "driver.so").write_bytes(c_library.read_bytes())
    done = wsksim_command("run", "driver:Good")
    assert done.returncode == 2
    assert "driver.so, a library that is no Python module; name a C function of it as ./driver.so:Good" in done.stderr
    assert wsksim_command("run", "./driver.so:Good", "--sockets", "3").returncode == 0


@pytest.mark.parametrize("typed", ["--paren", "--black-bax", "--report-fil"])
def test_no_hidden_option_is_offered(wsksim_command, typed):
    done = wsksim_command("run", "some_handlers:good", typed, "x")
    assert done.returncode == 2
    assert not any(hidden in done.stderr for hidden in ("--parent", "--black-box", "--report-file"))
    assert "'--seed'" in wsksim_command("run", "some_handlers:good", "--sed", "1").stderr


@pytest.mark.parametrize("verb", ["run", "replay"])
def test_help_names_numbers_for_what_they_are(wsksim_command, verb):
    text = wsksim_command(verb, "--help").stdout
    assert "--seed NUMBER" in text
    assert "--context-size BYTES" in text
