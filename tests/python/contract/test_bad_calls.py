"""Every argument of every function: wrong type, NULL, sizes off by one, unknown bits, two categories, an IRP in use.

A status where the contract or a choice of ours names one; a TypeError only where C would not compile. Whatever is
refused leaves the socket as it was, and completes its IRP.
"""

import pytest

from harness import CTX, DISC, Ears, Request, at, data, ok
from wsksim import wsk

INVALID = wsk.STATUS_INVALID_PARAMETER
BIG = 1 << 32
REST = (None, None, None)


@pytest.fixture
def stage(world):
    """One socket of each kind, and a connection."""

    class Stage:
        listener = world.listener()
        far = world.net.listen(at())
        bound = world.connection()
        new = world.connection(bound=False)
        pair = world.pair()
        udp = world.datagram()
        stream = world.stream()

    Stage.client = world.npi.Client
    return Stage


def calls(stage):
    """(function, arguments without the IRP, {position: values that are refused}, {position: of a wrong type})."""
    short = wsk.WSK_BUF(bytearray(4), 0, 5)
    beyond = wsk.WSK_BUF(bytearray(4), 5, 0)
    negative = wsk.WSK_BUF(bytearray(4), -1, 2)
    six = wsk.SOCKADDR_IN6(sin6_port=9)
    text = ["text", 5, object()]
    number = ["text", None, 1.5, True]
    buffers = [None, short, beyond, negative]
    wrong_buffers = [b"bytes", bytearray(2), "text", 5]
    read_only = wsk.WSK_BUF(b"read", 0, 4)
    control = wsk.WSK_EVENT_CALLBACK_CONTROL
    enable = (0, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, control(EventMask=DISC), 0, None, None)
    socket = (stage.client, wsk.AF_INET, 1, 6, 2, CTX, None, *REST)
    connect = (stage.client, 1, 6, at(), stage.far.address, 0, CTX, None, *REST)
    peer = at(9)
    return [
        (wsk.WskSocket, socket, {1: [-1, BIG], 2: [BIG], 3: [BIG], 4: [3, 5, 0x10, BIG]}, {0: text, 1: number}),
        (wsk.WskSocket, socket, {}, {2: number, 3: number, 4: ["text", None], 6: [Ears().ev, "text", 5]}),
        (wsk.WskSocket, socket, {6: [wsk.WSK_CLIENT_LISTEN_DISPATCH()]}, {}),
        (wsk.WskSocketConnect, connect, {3: [None], 4: [None, six], 5: [1, BIG]}, {0: text}),
        (wsk.WskSocketConnect, connect, {}, {1: number, 3: text, 4: text, 5: number, 7: ["text"]}),
        (wsk.WskSocketConnect, connect, {7: [wsk.WSK_CLIENT_DATAGRAM_DISPATCH()]}, {}),
        (wsk.WskBind, (stage.new, at(), 0), {1: [None, six], 2: [1, BIG, -1]}, {0: text, 1: text, 2: number}),
        (wsk.WskListen, (stage.stream,), {}, {0: text}),
        (
            wsk.WskConnect,
            (stage.bound, stage.far.address, 0),
            {1: [None, six], 2: [1, BIG]},
            {0: text, 1: text, 2: number},
        ),
        (
            wsk.WskConnectEx,
            (stage.bound, stage.far.address, None, 0),
            {1: [None, six], 2: buffers[1:], 3: [1, BIG]},
            {0: text, 1: text, 2: wrong_buffers, 3: number},
        ),
        (
            wsk.WskAccept,
            (stage.listener, 0, CTX, None, None, None),
            {1: [1, BIG, -1], 3: [wsk.WSK_CLIENT_LISTEN_DISPATCH()]},
            {0: text, 1: number, 3: ["text", 5], 4: text, 5: text},
        ),
        (
            wsk.WskInspectComplete,
            (stage.listener, wsk.WSK_INSPECT_ID(1, 1), 1),
            {1: [None], 2: [2, 3, BIG]},
            {0: text, 1: ["text", (1, 1)], 2: number},
        ),
        (wsk.WskGetLocalAddress, (stage.pair.a, wsk.SOCKADDR_IN()), {1: [None]}, {0: text, 1: text}),
        (wsk.WskGetRemoteAddress, (stage.pair.a, wsk.SOCKADDR_IN()), {1: [None]}, {0: text, 1: text}),
        (
            wsk.WskSend,
            (stage.pair.a, data(b"x"), 0),
            {1: buffers, 2: [BIG, -1]},
            {0: text, 1: wrong_buffers, 2: number},
        ),
        (
            wsk.WskReceive,
            (stage.pair.a, data(4), 0),
            {1: [*buffers, read_only], 2: [BIG, 6]},
            {0: text, 1: wrong_buffers, 2: number},
        ),
        (
            wsk.WskDisconnect,
            (stage.pair.a, None, 0),
            {1: buffers[1:], 2: [2, 4, 8, BIG]},
            {0: text, 1: wrong_buffers, 2: number},
        ),
        (
            wsk.WskSendTo,
            (stage.udp, data(b"x"), 0, peer, 0, None),
            {1: buffers, 2: [1, BIG], 3: [six], 4: [BIG, 4]},
            {0: text, 1: wrong_buffers, 2: number, 3: text, 4: number},
        ),
        (
            wsk.WskSendMessages,
            (stage.udp, wsk.WSK_BUF_LIST(None, data(b"x")), 0, peer, 0, None),
            {1: [None, wsk.WSK_BUF_LIST(None, short)], 2: [1, BIG], 3: [six]},
            {0: text, 1: wrong_buffers, 2: number, 3: text},
        ),
        (
            wsk.WskReceiveFrom,
            (stage.udp, data(4), 0, None, None, None, None),
            {1: [*buffers, read_only], 2: [1, BIG]},
            {0: text, 1: wrong_buffers, 2: number, 3: text, 4: text, 6: text},
        ),
        (
            wsk.WskControlSocket,
            (stage.pair.a, *enable),
            {
                1: [3, 9, BIG],
                2: [BIG],
                3: [0, 1, BIG],
                4: [0, 15, 17, -1],
                5: [None, control(None, DISC), control(EventMask=0), control(EventMask=BIG)],
                6: [-1, 4],
            },
            {
                0: text,
                1: number,
                2: number,
                3: number,
                4: number,
                5: ["text", 5, control(b"short", DISC), control(EventMask="text")],
                6: number,
                8: text,
            },
        ),
        (
            wsk.WskControlClient,
            (stage.client, wsk.WSK_SET_STATIC_EVENT_CALLBACKS, *enable[3:5], 0, None, None),
            {1: [0, 1, 99, BIG], 2: [0, 15, 17, -1], 3: [None, control(None, DISC)], 4: [-1, 4]},
            {0: text, 1: number, 2: number, 3: ["text", 5], 4: number, 6: text},
        ),
        (
            wsk.WskGetAddressInfo,
            (stage.client, "127.0.0.1", "80", 0, None, None, wsk.Out(), None, None),
            {6: [None]},
            {0: text, 1: [5, b"bytes"], 2: [5], 6: text},
        ),
        (
            wsk.WskGetNameInfo,
            (stage.client, at(), 16, wsk.Out(), None, 0, None, None),
            {1: [None], 2: [15, 17, BIG], 3: [None], 5: [BIG]},
            {0: text, 1: text, 2: number, 3: text, 4: text, 5: number},
        ),
    ]


