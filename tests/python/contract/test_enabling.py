"""T-32 to T-59: enabling and disabling events by the socket option, and what listeners hand on."""

from harness import ABORTIVE, ACCEPT, CTX, DISC, RECV, Ears, Request, at, contract, ok
from wsksim import wsk

BACKLOG = wsk.WSK_EVENT_SEND_BACKLOG
DISABLE = wsk.WSK_EVENT_DISABLE
INVALID = wsk.STATUS_INVALID_PARAMETER
STATE = wsk.STATUS_INVALID_DEVICE_STATE


def graceful(world, pair):
    assert world.disconnect(pair.b) == ok
    world.drive()


def abort(world, pair):
    assert world.disconnect(pair.b, ABORTIVE) == ok
    world.drive()


@contract(32, "E-4", "E-9")
def test_two_events_at_once(world):
    pair = world.pair()
    assert world.en(pair.a, DISC | RECV) == ok
    assert world.send(pair.b, b"data").status == ok
    graceful(world, pair)
    assert pair.ears.received == [b"data"]
    assert pair.ev == [(CTX, 0)]


@contract(33, "E-9")
def test_enabling_adds_and_repeats_do_no_harm(world):
    pair = world.pair()
    for mask in (DISC, RECV, DISC):
        assert world.en(pair.a, mask) == ok
    assert world.net.enabled_events(pair.a) == DISC | RECV
    graceful(world, pair)
    assert pair.ev == [(CTX, 0)]


@contract(34, "L-20", "U-9")
def test_peers_that_leave_the_accept_queue(world):
    listener, ears = world.listener(), Ears()
    first, second = (world.net.connect(world.address(listener)) for _ in range(2))
    first.disconnect()
    second.abort()
    world.drive()
    accepted = world.accept(listener, CTX, ears)
    assert world.state(accepted) == "PEER-FIN"
    assert world.en(accepted, DISC) == ok
    world.drive()
    assert ears.ev == [(CTX, 0)]
    again = world.ask(listener.WskAccept, 0, None, None, None, None)
    world.drive()
    assert again.returned == wsk.STATUS_PENDING
    assert again.calls == 0
    assert world.close(listener) == ok


@contract(35, "E-5", "U-14")
def test_interface_id_is_compared_by_value(world):
    pair = world.pair()
    assert world.control(pair.a, DISC, npi=bytes(bytearray(wsk.NPI_WSK_INTERFACE_ID))) == ok
    assert world.control(pair.a, RECV, npi=None) == INVALID
    assert world.control(pair.a, RECV, npi=bytes(16)) == wsk.STATUS_NOT_SUPPORTED
    assert world.net.enabled_events(pair.a) == DISC


@contract(36, "E-4")
def test_control_call_is_checked(world):
    pair = world.pair()
    block = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, DISC)
    for level, size, given in (
        (wsk.SOL_SOCKET, 15, block),
        (wsk.SOL_SOCKET, 17, block),
        (wsk.SOL_SOCKET, 0, block),
        (wsk.SOL_SOCKET, 16, None),
        (0, 16, block),
        (6, 16, block),
    ):
        arguments = (wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, level, size, given, 0, None, None)
        assert pair.a.WskControlSocket(*arguments, None) == INVALID
    arguments = (wsk.WskControlMax, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, block, 0, None, None)
    assert pair.a.WskControlSocket(*arguments, None) == INVALID
    assert world.net.enabled_events(pair.a) == 0


@contract(37, "E-6")
def test_masks_of_other_categories_on_a_connection(world):
    pair = world.pair()
    for mask in (ACCEPT, wsk.WSK_EVENT_RECEIVE_FROM, ACCEPT | DISC):
        assert world.en(pair.a, mask) == INVALID
    assert world.net.enabled_events(pair.a) == 0


@contract(38, "E-6")
def test_disconnect_event_on_a_datagram_socket(world):
    socket = world.datagram(callback=lambda *arguments: ok)
    assert world.en(socket, DISC) == INVALID
    assert world.en(socket, wsk.WSK_EVENT_RECEIVE_FROM) == ok


@contract(39, "E-6")
def test_listener_takes_events_to_be_inherited(world):
    listener = world.by_event(0, lambda *arguments: ok)
    assert world.en(listener, ACCEPT | DISC) == ok
    assert world.en(listener, RECV | BACKLOG) == ok
    assert world.en(listener, wsk.WSK_EVENT_RECEIVE_FROM) == INVALID


