"""Parts as files: whatever is wrong with one is named, and what can be counted without it is."""

import json
import os
import re
import shlex

import pytest

import wsksim
from conftest import SHIPPED
from shard_stage import RUNS, carried_out, grouped, repeats
from wsksim.errors import PlanError, ReportError
from wsksim.examples.echo import echo
from wsksim.examples.handler import on_disconnect
from wsksim.shards.merging import NothingMergedError, merge
from wsksim.shards.parts import MARK, UnfitError, decode, encode, read_part, read_preamble


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The four parts of the application's plan."""
    folder = tmp_path_factory.mktemp("parts")
    for shard in range(4):
        carried_out("application", shard, 4).save(folder / f"{shard}.wsk")
    return sorted(folder.iterdir())


@pytest.fixture
def own(parts, tmp_path):
    """A copy of them that a test may spoil."""
    names = [tmp_path / name.name for name in parts]
    for name, part in zip(names, parts, strict=True):
        name.write_bytes(part.read_bytes())
    return names


def lines(report):
    return " ".join(report.text().split())


def test_a_part_is_read_back_as_it_was_and_its_preamble_says_what_it_is(parts):
    report = wsksim.Report.load(parts[1])
    assert report.to_dict() == json.loads(json.dumps(carried_out("application", 1, 4).to_dict())) | {
        name: getattr(report, name) for name in ("began", "elapsed_s", "rate")
    } | {"shards": report.shards.to_dict()}
    told = read_preamble(parts[1])
    assert (told.of, told.shards, told.failed) == (4, {1}, [])
    assert told.plan == report.shards.plan
    assert told == read_part(parts[1]).preamble
    assert "PART shard 1 of 4 is here; wsksim merge adds them" in lines(report)


def test_a_timed_part_keeps_its_histograms_as_bytes(tmp_path):
    report = wsksim.storm(on_disconnect, rate="1M/s", shard="0/1")
    report.save(tmp_path / "one.wsk")
    part = read_part(tmp_path / "one.wsk")
    assert set(part.codes) == {"service", "response"}
    assert part.values["histograms"] is None
    assert wsksim.Report.load(tmp_path / "one.wsk") == report
    content = (tmp_path / "one.wsk").read_bytes()
    assert all(code in content for code in part.codes.values())
    values = {**report.to_dict(), "histograms": {"service": "AAAA"}}
    (tmp_path / "one.wsk").write_bytes(encode(values, [{}]))
    merged = tmp_path / "one.wsk"
    with pytest.raises(NothingMergedError, match="asked for a histogram from 1 ns to a day"):
        merge(merged)


@pytest.mark.slow
def test_every_length_and_every_changed_byte_of_a_part_is_noticed(parts):
    content = parts[0].read_bytes()
    for length in range(0, len(content), 7):
        with pytest.raises(UnfitError, match=r"^found (an empty file|only )"):
            decode(content[:length])
    for place in range(0, len(content), 11):
        with pytest.raises(UnfitError):
            decode(content[:place] + bytes([content[place] ^ 0x20]) + content[place + 1 :])
    with pytest.raises(UnfitError, match="1 bytes behind its end"):
        decode(content + b"\n")
    # What a transfer as text makes of the mark.
    with pytest.raises(UnfitError, match="found something else"):
        decode(content.replace(b"\r\n", b"\n"))
    with pytest.raises(UnfitError, match="version 2 of the format, where this wsksim reads 1"):
        decode(content[:9] + b"\x02" + content[10:])
    assert decode(content).preamble.of == 4


def test_sections_that_do_not_fit_are_refused_and_never_taken_for_more():
    values = carried_out("application", 0, 4).to_dict()
    for wrong in ({"sections": None}, {"shards": None}):
        try:
            made = encode({**values, **wrong}, [{}])
        except TypeError:
            continue
        assert decode(made).values["schema_version"]
    huge = MARK + b"\x00\x01\x00\x00" + b"\xff" * 24
    with pytest.raises(UnfitError, match="lengths that no part has"):
        decode(huge)


