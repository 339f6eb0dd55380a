"""Two sides of runs compared: counts and findings as they are, times beyond their noise."""

import dataclasses
import itertools
import json
import math
import random

import pytest

from report_stage import FINDING, NOTE, full
from test_schema import exact, schema
from wsksim.reports.difference import as_text, to_dict
from wsksim.runs.comparing import ALPHA, compare, rank_test, runs_needed

DIFF = schema("diff")


def runs(number, *, slow=1.0, seed=1, **changes):
    """Repeated runs of one plan: their times vary by some percent."""
    draw = random.Random(seed)
    made = full(**changes)
    for _ in range(number):
        factor = slow * draw.uniform(0.95, 1.05)
        storm = {
            name: {mark: value if mark == "count" else round(value * factor) for mark, value in part.items()}
            if name.endswith("_ns") and part
            else part
            for name, part in made.storm.items()
        }
        yield dataclasses.replace(made, storm=storm, elapsed_s=made.elapsed_s * factor)


def told(difference, code=0):
    """The text; its JSON keeps to the schema."""
    values = json.loads(json.dumps(to_dict(difference, code)), parse_int=exact)
    assert [f"{error.json_path}: {error.message}" for error in DIFF.iter_errors(values)] == []
    return as_text(difference, code)


def test_equal_runs_differ_by_noise_alone():
    difference = compare(list(runs(8, seed=1)), list(runs(8, seed=2)))
    assert {one.verdict for one in difference.times} == {"noise"}
    assert (difference.plans, difference.counts, difference.new, difference.worse) == ((), (), (), ())
    text = told(difference)
    assert "plan       the same" in text
    assert "counts     the same, findings too" in text
    assert "worse      nothing" in text


def test_what_is_slower_beyond_noise_is_worse_and_the_other_way_round_better():
    quick, slow = list(runs(8, seed=1)), list(runs(8, seed=2, slow=1.3))
    difference = compare(quick, slow)
    assert {one.name: one.verdict for one in difference.times}["response.p99"] == "worse"
    assert any(text.startswith("response.p99 +") for text in difference.worse)
    # A rate that falls is worse too.
    assert {one.name: one.verdict for one in difference.times}["rate"] == "worse"
    assert "WORSE (p = 0.002)" in told(difference)  # ten rows of one chance in 6,435
    assert {one.verdict for one in compare(slow, quick).times} == {"better"}
    assert compare(slow, quick).worse == ()


@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 9), (4, 4), (4, 20), (6, 6)])
def test_from_few_runs_noise_cannot_be_known(old, new):
    difference = compare(list(runs(old)), list(runs(new, slow=5.0)))
    assert {one.verdict for one in difference.times} == {"unknown"}
    assert difference.worse == ()
    assert "noise      cannot be known from so few runs: give 7 reports or more" in told(difference)


def test_the_more_rows_the_more_runs_are_needed():
    assert [runs_needed(rows) for rows in (0, 1, 2, 5, 13)] == [5, 5, 6, 7, 7]
    for rows in (1, 4, 13):
        number = runs_needed(rows)
        assert 2 / math.comb(2 * number, number) <= ALPHA / rows


def test_a_rank_test_is_exact():
    draw = random.Random(3)
    for _ in range(40):
        old, new = ([draw.randrange(6) for _ in range(draw.randrange(1, 6))] for _ in range(2))
        together = [*old, *new]

        def ranks(values, together=together):
            return sum(sum(one < value for one in together) + (together.count(value) + 1) / 2 for value in values)

        middle = len(old) * (len(together) + 1) / 2
        ways = list(itertools.combinations(together, len(old)))
        far = sum(abs(ranks(way) - middle) >= abs(ranks(old) - middle) - 1e-9 for way in ways)
        assert rank_test(old, new) == pytest.approx(far / len(ways))
    assert rank_test(range(5), range(5, 10)) == 2 / math.comb(10, 5) < ALPHA
    assert rank_test(range(4), range(4, 8)) > ALPHA
    # Many are judged by the normal curve, and much alike.
    small, large = rank_test(range(20), range(12, 32)), rank_test(range(21), range(12, 33))
    assert small == pytest.approx(large, rel=1.0)
    assert rank_test([1] * 30, [1] * 30) == 1.0


def sides(made, draw, number):
    """Two sides of equal runs whose times have nothing to do with one another, and vary much, with a long tail."""
    for _ in range(2):
        yield [
            dataclasses.replace(
                made,
                storm={
                    name: {
                        mark: value if mark == "count" else value * draw.lognormvariate(0, 0.4)
                        for mark, value in part.items()
                    }
                    if name.endswith("_ns") and part
                    else part
                    for name, part in made.storm.items()
                },
                elapsed_s=made.elapsed_s * draw.lognormvariate(0, 0.4),
            )
            for _ in range(number)
        ]


