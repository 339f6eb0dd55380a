"""The same history on every CPython that this build is for and that this machine has.

A build for one version alone is for no other; `make wheels` runs the smoke tests, which have the same history, on every
CPython with the wheel that is for it.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import wsksim
import wsksim._native
from conftest import ROOT
from same_history import EXPECTED


def wheels():
    """The program behind `make wheels`, which knows where interpreters are."""
    spec = importlib.util.spec_from_file_location("wheels_of_interpreters", ROOT / ".ci" / "wheels.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


WHEELS = wheels()
TOLD = "import json, same_history; print(json.dumps(same_history.history()))"
OURS = sys.version_info[:2]


@pytest.fixture(scope="module")
def found():
    return {one.version: one.path for one in WHEELS.interpreters(WHEELS.folders(), min(WHEELS.promised()))}


@pytest.mark.parametrize("version", WHEELS.promised(), ids=lambda version: "{}.{}".format(*version))
def test_the_history_is_the_same_on_each_interpreter(found, version):
    name = "CPython {}.{}".format(*version)
    library = Path(wsksim._native.__file__).name
    if version != OURS and not (".abi3." in library and version >= WHEELS.STABLE_SINCE):
        pytest.skip(f"{library} is not for {name}; make wheels tries the wheel that is")
    python = sys.executable if version == OURS else found.get(version)
    if python is None:
        pytest.skip(f"there is no {name} on PATH, and neither pyenv nor uv has one")
    places = (Path(wsksim.__file__).parents[1], Path(__file__).parent)
    done = subprocess.run(
        [python, "-W", "ignore", "-c", TOLD],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == EXPECTED