def test_a_missing_part_is_named_and_makes_the_code_3(own):
    report = merge([own[0], own[3]])
    assert report.exit_code == 3
    first, *_ = report.text().splitlines()
    assert first == "PART  2 of 4 shards: 1 to 2 are missing; the counts cover the others"
    assert report.shards.missing == ((1, 2),)
    allowed = merge([own[0], own[3]], allow_missing=True)
    assert allowed.exit_code == 0
    assert allowed.text().splitlines()[0] == first
    assert merge(own).exit_code == 0
    assert "PART" not in merge(own).text()


@pytest.mark.parametrize("spoil", ["torn", "empty", "changed", "foreign", "gone", "folder"])
def test_a_part_that_is_none_is_named_and_the_others_count(own, spoil):
    name = own[2]
    content = name.read_bytes()
    name.unlink()
    if spoil == "folder":
        name.mkdir()
    elif spoil != "gone":
        spoilt = {"torn": content[:-100], "empty": b"", "foreign": b'{"schema_version": 2}'}
        name.write_bytes(spoilt.get(spoil, content[:-50] + b"x" + content[-49:]))
    report = merge(own)
    assert report.exit_code == 3
    assert report.shards.missing == ((2, 2),)
    assert len(report.shards.left_out) == 1
    assert name.name in report.shards.left_out[0]
    found = {"torn": "only", "empty": "an empty file", "changed": "its bytes were changed", "foreign": "something else"}
    assert found.get(spoil, "found ") in report.shards.left_out[0]
    assert repeats(report)["lives"] == repeats(merge([own[0], own[1], own[3]]))["lives"]
    assert merge(own, allow_missing=True).exit_code == 0


def test_the_first_complete_part_of_a_shard_counts_and_the_other_is_named(own, tmp_path):
    again = tmp_path / "again.wsk"
    again.write_bytes(own[1].read_bytes())
    report = merge([*own, again])
    assert report.exit_code == 0
    assert repeats(report) == repeats(merge(own))
    assert report.shards.doubled == (f"'{again}' has shard 1 too; what counts is shard 1 from '{own[1]}'",)
    assert "doubled" in report.text()
    # If the first turns out to be damaged, the other one counts.
    content = own[1].read_bytes()
    own[1].write_bytes(content[:-50] + b"x" + content[-49:])
    report = merge([*own, again])
    assert report.shards.missing == ()
    assert repeats(report) == repeats(merge([own[0], again, own[2], own[3]]))


def test_in_whatever_order_sums_and_parts_come_the_larger_one_counts(own, tmp_path):
    whole, first, rest = (tmp_path / f"{name}.wsk" for name in ("whole", "first", "rest"))
    merge(own).save(whole)
    merge(own[:2], allow_missing=True).save(first)
    merge(own[1:], allow_missing=True).save(rest)
    known = repeats(merge(own))
    for names in ([own[1], whole, own[3]], [whole, own[3], own[1]], [*own, whole], [first, whole, rest]):
        report = merge(names)
        assert (report.exit_code, repeats(report)) == (0, known)
        assert len(report.shards.doubled) == len(names) - 1
    assert any(f"'{first}' has shard 0 to 1 too; what counts is" in one for one in report.shards.doubled)
    # Sums that overlap cannot be taken apart: what is lost with that is named, and its own part mends it.
    for names in ([first, rest], [rest, first]):
        report = merge(names)
        assert (report.exit_code, report.shards.missing) == (3, ((0, 0),))
        assert report.shards.doubled == (f"'{first}' has shard 1 too; what counts is shard 1 from '{rest}'",)
        assert f"'{first}': found shard 0 added to others that are in another file too" in report.shards.left_out[0]
        assert "name the parts that it was made of" in report.text()
        assert repeats(merge([*names, own[0]])) == known


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_no_part(own, tmp_path):
    os.mkfifo(tmp_path / "pipe.wsk")
    report = merge([*own, tmp_path / "pipe.wsk"])
    assert report.exit_code == 3
    assert "found no regular file; name what wsksim run --shard" in report.shards.left_out[0]


