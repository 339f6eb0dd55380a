"""T-60 to T-70: static events, and events of datagram, basic and stream sockets."""

from harness import ABORTIVE, ACCEPT, CTX, DISC, RECV, Ears, Request, at, contract, ok
from wsksim import wsk

RECEIVE_FROM = wsk.WSK_EVENT_RECEIVE_FROM
INVALID = wsk.STATUS_INVALID_PARAMETER
STATE = wsk.STATUS_INVALID_DEVICE_STATE


@contract(60, "E-20", "A-10")
def test_static_event_needs_no_option_call(world):
    ears, accepted = Ears(), []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        accepted.append(AcceptSocket)
        return ok

    assert world.static(DISC | ACCEPT) == ok
    listener = world.by_event(0, answer)
    a = world.connect(world.address(listener), CTX, ears)
    world.drive()
    assert len(accepted) == 1
    assert world.disconnect(accepted[0]) == ok
    world.drive()
    assert ears.ev == [(CTX, 0)]
    assert world.net.enabled_events(a) == DISC


@contract(61, "E-20")
def test_each_category_gets_the_static_events_that_fit_it(world):
    heard = []

    def WskReceiveFromEvent(SocketContext, Flags, DataIndication):
        heard.append(DataIndication.Buffer.tobytes())
        return ok

    assert world.static(RECEIVE_FROM | RECV) == ok
    socket, pair = world.datagram(CTX, WskReceiveFromEvent), world.pair()
    far = world.net.datagram(at())
    assert far.send_to(b"datagram", world.address(socket)) == ok
    assert world.send(pair.b, b"stream").status == ok
    world.drive()
    assert heard == [b"datagram"]
    assert pair.ears.received == [b"stream"]
    assert world.net.enabled_events(socket) == RECEIVE_FROM
    assert world.net.enabled_events(pair.a) == RECV


@contract(62, "E-21")
def test_new_static_events_after_a_socket(world):
    world.connection()
    assert world.static(DISC) == STATE
    other = world.pair()
    assert world.disconnect(other.b) == ok
    world.drive()
    assert other.ev == []


@contract(63, "U-19")
def test_same_static_events_after_a_socket(world):
    assert world.static(DISC) == ok
    assert world.static(RECV) == ok
    world.connection()
    assert world.static(DISC) == ok
    assert world.static(DISC | RECV) == ok
    assert world.static(DISC | ACCEPT) == STATE


@contract(64, "E-22", "E-23")
def test_static_events_take_no_irp_and_one_structure(world):
    request = Request()
    request.returned = world.static(DISC, request.irp)
    assert request.check().status == INVALID
    assert world.static(DISC, size=15) == INVALID
    block = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, DISC)
    code = wsk.WSK_SET_STATIC_EVENT_CALLBACKS
    assert world.npi.WskControlClient(code, 16, None, 0, None, None, None) == INVALID
    assert world.npi.WskControlClient(code, 16, block, 16, bytearray(16), None, None) == INVALID
    other = wsk.WSK_EVENT_CALLBACK_CONTROL(bytes(16), DISC)
    assert world.npi.WskControlClient(code, 16, other, 0, None, None, None) == wsk.STATUS_NOT_SUPPORTED
    for mask in (0, 1, DISC | 0x1000, DISC | wsk.WSK_EVENT_DISABLE):
        assert world.static(mask) == INVALID
    assert world.net.enabled_events(world.pair().a) == 0


@contract(65, "E-24")
def test_static_event_can_be_neither_disabled_nor_enabled_again(world):
    assert world.static(DISC) == ok
    pair = world.pair()
    assert world.dis(pair.a, DISC) == STATE
    assert world.en(pair.a, DISC) == ok
    assert world.disconnect(pair.b) == ok
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(66, "E-25", "O-7", "O-8", "U-31")
def test_static_event_without_callback_is_skipped(world):
    assert world.static(DISC | RECV) == ok
    listener = world.listener()
    a = world.connection(CTX, None)
    assert world.do(a.WskConnect, world.address(listener), 0).status == ok
    b = world.accept(listener)
    assert world.send(b, b"unheard").status == ok
    assert world.disconnect(b, ABORTIVE) == ok
    world.drive()
    assert world.close(a) == ok


