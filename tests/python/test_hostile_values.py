"""Values that nobody should give: no crash, no hang, and a refusal in three parts. `make prove` gives them to all."""

import importlib.util

import pytest

from conftest import ROOT

# A storm and a replay of every value take longer.
GROUPS = ("Subsystem", "connect", "connect_many", "drive", "fleet", "handlers", "wsk", "functions", "network")


@pytest.mark.slow
@pytest.mark.parametrize("group", [*GROUPS, "plans", "reports"])
def test_hostile_values(group):
    spec = importlib.util.spec_from_file_location("hostile", ROOT / "tests" / "ends" / "hostile.py")
    hostile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hostile)
    calls, wrong = hostile.run(group)
    assert wrong == []
    assert calls >= 100