@pytest.mark.parametrize("number", [7, 10])
def test_equal_runs_are_accused_as_rarely_as_is_said(number):
    """One comparison in a hundred at most accuses any of its rows, whatever is relevant."""
    made, draw, comparisons = full(), random.Random(11), 1_000
    found = [compare(*sides(made, draw, number), relevant=0.0) for _ in range(comparisons)]
    assert {len(one.times) for one in found} == {10}
    assert all(one.noise_is_known for one in found)
    accused = sum(any(row.verdict != "noise" for row in one.times) for one in found)
    assert accused <= comparisons * ALPHA
    assert sum(bool(one.worse) for one in found) <= accused
    # One row at a time would accuse about as often as there are rows.
    alone = sum(any(rank_test(row.old, row.new) <= ALPHA for row in one.times) for one in found)
    assert alone > 5 * comparisons * ALPHA


def test_a_difference_that_is_real_and_small_fails_nothing():
    quick, slow = list(runs(8, seed=1)), list(runs(8, seed=2, slow=1.15))
    assert {one.verdict for one in compare(quick, slow).times} == {"worse"}
    difference = compare(quick, slow, relevant=0.3)
    assert {one.verdict for one in difference.times} == {"small"}
    assert difference.worse == ()
    assert "small      is real, and less than 30% of the median" in told(difference)


def test_what_varies_with_the_clock_is_worse_only_beyond_noise():
    """A check of a time, and with a rate every count."""
    pace = {"late": 1, "of": 9, "planned_s": 1.0}
    before = full(checks=[{"check": "accept.p90 < 1ms", "value": 1, "good": True}])
    after = full(checks=[{"check": "accept.p90 < 1ms", "value": 10**9, "good": False}])
    once, often = compare([before], [after]), compare([before] * 7, [after] * 7)
    assert (once.worse, once.unsure) == ((), ("check accept.p90 < 1ms fails",))
    assert [one.name for one in once.checks] == ["accept.p90 < 1ms"]
    # What cannot be told is not called nothing.
    assert "worse?     check accept.p90 < 1ms fails: too few runs to tell that from noise, give 5 reports" in told(once)
    assert "worse      nothing" not in told(once)
    assert (often.worse, often.unsure) == (("check accept.p90 < 1ms fails",), ())
    assert "worse?" not in told(often, 1)
    more = full(findings=[dataclasses.replace(FINDING, count=9)])
    assert compare([full()], [more]).worse == ("more findings D-8",)
    one, other = (dataclasses.replace(each, storm={**each.storm, "pace": pace}) for each in (full(), more))
    assert (compare([one], [other]).worse, compare([one], [other]).unsure) == ((), ("more findings D-8",))
    assert compare([one] * 7, [other] * 7).worse == ("more findings D-8",)


def test_findings_are_named_by_where_they_are():
    moved = dataclasses.replace(FINDING, site="relay.py:120", seed=9, edge=1)
    other = dataclasses.replace(FINDING, rule="C-16", function="broadcast", count=2)
    note = dataclasses.replace(NOTE, rule="C-12")
    before, after = full(findings=[FINDING]), full(findings=[dataclasses.replace(moved, count=8), other], notes=[note])
    difference = compare([before], [after])
    assert [one.rule for one in difference.new] == ["C-16", "C-12"]
    assert [one.rule for one in difference.gone] == ["C-11"]
    assert [(one.rule, by) for one, by in difference.more] == [("D-8", 3)]
    # A note is nothing worse.
    assert difference.worse == ("new finding C-16", "more findings D-8")
    text = told(difference, 1)
    assert "NEW        C-16 The handler must return STATUS_SUCCESS at relay.py:112 in broadcast (2 times)" in text
    assert text.splitlines()[-1] == "exit 1"


def test_counts_are_compared_as_they_are():
    before = full()
    lives = {**before.storm["lives"], "timed_out": 49_001, "still_open": 9}
    after = full(
        storm={**before.storm, "lives": lives, "checks": [{"check": "findings == 0", "value": 0, "good": True}]}
    )
    difference = compare([before, before], [after, after])
    assert [(one.name, one.old, one.new) for one in difference.counts] == [
        ("lives.timed_out", (49_000,), (49_001,)),
        ("lives.still_open", (10,), (9,)),
    ]
    assert [one.name for one in difference.checks] == ["findings == 0", "response.p99.9 < 50ms"]
    assert "check      findings == 0: FAIL -> ok" in told(difference)
    assert compare([after], [before]).worse[0] == "check findings == 0 fails"
    # What varies on one side is no change if the other side has had it.
    assert compare([before, after], [after, after]).counts == ()


def test_plans_that_differ_are_told():
    difference = compare([full()], [full(seed=8, handler="relay:other")])
    assert [one.name for one in difference.plans] == ["handler", "seed"]
    assert "plan       other seed: 7 -> 8" in told(difference)
