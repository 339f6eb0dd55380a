"""What an application assigns to a structure after it was made is checked where it is used; what is not its own stays.

test_every_argument.py tries every value for every parameter; here stands what each of them is answered with.
"""

import pytest

import wsksim
from harness import CTX, DISC, Ears, Request, World, at, chain, data, ok
from wsksim import wsk

INVALID = wsk.STATUS_INVALID_PARAMETER


def bind(world, **members):
    address = at()
    for name, value in members.items():
        setattr(address, name, value)
    return world.do(world.connection(bound=False).WskBind, address, 0).returned


@pytest.mark.rule("U-26")
def test_address_members_that_do_not_fit_are_refused(world):
    for members in ({"sin_port": 70000}, {"sin_port": -1}, {"sin_addr": "nowhere"}, {"sin_addr": "::1"}):
        assert bind(world, **members) == INVALID
    for members in ({"sin_family": wsk.AF_INET6}, {"sin_family": 1 << 70}, {"sin_addr": b"abc"}):
        assert bind(world, **members) == INVALID
    assert bind(world, sin_addr=bytes([127, 0, 0, 1])) == ok
    six = wsk.SOCKADDR_IN6()
    six.sin6_scope_id = 1 << 32
    assert world.do(world.connection(bound=False).WskBind, six, 0).returned == INVALID


def test_address_members_of_another_type_are_type_errors(world):
    for members in ({"sin_port": "80"}, {"sin_port": None}, {"sin_addr": 5.5}, {"sin_family": "2"}):
        with pytest.raises(TypeError, match="SOCKADDR_IN"):
            bind(world, **members)


# Before, a structure with another family was taken for NULL: the datagram went to the fixed address.
def test_address_of_no_family_is_not_taken_for_none(world):
    sender, far = world.datagram(), world.net.datagram(at())
    fixed = (wsk.WskIoctl, wsk.SIO_WSK_SET_SENDTO_ADDRESS, 0, 16, far.address, 0, None, None)
    assert world.do(sender.WskControlSocket, *fixed).status == ok
    elsewhere = at(9)
    elsewhere.sin_family = 0
    assert world.do(sender.WskSendTo, data(b"secret"), 0, elsewhere, 0, None).returned == INVALID
    assert far.receive_from() is None


@pytest.mark.rule("A-2", "I-9", "U-26")
def test_address_buffer_of_another_family_is_refused_and_stays_whole(world):
    pair, udp, six = world.pair(), world.datagram(), wsk.SOCKADDR_IN6()
    before = dict(vars(six))
    assert world.do(pair.a.WskGetLocalAddress, six).returned == INVALID
    assert world.do(pair.a.WskGetRemoteAddress, six).returned == INVALID
    assert world.do(pair.listener.WskAccept, 0, CTX, None, six, None).returned == INVALID
    assert world.do(udp.WskReceiveFrom, data(4), 0, six, None, None, None).returned == INVALID
    assert vars(six) == before


@pytest.mark.rule("I-9", "U-26")
def test_chain_that_comes_back_to_itself_is_refused(world):
    pair, udp, mdl = world.pair(), world.datagram(), wsk.MDL(bytearray(4))
    mdl.Next = mdl
    for length in (0, 4, 5, 1 << 40):
        buffer = wsk.WSK_BUF(mdl, 0, length)
        assert world.do(pair.a.WskSend, buffer, 0).returned == INVALID
        assert world.do(pair.a.WskReceive, buffer, 0).returned == INVALID
        assert world.do(udp.WskSendMessages, wsk.WSK_BUF_LIST(None, buffer), 0, at(9), 0, None).returned == INVALID
    endless = wsk.WSK_BUF_LIST(None, data(b"x"))
    endless.Next = endless
    assert world.do(udp.WskSendMessages, endless, 0, at(9), 0, None).returned == INVALID
    with pytest.raises(ValueError, match="comes back"):
        _ = mdl.writable
    assert repr(mdl) == "MDL(4 bytes, chained)"


def test_view_that_an_application_releases_is_its_own(world):
    memory = bytearray(b"data")
    mdl = wsk.MDL(memory)
    with wsk.MmGetSystemAddressForMdlSafe(mdl) as view:
        view[0] = ord("D")
    for view in mdl.views():
        view.release()
    assert world.do(world.pair().a.WskSend, wsk.WSK_BUF(mdl, 0, 4), 0).returned == ok
    assert memory == b"Data"


