"""The network around the machine: who answers, how remote ends leave, what befalls connections, and names."""

import pytest

import wsksim
from harness import ABORTIVE, CTX, DISC, GRACEFUL, Ears, at, contract, data, ok
from wsksim import wsk

PENDING, RESET, ABORTED = wsk.STATUS_PENDING, wsk.STATUS_CONNECTION_RESET, wsk.STATUS_CONNECTION_ABORTED
FAR = wsk.SOCKADDR_IN(wsk.AF_INET, 443, "198.51.100.7")


def ended(request, status):
    """A request that has completed so."""
    return request.check().status == status


@contract(151, "G-10", "I-8", "I-12", "U-46")
def test_bytes_of_a_cancelled_receive_are_told(world):
    pair = world.remote_pair()
    waiting = world.receiving(pair.a, 10, wsk.WSK_FLAG_WAITALL)
    pair.b.send(b"0123")
    assert wsk.IoCancelIrp(waiting.irp)
    world.drive()
    waiting.took = 4
    assert world.received(waiting) == (wsk.STATUS_CANCELLED, b"0123")
    pair.b.send(b"4567")
    assert world.receive(pair.a, 10) == (ok, b"4567")
    closing = world.receiving(pair.a, 10, wsk.WSK_FLAG_WAITALL)
    pair.b.send(b"89")
    assert world.close(pair.a) == ok
    closing.took = 2
    assert world.received(closing) == (wsk.STATUS_CANCELLED, b"89")


@contract(152, "G-6", "G-15", "U-12")
def test_peer_that_vanished_acknowledges_nothing(world):
    pair = world.remote_pair(DISC)
    pair.b.vanish()
    requests = [world.ask(pair.a.WskSend, data(b"lost"), 0), world.disconnecting(pair.a, GRACEFUL)]
    world.drive()
    assert [(one.returned, one.calls) for one in requests] == [(PENDING, 0)] * 2
    world.net.time_out(pair.a)
    world.drive()
    assert all(ended(one, wsk.STATUS_IO_TIMEOUT) for one in requests)
    assert pair.ev == [(CTX, ABORTIVE)]


@contract(155, "U-47", "D-13", "D-21", "G-19")
def test_remote_ends_close_in_three_ways(world):
    first = world.remote_pair(DISC)
    first.b.close()
    world.drive()
    assert (first.ev, first.b.state) == ([(CTX, GRACEFUL)], "closed")
    late = world.send(first.a, b"late")
    assert late.status == RESET
    assert first.ev == [(CTX, GRACEFUL), (CTX, ABORTIVE)]

    unread = world.remote_pair(DISC)
    assert world.send(unread.a, b"unread").status == ok
    unread.b.close()
    world.drive()
    assert unread.ev == [(CTX, ABORTIVE)]

    hard = world.remote_pair(DISC)
    hard.b.abort()
    hard.b.close()
    world.drive()
    assert hard.ev == [(CTX, ABORTIVE)]


@pytest.mark.rule("U-47", "C-12")
def test_close_of_an_end_that_read_everything_may_end_in_order(world):
    pair = world.remote_pair(DISC)
    assert world.send(pair.a, b"read").status == ok
    assert pair.b.read() == b"read"
    pair.b.send(b"last words")
    pair.b.close()
    world.drive()
    assert pair.ev == []  # behind the data (G-18)
    assert world.receive(pair.a, 20) == (ok, b"last words")
    assert pair.ev == [(CTX, GRACEFUL)]
    assert world.disconnect(pair.a) == ok
    assert world.close(pair.a) == ok


@contract(156, "U-45")
def test_machine_kills_a_connection(world):
    pair = world.remote_pair(DISC)
    waiting = world.receiving(pair.a, 4)
    world.net.kill(pair.a)
    world.drive()
    assert ended(waiting, ABORTED)
    assert pair.ev == [(CTX, ABORTIVE)]
    assert pair.b.seen == (False, True)
    with pytest.raises(wsksim.WsksimError, match="RESET"):
        world.net.kill(pair.a)


