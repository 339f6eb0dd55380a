"""Shards: a run in parts is the run, whatever the number of parts and wherever they are added."""

import json
import re

import pytest

import wsksim
from conftest import ROOT
from plan_stage import DeafAndStays
from shard_stage import COUNTS, RUNS, Careless, carried_out, grouped, repeats
from wsksim.errors import ReportError
from wsksim.examples.echo import echo
from wsksim.examples.handler import on_disconnect
from wsksim.plans.drawing import draw_lives
from wsksim.runs.adding import _advice
from wsksim.shards.dividing import (
    BLOCK,
    MOST_SHARDS,
    Shard,
    divided_plan,
    divided_storm,
    group_portions,
    portion,
    read_shard,
)
from wsksim.shards.merging import merge
from wsksim.shards.rotation import find_captures


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
def test_any_number_of_shards_on_files_is_the_same_run(kind, tmp_path):
    known = None
    for of in COUNTS:
        names = [tmp_path / f"{of}-{shard}.wsk" for shard in range(of)]
        parts = [carried_out(kind, shard, of) for shard in range(of)]
        for part, name in zip(parts, names, strict=True):
            part.save(name)
        # In whatever order they come, and also as sums in memory.
        merged = merge(names[::-1])
        found = repeats(merged)
        assert repeats(sum(parts[1:], parts[0]).checked()) == found
        complete = found.pop("ended")
        assert complete == (True, ((0, of - 1),), ())
        known = known or found
        assert found == known
    assert known["counts"][0]["graceful"] > 0
    if kind == "application":
        assert known["plan"] == RUNS[kind][0].digest()
        assert known["lives"] == wsksim.run_plan(*RUNS[kind]).storm["lives"]
    if kind == "handler":
        assert len(known["findings"]) == 2


def test_a_merge_of_merges_is_the_merge(tmp_path):
    names = [tmp_path / f"{shard}.wsk" for shard in range(4)]
    for shard, name in enumerate(names):
        carried_out("application", shard, 4).save(name)
    for name, half in (("a.wsk", names[:2]), ("b.wsk", names[2:])):
        merge(half, allow_missing=True).save(tmp_path / name)
    halves, whole = merge([tmp_path / "b.wsk", tmp_path / "a.wsk"]), merge(names)
    assert repeats(halves) == repeats(whole)
    assert halves.shards.hosts[0].elapsed_s == pytest.approx(whole.shards.hosts[0].elapsed_s)
    assert wsksim.Report.load(tmp_path / "a.wsk").shards.complete == ((0, 1),)


def test_times_of_shards_add_up_exactly(tmp_path):
    parts = [
        wsksim.storm(on_disconnect, sockets=2_000, disconnects=140_000, rate="5M/s", seed=3, shard=(shard, 3))
        for shard in range(3)
    ]
    for shard, part in enumerate(parts):
        part.save(tmp_path / f"{shard}.wsk")
    merged, added = merge(sorted(tmp_path.iterdir())), sum(parts)
    for name in ("service", "response"):
        assert merged.histograms[name] == added.histograms[name]
        assert merged.histograms[name].count == 140_000
        times = getattr(merged, name)
        assert (times.count, times.max) == (140_000, max(getattr(part, name).max for part in parts))
        assert times.p99 == getattr(added, name).p99
    assert merged.storm["pace"]["planned_rate"] == pytest.approx(5e6, rel=0.01)
    assert merged.shards.hosts[0].times["service"]["count"] == 140_000
    assert merged.shards.divided == ("sockets 2,000", "rate 5,000,000/s")
    assert "sockets 2,000; rate 5,000,000/s: each shard had a part of that" in " ".join(merged.text().split())