@pytest.mark.rule("L-10", "O-1", "O-2", "O-12")
def test_objects_of_the_provider_cannot_be_written(world):
    pair = world.pair()
    for name in ("id", "context", "table", "provider", "Dispatch", "callers", "anything"):
        with pytest.raises(AttributeError, match="L-10"):
            setattr(pair.a, name, 1)
        with pytest.raises(AttributeError, match="L-10"):
            delattr(pair.a, name)
    for thing, names in ((world.client, ("id", "provider")), (world.registration, ("id", "captures", "version"))):
        for name in names:
            with pytest.raises(AttributeError):
                setattr(thing, name, 1)
    assert world.send(pair.a, b"x").status == ok


@pytest.mark.rule("I-9")
def test_memory_of_a_request_cannot_shrink_under_it(world):
    pair, memory = world.pair(), bytearray(8)
    query = (wsk.WskGetOption, wsk.SO_KEEPALIVE, wsk.SOL_SOCKET, 0, None, 4, memory, None)
    receive, option = world.ask(pair.a.WskReceive, wsk.WSK_BUF(memory, 0, 8), 0), Request()
    with pytest.raises(BufferError):
        memory.clear()
    assert pair.a.WskControlSocket(*query, option.irp) in {ok, wsk.STATUS_PENDING}
    world.drive()
    assert world.send(pair.b, b"all of it").status == ok
    assert receive.status == ok


@pytest.mark.rule("O-7", "O-10")
def test_tables_hold_callables_and_tables_only():
    for table in (wsk.WSK_CLIENT_LISTEN_DISPATCH, wsk.WSK_CLIENT_DATAGRAM_DISPATCH, wsk.WSK_CLIENT_CONNECTION_DISPATCH):
        for wrong in ("text", 5, object()):
            with pytest.raises(TypeError, match="O-7"):
                table(wrong)
    for wrong in ({"Listen": Ears().table}, {"Connect": "text"}):
        with pytest.raises(TypeError, match="WSK_CLIENT_STREAM_DISPATCH"):
            wsk.WSK_CLIENT_STREAM_DISPATCH(**wrong)
    for wrong in ({"Version": "1.0"}, {"Reserved": None}, {"WskClientEvent": 5}):
        with pytest.raises(TypeError, match="WSK_CLIENT_DISPATCH"):
            wsk.WSK_CLIENT_DISPATCH(**wrong)
    for wrong in ("table", 5, wsk.WSK_CLIENT_LISTEN_DISPATCH()):
        with pytest.raises(TypeError, match="WSK_CLIENT_NPI"):
            wsk.WSK_CLIENT_NPI(None, wrong)


@pytest.mark.rule("O-12", "O-13")
def test_registration_of_another_subsystem_is_not_registered_here(world):
    other = World()
    assert other.registration.id == world.registration.id
    assert world.subsystem.WskCaptureProviderNPI(other.registration, 0) == (wsk.STATUS_DEVICE_NOT_READY, None)
    assert world.subsystem.WskQueryProviderCharacteristics(other.registration)[0] == wsk.STATUS_DEVICE_NOT_READY
    world.subsystem.WskReleaseProviderNPI(other.registration)
    world.subsystem.WskDeregister(other.registration)
    assert other.registration.captures == 1
    assert world.subsystem.WskRegister(wsk.WSK_CLIENT_NPI(), other.registration) == INVALID
    assert world.socket(wsk.WSK_FLAG_BASIC_SOCKET) is not None
    other.end()


def test_pointers_that_are_returned_are_left_out(world):
    with pytest.raises(TypeError, match="leave it out"):
        world.subsystem.WskCaptureProviderNPI(world.registration, 0, wsk.Out())
    with pytest.raises(TypeError, match="leave it out"):
        world.subsystem.WskQueryProviderCharacteristics(world.registration, wsk.Out())
    with pytest.raises(TypeError, match="leave it out"):
        wsk.KeRaiseIrql(1, wsk.Out())
    assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL


