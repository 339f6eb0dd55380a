"""What a user sees who asks Python: help, names, signatures."""

import inspect
import pydoc
import re
import subprocess
import sys

import pytest

import wsksim
from wsksim import wsk


def test_the_package_names_what_it_offers():
    assert len(set(wsk.__all__)) == len(wsk.__all__)
    public = {name for name in vars(wsk) if not name.startswith("_") and not inspect.ismodule(getattr(wsk, name))}
    assert set(wsk.__all__) == public


def test_help_shows_functions_and_structures():
    text = pydoc.plain(pydoc.render_doc(wsk))
    for part in (
        "WskSend(Socket",
        "WskSend: sends",
        "class WSK_BUF(",
        "class IRP(",
        "IoCancelIrp(Irp",
        "STATUS_SUCCESS",
    ):
        assert part in text
    assert re.search(r"^FUNCTIONS$", text, re.MULTILINE)


def test_star_import_gives_words_only():
    found = {}
    exec("from wsksim.wsk import *", found)  # noqa: S102 - the statement is what is tested
    assert set(found) - {"__builtins__"} == set(wsk.__all__)


def test_importing_wsksim_does_not_import_wsk():
    text = "import sys, wsksim; print([name for name in sys.modules if name.startswith('wsksim.')])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_functions_of_a_socket_and_of_a_client_are_methods(world):
    pair = world.pair()
    for owner, first in ((pair.a, "Socket"), (world.npi, "Client")):
        for name in (name for name in dir(owner) if name.startswith("Wsk")):
            short, function = getattr(owner, name), getattr(type(owner.Dispatch), name)
            assert (short.__name__, short.__doc__) == (name, function.__doc__)
            wanted = [one for one in inspect.signature(function).parameters if one not in {first, "ListenSocket"}]
            assert list(inspect.signature(short).parameters) == wanted
    text = pydoc.plain(pydoc.render_doc(pair.a.WskSend))
    assert "WskSend(Buffer" in text
    assert "partial" not in text
    assert pair.a.WskSend == pair.a.WskSend


@pytest.mark.parametrize("thing", [wsksim.Subsystem.WskRegister, wsk.WskSend])
def test_help_of_a_function_is_its_own(thing):
    assert thing.__name__ in pydoc.plain(pydoc.render_doc(thing))


def test_a_number_of_the_contract_ends_the_id_of_its_test(request):
    for item in request.session.items:
        if re.search(r"\bT-\d+\b", item.name):
            assert re.search(r"[\[-]T-\d+\]$", item.name), item.nodeid