@contract(67, "E-26")
def test_datagram_event_that_declines(world):
    heard = []

    def WskReceiveFromEvent(SocketContext, Flags, DataIndication):
        heard.append(DataIndication.Buffer.tobytes())
        return wsk.STATUS_DATA_NOT_ACCEPTED

    socket, far = world.datagram(CTX, WskReceiveFromEvent), world.net.datagram(at())
    address = world.address(socket)
    assert world.en(socket, RECEIVE_FROM) == ok
    far.send_to(b"one", address)
    world.drive()
    calls = len(heard)
    assert calls == 1
    assert world.net.enabled_events(socket) == 0
    far.send_to(b"two", address)
    world.drive()
    assert len(heard) == calls
    assert world.en(socket, RECEIVE_FROM) == ok
    world.drive()
    assert len(heard) == calls + 1


@contract(67, "E-26")
def test_static_datagram_event_that_declines_stays_on(world):
    heard = []

    def WskReceiveFromEvent(SocketContext, Flags, DataIndication):
        heard.append(DataIndication.Buffer.tobytes())
        return wsk.STATUS_DATA_NOT_ACCEPTED

    assert world.static(RECEIVE_FROM) == ok
    socket, far = world.datagram(CTX, WskReceiveFromEvent), world.net.datagram(at())
    address = world.address(socket)
    far.send_to(b"one", address)
    world.drive()
    assert len(heard) == 1
    assert world.net.enabled_events(socket) == RECEIVE_FROM
    far.send_to(b"two", address)
    world.drive()
    assert len(heard) > 1


@contract(68, "E-3", "A-13")
def test_inspect_event_cannot_be_disabled(world):
    inspected = []

    def WskInspectEvent(SocketContext, LocalAddress, RemoteAddress, InspectID):
        inspected.append(InspectID)
        return wsk.WskInspectReject

    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(lambda *arguments: ok, WskInspectEvent, lambda *arguments: ok)
    listener = world.listener("L", table, bound=False)
    assert world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
    assert world.do(listener.WskBind, at(), 0).status == ok
    for bit in (0x1, 0x2, 0x4, 0x8, 0x20, 0x400, 0x800):
        assert world.dis(listener, bit) == INVALID
    assert world.dis(listener, ACCEPT) == ok
    world.net.connect(world.address(listener))
    world.drive()
    assert len(inspected) == 1


@contract(69, "E-29", "E-30", "O-20")
def test_reading_the_option_basic_sockets_and_extensions(world):
    pair = world.pair(DISC)
    assert world.read_option(pair.a, wsk.SO_WSK_EVENT_CALLBACK)[0] == wsk.STATUS_NOT_SUPPORTED
    basic = world.socket(wsk.WSK_FLAG_BASIC_SOCKET)
    assert world.en(basic, DISC) == wsk.STATUS_INVALID_DEVICE_REQUEST
    extension = wsk.WSK_EXTENSION_CONTROL_IN(bytes(range(16)))
    arguments = (wsk.WskIoctl, wsk.SIO_WSK_REGISTER_EXTENSION, 0, 24, extension, 0, None, None, None)
    for socket in (basic, pair.a):
        assert socket.WskControlSocket(*arguments) == wsk.STATUS_NOT_SUPPORTED


@contract(70, "E-31")
def test_events_of_a_stream_follow_its_role(world):
    ears = Ears()
    stream = world.stream(CTX, wsk.WSK_CLIENT_STREAM_DISPATCH(None, ears.table))
    assert world.en(stream, DISC) == STATE
    listener = world.net.listen(at())
    assert world.do(stream.WskConnect, listener.address, 0).status == ok
    assert world.en(stream, ACCEPT) == INVALID
    assert world.en(stream, DISC) == ok
    listener.accept().disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]