@contract(40, "E-7", "U-13")
def test_empty_and_unknown_masks(world):
    pair = world.pair()
    for mask in (0, 1, DISC | 0x1000, 0x20, 0x40000000 | DISC):
        assert world.en(pair.a, mask) == INVALID
    assert world.net.enabled_events(pair.a) == 0
    graceful(world, pair)
    assert pair.ev == []


@contract(41, "E-8")
def test_connection_event_before_the_connection(world):
    ears = Ears()
    socket = world.connection(CTX, ears.table, bound=False)
    assert world.en(socket, DISC) == STATE
    assert world.do(socket.WskBind, at(), 0).status == ok
    assert world.en(socket, DISC) == STATE
    listener = inspecting(world)
    connecting = world.ask(socket.WskConnect, world.address(listener), 0)
    assert connecting.returned == wsk.STATUS_PENDING
    assert world.state(socket) == "CONNECTING"
    assert world.en(socket, DISC) == STATE
    assert world.close(socket) == ok
    world.drive()
    assert connecting.check().status == wsk.STATUS_CANCELLED


def inspecting(world):
    """A listener that leaves every request pending, so that connects wait."""
    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(
        lambda *arguments: ok, lambda *arguments: wsk.WskInspectPend, lambda *arguments: ok
    )
    listener = world.listener("L", table, bound=False)
    assert world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
    assert world.do(listener.WskBind, at(), 0).status == ok
    return listener


@contract(42, "E-8")
def test_accept_event_before_and_after_bind(world):
    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(lambda *arguments: ok)
    listener = world.listener("L", table, bound=False)
    assert world.en(listener, ACCEPT) == STATE
    assert world.do(listener.WskBind, at(), 0).status == ok
    assert world.en(listener, ACCEPT) == ok


@contract(43, "E-10", "U-16")
def test_enabling_with_an_irp(world):
    pair = world.pair()
    request = Request()
    request.returned = world.en(pair.a, DISC, request.irp)
    assert request.check().status == ok
    world.drive()
    assert request.calls == 1
    assert request.information == 0


@contract(44, "E-11", "U-17")
def test_enabling_what_has_no_callback(world):
    listener = world.net.listen(at())
    for table in (wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskReceiveEvent=lambda *arguments: ok), None):
        socket = world.connection(CTX, table)
        assert world.do(socket.WskConnect, listener.address, 0).status == ok
        assert world.en(socket, DISC) == INVALID


@contract(45, "E-12")
def test_disabling_names_one_event(world):
    pair = world.pair(DISC | RECV)
    assert world.dis(pair.a, DISC | RECV) == INVALID
    assert world.control(pair.a, DISABLE) == INVALID
    assert world.dis(pair.a, 0x1000) == INVALID
    assert world.net.enabled_events(pair.a) == DISC | RECV


@contract(46, "E-13")
def test_disabling_an_idle_event(world):
    for given in (False, True):
        pair = world.pair(DISC)
        request = Request()
        request.returned = world.dis(pair.a, DISC, request.irp if given else None)
        assert request.returned == ok
        if given:
            assert request.check().status == ok
        graceful(world, pair)
        assert pair.ev == []
        assert request.calls == int(given)


@contract(47, "L-18")
def test_udp_socket_of_the_listening_category(world):
    socket = world.socket(wsk.WSK_FLAG_LISTEN_SOCKET, None, None, wsk.SOCK_DGRAM, wsk.IPPROTO_UDP)
    assert world.do(socket.WskBind, at(), 0).status == wsk.STATUS_NOT_IMPLEMENTED
    assert world.close(socket) == ok


@contract(48, "E-13")
def test_disabling_with_an_irp_while_the_callback_runs(world):
    pair, request = world.pair(DISC), Request()
    with world.held(pair, lambda: world.disconnecting(pair.b)):
        request.returned = world.dis(pair.a, DISC, request.irp)
        assert request.returned == wsk.STATUS_PENDING
        assert request.calls == 0
    world.drive()
    assert request.check().status == ok


@contract(49, "E-13", "E-18")
def test_disabling_without_irp_while_the_callback_runs(world):
    pair = world.pair(DISC)
    with world.held(pair, lambda: world.disconnecting(pair.b)):
        status = world.dis(pair.a, DISC)
    assert status == wsk.STATUS_EVENT_PENDING
    assert wsk.NT_SUCCESS(status)