@pytest.mark.rule("I-4", "I-8", "I-15", "E-6", "E-7", "C-2", "L-3", "L-4", "L-5", "U-26", "U-48")
def test_refused_arguments_are_answered_and_change_nothing(world, stage):
    for function, arguments, refused, _ in calls(stage):
        for position, values in refused.items():
            for value in values:
                given = (*arguments[:position], value, *arguments[position + 1 :])
                request = world.do(function, *given)
                assert request.returned == INVALID, (function.__name__, position, value)
    states = [world.state(one) for one in (stage.new, stage.bound, stage.pair.a, stage.listener, stage.stream)]
    assert states == ["NEW", "BOUND", "OPEN", "LISTENING", "BOUND"]
    assert world.net.enabled_events(stage.pair.a) == 0
    # The rest breaks no rule that binds the application: it is a number too many, or NULL.
    assert {one.rule for one in world.subsystem.findings} == {"C-2", "E-22", "L-3", "L-4", "L-5", "U-48"}


def test_arguments_that_c_would_not_compile_are_type_errors(world, stage):
    for function, arguments, _, wrong in calls(stage):
        for position, values in wrong.items():
            for value in values:
                given = (*arguments[:position], value, *arguments[position + 1 :])
                request = Request()
                with pytest.raises(TypeError):
                    function(*given, request.irp)
                assert request.calls == 0
                assert not request.irp.in_use
        with pytest.raises(TypeError, match="IRP"):
            function(*arguments, "no IRP")
    assert world.state(stage.pair.a) == "OPEN"
    with pytest.raises(TypeError, match="indicated"):
        stage.pair.a.WskRelease("list")
    with pytest.raises(TypeError, match="WSK_SOCKET"):
        wsk.WskRelease(None, None)
    with pytest.raises(TypeError, match="WSK_SOCKET"):
        wsk.WskCloseSocket(None, wsk.IRP())