def test_a_slow_machine_keeps_its_own_tail(tmp_path, monkeypatch):
    for shard in range(4):
        monkeypatch.setattr("platform.node", lambda shard=shard: f"node{shard % 2}")
        part = wsksim.storm(on_disconnect, disconnects=200_000, sample=7, shard=(shard, 4))
        part.save(tmp_path / f"{shard}.wsk")
    merged = merge(sorted(tmp_path.iterdir()))
    hosts = merged.shards.hosts
    assert [(host.name, host.shards) for host in hosts] == [("node0", ((0, 0), (2, 2))), ("node1", ((1, 1), (3, 3)))]
    assert sum(host.times["service"]["count"] for host in hosts) == merged.service.count
    merged.save(tmp_path / "all.wsk")
    assert re.search(r"machines +service p99\.9 from \S+ \(node[01]\) to \S+ \(node[01]\)", merged.text())
    again = wsksim.Report.load(tmp_path / "all.wsk")
    assert again == merged
    assert [host.codes for host in again.shards.hosts] == [host.codes for host in hosts]
    assert all(host.codes for host in hosts)


def test_what_is_divided_adds_up():
    for count in (1, BLOCK - 1, BLOCK, BLOCK + 1, 10 * BLOCK + 5):
        for of in (1, 2, 7, 32, MOST_SHARDS):
            for before in (0, 3, 40):
                shards = range(of) if of < 100 else (0, 1, 50, of - 1)
                parts = [portion(Shard(shard, of), count, before) for shard in shards]
                if of < 100:
                    assert sum(part.own for part in parts) == count
                    busy = sum(part.own > 0 for part in parts)
                    assert 1_000 <= sum(part.of(1_000) for part in parts) < 1_000 + busy
                assert all(part.of(5) >= 1 for part in parts if part.own)
                assert all(part.of(5) == 0 for part in parts if not part.own)


def test_the_core_divides_as_this_package_does():
    plan = grouped(groups=3, count=3 * BLOCK + 7)
    lives = draw_lives(plan.seed, plan.peers)
    for of in (2, 5):
        owned = [[part.own for part in group_portions(plan, Shard(shard, of))] for shard in range(of)]
        assert [sum(row) for row in zip(*owned, strict=True)] == [3 * BLOCK + 7] * 3
        # The digest of nothing is nothing: a shard has lives exactly where this package says so.
        assert [lives.digest(shard, of) != "0" * 32 for shard in range(of)] == [any(row) for row in owned]
    report = wsksim.run_plan(grouped(groups=5), echo, shard="1/2")
    assert report.storm["lives"]["begun"] == sum(part.own for part in group_portions(grouped(groups=5), Shard(1, 2)))


def test_kills_are_divided():
    kill = {"rate": "20/s", "who": "g0"}
    life = [{"wait": "1s"}, {"end": "disconnect"}]
    peers = {
        "g0": {"connect": "application", "count": 50, "open": 50, "life": life},
        "g1": RUNS["application"][0].peers[0],
    }
    plan = wsksim.Plan(seed=1, peers=peers, faults={"kill": kill})
    whole = wsksim.run_plan(plan, echo).storm["lives"]["killed"]
    parts = [wsksim.run_plan(plan, echo, shard=(shard, 2)).storm["lives"]["killed"] for shard in range(2)]
    assert parts == [whole, 0]
    assert whole > 0


def test_lives_that_share_a_backlog_have_an_equal_digest_and_the_page_says_what_may_differ():
    group = {"connect": "application", "count": 130, "open": 130, "life": [{"wait": "1s"}, {"end": "abort"}]}
    plan = wsksim.Plan(peers=dict.fromkeys(("a", "b", "c", "d"), group))
    whole, *divided = (
        sum(wsksim.run_plan(plan, DeafAndStays, shard=(shard, of)) for shard in range(of)) for of in (1, 2, 4)
    )
    assert whole.storm["lives"]["refused"] == 320
    # Four backlogs have room for all: that nobody was refused is what the division did.
    for merged, refused in zip(divided, (2 * 60, 0), strict=True):
        assert merged.storm["plan"] == whole.storm["plan"] == plan.digest()
        assert merged.storm["lives"]["refused"] == refused
        assert merged.balanced
        for told in (merged.text(), merged._repr_html_()):
            assert "had an application of its own" in told
            words = " ".join(told.split())
            assert "lives share the backlog of a listener, and each shard has listeners of its own" in words
            assert ("lives shared the backlog of a listener, which 120 found full" in words) == (refused > 0)
    assert "application of its own" not in whole.text()
    assert "backlog of a listener" not in whole.text()


