"""Allocations that are refused, one after the other: a sample of what `make prove` refuses."""

import importlib.util
import shutil
import sys

import pytest

from conftest import ROOT


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is replaced Linux's way")
@pytest.mark.skipif(shutil.which("cc") is None, reason="the allocator needs a C compiler")
@pytest.mark.parametrize("call", ["numbers", "blocks", "a slice", "flags", "closing all", "data of a remote"])
def test_each_allocation_of_a_users_size_may_be_refused(call, tmp_path):
    spec = importlib.util.spec_from_file_location("allocations", ROOT / "tests" / "ends" / "allocations.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["allocations"] = module
    spec.loader.exec_module(module)
    outcome = module.run(call, module.build(tmp_path), 32_768)
    assert outcome.complaint == ""
    assert outcome.refused > 1
