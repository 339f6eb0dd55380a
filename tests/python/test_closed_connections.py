"""A connection of `connect` that is used after its close, which is a finding (C-16), and its repaired twins."""

import pytest

import wsksim
from wsksim import wsk
from wsksim.errors import ContractError


def succeeds(SocketContext, Flags):
    return wsk.STATUS_SUCCESS


@pytest.fixture
def subsystem():
    with wsksim.Subsystem() as opened:
        yield opened


@pytest.mark.rule("C-16", "U-41")
def test_a_second_close_is_a_finding_and_one_close_is_none(subsystem):
    once, twice = subsystem.connect("once", succeeds), subsystem.connect("twice", succeeds)
    assert (once.close(), twice.close()) == (wsk.STATUS_SUCCESS, wsk.STATUS_SUCCESS)
    assert subsystem.findings == []
    assert twice.close() == wsk.STATUS_FILE_FORCED_CLOSED
    [found] = subsystem.findings
    assert (found.rule, found.found, found.socket) == ("C-16", "close was called after its close", twice.name)
    assert found.site.rpartition("/")[2].startswith("test_closed_connections.py:")
    assert found.advice.startswith("Close a connection once")


@pytest.mark.rule("C-16")
def test_a_second_close_names_the_handler_that_made_it(subsystem):
    gone = subsystem.connect("gone", succeeds)
    gone.close()
    subsystem.connect("here", lambda *_: gone.close()).remote.abort()
    subsystem.dispatch()
    found = next(found for found in subsystem.findings if found.rule == "C-16")
    assert (found.inside, found.edge, found.socket) == ("WskDisconnectEvent of connection 0.2", 1, gone.name)


@pytest.mark.rule("C-16")
def test_a_second_close_raises_if_that_is_asked_for():
    with wsksim.Subsystem(check="raise") as checked:
        connection = checked.connect("it", succeeds)
        connection.close()
        with pytest.raises(ContractError, match="C-16"):
            connection.close()


@pytest.mark.rule("C-16")
def test_a_fleet_closes_what_is_left_of_it(subsystem):
    fleet = subsystem.connect_many(3, succeeds)
    fleet[1].close()
    assert fleet.close() == {wsk.STATUS_SUCCESS: 2, wsk.STATUS_FILE_FORCED_CLOSED: 1}
    assert subsystem.findings == []
