"""T-16 to T-31: how sockets come to be, bind, listen, connect, and turn non-functional."""

from harness import ACCEPT, CTX, DISC, GRACEFUL, RECV, Ears, at, contract, data, ok
from wsksim import wsk

STREAM = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP)
REST = (None, None, None)


@contract(16, "L-1", "L-19", "O-1", "O-2", "I-15")
def test_socket_of_each_category(world):
    categories = {
        wsk.WSK_FLAG_BASIC_SOCKET: wsk.WSK_PROVIDER_BASIC_DISPATCH,
        wsk.WSK_FLAG_LISTEN_SOCKET: wsk.WSK_PROVIDER_LISTEN_DISPATCH,
        wsk.WSK_FLAG_CONNECTION_SOCKET: wsk.WSK_PROVIDER_CONNECTION_DISPATCH,
        wsk.WSK_FLAG_DATAGRAM_SOCKET: wsk.WSK_PROVIDER_DATAGRAM_DISPATCH,
        wsk.WSK_FLAG_STREAM_SOCKET: wsk.WSK_PROVIDER_STREAM_DISPATCH,
    }
    for category, table in categories.items():
        udp = category == wsk.WSK_FLAG_DATAGRAM_SOCKET
        kind = (wsk.AF_INET, wsk.SOCK_DGRAM, wsk.IPPROTO_UDP) if udp else STREAM
        request = world.do(world.npi.WskSocket, *kind, category, None, None, *REST)
        assert request.status == ok
        assert type(request.information.Dispatch) is table
        assert request.information.Dispatch.WskCloseSocket is wsk.WskCloseSocket
    assert world.npi.WskSocket(*STREAM, 2, None, None, *REST, None) == wsk.STATUS_INVALID_PARAMETER
    refused = world.ask(world.npi.Dispatch.WskSocket, None, *STREAM, 2, None, None, *REST)
    assert (refused.returned, refused.status) == (wsk.STATUS_INVALID_HANDLE, wsk.STATUS_INVALID_HANDLE)


@contract(17, "L-2", "O-3", "O-4", "U-30")
def test_categories_are_alternatives(world):
    for flags in (3, 0x10):
        request = world.do(world.npi.WskSocket, *STREAM, flags, None, None, *REST)
        assert request.status == wsk.STATUS_INVALID_PARAMETER
    basic = world.do(world.npi.WskSocket, *STREAM, 0, None, None, *REST).information
    assert not hasattr(basic, "WskBind")
    assert world.close(basic) == ok


def graceful_end(world, a, b, ears):
    assert world.en(a, DISC) == ok
    assert world.disconnect(b) == ok
    world.drive()
    return ears.ev


@contract(18, "L-3", "D-4", "D-1", "O-9", "L-10")
def test_context_from_socket(world):
    pair = world.pair()
    found = graceful_end(world, pair.a, pair.b, pair.ears)
    assert found == [(CTX, 0)]
    assert found[0][0] is CTX


@contract(19, "L-4", "D-4")
def test_context_from_socket_connect(world):
    ears = Ears()
    listener = world.net.listen(at())
    arguments = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, at(), listener.address, 0, CTX, ears.table, *REST)
    a = world.do(world.npi.WskSocketConnect, *arguments)
    assert a.status == ok
    assert world.en(a.information, DISC) == ok
    listener.accept().disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]
    assert ears.ev[0][0] is CTX
    wrong = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, at(), listener.address, 1, CTX, ears.table, *REST)
    assert world.do(world.npi.WskSocketConnect, *wrong).status == wsk.STATUS_INVALID_PARAMETER


@contract(20, "L-5", "D-4", "O-6")
def test_context_from_accept(world):
    ears = Ears()
    listener = world.listener("the listener's")
    far = world.net.connect(world.address(listener))
    accepted = world.accept(listener, CTX, ears)
    assert type(accepted.Dispatch) is wsk.WSK_PROVIDER_CONNECTION_DISPATCH
    assert world.en(accepted, DISC) == ok
    far.disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]


@contract(21, "L-6", "D-4")
def test_context_from_accept_event(world):
    ears, made = Ears(), []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        assert (Context.value, Dispatch.value) == (None, None)
        Context.value, Dispatch.value = CTX, ears.table
        made.append(AcceptSocket)
        return ok

    listener = world.by_event(ACCEPT, answer)
    far = world.net.connect(world.address(listener))
    world.drive()
    assert world.en(made[0], DISC) == ok
    far.disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]


@contract(22, "L-5", "U-32")
def test_queued_accepts_are_served_in_order(world):
    listener, ears = world.listener(), Ears()
    requests = [world.ask(listener.WskAccept, 0, context, ears.table, None, None) for context in "XY"]
    assert [one.returned for one in requests] == [wsk.STATUS_PENDING] * 2
    remotes = [world.net.connect(world.address(listener)) for _ in requests]
    world.drive()
    for request in requests:
        assert request.check().status == ok
        assert world.en(request.information, DISC) == ok
    for remote in remotes:
        remote.disconnect()
        world.drive()
    assert ears.ev == [("X", 0), ("Y", 0)]


