"""No rule of the contract is without a place in the code, nor without a test; the page that says so is up to date."""

import importlib.util
import re
import sys

import pytest

from conftest import ROOT
from wsksim.contract.rules import BY_ID

COUNTS = {"O": 20, "L": 22, "E": 32, "D": 29, "G": 20, "C": 24, "A": 20, "Q": 3, "I": 16, "U": 44}


@pytest.fixture(scope="module")
def table():
    """The script that makes docs/contract.md."""
    spec = importlib.util.spec_from_file_location("contract_table", ROOT / ".ci" / "contract_table.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["contract_table"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["contract_table"]


def test_every_rule_is_listed_once(table):
    listed = [row.id for row in table.rows()]
    assert listed == [f"{letter}-{number + 1}" for letter, count in COUNTS.items() for number in range(count)]
    assert len([one for one in listed if not one.startswith("U-")]) == 186
    assert set(BY_ID) <= set(listed)


def test_every_rule_has_a_place_in_the_code(table):
    for row in table.rows():
        assert row.places, row.id
        for place in row.places:
            assert (ROOT / place).is_file(), (row.id, place)


def test_every_rule_has_a_test_or_says_why_not(table):
    for row in table.rows():
        assert row.binds in {"provider", "application", "both"}
        assert row.statement.endswith(".")
        assert row.tests or (row.binds != "provider" and row.note), row.id
        if row.binds == "application":
            assert row.note, row.id


def test_every_test_of_the_contract_is_there(table):
    numbers = {int(name[2:]) for names in table.tests().values() for name in names if re.fullmatch(r"T-\d+", name)}
    assert numbers == set(range(1, 151))


def test_page_is_up_to_date(table):
    assert (ROOT / "docs" / "contract.md").read_text(encoding="utf-8") == table.page()