def test_what_is_fewer_than_the_shards_is_said_to_be_one_each():
    plan = grouped(groups=1, count=7 * BLOCK)
    assert divided_plan(plan, 2) == ["open 5 of g0"]
    assert divided_plan(plan, 7) == ["open 5 of g0 (1 at least in each of 7 shards)"]
    storm = {"sockets": 2, "disconnects": 3 * BLOCK, "rate": None}
    assert divided_storm(storm, 9) == ["sockets 2 (1 at least in each of 3 shards)"]


def test_shards_that_have_nothing_to_do_are_told():
    parts = [wsksim.storm(on_disconnect, sockets=10, disconnects=70_000, shard=(shard, 4)) for shard in range(4)]
    for report in (parts[3], sum(parts)):
        assert "shards 2 to 3 have nothing to do: there are 2 blocks of at most 65,536 edges" in report.text(width=200)
    assert "nothing to do" not in sum(carried_out("application", shard, 2) for shard in range(2)).text()
    one = wsksim.run_plan(grouped(groups=1), echo, shard="1/2")
    assert "shard 1 has nothing to do: there is 1 block of at most 65,536 lives" in one.text(width=200)


def test_a_shard_that_ended_early_counts_nothing_and_its_next_attempt_does():
    storm = {"sockets": 1_000, "disconnects": 140_000}

    def interrupt(done, total):
        if done > 20_000:
            raise KeyboardInterrupt

    parts = [wsksim.storm(on_disconnect, shard=(shard, 3), **storm) for shard in range(3)]
    early = wsksim.storm(on_disconnect, shard=(0, 3), progress=interrupt, **storm)
    assert early.interrupted
    assert sum(early.posted.values())
    lacking = early + parts[1] + parts[2]
    assert sum(lacking.posted.values()) == sum(sum(part.posted.values()) for part in parts[1:])
    assert [(one.shard, one.status) for one in lacking.shards.failed] == [(0, "interrupted")]
    for whole in (lacking + parts[0], early + sum(parts), sum(parts) + early):
        assert repeats(whole) == repeats(sum(parts))
        assert (whole.exit_code, whole.shards.failed, whole.interrupted) == (0, (), False)
    twice = early + early
    assert (sum(twice.posted.values()), len(twice.shards.failed), twice.finding_list) == (0, 1, ())


def test_advice_that_differs_in_a_figure_alone_is_given_once():
    busy = "the host was busy with other things, for {} at a time: measure on a quiet one"
    assert _advice([busy.format("51.3ms"), "less", busy.format("1.2s"), busy.format("900us")]) == [
        busy.format("51.3ms"),
        "less",
    ]


def test_checks_wait_for_the_merge_and_a_shard_with_findings_ends_well(tmp_path):
    plan = grouped(groups=4, count=5, checks={"lives": "== 20", "findings": "== 0"})
    parts = [wsksim.run_plan(plan, Careless, shard=(shard, 2)) for shard in range(2)]
    for shard, part in enumerate(parts):
        assert part.findings
        assert (part.checks, part.exit_code) == ((), 0)
        part.save(tmp_path / f"{shard}.wsk")
    merged = merge(sorted(tmp_path.iterdir()), checks=["posted > 0"])
    assert [(row.check, row.good) for row in merged.checks] == [
        ("lives == 20", True),
        ("findings == 0", False),
        ("posted > 0", True),
    ]
    assert merged.exit_code == 1
    assert merged.finding_list[0].count == sum(part.finding_list[0].count for part in parts)
    assert [row.good for row in sum(parts).checks] == [True, False]