@contract(50, "E-13")
def test_disabling_an_event_while_another_one_runs(world):
    pair = world.pair(DISC | RECV)
    with world.held(pair, lambda: world.disconnecting(pair.b)):
        assert world.dis(pair.a, RECV) == ok


@contract(51, "E-19")
def test_disabling_inside_the_callback(world):
    for given in (False, True):
        pair, request, inside = world.pair(DISC), Request(), []

        def handler(SocketContext, Flags, pair=pair, request=request, inside=inside, given=given):
            request.returned = world.dis(pair.a, DISC, request.irp if given else None)
            inside.append(request.calls)
            return ok

        pair.ears.on_disconnect = handler
        graceful(world, pair)
        assert request.returned == (wsk.STATUS_PENDING if given else wsk.STATUS_EVENT_PENDING)
        assert inside == [0]
        if given:
            assert request.check().status == ok


@contract(53, "E-14")
def test_no_new_call_after_a_disable_that_is_pending(world):
    pair = world.pair(DISC)
    with world.held(pair, lambda: world.disconnecting(pair.b)):
        assert world.dis(pair.a, DISC) == wsk.STATUS_EVENT_PENDING
        assert world.comes_to(world.disconnecting(pair.b, ABORTIVE), ok)
    world.drive()
    assert pair.ev == [(CTX, 0)]


@contract(54, "E-32")
def test_disabling_what_was_never_enabled(world):
    pair = world.pair()
    assert world.dis(pair.a, DISC) == ok
    assert world.net.enabled_events(pair.a) == 0


def accepting(world, mask, ears):
    """A listener by event whose sockets get `ears`; gives it and the list of its sockets."""
    made = []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        Context.value, Dispatch.value = CTX, ears.table
        made.append(AcceptSocket)
        return ok

    return world.by_event(mask, answer), made


@contract(55, "E-15", "L-8")
def test_inherited_event_has_the_accepted_sockets_context(world):
    ears = Ears()
    listener, made = accepting(world, ACCEPT | DISC, ears)
    far = world.net.connect(world.address(listener))
    world.drive()
    far.disconnect()
    world.drive()
    assert len(made) == 1
    assert ears.ev == [(CTX, 0)]


@contract(56, "E-15", "A-3")
def test_sockets_from_accept_inherit_nothing(world):
    ears = Ears()
    listener, _ = accepting(world, DISC, ears)
    far = world.net.connect(world.address(listener))
    accepted = world.accept(listener, CTX, ears)
    far.disconnect()
    world.drive()
    assert ears.ev == []
    assert world.net.enabled_events(accepted) == 0


@contract(57, "E-16", "U-18")
def test_inheritance_cannot_be_taken_back(world):
    ears = Ears()
    listener, _ = accepting(world, ACCEPT | DISC, ears)
    assert world.dis(listener, DISC) == STATE
    far = world.net.connect(world.address(listener))
    world.drive()
    far.disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]


@contract(58, "E-16")
def test_inheritance_survives_disabling_accept(world):
    ears = Ears()
    listener, made = accepting(world, ACCEPT | DISC, ears)
    assert world.dis(listener, ACCEPT) == ok
    far = world.net.connect(world.address(listener))
    world.drive()
    assert made == []
    assert world.en(listener, ACCEPT) == ok
    world.drive()
    assert len(made) == 1
    far.disconnect()
    world.drive()
    assert ears.ev == [(CTX, 0)]


@contract(59, "E-17")
def test_inherited_event_may_be_disabled_on_the_accepted_socket(world):
    ears = Ears()
    listener, made = accepting(world, ACCEPT | DISC, ears)
    far = world.net.connect(world.address(listener))
    world.drive()
    assert world.dis(made[0], DISC) == ok
    far.abort()
    world.drive()
    assert ears.ev == []


@contract(52, "G-14", "U-40")
def test_send_with_unknown_flag_and_of_nothing(world):
    pair = world.pair()
    assert world.send(pair.a, b"x", 0x40).status == wsk.STATUS_NOT_SUPPORTED
    request = world.send(pair.a, b"")
    assert (request.status, request.information) == (ok, 0)
    waiting = world.receiving(pair.b, 5)
    world.drive()
    assert waiting.calls == 0
    assert world.close(pair.b) == ok
