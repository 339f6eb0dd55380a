"""A port whose bytes are swapped is noted where nobody listens at it (U-49)."""

import pytest

import wsksim
from harness import World, at
from wsksim import wsk

PORT = 8080
SWAPPED = 0x901F  # 8080 with its bytes swapped
RIGHT, WRONG = PORT, SWAPPED


def connects(world, port):
    """The status of a connection that the application asks for."""
    return world.do(world.connection().WskConnect, at(port), 0).status


@pytest.mark.rule("U-49")
@pytest.mark.parametrize("check", ["report", "raise"])
def test_a_connect_to_a_swapped_port_is_noted_and_its_repaired_twin_is_not(check):
    world = World(check=check)
    world.net.listen(at(PORT))
    assert connects(world, RIGHT) == wsk.STATUS_SUCCESS
    assert world.subsystem.notes == []
    assert connects(world, WRONG) == wsk.STATUS_CONNECTION_REFUSED
    (note,) = world.subsystem.notes
    assert (note.rule, note.kind) == ("U-49", "note")
    assert note.site
    assert "nobody listens at port 36895, but somebody does at 8080" in note.found
    assert "RtlUshortByteSwap" in note.advice
    assert world.subsystem.findings == []
    world.end()


@pytest.mark.rule("U-49")
def test_a_socket_that_is_made_connected_is_noted_likewise(world):
    world.net.listen(at(PORT))
    kind = wsk.SOCK_STREAM, wsk.IPPROTO_TCP
    request = world.do(world.npi.WskSocketConnect, *kind, at(), at(WRONG), 0, None, None, None, None, None)
    assert request.status == wsk.STATUS_CONNECTION_REFUSED
    (note,) = world.subsystem.notes
    assert note.found.startswith("WskSocketConnect: nobody listens at port 36895")


@pytest.mark.rule("U-49")
def test_a_remote_end_that_misses_a_listener_with_a_swapped_port_is_noted(world):
    listener = world.socket(wsk.WSK_FLAG_LISTEN_SOCKET)
    assert world.do(listener.WskBind, at(WRONG), 0).status == wsk.STATUS_SUCCESS
    with pytest.raises(wsksim.RemoteError) as raised:
        world.net.connect(at(RIGHT))
    assert raised.value.status == wsk.STATUS_CONNECTION_REFUSED
    (note,) = world.subsystem.notes
    assert "nobody listens at port 8080, but somebody does at 36895" in note.found
    assert world.subsystem.findings == []


@pytest.mark.rule("U-49")
@pytest.mark.parametrize("port", [PORT + 1, 0x0101], ids=["another", "palindrome"])
def test_a_refused_connection_alone_is_no_note(world, port):
    world.net.listen(at(PORT))
    assert connects(world, port) == wsk.STATUS_CONNECTION_REFUSED
    assert world.subsystem.notes == []