def test_only_shards_of_one_run_are_added():
    parts = [carried_out("application", shard, 3) for shard in range(2)]
    with pytest.raises(ReportError, match=r"found 1 in both; add each once"):
        _ = parts[1] + parts[1]
    with pytest.raises(ReportError, match=r"asked to add 3 shards; found others of 2"):
        _ = parts[0] + carried_out("application", 1, 2)
    with pytest.raises(ReportError, match="a shard to a whole run"):
        _ = parts[0] + wsksim.run_plan(*RUNS["application"])
    # So far nothing is missing: there may be more to add.
    assert (parts[0] + parts[1]).exit_code == 0


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ("32/32", ValueError, r"found shard 32 of 32; the last one is 31/32"),
        ((-1, 2), ValueError, r"found shard -1 of 2"),
        ("0/0", ValueError, r"found 0 shards; ask for 1 to 65,536"),
        ("0/65537", ValueError, r"found 65,537 shards"),
        ("three/4", ValueError, r"such as 3/32, counted from 0, of at most 65,536; found 'three/4'"),
        ("3", ValueError, r"found '3'"),
        (3, TypeError, r"found 3"),
        ((True, 2), TypeError, r"pass two whole numbers"),
        ((1.0, 2), TypeError, r"pass two whole numbers"),
        ((1, 2, 3), TypeError, r"found \(1, 2, 3\)"),
    ],
)
def test_what_is_no_shard_is_refused(given, error, text):
    with pytest.raises(error, match=text):
        read_shard(given)
    with pytest.raises(error, match=text):
        wsksim.storm(on_disconnect, shard=given)


def test_what_a_tool_rotated_is_one_capture(tmp_path, captures):
    content = (captures / "mixed_v4.pcap").read_bytes()
    sets = [
        ["a.pcap", "a.pcap1", "a.pcap2"],
        ["b_00001_20261127120000.pcap", "b_00002_20261127130000.pcap"],
        ["c-2026-11-27_12.00.00.pcap", "c-2026-11-27_13.00.00.pcap"],
        ["d-20261127-120000.pcap", "d-20261127T130000.pcap"],
        ["e-1795780800.pcap", "e-1795784400.pcap"],
        ["f1.pcap"],
        ["f2.pcap"],
        ["g.pcap", "g.pcap.1", "g.pcap.2"],
    ]
    for name in (name for files in sets for name in files):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "README").write_text("no capture")
    (tmp_path / "inside").mkdir()
    found = find_captures([str(tmp_path)])
    assert [[name.rpartition("/")[2] for name in files] for files in found.sets] == sets
    assert [row["file"].rpartition("/")[2] for row in found.left_out] == ["README"]
    assert found.described == f"8 sets, 16 files, {16 * len(content)} bytes"
    shards = [wsksim.replay(tmp_path, on_disconnect, shard=(shard, 3)) for shard in range(3)]
    whole = sum(shards)
    assert len(whole.capture["files"]) == len({row["file"] for row in whole.capture["files"]})
    assert [row["file"].rpartition("/")[2] for row in whole.capture["left_out"] if "README" in row["file"]] == [
        "README"
    ]


def test_the_json_of_shards_keeps_to_the_schema(tmp_path):
    from jsonschema import Draft202012Validator

    schema = Draft202012Validator(json.loads((ROOT / "python/wsksim/schema/report.json").read_text()))
    parts = [carried_out(kind, shard, 2) for kind in RUNS for shard in range(2)]
    for report in (*parts, sum(parts[:2]), sum(parts[2:4]), sum(parts[4:])):
        values = json.loads(json.dumps(report.to_dict()))
        assert [f"{error.json_path}: {error.message}" for error in schema.iter_errors(values)] == []
        assert json.loads(json.dumps(wsksim.Report.from_dict(values).to_dict())) == values
        report.save(tmp_path / "page.html")