@contract(23, "L-9")
def test_null_context(world):
    pair = world.pair(DISC, context=None)
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert pair.ev == [(None, 0)]


@contract(24, "L-11", "E-1", "E-2", "D-3")
def test_events_start_disabled(world):
    pair = world.pair()
    assert world.send(pair.b, b"unheard").status == ok
    assert world.disconnect(pair.b, wsk.WSK_FLAG_ABORTIVE) == ok
    world.drive()
    assert pair.ev == []
    assert pair.ears.received == []
    assert world.net.enabled_events(pair.a) == 0


@contract(25, "L-14", "L-12", "I-8")
def test_connect_unbound(world):
    socket = world.connection(bound=False)
    request = world.do(socket.WskConnect, at(80), 0)
    assert (request.returned, request.status) == (wsk.STATUS_INVALID_DEVICE_STATE,) * 2
    assert request.information == 0
    assert world.state(socket) == "NEW"


@contract(26, "L-15", "L-16")
def test_addresses_before_and_after_bind(world):
    socket, found = world.connection(bound=False), wsk.SOCKADDR_IN()
    assert world.do(socket.WskGetLocalAddress, found).status == wsk.STATUS_INVALID_DEVICE_STATE
    assert world.do(socket.WskBind, at(0, "0.0.0.0"), 0).status == ok
    assert world.do(socket.WskGetLocalAddress, found).status == ok
    assert found.sin_port != 0
    assert found.sin_addr == "0.0.0.0"
    assert world.do(socket.WskGetRemoteAddress, found).status == wsk.STATUS_INVALID_DEVICE_STATE
    listener, port = world.net.listen(at()), found.sin_port
    assert world.do(socket.WskConnect, listener.address, 0).status == ok
    assert world.do(socket.WskGetLocalAddress, found).status == ok
    assert (found.sin_port, found.sin_addr) != (port, "0.0.0.0")
    assert found.sin_port == port
    assert world.do(socket.WskGetRemoteAddress, found).status == ok
    assert found == listener.address


@contract(27, "L-17")
def test_connect_ex_refuses_flags_and_too_many_bytes(world):
    listener, socket = world.net.listen(at()), world.connection()
    assert world.do(socket.WskConnectEx, listener.address, None, 1).status == wsk.STATUS_INVALID_PARAMETER
    many = data(65_536)
    assert world.do(socket.WskConnectEx, listener.address, many, 0).status == wsk.STATUS_BUFFER_OVERFLOW
    assert world.state(socket) == "BOUND"
    request = world.do(socket.WskConnectEx, listener.address, data(b"first"), 0)
    assert (request.status, request.information) == (ok, 5)
    assert listener.accept().read() == b"first"


@contract(28, "O-5", "L-13", "U-15")
def test_stream_that_listens_cannot_connect(world):
    socket = world.stream()
    accept = (0, None, None, None, None)
    assert world.do(socket.WskAccept, *accept).status == wsk.STATUS_INVALID_DEVICE_STATE
    assert world.do(socket.WskListen).status == ok
    far = world.net.listen(at())
    assert world.do(socket.WskConnect, far.address, 0).status == wsk.STATUS_INVALID_DEVICE_STATE
    world.net.connect(world.address(socket))
    assert world.do(socket.WskAccept, *accept).status == ok


@contract(29, "O-5")
def test_stream_that_connected_cannot_accept(world):
    socket = world.stream()
    assert world.do(socket.WskConnect, world.net.listen(at()).address, 0).status == ok
    assert world.do(socket.WskAccept, 0, None, None, None, None).status == wsk.STATUS_INVALID_DEVICE_STATE
    assert world.do(socket.WskListen).status == wsk.STATUS_INVALID_DEVICE_STATE
    assert world.send(socket, b"works").status == ok


@contract(30, "L-21")
def test_non_functional_socket_can_only_be_closed(world):
    pair = world.pair()
    world.net.break_transport(pair.a)
    forced = wsk.STATUS_FILE_FORCED_CLOSED
    assert world.send(pair.a, b"x").status == forced
    assert world.do(pair.a.WskReceive, data(1), 0).status == forced
    assert world.disconnect(pair.a, GRACEFUL) == forced
    assert world.en(pair.a, DISC) == forced
    assert world.option(pair.a, wsk.SO_KEEPALIVE, 1) == forced
    assert world.do(pair.a.WskGetLocalAddress, wsk.SOCKADDR_IN()).status == forced
    assert world.close(pair.a) == ok


@contract(31, "L-22", "D-26", "U-11")
def test_non_functional_socket_is_announced_by_a_null_list(world):
    pair = world.pair(RECV | DISC)
    world.net.break_transport(pair.a)
    world.drive()
    world.drive()
    assert pair.ears.received == [None]
    assert pair.ev == []
