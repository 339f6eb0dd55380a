"""The stub says of each public member what the compiled class says of it, for editors read the stub alone."""

import ast
import inspect
from pathlib import Path

import pytest

import wsksim
from wsksim import _native

PUBLIC = ["Connection", "Fleet", "FleetRemote", "Ledger", "Remote", "Subsystem", "Workers"]


def members(name):
    """The public methods and properties of a class in the stub, with their docstrings."""
    stub = Path(wsksim.__file__).with_name("_native.pyi").read_text(encoding="utf-8")
    [found] = [one for one in ast.parse(stub).body if isinstance(one, ast.ClassDef) and one.name == name]
    methods = [one for one in found.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
    return {method.name: ast.get_docstring(method) for method in methods}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_stub_begins_as_the_compiled_docstring(name):
    described = members(name)
    assert described
    for member, told in described.items():
        whole = " ".join(inspect.getdoc(getattr(getattr(_native, name), member)).split())
        assert told, f"{name}.{member}"
        assert whole.startswith(told.rstrip(".")), f"{name}.{member}"
