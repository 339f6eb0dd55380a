"""The benches' arithmetic and their RESULTS.md, on figures that are made up."""

import sys

import pytest

from conftest import ROOT

sys.path.append(str(ROOT / "benches" / "python"))

import results
from comparison import Bound, Comparison, Skipped, from_json, to_json

KEPT = "# Bench results\n\nOurs.\n\n## Per-socket order: two designs (ADR 0001)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
ROUNDS = [(10.0, 20.0), (12.0, 60.0), (11.0, 30.0)]


def row(goal, **more):
    return Comparison(goal, "case", "ns", ROUNDS, **more)


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "RESULTS.md"
    path.write_text(KEPT, "utf-8")
    return path


def test_ratio_is_that_of_the_medians_and_its_spread_that_of_the_rounds():
    slower = row("S1", bound=Bound(0.4))
    assert (slower.ours, slower.reference) == (11, 30)
    assert slower.ratio == pytest.approx(11 / 30)
    assert slower.spread == pytest.approx((0.2, 0.5))
    faster = row("S1", bound=Bound(2.5, faster=True))
    assert faster.ratio == pytest.approx(30 / 11)
    assert faster.spread == pytest.approx((2, 5))


@pytest.mark.parametrize(
    ("bound", "reached"),
    [
        (Bound(0.4), "yes"),
        (Bound(0.3), "no"),
        (Bound(2.5, faster=True), "yes"),
        (Bound(3, faster=True), "no"),
        (None, "-"),
    ],
)
def test_goal_is_reached_when_the_ratio_keeps_to_its_bound(bound, reached):
    assert row("S1", bound=bound).reached == reached


@pytest.mark.parametrize("made", [row("S2", bound=Bound(2)), row("S2"), Skipped("S2", "case", "no compiler")])
def test_row_survives_the_way_between_processes(made):
    assert from_json(to_json(made)) == made


def test_writing_goals_keeps_other_sections(document):
    cells = [row("S1", bound=Bound(1)).cells(), Skipped("S2", "peers", "none installed").cells()]
    results.write_goals(document, "CPython 3.12", "`make bench`", cells)
    results.write_goals(document, "CPython 3.11", "`make bench`", cells)
    results.write_goals(document, "CPython 3.12", "`make bench` again", cells)
    text = document.read_text("utf-8")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    kept = "## Per-socket order: two designs (ADR 0001)"
    assert headings == ["## Goals on CPython 3.11", "## Goals on CPython 3.12", kept]
    assert text.startswith("# Bench results\n\nOurs.\n\n")
    assert text.endswith(KEPT[KEPT.index(kept) :])
    assert text.count("`make bench` again") == 1
    assert "SKIPPED (none installed)" in text


def test_measuring_one_goal_leaves_the_rows_of_others(document):
    first = [row(goal, bound=Bound(1)).cells() for goal in ("S1", "S2", "S10")]
    results.write_goals(document, "CPython 3.12", "`make bench`\n\n- machine", first)
    before = document.read_text("utf-8").splitlines()
    again = Comparison("S2", "another case", "ns", [(1.0, 2.0)], Bound(1))
    for day in ("Monday", "Tuesday"):
        results.merge_goals(document, "CPython 3.12", day, [again.cells()])
    after = document.read_text("utf-8").splitlines()
    assert [line for line in before if line not in after] == ["| " + " | ".join(first[1]) + " |"]
    assert [line for line in after if line not in before] == [
        "- S2 again: Tuesday",
        "| " + " | ".join(again.cells()) + " |",
    ]
    goals = [line.split()[1] for line in after if line.startswith("| S")]
    assert goals == ["S1", "S2", "S10"]