def test_shards_that_are_missing_are_told_in_sarif_and_csv_too(own, tmp_path):
    for allowed in (False, True):
        report = merge(own[1:], allow_missing=allowed)
        report.save(tmp_path / "all.sarif")
        (told,) = json.loads((tmp_path / "all.sarif").read_text())["runs"][0]["invocations"]
        assert (told["executionSuccessful"], told["exitCode"]) == (False, 0 if allowed else 3)
        assert "3 of 4 shards: 0 is missing" in told["toolExecutionNotifications"][0]["message"]["text"]
        report.save(tmp_path / "all.csv")
        assert "shards.complete,count,,3\nshards.missing,count,,1\n" in (tmp_path / "all.csv").read_text()
    merge(own).save(tmp_path / "all.sarif")
    (told,) = json.loads((tmp_path / "all.sarif").read_text())["runs"][0]["invocations"]
    assert (told["executionSuccessful"], told["toolExecutionNotifications"]) == (True, [])


def test_two_parts_of_a_shard_that_come_to_other_counts_are_named(own, tmp_path):
    report = wsksim.Report.load(own[1])
    values = {**report.to_dict(), "posted": {"graceful": 1, "abortive": 0}}
    other = tmp_path / "other.wsk"
    other.write_bytes(encode(values, [{}]))
    merged = merge([*own, other])
    assert merged.exit_code == 3
    assert f"'{other}': found other counts of shard 1 than in '{own[1]}'" in merged.shards.left_out[0]
    assert repeats(merged)["lives"] == repeats(merge(own))["lives"]


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (lambda: wsksim.run_plan(grouped(seed=8), echo, shard=(1, 4)), "of another run than"),
        (lambda: wsksim.run_plan(grouped(count=13), echo, shard=(1, 4)), "of another plan than"),
        (lambda: carried_out("application", 1, 3), "of another number of shards than"),
        (lambda: carried_out("handler", 1, 4), "of another run than"),
    ],
)
def test_parts_of_another_run_are_refused(own, made, what):
    made().save(own[1])
    with pytest.raises(ReportError, match=what) as refused:
        merge(own)
    assert own[1].name in str(refused.value)


def test_parts_of_another_version_are_refused(own):
    values = wsksim.Report.load(own[1]).to_dict()
    values["environment"]["wsksim"] = "0.1.9"
    own[1].write_bytes(encode(values, [{}]))
    with pytest.raises(
        ReportError, match=r"made by another version than .*0\.1\.9; name the parts that one command made"
    ):
        merge(own)


def test_what_is_not_measured_is_refused_once_all_shards_are_there(own):
    with pytest.raises(PlanError, match="found that this run did not measure it"):
        merge(own, checks=["response.p99 < 1s"])
    with pytest.raises(NothingMergedError, match="found something else"):
        merge(__file__)
    with pytest.raises(ValueError, match="found none; name one at least"):
        merge([])