@pytest.mark.rule("I-15", "C-6")
def test_missing_irp_is_refused(world, stage):
    for function, arguments, _, _ in calls(stage):
        if function not in {wsk.WskControlSocket, wsk.WskControlClient}:
            assert function(*arguments, None) == INVALID, function.__name__
    assert stage.pair.a.WskCloseSocket(None) == INVALID
    assert world.state(stage.pair.a) == "OPEN"


@pytest.mark.rule("I-3")
def test_irp_in_use_is_refused_and_its_request_goes_on(world, stage):
    busy = world.receiving(stage.pair.a, 4)
    for function, arguments, _, _ in calls(stage):
        assert function(*arguments, busy.irp) == INVALID, function.__name__
    wsk.IoReuseIrp(busy.irp, ok)
    wsk.IoFreeIrp(busy.irp)
    assert busy.irp.in_use
    assert {one.rule for one in world.subsystem.findings} == {"I-3"}
    assert world.send(stage.pair.b, b"data").status == ok
    assert world.received(busy) == (ok, b"data")


@pytest.mark.rule("O-2", "O-3")
def test_functions_of_other_categories_are_not_there(world, stage):
    missing = {
        stage.listener: ("WskConnect", "WskSend", "WskReceive", "WskDisconnect", "WskListen", "WskSendTo"),
        stage.udp: ("WskAccept", "WskConnect", "WskDisconnect", "WskSend", "WskListen"),
        stage.pair.a: ("WskAccept", "WskListen", "WskSendTo", "WskInspectComplete", "no_such_thing"),
    }
    for socket, names in missing.items():
        for name in names:
            with pytest.raises(AttributeError, match="O-2"):
                getattr(socket, name)


def test_reserved_functions_send_and_receive_without_control_information(world, stage):
    a, b = stage.pair.a, stage.pair.b
    sent = world.do(a.WskSendEx, data(b"over"), 0, 0, None)
    assert (sent.status, sent.information) == (wsk.STATUS_SUCCESS, 4)
    buffer, room, flags = data(9), wsk.Out(), wsk.Out()
    got = world.do(b.WskReceiveEx, buffer, 0, room, None, flags)
    assert (got.status, got.information, buffer.tobytes()[:4]) == (wsk.STATUS_SUCCESS, 4, b"over")
    assert (room.value, flags.value) == (0, 0)
    refused = wsk.STATUS_NOT_SUPPORTED
    assert world.do(a.WskSendEx, data(b"x"), 0, 4, bytearray(4)).status == refused
    assert world.do(a.WskSendEx, data(b"x"), 1, 0, None).status == refused
    assert world.do(b.WskReceiveEx, data(4), 0, wsk.Out(4), bytearray(4), None).status == refused
    assert world.do(b.WskReceiveEx, data(4), 0x800, None, None, None).status == refused
    for chunk in (b"a", b"b"):
        world.do(a.WskSend, data(chunk), 0)
    whole = data(2)
    assert world.do(b.WskReceiveEx, whole, wsk.WSK_FLAG_WAITALL, None, None, None).status == wsk.STATUS_SUCCESS
    assert whole.tobytes() == b"ab"
    assert world.do(b.WskSendEx, data(b"x"), 0, 4, None).status == wsk.STATUS_INVALID_PARAMETER
    assert a.Dispatch.WskSendEx is wsk.WskSendEx
    assert world.subsystem.not_simulated == {}


def test_structures_refuse_what_they_cannot_hold():
    for wrong in ((2, 70000, "0.0.0.0"), (2, 0, "no address"), (2, 0, "::1"), (-1, 0, "0.0.0.0")):
        with pytest.raises(ValueError, match="SOCKADDR_IN"):
            wsk.SOCKADDR_IN(*wrong)
    with pytest.raises(ValueError, match="SOCKADDR_IN6"):
        wsk.SOCKADDR_IN6(sin6_addr="1.2.3")
    with pytest.raises(TypeError, match="MDL"):
        wsk.MDL(b"", "next")
    with pytest.raises(TypeError, match="bytes-like"):
        wsk.WSK_BUF("text", 0, 1)
    with pytest.raises(TypeError, match="IRP"):
        wsk.IRP("routine")
    for call in (wsk.IoCancelIrp, wsk.IoFreeIrp, wsk.IoMarkIrpPending, lambda irp: wsk.IoReuseIrp(irp, 0)):
        with pytest.raises(TypeError, match="IRP"):
            call(None)
    for wrong in (3, -1):
        with pytest.raises(ValueError, match="Q-2"):
            wsk.KeRaiseIrql(wrong)
    with pytest.raises(ValueError, match="Q-2"):
        wsk.KeLowerIrql(1)
    with pytest.raises(TypeError, match="structure"):
        wsk.sizeof(int)
    with pytest.raises(ValueError, match="no_member"):
        wsk.offsetof(wsk.WSK_BUF, "no_member")
