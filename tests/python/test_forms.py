"""The forms of a report, each read back by a reader that is not ours; and how they come into files."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import nanoarrow.ipc
import pandas as pd
import polars as pl
import pyarrow.ipc
import pytest
from hdrh.histogram import HdrHistogram

import wsksim
from report_stage import full, harmed, histogram, spread
from test_rates import read_log
from test_sarif import read_sarif
from test_schema import checked
from wsksim.reports.saving import content_of
from wsksim.runs.histogram import LONGEST_NS, Histogram

posix = pytest.mark.skipif(os.name != "posix", reason="files are limited and piped the POSIX way")
BINARY = ("json", "html", "csv", "arrow", "hlog", "hgrm", "sarif", "txt")


@pytest.fixture(scope="module")
def report():
    return full()


# --- read back ---


def test_json_is_loaded_again_as_the_same_record(report, tmp_path):
    report.save(tmp_path / "one.json")
    loaded = wsksim.Report.load(tmp_path / "one.json")
    assert loaded == report
    assert loaded.response == report.response
    assert loaded.response.p999 == report.storm["response_ns"]["p99.9"] > loaded.response.p50
    assert loaded.response.percentile(99.99) >= loaded.response.p999
    assert (loaded.lives.begun, loaded.timeline.open[-1]) == (1_000_000, report.timeline.open[-1])
    assert [row.good for row in loaded.checks] == [False, True]
    assert wsksim.storm(lambda context, flags: 0, sockets=2).response is None


def test_a_histogram_is_hdr_histograms(report):
    for name, times in (
        ("service", spread(300)),
        ("response", spread(9_000)),
        ("accept", [0, 1, 2047, 2048, LONGEST_NS]),
    ):
        ours = histogram(times)
        theirs = HdrHistogram.decode(ours.to_text())
        assert Histogram.from_text(ours.to_text()) == ours
        mine = HdrHistogram(1, LONGEST_NS, 3)
        for time in times:
            mine.record_value(time)
        assert theirs.get_total_count() == mine.get_total_count() == ours.count == len(times), name
        for mark in (1, 50, 90, 99, 100):
            # It rounds a rank that is none; ours is the next whole one.
            if (mark * len(times)) % 100 == 0:
                assert (
                    ours.percentile(mark) == mine.get_value_at_percentile(mark) == theirs.get_value_at_percentile(mark)
                )
        assert ours.mean == pytest.approx(mine.get_mean_value())
        assert ours.deviation == pytest.approx(mine.get_stddev())


@pytest.mark.parametrize("count", [1_000, 2_000, 13_000, 20_000])
def test_a_rank_is_exact_where_a_fraction_is_not(count):
    # Of 99.9 / 100 * 1,000 floating point makes more than 999, and the next rank is the longest of all.
    mine = HdrHistogram(1, LONGEST_NS, 3)
    times = [1000] * (count - count // 1000) + [10**6] * (count // 1000)
    for time in times:
        mine.record_value(time)
    assert histogram(times).percentile(99.9) == mine.get_value_at_percentile(99.9) < 1100


@pytest.mark.parametrize("text", ["", "HIST", "!", "HISTFAAAAAt42pNpmSzMwMDAxAABzFCaEUoz2H+AMIKZAEARAtM=", 7])
def test_what_is_no_histogram_is_refused(text):
    with pytest.raises(ValueError, match="it "):
        Histogram.from_text(text)


def test_hlog_is_read_by_hdr_histograms_reader(report, tmp_path):
    report.save(tmp_path / "times.hlog")
    log = read_log(tmp_path / "times.hlog")
    assert list(log) == ["service", "response", "accept"]
    for name, one in log.items():
        assert one.get_total_count() == report.storm[f"{name}_ns"]["count"]
        assert one.get_value_at_percentile(99) == report.storm[f"{name}_ns"]["p99"]


def test_hgrm_is_hdr_histograms_distribution(report, tmp_path):
    report.save(tmp_path / "times.hgrm")
    report.save(tmp_path / "times.accept.hgrm")
    assert (tmp_path / "times.hgrm").read_text() == content_of(report, "hgrm", "response").decode()
    theirs = io.BytesIO()
    HdrHistogram.decode(report.storm["histograms"]["accept"]).output_percentile_distribution(theirs, 1e6, 1)
    ours = (tmp_path / "times.accept.hgrm").read_text()
    rows = re.findall(r"^ +([\d.]+) ([\d.]+) +(\d+)", ours, re.MULTILINE)
    ends = re.findall(r"^#\[Max +=.*Total count +=.*\]$", ours, re.MULTILINE)
    # Both say how many were not longer than each time that the other one names too.
    known = {round(float(value), 3): int(passed) for value, _, passed in rows}
    for value, passed in re.findall(r"^ +([\d.]+) [\d.]+ +(\d+)", theirs.getvalue().decode(), re.MULTILINE):
        if float(value) in known:
            assert known[float(value)] >= int(passed) > 0
    assert int(rows[-1][2]) == report.accept.count
    assert len(ends) == 1


@pytest.mark.parametrize("form", ["hlog", "hgrm"])
def test_times_that_nobody_measured_cannot_be_written(form, tmp_path):
    untimed = wsksim.storm(lambda context, flags: 0, sockets=2)
    with pytest.raises(wsksim.ReportError, match="no times"):
        untimed.save(tmp_path / f"times.{form}")
    assert list(tmp_path.iterdir()) == []


def test_polars_and_pandas_have_the_same_table(report, tmp_path):
    report.save(tmp_path / "table.arrow")
    report.save(tmp_path / "table.csv")
    frame = pl.DataFrame(report)
    assert frame.columns == ["measure", "unit", "at_s", "value"]
    assert pl.read_ipc_stream(tmp_path / "table.arrow").equals(frame)
    assert nanoarrow.ipc.InputStream.from_path(tmp_path / "table.arrow") is not None
    panda = pd.DataFrame(report)
    assert panda["measure"].tolist() == frame["measure"].to_list()
    assert panda["value"].tolist() == frame["value"].to_list()
    assert panda.shape == frame.shape
    # Through Arrow, with Arrow's own library.
    assert pd.DataFrame.from_arrow(report).equals(panda)
    with pyarrow.ipc.open_stream(tmp_path / "table.arrow") as stream:
        assert stream.read_pandas().equals(panda)
    told = dict(zip(frame["measure"], frame["value"], strict=True))
    assert (told["posted"], told["lives.begun"], told["requests.receive.STATUS_CONNECTION_RESET"]) == (1000, 1e6, 812)
    assert told["response.p99.9"] == report.response.p999
    series = frame.filter(pl.col("measure") == "series.begun")
    assert (series["value"].sum(), series["at_s"][1], len(series)) == (1_000_000, 0.25, 240)
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert [row["measure"] for row in rows] == frame["measure"].to_list()
    assert [float(row["value"]) for row in rows] == pytest.approx(frame["value"].to_list())
    assert pl.read_csv(tmp_path / "table.csv").shape == frame.shape


def test_without_nanoarrow_there_is_a_word(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoarrow", None)
    with pytest.raises(wsksim.ReportError, match=r"pip install 'wsksim\[arrow\]'"):
        report.__arrow_c_stream__()


def test_github_has_a_command_for_each_finding(report):
    lines = content_of(report, "github").decode().splitlines()
    assert lines[0].startswith(
        "::error file=relay.py,line=112,title=wsksim D-8::The handler must return STATUS_SUCCESS."
    )
    assert "%0Ado: Handle the exception" in lines[0]
    assert lines[1].startswith("::notice file=relay.py,line=112,title=wsksim C-11::")
    assert lines[2] == "::error title=check failed::asked for findings == 0; found 7"
    assert lines[3].endswith("7 findings in 990 indications, 1 of 2 checks failed; exit 1")


# --- harm ---


def test_no_text_from_outside_is_more_than_text(report):
    bad = harmed(report)
    for form in ("text", "csv", "github", "sarif", "hlog", "json", "hgrm", "arrow"):
        content = content_of(bad, form).decode("utf-8", "replace")
        assert form == "arrow" or not re.search(r"[\x00\x1b\u202e]", content), form
    read_sarif(bad)
    lines = content_of(bad, "github").decode().splitlines()
    # Findings, note, failed check, crash, sum: what was in the texts is no command.
    assert len(lines) == 5
    assert all(line.count("::") == 2 or "%3A%3A" in line or line.startswith("::") for line in lines)
    text = content_of(bad, "text").decode()
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


# --- files ---


@pytest.mark.parametrize("name", ["report", "report.pdf", "report.htm", ".json", "json"])
def test_a_suffix_that_says_no_form_is_refused_with_those_that_do(report, name, tmp_path):
    with pytest.raises(
        wsksim.ReportError, match=r"asked to write .*; found .*; name it with one of .txt, .json, .html"
    ):
        report.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_only_by_a_whole_one(report, tmp_path):
    target = tmp_path / "one.html"
    target.write_text("before")
    (tmp_path / "link.html").symlink_to(target)
    report.save(tmp_path / "link.html")
    assert target.read_text().startswith("<!DOCTYPE html>")
    assert (tmp_path / "link.html").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"one.html", "link.html"}
    with pytest.raises(OSError, match=r"report: asked to write .*; found .*; name a file in a folder"):
        report.save(tmp_path / "no" / "one.html")


FULL_DISK = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from report_stage import full
report = full()
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
for suffix in sys.argv[2:]:
    try:
        report.save(f"one.{suffix}")
        print(suffix, "was written")
    except OSError as error:
        print(suffix, error)
"""


