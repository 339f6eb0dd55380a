"""What the package exports, and what its import costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import wsksim
from wsksim import errors
from wsksim.contract import Finding
from wsksim.post import Answer


def test_every_exported_name_is_there():
    for name in wsksim.__all__:
        assert getattr(wsksim, name) is not None
        assert name in dir(wsksim)
    with pytest.raises(AttributeError, match="no attribute 'wind'"):
        _ = wsksim.wind


def test_storm_and_replay_stay_functions_however_they_are_imported():
    code = (
        "import wsksim.runs.storm, wsksim.runs.replay, wsksim.cli.run, wsksim.cli.replay, wsksim\n"
        "assert callable(wsksim.storm) and callable(wsksim.replay) and isinstance(wsksim.Report, type)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.smoke
def test_import_is_light():
    code = (
        "import sys; before = set(sys.modules); import wsksim\n"
        "heavy = {'numpy', 'click', 'ctypes', 'subprocess', 'wsksim.runs'} & (set(sys.modules) - before)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_package_is_typed():
    folder = Path(wsksim.__file__).parent
    assert (folder / "py.typed").is_file()
    assert (folder / "_native.pyi").is_file()


def test_every_error_is_a_wsksim_error():
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.WsksimError)
    assert issubclass(errors.StaleHandleError, LookupError)
    assert issubclass(errors.ForeignHandleError, ValueError)


def test_contract_error_carries_its_finding():
    finding = Finding(rule="D-8", condition="The handler must return STATUS_SUCCESS.", found="it returned 1")
    error = errors.ContractError(finding)
    assert error.finding is finding
    assert str(error) == str(finding)


def test_answers_are_accepted_or_refused():
    assert {answer for answer in Answer if answer.accepted} == {Answer.QUEUED, Answer.HELD}
    assert Answer("queued") is Answer.QUEUED
    assert [str(answer) for answer in Answer] == ["queued", "held", "stale", "closed", "repeated", "limit"]


@pytest.mark.parametrize("name", ["Subsystem", "storm", "replay", "__version__"])
def test_first_use_of_a_debug_build_warns(name):
    code = f"import wsksim._native as native; native.BUILD_PROFILE = 'debug'; import wsksim; wsksim.{name}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "RuntimeWarning: this wsksim is a debug build" in done.stderr
