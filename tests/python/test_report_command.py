"""`-o`, `--format`, `wsksim report` and `wsksim diff`, as a shell sees them."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

import wsksim
from report_stage import full
from test_page import Reader
from test_schema import checked
from wsksim.reports.table import rows

STORM = ["run", "some_handlers:good", "--sockets", "50", "--rate", "1M/s"]
posix = pytest.mark.skipif(os.name != "posix", reason="a shell is POSIX's")


@posix
def test_a_shell_gates_on_a_check(workplace):
    """0 if it holds, 1 if not, 2 if it is none; the page is the same report."""
    script = """
    wsksim() { "$PYTHON" -m wsksim "$@"; }
    wsksim run some_handlers:good --sockets 50 --check 'findings == 0' -o good.html -o good.json > good.txt; echo "$?"
    wsksim run some_handlers:raises --sockets 50 --check 'findings == 0' -o bad.html -o bad.json > bad.txt; echo "$?"
    wsksim run some_handlers:good --sockets 50 --check 'finding == 0' -o none.html; echo "$?"
    grep -ci '<script' good.html bad.html
    head -n 1 bad.txt; tail -n 1 bad.txt
    """
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=workplace,
        env={**os.environ, "PYTHON": sys.executable},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [
        "0",
        "1",
        "2",
        "good.html:0",
        "bad.html:0",
        "FAIL  findings == 0   50",
        "exit 1",
    ]
    assert "something that a report has" in done.stderr
    assert not (workplace / "none.html").exists()
    for name in ("good", "bad"):
        values = checked((workplace / f"{name}.json").read_text())
        figures = Reader((workplace / f"{name}.html").read_text()).figures
        told = {row.measure: row.value for row in rows(wsksim.Report.from_dict(values))}
        assert {measure: found for measure, found in figures.items() if found != {told[measure]}} == {}
        assert figures["findings"] == {values["findings"]}
        assert figures["posted"] == {sum(values["posted"].values())}


def test_a_run_is_written_in_every_form_and_given_again(wsksim_command, workplace):
    forms = ("json", "html", "csv", "arrow", "hlog", "hgrm", "sarif", "txt")
    outputs = [word for form in forms for word in ("-o", f"one.{form}")]
    done = wsksim_command(*STORM, *outputs)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in workplace.glob("one.*")} == {f"one.{form}" for form in forms}
    again = wsksim_command("report", "one.json", *(word for form in forms for word in ("-o", f"two.{form}")))
    assert again.stdout == done.stdout
    for form in set(forms) - {"arrow"}:
        assert (workplace / f"two.{form}").read_bytes() == (workplace / f"one.{form}").read_bytes(), form
    # What pads its buffers is nobody's.
    assert pl.read_ipc_stream(workplace / "two.arrow").equals(pl.read_ipc_stream(workplace / "one.arrow"))
    piped = wsksim_command("report", "-", "--json", input=(workplace / "one.json").read_text())
    assert piped.stdout == (workplace / "one.json").read_text()
    page = wsksim_command("report", "one.json", "--format", "html")
    assert page.stdout == (workplace / "one.html").read_text()


def test_what_is_printed_may_be_for_github(wsksim_command):
    done = wsksim_command("run", "some_handlers:raises", "--sockets", "5", "--format", "github")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("::error file=some_handlers.py,line=")
    assert len(lines) == 2


def test_reports_are_added_and_checked_again(wsksim_command, workplace):
    for name in ("a", "b"):
        assert wsksim_command(*STORM, "-o", f"{name}.json").returncode == 0
    done = wsksim_command("report", "a.json", "b.json", "--check", "posted == 100", "--check", "response.max < 1ns")
    assert done.returncode == 1
    assert re.match(r"ok    posted == 100        100\nFAIL  response.max < 1ns  ", done.stdout)
    assert wsksim_command("report", "a.json", "--check", "lives == 1").returncode == 2
    other = wsksim_command("run", "some_handlers:good", "--sockets", "5", "-o", "c.json")
    assert other.returncode == 0
    done = wsksim_command("report", "a.json", "c.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "asked to add reports of one plan; found other options: sockets" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["-o", "one.pdf"],
            "-o: asked to write 'one.pdf'; found no form for the suffix '.pdf'; name it with one of .txt",
        ),
        (["-o", "one"], "found no suffix that says the form"),
        (["-o", "no/one.html"], "found no folder 'no'"),
        (["-o", "folder.html"], "found a folder"),
        (["-o", "one.hlog"], "asked for hlog; found that no times are taken; give a rate"),
        (["--format", "hgrm"], "asked for hgrm"),
        (["--format", "arrow"], "--format: asked for"),
        (["--format", "csv", "--json"], "asked for csv; found --json as well"),
    ],
    ids=str,
)
def test_what_cannot_be_given_is_refused_before_anything_runs(wsksim_command, workplace, arguments, says):
    (workplace / "folder.html").mkdir()
    done = wsksim_command("run", "some_handlers:good", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr.replace("Invalid value for '--format': ", "--format: asked for "), done.stderr
    assert re.search(r"asked .*; found.*; ", done.stderr), done.stderr


@pytest.mark.parametrize("verb", ["run", "replay"])
def test_times_that_will_not_be_taken_are_refused_before_anything_runs(wsksim_command, captures, verb):
    plan = Path(wsksim.__file__).parent / "examples" / "clients.toml"
    asked = {
        "run": ["run", "wsksim.examples.echo:echo", "--plan", plan],
        "replay": ["replay", captures / "mixed_v4.pcap", "some_handlers:good"],
    }[verb]
    done = wsksim_command(*asked, "-o", "one.hgrm")
    assert (done.returncode, done.stdout) == (2, "")
    assert "output: asked for hgrm; found that no times are taken; " in done.stderr


@pytest.mark.parametrize("content", ["", "{}", '{"schema_version": 2}', None], ids=str)
def test_what_is_no_report_is_refused(wsksim_command, workplace, content):
    if content is not None:
        (workplace / "one.json").write_text(content)
    for verb in (["report", "one.json"], ["diff", "one.json", "one.json"]):
        done = wsksim_command(*verb)
        assert (done.returncode, done.stdout) == (2, "")
        assert re.search(r"asked to read 'one.json' as a report; found .*; name a file", done.stderr)


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
def test_a_file_that_cannot_be_written_is_told_and_the_report_is_printed(wsksim_command, workplace):
    (workplace / "full.html").symlink_to("/dev/full")
    done = wsksim_command("run", "some_handlers:good", "--sockets", "5", "-o", "full.html", "-o", "one.json")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "wsksim: report: asked to write 'full.html'; found No space left on device; name a place"
    )
    assert done.stdout.splitlines()[-1] == "exit 2"
    assert (workplace / "one.json").exists()
    assert wsksim_command("report", "one.json").returncode == 0


@posix
def test_a_reader_that_has_seen_enough_keeps_no_file_from_being_written(wsksim_command, workplace):
    reading, writing = os.pipe()
    os.close(reading)
    done = wsksim_command(*STORM, "-o", "one.html", capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
    assert (workplace / "one.html").read_text().endswith("</html>\n")


@posix
def test_a_crash_is_written_too(wsksim_command, workplace, c_library):
    done = wsksim_command(
        "run", f"{c_library}:ReadsNull", "--sockets", "5", "-o", "one.html", "-o", "one.json", "-o", "one.sarif"
    )
    assert done.returncode == 4
    assert "CRASHED" in (workplace / "one.html").read_text()
    assert wsksim.Report.load(workplace / "one.json").crashed["signal"] == 11


def test_a_replay_is_written_as_well(wsksim_command, workplace, captures):
    done = wsksim_command(
        "replay", captures / "mixed_v4.pcap", "some_handlers:good", "--speed", "100000x", "-o", "one.html", "--json"
    )
    values = checked(done.stdout)
    figures = Reader((workplace / "one.html").read_text()).figures
    assert figures["packets"] == {values["packets"]}
    assert figures["response.count"] == {values["response_ns"]["count"]}


def test_two_files_are_compared_and_two_sides_of_several(wsksim_command, workplace):
    for seed in range(6):
        full(slow=1 + seed / 1_000).save(workplace / f"old{seed}.json")
        full(slow=2 + seed / 1_000).save(workplace / f"new{seed}.json")
    olds, news = ([f"{side}{seed}.json" for seed in range(6)] for side in ("old", "new"))
    one = wsksim_command("diff", "old0.json", "new0.json", "--fail-on-worse")
    assert one.returncode == 0
    assert "cannot be known from so few runs" in one.stdout
    many = wsksim_command("diff", *olds, "--", *news, "--fail-on-worse")
    assert many.returncode == 1
    assert re.search(r"^response.p99 .*WORSE \(p = 0.006\)$", many.stdout, re.MULTILINE)
    assert re.search(r"^worse      response.p50 \+\d", many.stdout, re.MULTILINE)
    assert wsksim_command("diff", *olds, "--", *news).returncode == 0
    values = json.loads(wsksim_command("diff", "--json", *olds, "--", *news).stdout)
    assert (values["runs"], values["noise_is_known"], values["exit"]) == ({"old": 6, "new": 6}, True, 0)
    small = wsksim_command("diff", *olds, "--", *news, "--fail-on-worse", "--relevant", "100%")
    assert small.returncode == 0
    assert re.search(r"^response.p99 .*small \(p = 0.006\)$", small.stdout, re.MULTILINE)


def test_one_run_does_not_pass_for_several(wsksim_command, workplace):
    full(slow=1).save(workplace / "old.json")
    full(slow=2).save(workplace / "new.json")
    done = wsksim_command("diff", *["old.json"] * 5, "--", *["new.json"] * 5, "--fail-on-worse")
    assert (done.returncode, done.stdout) == (2, "")
    assert "found that old.json and old.json are the same run; run the plan again for each" in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["a.json"], ["a.json", "b.json", "c.json"], ["a.json", "--"], ["--", "a.json"]]
)
def test_a_comparison_needs_two_sides(wsksim_command, arguments):
    done = wsksim_command("diff", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "asked for two files, or for -- between two sides; found" in done.stderr


def on_a_terminal(workplace, columns, **variables):
    """What a storm prints on a terminal so wide."""
    import termios  # POSIX has it alone

    main, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (50, columns))
    names = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}
    read = []

    def drain():
        # The other side of a terminal that is closed fails.
        with contextlib.suppress(OSError):
            while part := os.read(main, 4096):
                read.append(part)

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    subprocess.run(
        [sys.executable, "-m", "wsksim", "run", "some_handlers:raises", "--sockets", "5"],
        cwd=workplace,
        env={**names, "TERM": "xterm", **variables},
        check=False,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    )
    os.close(terminal)
    reader.join(timeout=10)
    os.close(main)
    return b"".join(read).decode().replace("\r\n", "\n")


@posix
@pytest.mark.parametrize(("columns", "wide"), [(40, 80), (100, 100), (300, 120)])
def test_text_is_as_wide_as_the_terminal_within_reason(workplace, columns, wide):
    text = re.sub(r"\x1b\[[\d;]*m", "", on_a_terminal(workplace, columns))
    [head] = [line for line in text.splitlines() if line.startswith("D-8 ")]
    assert len(head) == wide


@pytest.mark.parametrize(("columns", "wide"), [("40", 80), ("90", 90), ("300", 120), ("many", 80), ("", 110)])
def test_piped_text_is_as_wide_as_columns_says(wsksim_command, columns, wide):
    done = wsksim_command("run", "some_handlers:raises", "--sockets", "5", env={**os.environ, "COLUMNS": columns})
    [head] = [line for line in done.stdout.splitlines() if line.startswith("D-8 ")]
    assert len(head) == wide


@posix
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=str)
def test_colour_is_for_terminals_that_want_it(workplace, variables):
    text = on_a_terminal(workplace, 100, **variables)
    assert ("\x1b[1;31mFAIL" in text) == (not variables)
    assert ("\x1b" in text) == (not variables)
    assert "exit 1" in text