@posix
def test_nothing_half_written_stays_on_a_full_disk(tmp_path):
    for suffix in BINARY:
        (tmp_path / f"one.{suffix}").write_text("before")
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, here, *BINARY], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    for suffix, line in zip(BINARY, done.stdout.splitlines(), strict=True):
        assert line.startswith(f"{suffix} report: asked to write 'one.{suffix}'; found File too large; name a place"), (
            line
        )
        assert (tmp_path / f"one.{suffix}").read_text() == "before"
    assert len(list(tmp_path.iterdir())) == len(BINARY)


@posix
def test_a_pipe_is_written_to_and_a_closed_one_is_told(report, tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe.json").read_text()))
    reader.start()
    report.save(tmp_path / "pipe.json")
    reader.join()
    assert checked(read[0])["findings"] == 7

    def look_away():
        with open(tmp_path / "pipe.json", "rb") as pipe:  # noqa: PTH123 - as above
            pipe.read(1)

    reader = threading.Thread(target=look_away)
    reader.start()
    with pytest.raises(OSError, match=r"asked to write .*pipe.json'; found Broken pipe; name a place"):
        full(stopped="x" * 2_000_000).save(tmp_path / "pipe.json")
    reader.join()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe.json"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "JSON of something else"),
        (b'{"schema_version": 1, "finding_list": []}', "schema_version 1, where this wsksim reads 2"),
        ({"posted": {"graceful": -1}}, "as its posted"),
        ({"posted": {"graceful": "<b>"}}, "as its posted"),
        ({"elapsed_s": None}, "None as its elapsed_s"),
        ({"seed": "many"}, "damaged"),
        ({"finding_list": [7]}, "damaged"),
        ({"response_ns": {"count": 3}}, "damaged"),
        ({"histograms": {"response": "AAAA"}}, "damaged"),
        ({"lives": {"begun": 1}}, "damaged"),
        ({"series": {"step_s": 1}}, "damaged"),
    ],
    ids=str,
)
def test_what_is_no_report_is_refused(report, content, says, tmp_path):
    if isinstance(content, dict):
        content = json.dumps({**report.to_dict(), **content}).encode()
    (tmp_path / "one.json").write_bytes(content)
    with pytest.raises(wsksim.ReportError, match=f"report: asked to read .*; found .*{says}"):
        wsksim.Report.load(tmp_path / "one.json")