@pytest.mark.rule("U-45")
def test_removed_address_takes_its_connections_with_it(world):
    far = world.net.listen(FAR)
    ears = Ears()
    lost = world.connection(CTX, ears.table, bound=False)
    assert world.do(lost.WskBind, at(address="0.0.0.0"), 0).status == ok
    assert world.do(lost.WskConnect, FAR, 0).status == ok
    assert world.en(lost, DISC) == ok
    own, peer = world.address(lost), far.accept()
    waiting = world.receiving(lost, 4)
    kept = world.remote_pair(DISC)
    world.net.remove_address(own)
    world.drive()
    assert ended(waiting, ABORTED)
    assert ears.ev == [(CTX, ABORTIVE)]
    assert (kept.ev, peer.seen) == ([], (False, False))
    with pytest.raises(wsksim.RemoteError) as raised:
        world.net.connect(wsk.SOCKADDR_IN(wsk.AF_INET, 80, own.sin_addr))
    assert raised.value.status == wsk.STATUS_HOST_UNREACHABLE


@contract(158, "U-43", "I-12")
def test_connect_ends_as_the_network_answers(world):
    net = world.net
    other = wsk.STATUS_NETWORK_UNREACHABLE
    for prepare, status in (
        (lambda: None, wsk.STATUS_CONNECTION_REFUSED),
        (lambda: net.unreachable(FAR), wsk.STATUS_HOST_UNREACHABLE),
        (lambda: net.unreachable(FAR, other), other),
    ):
        prepare()
        client = world.connection()
        assert world.do(client.WskConnect, FAR, 0).status == status
        assert world.state(client) == "BOUND"

    net.restore(FAR)
    net.silence(wsk.SOCKADDR_IN(wsk.AF_INET, 0, FAR.sin_addr))
    for end, status in (
        (lambda request, client: net.time_out(client), wsk.STATUS_IO_TIMEOUT),
        (lambda request, client: net.kill(client), ABORTED),
        (lambda request, client: wsk.IoCancelIrp(request.irp), wsk.STATUS_CANCELLED),
    ):
        client = world.connection()
        request = world.ask(client.WskConnect, FAR, 0)
        world.drive()
        assert (request.calls, world.state(client)) == (0, "CONNECTING")
        end(request, client)
        world.drive()
        assert ended(request, status)
        assert world.state(client) == "BOUND"

    # The last one reaches its peer once the host is back (U-43).
    net.restore(wsk.SOCKADDR_IN(wsk.AF_INET, 0, FAR.sin_addr))
    net.listen(FAR)
    assert world.do(client.WskConnect, FAR, 0).status == ok


@pytest.mark.rule("U-43")
def test_time_out_of_what_has_no_connection_is_refused(world):
    for socket, state in ((world.connection(), "BOUND"), (world.listener(), "LISTENING")):
        with pytest.raises(wsksim.WsksimError, match=f"time_out: asked for .* {state};"):
            world.net.time_out(socket)


@contract(159, "U-48")
def test_buffer_beyond_its_mdls_is_refused(world):
    pair = world.remote_pair()
    beyond = wsk.WSK_BUF(wsk.MDL(bytearray(4)), 0, 5)
    assert world.do(pair.a.WskSend, beyond, 0).status == wsk.STATUS_INVALID_PARAMETER
    assert world.do(pair.a.WskReceive, beyond, 0).status == wsk.STATUS_INVALID_PARAMETER
    assert [one.rule for one in world.subsystem.findings] == ["U-48", "U-48"]
    assert pair.b.read() is None


def test_read_tells_nothing_yet_from_the_end(world):
    pair = world.remote_pair()
    assert (pair.b.read(), pair.b.read(0)) == (None, b"")
    assert world.send(pair.a, b"data").status == ok
    assert world.disconnect(pair.a) == ok
    assert (pair.b.read(3), pair.b.read(), pair.b.read()) == (b"dat", b"a", b"")
    assert pair.b.seen == (True, False)