def test_a_command_carries_shards_out_and_another_one_adds_them(wsksim_command, tmp_path):
    plan = tmp_path / "storm.toml"
    plan.write_text(grouped(groups=4, count=6, checks={"findings": "== 0"}).to_toml())
    target = ("run", "wsksim.examples.echo:echo", "--plan", plan)
    for shard in range(3):
        rest = ("--attempt", "2") if shard == 1 else ()
        done = wsksim_command(*target, "--shard", f"{shard}/3", "-o", tmp_path / f"part-{shard}.wsk", *rest)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"PART  shard {shard} of 3 is here")
    assert [name.name for name in tmp_path.iterdir() if "part" in name.name and name.suffix != ".wsk"] == []
    names = sorted(tmp_path.glob("part-*.wsk"))
    done = wsksim_command(
        "merge", *names, "-o", tmp_path / "all.wsk", "-o", tmp_path / "all.html", "--check", "lives == 24"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok    findings == 0")
    assert "shards     3 of 3, 1 retried" in done.stdout
    told = wsksim_command("report", tmp_path / "all.wsk", "--json")
    values = json.loads(told.stdout)
    assert (told.returncode, values["lives"]["begun"], values["shards"]["missing"]) == (0, 24, [])
    assert values["repeat"] == shlex.join(map(str, ["wsksim", *target, "--shards", "3", "--seed", "7"]))
    one = wsksim_command("report", names[0], "-q")
    assert (one.returncode, one.stdout.splitlines()[0][:26]) == (0, "PART  shard 0 of 3 is here")
    missing = wsksim_command("merge", names[0], names[2], "--json")
    assert missing.returncode == 3
    assert json.loads(missing.stdout)["shards"]["missing"] == [[1, 1]]
    allowed = wsksim_command("merge", names[0], names[2], "--allow-missing", "-q")
    assert allowed.returncode == 0
    assert allowed.stdout.startswith("PART  2 of 3 shards: 1 is missing")
    nothing = wsksim_command("merge", plan)
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert "found something else" in nothing.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("--shard", "3/3", "-o", "a.wsk"),
            "--shard: asked for a shard such as 3/32, .*; found shard 3 of 3; the last one is 2/3",
        ),
        (("--shard", "one", "-o", "a.wsk"), "--shard: asked for a shard such as 3/32"),
        (("--shard", "0/3"), "found nowhere to keep its part, which wsksim merge adds; add -o part-0.wsk"),
        (("--shard", "0/3", "-o", "a.json"), "found nowhere to keep its part"),
        (("-o", "a.wsk"), "asked for a.wsk, a part; found a run that is not divided; add --shard 0/1"),
        (("--shard", "0/3", "--shards", "3", "-o", "a.wsk"), "found --shard as well"),
        (("--processes", "2"), "found nothing to divide; add --shards N"),
        (("--attempt", "2"), "found no shard that was tried; add --shard K/N"),
        (
            ("--shards", "2", "--histogram", "a.hlog", "--rate", "1k/s"),
            "found shards, which are processes of their own",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(wsksim_command, arguments, text):
    done = wsksim_command("run", "wsksim.examples.handler:on_disconnect", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(text, done.stderr), done.stderr


def test_a_driver_and_a_pipe_cannot_be_divided(wsksim_command):
    done = wsksim_command("run", SHIPPED / "driver.c", "--shard", "0/2", "-o", "a.wsk")
    assert done.returncode == 2
    assert "found a driver, which is divided by its seeds; run it under several of them" in done.stderr
    target = "wsksim.examples.handler:on_disconnect"
    done = wsksim_command("replay", "-", target, "--shard", "0/2", "-o", "a.wsk", stdin=None)
    assert done.returncode == 2
    assert "asked for a shard of it; found a pipe; name files or folders" in done.stderr
    done = wsksim_command(
        "replay", RUNS["captures"][0]["path"], target, "--shard", "0/2", "-o", "a.wsk", "--trace", "t"
    )
    assert done.returncode == 2
    assert "asked for the trace of a shard" in done.stderr


def test_the_shard_that_crashes_is_told_with_its_call_and_the_others_count(wsksim_command, workplace, tmp_path):
    (workplace / "dying.py").write_text(
        "import os, signal\n"
        "def on_disconnect(context, flags):\n"
        "    if context['id'] == 66_000:\n"
        "        os.kill(os.getpid(), signal.SIGSEGV)\n"
        "    return 0\n"
    )
    run = ("run", "dying:on_disconnect", "--sockets", "100000", "--disconnects", "150000")
    codes = []
    for shard in range(3):
        done = wsksim_command(*run, "--shard", f"{shard}/3", "-o", tmp_path / f"{shard}.wsk", "-q")
        codes.append(done.returncode)
    assert codes == [0, 4, 0]
    parts = [wsksim.Report.load(name) for name in sorted(tmp_path.glob("*.wsk"))]
    added = parts[0] + parts[1] + parts[2]
    assert (added.exit_code, added.shards.missing, sum(added.posted.values())) == (4, ((1, 1),), 84_464)
    done = wsksim_command("merge", *sorted(tmp_path.iterdir()))
    assert done.returncode == 4, done.stderr
    text = " ".join(done.stdout.split())
    assert text.startswith("PART 2 of 3 shards: 1 is missing; the counts cover the others PART shard 1 crashed: ")
    assert "CRASH the handler ended its process by SIGSEGV" in text
    assert f"again wsksim {' '.join(run)} --shard 1/3 --seed 0" in text
    assert "? findings" in text
    assert "posted 84,464" in text