@pytest.mark.parametrize("path", [None, 7, [], object()], ids=lambda value: type(value).__name__)
def test_what_is_no_name_of_a_file_is_refused(report, path):
    for call in (report.save, wsksim.Report.load):
        with pytest.raises(TypeError, match=r"report: asked for the name of a file; found .*; pass a"):
            call(path)
    with pytest.raises((TypeError, ValueError), match="width: asked for a whole number"):
        report.text(width=path)


# --- sums ---


def test_reports_of_one_plan_add_up_exactly(report):
    other = full(slow=4.0)
    both = report + other
    assert both.posted == {kind: 2 * number for kind, number in report.posted.items()}
    assert (both.findings, both.finding_list[0].count, len(both.finding_list)) == (14, 10, 1)
    assert both.lives.begun == 2_000_000
    assert int(both.storm["plan"], 16) == 2 * int(report.storm["plan"], 16) % 2**128
    assert both.storm["requests"]["receive"]["STATUS_CONNECTION_RESET"] == 2 * 812
    assert sum(both.timeline.begun) == 2_000_000
    mine = HdrHistogram.decode(report.storm["histograms"]["response"])
    mine.add(HdrHistogram.decode(other.storm["histograms"]["response"]))
    assert both.response.count == mine.get_total_count() == 10_000
    for mark in (50, 90, 99):
        assert both.response.percentile(mark) == min(mine.get_value_at_percentile(mark), both.response.max)
    assert both.response.max == max(report.response.max, other.response.max)
    assert [row.value for row in both.checks] == [14, both.response.p999]
    assert both.balanced
    checked(json.dumps(both.to_dict()))


def test_a_sum_of_storms_is_their_sum():
    one, other = (wsksim.storm(lambda context, flags: 0, sockets=50, rate="1M/s", seed=3) for _ in range(2))
    both = one + other
    assert both.storm["plan"] == one.storm["plan"]
    assert both.storm["pace"]["late"] == one.storm["pace"]["late"] + other.storm["pace"]["late"]
    assert both.service.count == 100
    assert both.response.histogram == one.response.histogram + other.response.histogram
    checked(json.dumps(both.to_dict()))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 8}, "other seed: 7 and 8"),
        ({"handler": "a:b"}, "other handler"),
        ({"options": {"x": 1}}, "plan, check, x"),
    ],
    ids=str,
)
def test_reports_of_other_plans_do_not_add_up(report, change, says):
    with pytest.raises(wsksim.ReportError, match=says):
        report + full(**change)
    with pytest.raises(TypeError, match="asked to add reports"):
        report + 1


def test_reports_add_up_by_sum_and_print_short():
    one = full()
    assert sum([one, one]).posted == (one + one).posted
    with pytest.raises(TypeError):
        1 + one
    assert len(repr(one.response)) < 200
