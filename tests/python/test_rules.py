"""The catalogue of rules, and the rules that tests and documents name."""

import re

import pytest

from conftest import ROOT
from wsksim.contract.rules import BY_ID, RULES

ID = re.compile(r"\b[A-Z]-\d+\b")
UNPUBLISHED = {"L-7", "L-18", "L-19", "G-2", "C-10", "C-17", "C-19", "A-10", "A-20", "I-8", "I-15", "S-3"}


def test_ids_are_unique_and_statements_are_one_sentence():
    assert len(BY_ID) == len(RULES)
    for rule in RULES:
        assert ID.fullmatch(rule.id)
        assert rule.statement.endswith(".")
        assert ". " not in rule.statement
        assert rule.mark in {"stated", "derived", "choice"}


def test_what_a_page_says_names_the_page():
    for rule in RULES:
        # What no page says the header says, a sample, or a measurement on Windows.
        assert rule.pages or rule.mark == "choice" or rule.id in UNPUBLISHED, rule.id
        if rule.id.startswith("U-"):
            assert rule.mark == "choice"


@pytest.mark.parametrize("test_file", sorted((ROOT / "tests" / "python").glob("test_*.py")), ids=lambda path: path.stem)
def test_rules_that_tests_carry_are_in_the_catalogue(test_file):
    for marked in re.findall(r"mark\.rule\(([^)]*)\)", test_file.read_text()):
        assert set(ID.findall(marked)) - set(BY_ID) == set()
