"""No rule of the contract is without a place in the code, nor without a test; the page that says so is up to date."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from wsksim.contract.rules import BY_ID

COUNTS = {"O": 20, "L": 22, "E": 32, "D": 29, "G": 20, "C": 24, "A": 20, "Q": 3, "I": 18, "U": 49, "K": 15, "S": 3}


@pytest.fixture(scope="module")
def scripts():
    """The modules of .ci: the table, and what is a place."""
    sys.path.insert(0, str(ROOT / ".ci"))
    import contract_table
    import places

    yield contract_table, places
    sys.path.remove(str(ROOT / ".ci"))
    del sys.modules["contract_table"], sys.modules["places"]


@pytest.fixture(scope="module")
def rows(scripts):
    """Every rule with its places and its tests."""
    return scripts[0].rows()


def test_every_rule_is_listed_once(rows):
    listed = [row.id for row in rows]
    assert listed == [f"{letter}-{number + 1}" for letter, count in COUNTS.items() for number in range(count)]
    assert len([one for one in listed if not one.startswith("U-")]) == 206
    assert list(BY_ID) == listed


def test_no_rule_waits_for_what_is_to_come(rows):
    assert {row.id: row.pending for row in rows if row.pending} == {}


def test_every_rule_has_a_place_in_the_code(rows):
    assert [row.id for row in rows if not row.places and not row.pending] == []


def test_every_rule_has_a_test_and_one_that_binds_the_application_says_what_is_seen_of_it(rows):
    assert [row.id for row in rows if not row.tests and not row.pending] == []
    for row in rows:
        assert row.binds in {"provider", "application", "both"}
        assert row.statement.endswith(".")
        assert row.note.endswith(".") or (row.binds != "application" and not row.note), row.id


def test_every_test_of_the_contract_is_collected(rows):
    assert {name for row in rows for name in row.tests if name.startswith("T-")} == {f"T-{n + 1}" for n in range(160)}


def test_page_is_up_to_date(scripts, rows):
    assert (ROOT / "docs" / "contract.md").read_text(encoding="utf-8") == scripts[0].page(rows)


RUST = """\
//! Head of a file (D-1).

/// A type (D-2), rules D-20 to D-27.
#[derive(Debug)]
pub(crate) struct Kept {
    /// A field (D-3).
    held: bool, // beside it (D-4)
}

impl Kept {
    /// Asks
    /// (D-5).
    pub(crate) const fn ask(
        &self,
    ) -> u32 {
        if self.held {
            return 1; // why (D-6)
        }
        let text = "no comment // (D-7)";
        // Inside (D-8, D-9).
        report("D-10", text)
    }

    // Above (D-11).
    fn short(&self) -> u32 { 1 }
}
"""

RUST_PLACES = {
    "Kept": {"D-2"},
    "held": {"D-3", "D-4"},
    "ask": {"D-5", "D-6", "D-8", "D-9"},
    "short": {"D-11"},
}

PYTHON = '''\
"""Head of a file (D-1)."""

# Of a constant (D-2, not D-20..D-27).
KEPT = "no comment: # (D-3)"


class Kept:
    """A type (D-4).

    Attributes:
        held: (D-5).
    """

    def ask(self):
        """Asks (D-6).

        Rules: D-7, D-8.
        """
        # Why (D-9).
        return "D-10"
'''

PYTHON_PLACES = {"KEPT": {"D-2"}, "Kept": {"D-4"}, "ask": {"D-6", "D-9"}}


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [("of_rust", RUST, RUST_PLACES), ("of_python", PYTHON, PYTHON_PLACES)],
    ids=["Rust", "Python"],
)
def test_a_place_is_an_item_whose_own_comment_names_the_rule_by_itself(scripts, language, source, expected):
    places, found = scripts[1], {}
    for item, text in getattr(places, language)(source):
        if places.ids(text):
            found.setdefault(item, set()).update(places.ids(text))
    assert found == expected


def test_every_place_is_a_name_in_its_file(rows):
    for place in {place for row in rows for place in row.places}:
        assert place.item in (ROOT / place.file).read_text(encoding="utf-8"), place


SKIPPING = """\
import pytest
from harness import contract

@pytest.mark.xfail(reason="later")
@contract(1, "D-1", completions="inline")
def test_expected_to_fail(world): assert False

@contract(2, "D-2", completions="inline")
def test_skips_itself(world): pytest.skip("not today")

@pytest.mark.skip(reason="never")
@contract(3, "D-3", completions="inline")
def test_skipped(world): pass

@contract(4, "D-4", completions="inline")
def test_runs(world): pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("collect", [True, False], ids=["collected", "run"])
def test_a_test_of_the_contract_that_does_not_run_shows_nothing(tmp_path, collect):
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    rule(*ids):\n")
    folders = [ROOT / "tests" / "python", ROOT / "tests" / "python" / "contract", ROOT / ".ci"]
    collected = tmp_path / "collected.json"
    variables = {"PYTHONPATH": os.pathsep.join(map(str, folders)), "WSKSIM_COLLECTED": str(collected)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"]
    command += ["--collect-only", "-p", "collected"] if collect else []
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    if collect:
        assert Path(collected).read_text() == '{"D-2": ["T-2"], "D-4": ["T-4"]}', done.stdout
    else:
        # What is skipped before it begins is an error.
        assert "2 failed, 1 passed, 1 error" in done.stdout