def test_remote_ends_fail_alike(world):
    net, taken = world.net, at(7000)
    net.listen(taken)
    net.datagram(taken)
    listener = world.listener()
    address = world.address(listener)
    net.unreachable(at(7001))
    for call, status in (
        (lambda: net.listen(taken), wsk.STATUS_ADDRESS_ALREADY_EXISTS),
        (lambda: net.datagram(taken), wsk.STATUS_ADDRESS_ALREADY_EXISTS),
        (lambda: net.connect(address, local=taken), wsk.STATUS_ADDRESS_ALREADY_EXISTS),
        (lambda: net.connect(at(7002)), wsk.STATUS_CONNECTION_REFUSED),
        (lambda: net.connect(at(7001)), wsk.STATUS_HOST_UNREACHABLE),
    ):
        with pytest.raises(wsksim.RemoteError) as raised:
            call()
        assert raised.value.status == status
    net.silence(at(7003))
    assert (net.connect(at(7003)).state, net.connect(at(7003)).status) == ("connecting", PENDING)


@pytest.mark.parametrize("world", [{"backlog": 2}], indirect=True)
def test_backlog_is_a_parameter(world):
    listener = world.listener()
    address = world.address(listener)
    for _ in range(2):
        world.net.connect(address)
    with pytest.raises(wsksim.RemoteError) as raised:
        world.net.connect(address)
    assert raised.value.status == wsk.STATUS_CONNECTION_REFUSED
    with pytest.raises(ValueError, match="backlog: asked for 0"):
        wsksim.Subsystem(backlog=0)


def resolved(world, node, family=0):
    """What WskGetAddressInfo finds: the status, and the addresses as text with their ports."""
    out = wsk.Out()
    hints = wsk.ADDRINFOEXW(ai_family=family)
    request = world.do(world.npi.WskGetAddressInfo, node, "80", wsk.NS_ALL, None, hints, out, None, None)
    found, one = [], out.value if request.status == ok else None
    while one is not None:
        address = one.ai_addr
        found.append((getattr(address, "sin_addr", None) or address.sin6_addr, one.ai_addrlen))
        one = one.ai_next
    return request.status, found


def test_names_stand_for_hosts(world):
    names = world.net.names
    names["Storage.Example"] = ["192.0.2.9", wsk.SOCKADDR_IN6(wsk.AF_INET6, 5, 0, "2001:db8::9")]
    assert resolved(world, "storage.example") == (ok, [("192.0.2.9", 16), ("2001:db8::9", 28)])
    assert resolved(world, "STORAGE.EXAMPLE", wsk.AF_INET6) == (ok, [("2001:db8::9", 28)])
    assert resolved(world, "other.example") == (wsk.STATUS_NOT_FOUND, [])
    assert resolved(world, "192.0.2.9") == (ok, [("192.0.2.9", 16)])
    assert (list(names), len(names), "storage.example" in names) == (["Storage.Example"], 1, True)
    assert [one.sin_port for one in names["storage.example"][:1]] == [0]
    del names["storage.example"]
    assert resolved(world, "storage.example") == (wsk.STATUS_NOT_FOUND, [])
    with pytest.raises(KeyError):
        del names["storage.example"]
    with pytest.raises(TypeError, match="pass \\['192"):
        names["one"] = "192.0.2.9"


def named(world, address, flags):
    """What WskGetNameInfo writes."""
    node = wsk.Out()
    request = world.do(world.npi.WskGetNameInfo, address, 16, node, wsk.Out(), flags, None, None)
    return request.status, node.value


def test_hosts_have_names(world):
    world.net.names["storage.example"] = ["192.0.2.9"]
    known, unknown = (wsk.SOCKADDR_IN(wsk.AF_INET, 80, host) for host in ("192.0.2.9", "192.0.2.10"))
    assert named(world, known, 0) == (ok, "storage.example")
    assert named(world, known, 2) == (ok, "192.0.2.9")
    assert named(world, unknown, 0) == (ok, "192.0.2.10")
    assert named(world, unknown, 4)[0] == wsk.STATUS_NOT_FOUND