@pytest.mark.rule("I-4", "U-26")
def test_sizes_of_control_buffers(world):
    socket, client, returned = world.pair().a, world.npi.WskControlClient, wsk.Out()
    memory = bytearray(112)

    def asked(*arguments):
        return socket.WskControlSocket(*arguments, None if arguments[1] in WITHOUT_IRP else wsk.IRP())

    level = wsk.SOL_SOCKET
    for size in (-1, 1 << 64, 10**30):
        assert asked(wsk.WskGetOption, wsk.SO_KEEPALIVE, level, 0, None, size, wsk.Out(), None) == INVALID
        assert asked(wsk.WskSetOption, wsk.SO_KEEPALIVE, level, size, 1, 0, None, None) == INVALID
    small = wsk.STATUS_BUFFER_TOO_SMALL
    assert asked(wsk.WskGetOption, wsk.SO_KEEPALIVE, level, 0, None, 3, memory, returned) == small
    assert asked(wsk.WskIoctl, wsk.SIO_WSK_QUERY_INSPECT_ID, 0, 0, None, 15, memory, returned) == small
    assert asked(wsk.WskSetOption, wsk.SO_KEEPALIVE, level, 4, 1, 4, memory, returned) == INVALID
    assert asked(wsk.WskGetOption, wsk.SO_KEEPALIVE, level, 4, 1, 4, memory, returned) == INVALID
    extension = wsk.WSK_EXTENSION_CONTROL_IN(bytes(16))
    for size, block in ((23, extension), (25, extension), (24, None), (24, wsk.WSK_EXTENSION_CONTROL_IN())):
        assert asked(wsk.WskIoctl, wsk.SIO_WSK_REGISTER_EXTENSION, 0, size, block, 0, None, None) == INVALID
    with pytest.raises(TypeError, match="WSK_EXTENSION_CONTROL_IN"):
        asked(wsk.WskIoctl, wsk.SIO_WSK_REGISTER_EXTENSION, 0, 24, b"x" * 24, 0, None, None)
    for code in (wsk.WSK_TRANSPORT_LIST_QUERY, wsk.WSK_TRANSPORT_LIST_CHANGE):
        assert client(code, 1, None, 112, memory, returned, None) == INVALID
    assert client(wsk.WSK_CACHE_SD, 4, b"\1\0\4\0", 7, memory, returned, None) == INVALID
    assert client(wsk.WSK_CACHE_SD, 4, b"\1\0\4\0", 0, None, returned, None) == INVALID
    assert client(wsk.WSK_TDI_DEVICENAME_MAPPING, 15, [], 0, None, None, None) == INVALID
    for wrong in ([(1, 2, 3)], [(1, 2, 3, b"name")], ["name"], 5, [("6", 2, 1, "name")]):
        with pytest.raises(TypeError, match="WskControlClient"):
            client(wsk.WSK_TDI_DEVICENAME_MAPPING, 16, wrong, 0, None, None, None)
    assert returned.value is None
    assert memory == bytes(112)
    assert client(wsk.WSK_TRANSPORT_LIST_QUERY, 0, None, 111, memory, returned, None) == wsk.STATUS_BUFFER_OVERFLOW
    assert returned.value == 112
    assert client(wsk.WSK_TRANSPORT_LIST_QUERY, 0, None, 112, memory, returned, None) == ok
    assert memory[:12] == bytes([0, 1, 1, 0, 6, 0, 0, 0, 2, 0, 0, 0])


WITHOUT_IRP = {wsk.SIO_WSK_QUERY_INSPECT_ID, wsk.SIO_WSK_REGISTER_EXTENSION, wsk.SIO_ADDRESS_LIST_QUERY}


@pytest.mark.rule("1.9", "U-26")
def test_names_take_what_is_written_and_nothing_else(world):
    def ask(node, service, hints=None):
        out = wsk.Out()
        arguments = (node, service, 0, None, hints, out, None, None)
        return world.do(world.npi.WskGetAddressInfo, *arguments).returned, out.value

    for service in ("+80", " 80", "8_0", "٨٠", "70000", "http", "1" * 5000):
        assert ask("127.0.0.1", service) == (wsk.STATUS_NOT_FOUND, None)
    assert ask("fe80::1%3", "80") == (wsk.STATUS_NOT_FOUND, None)
    for hints in ({"ai_addrlen": 16}, {"ai_canonname": "x"}, {"ai_addr": at()}, {"ai_next": wsk.ADDRINFOEXW()}):
        assert ask("127.0.0.1", "80", wsk.ADDRINFOEXW(**hints)) == (INVALID, None)
    for wrong in ("hints", 5, wsk.ADDRINFOEXW(ai_family="2")):
        with pytest.raises(TypeError, match="Hints"):
            ask("127.0.0.1", "80", wrong)


def test_socket_of_another_subsystem_is_none_of_this_network(world):
    other = World()
    foreign = other.pair(DISC).a
    for act in (world.net.break_transport, world.net.time_out, world.net.state, world.net.enabled_events):
        with pytest.raises(wsksim.ForeignHandleError, match="another subsystem"):
            act(foreign)
        with pytest.raises(TypeError, match="WSK_SOCKET"):
            act("socket")
    assert other.state(foreign) == "OPEN"
    other.end()


@pytest.fixture
def retained(world):
    """A datagram socket with a list of three datagrams that its callback keeps."""
    kept = []

    def keeps(SocketContext, Flags, DataIndication):
        kept.append(DataIndication)
        return wsk.STATUS_PENDING

    socket, far = world.datagram(None, keeps), world.net.datagram(at())
    for number in b"abc":
        assert far.send_to(bytes([number]), world.address(socket)) == ok
    assert world.en(socket, wsk.WSK_EVENT_RECEIVE_FROM) == ok
    world.drive()
    items = list(chain(kept[0]))
    assert len(items) == 3
    return socket, items


@pytest.mark.rule("C-20", "C-21", "C-23", "U-27")
def test_list_that_was_chained_anew_is_released_whole_or_not_at_all(world, retained):
    socket, (first, second, third) = retained
    first.Next = "second"
    with pytest.raises(TypeError, match="Next"):
        socket.WskRelease(first)
    for wrong in (first, wsk.WSK_DATAGRAM_INDICATION()):
        first.Next = wrong
        assert socket.WskRelease(first) == INVALID
    [found] = world.subsystem.findings
    assert (found.rule, found.count) == ("C-20", 2)
    assert found.found == "WskRelease: the items that are chained are not of one list, each once"
    second.Next = None
    assert socket.WskRelease(second) == ok
    assert world.subsystem.finding_count == 2
    first.Next, second.Next = second, None
    assert socket.WskRelease(first) == INVALID
    first.Next = third
    assert socket.WskRelease(first) == ok
    assert socket.WskRelease(third) == INVALID
    assert world.close(socket) == ok
    # Twice something was to be released that had been.
    assert [(found.rule, found.count) for found in world.subsystem.findings] == [("C-20", 2), ("C-20", 1), ("C-20", 1)]


@pytest.mark.rule("C-20", "C-23")
def test_list_of_another_subsystem_is_unknown_here(world):
    other, lists = World(), []
    for each in (world, other):
        pair = each.pair(wsk.WSK_EVENT_RECEIVE)
        pair.ears.answer = wsk.STATUS_PENDING
        assert each.send(pair.b, b"data").status == ok
        lists.append((pair.a, pair.ears.lists[0]))
    (mine, kept), (theirs, kept_there) = lists
    assert mine.id == theirs.id
    assert mine.WskRelease(kept_there) == INVALID
    [found] = world.subsystem.findings
    assert (found.rule, found.socket) == ("C-20", f"socket {mine.id}")
    assert found.found == "WskRelease: a callback of this socket was not shown what is given back"
    assert theirs.WskRelease(kept_there) == ok
    assert mine.WskRelease(kept) == ok
    assert (world.subsystem.finding_count, other.subsystem.finding_count) == (1, 0)
    other.end()


def test_remote_ends_take_bytes_and_numbers(world):
    pair, datagram = world.remote_pair(), world.net.datagram(at())
    for payload in (b"bytes", bytearray(b"array"), memoryview(b"views")):
        assert pair.b.send(payload) == ok
        assert datagram.send_to(payload, at(9)) == ok
    for wrong in (None, "text", 5, [1]):
        with pytest.raises(TypeError, match="bytes-like"):
            pair.b.send(wrong)
        with pytest.raises(TypeError, match="bytes-like"):
            datagram.send_to(wrong, at(9))
    assert world.send(pair.a, b"data").status == ok
    with pytest.raises(ValueError, match="limit"):
        pair.b.read(-1)
    with pytest.raises(TypeError, match="limit"):
        pair.b.read("all")
    assert pair.b.read(1 << 70) == b"data"
    address = at()
    address.sin_port = 70000
    with pytest.raises(ValueError, match="SOCKADDR_IN"):
        world.net.listen(address)


@pytest.mark.rule("O-4")
def test_basic_socket_has_neither_context_nor_table(world):
    rest = (None, None, None)
    for context, table in ((CTX, None), (None, Ears().table), (CTX, Ears().table)):
        assert world.do(world.npi.WskSocket, 2, 1, 6, 0, context, table, *rest).returned == INVALID
    assert world.do(world.npi.WskSocket, 2, 1, 6, 0, None, None, *rest).returned == ok


def test_objects_that_an_application_made_itself_belong_to_nobody(world):
    for socket in (wsk.WSK_SOCKET.__new__(wsk.WSK_SOCKET), wsk.WSK_SOCKET("provider", 1, None, None, None)):
        with pytest.raises(TypeError, match="WSK_SOCKET"):
            wsk.WskSend(socket, data(b"x"), 0, wsk.IRP())
        with pytest.raises(TypeError, match="WSK_SOCKET"):
            world.net.state(socket)
    with pytest.raises(TypeError, match="WSK_CLIENT"):
        wsk.WskSocket(wsk.WSK_CLIENT.__new__(wsk.WSK_CLIENT), 2, 1, 6, 2, None, None, Irp=wsk.IRP())
